"""A WordPress export (WXR, an XML file) -> the old site. Reads no comment: they name patients."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from html import unescape
from urllib.parse import unquote, urlsplit
from xml.parsers.expat import ExpatError, ParserCreate

from pelican.tools.pelican_import import decode_wp_content

from booking_endpoint.booking import mark
from deploy.importing.old import BadSource, Loss, OldPage, OldSite, address, line_of, without_www
from deploy.importing.tree import numbered, tree

_ = mark

KINDS = {"post": True, "page": False}
"""What becomes a text here, and whether it was dated; all other kinds serve WordPress itself."""
INNER = {"attachment", "nav_menu_item", "revision", "custom_css", "customize_changeset"}
"""Kinds that no patient reads by themselves: passed over without a word."""

SHORTCODE = re.compile(r"(?<!\[)\[(/?)([A-Za-z][A-Za-z0-9_-]*)((?:\s[^\[\]]*)?)/?\](?!\])")
KNOWN = {"gallery", "audio", "video", "embed", "playlist", "wpforms", "contact-form"}


@dataclass
class Element:
    """One element of the file: its text, where it begins, and what stands in it."""

    name: str
    attributes: Mapping[str, str]
    line: int
    text: str = ""
    inner: list["Element"] = field(default_factory=list)

    def all(self, name: str) -> Iterator["Element"]:
        return (one for one in self.inner if one.name == name)

    def one(self, name: str) -> "Element":
        """The first element of this name; an empty one where there is none."""
        return next(self.all(name), Element(name, {}, self.line))

    def said(self, name: str) -> str:
        return self.one(name).text.strip()


def read_xml(data: bytes) -> Element:
    """The file as elements; `content:encoded` is `content encoded`, whatever the version.

    A DOCTYPE is refused before anything in it is read: it is where a file defines entities that
    grow without end, or that name other files. An export has none.
    """
    root = Element("", {}, 0)
    stack = [root]
    parser = ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def doctype(*_told: object) -> None:
        message = _("line {line}: an export of WordPress has no DOCTYPE; nothing was read")
        raise BadSource(message, line=parser.CurrentLineNumber)

    def start(name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        kind = "excerpt " if "/excerpt/" in space else "content " if "/content/" in space else ""
        element = Element(kind + local, attributes, parser.CurrentLineNumber)
        if stack[-1].name == "comment":
            element.name = "comment"  # whatever stands in one is passed over, too
        else:
            stack[-1].inner.append(element)
        stack.append(element)

    def text(data: str) -> None:
        if stack[-1].name != "comment":
            stack[-1].text += data

    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _name: stack.pop()
    parser.CharacterDataHandler = text
    try:
        parser.Parse(data, True)
    except ExpatError as error:
        message = _("line {line}: this is no XML, or a part of it is missing: export it anew")
        raise BadSource(message, line=error.lineno) from None
    return root


def read_wordpress(data: bytes, file: str) -> OldSite:
    """What patients could read of an export, and what was passed over; BadSource for no export."""
    channel = read_xml(data).one("rss").one("channel")
    if not channel.inner or not channel.said("wxr_version"):
        raise BadSource(_("this is no export of WordPress: Tools, Export, All content makes one"))
    authors = {
        one.said("author_login"): one.said("author_display_name") for one in channel.all("author")
    }
    pages, losses = [], []
    kinds: Counter[str] = Counter()
    for item in channel.all("item"):
        kind, name = item.said("post_type"), plain(item.said("title"))
        if comments := sum(1 for _one in item.all("comment")):
            message = _("{what}: comments are never carried over: they name people")
            losses.append(Loss(file, item.line, message, f"{name} ({comments})"))
        if kind not in KINDS:
            kinds.update([] if kind in INNER else [kind])
        elif item.said("status") != "publish" or item.said("post_password"):
            message = _("{what}: a draft, or not for everybody: not carried over")
            losses.append(Loss(file, item.line, message, name))
        else:
            pages.append(read_item(item, file, authors))
    for kind, count in sorted(kinds.items()):
        message = _("{what}: a kind of content that is not carried over")
        losses.append(Loss(file, 0, message, f"{kind} ({count})"))
    links = [channel.said("link"), channel.said("base_site_url"), channel.said("base_blog_url")]
    hosts = frozenset(without_www(urlsplit(link).netloc) for link in links if link)
    return OldSite(hosts, channel.said("language"), tuple(pages), tuple(losses))


def read_item(item: Element, file: str, authors: Mapping[str, str]) -> OldPage:
    body = item.one("content encoded")
    html, losses = without_shortcodes(body.text, file, body.line)
    number, dated = item.said("post_id"), KINDS[item.said("post_type")]
    lang, group = language_of(item)
    link, guid = item.said("link"), item.said("guid")
    query = f"/?{'p' if dated else 'page_id'}={number}"
    guids = [address(guid)] if urlsplit(guid).query else []
    addresses = [address(link)] if link else []
    return OldPage(
        file=file,
        line=body.line,
        number=number,
        url=link,
        addresses=tuple(dict.fromkeys([*addresses, *guids, query])),
        title=plain(item.said("title")),
        html=paragraphs(numbered(tree(html), body.line)),
        slug=unquote(item.said("post_name")),
        lang=lang,
        group=group,
        dated=dated,
        published=day(item.said("post_date")),
        author=line_of(authors.get(item.said("creator"), "")),
        summary=plain(item.said("excerpt encoded")),
        losses=tuple(losses),
    )


def plain(text: str) -> str:
    """A title or a summary without the tags that WordPress lets stand in it, in one line."""
    return line_of(re.sub(r"<[^>]*>", "", unescape(text)))


def language_of(item: Element) -> tuple[str, str]:
    """Language and group of translations, as Polylang or WPML wrote them; empty without either."""
    meta = {one.said("meta_key"): one.said("meta_value") for one in item.all("postmeta")}
    domains = {
        one.attributes.get("domain", ""): one.attributes.get("nicename", "")
        for one in item.all("category")
    }
    return (
        domains.get("language") or meta.get("_wpml_import_language_code", ""),
        domains.get("post_translations") or meta.get("_wpml_import_translation_group", ""),
    )


def without_shortcodes(html: str, file: str, line: int) -> tuple[str, list[Loss]]:
    """The text without `[contact-form-7 id="1"]`, each told with its line; `[sic]` stays.

    What stands between an opening and a closing one stays, too: page builders wrap whole texts.
    """
    losses = []

    def replaced(match: re.Match[str]) -> str:
        closing, name, more = match[1], match[2].lower(), match[3]
        paired = f"[/{match[2]}]" in html
        if name == "caption" or not (paired or "=" in more or "_" in name or name in KNOWN):
            return match[0]
        if not closing:
            message = _("{what}: a shortcode of WordPress, left out")
            at = line + html.count("\n", 0, match.start())
            losses.append(Loss(file, at, message, match[0][:80]))
        return "\n" * match[0].count("\n")

    return SHORTCODE.sub(replaced, html), losses


def paragraphs(html: str) -> str:
    """The text with the paragraphs that WordPress makes of empty lines when it shows it."""
    blocks = "<!-- wp:" in html or re.search(r"<p[\s>]", html)
    return html if blocks and "[caption" not in html else str(decode_wp_content(html))


def day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
