"""A folder of HTML pages, as `wget --mirror` leaves it -> the old site. Knows no disk."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import PurePosixPath
from urllib.parse import quote, urljoin, urlsplit

from bs4 import BeautifulSoup, Tag

from booking_endpoint.booking import mark
from deploy.importing.old import Loss, OldPage, OldSite, address, line_of, same, without_www
from deploy.importing.tree import numbered, tree
from deploy.importing.wordpress import day

_ = mark

MAIN = ("main", "[role=main]", "article", "#content", "#main", ".entry-content", ".content")
"""Where themes put what a page is about; the first that is there."""
AROUND = (
    "header, nav, footer, aside, [role=navigation], [role=banner], [role=contentinfo],"
    " #header, #nav, #menu, #sidebar, #footer, .menu, .nav, .navigation, .sidebar, .breadcrumb"
)
"""What stands around it on every page."""
CHARSET = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?\s*([\w-]+)""", re.IGNORECASE)
OLDEST = {"iso-8859-1", "latin1", "latin-1", "us-ascii", "ascii"}
"""What browsers read as Windows-1252 (WHATWG, Encoding, 4.2)."""


def decode(data: bytes) -> str:
    """A page's text: by its own word, else as UTF-8, else as Windows wrote it."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    declared = CHARSET.search(data[:4096])
    name = declared[1].decode("ascii").lower() if declared else "utf-8"
    for charset in ("cp1252" if name in OLDEST else name, "utf-8"):
        try:
            return data.decode(charset).removeprefix("\ufeff")
        except (LookupError, UnicodeDecodeError):
            continue
    return data.decode("cp1252", "replace")


def read_mirror(files: Mapping[str, bytes], host: str) -> OldSite:
    """Every page of a folder, by the name of its file; `host` is the name of the folder."""
    read = {name: tree(decode(data)) for name, data in files.items()}
    hosts = {without_www(urlsplit(canonical(soup)).netloc) for soup in read.values()}
    host = without_www(host) if "." in host else "old.invalid"
    at = {same(one): name for name, soup in read.items() for one in addresses(name, soup)}
    groups = alternates(read, at, host)
    before: dict[str, list[str]] = {}
    losses = []
    for name, soup in read.items():
        if to := refreshed(soup):
            target = at.get(same(address(urljoin(at_home(name, host), to))), "")
            before.setdefault(target, []).extend(addresses(name, soup))
            if not target:
                message = _("a page that only led to another one, which is not here: left out")
                losses.append(Loss(name, 0, message))
    pages = [
        read_page(name, soup, host, groups, before.get(name, []))
        for name, soup in read.items()
        if not refreshed(soup)
    ]
    return OldSite(frozenset({host, *filter(None, hosts)}), "", tuple(pages), tuple(losses))


def at_home(name: str, host: str) -> str:
    """The address under which a file could be reached; a made-up host where none is known."""
    path, mark, query = own(name).partition("?")
    return f"https://{host}{quote(path)}{mark}{query}"


def own(name: str) -> str:
    """Path and query under which a file was found: wget calls `/?p=12` `index.html?p=12`."""
    return "/" + re.sub(r"(?:(?<=/)|^)index\.html?(?=\?|$)", "", name)


def read_page(
    name: str,
    soup: BeautifulSoup,
    host: str,
    groups: Mapping[str, str],
    before: Sequence[str],
) -> OldPage:
    """One page; `before` are the addresses that only led to it."""
    losses = []
    main = next((found for selector in MAIN if (found := soup.select_one(selector))), None)
    if main is None:
        main = soup.body or soup
        message = _("no main part was found: look whether menus came along")
        losses.append(Loss(name, 0, message))
    for around in main.select(AROUND):
        if around.name != "header" or around.find("nav"):
            around.decompose()
    heading = main.find("h1")
    title = heading.get_text(" ") if heading else soup.title.get_text(" ") if soup.title else ""
    if heading:
        heading.decompose()
    places = (*addresses(name, soup), *before)
    html = soup.find("html")
    lang = str(html.get("lang") or html.get("xml:lang") or "") if isinstance(html, Tag) else ""
    return OldPage(
        file=name,
        line=1,
        number=name,
        url=at_home(name, host),
        addresses=places,
        title=line_of(title),
        html=numbered(main),
        slug=PurePosixPath(places[0].partition("?")[0]).stem,
        lang=lang,
        group=groups.get(name, ""),
        dated=published(soup) is not None,
        published=published(soup),
        author=line_of(meta(soup, "author")),
        summary=line_of(meta(soup, "description")),
        losses=tuple(losses),
    )


def addresses(name: str, soup: BeautifulSoup) -> tuple[str, ...]:
    """What a page calls itself, then where its file lay."""
    called = canonical(soup)
    return tuple(dict.fromkeys([address(called), own(name)] if called else [own(name)]))


def canonical(soup: BeautifulSoup) -> str:
    link = soup.select_one("link[rel=canonical][href^=http]")
    return str(link["href"]) if link else ""


def alternates(
    read: Mapping[str, BeautifulSoup], at: Mapping[str, str], host: str
) -> dict[str, str]:
    """Pages that name each other by `hreflang`, under one name for all of them."""
    groups: dict[str, str] = {}
    for name, soup in read.items():
        base = canonical(soup) or at_home(name, host)
        links = soup.select("link[rel=alternate][hreflang][href]")
        places = [same(address(urljoin(base, str(link["href"])))) for link in links]
        found = {name, *(at[place] for place in places if place in at)}
        if len(found) > 1:
            group = next((groups[one] for one in sorted(found) if one in groups), name)
            groups |= dict.fromkeys(found, group)
    return groups


def refreshed(soup: BeautifulSoup) -> str:
    """Where a page leads that only leads on to another; empty for any other."""
    found = soup.select_one('meta[http-equiv="refresh" i][content*="url" i]')
    to = re.search(
        r"url\s*=\s*['\"]?([^'\"]+)", str(found["content"]) if found else "", re.IGNORECASE
    )
    return to[1].strip() if to else ""


def meta(soup: BeautifulSoup, name: str) -> str:
    found = soup.select_one(f'meta[name="{name}" i][content]')
    return str(found["content"]) if found else ""


def published(soup: BeautifulSoup) -> date | None:
    found = soup.select_one('meta[property="article:published_time"][content]')
    return day(str(found["content"])) if found else None
