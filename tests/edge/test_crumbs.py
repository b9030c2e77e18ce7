"""The rule against crumbs sees the whole of the practice's day, also the part that is over."""

import asyncio
from pathlib import Path

from booking_endpoint.availability import offered_on
from booking_endpoint.instants import Slot, day_of
from booking_endpoint.rooms import Rooms
from booking_endpoint.store import State, Store
from booking_endpoint.tickets import Tickets
from tests.core.cast import clock, every_day, instant_of, practice, visit

WHERE = practice(*every_day("08:00", "18:00"), zone="Pacific/Noumea", no_crumbs=True)
WHAT = visit(30, step=5)
TAKEN = instant_of("2026-11-23T10:30+11:00")


async def listed(path: Path, now: int) -> list[str]:
    """What is offered in Nouméa on that Monday, when one half hour is booked."""
    store = Store(path)
    await store.open()
    try:
        slot = Slot(TAKEN, TAKEN + 1800)
        await store.book([bytes(16)], slot, slot.cells(), State.CONFIRMED, b"sealed")
        rooms = Rooms(WHERE, Tickets(["s" * 32]), store, bytes)
        day = day_of(TAKEN, WHERE.zone)
        slots = offered_on(day, WHERE, WHAT, await rooms.busy(now), now)
        return clock(slots, WHERE)
    finally:
        await store.close()


def test_midnight_in_utc_does_not_change_what_is_offered_at_noon_in_noumea(tmp_path: Path) -> None:
    """A visit at 11:05 leaves a gap of five minutes after the one at half past ten.

    The half hour that was booked before eleven, midnight in UTC, is known after it too.
    """
    before = asyncio.run(listed(tmp_path / "a.db", instant_of("2026-11-22T23:59Z")))
    after = asyncio.run(listed(tmp_path / "b.db", instant_of("2026-11-23T00:01Z")))
    assert "11:00" in before
    assert "11:05" not in before + after
    assert after == [shown for shown in before if shown > "11:01"]
