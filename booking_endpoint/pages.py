"""The endpoint's HTML answers: fragments of its own, set into a page that Pelican built.

Knows no request and no store. Nothing a patient typed is rendered but the form they typed it in.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from booking_endpoint.booking import mark as _
from booking_endpoint.instants import Slot, day_of, rfc3339
from booking_endpoint.markup import isolated, say, sentence, templates, together
from booking_endpoint.practice import Practice, Visit
from booking_endpoint.words import OWN_WORDS, read_language

FRAGMENTS = Path(__file__).parent / "fragments"
LINKS = re.compile(r"<!--links (\{.*?\})-->")
Day = tuple[str, list[tuple[str, str]]]


class Pages:
    """Renders the endpoint's pages for one practice."""

    def __init__(self, practice: Practice, prefix: str, shells: Mapping[str, str]) -> None:
        self.practice, self._prefix = practice, prefix
        self._shells = {code: LINKS.sub("", shell) for code, shell in shells.items()}
        self._links = {code: read_links(shell) for code, shell in shells.items()}
        self._languages = {code: read_language(code, OWN_WORDS) for code in practice.languages}
        self._templates = templates(FRAGMENTS)

    def say(self, code: str, message: str, **values: object) -> Markup:
        """The message in this language; what fills it is escaped, unless it is HTML already."""
        return say(self._languages[code], message, **values)

    def months(self) -> dict[str, int]:
        """Every name of a month a patient may type, in any language of the practice."""
        return {name: n for language in self._languages.values() for name, n in language.months()}

    def page(self, lang: str, fragment: str, title: str, *, discreet: bool, **told: Any) -> str:
        """A whole page: the fragment, filled, inside the language's shell.

        A discreet one begins with the way out.
        """
        fragments = ["exit.html", fragment] if discreet else [fragment]
        main = "".join(
            self._templates.get_template(name).render(
                _=lambda message, **values: self.say(lang, message, **values),
                language=self._languages[lang],
                practice=self.practice,
                prefix=self._prefix,
                links=self._links[lang],
                discreet=discreet,
                **told,
            )
            for name in fragments
        )
        shell = self._shells[lang].replace("<!--title-->", str(escape(title)))
        return shell.replace("<!--main-->", main)

    def label(self, code: str, visit: Visit) -> str:
        """What a visit is called once it was chosen: a discreet one has no name any more."""
        return self.say(code, _("Your appointment")) if visit.discreet else visit.label[code]

    def chosen(self, code: str, visit: Visit, start: int) -> str:
        """The visit and its time in one line: what the patient is about to book."""
        language = self._languages[code]
        moment = datetime.fromtimestamp(start, self.practice.zone)
        return f"{self.label(code, visit)} – {language.day(moment.date())}, {language.time(moment)}"

    def groups(self, code: str, slots: Iterable[Slot]) -> list[Day]:
        """Slots as the days and times a person reads, for radios."""
        zone, language = self.practice.zone, self._languages[code]
        days: dict[str, list[tuple[str, str]]] = {}
        for slot in slots:
            name = sentence(language.day(day_of(slot.start, zone)))
            time = language.time(datetime.fromtimestamp(slot.start, zone))
            days.setdefault(name, []).append((rfc3339(slot.start), time))
        return list(days.items())

    def booked(self, code: str, slot: Slot, visit: Visit | None) -> dict[str, Any]:
        """What a card says of a booking; without a visit, which the store does not know, less."""
        zone, language = self.practice.zone, self._languages[code]
        start, end = (datetime.fromtimestamp(at, zone) for at in (slot.start, slot.end))
        place = self.practice.place(visit.place) if visit else None
        remote = sentence(language.say(_("by video"))) if visit and visit.remote else ""
        return {
            "date": sentence(language.day(start.date())),
            "time": f"{language.time(start)} – {language.time(end)}",
            "label": visit.label[code] if visit and not visit.discreet else "",
            "place": place.address if place else remote,
        }

    def link(self, code: str, key: str) -> str:
        """The address of one of the site's pages, as its shell says it."""
        return self._links[code].get(key, "/")

    def phone(self, code: str) -> Markup:
        """The practice's number as a link that keeps its order in every script."""
        place = self.practice.places[0]
        number = isolated(together(place.phone))
        return Markup('<a href="tel:{}">{}</a>').format(place.dial, number)


def read_links(shell: str) -> dict[str, str]:
    """The addresses of the site's pages, by key, as a shell tells them."""
    links = LINKS.search(shell)
    return dict(json.loads(links[1])) if links else {}
