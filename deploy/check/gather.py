"""Facts, Markdown and built site, read from the disk into what the rules look at."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path, PurePath

from booking_endpoint.mistakes import ENGLISH, Tongue
from booking_endpoint.practice import Practice
from deploy.check.context import Context, Finding, Text
from deploy.check.document import Page
from theme.plugins.addresses import GENERATED, generated_at
from theme.plugins.heads import ARTICLE, PAGE, BadHead, read_head, read_links
from theme.plugins.reading import address_of
from theme.plugins.words import read_languages

TEXTS = {".js", ".css", ".svg", ".txt", ".xml", ".json"}


def read_text(
    file: PurePath, written: bytes, languages: tuple[str, ...], tongue: Tongue = ENGLISH
) -> Text:
    """One Markdown file; what the build would refuse of it is its trouble, said by `tongue`."""
    kind, (key, _sign, lang) = file.parent.name, file.stem.partition(".")
    head, source, trouble, line = None, written.decode("utf-8", "replace"), "", 0
    try:
        head, body = read_head(kind, file.name, written.decode("utf-8"), languages)
        read_links(body)
    except BadHead as error:
        trouble, line = error.what(tongue), error.line
    except UnicodeDecodeError:
        trouble = tongue.say("save the file as UTF-8")
    return Text(file.as_posix(), kind, key, lang, source, head, trouble, line)


def read_texts(
    content: Path, named: Path, languages: tuple[str, ...], tongue: Tongue = ENGLISH
) -> tuple[Text, ...]:
    """Every Markdown file of a content folder, under the name of that folder."""
    return tuple(
        read_text(named / kind / path.name, path.read_bytes(), languages, tongue)
        for kind in (PAGE, ARTICLE)
        for path in sorted((content / kind).glob("*.md"))
    )


def whose(practice: Practice, texts: tuple[Text, ...]) -> Mapping[str, tuple[str, str]]:
    """Key and language of each page, by its address."""
    known = generated_at(GENERATED, practice.languages)
    for head in filter(None, (text.head for text in texts)):
        known[address_of(head, practice.languages[0])] = head.key, head.lang
    return known


def gather(
    practice: Practice,
    facts: Text,
    texts: tuple[Text, ...],
    site: Path | None,
    today: date,
    rules: frozenset[str],
    tongue: Tongue = ENGLISH,
) -> Context:
    """All that the rules look at. Without a site, those that look at pages find nothing."""
    known, pages, others, addresses = whose(practice, texts), [], {}, set()
    for path in sorted(site.rglob("*")) if site else ():
        name = path.relative_to(site).as_posix() if site else ""
        address = "/" + name.removesuffix("index.html")
        if path.is_file():
            addresses.add(address)
        if path.suffix == ".html":
            key, lang = known.get(address, ("", ""))
            pages.append(Page(path.read_text("utf-8"), f"output/{name}", address, key, lang))
        elif path.suffix in TEXTS:
            others[name] = path.read_text("utf-8")
    return Context(
        practice=practice,
        facts=facts,
        texts=texts,
        pages=tuple(pages),
        files=others,
        addresses=frozenset(addresses),
        languages=read_languages(practice.languages),
        invalid=tuple(validated(site)) if site else (),
        tongue=tongue,
        rules=rules,
        today=today,
    )


def validator() -> list[str] | None:
    """The command of the Nu Html Checker, where Java and its jar (VNU_JAR) are there."""
    jar, java = os.environ.get("VNU_JAR", ""), shutil.which("java")
    return [java, "-jar", jar] if java and Path(jar).is_file() else None


def validated(site: Path) -> Iterator[Finding]:
    if command := validator():
        words = ("--format", "json", "--stdout", "--errors-only", "--exit-zero-always")
        done = subprocess.run(
            [*command, *words, "--skip-non-html", str(site)],
            capture_output=True,
            check=False,
            text=True,
        )
        if done.returncode:
            sys.exit(f"{' '.join(command)}: {done.stderr.strip() or 'does not run'}")
        yield from read_validated(done.stdout, site)


def read_validated(said: str, site: Path) -> Iterator[Finding]:
    """What the validator said in JSON, under the names of the pages."""
    for message in json.loads(said)["messages"]:
        file = message.get("url", "").removeprefix("file:").rpartition(site.as_posix())[2]
        yield Finding(f"output{file}", message.get("lastLine", 0), message.get("message", ""))
