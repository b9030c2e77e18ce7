"""Free times found the slow way: every minute of some days is asked whether a slot starts there.

Shares nothing with `availability` but the facts and what is taken: it never turns a wall time
into an instant. It walks through UTC, looks at what the practice's clock shows, and decides by
plain rules, minute by minute.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from booking_endpoint.availability import Busy
from booking_endpoint.practice import Practice, Visit
from booking_endpoint.timetable import Closure, Hours, Opening, Weeks
from tests.core.oracle_days import monday_of, rests_in_france, second_week, week_number

Minutes = tuple[tuple[int, int], ...]
"""Instants a minute apart, each with the minutes after midnight that the clock shows then."""
Open = tuple[set[int], Iterable[int], Sequence[Visit]]
"""Minutes that are open, where slots may begin, and who is received then."""


def starts(
    days: Iterable[date], practice: Practice, visit: Visit, busy: Busy, now: int
) -> list[int]:
    """When a slot of this visit starts on these days, each day's in order."""
    return [start for day in days for start in starts_on(day, practice, visit, busy, now)]


def starts_on(day: date, practice: Practice, visit: Visit, busy: Busy, now: int) -> list[int]:
    if is_full(day, practice, visit, busy):
        return []
    found: list[int] = []
    for inside, anchors, received in [
        *facts_on(day, practice, visit),
        *extras_on(day, practice, visit, busy),
    ]:
        free = [
            start
            for start in anchors
            if visit.notice_hours * 3600 <= start - now <= visit.horizon_days * 86400
            and inside.issuperset(range(start, start + visit.minutes * 60, 60))
            and is_free(start, visit, busy)
        ]
        if practice.rules.no_crumbs:
            shortest = min([visit.minutes] + [one.minutes for one in received])
            free = without_crumbs(free, inside, visit, shortest, busy)
        found += free
    return sorted(found)


def facts_on(day: date, practice: Practice, visit: Visit) -> Iterable[Open]:
    for stretch in stretches_on(day, practice):
        if receives(stretch, visit):
            inside = open_minutes(stretch, day, practice)
            received = [one for one in practice.visits if receives(stretch, one)]
            yield inside, anchored(stretch, day, practice, visit), received


def extras_on(day: date, practice: Practice, visit: Visit, busy: Busy) -> Iterable[Open]:
    """What the desk opened, without the minutes that are open already; each run by itself."""
    known = {minute for inside, _, _ in facts_on(day, practice, visit) for minute in inside}
    for extra in busy.extra:
        received = [one for one in practice.visits if not extra.visits or one.id in extra.visits]
        if visit in received:
            more = {
                moment
                for moment, _ in minutes_of(day, practice.zone)
                if extra.span.start <= moment < extra.span.end and moment not in known
            }
            known |= more
            for first in sorted(moment for moment in more if moment - 60 not in more):
                run = {first}
                while max(run) + 60 in more:
                    run.add(max(run) + 60)
                yield run, sorted(run)[:: visit.step], received


# --- The clock on the wall ------------------------------------------------------------------------


@lru_cache(maxsize=2000)
def minutes_of(day: date, zone: ZoneInfo) -> Minutes:
    """Every minute at which the practice's clock shows this day, as time runs."""
    shown = (minute for off in (-1, 0, 1) for minute in utc_day(day + timedelta(days=off), zone))
    return tuple((moment, wall) for moment, ordinal, wall in shown if ordinal == day.toordinal())


@lru_cache(maxsize=2000)
def utc_day(day: date, zone: ZoneInfo) -> list[tuple[int, int, int]]:
    """Every minute of a day in UTC, with the day and the time that the practice's clock shows."""
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    shown = (
        (moment, datetime.fromtimestamp(moment, zone))
        for moment in range(midnight, midnight + 86400, 60)
    )
    return [(moment, at.toordinal(), at.hour * 60 + at.minute) for moment, at in shown]


def between(day: date, zone: ZoneInfo, begins: int, ends: int) -> set[int]:
    """From the minute at which the clock has reached one time to that at which it has another."""
    minutes = minutes_of(day, zone)
    first = next((n for n, (_, wall) in enumerate(minutes) if wall >= begins), len(minutes))
    last = next((n for n, (_, wall) in enumerate(minutes) if wall >= ends), len(minutes))
    return {moment for moment, _ in minutes[first:last]}


