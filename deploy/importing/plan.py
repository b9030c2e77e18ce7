"""Old site + what is there -> all that is to be written, and what of it a person must complete."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from bs4 import Tag

from booking_endpoint.booking import mark
from booking_endpoint.practice import Practice
from deploy.importing.old import Loss, OldPage, OldSite, inside, same
from deploy.importing.places import Place, Places, There
from deploy.importing.prose import Prose
from deploy.importing.tree import line, source, take_out, tree
from theme.plugins.heads import NEEDED
from theme.plugins.redirects import Redirect, as_page, file_of, read_address

_ = mark

OUTWARD = {"http", "https", "mailto", "tel"}
PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif|svg)$", re.IGNORECASE)
UNSAFE = re.compile(r'[\s()<>"\\{}|`]')

Finder = Callable[[OldPage, str], str]
"""The picture a page shows -> where it will lie, such as `images/x.jpg`; empty when not found."""


@dataclass(frozen=True, slots=True)
class Written:
    """One page: its place, its file's text, and what there is to do with it."""

    place: Place
    text: str
    """Empty where nothing is written: it came before, or the site makes the page itself."""
    incomplete: tuple[str, ...]
    """Lines of the head to complete."""
    pictures: int
    """How many pictures want to be described or credited."""
    redirects: tuple[str, ...]
    """Lines for the file of redirects."""
    losses: tuple[Loss, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole move."""

    pages: tuple[Written, ...]
    losses: tuple[Loss, ...]
    """What concerns no page that goes along."""


def plan(site: OldSite, there: There, practice: Practice, told: str, find: Finder) -> Plan:
    """What to write so that no page, no address and no reader of the old site is lost."""
    places, losses = Places(there, practice.languages).of(site, told)
    addresses = {**there.addresses} | {place.to: place.name for place in places}
    leads = Leads({**there.moved}, addresses, practice.rules.prefix)
    at: dict[str, Place] = {}
    for place in places:
        for old in place.page.addresses:
            at.setdefault(same(old), place)
    files = there.files | {place.file for place in places}
    for place in places:
        first = re.sub(r"\.\w+\.md$", f".{practice.languages[0]}.md", place.file)
        if place.file and first not in files:
            message = _("write {what} first: every text is in the practice's first language, too")
            losses.append(Loss(place.page.file, place.page.line, message, f"content/{first}"))
    pages = tuple(write(place, site, at, leads, find) for place in places)
    return Plan(pages, (*losses, *site.losses))


def write(
    place: Place, site: OldSite, at: Mapping[str, Place], leads: "Leads", find: Finder
) -> Written:
    """One page with its text, where one is to be written."""
    redirects, losses = leads.of(place)
    if place.again or not place.file:
        return Written(place, "", (), 0, redirects, (*place.losses, *place.page.losses, *losses))
    page, soup = place.page, tree(place.page.html)
    losses += take_out(soup, page.file)
    carrier = Carrier(site, place, at, find)
    body = Prose(carrier.link, carrier.picture).markdown(soup)
    kind = place.file.partition("/")[0]
    head = heading(place)
    needed = NEEDED[kind]
    lines = [f"{name.title()}: {text}".rstrip() for name, text in head.items()]
    text = "\n".join(lines) + f"\n\n{body}\n"
    incomplete = tuple(name.title() for name in needed if not head[name])
    lost = (*place.losses, *page.losses, *losses, *carrier.losses)
    return Written(place, text, incomplete, carrier.pictures, redirects, lost)


def heading(place: Place) -> dict[str, str]:
    """The lines of the head; what nobody but the doctor can know stays empty.

    An empty line is refused by the build, which says what to write.
    """
    page = place.page
    head = {"title": page.title, "slug": place.slug, "summary": page.summary}
    if place.file.startswith("pages/"):
        return head
    dated = page.published.isoformat() if page.published else ""
    article = {"date": dated, "reviewed": "", "author": page.author, "interests": ""}
    return head | article | {"sources": ""}


class Carrier:
    """Writes the links and pictures of one page, and remembers what became of them."""

    def __init__(self, site: OldSite, place: Place, at: Mapping[str, Place], find: Finder) -> None:
        self._site, self._page, self._at, self._find = site, place.page, at, find
        self.losses: list[Loss] = []
        self.pictures = 0

    def link(self, tag: Tag) -> str:
        """Where a link leads now; empty where only its words stay."""
        href = str(tag.get("href", ""))
        if not href or href.startswith("#"):
            return ""
        old = inside(self._site, self._page, href)
        if old is None and scheme(href) in OUTWARD:
            return UNSAFE.sub(lambda sign: f"%{ord(sign[0]):02X}", href.strip())
        if old is not None and (place := self._at.get(old)):
            return f"{{filename}}/{place.file}" if place.file else place.to
        if not PICTURE.search(href):
            message = _("{what}: a link to what was not carried over; its words stay")
            self._lose(tag, message, href[:120])
        return ""

    def picture(self, tag: Tag, caption: str) -> str:
        """The line of a picture that was found; its maker is for the doctor to name."""
        shown = str(tag.get("data-src") or tag.get("data-lazy-src") or tag.get("src") or "")
        file = self._find(self._page, shown)
        if not file:
            message = _("{what}: a picture that was not found, left out")
            self._lose(tag, message, source(tag))
            return ""
        alt = " ".join(re.sub(r"[\[\]!]", " ", str(tag.get("alt", ""))).split())
        if not alt:
            self._lose(tag, _("{what}: a picture without words: say what it shows"), file)
        self.pictures += 1
        said = re.sub(r'["|]', "’", caption)
        return f'![{alt}]({file} "{said} | ")'

    def _lose(self, tag: Tag, message: str, what: str) -> None:
        self.losses.append(Loss(self._page.file, line(tag), message, what))


def scheme(href: str) -> str:
    try:
        return urlsplit(href.strip()).scheme
    except ValueError:
        return ""


class Leads:
    """Writes a line of redirects for every old address, each once."""

    def __init__(self, moved: dict[str, str], addresses: Mapping[str, str], prefix: str) -> None:
        self._moved, self._addresses, self._prefix = moved, addresses, prefix

    def of(self, place: Place) -> tuple[tuple[str, ...], list[Loss]]:
        """The lines for a page. One that must not lead on is kept as a comment, as a record."""
        lines, losses, page = [], [], place.page
        for old in page.addresses:
            if self._moved.setdefault(old, place.name) != place.name or place.again:
                continue
            try:
                redirect = Redirect(*read_address(old), place.to, place.lang)
            except ValueError:
                message = _("{what}: an address that cannot be redirected")
                losses.append(Loss(page.file, page.line, message, old))
                continue
            line = f"{json.dumps(redirect.old, ensure_ascii=False)} = {json.dumps(place.name)}"
            whose = "" if redirect.query else self._addresses.get(as_page(redirect.path), "")
            if f"{redirect.path}/".startswith(f"{self._prefix}/") or whose not in ("", place.name):
                message = _("{what}: this address belongs to another page of the new site")
                losses.append(Loss(page.file, page.line, message, old))
                line = f"# {line}"
            elif not redirect.query and not file_of(redirect):
                message = _("{what}: only a web server can redirect this address, such as nginx")
                losses.append(Loss(page.file, page.line, message, old))
            lines.append(line)
        return tuple(lines), losses
