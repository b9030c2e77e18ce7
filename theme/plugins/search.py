"""What every page is about: an index to search in, and a list from A to Z. Pure.

The index is searched in the browser, by search.js, which folds words as `fold` does here.
"""

import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from html.parser import HTMLParser

VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
SILENT = {"head", "script", "style", "template", "noscript", "form", "svg"}
HEADINGS = {"h1", "h2", "h3"}
ARTICLES = {
    "fr": r"(?:le|la|les|un|une|des|du)\s+|l['’]",
    "en": r"(?:the|an?)\s+",
    "it": r"(?:il|lo|la|i|gli|le|un|una|uno)\s+|(?:l|un)['’]",
}
"""What an index passes over when it sorts."""

TEXT, HEADING, TITLE = 0, 1, 2
"""How much a word says of its page, by where it stands."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One page, as somebody who searches sees it."""

    address: str
    title: str
    summary: str
    headings: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One line of the list from A to Z."""

    key: str
    """What it is sorted by."""
    words: str
    address: str
    page: str
    """The title of its page; empty where the page itself is meant."""


class Reader(HTMLParser):
    """The headings and the text of a piece of HTML, of what is shown."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.title = self.summary = ""
        self.headings: list[tuple[str, str]] = []
        self.text: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "meta" and told.get("name") == "description":
            self.summary = told.get("content") or ""
        if tag in VOID:
            return
        silent = bool(self._open and self._open[-1][1]) or tag in SILENT or "hidden" in told
        self._open.append((tag, silent))
        if tag in HEADINGS and not silent:
            self.headings.append((tag, ""))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            continue

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][0] == "title":
            self.title += data
        if not self._open or self._open[-1][1]:
            return
        inside = {tag for tag, _ in self._open}
        if inside & HEADINGS:
            tag, words = self.headings[-1]
            self.headings[-1] = (tag, words + data)
        elif "main" in inside:
            self.text.append(data)


def headings_in(html: str) -> tuple[str, ...]:
    return tuple(" ".join(words.split()) for _, words in Reader(html).headings)


def read_topic(address: str, html: str, site: str) -> Topic:
    """What a built page is about: its title without the site's, its summary, its main part."""
    read = Reader(html)
    headings = tuple(words for _, words in read.headings)
    title = " ".join(read.title.split()).removesuffix(f" – {site}")
    return Topic(address, title, read.summary, headings, " ".join(read.text))


def fold(text: str) -> list[str]:
    """The words of a text, small, without accents and vowel points."""
    bare = "".join(s for s in unicodedata.normalize("NFD", text) if not unicodedata.combining(s))
    joined = bare.lower().replace("œ", "oe").replace("æ", "ae")
    return re.findall(r"[^\W_]+", joined)


def index(topics: Iterable[Topic]) -> bytes:
    """The pages and, for each word, where it stands: the page's number times four, and how."""
    pages: list[list[str]] = []
    words: dict[str, list[int]] = {}
    for number, topic in enumerate(topics):
        pages.append([topic.address, topic.title, topic.summary])
        told = dict.fromkeys(fold(topic.text), TEXT)
        told |= dict.fromkeys(fold(" ".join((topic.summary, *topic.headings))), HEADING)
        told |= dict.fromkeys(fold(topic.title), TITLE)
        for word, place in told.items():
            if len(word) > 1:
                words.setdefault(word, []).append(number * 4 + place)
    written = {"pages": pages, "words": dict(sorted(words.items()))}
    return json.dumps(written, ensure_ascii=False, separators=(",", ":")).encode()


def from_a_to_z(
    topics: Iterable[tuple[Topic, Iterable[str]]], code: str
) -> list[tuple[str, list[Entry]]]:
    """Each page, and each heading that is given with it, under its first letter."""
    entries = {
        entry(words, topic.address, page, code)
        for topic, headings in topics
        for words, page in [(topic.title, ""), *((one, topic.title) for one in headings)]
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
