"""A built page as its elements and texts. Knows HTML, and nothing of the site."""

from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


@dataclass(frozen=True)
class Element:
    """One start tag, with the elements around it, innermost first."""

    tag: str
    attributes: dict[str, str]
    around: tuple["Element", ...]

    def within(self, **wanted: str) -> bool:
        """Whether this or an element around it has all these attributes (`tag` included)."""
        here = ({"tag": one.tag} | one.attributes for one in (self, *self.around))
        return any(wanted.items() <= known.items() for known in here)


class Document(HTMLParser):
    """A page read once: every element, and every text with the element it stands in."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.source = source
        self.elements: list[Element] = []
        self.texts: list[tuple[str, Element]] = []
        self._open: list[Element] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {n: v or "" for n, v in attrs}, tuple(reversed(self._open)))
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop().tag != tag:
            continue

    def handle_data(self, data: str) -> None:
        if self._open and data.strip():
            self.texts.append((data, self._open[-1]))

    def all(self, tag: str, **wanted: str) -> Iterator[Element]:
        for element in self.elements:
            if element.tag == tag and wanted.items() <= element.attributes.items():
                yield element

    def one(self, tag: str, **wanted: str) -> Element:
        (element,) = self.all(tag, **wanted)
        return element

    @property
    def words(self) -> str:
        """Everything a reader can see or hear, in one line."""
        shown = (text for text, at in self.texts if at.tag not in ("script", "style", "template"))
        return " ".join(" ".join(shown).split())


def address_of(file: Path, site: Path) -> str:
    """The address under which a file of the site answers."""
    return "/" + file.relative_to(site).as_posix().removesuffix("index.html")
