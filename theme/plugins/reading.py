"""Markdown files -> what is wrong with them. Knows the folders, not what the pages look like."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from posixpath import normpath

from booking_endpoint.booking import mark
from booking_endpoint.claims import claims_in
from booking_endpoint.practice import Visit
from booking_endpoint.words import SOURCE, Language
from theme.plugins.heads import ARTICLE, PAGE, BadHead, Head, read_head, read_links
from theme.plugins.images import images_in
from theme.plugins.kept import Remembered, digest, files_in
from theme.plugins.packed import Packed
from theme.plugins.pictures import BadPicture
from theme.plugins.syntax import check_syntax, listed, read_blocks
from theme.plugins.together import spread
from theme.plugins.topics import check_topics

_ = mark

ENGLISH = Language(SOURCE, {})
WORDS_A_MINUTE = 184
"""Read aloud, the mean over 17 languages, Hebrew included (Trauzettel-Klosinski, IReST, 2012)."""


@dataclass(frozen=True, slots=True)
class Checked(Packed):
    """A file found good, and the other files that must be there for it to stay so."""

    head: Head
    needs: frozenset[str]


def check_content(
    content: Path,
    languages: tuple[str, ...],
    visits: Sequence[Visit] = (),
    language: Language = ENGLISH,
    known: Remembered | None = None,
    processes: int = 1,
) -> list[str]:
    """What is wrong with the files of the content folder: one line for each, naming it.

    `visits` are those that a text may name; `language` is the one to say it in. What is `known`
    to be good is not looked at again.
    """
    there = frozenset(name for name, _ in files_in(content)) if content.is_dir() else frozenset()
    visits_told = repr([(visit.id, visit.languages) for visit in visits]).encode()
    heads: dict[str, Head] = {}
    wrong: dict[Path, str] = {}

    def key(kind: str, path: Path) -> bytes:
        text = path.read_bytes()
        told = visits_told if b"!!!" in text or b"visit:" in text else b""
        return digest(
            b"checked", kind.encode(), path.name.encode(), repr(languages).encode(), told, text
        )

    def check(file: tuple[str, Path]) -> Checked | str:
        kind, path = file
        try:
            return check_file(kind, path, content, languages, visits, there)
        except BadHead as error:
            return f"{path}: {error.said(language)}"
        except BadPicture as error:
            return f"{path}: {error}"
        except UnicodeDecodeError:
            said = language.say(_("save the file as UTF-8"))
            return f"{path}: {said}"

    def good(file: tuple[str, Path]) -> Checked | None:
        found: Checked | None = known.get(keys[file]) if known else None
        return found if found and found.needs <= there else None

    found = list(files(content))
    keys = {file: key(*file) for file in found}
    unknown = [file for file in found if not good(file)]
    checked = dict(zip(unknown, spread(check, unknown, processes), strict=True))
    for file in found:
        kind, path = file
        told = checked[file] if file in checked else good(file)
        if isinstance(told, Checked):
            heads[f"{kind}/{path.name}"] = told.head
            if known and file in checked:
                known.put(keys[file], told)
        elif told:
            wrong[path] = told
    clashes = check_topics(heads, languages[0])
    return [
        *wrong.values(),
        *originals(content, heads, languages[0], language),
        *(f"{content / name}: {clash}" for name, clash in clashes),
    ]


def files(content: Path) -> Iterator[tuple[str, Path]]:
    for kind in (PAGE, ARTICLE):
        folder = content / kind
        for name in sorted(os.listdir(folder)) if folder.is_dir() else ():  # noqa: PTH208 -- faster
            if name.endswith(".md"):
                yield kind, folder / name


def check_file(
    kind: str,
    path: Path,
    content: Path,
    languages: tuple[str, ...],
    visits: Sequence[Visit],
    there: frozenset[str],
) -> Checked:
    """One file; `there` are the names of all files of the content."""
    text = path.read_text("utf-8")
    head, _body = read_head(kind, path.name, text, languages)
    needs = set()
    for claim in claims_in(text):
        raise BadHead("{claim}", claim.line, claim=claim)
    for line, link in read_links(text):
        needs.add(normpath(link.lstrip("/") if link.startswith("/") else f"{kind}/{link}"))
        if not needs <= there:
            message = _("the link to {file} leads nowhere: there is no such file")
            raise BadHead(message, line, file=link)
    for line, image in images_in(text):
        needs.add(image.file)
        if image.file not in there:
            raise BadPicture(f"line {line}: there is no picture {content / image.file}")
    articles = articles_in(there, head.lang)
    check_syntax(text, head.lang, visits, articles)
    for block in read_blocks(text):
        if block.kind == "read-on":
            needs |= {f"{ARTICLE}/{key}.{head.lang}.md" for key in listed(block.words)}
    return Checked(head, frozenset(needs))


@lru_cache
def articles_in(there: frozenset[str], lang: str) -> frozenset[str]:
    """The keys of the articles that exist in a language."""
    begins, ends = f"{ARTICLE}/", f".{lang}.md"
    found = (name for name in there if name.startswith(begins) and name.endswith(ends))
    return frozenset(name.removeprefix(begins).removesuffix(ends) for name in found)


def originals(content: Path, heads: dict[str, Head], default: str, language: Language) -> list[str]:
    """Every text must exist in the doctor's own language, which is the one that counts."""
    wrong = []
    for name, head in heads.items():
        first = f"{head.kind}/{head.key.removeprefix('articles/')}.{default}.md"
        if not (content / first).exists():
            said = language.say(_("write {file} first; this translates it"), file=content / first)
            wrong.append(f"{content / name}: {said}")
    return wrong


def minutes(html: str) -> int:
    """How long a text takes to read, in whole minutes, at least one."""
    words = re.sub(r"<[^>]+>", " ", html).split()
    return -(-max(len(words), 1) // WORDS_A_MINUTE)
