"""Blocks, tables and links of a text -> HTML. Trusts what `syntax` found good; knows no file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

from markdown import Markdown
from markdown.extensions import Extension
from markdown.extensions.admonition import AdmonitionExtension
from markdown.extensions.toc import TocExtension, slugify_unicode
from markdown.treeprocessors import Treeprocessor

from booking_endpoint.booking import mark
from theme.plugins.syntax import listed

_ = mark

CONTENTS = "[TOC]"
"""What Python-Markdown's own extension replaces by the table of contents."""


@dataclass(frozen=True, slots=True)
class Around:
    """What a text may lean on: its language, and what stands elsewhere on the site."""

    say: Callable[..., str]
    visit: Callable[[str], str]
    """Where this visit is booked: on the booking page of this language, or by phone."""
    article: Callable[[str], tuple[str, str]]
    """Address and title of an article of this language, by its key."""
    fees: Callable[[list[str]], str]
    """The table of these visits' fees as HTML; of all, when none is named."""
    emergency: Callable[[], str]
    """Whom to call in an emergency, as HTML."""


class Blocks(Treeprocessor):
    """Turns what Python-Markdown calls admonitions into our blocks, each in its place."""

    def __init__(self, md: Markdown) -> None:
        super().__init__(md)
        self.around: Around | None = None
        self._under = False

    def run(self, root: Element) -> None:
        self._under = False
        for element, tag in [(element, element.tag) for element in root.iter()]:
            self._under = self._under or tag == "h2"  # as written: not what a question became
            if "admonition" in element.get("class", "").split():
                self._block(element)
            elif element.tag == "a" and element.get("href", "").startswith("visit:"):
                visit = element.get("href", "").removeprefix("visit:")
                element.set("href", self._told.visit(visit))
            elif element.tag == "table":
                self._table(element)

    @property
    def _told(self) -> Around:
        assert self.around, "say what stands around a text before it is converted"  # noqa: S101
        return self.around

    def _block(self, element: Element) -> None:
        kind = element.get("class", "").split()[1]
        title = take_title(element)
        element.set("class", f"block block--{kind}")
        BUILD[kind](self, element, title)

    def _advice(self, element: Element, title: Element | None) -> None:
        element.set("class", "notice")
        self._headline(element, title, _("Good to know"))

    def _emergency(self, element: Element, title: Element | None) -> None:
        """The numbers to call stand in it whatever its text says: they come from the theme."""
        element.set("class", "notice notice--emergency")
        self._headline(element, title, _("Emergency"))
        self._html(element, self._told.emergency())

    def _question(self, element: Element, title: Element | None) -> None:
        """Open, so that it can be searched and printed; its heading is one a reader can jump to."""
        element.tag = "section"
        if title is not None:
            title.tag = "h3" if self._under else "h2"
            element.insert(0, title)

    def _quote(self, element: Element, title: Element | None) -> None:
        quoted = Element("blockquote")
        quoted[:] = list(element)
        element[:] = [quoted]
        element.tag = "figure"
        if title is not None:
            title.tag = "figcaption"
            element.append(title)

    def _contents(self, element: Element, _title: Element | None) -> None:
        element.tag = "nav"
        element.set("aria-label", self._told.say(_("In this text")))
        self._headline(element, None, _("In this text"))
        SubElement(element, "p").text = CONTENTS

    def _read_on(self, element: Element, title: Element | None) -> None:
        element.tag = "nav"
        element.set("aria-label", self._told.say(_("Read on")))
        self._headline(element, None, _("Read on"))
        items = SubElement(element, "ul")
        for key in listed(words(title)):
            address, name = self._told.article(key)
            link = SubElement(SubElement(items, "li"), "a", href=address)
            link.text = name

    def _fees(self, element: Element, title: Element | None) -> None:
        self._html(element, self._told.fees(listed(words(title))))

    def _headline(self, element: Element, title: Element | None, default: str) -> None:
        """The block's first line: no heading, since no text belongs under it but its own."""
        if title is None:
            title = Element("p")
            title.text = self._told.say(default)
        title.set("class", "block__title")
        element.insert(0, title)

    def _html(self, element: Element, html: str) -> None:
        SubElement(element, "p").text = self.md.htmlStash.store(html)

    def _table(self, element: Element) -> None:
        """A wide table scrolls by itself, by keyboard too, and pushes no page sideways."""
        table = Element("table", element.attrib)
        table[:] = list(element)
        for cell in table.iterfind("thead/tr/th"):
            cell.set("scope", "col")
        attributes = {"class": "wide", "role": "group", "tabindex": "0"}
        element.attrib.clear()
        element.attrib.update(attributes | {"aria-label": self._told.say(_("Table"))})
        element.tag, element.text, element[:] = "div", None, [table]


Builder = Callable[[Blocks, Element, Element | None], None]

BUILD: Mapping[str, Builder] = {
    "advice": Blocks._advice,
    "emergency": Blocks._emergency,
    "question": Blocks._question,
    "quote": Blocks._quote,
    "contents": Blocks._contents,
    "read-on": Blocks._read_on,
    "fees": Blocks._fees,
}


def take_title(element: Element) -> Element | None:
    """What stood in quotation marks, taken out; none where nothing did.

    Python-Markdown then writes the kind itself, with a capital.
    """
    title = element.find("p[@class='admonition-title']")
    if title is None:
        return None
    element.remove(title)
    title.attrib.clear()
    kind = element.get("class", "").split()[1]
    return None if words(title) == kind.capitalize() else title


def words(element: Element | None) -> str:
    return "" if element is None else "".join(element.itertext()).strip()


def anchor(heading: str, separator: str) -> str:
    """The id of a heading, in its own script; begins so that no id of a template can be meant."""
    return f"{separator}{slugify_unicode(heading, separator)}"


class BlocksExtension(Extension):
    """All of the above, with the extensions of Python-Markdown it stands on."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 -- Markdown's name
        """Register: after the inline signs were read, before the contents are gathered."""
        contents = TocExtension(slugify=anchor, toc_depth="2-3", marker=CONTENTS)
        md.registerExtensions([AdmonitionExtension(), contents], {})
        md.treeprocessors.register(Blocks(md), "blocks", 15)
