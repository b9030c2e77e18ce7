"""Where a visit can go when the doctor decides: not held to notice, horizon or caps. Pure."""

from collections.abc import Iterable
from datetime import date, timedelta

from booking_endpoint.availability import Busy, grid, within_hours
from booking_endpoint.instants import Slot
from booking_endpoint.practice import Practice, Visit
from desk.agenda import slot_of
from desk.opening import Listing

DAYS = 7
"""Days of free times on one page."""


def busy_of(listing: Listing, practice: Practice, without: str = "") -> Busy:
    """What is taken, as far as the desk knows; the booking `without` takes nothing."""
    cells = set[int]()
    for booking in listing.bookings:
        if booking.state != "cancelled" and booking.id != without:
            visit = practice.visit(booking.identity.get("visit", ""))
            before, after = (visit.before, visit.after) if visit else (0, 0)
            cells |= {*slot_of(booking).cells(before, after)}
    return Busy(frozenset(cells), tuple(slot_of(one) for one in listing.closed))


def free_days(
    first: date, practice: Practice, visit: Visit, busy: Busy, now: int
) -> dict[date, list[Slot]]:
    """What the hours hold and nobody has taken on these days; days without a time are left out."""
    days = (first + timedelta(days=offset) for offset in range(DAYS))
    found = {day: free_on(day, practice, visit, busy, now) for day in days}
    return {day: slots for day, slots in found.items() if slots}


def free_on(day: date, practice: Practice, visit: Visit, busy: Busy, now: int) -> list[Slot]:
    return [
        slot
        for opened in grid(day, practice, visit)
        for slot in opened.slots
        if slot.start > now
        and busy.cells.isdisjoint(slot.cells(visit.before, visit.after))
        and not slot.meets(busy.closed)
    ]


def doubts(
    slot: Slot, practice: Practice, visit: Visit | None, busy: Busy, now: int
) -> Iterable[str]:
    """Why to look twice before a visit goes there: `past`, `outside`, `closed`, `taken`."""
    before, after = (visit.before, visit.after) if visit else (0, 0)
    if slot.start <= now:
        yield "past"
    if not within_hours(slot, practice, visit):
        yield "outside"
    if slot.meets(busy.closed):
        yield "closed"
    if not busy.cells.isdisjoint(slot.cells(before, after)):
        yield "taken"
