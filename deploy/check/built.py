"""What looks at the built site: links, scripts, pictures, and what machines are told."""

import json
import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qs, unquote, urljoin, urlsplit

from deploy.check.content import PLATFORMS
from deploy.check.context import Context, Finding, full_key
from deploy.check.document import Element, Page
from theme.plugins.addresses import SEARCH

LOADS = {
    **dict.fromkeys(("script", "img", "iframe", "source", "video", "audio", "embed"), "src"),
    **{"object": "data", "use": "href", "form": "action"},
}
"""What an element fetches, or where it sends, by itself."""
LISTED = ("canonical", "alternate")
"""Links of a head that name a page and load nothing."""

CALLS = re.compile(
    r"(?:\burl\(|@import|\b(?:from|import|fetch|WebSocket|EventSource|sendBeacon|Worker|URL)\b)"
    r"\s*\(?\s*[\"'`]?((?:https?:|wss?:)?//[\w.]+)"
)
"""How a script or a style sheet asks somebody else for something."""
KEEPS = re.compile(
    r"document\.cookie|cookieStore|localStorage|sessionStorage|indexedDB|serviceWorker|caches\.open"
)
CHAT_HOSTS = (
    *("wa.me", "api.whatsapp.com", "chat.whatsapp.com", "t.me", "telegram.me", "m.me"),
    *("zoom.us", "meet.google.com", "join.skype.com", "facetime.apple.com"),
)
CHAT_SCHEMES = {"whatsapp", "facetime", "facetime-audio", "skype", "tg", "zoommtg"}
WARNED = re.compile(r"confidentiel|confidential|חסוי|riservat|information médicale")
HOST = re.compile(r"[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)+")
SCHEMES = {"https", "http", "mailto", "tel", "sms"} | CHAT_SCHEMES
BRANDS = re.compile(
    rf"\b(?:{'|'.join(PLATFORMS)}|Google|Facebook|Instagram|WhatsApp|FaceTime|Skype|TikTok)\b"
)
RATED = {"review", "reviews", "aggregateRating", "ratingValue", "reviewRating", "reviewCount"}
RATINGS = {"Review", "AggregateRating", "Rating", "UserReview"}
BOUGHT = ("utm_source", "aff", "affid", "affiliate", "gclid", "fbclid")


def links(page: Page) -> Iterator[tuple[str, Element]]:
    return (
        (one.attributes["href"], one) for one in page.all("a", "area") if "href" in one.attributes
    )


def own(context: Context, url: str) -> bool:
    """Whether an address is one of this site: without a host, or with the site's."""
    return urlsplit(url).netloc in ("", urlsplit(context.practice.legal.site_url).netloc)


def wrong(url: str) -> bool:
    """Whether no browser could follow an address, however good the other side."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return True
    if parts.scheme not in {"", *SCHEMES}:
        return True
    if parts.scheme in ("http", "https") or parts.netloc:
        return not HOST.fullmatch(parts.hostname or "") or bool(re.search(r"\s", url))
    if parts.scheme == "mailto":
        return not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", parts.path)
    if parts.scheme == "tel":
        return not re.fullmatch(r"\+?[\d.()-]+", parts.path)
    return parts.path.startswith("www.")


def bad_addresses(context: Context) -> Iterator[Finding]:
    for page in context.pages:
        for url, at in links(page):
            if wrong(url):
                yield context.written(page, url, at.line)


def broken(context: Context) -> Iterator[Finding]:
    """A link to a page or to a place in one that is not there, in the whole site."""
    ids = {page.address: page.ids for page in context.pages}
    online = context.practice.rules.online_booking
    for page in context.pages:
        for url, at in links(page):
            if wrong(url) or not own(context, url):
                continue
            target = urlsplit(urljoin(page.address, url))
            if target.scheme not in ("", "http", "https"):
                continue
            path, fragment = unquote(target.path) or "/", unquote(target.fragment)
            if online and path.startswith(context.practice.rules.prefix + "/"):
                continue
            if path not in context.addresses or (
                fragment and fragment not in ids.get(path, [fragment])
            ):
                yield context.written(page, url, at.line)


def lonely(context: Context) -> Iterator[Finding]:
    """A written page that readers reach only by the search, or by its own translation."""
    led = {
        to
        for page in context.pages
        if page.key != SEARCH
        for url, at in links(page)
        if "hreflang" not in at.attributes and not wrong(url)
        if (to := urlsplit(urljoin(page.address, url)).path) != page.address
    }
    for text in context.texts:
        for page in context.pages_of(full_key(text)):
            if page.lang == text.lang and page.address not in led:
                yield Finding(text.file, 0, page.address)


def loaded(page: Page) -> Iterator[tuple[str, Element]]:
    """Every address a browser follows without being asked to."""
    for one in page.elements:
        if url := one.attributes.get(LOADS.get(one.tag, "")):
            yield url, one
        for part in one.attributes.get("srcset", "").split(","):
            if part.strip():
                yield part.split()[0], one
        if one.tag == "link" and one.attributes.get("rel") not in LISTED:
            yield one.attributes.get("href", ""), one


def third_parties(context: Context) -> Iterator[Finding]:
    endpoint = f"{context.practice.endpoint}/"
    for page in context.pages:
        for url, at in loaded(page):
            if not own(context, url) and not url.startswith(endpoint):
                yield context.written(page, url, at.line)
    for path, source in context.files.items():
        if path.endswith((".js", ".css")):
            for number, line in enumerate(source.splitlines(), 1):
                if (call := CALLS.search(line)) and not comment(line) and not own(context, call[1]):
                    yield Finding(f"output/{path}", number, call[1])


def comment(line: str) -> bool:
    return line.lstrip().startswith(("//", "/*", "*"))


def keeps(context: Context) -> Iterator[Finding]:
    """What would write on the reader's device; a text that only speaks of it does not."""
    scripts = [
        (f"output/{path}", text) for path, text in context.files.items() if path.endswith(".js")
    ]
    for page in context.pages:
        scripts += [(page.file, text) for text, _ in page.text_of("script")]
    for file, source in scripts:
        for number, line in enumerate(source.splitlines(), 1):
            if found := KEEPS.search(line):
                yield Finding(file, number, found[0])


