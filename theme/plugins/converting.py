"""Markdown files -> heads and HTML, each converted once for as long as it says the same.

Trusts what `reading` found good. Python-Markdown, with one object for all files.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, cast

from jinja2 import Environment, FileSystemLoader
from markdown import Markdown
from markdown.extensions import Extension
from markupsafe import Markup
from pelican.readers import BaseReader
from pelican.urlwrappers import Author, Category

from booking_endpoint.practice import Practice
from booking_endpoint.words import Language
from theme.plugins.addresses import (
    BOOKING,
    TEMPLATES,
    article_address,
    file_at,
    generated_address,
)
from theme.plugins.blocks import Around, Blocks, BlocksExtension
from theme.plugins.heads import ARTICLE, PAGE, Head, read_head
from theme.plugins.images import Figures
from theme.plugins.kept import Remembered, digest
from theme.plugins.packed import Packed
from theme.plugins.pictures import Album, Picture
from theme.plugins.reading import address_of, files, minutes
from theme.plugins.search import headings_in
from theme.plugins.together import spread

TOLD = ("contents", "headings", "minutes")
"""What a page knows of its text."""

EXTENSIONS = ["tables", "attr_list", "def_list", "sane_lists"]


@dataclass(frozen=True, slots=True)
class Converted(Packed):
    """A text as HTML, and what it took from elsewhere: were that different, so would this be."""

    head: Head
    html: str
    contents: list[tuple[str, Markup]]
    headings: tuple[str, ...]
    minutes: int
    pictures: Mapping[str, Picture]
    articles: Mapping[str, tuple[str, str]]
    """Address and title of every article it leads on to, by key."""


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


def templates(settings: dict[str, Any]) -> Environment:
    """The theme's templates, for what a text takes from them."""
    folders = [*settings["THEME_TEMPLATES_OVERRIDES"], Path(settings["THEME"], "templates")]
    environment = Environment(  # noqa: S701 -- the settings say that it escapes
        loader=FileSystemLoader(folders),
        **settings["JINJA_ENVIRONMENT"],
    )
    environment.filters.update(settings["JINJA_FILTERS"])
    environment.globals.update(settings["JINJA_GLOBALS"])
    return environment


class Converter:
    """Converts texts, and knows those of the last build."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._settings = settings
        self._album: Album = settings["ALBUM"]
        self._known: Remembered = settings["TEXTS"]
        self._practice: Practice = settings["PRACTICE"]
        self._languages: dict[str, Language] = settings["LANGUAGES"]

    def convert(self, path: Path) -> Converted:
        """The text of a file, from memory where nothing it says or shows has changed."""
        text = path.read_bytes()
        key = self._key(path, text)
        known: Converted | None = self._known.get(key)
        if known is None or not self._holds(known, path):
            known = self._anew(path, text.decode())
            self._known.put(key, known)
        return known

    def prepare(self, content: Path, processes: int) -> None:
        """Convert what is not known yet, on all cores."""
        unknown = [path for _, path in files(content) if not self._known_still(path)]
        for path, converted in zip(unknown, spread(self.convert, unknown, processes), strict=True):
            self._known.put(self._key(path, path.read_bytes()), converted)

    def _known_still(self, path: Path) -> bool:
        known: Converted | None = self._known.get(self._key(path, path.read_bytes()))
        return known is not None and self._holds(known, path)

    def _key(self, path: Path, text: bytes) -> bytes:
        """Blocks show facts, with words and templates of the theme; nothing else does."""
        shown = self._settings["FACTS_SHOWN"] if b"!!!" in text else b""
        name = f"{path.parent.name}/{path.name} {self._practice.languages}".encode()
        return digest(b"converted", name, shown, text)

    def _holds(self, known: Converted, path: Path) -> bool:
        """Whether its pictures are the same, and the articles it leads on to have their names."""
        lang, content = known.head.lang, path.parents[1]
        same = all(self._article(key, lang, content) == at for key, at in known.articles.items())
        return self._album.has(known.pictures) and same

    def _anew(self, path: Path, text: str) -> Converted:
        head, body = self._head(path, text)
        articles: dict[str, tuple[str, str]] = {}
        blocks = cast(Blocks, self._markdown.treeprocessors["blocks"])
        blocks.around = self._around(head.lang, path.parents[1], articles)
        with self._album.noting() as pictures:
            html = self._markdown.reset().convert(body)
        # Markdown has escaped the names already
        contents = [(part["id"], Markup(part["name"])) for part in self._markdown.toc_tokens]  # type: ignore[attr-defined]  # noqa: S704
        headings = headings_in(html)
        return Converted(head, html, contents, headings, minutes(html), pictures, articles)

    @cached_property
    def _markdown(self) -> Markdown:
        extensions: list[str | Extension] = [*EXTENSIONS, BlocksExtension(), Figures(self._album)]
        return Markdown(extensions=extensions, output_format="html")

    @cached_property
    def _templates(self) -> Environment:
        return templates(self._settings)

    def _head(self, path: Path, text: str) -> tuple[Head, str]:
        return read_head(path.parent.name, path.name, text, self._practice.languages)

    def _article(self, key: str, lang: str, content: Path) -> tuple[str, str]:
        path = content / ARTICLE / f"{key}.{lang}.md"
        head, _body = self._head(path, path.read_text("utf-8"))
        return article_address(lang, head.slug, self._settings["DEFAULT_LANG"]), head.title

    def _around(self, lang: str, content: Path, told: dict[str, tuple[str, str]]) -> Around:
        """What stands around a text in this language, in this content folder."""
        language, default = self._languages[lang], self._settings["DEFAULT_LANG"]

        def article(key: str) -> tuple[str, str]:
            return told.setdefault(key, self._article(key, lang, content))

        def said(partial: str, macro: str, *told: object) -> str:
            template = self._templates.get_template(f"partials/{partial}.html")
            module: Any = template.make_module({"lang": lang, "language": language})
            return str(getattr(module, macro)(*told))

        def fees(ids: list[str]) -> str:
            visits = self._practice.visits
            return said("fees", "visits", [one for one in visits if not ids or one.id in ids])

        def visit(name: str) -> str:
            by_phone = f"tel:{self._practice.places[0].dial}"
            online = f"{generated_address(BOOKING, lang, default)}#{name}"
            return online if self._practice.rules.online_booking else by_phone

        return Around(language.say, visit, article, fees, lambda: said("door", "emergency"))


class HeadReader(BaseReader):  # type: ignore[misc]  # pelican has no types
    """Pelican's way to a text."""

    file_extensions: ClassVar = ["md"]

    def read(self, source_path: str) -> tuple[str, dict[str, Any]]:
        converted: Converted = self.settings["CONVERTER"].convert(Path(source_path))
        told = {name: getattr(converted, name) for name in TOLD}
        return converted.html, self._metadata(converted.head) | told

    def _metadata(self, head: Head) -> dict[str, Any]:
        default = self.settings["DEFAULT_LANG"]
        place = address_of(head, default)
        template = TEMPLATES.get(head.key, "page") if head.kind == PAGE else "article"
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
