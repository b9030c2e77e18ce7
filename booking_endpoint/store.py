"""All SQL: bookings, the cells they occupy, closures. Knows no name, no visit, no clock.

No created_at, no address, no order: ids are derived from random nonces, tables are kept
by key (WITHOUT ROWID), and the file is rewritten by key every hour. So a copy of the disk
tells who came first only of the bookings made since (decision 10).
"""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from booking_endpoint.availability import Busy, Limit
from booking_endpoint.database import Database
from booking_endpoint.instants import CELL, DAY, MINUTE, Slot

T = TypeVar("T")

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
    "CREATE INDEX standing ON bookings (start, end) WHERE state != 'cancelled'",
)
"""One cell can hold one booking: the database itself refuses overlap."""

OCCUPY = """
    INSERT INTO occupied
    WITH RECURSIVE cells (cell) AS (
        SELECT :first UNION ALL SELECT cell + 1 FROM cells WHERE cell < :last
    )
    SELECT cell, :id FROM cells WHERE :anyway OR NOT EXISTS (
        SELECT 1 FROM closures WHERE start < :end AND end > :start
    )
"""
"""`anyway`, whatever is closed: the desk decides over its own time."""
RELEASE = "DELETE FROM occupied WHERE booking = :id"
BOOK = """
    INSERT INTO bookings (id, start, end, state, moved, envelope)
    VALUES (:id, :start, :end, :state, :moved, :envelope)
"""
FIND = "SELECT id, start, end, state, moved FROM bookings WHERE id = ?"
TAKEN = "SELECT cell FROM occupied WHERE cell >= ? AND cell < ? AND booking != ?"
STANDING = """
    SELECT start, end FROM bookings
    WHERE start >= ? AND start < ? AND state != 'cancelled' AND id != ?
"""
COUNTS = "SELECT count(*), count(*) FILTER (WHERE state != 'cancelled') FROM bookings"
ENVELOPES = "SELECT envelope FROM bookings ORDER BY start DESC, id"


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

    def __init__(self, path: Path) -> None:
        self._database = Database(path, MIGRATIONS)
        self._last: tuple[object, Busy] | None = None

    async def open(self) -> None:
        """Open or create the file; raises sqlite3.Error, OSError, BrokenPromise or NewerFile."""
        await self._database.open()

    async def close(self) -> None:
        await self._database.close()

    async def read(self, sql: str, values: tuple[object, ...] = ()) -> list[sqlite3.Row]:
        return await self._database.read(sql, values)

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do this in one transaction of its own, and sync."""
        return await self._database.write(work)

    def version(self) -> object:
        """Changes with every change of the file; None while nobody can say."""
        return self._database.version()

    async def busy(self, start: int, end: int, but: bytes = b"", *, counting: bool = False) -> Busy:
        """What is taken between two instants (UTC seconds), read once for each state of the file.

        Without the booking `but`: who moves a visit does not stand in his own way. Where a cap
        is `counting` bookings, those of the weeks around are given too.
        """
        version = self.version()
        asked = version, start // DAY, end // DAY, but
        if version is not None and self._last and self._last[0] == asked:
            return self._last[1]
        start, end = start // DAY * DAY, (end // DAY + 1) * DAY
        cells = await self._database.read(TAKEN, (start // CELL, end // CELL, but))
        around = (start - 8 * DAY, end + 8 * DAY, but)
        booked = await self._database.read(STANDING, around) if counting else []
        closed = [one for one in await self.closures() if one.meets([Slot(start, end)])]
        busy = Busy(
            frozenset(cell for [cell] in cells),
            tuple(closed),
            tuple(Slot(start, end) for start, end in booked),
        )
        self._last = asked, busy
        return busy

    def glance(self) -> Busy | None:
        """What was taken when somebody last looked: enough to try, since who writes looks again."""
        return self._last[1] if self._last else None

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
        cells: range,
        state: State,
        envelope: bytes,
        moved: bool = False,
        limits: Sequence[Limit] = (),
    ) -> tuple[Claim, Booking]:
        """Give the slot to whoever asks first, under the first of the ids.

        A booking that stands under any of them is the answer to the same request, given
        again. Looking and writing are one transaction, and a cell has one owner. `moved`
        says that the envelope was sealed for a time that was gone when it arrived.
        """
        booking = Booking(ids[0], slot, state, moved)

        def work(connection: sqlite3.Connection) -> tuple[Claim, Booking]:
            for booking_id in ids:
                if earlier := find(connection, booking_id):
                    return Claim.REPEATED, earlier
            if not occupy(connection, booking.id, slot, cells, limits):
                return Claim.TAKEN, booking
            values = {"state": state.value, "moved": int(moved), "envelope": envelope}
            connection.execute(BOOK, {**span(booking.id, slot), **values})
            return Claim.GRANTED, booking

        return await self._database.write(work)

    async def move(
        self, booking_id: bytes, slot: Slot, cells: range, limits: Sequence[Limit] = ()
    ) -> tuple[Claim, Booking] | None:
        """Take the new slot and release the old, or keep the old. None: no such booking.

        A cancelled booking cannot be moved back to life.
        """

        def work(connection: sqlite3.Connection) -> tuple[Claim, Booking] | None:
            booking = find(connection, booking_id)
            if booking is None or booking.state is State.CANCELLED:
                return None
            connection.execute("SAVEPOINT move")
            connection.execute(RELEASE, {"id": booking_id})
            if not occupy(connection, booking_id, slot, cells, limits):
                connection.execute("ROLLBACK TO move")
                connection.execute("RELEASE move")
                return Claim.TAKEN, booking
            connection.execute(
                "UPDATE bookings SET start = :start, end = :end, moved = 1 WHERE id = :id",
                {"id": booking_id, "start": slot.start, "end": slot.end},
            )
            connection.execute("RELEASE move")
            return Claim.GRANTED, Booking(booking_id, slot, booking.state, True)

        return await self._database.write(work)

    async def cancel(self, booking_id: bytes) -> Booking | None:
        """Release the slot; the row stays, so that the desk sees it and no ticket revives it."""
        return await self._change(booking_id, State.CANCELLED)

    async def accept(self, booking_id: bytes) -> Booking | None:
        """The desk's yes to a requested booking; a cancelled one stays cancelled."""
        return await self._change(booking_id, State.CONFIRMED)

    async def _change(self, booking_id: bytes, state: State) -> Booking | None:
        def work(connection: sqlite3.Connection) -> Booking | None:
            booking = find(connection, booking_id)
            if booking is None or booking.state is State.CANCELLED:
                return booking
            if state is State.CANCELLED:
                connection.execute(RELEASE, {"id": booking_id})
            connection.execute(
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
        await self._database.write(
            lambda connection: connection.execute(
                "INSERT OR REPLACE INTO closures VALUES (?, ?, ?)", (word, slot.start, slot.end)
            )
        )

    async def reopen(self, word: str) -> bool:
        """Undo a closure; False when there is none of that name."""
        return await self._database.write(
            lambda connection: (
                connection.execute("DELETE FROM closures WHERE id = ?", (word,)).rowcount > 0
            )
        )

    async def forget(self, ids: list[bytes]) -> int:
        """Delete these bookings from the file for good; how many there were."""
        gone = await self._delete(ids)
        if gone:
            await self.rewrite()
        return gone

    async def rewrite(self) -> None:
        """Rewrite the file by key: nothing deleted is left in it, nor who came before whom."""
        await self._database.vacuum()

    async def _delete(self, ids: list[bytes]) -> int:
        names = [(name,) for name in ids]

        def work(connection: sqlite3.Connection) -> int:
            connection.executemany("DELETE FROM occupied WHERE booking = ?", names)
            return connection.executemany("DELETE FROM bookings WHERE id = ?", names).rowcount

        return await self._database.write(work) if names else 0

    async def purge(self, before: int) -> int:
        """Forget every booking, and every closure, that ended before an instant (UTC seconds).

        The file is rewritten in any case: this is the hour's housekeeping.
        """
        rows = await self._database.read("SELECT id FROM bookings WHERE end < ?", (before,))
        await self._database.write(
            lambda connection: connection.execute("DELETE FROM closures WHERE end < ?", (before,))
        )
        gone = await self._delete([row["id"] for row in rows])
        await self.rewrite()
        return gone

    async def backup(self, path: Path) -> None:
        """A consistent copy of the file, taken while it is in use."""
        await self._database.backup(path)

    async def check(self) -> None:
        """Raise Unsound when pages are damaged; nothing is written then until a check passes."""
        await self._database.check()


def find(connection: sqlite3.Connection, booking_id: bytes) -> Booking | None:
    row = connection.execute(FIND, (booking_id,)).fetchone()
    return as_booking(row) if row else None


def occupy(
    connection: sqlite3.Connection,
    booking_id: bytes,
    slot: Slot,
    cells: range,
    limits: Sequence[Limit],
) -> bool:
    """Take every cell, or none; False when one is taken, the slot closed, or a limit reached."""
    for limit in limits:
        span_of_limit = (limit.span.start, limit.span.end, booking_id)
        lengths = [end - start for start, end in connection.execute(STANDING, span_of_limit)]
        if sum(limit.cap.counts(length // MINUTE) for length in lengths) >= limit.cap.most:
            return False
    values = {**span(booking_id, slot), "first": cells[0], "last": cells[-1], "anyway": 0}
    try:
        return connection.execute(OCCUPY, values).rowcount > 0
    except sqlite3.IntegrityError:
        return False


def span(booking_id: bytes, slot: Slot) -> dict[str, Any]:
    return {"id": booking_id, "start": slot.start, "end": slot.end}


def as_booking(row: sqlite3.Row) -> Booking:
    slot = Slot(row["start"], row["end"])
    return Booking(row["id"], slot, State(row["state"]), bool(row["moved"]))
