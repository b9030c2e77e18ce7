"""Markdown files -> heads and bodies. Knows the folders, not what the pages look like."""

import re
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

from markdown import Markdown
from markdown.extensions import Extension
from markdown.extensions.toc import TocExtension, slugify_unicode
from markupsafe import Markup
from pelican.readers import BaseReader
from pelican.urlwrappers import Author, Category

from booking_endpoint.claims import claims_in
from theme.plugins.addresses import WRITTEN, article_address, file_at, written_address
from theme.plugins.heads import ARTICLE, PAGE, BadHead, Head, read_head, read_links
from theme.plugins.images import Figures, images_in
from theme.plugins.pictures import BadPicture
from theme.plugins.topics import check_topics

EXTENSIONS = ["tables", "attr_list", "sane_lists"]
WORDS_A_MINUTE = 184
"""Read aloud, the mean over 17 languages, Hebrew included (Trauzettel-Klosinski, IReST, 2012)."""


def check_content(content: Path, languages: tuple[str, ...]) -> list[str]:
    """What is wrong with the files of the content folder: one line for each, naming it."""
    heads: dict[str, Head] = {}
    wrong = []
    for kind, path in files(content):
        try:
            heads[f"{kind}/{path.name}"] = check_file(kind, path, content, languages)
        except (BadHead, BadPicture) as error:
            wrong.append(f"{path}: {error}")
        except UnicodeDecodeError:
            wrong.append(f"{path}: save the file as UTF-8")
    clashes = check_topics(heads, languages[0])
    return [
        *wrong,
        *originals(content, heads, languages[0]),
        *(f"{content / name}: {clash}" for name, clash in clashes),
    ]


def files(content: Path) -> Iterator[tuple[str, Path]]:
    for kind in (PAGE, ARTICLE):
        for path in sorted((content / kind).glob("*.md")):
            yield kind, path


def check_file(kind: str, path: Path, content: Path, languages: tuple[str, ...]) -> Head:
    text = path.read_text("utf-8")
    head, body = read_head(kind, path.name, text, languages)
    for claim in claims_in(text):
        raise BadHead(f"line {claim.line}: {claim}")
    for link in read_links(body):
        base = content if link.startswith("/") else path.parent
        if not (base / PurePosixPath(link.lstrip("/"))).exists():
            raise BadHead(f"the link to {link} leads nowhere: there is no such file")
    for line, image in images_in(text):
        if not (content / image.file).exists():
            raise BadPicture(f"line {line}: there is no picture {content / image.file}")
    return head


def originals(content: Path, heads: dict[str, Head], default: str) -> list[str]:
    """Every text must exist in the doctor's own language, which is the one that counts."""
    wrong = []
    for name, head in heads.items():
        first = f"{head.kind}/{head.key.removeprefix('articles/')}.{default}.md"
        if not (content / first).exists():
            wrong.append(f"{content / name}: write {content / first} first; this translates it")
    return wrong


def anchor(heading: str, separator: str) -> str:
    """The id of a heading, in its own script; begins so that no id of a template can be meant."""
    return f"{separator}{slugify_unicode(heading, separator)}"


def minutes(html: str) -> int:
    """How long a text takes to read, in whole minutes, at least one."""
    words = re.sub(r"<[^>]+>", " ", html).split()
    return -(-max(len(words), 1) // WORDS_A_MINUTE)


def only_of_articles(head: Head, settings: dict[str, Any]) -> dict[str, Any]:
    """What feeds say of an article besides its title and text."""
    topic = {"category": Category(head.topic, settings)} if head.topic else {}
    return topic | {
        "author": Author(head.author, settings),
        "date": at_midnight(head.published),
        "modified": at_midnight(head.reviewed),
    }


def at_midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time()) if day else None


class HeadReader(BaseReader):  # type: ignore[misc]  # pelican has no types
    """Reads what `check_content` has found good, with one Markdown object for all files."""

    file_extensions: ClassVar = ["md"]

    def __init__(self, settings: dict[str, Any]) -> None:
        super().__init__(settings)
        extensions: list[str | Extension] = [*EXTENSIONS, TocExtension(slugify=anchor)]
        extensions.append(Figures(settings["ALBUM"]))
        self._markdown = Markdown(extensions=extensions, output_format="html")

    def read(self, source_path: str) -> tuple[str, dict[str, Any]]:
        path = Path(source_path)
        languages = self.settings["PRACTICE"].languages
        head, body = read_head(path.parent.name, path.name, path.read_text("utf-8"), languages)
        self._markdown.reset()
        html = self._markdown.convert(body)
        # Markdown has escaped the names already
        contents = [(part["id"], Markup(part["name"])) for part in self._markdown.toc_tokens]  # type: ignore[attr-defined]  # noqa: S704
        return html, self._metadata(head) | {"contents": contents, "minutes": minutes(html)}

    def _metadata(self, head: Head) -> dict[str, Any]:
        default = self.settings["DEFAULT_LANG"]
        if head.kind == PAGE:
            place = written_address(head.key, head.lang, head.slug, default)
            template = WRITTEN[head.key]
        else:
            place = article_address(head.lang, head.slug, default)
            template = "article"
        return {
            "title": head.title,
            "slug": head.slug,
            "lang": head.lang,
            "summary": head.summary,
            "template": template,
            "url": place.lstrip("/"),
            "save_as": file_at(place),
            "head": head,
            **(only_of_articles(head, self.settings) if head.kind == ARTICLE else {}),
        }
