"""What an older site is made of, whatever it was made with. Values alone; knows no format."""

import re
from dataclasses import dataclass
from datetime import date
from urllib.parse import unquote, urljoin, urlsplit

from booking_endpoint.words import Language


class BadSource(ValueError):
    """An export or a folder that cannot be read: says why, in whatever language is asked for."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message)
        self._message, self._values = message, values

    def said(self, language: Language) -> str:
        return language.say(self._message, **self._values)


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that was not carried over, or that wants a look: where it stood, and why."""

    file: str
    line: int
    """In that file; 0 where it concerns all of it."""
    message: str
    """For gettext; its gap, if it has one, is `{what}`."""
    what: str = ""


@dataclass(frozen=True, slots=True)
class OldPage:
    """One page as patients could read it."""

    file: str
    line: int
    """Where its HTML begins in the file."""
    number: str
    """What tells it from all others of its source: an id, or its address."""
    url: str
    """Its full address, against which its links are read."""
    addresses: tuple[str, ...]
    """Every path, with its query, under which it could be reached; the usual one first."""
    title: str
    html: str
    slug: str
    lang: str
    """As the source has it, such as `fr-FR`; empty where it does not say."""
    group: str
    """The same for a page and its translations; empty where it stands alone."""
    dated: bool
    """Whether it was a post, which is an article here; any other is a page."""
    published: date | None
    author: str
    summary: str
    losses: tuple[Loss, ...]
    """What was left out of it while it was read."""


@dataclass(frozen=True, slots=True)
class OldSite:
    """All of a source that was read."""

    hosts: frozenset[str]
    """Under which names the site could be reached."""
    lang: str
    """What the source says of all its pages; empty where it says nothing."""
    pages: tuple[OldPage, ...]
    losses: tuple[Loss, ...]


def address(url: str) -> str:
    """Path, decoded, and query of a full address: `/le-cabinet/`, `/?p=12`."""
    parts = urlsplit(url)
    path = unquote(parts.path) or "/"
    return f"{path}?{parts.query}" if parts.query else path


def same(place: str) -> str:
    """An address as it is compared: `/cabinet`, `/cabinet/` and `/cabinet/index.html` are one."""
    path, mark, query = place.partition("?")
    return (re.sub(r"/(?:index\.html?)?$", "", path) or "/") + mark + query


def inside(site: OldSite, page: OldPage, href: str) -> str | None:
    """The address on the old site that a link of this page means; None when it leads elsewhere."""
    try:
        url = urlsplit(urljoin(page.url, href.strip()))
    except ValueError:
        return None
    if url.scheme not in ("http", "https") or without_www(url.netloc) not in site.hosts:
        return None
    return same(address(url.geturl()))


def without_www(host: str) -> str:
    return host.lower().removeprefix("www.")


def line_of(text: str) -> str:
    """A text as one line of a head can hold it: no breaks, no signs that hide or turn others."""
    return " ".join(
        re.sub(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]", " ", text).split()
    )
