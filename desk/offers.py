"""Where a visit can go when the doctor decides: not held to notice, horizon or caps. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

from booking_endpoint.availability import Busy, Extra, open_days, opened_on, within_hours
from booking_endpoint.instants import Slot, day_of, days_between
from booking_endpoint.practice import Practice, Visit
from desk.agenda import extra_of, slot_of
from desk.opening import Listing

DAYS = 7
"""Days of free times on one page."""


def busy_of(listing: Listing, practice: Practice, without: str = "") -> Busy:
    """What is taken, as far as the desk knows; the booking `without` takes nothing."""
    cells, booked = set[int](), list[Slot]()
    for booking in listing.bookings:
        if booking.state != "cancelled" and booking.id != without:
            visit = practice.visit(booking.identity.get("visit", ""))
            before, after = (visit.before, visit.after) if visit else (0, 0)
            cells |= {*slot_of(booking).cells(before, after)}
            booked.append(slot_of(booking))
    closed = tuple(slot_of(one) for one in listing.closed)
    return Busy(frozenset(cells), closed, tuple(booked), extra_of(listing.offered))


def free_days(
    first: date, practice: Practice, visit: Visit, busy: Busy, now: int
) -> dict[date, list[Slot]]:
    """What the hours hold and nobody has taken on these days; days without a time are left out."""
    days = (first + timedelta(days=offset) for offset in range(DAYS))
    found = {day: free_on(day, practice, visit, busy, now) for day in days}
    return {day: slots for day, slots in found.items() if slots}


def free_on(day: date, practice: Practice, visit: Visit, busy: Busy, now: int) -> list[Slot]:
    return sorted(
        slot
        for opened in opened_on(day, practice, visit, busy.extra)
        for slot in opened.slots
        if slot.start > now
        and busy.cells.isdisjoint(slot.cells(visit.before, visit.after))
        and not slot.meets(busy.closed)
    )


def gained(extra: Extra, practice: Practice, busy: Busy, now: int) -> dict[str, list[Slot]]:
    """What patients could book besides, were these hours offered: by visit, earliest first."""
    more = replace(busy, extra=(*busy.extra, extra))
    first, last = (day_of(at, practice.zone) for at in (extra.span.start, extra.span.end))
    days, found = [*days_between(first, last)], {}
    for visit in practice.visits:
        before = open_days(days, practice, visit, busy, now)
        after = open_days(days, practice, visit, more, now)
        found[visit.id] = [slot for day in days for slot in after[day] if slot not in before[day]]
    return {name: slots for name, slots in found.items() if slots}


def doubts(
    slot: Slot, practice: Practice, visit: Visit | None, busy: Busy, now: int
) -> Iterable[str]:
    """Why to look twice before a visit goes there: `past`, `outside`, `closed`, `taken`."""
    before, after = (visit.before, visit.after) if visit else (0, 0)
    if slot.start <= now:
        yield "past"
    if not within_hours(slot, practice, visit, busy.extra):
        yield "outside"
    if slot.meets(busy.closed):
        yield "closed"
    if not busy.cells.isdisjoint(slot.cells(before, after)):
        yield "taken"
