"""Practice + visit + what is taken + now -> free slots. Pure: no disk, no clock, no patient."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from booking_endpoint.practice import CELL_MINUTES, Practice, Rules, Visit, Wall

MINUTE, HOUR, DAY = 60, 3600, 86400
CELL = CELL_MINUTES * MINUTE

Busy = frozenset[int]
"""The taken five-minute cells, as `cells` numbers them: instant // 300."""

NONE_TAKEN: Busy = frozenset()


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A start and an end, half open, in UTC seconds since 1970."""

    start: int
    end: int

    def cells(self, buffer: int = 0) -> range:
        """The cells this slot takes, with so many minutes of buffer after it."""
        return range(self.start // CELL, -(-(self.end + buffer * MINUTE) // CELL))


def rfc3339(moment: int) -> str:
    """An instant as the interface writes it: 2026-12-01T08:00:00Z."""
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%SZ}"


def parse_instant(text: str) -> int:
    """UTC seconds of an instant the interface wrote; raises ValueError for any other text."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text, re.ASCII):
        raise ValueError
    return int(datetime.fromisoformat(text).timestamp())


def instant(day: date, wall: Wall, zone: ZoneInfo) -> int | None:
    """The instant (UTC seconds) at which the door's clock shows this time on this day.

    The one place where wall time becomes an instant. A time that the clocks skip in
    spring has none; of a time that comes twice in autumn, the first (PEP 495, fold 0).
    """
    local = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(minutes=wall)
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        return None
    return int(moment.timestamp())


def edge(day: date, wall: Wall, zone: ZoneInfo) -> int:
    """As `instant`; a skipped time is the moment at which the clocks jumped over it."""
    while (moment := instant(day, wall, zone)) is None:
        wall = Wall(wall + CELL_MINUTES)
    return moment


def day_of(moment: int, zone: ZoneInfo) -> date:
    """The practice's day on which this instant falls, wherever the viewer sits."""
    return datetime.fromtimestamp(moment, zone).date()


@cache
def public_holidays(country: str, subdivision: str) -> holidays.HolidayBase:
    return holidays.country_holidays(country, subdiv=subdivision or None)


def is_holiday(day: date, rules: Rules) -> bool:
    """Whether the practice's country rests on this day; computed for any year."""
    country = rules.holidays_country
    return bool(country) and day in public_holidays(country, rules.holidays_subdivision)


def is_closed(day: date, practice: Practice) -> bool:
    return any(day in closure for closure in practice.closures) or is_holiday(day, practice.rules)


def slots_on(day: date, practice: Practice, visit: Visit) -> Iterator[Slot]:
    """Every slot the hours of this day hold for the visit, whatever is taken, earliest first.

    The grid is anchored at the local opening time and steps by the visit and its buffer.
    The visit must end by closing time; its buffer may run over it.
    """
    if is_closed(day, practice):
        return
    for hours in practice.hours:
        if hours.weekday == day.weekday() and hours.receives(visit):
            closes = edge(day, hours.closes, practice.zone)
            for wall in range(hours.opens, hours.closes, visit.minutes + visit.buffer):
                start = instant(day, Wall(wall), practice.zone)
                if start is not None and start + visit.minutes * MINUTE <= closes:
                    yield Slot(start, start + visit.minutes * MINUTE)


def window(practice: Practice, now: int) -> tuple[int, int]:
    """The first and the last instant at which a slot may start, seen from the instant `now`."""
    return now + practice.rules.notice_hours * HOUR, now + practice.rules.horizon_days * DAY


def horizon(practice: Practice, now: int) -> tuple[date, date]:
    """The first and the last day on which anything can be booked at the instant `now`."""
    soonest, latest = window(practice, now)
    return day_of(soonest, practice.zone), day_of(latest, practice.zone)


def offered_on(day: date, practice: Practice, visit: Visit, busy: Busy, now: int) -> Iterator[Slot]:
    """The slots of this day that may be booked at the instant `now`."""
    soonest, latest = window(practice, now)
    first, last = horizon(practice, now)
    if not first <= day <= last:
        return
    for slot in slots_on(day, practice, visit):
        if soonest <= slot.start <= latest and busy.isdisjoint(slot.cells(visit.buffer)):
            yield slot


def offered_at(start: int, practice: Practice, visit: Visit, busy: Busy, now: int) -> Slot | None:
    """The slot that starts at this instant, if it is on offer now: listing and booking agree."""
    soonest, latest = window(practice, now)
    if not soonest <= start <= latest:
        return None
    day = day_of(start, practice.zone)
    return next(
        (slot for slot in offered_on(day, practice, visit, busy, now) if slot.start == start), None
    )


def days_between(first: date, last: date) -> Iterator[date]:
    """Each day from the first to the last, both included."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def open_days(
    days: Iterable[date], practice: Practice, visit: Visit, busy: Busy, now: int
) -> dict[date, list[Slot]]:
    """What is on offer on each of these days; days without a free slot are kept, empty."""
    return {day: list(offered_on(day, practice, visit, busy, now)) for day in days}


def next_free_day(
    after: date, practice: Practice, visit: Visit, busy: Busy, now: int
) -> date | None:
    """The first day after this one with a slot on offer, across the whole horizon."""
    first, last = horizon(practice, now)
    for day in days_between(max(first, after), last):
        if day > after and next(offered_on(day, practice, visit, busy, now), None):
            return day
    return None


def nearest(
    start: int, practice: Practice, visit: Visit, busy: Busy, now: int, most: int = 6
) -> list[Slot]:
    """The slots on offer nearest to an instant that is gone, in the order of the day.

    Looks outwards day by day. Two rings of days beyond the first that fills the list can
    still hold a nearer slot, the second because a day may have 23 hours or 25; a third cannot.
    """
    soonest, latest = window(practice, now)
    first, last = horizon(practice, now)
    centre = day_of(min(max(start, soonest), latest), practice.zone)
    found: list[Slot] = []
    beyond = 0
    for distance in range((last - first).days + 1):
        if beyond == 2:
            break
        beyond += len(found) >= most
        for day in {centre - timedelta(days=distance), centre + timedelta(days=distance)}:
            found += offered_on(day, practice, visit, busy, now)
    return sorted(sorted(found, key=lambda slot: (abs(slot.start - start), slot.start))[:most])