# --- When the door is open ------------------------------------------------------------------------


def stretches_on(day: date, practice: Practice) -> list[Hours | Opening]:
    rules = practice.rules
    rests = rules.holidays_country and rests_in_france(day) and day not in rules.holidays_open
    weekly = [] if rests else [hours for hours in practice.hours if comes_back(hours, day)]
    return [*weekly, *(opening for opening in practice.openings if opening.day == day)]


def comes_back(hours: Hours, day: date) -> bool:
    return (
        hours.weekday == day.weekday()
        and hours.first <= day
        and day <= hours.last
        and (hours.weeks is not Weeks.ODD or week_number(day) in range(1, 54, 2))
        and (hours.weeks is not Weeks.EVEN or week_number(day) in range(2, 54, 2))
        and (hours.every_second_from is None or second_week(hours.every_second_from, day))
    )


def receives(stretch: Hours | Opening, visit: Visit) -> bool:
    return stretch.place == visit.place and visit.id in (stretch.visits or {visit.id})


def open_minutes(stretch: Hours | Opening, day: date, practice: Practice) -> set[int]:
    """The instants of the stretch at which the practice is not shut."""
    shut = set[int]()
    for closure in practice.closures:
        if closure.first <= day <= closure.last:
            shut |= shut_by(closure, day, practice.zone)
    return between(day, practice.zone, stretch.opens, stretch.closes) - shut


def shut_by(closure: Closure, day: date, zone: ZoneInfo) -> set[int]:
    return between(day, zone, closure.begins, closure.ends)


def anchored(
    stretch: Hours | Opening, day: date, practice: Practice, visit: Visit
) -> Iterable[int]:
    """When the clock first shows the opening time, or some steps after it."""
    first_shown: dict[int, int] = {}
    for moment, wall in minutes_of(day, practice.zone):
        first_shown.setdefault(wall, moment)
    walls = range(stretch.opens, stretch.closes, visit.step)
    return [first_shown[wall] for wall in walls if wall in first_shown]


# --- What is taken --------------------------------------------------------------------------------


def is_free(start: int, visit: Visit, busy: Busy) -> bool:
    """Whether no minute of the visit, nor one kept free around it, is taken, nor closed."""
    kept = range(-visit.before, visit.minutes + visit.after)
    if any((start + 60 * minute) // 300 in busy.cells for minute in kept):
        return False
    visiting = range(start, start + visit.minutes * 60, 60)
    return not any(
        closed.start < minute + 60 and minute < closed.end
        for closed in busy.closed
        for minute in visiting
    )


def is_full(day: date, practice: Practice, visit: Visit, busy: Busy) -> bool:
    """Whether a cap's day or week has as many bookings as it may."""
    for cap in practice.caps:
        standing = 0
        for slot in busy.booked:
            booked = datetime.fromtimestamp(slot.start, practice.zone).date()
            together = booked == day if cap.per == "day" else monday_of(booked) == monday_of(day)
            standing += together and cap.minutes in (None, (slot.end - slot.start) / 60)
        if cap.minutes in (None, visit.minutes) and standing >= cap.most:
            return True
    return False


# --- What leaves no crumbs ------------------------------------------------------------------------


def without_crumbs(
    possible: Sequence[int], inside: set[int], visit: Visit, shortest: int, busy: Busy
) -> list[int]:
    """Of the starts within one run of free minutes, those that waste fewest of them."""
    free = {moment for moment in inside if not cell_taken(moment // 300, busy)}
    wastes: dict[int, dict[int, int]] = {}
    for start in possible:
        begins = ends = start
        while begins - 60 in free:
            begins -= 60
        while ends in free:
            ends += 60
        before = (start - begins) // 60 - visit.before
        after = (ends - start) // 60 - visit.minutes - visit.after
        waste = sum(gap for gap in (before, after) if 0 < gap < shortest)
        wastes.setdefault(begins, {})[start] = waste
    return [
        start
        for run in wastes.values()
        for start, waste in run.items()
        if waste == min(run.values())
    ]


def cell_taken(cell: int, busy: Busy) -> bool:
    """Whether five minutes are taken, or closed at the desk for a part of them."""
    begins, ends = cell * 300, cell * 300 + 300
    closed = any(one.start < ends and begins < one.end for one in busy.closed)
    return closed or cell in busy.cells
