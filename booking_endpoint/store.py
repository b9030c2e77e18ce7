"""All SQL: bookings, the cells they occupy, closures. Knows no name, no visit, no clock.

No created_at, no address, no order: ids are derived from random nonces, and tables
are kept by key (WITHOUT ROWID), so a copy of the disk does not tell who came first.
"""

import sqlite3
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import aiosqlite

from booking_endpoint.availability import CELL, Busy, Slot
from booking_endpoint.database import Database

MIGRATIONS = (
    """
    CREATE TABLE bookings (
        id BLOB PRIMARY KEY CHECK (length(id) = 16),
        start INTEGER NOT NULL,
        end INTEGER NOT NULL CHECK (end > start),
        state TEXT NOT NULL CHECK (state IN ('confirmed', 'requested', 'cancelled')),
        moved INTEGER NOT NULL DEFAULT 0 CHECK (moved IN (0, 1)),
        envelope BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE occupied (
        cell INTEGER PRIMARY KEY,
        booking BLOB NOT NULL REFERENCES bookings (id) DEFERRABLE INITIALLY DEFERRED
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX occupied_booking ON occupied (booking);
    CREATE TABLE closures (
        id TEXT PRIMARY KEY,
        start INTEGER NOT NULL,
        end INTEGER NOT NULL CHECK (end > start)
    ) STRICT, WITHOUT ROWID;
    """,
)
"""One cell can hold one booking: the database itself refuses overlap."""

OCCUPY = """
    INSERT INTO occupied
    WITH RECURSIVE cells (cell) AS (
        SELECT :first UNION ALL SELECT cell + 1 FROM cells WHERE cell < :last
    )
    SELECT cell, :id FROM cells WHERE NOT EXISTS (
        SELECT 1 FROM closures WHERE start < :end AND end > :start
    )
"""
RELEASE = "DELETE FROM occupied WHERE booking = :id"
BOOK = """
    INSERT INTO bookings (id, start, end, state, moved, envelope)
    VALUES (:id, :start, :end, :state, :moved, :envelope)
"""
FIND = "SELECT id, start, end, state, moved FROM bookings WHERE id = ?"


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


