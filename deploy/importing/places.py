"""Where each page of the old site goes: language, file, address. Writes nothing."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from urllib.parse import parse_qs

from booking_endpoint.booking import mark
from deploy.importing.old import Loss, OldPage, OldSite, same
from deploy.new import word
from theme.plugins.addresses import (
    ARTICLES,
    BOOKING,
    GENERATED,
    HOME,
    LEGAL,
    MANAGE,
    NAMES,
    OURS,
    PRIVACY,
    SEARCH,
    TEMPLATES,
    USUAL,
    article_address,
    generated_address,
    written_address,
)
from theme.plugins.heads import ARTICLE, PAGE

_ = mark

CALLED: Mapping[str, str] = {
    HOME: "home homepage bienvenue welcome benvenuti",
    "cabinet": "le-cabinet a-propos about about-us the-practice practice studio lo-studio"
    " chi-siamo presentation qui-suis-je votre-medecin mon-parcours",
    "examens": "les-examens examinations exams esami",
    "teleconsultation": "video-consultation televisita",
    "questions": "faq questions-frequentes foire-aux-questions domande-frequenti",
    "urgences": "urgence emergencies emergency urgenze",
    "accessibilite": "accessibility accessibilita",
    "tarifs": "honoraires tarif tarifs-et-remboursements prices onorari tariffe",
    "acces": "contact contacts contatti nous-trouver plan-d-acces venir directions access"
    " acces-et-contact contactez-nous dove-siamo",
    BOOKING: "prendre-rendez-vous rdv prise-de-rendez-vous booking book-an-appointment prenota",
    LEGAL: "mention-legale legal-notice imprint impressum",
    PRIVACY: "politique-de-confidentialite privacy-policy politique-de-cookies cookies rgpd"
    " donnees-personnelles vie-privee informativa-privacy cookie-policy",
    ARTICLES: "blog actualites actualite news notizie nouvelles",
    SEARCH: "",
    MANAGE: "",
}
"""What the pages that the theme knows are often called elsewhere, beside their names here."""

KEYS = {
    name: key
    for key in (*TEMPLATES, *USUAL, *GENERATED, ARTICLES)
    for name in (key, *CALLED.get(key, "").split(), *filter(None, NAMES.get(key, {}).values()))
}


Spoken = tuple[OldPage, str, tuple[Loss, ...]]
"""A page with its language, and what there is to say of that."""


@dataclass(frozen=True, slots=True)
class There:
    """What the content folder holds already."""

    keys: frozenset[tuple[str, str]]
    """Folder and key of every text."""
    files: frozenset[str]
    """`pages/cabinet.fr.md`"""
    addresses: Mapping[str, str]
    """Each address of the site, and whose it is: `cabinet.fr`."""
    moved: Mapping[str, str]
    """The old addresses that came here before, and what they became."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one page goes."""

    page: OldPage
    lang: str
    name: str
    """Key and language, as a line of redirects has them: `articles/hpv.fr`."""
    file: str
    """`articles/hpv.fr.md`; empty where the site makes the page itself."""
    slug: str
    to: str
    again: bool
    """Whether it came here before: then nothing is written."""
    losses: tuple[Loss, ...]


