"""What the desk does: one act, one transaction, refused when somebody was faster.

An act says what it saw. So nobody overwrites what another desk, or the patient, did meanwhile, and
the opposite of an act is an act.
"""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from booking_endpoint.availability import Extra
from booking_endpoint.envelope import BadEnvelope, read_envelope
from booking_endpoint.instants import CELL, Slot, parse_instant
from booking_endpoint.practice import IDENTIFIER
from booking_endpoint.schema import BOOK, OCCUPY, RELEASE
from booking_endpoint.store import (
    Booking,
    State,
    Store,
    as_booking,
    as_extra,
    find,
    span,
)

KEEP = 24 * 60
"""The most minutes that may be kept free before or after a visit."""


class BadAct(ValueError):
    """A line that no desk of ours wrote."""


class Outcome(Enum):
    """What became of an act."""

    DONE = "done"
    UNKNOWN = "unknown"
    """No booking, or no closure, of that name."""
    CHANGED = "changed"
    """It is no longer as the desk saw it."""
    TAKEN = "taken"
    """Another booking has that time."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a booking stands: a time and a state."""

    slot: Slot
    state: State


@dataclass(frozen=True, slots=True)
class Put:
    """Let a booking stand elsewhere: cancelled, accepted, moved, or brought back."""

    id: bytes
    seen: Place
    wanted: Place
    before: int
    after: int
    """Minutes kept free around the visit, which only the desk knows."""

    @property
    def told(self) -> str:
        """What the audit log says of it."""
        moved = " elsewhere" if self.seen.slot != self.wanted.slot else ""
        return f"put {self.wanted.state.value}{moved}"


@dataclass(frozen=True, slots=True)
class Book:
    """Take a time for somebody who called; sealed at the desk."""

    id: bytes
    slot: Slot
    before: int
    after: int
    envelope: bytes

    told = "book"


@dataclass(frozen=True, slots=True)
class Close:
    """Offer nothing between two instants."""

    word: str
    slot: Slot

    told = "close"


@dataclass(frozen=True, slots=True)
class Reopen:
    """Undo a closure."""

    word: str

    told = "open"


@dataclass(frozen=True, slots=True)
class Offer:
    """Open hours beside those of the facts."""

    word: str
    extra: Extra

    told = "offer"


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Undo such an opening."""

    word: str

    told = "withdraw"


Act = Put | Book | Close | Reopen | Offer | Withdraw


def read_act(line: str) -> Act:
    """The act on one line of JSON, as docs/DESIGN.md has it; raises BadAct for any other."""
    try:
        told = json.loads(line)
        match told["act"]:
            case "put":
                name = read_id(told["id"])
                return Put(name, read_place(told["seen"]), read_place(told["wanted"]), *kept(told))
            case "book":
                envelope = read_envelope(told["envelope"])
                return Book(read_id(told["id"]), read_slot(told), *kept(told), envelope)
            case "close":
                return Close(read_word(told["word"]), read_slot(told))
            case "open":
                return Reopen(read_word(told["word"]))
            case "offer":
                extra = Extra(read_hours(told), read_visits(told["visits"]))
                return Offer(read_word(told["word"]), extra)
            case "withdraw":
                return Withdraw(read_word(told["word"]))
            case _:
                raise BadAct
    except (ValueError, TypeError, KeyError, AttributeError, BadEnvelope):
        raise BadAct from None


def read_id(text: str) -> bytes:
    """A booking's id, 32 hexadecimal digits, as `export` prints it."""
    if len(text) != 32:
        raise ValueError
    return bytes.fromhex(text)


def read_slot(told: Mapping[str, Any]) -> Slot:
    slot = Slot(parse_instant(told["start"]), parse_instant(told["end"]))
    if slot.end <= slot.start:
        raise ValueError
    return slot


def read_hours(told: Mapping[str, Any]) -> Slot:
    """Hours to offer: slots begin where cells do."""
    slot = read_slot(told)
    if slot.start % CELL:
        raise ValueError
    return slot


def read_visits(told: object) -> tuple[str, ...]:
    """Ids of visits, as the facts name them; none means all."""
    if not isinstance(told, list) or not all(IDENTIFIER.fullmatch(one) for one in told):
        raise ValueError
    return tuple(told)