class Store:
    """The bookings on the disk. Whatever a method gives back has been synced."""

    _database: Database

    def __init__(self, path: Path) -> None:
        self._path = path

    async def open(self) -> None:
        """Open or create the file; raises sqlite3.Error, BrokenPromise or NewerFile."""
        self._database = await Database.open(self._path, MIGRATIONS)

    async def close(self) -> None:
        await self._database.close()

    async def busy(self, start: int, end: int, but: bytes = b"") -> Busy:
        """The taken cells between two instants (UTC seconds): bookings and closures.

        Without those of the booking `but`: who moves a visit does not stand in his own way.
        """
        rows = await self._database.read(
            "SELECT cell FROM occupied WHERE cell BETWEEN ? AND ? AND booking != ?",
            (start // CELL, end // CELL, but),
        )
        taken = {row["cell"] for row in rows}
        for closure in await self.closures():
            if closure.start < end and closure.end > start:
                taken.update(Slot(max(closure.start, start), min(closure.end, end)).cells())
        return frozenset(taken)

    async def closures(self) -> list[Slot]:
        rows = await self._database.read("SELECT start, end FROM closures")
        return [Slot(row["start"], row["end"]) for row in rows]

    async def booking(self, ids: list[bytes]) -> Booking | None:
        """The booking with one of these ids, cancelled ones included."""
        for booking_id in ids:
            if rows := await self._database.read(FIND, (booking_id,)):
                return as_booking(rows[0])
        return None

    async def book(
        self,
        ids: list[bytes],
        slot: Slot,
        buffer: int,
        state: State,
        envelope: bytes,
        moved: bool = False,
    ) -> tuple[Claim, Booking]:
        """Give the slot to whoever asks first, under the first of the ids.

        A booking that stands under any of them is the answer to the same request, given
        again. Looking and writing are one transaction, and a cell has one owner. `moved`
        says that the envelope was sealed for a time that was gone when it arrived.
        """
        booking = Booking(ids[0], slot, state, moved)

        async def work(connection: aiosqlite.Connection) -> tuple[Claim, Booking]:
            for booking_id in ids:
                if earlier := await find(connection, booking_id):
                    return Claim.REPEATED, earlier
            if not await occupy(connection, booking.id, slot, buffer):
                return Claim.TAKEN, booking
            values = {"state": state.value, "moved": int(moved), "envelope": envelope}
            await connection.execute(BOOK, {**span(booking.id, slot), **values})
            return Claim.GRANTED, booking

        return await self._database.write(work)

    async def move(
        self, booking_id: bytes, slot: Slot, buffer: int
    ) -> tuple[Claim, Booking] | None:
        """Take the new slot and release the old, or keep the old. None: no such booking.

        A cancelled booking cannot be moved back to life.
        """

        async def work(connection: aiosqlite.Connection) -> tuple[Claim, Booking] | None:
            booking = await find(connection, booking_id)
            if booking is None or booking.state is State.CANCELLED:
                return None
            await connection.execute("SAVEPOINT move")
            await connection.execute(RELEASE, {"id": booking_id})
            if not await occupy(connection, booking_id, slot, buffer):
                await connection.execute("ROLLBACK TO move")
                await connection.execute("RELEASE move")
                return Claim.TAKEN, booking
            await connection.execute(
                "UPDATE bookings SET start = :start, end = :end, moved = 1 WHERE id = :id",
                {"id": booking_id, "start": slot.start, "end": slot.end},
            )
            await connection.execute("RELEASE move")
            return Claim.GRANTED, Booking(booking_id, slot, booking.state, True)

        return await self._database.write(work)

    async def cancel(self, booking_id: bytes) -> Booking | None:
        """Release the slot; the row stays, so that the desk sees it and no ticket revives it."""
        return await self._change(booking_id, State.CANCELLED)

    async def accept(self, booking_id: bytes) -> Booking | None:
        """The desk's yes to a requested booking; a cancelled one stays cancelled."""
        return await self._change(booking_id, State.CONFIRMED)

    async def _change(self, booking_id: bytes, state: State) -> Booking | None:
        async def work(connection: aiosqlite.Connection) -> Booking | None:
            booking = await find(connection, booking_id)
            if booking is None or booking.state is State.CANCELLED:
                return booking
            if state is State.CANCELLED:
                await connection.execute(RELEASE, {"id": booking_id})
            await connection.execute(
                "UPDATE bookings SET state = ? WHERE id = ?", (state.value, booking_id)
            )
            return Booking(booking_id, booking.slot, state, booking.moved)

        return await self._database.write(work)

    async def export(self) -> list[tuple[Booking, bytes]]:
        """Every booking with its envelope, in the order of the visits."""
        rows = await self._database.read("SELECT * FROM bookings ORDER BY start, id")
        return [(as_booking(row), row["envelope"]) for row in rows]

    async def close_between(self, word: str, slot: Slot) -> None:
        """Offer nothing between two instants; bookings that stand there stay."""

        async def work(connection: aiosqlite.Connection) -> None:
            await connection.execute(
                "INSERT OR REPLACE INTO closures VALUES (?, ?, ?)", (word, slot.start, slot.end)
            )

        await self._database.write(work)

    async def reopen(self, word: str) -> bool:
        """Undo a closure; False when there is none of that name."""
        return await self._delete("DELETE FROM closures WHERE id = ?", [(word,)]) > 0

    async def forget(self, ids: list[bytes]) -> int:
        """Delete these bookings from the file for good; how many there were."""
        names = [(name,) for name in ids]

        async def work(connection: aiosqlite.Connection) -> int:
            await connection.executemany("DELETE FROM occupied WHERE booking = ?", names)
            cursor = await connection.executemany("DELETE FROM bookings WHERE id = ?", names)
            return cursor.rowcount

        gone = await self._database.write(work) if names else 0
        if gone:
            await self._database.vacuum()
        return gone

    async def purge(self, before: int) -> int:
        """Forget every booking, and every closure, that ended before an instant (UTC seconds)."""
        rows = await self._database.read("SELECT id FROM bookings WHERE end < ?", (before,))
        await self._delete("DELETE FROM closures WHERE end < ?", [(before,)])
        return await self.forget([row["id"] for row in rows])

    async def backup(self, path: Path) -> None:
        """A consistent copy of the file, taken while it is in use."""
        await self._database.backup(path)

    async def check(self) -> list[str]:
        """What SQLite finds wrong with the file; empty when it is sound."""
        rows = await self._database.read("PRAGMA integrity_check")
        return [row[0] for row in rows if row[0] != "ok"]

    async def _delete(self, sql: str, values: list[tuple[object, ...]]) -> int:
        async def work(connection: aiosqlite.Connection) -> int:
            cursor = await connection.executemany(sql, values)
            return cursor.rowcount

        return await self._database.write(work) if values else 0


async def find(connection: aiosqlite.Connection, booking_id: bytes) -> Booking | None:
    rows = list(await connection.execute_fetchall(FIND, (booking_id,)))
    return as_booking(rows[0]) if rows else None


async def occupy(
    connection: aiosqlite.Connection, booking_id: bytes, slot: Slot, buffer: int
) -> bool:
    """Take every cell of the slot, or none; False when one is taken or closed."""
    cells = slot.cells(buffer)
    values = {**span(booking_id, slot), "first": cells[0], "last": cells[-1]}
    try:
        cursor = await connection.execute(OCCUPY, values)
    except sqlite3.IntegrityError:
        return False
    return cursor.rowcount > 0


def span(booking_id: bytes, slot: Slot) -> dict[str, Any]:
    return {"id": booking_id, "start": slot.start, "end": slot.end}


def as_booking(row: sqlite3.Row) -> Booking:
    slot = Slot(row["start"], row["end"])
    return Booking(row["id"], slot, State(row["state"]), bool(row["moved"]))
