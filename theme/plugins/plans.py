"""A drawing of the doctor's (SVG) -> what may stand inside a page. Pure: text in, HTML out.

It becomes part of the page, so that it takes the page's colours, light and dark; for the same
reason nothing in it may run, or ask anybody for anything.
"""

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from markupsafe import Markup

from booking_endpoint.booking import mark
from booking_endpoint.mistakes import Mistake

_ = mark

SVG = "http://www.w3.org/2000/svg"
SHAPES = {
    *("svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon"),
    *("text", "tspan"),
}
LEFT_OUT = {"metadata", "title", "desc"}
"""What drawing programs write beside the drawing; the page says it in its own words."""

ATTRIBUTES = {
    *("viewBox", "d", "points", "x", "y", "x1", "x2", "y1", "y2", "dx", "dy", "cx", "cy", "r"),
    *("rx", "ry", "width", "height", "transform", "opacity", "color", "fill", "fill-opacity"),
    *("fill-rule", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-opacity"),
    *("stroke-dasharray", "stroke-dashoffset", "stroke-miterlimit", "text-anchor", "font-size"),
    *("font-weight", "font-style", "font-family", "letter-spacing", "dominant-baseline"),
}


class BadPlan(Mistake):
    """A drawing that may not stand in a page: says what to take out."""


def drawing(text: str, label: str) -> Markup:
    """The drawing as part of a page, with `label` for who cannot see it; raises BadPlan."""
    if re.search(r"<!(DOCTYPE|ENTITY)", text):
        raise BadPlan(_("take the <!DOCTYPE> out: it could name other files"))
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 -- without a DOCTYPE nothing expands
    except ElementTree.ParseError as error:
        raise BadPlan(_("this is no SVG that can be read"), error.position[0]) from None
    if root.tag != f"{{{SVG}}}svg" or "viewBox" not in root.attrib:
        raise BadPlan(_('begin with <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 …">'))
    plain = allowed(root)
    for name in ("width", "height"):
        plain.attrib.pop(name, None)
    plain.attrib |= {"role": "img", "aria-label": label, "direction": "ltr"}
    return Markup(ElementTree.tostring(plain, "unicode"))  # noqa: S704 -- escaped by ElementTree


def allowed(element: Element) -> Element:
    """The element with what is drawn and nothing else; what could do more raises BadPlan."""
    name = element.tag.removeprefix(f"{{{SVG}}}")
    if name not in SHAPES:
        message, known = _("take <{name}> out: draw with {known}"), ", ".join(sorted(SHAPES))
        raise BadPlan(message, name=name.rpartition("}")[2], known=known)
    plain = Element(name, dict(drawn(element)))
    plain.text, plain.tail = element.text, element.tail
    for inner in element:
        if not foreign(inner):
            plain.append(allowed(inner))
    return plain


def foreign(element: Element) -> bool:
    """Whether a drawing program wrote this for itself."""
    namespace, _, name = str(element.tag).rpartition("}")
    return namespace != f"{{{SVG}" or name in LEFT_OUT


def drawn(element: Element) -> dict[str, str]:
    """The attributes that are drawn; a style is told as attributes, which the policy allows."""
    parts = (part.partition(":") for part in element.get("style", "").split(";"))
    style = {name.strip(): value.strip() for name, colon, value in parts if colon}
    kept: dict[str, str] = {}
    for name, value in {**element.attrib, **style}.items():
        if name.lower().startswith("on"):
            message = _("take {name}='{value}' out: nothing in a drawing may run")
            raise BadPlan(message, name=name, value=value)
        if name.rpartition("}")[2] in ("href", "src") or "url(" in value or "//" in value:
            message = _("take {name}='{value}' out: a drawing may use no other file")
            raise BadPlan(message, name=name, value=value)
        if name in ATTRIBUTES:
            kept[name] = value
    return kept
