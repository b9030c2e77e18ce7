"""What the door sign and the fees page show, drawn from the facts. Knows no language, no HTML."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import TypeVar

from booking_endpoint.practice import Practice, Price
from booking_endpoint.timetable import (
    DAY_END,
    MIDNIGHT,
    TELECONSULTATION,
    Closure,
    Hours,
    Opening,
    Wall,
    Weekday,
)

AnyStretch = TypeVar("AnyStretch", bound=Hours | Opening)


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
class Weekly(Stretch):
    """A stretch of every week, or of some: which, and from when until when."""

    weeks: str
    """`every`, `odd` or `even`."""
    second: date | None
    """The Monday of a week that counts, where only every second one does."""
    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class Extra(Stretch):
    """A stretch on one date, beside those of the week."""

    day: date


@dataclass(frozen=True, slots=True)
class Shut:
    """Days on which the practice is closed; or a part of each, with the times that bound it."""

    first: date
    last: date
    begins: str
    """Empty where the part begins with the day."""
    ends: str
    """Empty where it ends with the day."""

    @property
    def whole(self) -> bool:
        return not (self.begins or self.ends)


@dataclass(frozen=True, slots=True)
class Days:
    """One day of the week, or several in a row with the same hours; closed without stretches."""

    first: date
    last: date
    stretches: tuple[Weekly, ...]


@dataclass(frozen=True, slots=True)
class Vouched:
    """Prices that were checked on one day in one place."""

    valid_from: date
    verified_on: date
    source: str
    visits: tuple[str, ...]


def week(practice: Practice) -> list[Days]:
    """The week as it is written on the door: days in a row share a line when all is the same.

    Knows no today: hours with dates stay on the door, with their dates, while they are facts.
    """
    stretches = [stretches_on(practice, day) for day in Weekday]
    return [
        Days(some_day(days[0]), some_day(days[-1]), shared)
        for shared, group in groupby(Weekday, key=lambda day: stretches[day])
        for days in [list(group)]
    ]


def stretches_on(practice: Practice, weekday: Weekday) -> tuple[Weekly, ...]:
    found = (hours for hours in practice.hours if hours.weekday == weekday)
    return tuple(weekly(hours) for hours in sorted(found, key=lambda one: (one.opens, one.first)))


def weekly(hours: Hours) -> Weekly:
    since = hours.every_second_from
    return Weekly(
        clock(hours.opens),
        clock(hours.closes),
        hours.place,
        hours.weeks.value,
        since - timedelta(days=since.weekday()) if since else None,
        hours.first if hours.first > date.min else None,
        hours.last if hours.last < date.max else None,
    )


def openings(practice: Practice) -> list[Extra]:
    """The extra openings, in the order of the calendar."""
    return [
        Extra(clock(one.opens), clock(one.closes), one.place, one.day)
        for one in sorted(practice.openings, key=lambda one: (one.day, one.opens))
    ]


def closures(practice: Practice) -> list[Shut]:
    """The closures, in the order of the calendar."""
    found = sorted(practice.closures, key=lambda one: (one.first, one.begins))
    return [shut(closure) for closure in found]


def shut(closure: Closure) -> Shut:
    begins = clock(closure.begins) if closure.begins > MIDNIGHT else ""
    ends = clock(closure.ends) if closure.ends < DAY_END else ""
    return Shut(closure.first, closure.last, begins, ends)


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


def on_site(stretches: Iterable[AnyStretch]) -> Iterator[AnyStretch]:
    """Those in which the door is open."""
    return (one for one in stretches if one.place != TELECONSULTATION)
