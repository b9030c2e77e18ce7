"""HTML -> the Markdown that the site's pages are written in. Knows no file and no address.

Written for this dialect: what Python-Markdown takes, no HTML in it, lists four spaces in, pictures
on lines of their own, and every sign of a text that would be read as Markdown behind a `\\`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bs4 import Tag
from bs4.element import NavigableString, PreformattedString

BLOCKS = [
    *("address", "article", "aside", "blockquote", "body", "caption", "center", "details", "div"),
    *("dl", "dt", "dd", "fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "hr", "html", "img", "legend", "li", "main", "nav", "ol"),
    *("p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
]
MARKS = {"b": "**", "strong": "**", "i": "*", "em": "*", "cite": "*"}
TYPED = ("code", "kbd", "samp", "tt")

SIGNS = re.compile(r"([\\`*_{}\[\]])")
BEGINS = re.compile(r"(?m)^(?=(?:[#>+-]|!!!))")
COUNTED = re.compile(r"(?m)^(\d+)\.(?=\s)")
DEFINES = re.compile(r"(?m)^:(?=\s)")
UNDERLINES = re.compile(r"(?m)^=(?==*\s*$)")
BREAK = "  \n"


@dataclass(frozen=True, slots=True)
class Prose:
    """How the links and pictures of one page are written."""

    link: Callable[[Tag], str]
    """The address to write for a link; empty where only its words stay."""
    picture: Callable[[Tag, str], str]
    """The line for a picture and its caption; empty where there is none."""

    def markdown(self, root: Tag) -> str:
        return "\n\n".join(self._blocks(root))

    def _blocks(self, node: Tag) -> Iterator[str]:
        """The blocks in an element; words between them become paragraphs."""
        run = ""
        for child in node.children:
            if isinstance(child, Tag) and (child.name in BLOCKS or child.find(BLOCKS)):
                yield from paragraphs(run)
                run = ""
                yield from self._block(child)
            else:
                run += self._inline(child)
        yield from paragraphs(run)

    def _block(self, tag: Tag) -> Iterator[str]:
        match tag.name:
            case "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
                yield from self._heading(tag)
            case "img":
                yield from filter(None, [self.picture(tag, "")])
            case "figure":
                yield from self._figure(tag)
            case "ul" | "ol":
                yield from filter(None, ["\n".join(self._items(tag))])
            case "dl":
                yield from filter(None, ["\n".join(self._terms(tag)).strip()])
            case "blockquote":
                yield from filter(None, [behind("> ", "\n\n".join(self._blocks(tag)))])
            case "pre":
                yield behind("    ", tag.get_text().strip("\n"))
            case "hr":
                yield "---"
            case "table" if rows := self._rows(tag):
                yield "\n".join(rows)
            case _:
                yield from self._blocks(tag)

    def _heading(self, tag: Tag) -> Iterator[str]:
        """The Title is the first of a page: others begin with two."""
        if words := " ".join(self._words(tag).replace("**", "").split()):
            yield f"{'#' * max(2, int(tag.name[1]))} {words}"
        for image in tag.find_all("img"):
            yield from filter(None, [self.picture(image, "")])

    def _figure(self, tag: Tag) -> Iterator[str]:
        images, caption = tag.find_all("img"), tag.find("figcaption")
        if len(images) != 1 or not isinstance(caption, Tag):
            yield from self._blocks(tag)
        elif line := self.picture(images[0], " ".join(caption.get_text(" ").split())):
            yield line

    def _items(self, tag: Tag) -> Iterator[str]:
        items = tag.find_all(True, recursive=False)
        for number, item in enumerate(items, 1):
            blocks = [*self._blocks(item)]
            text = "".join(
                f"{'' if not at else BETWEEN[block[:2] in LISTS]}{block}"
                for at, block in enumerate(blocks)
            )
            if text:
                sign = f"{number}. " if tag.name == "ol" else "- "
                yield sign + behind("    ", text).lstrip()

    def _terms(self, tag: Tag) -> Iterator[str]:
        for one in tag.find_all(["dt", "dd"]):
            words = " ".join(self._words(one).split())
            yield f":   {words}" if one.name == "dd" else f"\n{words}"

    def _rows(self, tag: Tag) -> list[str]:
        """The lines of a table; none where it only puts things side by side."""
        rows = [row.find_all(["td", "th"]) for row in tag.find_all("tr")]
        rows = [cells for cells in rows if cells]
        width = max(map(len, rows), default=0)
        if len(rows) < 2 or width < 2 or tag.find(["table", "img", "ul", "ol", "h2", "h3"]):
            return []
        texts = [[self._cell(cell) for cell in cells] for cells in rows]
        lines = [f"| {' | '.join([*cells, *[''] * (width - len(cells))])} |" for cells in texts]
        return [lines[0], "|" + "---|" * width, *lines[1:]]

    def _cell(self, cell: Tag) -> str:
        return " ".join(self._words(cell).split()).replace("|", r"\|")

    def _words(self, tag: Tag) -> str:
        """All that an element says, in one line."""
        return "".join(self._inline(child) for child in tag.children).replace(BREAK, " ")

    def _inline(self, node: object) -> str:
        if isinstance(node, PreformattedString):  # a comment, a DOCTYPE, a processing instruction
            return ""
        if isinstance(node, NavigableString):
            return escaped(str(node))
        if not isinstance(node, Tag):
            return ""
        if node.name == "br":
            return BREAK
        if node.name in TYPED and (typed := " ".join(node.get_text().split())):
            return f"`{typed.replace('`', '’')}`"
        words = "".join(self._inline(child) for child in node.children)
        if sign := MARKS.get(node.name):
            inner = {"b", "strong"} if sign == "**" else {"i", "em", "cite"}
            return words if node.find_parent(inner) else around(sign, words)
        if node.name == "a" and words.strip() and (place := self.link(node)):
            before, inner_words, after = spaced(words)
            return f"{before}[{inner_words}]({place}){after}"
        return f" {words} " if node.name in BLOCKS else words


LISTS = {"- ", "1."}
BETWEEN = {True: "\n", False: "\n\n"}


def escaped(text: str) -> str:
    """Words as Markdown that shows exactly them."""
    text = SIGNS.sub(r"\\\1", re.sub(r"[ \t\r\n\f]+", " ", text))
    return re.sub(r"&(?=#?\w+;)", "&amp;", text).replace("<", "&lt;")


def paragraphs(run: str) -> Iterator[str]:
    """What stands between two blocks: two breaks in a row begin a new paragraph."""
    for part in re.split(r"(?:[ ]*\n){2,}", run):
        lines = [" ".join(line.split(" ")).strip() for line in part.split("\n")]
        text = BREAK.join(filter(None, (re.sub(" +", " ", line) for line in lines)))
        if text:
            yield at_the_edge(text)


def at_the_edge(text: str) -> str:
    """A paragraph that no line of which begins anything else."""
    text = BEGINS.sub(r"\\", text)
    text = COUNTED.sub(r"\1\\.", text)
    return UNDERLINES.sub("&#61;", DEFINES.sub("&#58;", text))


def around(sign: str, words: str) -> str:
    before, inner, after = spaced(words)
    return f"{before}{sign}{inner}{sign}{after}" if inner else words


def spaced(words: str) -> tuple[str, str, str]:
    """Words without the spaces at both ends, and these: a mark must touch what it marks."""
    inner = words.strip()
    start = words.find(inner) if inner else len(words)
    return words[:start], inner, words[start + len(inner) :]


def behind(sign: str, text: str) -> str:
    """Every line of a text behind a sign; empty ones without its spaces."""
    return "\n".join(
        (sign + line).rstrip(" ") if not line else sign + line for line in text.split("\n")
    )
