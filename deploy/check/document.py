"""A built page as its elements and texts, each with its line. Knows HTML, and no site."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
SPACES = re.compile(r"[\s\u200e\u200f\u2066-\u2069]+")
UNSEEN = {"script", "style", "template"}


@dataclass(frozen=True, eq=False)
class Element:
    """One start tag, with the elements around it, innermost first."""

    tag: str
    attributes: dict[str, str]
    line: int
    around: tuple["Element", ...]

    def inside(self, tag: str) -> bool:
        """Whether this is, or stands in, an element of this tag."""
        return self.tag == tag or self.within(tag) is not None

    def within(self, tag: str) -> "Element | None":
        """The nearest element of this tag around it."""
        return next((one for one in self.around if one.tag == tag), None)


class Page(HTMLParser):
    """A page read once: every element, and every text with the element it stands in."""

    def __init__(self, source: str, file: str, address: str, key: str = "", lang: str = "") -> None:
        super().__init__(convert_charrefs=True)
        self.file, self.address, self.key, self.lang = file, address, key, lang
        self.elements: list[Element] = []
        self.texts: list[tuple[str, Element]] = []
        self._open: list[Element] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        element = Element(tag, attributes, self.getpos()[0], tuple(reversed(self._open)))
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop().tag != tag:
            continue

    def handle_data(self, data: str) -> None:
        if self._open and data.strip():
            self.texts.append((data, self._open[-1]))

    def all(self, *tags: str) -> Iterator[Element]:
        """Every element of these tags, in the order of the page."""
        return (element for element in self.elements if element.tag in tags)

    def text_of(self, tag: str) -> Iterator[tuple[str, Element]]:
        return ((text, at) for text, at in self.texts if at.tag == tag)

    @cached_property
    def ids(self) -> frozenset[str]:
        return frozenset(one.attributes["id"] for one in self.elements if "id" in one.attributes)

    @cached_property
    def words(self) -> str:
        """Everything a reader can see or hear, in one line."""
        shown = (text for text, at in self.texts if at.tag not in UNSEEN)
        return " ".join(" ".join(shown).split())

    def shows(self, fact: str) -> bool:
        """Whether the page itself, and not its frame, says this: however spaced or isolated."""
        return squeezed(fact) in self._squeezed

    @cached_property
    def _squeezed(self) -> str:
        return squeezed("".join(text for text, at in self.texts if at.inside("main")))


def squeezed(text: str) -> str:
    """A text without spaces and without the marks that keep its direction."""
    return SPACES.sub("", text)
