"""Whoever asks again with the same ticket is told of the same booking, on the fullest day too."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from booking_endpoint.envelope import public_text, seal, to_text
from booking_endpoint.instants import rfc3339
from booking_endpoint.limits import TooMany
from booking_endpoint.rooms import Asked, Booked, Rooms
from booking_endpoint.store import Store
from booking_endpoint.tickets import FILLING, Tickets
from tests.core.cast import every_day, instant_of, practice, visit
from tests.keys import new_key

WHERE = replace(practice(*every_day("08:00", "18:00"), bookings_a_day=1), visits=(visit(30),))
NOW = instant_of("2026-11-22T08:00Z")
NINE = instant_of("2026-11-23T08:00Z")


def asking(rooms: Rooms, nonce: bytes, start: int) -> Asked:
    """A form, filled in as fast as one may."""
    envelope = to_text(seal(b"{}", [public_text(new_key())] * 3))
    ticket = rooms.tickets.form(nonce, NOW)
    fields = {"visit": WHERE.visits[0].id, "start": rfc3339(start)}
    return Asked({**fields, "ticket": ticket, "envelope": envelope}, "fr", NOW + FILLING)


async def book_twice(path: Path) -> None:
    store = Store(path)
    await store.open()
    try:
        rooms = Rooms(WHERE, Tickets(["s" * 32]), store, bytes)
        await rooms.busy(NOW)  # somebody has looked at the list before
        asked = asking(rooms, bytes(16), NINE)
        first, again = await rooms.book(asked, ""), await rooms.book(asked, "")
        assert isinstance(first, Booked)
        assert again == replace(first, new=False)
        with pytest.raises(TooMany):
            await rooms.book(asking(rooms, bytes(15) + b"1", NINE + 3600), "")
    finally:
        await store.close()


def test_the_last_booking_of_a_full_day_can_be_asked_for_again(tmp_path: Path) -> None:
    """Its answer may have got lost on a bad line; the booking stands."""
    asyncio.run(book_twice(tmp_path / "a.db"))
