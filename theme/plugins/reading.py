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
    known = Remembered() if known is None else known
    there = frozenset(name for name, _ in files_in(content)) if content.is_dir() else frozenset()
    keys = {path: key_of(kind, path, languages, visits) for kind, path in files(content)}

    def check(path: Path) -> Checked | str:
        found: Checked | None = known.get(keys[path])
        if found and found.needs <= there:
            return found
        try:
            return check_file(path.parent.name, path, content, languages, visits, there)
        except BadHead as error:
            return f"{path}: {error.said(language)}"
        except BadPicture as error:
            return f"{path}: {error}"
        except UnicodeDecodeError:
            said = language.say(_("save the file as UTF-8"))
            return f"{path}: {said}"

    heads: dict[str, Head] = {}
    wrong: list[str] = []
    new = [path for path, key in keys.items() if known.get(key) is None]
    checked = dict(zip(new, spread(check, new, processes), strict=True))
    for path, key in keys.items():
        told = checked.get(path) or check(path)
        if isinstance(told, Checked):
            heads[f"{path.parent.name}/{path.name}"] = told.head
            if told is not known.get(key):
                known.put(key, told)
        else:
            wrong.append(told)
    clashes = check_topics(heads, languages[0])
    return [
        *wrong,
        *originals(content, heads, languages[0], language),
        *(f"{content / name}: {clash}" for name, clash in clashes),
    ]


def key_of(kind: str, path: Path, languages: tuple[str, ...], visits: Sequence[Visit]) -> bytes:
    """What the answer of `check_file` hangs on, but for the files that are there."""
    text = path.read_bytes()
    named = b"!!!" in text or b"visit:" in text
    told = [(visit.id, visit.languages) for visit in visits] if named else []
    return digest(b"checked", f"{kind}/{path.name} {languages} {told}".encode(), text)


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
