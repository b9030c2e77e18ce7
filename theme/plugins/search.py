"""What every page is about: an index to search in, and a list from A to Z. Pure.

The index is searched in the browser, by search.js, which folds words as `fold` does here.
"""

import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape

from theme.plugins.packed import Packed

VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
SILENT = {"head", "script", "style", "template", "noscript", "form", "svg"}
HEADINGS = {"h1", "h2", "h3"}

QUOTED = r"""(?:[^>"']++|"[^"]*"|'[^']*')*+"""
TOKEN = re.compile(rf"<!--.*?-->|<!{QUOTED}>|<(/?)([a-zA-Z][a-zA-Z0-9-]*)({QUOTED})>|([^<]+)", re.S)
"""A comment, a declaration, a tag with its attributes, or text: all that our own pages hold."""

DESCRIPTION = re.compile(r'\s+name="description"\s+content="([^"]*)"')
HIDDEN = re.compile(r"""(?:\s[^\s"'=]+(?:="[^"]*")?)*?\shidden(?![^\s=/])""")

ARTICLES = {
    "fr": r"(?:le|la|les|un|une|des|du)\s+|l['’]",
    "en": r"(?:the|an?)\s+",
    "it": r"(?:il|lo|la|i|gli|le|un|una|uno)\s+|(?:l|un)['’]",
}
"""What an index passes over when it sorts."""

TEXT, HEADING, TITLE = 0, 1, 2
"""How much a word says of its page, by where it stands."""


@dataclass(frozen=True, slots=True)
class Topic(Packed):
    """One page, as somebody who searches sees it."""

    address: str
    title: str
    summary: str
    words: tuple[str, str, str]
    """Folded: those of its text, of its headings and summary, of its title."""
    headings: tuple[str, ...]
    """Those that a doctor wrote."""


@dataclass(frozen=True, slots=True, order=True)
class Entry(Packed):
    """One line of the list from A to Z."""

    key: str
    """What it is sorted by."""
    words: str
    address: str
    page: str
    """The title of its page; empty where the page itself is meant."""


class Reader:
    """The headings and the text of a piece of HTML that was built here, of what is shown."""

    def __init__(self, html: str) -> None:
        self.title = self.summary = ""
        self.headings: list[str] = []
        self.text: list[str] = []
        self._open: list[tuple[str, str]] = []
        for match in TOKEN.finditer(html):
            ends, tag, attributes, text = match.groups()
            if text:
                self._say(text)
            elif tag and ends:
                self._end(tag)
            elif tag:
                self._start(tag, attributes)

    def _start(self, tag: str, attributes: str) -> None:
        if tag == "meta" and (found := DESCRIPTION.match(attributes)):
            self.summary = unescape(found[1])
        if tag in VOID or attributes.endswith("/"):
            return
        around = self._open[-1][1] if self._open else ""
        self._open.append((tag, inside(tag, attributes, around)))
        if self._open[-1][1] == "heading" != around:
            self.headings.append("")

    def _end(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            continue

    def _say(self, words: str) -> None:
        where = self._open[-1][1] if self._open and not words.isspace() else ""
        if where == "heading":
            self.headings[-1] += unescape(words)
        elif where == "main":
            self.text.append(unescape(words))
        elif where == "title":
            self.title += unescape(words)


def inside(tag: str, attributes: str, around: str) -> str:
    """What the text of an element belongs to, by what is around it; empty for nothing."""
    if around in ("silent", "heading") and tag != "title":
        silent = tag in SILENT or hidden(attributes)
        return "silent" if silent else around
    if tag == "title":
        return "title"
    if tag in SILENT or hidden(attributes):
        return "silent"
    return "heading" if tag in HEADINGS else tag if tag == "main" else around


def hidden(attributes: str) -> bool:
    return "hidden" in attributes and HIDDEN.match(attributes) is not None


def headings_in(html: str) -> tuple[str, ...]:
    return tuple(" ".join(words.split()) for words in Reader(html).headings)


def read_topic(address: str, html: str, site: str, headings: tuple[str, ...]) -> Topic:
    """What a built page is about: its title without the site's, its summary, its main part.

    The headings are those that a doctor wrote.
    """
    read = Reader(html)
    title = " ".join(read.title.split()).removesuffix(f" – {site}")
    told = (" ".join(read.text), " ".join((read.summary, *read.headings)), title)
    text, above, named = (" ".join(dict.fromkeys(fold(words))) for words in told)
    return Topic(address, title, read.summary, (text, above, named), headings)


class Bare(dict[int, int | None]):
    """Every sign but those that are set on another, such as accents and vowel points."""

    def __missing__(self, code: int) -> int | None:
        self[code] = None if unicodedata.combining(chr(code)) else code
        return self[code]


BARE = Bare()


def fold(text: str) -> list[str]:
    """The words of a text, small, without accents and vowel points."""
    bare = unicodedata.normalize("NFD", text).translate(BARE)
    joined = bare.lower().replace("œ", "oe").replace("æ", "ae")
    return re.findall(r"[^\W_]+", joined)


def index(topics: Iterable[Topic]) -> bytes:
    """The pages and, for each word, where it stands: the page's number times four, and how."""
    pages: list[list[str]] = []
    words: dict[str, list[int]] = {}
    for number, topic in enumerate(topics):
        pages.append([topic.address, topic.title, topic.summary])
        told: dict[str, int] = {}
        for place in (TEXT, HEADING, TITLE):
            told |= dict.fromkeys(topic.words[place].split(), place)
        for word, place in told.items():
            if len(word) > 1:
                words.setdefault(word, []).append(number * 4 + place)
    written = {"pages": pages, "words": dict(sorted(words.items()))}
    return json.dumps(written, ensure_ascii=False, separators=(",", ":")).encode()


def from_a_to_z(topics: Iterable[Topic], code: str) -> list[tuple[str, list[Entry]]]:
    """Each page, and each heading that a doctor wrote, under its first letter."""
    entries = {
        entry(words, topic.address, page, code)
        for topic in topics
        for words, page in [(topic.title, ""), *((one, topic.title) for one in topic.headings)]
    }
    letters: dict[str, list[Entry]] = {}
    for one in sorted(entries):
        letters.setdefault(one.key[:1].upper(), []).append(one)
    return list(letters.items())


def entry(words: str, address: str, page: str, code: str) -> Entry:
    passed_over = f"(?:{ARTICLES[code]})" if code in ARTICLES else ""
    return Entry(
        " ".join(fold(re.sub(f"^{passed_over}", "", words, flags=re.I))), words, address, page
    )
