"""The interface in every language: gettext words, and Babel's dates, times and amounts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path

from babel import Locale
from babel.dates import format_date
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal

SOURCE = "en"
"""The language the words are written in, in templates and code; it needs no catalogue."""

OWN_WORDS = Path(__file__).parent / "translations"

FIRST_STRONG, POP = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"


@cache
def direction(code: str) -> str:
    return "rtl" if Locale(code).character_order == "right-to-left" else "ltr"


@lru_cache(1000)
def dated(day: date, pattern: str, code: str) -> str:
    """A date as Babel writes it; the same dates stand on many pages."""
    return str(format_date(day, pattern, code))


@dataclass(frozen=True, slots=True)
class Language:
    """One language: its words, its direction, its way to write a date, a time, an amount."""

    code: str
    catalogue: Mapping[str, str]

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`, as the `dir` attribute of HTML wants it."""
        return direction(self.code)

    @property
    def own_name(self) -> str:
        return (Locale(self.code).get_display_name() or self.code).capitalize()

    def country(self, code: str) -> str:
        """The name of a country, from its code (ISO 3166-1)."""
        return str(Locale(self.code).territories.get(code, code))

    def say(self, message: str, /, **values: object) -> str:
        """The message in this language; a message without translation stays in English.

        `{name}` in the message is filled from the values, each isolated so that a
        number or a Latin name keeps its order inside right-to-left text (UAX 9).
        """
        said = self.catalogue.get(message) or message
        isolate = (FIRST_STRONG, POP) if self.direction == "rtl" else ("", "")
        filled = {name: f"{isolate[0]}{value}{isolate[1]}" for name, value in values.items()}
        return said.format(**filled) if values else said

    def day(self, day: date) -> str:
        """Weekday, day, month and year in full: lundi 23 novembre 2026."""
        written = dated(day, "full" if self.code != "en" else "EEEE d MMMM y", self.code)
        return self._first_of_month(written, day)

    def short_day(self, day: date) -> str:
        """Day, month and year, for a date that was verified: 23 novembre 2026."""
        written = dated(day, "d MMMM y" if self.code == "en" else "long", self.code)
        return self._first_of_month(written, day)

    def _first_of_month(self, written: str, day: date) -> str:
        """French writes 1er for the first of a month, which CLDR does not."""
        first = self.code == "fr" and day.day == 1
        return re.sub(r"\b1 ", "1er ", written, count=1) if first else written

    def weekday(self, day: date) -> str:
        return dated(day, "EEEE", self.code)

    def short_weekday(self, day: date) -> str:
        """As the head of a column, where there is room for two letters."""
        return format_date(day, "EEEEEE", self.code)

    def month(self, day: date) -> str:
        """Month and year, as a sheet of a calendar is headed: novembre 2026."""
        return format_date(day, "LLLL y", self.code)

    def number(self, count: int) -> str:
        """A count with the signs that group its digits: 1 200."""
        return format_decimal(count, locale=self.code)

    def months(self) -> list[tuple[str, int]]:
        """The names of the months, full and short, casefolded and without a full stop."""
        names = [
            (name, number)
            for width in ("wide", "abbreviated")
            for number, name in Locale(self.code).months["format"][width].items()
        ]
        return [(name.casefold().rstrip("."), number) for name, number in names]

    @staticmethod
    def time(moment: datetime) -> str:
        """Wall time on 24 hours, as on the door: 09:20, the same in every language."""
        return f"{moment:%H:%M}"

    def euros(self, amount: Decimal) -> str:
        """The amount, its sign on the side the language puts it; no cents when there are none."""
        pattern = Locale(self.code).currency_formats["standard"].pattern
        if not amount % 1:
            pattern = pattern.replace(".00", "")
        return format_currency(amount, "EUR", pattern, self.code, currency_digits=False)


def read_language(code: str, *folders: Path) -> Language:
    """One language with the words of every folder; later folders win.

    A missing catalogue is an empty one: the tests see to it that none is missing.
    """
    catalogue: dict[str, str] = {}
    for folder in folders:
        path = folder / f"{code}.po"
        if path.exists():
            with path.open("rb") as stream:
                for message in read_po(stream, locale=code):
                    if message.id and isinstance(message.string, str):
                        catalogue[str(message.id)] = message.string
    return Language(code, catalogue)
