"""Practice + visit + what is taken + now -> free slots. Pure: no disk, no clock, no patient."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from booking_endpoint.instants import (
    CELL,
    DAY,
    HOUR,
    MINUTE,
    Slot,
    day_of,
    days_between,
    edge,
    instant,
)
from booking_endpoint.practice import Practice, Visit
from booking_endpoint.rest_days import is_holiday
from booking_endpoint.timetable import (
    MIDNIGHT,
    Cap,
    Hours,
    Opening,
    Wall,
)


@dataclass(frozen=True, slots=True)
class Extra:
    """Hours opened at the desk, beside those of the facts, on a day that is closed there too."""

    span: Slot
    visits: tuple[str, ...] = ()
    """The ids of those it is for; none means all."""

    def receives(self, visit: str) -> bool:
        return not self.visits or visit in self.visits


@dataclass(frozen=True, slots=True, eq=False)
class Busy:
    """What the desk and bookings made of the hours: cells taken, times closed, hours opened.

    And the bookings to count, where a cap is counting.
    """

    cells: frozenset[int] = frozenset()
    closed: tuple[Slot, ...] = ()
    booked: tuple[Slot, ...] = ()
    extra: tuple[Extra, ...] = ()


NONE_TAKEN = Busy()


@dataclass(frozen=True, slots=True)
class Limit:
    """A cap, and the two instants between which the bookings it counts start."""

    span: Slot
    cap: Cap


@dataclass(frozen=True, slots=True)
class Opened:
    """One stretch of one day, in instants: when the door is open, and every start it holds."""

    span: Slot
    shut: tuple[Slot, ...]
    """Closures of the facts that reach into this day."""
    shortest: int
    """Seconds that the shortest visit received here takes."""
    slots: tuple[Slot, ...]


def doors(day: date, practice: Practice) -> list[Hours | Opening]:
    """The stretches of this day: the weekly hours unless it is a holiday, and extra openings."""
    if any(day in closure and closure.whole for closure in practice.closures):
        return []
    weekly = () if is_holiday(day, practice.rules) else practice.hours
    stretches: tuple[Hours | Opening, ...] = (*weekly, *practice.openings)
    return [stretch for stretch in stretches if stretch.holds_on(day)]


@lru_cache(maxsize=8192)
def grid(day: date, practice: Practice, visit: Visit) -> tuple[Opened, ...]:
    """All that the facts of this day hold for the visit, whatever is taken, earliest first.

    The grid is anchored at the local opening time. The visit must end by closing time, and
    lie in no closure; the minutes kept free around it may reach over both.
    """
    zone = practice.zone
    found = []
    shut = tuple(
        Slot(begins, ends)
        for closure in practice.closures
        if day in closure
        and (begins := edge(day, closure.begins, zone)) < (ends := edge(day, closure.ends, zone))
    )
    for door in doors(day, practice):
        if door.receives(visit.id, visit.place):
            received = [one for one in practice.visits if door.receives(one.id, one.place)]
            span = Slot(edge(day, door.opens, zone), edge(day, door.closes, zone))
            starts = (
                instant(day, Wall(wall), zone)
                for wall in range(door.opens, door.closes, visit.step)
            )
            slots = [Slot(start, start + visit.minutes * MINUTE) for start in starts if start]
            fitting = tuple(slot for slot in slots if slot.end <= span.end and not slot.meets(shut))
            shortest = min(one.minutes for one in (visit, *received)) * MINUTE
            found.append(Opened(span, shut, shortest, fitting))
    return tuple(sorted(found, key=lambda opened: opened.span))


def opened_on(
    day: date, practice: Practice, visit: Visit, extra: Sequence[Extra]
) -> tuple[Opened, ...]:
    """The stretches of the facts, and what was opened at the desk beyond them, earliest first."""
    found = grid(day, practice, visit)
    if not extra:
        return found
    tomorrow = day + timedelta(days=1)
    whole = Slot(edge(day, MIDNIGHT, practice.zone), edge(tomorrow, MIDNIGHT, practice.zone))
    for one in extra:
        if one.receives(visit.id) and one.span.meets([whole]):
            span = Slot(max(one.span.start, whole.start), min(one.span.end, whole.end))
            received = (each.minutes for each in practice.visits if one.receives(each.id))
            shortest = min(received) * MINUTE
            known = [piece for each in found for piece in each.span.without(each.shut)]
            found += tuple(
                Opened(piece, (), shortest, filled(piece, visit)) for piece in span.without(known)
            )
    return tuple(sorted(found, key=lambda opened: opened.span))


def filled(span: Slot, visit: Visit) -> tuple[Slot, ...]:
    """The slots of hours that were opened at the desk: anchored where they begin."""
    lasts, step = visit.minutes * MINUTE, visit.step * MINUTE
    starts = range(span.start, span.end - lasts + 1, step)
    return tuple(Slot(start, start + lasts) for start in starts)


def within_hours(
    slot: Slot, practice: Practice, visit: Visit | None, extra: Sequence[Extra] = ()
) -> bool:
    """Whether the hours of today hold this slot, on their grid or off it.

    A rule that changes after a booking was made leaves the booking where it is: outside.
    """
    day = day_of(slot.start, practice.zone)
    return any(
        opened.span.start <= slot.start
        and slot.end <= opened.span.end
        and not slot.meets(opened.shut)
        for one in ([visit] if visit else practice.visits)
        for opened in opened_on(day, practice, one, extra)
    )


def window(visit: Visit, now: int) -> tuple[int, int]:
    """The first and the last instant at which the visit may start, seen from the instant `now`."""
    return now + visit.notice_hours * HOUR, now + visit.horizon_days * DAY


def horizon(practice: Practice, visit: Visit, now: int) -> tuple[date, date]:
    """The first and the last day on which the visit can be booked at the instant `now`."""
    soonest, latest = window(visit, now)
    return day_of(soonest, practice.zone), day_of(latest, practice.zone)


def phase(now: int) -> tuple[int, bool]:
    """Two instants of one phase offer the same: starts, notice and horizon all lie on cells."""
    return now // CELL, now % CELL == 0


def period(cap: Cap, day: date) -> date:
    """The first day of the period of a cap that holds this day."""
    return day if cap.per == "day" else day - timedelta(days=day.weekday())


@lru_cache(maxsize=16)
def counted(busy: Busy, practice: Practice) -> Counter[tuple[Cap, date]]:
    """How many bookings stand in each period of each cap."""
    return Counter(
        (cap, period(cap, day_of(slot.start, practice.zone)))
        for slot in busy.booked
        for cap in set(practice.caps)  # one that is written twice counts once
        if cap.counts((slot.end - slot.start) // MINUTE)
    )


def is_full(day: date, practice: Practice, visit: Visit, busy: Busy) -> bool:
    """Whether a cap on the bookings of this day or week lets no more of this length in."""
    return any(
        cap.counts(visit.minutes) and counted(busy, practice)[cap, period(cap, day)] >= cap.most
        for cap in practice.caps
    )


def limits(slot: Slot, practice: Practice, visit: Visit) -> tuple[Limit, ...]:
    """The caps on this slot, in instants: for who writes a booking to ask once more."""
    day, found = day_of(slot.start, practice.zone), []
    for cap in practice.caps:
        if cap.counts(visit.minutes):
            first = period(cap, day)
            after = first + timedelta(days=1 if cap.per == "day" else 7)
            ends = (edge(one, MIDNIGHT, practice.zone) for one in (first, after))
            found.append(Limit(Slot(*ends), cap))
    return tuple(found)


def offered_on(day: date, practice: Practice, visit: Visit, busy: Busy, now: int) -> Iterator[Slot]:
    """The slots of this day that may be booked at the instant `now`, earliest first."""
    soonest, latest = window(visit, now)
    first, last = horizon(practice, visit, now)
    if not first <= day <= last or is_full(day, practice, visit, busy):
        return
    bookable = range(soonest, latest + 1)
    slots = (
        slot
        for opened in opened_on(day, practice, visit, busy.extra)
        for slot in free_in(opened, practice, visit, busy, bookable)
    )
    # Hours of the desk may lie in a part of a stretch that the facts shut: before what follows it.
    yield from sorted(slots) if busy.extra else slots


def free_in(
    opened: Opened, practice: Practice, visit: Visit, busy: Busy, bookable: range
) -> Iterable[Slot]:
    """Of one stretch, the slots that may be booked now and that nothing takes."""
    free = [
        slot
        for slot in opened.slots
        if slot.start in bookable
        and busy.cells.isdisjoint(slot.cells(visit.before, visit.after))
        and not slot.meets(busy.closed)
    ]
    return thrifty(free, opened, visit, busy) if practice.rules.no_crumbs else free


def thrifty(free: Sequence[Slot], opened: Opened, visit: Visit, busy: Busy) -> Iterator[Slot]:
    """Of the slots in each free run, those that waste least of it.

    Wasted is a gap before or after the slot in which not even the shortest visit fits.
    """
    for run in free_runs(opened, busy):
        inside = [slot for slot in free if run.start <= slot.start < run.end]
        waste = {slot: wasted(slot, run, visit, opened.shortest) for slot in inside}
        yield from (slot for slot in inside if waste[slot] == min(waste.values()))


def wasted(slot: Slot, run: Slot, visit: Visit, shortest: int) -> int:
    """Seconds of the run that nobody can use any more once the slot is taken."""
    before = slot.start - visit.before * MINUTE - run.start
    after = run.end - slot.end - visit.after * MINUTE
    return sum(gap for gap in (before, after) if 0 < gap < shortest)


def free_runs(opened: Opened, busy: Busy) -> Iterator[Slot]:
    """The longest spans of a stretch in which nothing is taken and nothing is shut."""
    closed, start = (*opened.shut, *busy.closed), None
    for cell in opened.span.cells():
        at = Slot(cell * CELL, cell * CELL + CELL)
        taken = cell in busy.cells or at.meets(closed)
        if taken and start is not None:
            yield Slot(start, at.start)
        start = None if taken else at.start if start is None else start
    if start is not None:
        yield Slot(start, opened.span.end)


def offered_at(start: int, practice: Practice, visit: Visit, busy: Busy, now: int) -> Slot | None:
    """The slot that starts at this instant, if it is on offer now: listing and booking agree."""
    soonest, latest = window(visit, now)
    if not soonest <= start <= latest:
        return None
    day = day_of(start, practice.zone)
    return next(
        (slot for slot in offered_on(day, practice, visit, busy, now) if slot.start == start), None
    )


def open_days(
    days: Iterable[date], practice: Practice, visit: Visit, busy: Busy, now: int
) -> dict[date, list[Slot]]:
    """What is on offer on each of these days; days without a free slot are kept, empty."""
    return {day: list(offered_on(day, practice, visit, busy, now)) for day in days}


def next_free_day(
    after: date, practice: Practice, visit: Visit, busy: Busy, now: int
) -> date | None:
    """The first day after this one with a slot on offer, across the whole horizon."""
    first, last = horizon(practice, visit, now)
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
    soonest, latest = window(visit, now)
    first, last = horizon(practice, visit, now)
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
