"""What the desk prints beside the paper of a key: day, week, whom to call, numbers.

Each is a page of HTML in memory, with a style sheet of its own; `printing` offers it, or the desk.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from booking_endpoint.markup import say, templates
from booking_endpoint.practice import Practice
from booking_endpoint.words import Language
from desk.agenda import Day, Entry
from desk.counts import Chart
from desk.reminding import Call

HERE = Path(__file__).parent
STYLE = "sheet.css"
DENSE, TIGHT = 20, 34
"""More lines than these on one sheet are set closer, and closer still."""


@dataclass(frozen=True, slots=True)
class Sheets:
    """The sheets of one practice, in the doctor's language."""

    practice: Practice
    language: Language
    now: datetime
    """In the practice's own time."""
    back: str = ""
    """The address of the open desk that shows them; none at a terminal."""

    def day(self, day: Day, base: str) -> str:
        """Everybody who comes on a day, in order, with the phone and room to write."""
        entries = standing(day)
        return self._page("sheet_day.html", base, density(len(entries)), day=day, entries=entries)

    def week(self, days: Sequence[Day], base: str) -> str:
        """A week side by side, on one sheet turned on its side."""
        columns = [(day, standing(day)) for day in days]
        most = max((len(entries) for _day, entries in columns), default=0)
        return self._page("sheet_week.html", base, density(most), columns=columns)

    def calls(self, calls: Sequence[Call], base: str) -> str:
        """Whom to call, since no e-mail reaches them."""
        return self._page("sheet_calls.html", base, density(len(calls)), calls=calls)

    def numbers(self, charts: Sequence[Chart], base: str) -> str:
        """How many there were of each kind, as pictures."""
        return self._page("sheet_numbers.html", base, "easy", charts=charts)

    def _page(self, template: str, base: str, dense: str, **told: Any) -> str:
        return (
            templates(HERE / "templates")
            .get_template(template)
            .render(
                _=lambda message, **values: say(self.language, message, **values),
                language=self.language,
                practice=self.practice,
                base=base,
                back=self.back,
                dense=dense,
                now=self.now,
                **told,
            )
        )


def standing(day: Day) -> list[Entry]:
    """Who comes; who cancelled is not on paper."""
    return [entry for entry in day.entries if not entry.cancelled]


def density(lines: int) -> str:
    """How close the lines of a sheet are set, so that it stays one page."""
    return "easy" if lines <= DENSE else "dense" if lines <= TIGHT else "tight"
