"""Where every page lives: keys, templates, names in each language. Knows no content, no Pelican."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

HOME, BOOKING, MANAGE, ARTICLES = "accueil", "rendez-vous", "gerer", "articles"
TOPICS = "themes"
FEES, ACCESS, LEGAL, PRIVACY = "tarifs", "acces", "mentions", "confidentialite"
SEARCH = "recherche"

USUAL = ("cabinet", "examens", "teleconsultation", "questions", "urgences", "accessibilite")
"""The pages that the theme leads to by itself when a doctor has written them."""

TEMPLATES = {HOME: "home", FEES: "fees", ACCESS: "access"}
"""The written pages that show facts, too; any other is a `page`."""

GENERATED = {
    HOME: "home",
    BOOKING: "booking",
    MANAGE: "manage",
    FEES: "fees",
    ACCESS: "access",
    LEGAL: "legal",
    PRIVACY: "privacy",
    SEARCH: "search",
}
"""The pages the facts alone can make: they exist in every language, written or not."""

ABOUT_BOOKING = (BOOKING, MANAGE)
"""Those that a site without online booking has not."""

OURS = {*GENERATED, ARTICLES, TOPICS} - {*TEMPLATES}
"""The keys that no written page can have."""

FOLDERS = ("images", "rdv", "search", "shell", "theme")
"""Where other things than pages live."""

NAMES: Mapping[str, Mapping[str, str]] = {
    HOME: {"fr": "", "en": "", "he": "", "it": ""},
    BOOKING: {
        "fr": "rendez-vous",
        "en": "appointment",
        "he": "appointment",
        "it": "appuntamento",
    },
    MANAGE: {"fr": "gerer", "en": "manage", "he": "manage", "it": "gestire"},
    ARTICLES: {"fr": "articles", "en": "articles", "he": "articles", "it": "articoli"},
    TOPICS: {"fr": "themes", "en": "topics", "he": "topics", "it": "temi"},
    FEES: {"fr": "tarifs", "en": "fees", "he": "fees", "it": "tariffe"},
    ACCESS: {"fr": "acces", "en": "access", "he": "access", "it": "accesso"},
    LEGAL: {"fr": "mentions-legales", "en": "legal", "he": "legal", "it": "note-legali"},
    SEARCH: {"fr": "recherche", "en": "search", "he": "search", "it": "ricerca"},
    PRIVACY: {"fr": "confidentialite", "en": "privacy", "he": "privacy", "it": "privacy"},
}


@dataclass(frozen=True, slots=True)
class Addresses:
    """The address of every page in every language it exists in, from the root of the site."""

    languages: tuple[str, ...]
    pages: Mapping[str, Mapping[str, str]]
    """key -> language -> address. A key may begin with `articles/` or, of a topic, `themes/`."""

    def of(self, key: str) -> dict[str, str]:
        """This page in each language that has it, in the order of the practice."""
        known = self.pages.get(key, {})
        return {code: known[code] for code in self.languages if code in known}

    def links(self, code: str) -> dict[str, str]:
        """Every page of one language, by key."""
        return {key: known[code] for key, known in self.pages.items() if code in known}


def address(code: str, default: str, *parts: str) -> str:
    """`/cabinet/` in the default language, `/en/practice/` in another; home is `/` or `/en/`."""
    path = [*([] if code == default else [code]), *(part for part in parts if part)]
    return "".join(f"/{part}" for part in path) + "/"


def generated_address(key: str, code: str, default: str) -> str:
    return address(code, default, NAMES[key].get(code, key))


def generated(*, online: bool) -> dict[str, str]:
    """Key and template of the generated pages that this site has."""
    return {key: name for key, name in GENERATED.items() if online or key not in ABOUT_BOOKING}


def generated_at(keys: Iterable[str], languages: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """Key and language of these generated pages, in every language, by their address."""
    default = languages[0]
    return {
        generated_address(key, code, default): (key, code) for key in keys for code in languages
    }


def written_address(key: str, code: str, slug: str, default: str) -> str:
    """Where a page of this key and slug lives; the home page has no slug of its own."""
    return address(code, default, "" if key == HOME else slug)


def article_address(code: str, slug: str, default: str) -> str:
    return address(code, default, NAMES[ARTICLES].get(code, ARTICLES), slug)


def topic_address(code: str, slug: str, default: str) -> str:
    """Where a topic lives: one step below the articles, where no article can be in its way."""
    names = [NAMES[kind].get(code, kind) for kind in (ARTICLES, TOPICS)]
    return address(code, default, *names, slug)


def feed_at(articles: str) -> str:
    """The Atom feed of a language, beside its list of articles."""
    return f"{articles}feed.xml"


def file_at(place: str) -> str:
    """The file that answers at an address."""
    return f"{place.lstrip('/')}index.html"
