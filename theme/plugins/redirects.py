"""Where the addresses of an older site have gone: `"/le-cabinet/" = "cabinet.fr"`, a line for each.

Turned into pages that lead on, and into what nginx must be told. Knows no disk.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import PurePosixPath
from urllib.parse import unquote

from booking_endpoint.booking import mark
from booking_endpoint.facts import read_facts
from booking_endpoint.mistakes import Mistake
from theme.plugins.addresses import Addresses

_ = mark

FILE = "redirects.toml"
"""In the content folder: old address = key and language of a page, as its file is named."""

PATH = re.compile(r'(?!.*(?://|/\.\.?(?:/|$)))/[^\x00-\x20\x7f"\\?#]*')
"""A path that means itself alone, in a file name and in nginx's quotation marks."""
QUERY = re.compile(r"[\w=&%.,~+-]+", re.ASCII)
"""Without `$`, which nginx would take for a variable."""

HEADER = """\
# Made by the build from content/redirects.toml; changes are lost at the next one.
# Include it in the server block of the practice's site.
"""


@dataclass(frozen=True, slots=True)
class Redirect:
    """One old address, and where it leads."""

    path: str
    """Decoded: `/קולפוסקופיה/`, not `/%d7%a7…`."""
    query: str
    """As it is sent; empty where there is none. Only a web server can tell these apart."""
    to: str
    lang: str

    @property
    def old(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path


def read_address(text: str) -> tuple[str, str]:
    """Path, decoded, and query of an old address; Mistake for one that cannot be redirected."""
    path, _mark, query = text.partition("?")
    if not PATH.fullmatch(unquote(path)) or (query and not QUERY.fullmatch(query)):
        raise Mistake(_("is no address that can be redirected; write it like /le-cabinet/"))
    return unquote(path), query


def read_redirects(text: str, file: str, addresses: Addresses, prefix: str) -> tuple[Redirect, ...]:
    """The file's redirects in its order, without those that lead to themselves.

    BadPractice, with its line, for a page that does not exist and for an address that is taken:
    by a page of this site, or by the booking endpoint under its prefix.
    """
    facts = read_facts(text, file)
    pages = {
        f"{key}.{code}": place
        for key in addresses.pages
        for code, place in addresses.of(key).items()
    }
    taken, redirects = set(pages.values()), []
    for old in facts:
        name = facts.text(old)
        if name not in pages:
            near = get_close_matches(name, pages) or ["cabinet.fr", "articles/hpv.fr"]
            message = _("there is no page '{page}'; such as {near}")
            raise facts.wrong(old, message, page=name, near=", ".join(near))
        try:
            redirect = Redirect(*read_address(old), pages[name], name.rpartition(".")[2])
        except Mistake as error:
            raise facts.wrong(old, error.message) from None
        here = as_page(redirect.path)
        if here == redirect.to and not redirect.query:
            continue
        if f"{redirect.path}/".startswith(f"{prefix}/") or (here in taken and not redirect.query):
            raise facts.wrong(old, _("is an address of this site; leave the line out"))
        redirects.append(redirect)
    return tuple(redirects)


def as_page(path: str) -> str:
    """The address at which a page would lie: `/cabinet/` for `/cabinet/index.html`, too."""
    return re.sub(r"/(?:index\.html?)?$", "", path) + "/"


def as_pages(redirects: Sequence[Redirect]) -> dict[str, Redirect]:
    """The files of the site that lead on, for a host that cannot redirect; the first wins."""
    files: dict[str, Redirect] = {}
    for redirect in redirects:
        if name := file_of(redirect):
            files.setdefault(name, redirect)
    return files


def file_of(redirect: Redirect) -> str:
    """The file that answers at an old address; empty where only a web server can answer."""
    kind = PurePosixPath(redirect.path).suffix
    if redirect.query or (kind not in ("", ".html", ".htm") and redirect.path[-1] != "/"):
        return ""
    path = redirect.path.lstrip("/")
    if kind and redirect.path[-1] != "/":
        return path
    return f"{path.rstrip('/')}/index.html".lstrip("/")


def for_nginx(redirects: Sequence[Redirect], origin: str) -> str:
    """A part of a server block: one exact `location` a path, with and without its last slash."""
    lines: dict[str, str] = {}
    for redirect in redirects:
        then = f"{{ return 301 {origin}{redirect.to}; }}"
        if redirect.query:
            lines.setdefault(f'if ($request_uri = "{redirect.old}")', then)
            continue
        bare = redirect.path.rstrip("/")
        kind = PurePosixPath(bare).suffix
        for path in (redirect.path,) if kind else (f"{bare}/", bare):
            lines.setdefault(f'location = "{path}"', then)
    return HEADER + "".join(f"{condition} {then}\n" for condition, then in lines.items())
