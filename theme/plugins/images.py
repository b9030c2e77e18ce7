"""`![what it shows](images/x.jpg "caption | credit")` -> a figure. Knows Markdown and no disk.

Every picture says what it shows to who cannot see it, and who made it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor
from markupsafe import Markup

from booking_endpoint.booking import mark
from theme.plugins.pictures import FORMATS, Album, BadPicture

_ = mark

IMAGE = re.compile(
    r'!\[(?P<alt>[^\]]*)\]\(\s*(?P<file>[^\s)"]*)(?:\s+"(?P<title>[^"]*)")?\s*\)'
    r"(?:\{:?(?P<attributes>[^}\n]*)\})?"
)
OTHER = re.compile(r"!\[|<img\b")
CODE = re.compile(r"(`+).+?\1")
DECORATION = "decoration"
OUTSIDE = _(
    "the picture '{file}' is not in content/images: write it as"
    ' ![what it shows](images/name.jpg "caption | who made it")'
)
WORDLESS = _(
    "{file}: say between the brackets what the picture shows, for who cannot see it;"
    " where it shows nothing that matters, write {decoration} behind it"
)
NAMELESS = _(
    "{file}: the picture names nobody who made it; write it as"
    ' ![what it shows](images/name.jpg "caption | who made it")'
)
UNREADABLE = _(
    "this picture cannot be read: write it as"
    ' ![what it shows](images/name.jpg "caption | who made it")'
)
ALONE = _("{file}: put the picture on a line of its own")

TEXT_SIZES = "(min-width: 46em) 42rem, 92vw"
"""How wide a picture in running text is shown: `--measure` in site.css."""


@dataclass(frozen=True, slots=True)
class Written:
    """A picture as somebody wrote it into a text, checked."""

    file: str
    alt: str
    """What it shows; empty where it is decoration."""
    caption: str
    credit: str


def read_image(alt: str, file: str, title: str, line: int = 0, *, decoration: bool) -> Written:
    """The picture of one Markdown image, or BadPicture."""
    if not re.fullmatch(r"images/(?!.*\.\.)\S+", file):
        raise BadPicture(OUTSIDE, line, file=file)
    if not alt.strip() and not decoration:
        raise BadPicture(WORDLESS, line, file=file, decoration=f"{{.{DECORATION}}}")
    caption, bar, credit = title.rpartition("|")
    if not credit.strip() or not bar:
        raise BadPicture(NAMELESS, line, file=file)
    return Written(file, "" if decoration else alt.strip(), caption.strip(), credit.strip())


def images_in(text: str) -> Iterator[tuple[int, Written]]:
    """Each picture of a text with its line; raises BadPicture, which names the line."""
    for number, line in enumerate(CODE.sub("", text).splitlines(), 1):
        for start in OTHER.finditer(line):
            found = IMAGE.match(line, start.start())
            if not found:
                raise BadPicture(UNREADABLE, number)
            alt, file, title = found["alt"], found["file"], found["title"] or ""
            decoration = f".{DECORATION}" in (found["attributes"] or "")
            yield number, read_image(alt, file, title, number, decoration=decoration)


def figure(
    album: Album, written: Written, *, kind: str = "picture", sizes: str = TEXT_SIZES, lazy: bool
) -> Markup:
    """The HTML of one picture: formats and sizes to choose from, and the room it will take."""
    shown = album.picture(written.file)
    *better, fallback = FORMATS
    sources = Markup("").join(
        Markup('<source type="image/{}" srcset="{}" sizes="{}">').format(
            name, shown.addresses(name), sizes
        )
        for name in better
    )
    image = Markup(
        '<img src="{}" srcset="{}" sizes="{}" width="{}" height="{}" alt="{}" decoding="async"{}>'
    ).format(
        shown.address(shown.widths[-1], fallback),
        shown.addresses(fallback),
        sizes,
        shown.width,
        shown.height,
        written.alt,
        Markup(' loading="lazy"') if lazy else "",
    )
    caption = Markup("{} ").format(written.caption) if written.caption else ""
    return Markup(
        '<figure class="{}"><picture>{}{}</picture>'
        "<figcaption>{}<small><bdi>{}</bdi></small></figcaption></figure>"
    ).format(kind, sources, image, caption, written.credit)


class Figures(Extension):
    """Turns every image of a text into a figure; all but the first are loaded when needed."""

    def __init__(self, album: Album) -> None:
        super().__init__()
        self._album = album

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 -- Markdown's name
        md.treeprocessors.register(FigureMaker(md, self._album), "figures", 5)


class FigureMaker(Treeprocessor):
    """Runs when the text is a tree, after the attributes in braces were read."""

    def __init__(self, md: Markdown, album: Album) -> None:
        super().__init__(md)
        self._album = album

    def run(self, root: Element) -> None:
        around = {child: parent for parent in root.iter() for child in parent}
        for number, image in enumerate(list(root.iter("img"))):
            written = read_image(
                image.get("alt", ""),
                image.get("src", ""),
                image.get("title", ""),
                decoration=DECORATION in image.get("class", "").split(),
            )
            paragraph = around[image]
            alone = len(paragraph) == 1 and not (paragraph.text or "").strip()
            if paragraph.tag != "p" or not alone or (image.tail or "").strip():
                raise BadPicture(ALONE, file=written.file)
            html = figure(self._album, written, lazy=number > 0)
            paragraph.clear()
            paragraph.text = self.md.htmlStash.store(html)