def read_place(told: Mapping[str, Any]) -> Place:
    return Place(read_slot(told), State(told["state"]))


def read_word(text: object) -> str:
    if not isinstance(text, str) or not 1 <= len(text) <= 64:
        raise ValueError
    return text


def kept(told: Mapping[str, Any]) -> tuple[int, int]:
    before, after = told["before"], told["after"]
    if not all(type(minutes) is int and 0 <= minutes <= KEEP for minutes in (before, after)):
        raise ValueError
    return before, after


async def standing(store: Store) -> tuple[list[Booking], dict[str, Slot], dict[str, Extra]]:
    """Every booking without its envelope, and every closure and opening by its name."""
    columns = "SELECT id, start, end, state, moved FROM bookings ORDER BY start, id"
    closed = await store.read("SELECT id, start, end FROM closures ORDER BY start")
    closures = {row["id"]: Slot(row["start"], row["end"]) for row in closed}
    opened = await store.read("SELECT * FROM openings ORDER BY start")
    openings = {row["id"]: as_extra(row) for row in opened}
    return [as_booking(row) for row in await store.read(columns)], closures, openings


async def sealed(store: Store, ids: tuple[bytes, ...]) -> list[tuple[Booking, bytes]]:
    """These bookings with their envelopes, as many of them as there are."""
    marks = ", ".join("?" * len(ids))
    rows = await store.read(f"SELECT * FROM bookings WHERE id IN ({marks})", ids)  # noqa: S608  # marks
    return [(as_booking(row), row["envelope"]) for row in rows]


async def perform(store: Store, act: Act) -> Outcome:
    """Do one act; what it changed has been synced."""
    match act:
        case Put():
            return await store.write(lambda connection: put(connection, act))
        case Book():
            return await store.write(lambda connection: book(connection, act))
        case Close():
            await store.close_between(act.word, act.slot)
            return Outcome.DONE
        case Reopen():
            return Outcome.DONE if await store.reopen(act.word) else Outcome.UNKNOWN
        case Offer():
            await store.open_between(act.word, act.extra)
            return Outcome.DONE
        case Withdraw():
            return Outcome.DONE if await store.withdraw(act.word) else Outcome.UNKNOWN


def put(connection: sqlite3.Connection, act: Put) -> Outcome:
    booking = find(connection, act.id)
    if booking is None:
        return Outcome.UNKNOWN
    if Place(booking.slot, booking.state) == act.wanted:
        return Outcome.DONE  # the same act, sent again
    if Place(booking.slot, booking.state) != act.seen:
        return Outcome.CHANGED
    connection.execute("SAVEPOINT put")
    connection.execute(RELEASE, {"id": act.id})
    standing = act.wanted.state is not State.CANCELLED
    free = not standing or take(connection, act.id, act.wanted.slot, act.before, act.after)
    if free:
        moved = booking.moved or act.wanted.slot != booking.slot
        values = {"state": act.wanted.state.value, "moved": int(moved)}
        connection.execute(
            "UPDATE bookings SET start = :start, end = :end, state = :state, moved = :moved"
            " WHERE id = :id",
            {**span(act.id, act.wanted.slot), **values},
        )
    else:
        connection.execute("ROLLBACK TO put")
    connection.execute("RELEASE put")
    return Outcome.DONE if free else Outcome.TAKEN


def book(connection: sqlite3.Connection, act: Book) -> Outcome:
    if find(connection, act.id):
        return Outcome.DONE  # the same act, sent again
    if not take(connection, act.id, act.slot, act.before, act.after):
        return Outcome.TAKEN
    booking = Booking(act.id, act.slot, State.CONFIRMED, moved=False)
    values = {"state": booking.state.value, "moved": 0, "envelope": act.envelope}
    connection.execute(BOOK, {**span(booking.id, booking.slot), **values})
    return Outcome.DONE


def take(
    connection: sqlite3.Connection, booking_id: bytes, slot: Slot, before: int, after: int
) -> bool:
    """Take every cell, or none; False when another booking has one of them."""
    cells = slot.cells(before, after)
    try:
        values = {**span(booking_id, slot), "first": cells[0], "last": cells[-1], "anyway": 1}
        values["beyond"] = 0
        connection.execute(OCCUPY, values)
    except sqlite3.IntegrityError:
        return False
    return True
