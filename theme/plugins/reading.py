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
from booking_endpoint.mistakes import ENGLISH, Mistake, Tongue
from booking_endpoint.practice import Visit
from theme.plugins.addresses import (
    ARTICLES,
    FOLDERS,
    GENERATED,
    article_address,
    generated_at,
    written_address,
)
from theme.plugins.heads import ARTICLE, PAGE, BadHead, Head, read_head, read_links
from theme.plugins.images import images_in
from theme.plugins.kept import Remembered, digest, files_in
from theme.plugins.packed import Packed
from theme.plugins.pictures import BadPicture
from theme.plugins.syntax import check_syntax, listed, read_blocks
from theme.plugins.together import spread
from theme.plugins.topics import check_topics

_ = mark

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
    tongue: Tongue = ENGLISH,
    known: Remembered | None = None,
    processes: int = 1,
) -> list[str]:
    """What is wrong with the files of the content folder: one line for each, naming it.

    `visits` are those that a text may name; `tongue` says it in a language. What is `known` to be
    good is not looked at again.
    """
    known = Remembered() if known is None else known
    there = frozenset(name for name, _ in files_in(content)) if content.is_dir() else frozenset()
    keys = {path: key_of(kind, path, languages, visits) for kind, path in files(content)}

    def check(path: Path) -> Checked | Mistake:
        found: Checked | None = known.get(keys[path])
        if found and found.needs <= there:
            return found
        try:
            return check_file(path.parent.name, path, content, languages, visits, there)
        except (BadHead, BadPicture) as error:
            return error.of(str(path))
        except UnicodeDecodeError:
            return BadHead(_("save the file as UTF-8")).of(str(path))

    heads: dict[str, Head] = {}
    wrong: list[Mistake] = []
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
    wrong += originals(content, heads, languages[0])
    wrong += meetings(content, heads, languages)
    wrong += (clash.of(str(content / name)) for name, clash in check_topics(heads, languages[0]))
    return [one.said(tongue) for one in wrong]


def as_typed(path: Path) -> Path:
    """A path as somebody in the folder of the project would type it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


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
        raise BadHead("{claim}", claim.line, claim=claim.mistake)
    for line, link in read_links(text):
        needs.add(normpath(link.lstrip("/") if link.startswith("/") else f"{kind}/{link}"))
        if not needs <= there:
            message = _("the link to {file} leads nowhere: there is no such file")
            raise BadHead(message, line, file=link)
    for line, image in images_in(text):
        needs.add(image.file)
        if image.file not in there:
            raise BadPicture(_("there is no picture {file}"), line, file=content / image.file)
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


def originals(content: Path, heads: dict[str, Head], default: str) -> Iterator[BadHead]:
    """Every text must exist in the doctor's own language, which is the one that counts."""
    for name, head in heads.items():
        first = f"{head.kind}/{head.key.removeprefix('articles/')}.{default}.md"
        if not (content / first).exists():
            message = _("write {file} first; this translates it")
            yield BadHead(message, file=content / first).of(str(content / name))


def meetings(
    content: Path, heads: dict[str, Head], languages: tuple[str, ...]
) -> Iterator[BadHead]:
    """Two texts at one address, or one where something else lives already."""
    written = {(head.key, head.lang) for head in heads.values()}
    made = generated_at((*GENERATED, ARTICLES), languages)
    taken = {place: "–" for place, page in made.items() if page not in written}
    taken |= {f"/{folder}/": "–" for folder in FOLDERS}
    for name, head in heads.items():
        place = address_of(head, languages[0])
        if taken.setdefault(place, name) != name:
            message = _("something else is at {address} already ({other}); write another Slug")
            yield BadHead(message, address=place, other=taken[place]).of(str(content / name))


def address_of(head: Head, default: str) -> str:
    if head.kind == PAGE:
        return written_address(head.key, head.lang, head.slug, default)
    return article_address(head.lang, head.slug, default)


def minutes(html: str) -> int:
    """How long a text takes to read, in whole minutes, at least one."""
    words = re.sub(r"<[^>]+>", " ", html).split()
    return -(-max(len(words), 1) // WORDS_A_MINUTE)
