"""Opened bookings -> how many there are of each kind, and a picture of it. Pure; knows no persons.

Every number is told to the nearest five, and what is under five only as that: no sum and no
difference of what is shown leads back to one person. Nobody keeps when a booking was made (see
docs/DESIGN.md, section 7), so how long ahead patients book cannot be counted.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from booking_endpoint.booking import mark
from booking_endpoint.practice import Practice
from booking_endpoint.words import Language
from desk.opening import Opened

_ = mark

STEP = 5
MONDAY = date(2024, 1, 1)
"""A day to name the days of the week by."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One kind of booking, and how many there are as it may be told."""

    label: str
    count: int
    """A multiple of five; nought where there are fewer than five."""
    few: bool
    """Whether there are some, and fewer than five."""


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars of one question, in an order that tells nothing."""

    title: str
    bars: list[Bar]

    @property
    def longest(self) -> int:
        return max([STEP, *(bar.count for bar in self.bars)])


def charts_of(bookings: Sequence[Opened], practice: Practice, language: Language) -> list[Chart]:
    """By visit, weekday, hour and state. All but the last leave cancelled visits out."""
    standing = [one for one in bookings if one.state != "cancelled"]
    starts = [one.start.astimezone(practice.zone) for one in standing]
    visits = Counter(one.identity.get("visit", "") for one in standing)
    known = {visit.id: visit.label[language.code] for visit in practice.visits}
    visited = [(label, visits[name]) for name, label in known.items()]
    strange = sum(count for name, count in visits.items() if name not in known)
    days = Counter(start.weekday() for start in starts)
    hours = Counter(start.hour for start in starts)
    states = Counter(one.state for one in bookings)
    say = language.say
    names = {
        "confirmed": _("confirmed"),
        "requested": _("waiting for your yes"),
        "cancelled": _("cancelled"),
    }
    return [
        chart(say(_("By visit")), [*visited, *([(say(_("other")), strange)] if strange else [])]),
        chart(
            say(_("By day of the week")),
            [(language.weekday(MONDAY + timedelta(day)), days[day]) for day in range(7)],
        ),
        chart(
            say(_("By hour")),
            [(f"{hour}:00", hours[hour]) for hour in span(hours)],
        ),
        chart(say(_("By state")), [(say(name), states[state]) for state, name in names.items()]),
    ]


def chart(title: str, counts: Iterable[tuple[str, int]]) -> Chart:
    return Chart(title, [bar(label, count) for label, count in counts])


def bar(label: str, count: int) -> Bar:
    """A count as it may be told: to the nearest five, or that it is under five."""
    return Bar(label, (count + STEP // 2) // STEP * STEP if count >= STEP else 0, 0 < count < STEP)


def span(hours: Iterable[int]) -> range:
    """From the first hour of which there is one to the last."""
    there = sorted(hours)
    return range(there[0], there[-1] + 1) if there else range(0)
