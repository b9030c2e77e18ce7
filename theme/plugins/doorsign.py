"""What the door sign and the fees page show, drawn from the facts. Knows no language, no HTML."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from booking_endpoint.practice import TELECONSULTATION, Hours, Practice, Price, Wall, Weekday


@dataclass(frozen=True, slots=True)
class Stretch:
    """Opening time on the door, and where: a place's id, or `teleconsultation`."""

    opens: str
    closes: str
    place: str

    @property
    def remote(self) -> bool:
        return self.place == TELECONSULTATION


@dataclass(frozen=True, slots=True)
class Days:
    """One day of the week, or several in a row with the same hours; closed without stretches."""

    first: date
    last: date
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Vouched:
    """Prices that were checked on one day in one place."""

    valid_from: date
    verified_on: date
    source: str
    visits: tuple[str, ...]


def week(practice: Practice) -> list[Days]:
    """The week as it is written on the door: days in a row with the same hours share a line."""
    stretches = [stretches_on(practice, day) for day in Weekday]
    return [
        Days(some_day(days[0]), some_day(days[-1]), shared)
        for shared, group in groupby(Weekday, key=lambda day: stretches[day])
        for days in [list(group)]
    ]


def stretches_on(practice: Practice, weekday: Weekday) -> tuple[Stretch, ...]:
    found = sorted(
        (hours for hours in practice.hours if hours.weekday == weekday),
        key=lambda hours: hours.opens,
    )
    return tuple(Stretch(clock(hours.opens), clock(hours.closes), hours.place) for hours in found)


def some_day(weekday: Weekday) -> date:
    """A date that falls on this weekday; 1 January 2024 was a Monday."""
    return date(2024, 1, 1 + weekday)


def clock(wall: Wall) -> str:
    return f"{wall // 60:02}:{wall % 60:02}"


def vouched(practice: Practice) -> list[Vouched]:
    """Who vouches for the prices: one entry for each date and source."""
    entries: dict[tuple[date, date, str], list[str]] = {}
    for visit in practice.visits:
        price = visit.price
        key = (price.valid_from, price.verified_on, price.source)
        entries.setdefault(key, []).append(visit.id)
    return [Vouched(*key, tuple(visits)) for key, visits in entries.items()]


def prices(practice: Practice) -> Iterator[Price]:
    return (visit.price for visit in practice.visits)


def on_site(practice: Practice) -> Iterator[Hours]:
    """The hours in which the door is open."""
    return (hours for hours in practice.hours if hours.place != TELECONSULTATION)
