"""Markdown files -> heads and bodies. Knows the folders, not what the pages look like."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, cast

from jinja2 import Environment, FileSystemLoader
from markdown import Markdown
from markdown.extensions import Extension
from markupsafe import Markup
from pelican.readers import BaseReader
from pelican.urlwrappers import Author, Category

from booking_endpoint.booking import mark
from booking_endpoint.claims import Found, claims_in
from booking_endpoint.mistakes import ENGLISH, Mistake, Tongue
from booking_endpoint.practice import Practice, Visit
from booking_endpoint.words import Language
from theme.plugins.addresses import (
    ARTICLES,
    BOOKING,
    FOLDERS,
    GENERATED,
    TEMPLATES,
    article_address,
    file_at,
    generated_address,
    written_address,
)
from theme.plugins.blocks import Around, Blocks, BlocksExtension
from theme.plugins.heads import ARTICLE, PAGE, BadHead, Head, read_head, read_links
from theme.plugins.images import Figures, images_in
from theme.plugins.pictures import BadPicture
from theme.plugins.syntax import check_syntax
from theme.plugins.topics import check_topics
from theme.plugins.words import read_languages

_ = mark

EXTENSIONS = ["tables", "attr_list", "def_list", "sane_lists"]
WORDS_A_MINUTE = 184
"""Read aloud, the mean over 17 languages, Hebrew included (Trauzettel-Klosinski, IReST, 2012)."""


def check_content(
    content: Path,
    languages: tuple[str, ...],
    visits: Sequence[Visit] = (),
    tongue: Tongue = ENGLISH,
) -> list[str]:
    """What is wrong with the files of the content folder: one line for each, naming it.

    `visits` are those that a text may name; `tongue` says it in a language.
    """
    heads: dict[str, Head] = {}
    wrong: list[Mistake] = []
    for kind, path in files(content):
        try:
            heads[f"{kind}/{path.name}"] = check_file(kind, path, content, languages, visits)
        except (BadHead, BadPicture) as error:
            wrong.append(error.of(str(path)))
        except UnicodeDecodeError:
            wrong.append(BadHead(_("save the file as UTF-8")).of(str(path)))
    wrong += originals(content, heads, languages[0])
    wrong += meetings(content, heads, languages)
    wrong += (clash.of(str(content / name)) for name, clash in check_topics(heads, languages[0]))
    return [one.said(tongue) for one in wrong]


def as_typed(path: Path) -> Path:
    """A path as somebody in the folder of the project would type it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def files(content: Path) -> Iterator[tuple[str, Path]]:
    for kind in (PAGE, ARTICLE):
        for path in sorted((content / kind).glob("*.md")):
            yield kind, path


def check_file(
    kind: str,
    path: Path,
    content: Path,
    languages: tuple[str, ...],
    visits: Sequence[Visit],
) -> Head:
    text = path.read_text("utf-8")
    head, _body = read_head(kind, path.name, text, languages)
    for claim in claims(text):
        raise BadHead("{claim}", claim.line, claim=claim.mistake)
    for line, link in read_links(text):
        base = content if link.startswith("/") else path.parent
        if not (base / PurePosixPath(link.lstrip("/"))).exists():
            message = _("the link to {file} leads nowhere: there is no such file")
            raise BadHead(message, line, file=link)
    for line, image in images_in(text):
        if not (content / image.file).exists():
            raise BadPicture(_("there is no picture {file}"), line, file=content / image.file)
    check_syntax(text, head.lang, visits, articles_in(content, head.lang))
    return head


@lru_cache(1000)
def claims(text: str) -> tuple[Found, ...]:
    """What a text claims; looked for once, however often the site is built from it."""
    return tuple(claims_in(text))


def articles_in(content: Path, lang: str) -> frozenset[str]:
    """The keys of the articles that exist in a language."""
    ending = f".{lang}.md"
    found = (content / ARTICLE).glob(f"*{ending}")
    return frozenset(path.name.removesuffix(ending) for path in found)


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
    default = languages[0]
    written = {(head.key, head.lang) for head in heads.values()}
    taken = {
        generated_address(key, code, default): "–"
        for key in (*GENERATED, ARTICLES)
        for code in languages
        if (key, code) not in written
    } | {f"/{folder}/": "–" for folder in FOLDERS}
    for name, head in heads.items():
        place = address_of(head, default)
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


class HeadReader(BaseReader):  # type: ignore[misc]  # pelican has no types
    """Reads what `check_content` has found good, with one Markdown object for all files."""

    file_extensions: ClassVar = ["md"]

    def __init__(self, settings: dict[str, Any]) -> None:
        super().__init__(settings)
        extensions: list[str | Extension] = [*EXTENSIONS, BlocksExtension()]
        extensions.append(Figures(settings["ALBUM"]))
        self._markdown = Markdown(extensions=extensions, output_format="html")
        self._practice: Practice = settings["PRACTICE"]

    @cached_property
    def _languages(self) -> dict[str, Language]:
        return read_languages(self._practice.languages)

    @cached_property
    def _templates(self) -> Environment:
        return templates(self.settings)

    def read(self, source_path: str) -> tuple[str, dict[str, Any]]:
        path = Path(source_path)
        head, body = self._head(path)
        self._markdown.reset()
        blocks = cast(Blocks, self._markdown.treeprocessors["blocks"])
        blocks.around = self._around(head.lang, path.parents[1])
        try:
            html = self._markdown.convert(body)
        except BadPicture as error:
            raise error.of(str(as_typed(path))) from None
        # Markdown has escaped the names already
        contents = [(part["id"], Markup(part["name"])) for part in self._markdown.toc_tokens]  # type: ignore[attr-defined]  # noqa: S704
        told = {"contents": contents, "minutes": minutes(html)}
        return html, self._metadata(head) | told

    def _head(self, path: Path) -> tuple[Head, str]:
        text, languages = path.read_text("utf-8"), self._practice.languages
        return read_head(path.parent.name, path.name, text, languages)

    def _around(self, lang: str, content: Path) -> Around:
        """What stands around a text in this language, in this content folder."""
        language, default = self._languages[lang], self.settings["DEFAULT_LANG"]

        def article(key: str) -> tuple[str, str]:
            head, _body = self._head(content / ARTICLE / f"{key}.{lang}.md")
            return article_address(lang, head.slug, default), head.title

        def said(partial: str, macro: str, *told: object) -> str:
            template = self._templates.get_template(f"partials/{partial}.html")
            module: Any = template.make_module({"lang": lang, "language": language})
            return str(getattr(module, macro)(*told))

        def fees(ids: list[str]) -> str:
            visits = self._practice.visits
            return said("fees", "visits", [one for one in visits if not ids or one.id in ids])

        booking = generated_address(BOOKING, lang, default)
        return Around(language.say, booking, article, fees, lambda: said("door", "emergency"))

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
