"""HTML as a tree whose every element knows its line, and what of it no text can hold, taken out."""

from collections.abc import Iterator

from bs4 import BeautifulSoup, Tag

from booking_endpoint.booking import mark
from deploy.importing.old import Loss

_ = mark

LINE = "data-line"
FORM, SCRIPT = _("a form: left out"), _("a script: left out")
FRAME = _("{what}: a map, film or other frame from elsewhere, left out")
TRACKER = _("{what}: a picture that only counts readers, left out")
WITHOUT = {
    **dict.fromkeys(("form", "input", "button", "select", "textarea"), FORM),
    **dict.fromkeys(("script", "noscript"), SCRIPT),
    **dict.fromkeys(("iframe", "frame", "object", "embed", "video", "audio", "canvas"), FRAME),
    **dict.fromkeys(("svg", "map", "applet"), FRAME),
}
SILENT = ("style", "template", "link", "meta", "title", "head")


def tree(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


def numbered(root: Tag, first: int = 1) -> str:
    """The part as HTML in which every element says the line of the file it was read from."""
    for tag in root.find_all(True):
        tag[LINE] = str((tag.sourceline or 1) + first - 1)
    return str(root).replace("<br/>", "<br />")  # as WordPress writes it


def line(tag: Tag) -> int:
    return int(str(tag.get(LINE, "0")))


def take_out(root: Tag, file: str) -> list[Loss]:
    """Remove what runs, asks or fetches; a loss for each, with its line."""
    for tag in root.find_all(SILENT):
        tag.decompose()
    losses = []
    for tag in [*root.find_all([*WITHOUT]), *filter(counts_readers, root.find_all("img"))]:
        if tag.decomposed:
            continue
        message = TRACKER if tag.name == "img" else WITHOUT[tag.name]
        losses.append(Loss(file, line(tag), message, source(tag)))
        tag.decompose()
    return sorted(losses, key=lambda loss: loss.line)


def counts_readers(image: Tag) -> bool:
    """Whether a picture is one pixel: nobody is meant to see it."""
    style = str(image.get("style", "")).replace(" ", "")
    sizes = {str(image.get(side, "")).removesuffix("px") for side in ("width", "height")}
    return bool(sizes & {"0", "1"}) or "display:none" in style


def source(tag: Tag) -> str:
    """What an element shows or fetches, as far as it says."""
    places: Iterator[str] = (str(tag[name]) for name in ("src", "data", "href") if tag.get(name))
    return next(places, tag.name)[:120]
