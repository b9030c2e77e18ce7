"""When the practice receives, and what may be booked: the rules as values. Knows no clock."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum, IntEnum
from typing import NewType

Wall = NewType("Wall", int)
"""A time on the door, in minutes after midnight; 24:00 is 1440."""

MIDNIGHT, DAY_END = Wall(0), Wall(24 * 60)

TELECONSULTATION = "teleconsultation"
CELL_MINUTES = 5


class Weekday(IntEnum):
    """As `date.weekday` counts."""

    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6


class Weeks(Enum):
    """Every week, or those whose number on the calendar (ISO 8601) is odd or even.

    After a week 53 comes a week 1: two odd weeks in a row, as every French calendar has it.
    """

    EVERY = "every"
    ODD = "odd"
    EVEN = "even"

    def __contains__(self, day: date) -> bool:
        return self is Weeks.EVERY or (self is Weeks.ODD) == bool(day.isocalendar().week % 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Opening time at one place, for some visits or, when `visits` is empty, for all of them."""

    place: str
    opens: Wall
    closes: Wall
    visits: frozenset[str] = frozenset()

    def receives(self, visit: str, place: str) -> bool:
        return place == self.place and (not self.visits or visit in self.visits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours(Stretch):
    """A stretch that comes back every week, or every second one, for a while or for good."""

    weekday: Weekday
    weeks: Weeks = Weeks.EVERY
    every_second_from: date | None = None
    """One week in two, the week of this date being the first, whatever the weeks' numbers.

    Nothing holds before that week.
    """
    first: date = date.min
    last: date = date.max

    def holds_on(self, day: date) -> bool:
        return (
            day.weekday() == self.weekday
            and self.first <= day <= self.last
            and day in self.weeks
            and (self.every_second_from is None or is_second(self.every_second_from, day))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening(Stretch):
    """A stretch on one date, beside the weekly hours; it holds on a public holiday too."""

    day: date

    def holds_on(self, day: date) -> bool:
        return day == self.day


@dataclass(frozen=True, slots=True)
class Closure:
    """Days on which the practice is shut, first and last included; or a part of each of them."""

    first: date
    last: date
    begins: Wall = MIDNIGHT
    ends: Wall = DAY_END

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def whole(self) -> bool:
        return (self.begins, self.ends) == (MIDNIGHT, DAY_END)


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so many bookings a day or a week (Monday to Sunday): of all, or of one length."""

    per: str
    most: int
    minutes: int | None = None

    def counts(self, minutes: int) -> bool:
        return self.minutes in (None, minutes)


@dataclass(frozen=True, slots=True)
class Rules:
    """What may be booked, how long a booking is kept, and what is too much."""

    notice_hours: int
    horizon_days: int
    cancellation_hours: int
    retention_days: int
    approval: bool
    approval_above: int
    """New bookings in one hour above which bookings wait for the desk's yes, until it calms."""
    bookings_a_day: int
    network_bookings_a_day: int
    email_reminders: str
    """What an e-mail tells a patient who asks for one: the `time`, the `visit` too, or `no`."""
    no_crumbs: bool
    """Offer no time that leaves a gap in which no visit fits, where that can be helped."""
    holidays_country: str
    holidays_subdivision: str
    holidays_open: tuple[date, ...]
    """Public holidays on which the weekly hours hold all the same."""
    prefix: str
    online_booking: bool
    """Whether the site takes bookings at all; else it is pages alone, and there is no endpoint."""


def apart(one: date, other: date) -> int:
    """How many weeks lie between the weeks of two dates."""
    monday, other_monday = (day.toordinal() - day.weekday() for day in (one, other))
    return (other_monday - monday) // 7


def is_second(since: date, day: date) -> bool:
    """Whether this day's week is the one of `since`, or comes an even number of weeks after it."""
    weeks = apart(since, day)
    return weeks >= 0 and weeks % 2 == 0


def meeting(one: Hours, other: Hours) -> date | None:
    """The first day on which both hold, seen far enough ahead; None when they never meet."""
    if one.weekday != other.weekday:
        return None
    since = [one.every_second_from or date.min, other.every_second_from or date.min]
    weeks = [day - timedelta(days=day.weekday()) for day in since]
    first = max(one.first, other.first, *weeks, date(2024, 1, 1))
    first += timedelta(days=(one.weekday - first.weekday()) % 7)
    for week in range(SEEN_AHEAD):
        day = first + timedelta(weeks=week)
        if one.holds_on(day) and other.holds_on(day):
            return day
    return None


SEEN_AHEAD = 53 * 12
"""Weeks: in so many, every way in which odd, even and second weeks can meet has come."""