class Places:
    """Gives each page a place; each place is given once."""

    def __init__(self, there: There, languages: tuple[str, ...]) -> None:
        self._languages, self._default = languages, languages[0]
        self._keys, self._taken = set(there.keys), dict(there.addresses)
        self._files, self._moved = set(there.files), there.moved

    def of(self, site: OldSite, told: str) -> tuple[list[Place], list[Loss]]:
        """A place for every page in a language of the practice; what has none, and why.

        `told` is the language of pages that name none.
        """
        homeless, losses = [], []
        spoken: list[Spoken] = []
        for page in site.pages:
            lang, lost = self._language(page, told or short(site.lang) or self._default)
            if lang in self._languages:
                spoken.append((page, lang, lost))
                continue
            message = _("{what}: no language of the practice; not carried over")
            homeless.append(Loss(page.file, page.line, message, f"{page.title} ({lang})"))
        if not told and not site.lang and any(not page.lang for page in site.pages):
            message = _("pages that name no language were taken as {what}; --lang says another")
            losses.append(Loss("", 0, message, self._default))
        places = [place for group in grouped(spoken) for place in self._group(group)]
        order = {id(page): number for number, page in enumerate(site.pages)}
        return sorted(places, key=lambda place: order[id(place.page)]), [*losses, *homeless]

    def _language(self, page: OldPage, otherwise: str) -> tuple[str, tuple[Loss, ...]]:
        if page.lang:
            return short(page.lang), ()
        path, _mark, query = (page.addresses or ("",))[0].partition("?")
        read = [path.strip("/").split("/")[0], *parse_qs(query).get("lang", [])]
        for lang in read:
            if lang in self._languages:
                message = _("its language was read from its address: {what}")
                return lang, (Loss(page.file, page.line, message, lang),)
        return otherwise, ()

    def _group(self, group: Sequence[Spoken]) -> Iterator[Place]:
        """A page and its translations have one key: that of the practice's first language."""
        ordered = sorted(group, key=lambda one: self._languages.index(one[1]))
        before = [self._before(page) for page, _lang, _lost in group]
        kind, key = self._shared(next(filter(None, before), ""), ordered)
        files = [f"{kind}/{key}.{lang}.md" for (_page, lang, _lost) in group]
        if any(file in self._files for file, name in zip(files, before, strict=True) if not name):
            key = self._fresh(kind, ordered, "")
        for (page, lang, lost), name in zip(group, before, strict=True):
            if name:
                yield self._again(page, name)
            elif kind:
                yield self._new(page, lang, kind, key, lost)
            else:
                to = generated_address(key, lang, self._default)
                yield Place(page, lang, f"{key}.{lang}", "", "", to, False, lost)

    def _before(self, page: OldPage) -> str:
        return next((self._moved[old] for old in page.addresses if old in self._moved), "")

    def _again(self, page: OldPage, name: str) -> Place:
        key, _point, lang = name.rpartition(".")
        file = f"{name}.md" if name.startswith(f"{ARTICLE}/") else f"{PAGE}/{name}.md"
        own = [place for place, whose in self._taken.items() if whose == name]
        made = generated_address(key, lang, self._default) if key in NAMES else ""
        to = own[0] if own else made  # neither, where it was deleted since
        return Place(page, lang, name, file if file in self._files else "", "", to, True, ())

    def _shared(self, before: str, group: Sequence[Spoken]) -> tuple[str, str]:
        """Folder and key for a group; no folder for a page that the site makes itself."""
        if before:
            folder, _slash, key = before.rpartition(".")[0].rpartition("/")
            return folder or ("" if key in OURS else PAGE), key
        if any(page.dated for page, _lang, _lost in group):
            return ARTICLE, self._fresh(ARTICLE, group, "")
        keys = (known(page, lang) for page, lang, _lost in group)
        usual = next(filter(None, keys), "")
        return ("", usual) if usual in OURS else (PAGE, self._fresh(PAGE, group, usual))

    def _fresh(self, kind: str, group: Sequence[Spoken], usual: str) -> str:
        """A key that no text of this kind has: the usual one, or made from slug or title."""
        words = [word(name) for page, _lang, _lost in group for name in naming(page)]
        bases = [*filter(None, [usual, *words]), f"page-{word(group[0][0].number) or 1}"]
        keys = (f"{base}-{number}" if number > 1 else base for number in count(1) for base in bases)
        taken = OURS if kind == PAGE else ()
        key = next(key for key in keys if (kind, key) not in self._keys and key not in taken)
        self._keys.add((kind, key))
        return key

    def _new(self, page: OldPage, lang: str, kind: str, key: str, lost: tuple[Loss, ...]) -> Place:
        name = f"{key}.{lang}" if kind == PAGE else f"{ARTICLE}/{key}.{lang}"
        for number in range(1, len(self._taken) + 3):
            slug = (
                [word(page.slug) or key, key][number - 1] if number < 3 else f"{key}-{number - 1}"
            )
            if kind == PAGE:
                to = written_address(key, lang, slug, self._default)
            else:
                to = article_address(lang, slug, self._default)
            if self._taken.setdefault(to, name) == name:
                break
        self._files.add(f"{kind}/{key}.{lang}.md")
        return Place(page, lang, name, f"{kind}/{key}.{lang}.md", slug, to, False, lost)


def grouped(
    pages: Sequence[Spoken],
) -> list[list[Spoken]]:
    """Pages with their translations; of two in one language, the second stands alone."""
    groups: dict[str, list[Spoken]] = {}
    for one in pages:
        page, lang, _lost = one
        group = groups.setdefault(page.group or f"alone {page.number}", [])
        if any(other == lang for _page, other, _more in group):
            group = groups.setdefault(f"alone {page.number}", [])
        group.append(one)
    return list(groups.values())


def known(page: OldPage, lang: str) -> str:
    """The key of a page that the theme knows, by what it is called; empty for any other."""
    place = same(page.addresses[0]) if page.addresses else ""
    if place in ("/", f"/{lang}"):
        return HOME
    return next((KEYS[name] for name in map(word, naming(page)) if name in KEYS), "")


def naming(page: OldPage) -> tuple[str, str]:
    return page.slug, page.title


def short(lang: str) -> str:
    """`fr` of `fr-FR`; Hebrew was once written `iw`."""
    code = re.split("[-_]", lang.strip().lower())[0]
    return "he" if code == "iw" else code
