"""Bookings, the cells they occupy, closures, openings: on the disk. Knows no name, no clock."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from booking_endpoint.availability import Busy, Extra, Limit
from booking_endpoint.database import Database
from booking_endpoint.instants import CELL, DAY, MINUTE, Slot
from booking_endpoint.schema import BOOK, FIND, MIGRATIONS, OCCUPY, RELEASE, STANDING, TAKEN

T = TypeVar("T")


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
        asked_for = [Slot(start, end)]
        closed = [one for one in await self.closures() if one.meets(asked_for)]
        extra = [one for one in await self.openings() if one.span.meets(asked_for)]
        busy = Busy(
            frozenset(cell for [cell] in cells),
            tuple(closed),
            tuple(Slot(start, end) for start, end in booked),
            tuple(extra),
        )
        self._last = asked, busy
        return busy

    def glance(self) -> Busy | None:
        """What was taken when somebody last looked: enough to try, since who writes looks again."""
        return self._last[1] if self._last else None

    async def closures(self) -> list[Slot]:
        rows = await self._database.read("SELECT start, end FROM closures")
        return [Slot(row["start"], row["end"]) for row in rows]

    async def openings(self) -> list[Extra]:
        """The hours opened at the desk, earliest first."""
        rows = await self._database.read("SELECT * FROM openings ORDER BY start, id")
        return [as_extra(row) for row in rows]

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
        *,
        beyond: bool = False,
    ) -> tuple[Claim, Booking]:
        """Give the slot to whoever asks first, under the first of the ids.

        A booking that stands under any of them is the answer to the same request, given
        again. Looking and writing are one transaction, and a cell has one owner. `moved`
        says that the envelope was sealed for a time that was gone when it arrived; `beyond`,
        that only hours opened at the desk hold the slot, and must do so still.
        """
        booking = Booking(ids[0], slot, state, moved)

        def work(connection: sqlite3.Connection) -> tuple[Claim, Booking]:
            for booking_id in ids:
                if earlier := find(connection, booking_id):
                    return Claim.REPEATED, earlier
            if not occupy(connection, booking.id, slot, cells, limits, beyond=beyond):
                return Claim.TAKEN, booking
            values = {"state": state.value, "moved": int(moved), "envelope": envelope}
            connection.execute(BOOK, {**span(booking.id, slot), **values})
            return Claim.GRANTED, booking

        return await self._database.write(work)

    async def move(
        self,
        booking_id: bytes,
        slot: Slot,
        cells: range,
        limits: Sequence[Limit] = (),
        *,
        beyond: bool = False,
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
            if not occupy(connection, booking_id, slot, cells, limits, beyond=beyond):
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

    async def open_between(self, word: str, extra: Extra) -> None:
        """Offer these hours too, beside those of the facts."""
        values = (word, extra.span.start, extra.span.end, " ".join(extra.visits))
        await self._database.write(
            lambda connection: connection.execute(
                "INSERT OR REPLACE INTO openings VALUES (?, ?, ?, ?)", values
            )
        )

    async def withdraw(self, word: str) -> bool:
        """Undo such an opening: bookings stay. False when there is none of that name."""
        return await self._database.write(
            lambda connection: (
                connection.execute("DELETE FROM openings WHERE id = ?", (word,)).rowcount > 0
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
        """Forget every booking, closure and opening that ended before an instant (UTC seconds).

        The file is rewritten in any case: this is the hour's housekeeping.
        """
        rows = await self._database.read("SELECT id FROM bookings WHERE end < ?", (before,))

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM closures WHERE end < ?", (before,))
            connection.execute("DELETE FROM openings WHERE end < ?", (before,))

        await self._database.write(work)
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
    *,
    beyond: bool,
) -> bool:
    """Take every cell, or none; False when one is taken, the slot closed, or a limit reached."""
    for limit in limits:
        span_of_limit = (limit.span.start, limit.span.end, booking_id)
        lengths = [end - start for start, end in connection.execute(STANDING, span_of_limit)]
        if sum(limit.cap.counts(length // MINUTE) for length in lengths) >= limit.cap.most:
            return False
    values = {**span(booking_id, slot), "first": cells[0], "last": cells[-1], "anyway": 0}
    values["beyond"] = int(beyond)
    try:
        return connection.execute(OCCUPY, values).rowcount > 0
    except sqlite3.IntegrityError:
        return False


def span(booking_id: bytes, slot: Slot) -> dict[str, Any]:
    return {"id": booking_id, "start": slot.start, "end": slot.end}


def as_extra(row: sqlite3.Row) -> Extra:
    return Extra(Slot(row["start"], row["end"]), tuple(row["visits"].split()))


def as_booking(row: sqlite3.Row) -> Booking:
    slot = Slot(row["start"], row["end"])
    return Booking(row["id"], slot, State(row["state"]), bool(row["moved"]))