def iframes(context: Context) -> Iterator[Finding]:
    for page in context.pages:
        for one in page.all("iframe", "frame", "embed", "object"):
            words = one.attributes.get("src") or one.attributes.get("data") or f"<{one.tag}"
            yield context.written(page, words, one.line)


def inline_scripts(context: Context) -> Iterator[Finding]:
    """A script that the page carries itself; JSON-LD is data, and never run."""
    for page in context.pages:
        for one in page.elements:
            data = one.attributes.get("type") == "application/ld+json"
            if one.tag == "script" and "src" not in one.attributes and not data:
                yield context.written(page, "<script", one.line)
            for name, value in one.attributes.items():
                if name.startswith("on") or value.strip().lower().startswith("javascript:"):
                    yield context.written(page, value, one.line)


def chats(context: Context) -> Iterator[Finding]:
    """A link that leads into a messaging app."""
    for page in context.pages:
        for url, at in links(page):
            host = urlsplit(url).netloc.lower().removeprefix("www.")
            mine = host in CHAT_HOSTS or host.endswith(".zoom.us")
            if mine or urlsplit(url).scheme.lower() in CHAT_SCHEMES:
                yield context.written(page, url, at.line)


def unwarned(context: Context) -> Iterator[Finding]:
    """A page that offers to write by e-mail and does not say that others may read it."""
    for page in context.pages:
        for url, at in links(page):
            if url.startswith("mailto:") and not WARNED.search(page.words):
                yield context.written(page, url.removeprefix("mailto:"), at.line)


def pictures(page: Page) -> Iterator[Element]:
    """Every picture but the theme's own."""
    return (
        one for one in page.all("img") if not one.attributes.get("src", "").startswith("/theme/")
    )


def undescribed(context: Context) -> Iterator[Finding]:
    """A picture without `alt`; an empty one says that it is decoration."""
    for page in context.pages:
        for one in pictures(page):
            if "alt" not in one.attributes:
                yield context.written(page, one.attributes.get("src", "img"), one.line)


def uncredited(context: Context) -> Iterator[Finding]:
    """A picture of which neither its caption nor its title says who made it."""
    for page in context.pages:
        captioned = {caption.within("figure") for caption in page.all("figcaption")}
        for one in pictures(page):
            figure = one.within("figure")
            if not one.attributes.get("title") and (figure is None or figure not in captioned):
                yield context.written(page, one.attributes.get("src", "img"), one.line)


def brands(context: Context) -> Iterator[Finding]:
    """Somebody else's brand in what a search engine shows of a page."""
    for page in context.pages:
        told = [(text, at.line) for text, at in page.text_of("title")]
        told += [
            (one.attributes.get("content", ""), one.line)
            for one in page.all("meta")
            if one.attributes.get("name") in ("description", "keywords")
        ]
        for text, line in told:
            for found in BRANDS.finditer(text):
                yield context.written(page, found[0], line)


def bought(context: Context) -> Iterator[Finding]:
    """A link that somebody pays for, or by which somebody counts who came."""
    for page in context.pages:
        for url, at in links(page):
            paid = "sponsored" in at.attributes.get("rel", "").split()
            if paid or (not wrong(url) and set(parse_qs(urlsplit(url).query)) & set(BOUGHT)):
                yield context.written(page, url, at.line)


def rated(context: Context) -> Iterator[Finding]:
    """Reviews and ratings in the data that machines read."""
    for page in context.pages:
        for text, at in page.text_of("script"):
            if at.attributes.get("type") == "application/ld+json":
                for word in sorted(set(terms(read_json(text))) & (RATED | RATINGS)):
                    yield Finding(page.file, at.line, word)
        for one in page.elements:
            said = {
                one.attributes.get("itemprop"),
                one.attributes.get("itemtype", "").split("/")[-1],
            }
            for word in sorted(filter(None, said & (RATED | RATINGS))):
                yield context.written(page, word, one.line)


def terms(data: object) -> Iterator[str]:
    """Every key, and every type, of a JSON-LD text."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield key
            if key == "@type":
                yield from [value] if isinstance(value, str) else value
            yield from terms(value)
    elif isinstance(data, list):
        for value in data:
            yield from terms(value)


def read_json(text: str) -> object:
    """What a JSON text says; nothing when it cannot be read."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def unread_data(context: Context) -> Iterator[Finding]:
    for page in context.pages:
        for text, at in page.text_of("script"):
            if at.attributes.get("type") == "application/ld+json" and read_json(text) is None:
                yield Finding(page.file, at.line, "JSON-LD")


def tongues(context: Context) -> Iterator[Finding]:
    """A page that does not say which language it is in, or which way that is written."""
    for page in context.pages:
        said = next(page.all("html")).attributes if page.elements else {}
        if page.lang:
            wanted = {"lang": page.lang, "dir": context.languages[page.lang].direction}
            if wanted.items() - said.items():
                yield Finding(page.file, 1, f"{said.get('lang', '–')}, {said.get('dir', '–')}")


def invalid(context: Context) -> Iterator[Finding]:
    return iter(context.invalid)
