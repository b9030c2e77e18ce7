"""A booking in one transaction: found, put, its cells taken or none. Knows no clock, no disk."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from booking_endpoint.availability import Extra, Limit
from booking_endpoint.instants import MINUTE, Slot
from booking_endpoint.schema import FIND, OCCUPY, PUT, STANDING
from booking_endpoint.storage import Row, Transaction


class State(Enum):
    """Where a booking stands."""

    CONFIRMED = "confirmed"
    REQUESTED = "requested"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Booking:
    """A slot taken, as far as the server knows it."""

    id: bytes
    slot: Slot
    state: State
    moved: bool


class Claim(Enum):
    """What became of a wish for a slot."""

    GRANTED = "granted"
    REPEATED = "repeated"
    TAKEN = "taken"


def find(connection: Transaction, booking_id: bytes) -> Booking | None:
    row = connection.execute(FIND, (booking_id,)).fetchone()
    return as_booking(row) if row else None


def stands(connection: Transaction, booking: Booking) -> None:
    """Write down where a booking stands now."""
    values = {"state": booking.state.value, "moved": int(booking.moved)}
    connection.execute(PUT, {**span(booking.id, booking.slot), **values})


def occupy(
    connection: Transaction,
    booking_id: bytes,
    slot: Slot,
    cells: range,
    limits: Sequence[Limit],
    *,
    beyond: bool,
) -> bool:
    """Take every cell, or none; False when one is taken, the slot closed, or a limit reached."""
    for limit in limits:
        span_of_limit = (limit.span.start, limit.span.end, booking_id)
        slots = map(as_slot, connection.execute(STANDING, span_of_limit))
        if (
            sum(limit.cap.counts((one.end - one.start) // MINUTE) for one in slots)
            >= limit.cap.most
        ):
            return False
    return take(connection, booking_id, slot, cells, beyond=beyond)


def take(
    connection: Transaction,
    booking_id: bytes,
    slot: Slot,
    cells: range,
    *,
    anyway: bool = False,
    beyond: bool = False,
) -> bool:
    """Take every cell, or none; False when one is taken or, unless `anyway`, the slot closed."""
    values = {**span(booking_id, slot), "first": cells[0], "last": cells[-1]}
    values |= {"anyway": int(anyway), "beyond": int(beyond)}
    try:
        return connection.execute(OCCUPY, values).rowcount > 0
    except sqlite3.IntegrityError:
        return False


def span(booking_id: bytes, slot: Slot) -> dict[str, Any]:
    return {"id": booking_id, "start": slot.start, "end": slot.end}


def as_slot(row: Row) -> Slot:
    return Slot(row["start"], row["end"])


def as_extra(row: Row) -> Extra:
    return Extra(as_slot(row), tuple(row["visits"].split()))


def as_booking(row: Row) -> Booking:
    return Booking(row["id"], as_slot(row), State(row["state"]), bool(row["moved"]))
