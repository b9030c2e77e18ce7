"""Bookings, the cells they occupy, closures, openings: on the disk. Knows no name, no clock."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from booking_endpoint.availability import Busy, Extra, Limit
from booking_endpoint.database import Database
from booking_endpoint.instants import CELL, DAY, Slot
from booking_endpoint.rows import (
    Booking,
    Claim,
    State,
    as_booking,
    as_extra,
    as_slot,
    find,
    occupy,
    span,
    stands,
)
from booking_endpoint.schema import BOOK, CLOSE, FIND, MIGRATIONS, OFFER, RELEASE, STANDING, TAKEN
from booking_endpoint.storage import Storage, Transaction, Where, Work

__all__ = ["Booking", "Claim", "State", "Store"]

T = TypeVar("T")


class Store:
    """The bookings on the disk. Whatever a method gives back has been synced."""

    def __init__(self, where: Where) -> None:
        self._database = storage_at(where)
        self._last: tuple[object, Busy] | None = None

    async def open(self) -> None:
        """Open or create the file; raises sqlite3.Error, OSError, BrokenPromise or NewerFile."""
        await self._database.open()

    async def close(self) -> None:
        await self._database.close()

    async def read(self, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
        return await self._database.read(sql, values)

    async def write(self, work: Work[T]) -> T:
        """Do this in one transaction, and sync."""
        return await self._database.write(work)

    def version(self) -> object:
        """Changes with every change; None while nobody can say without asking."""
        return self._database.version()

    async def mark(self) -> object:
        """Changes with every change, whoever made it."""
        return await self._database.mark()

    async def busy(self, start: int, end: int, but: bytes = b"", *, counting: bool = False) -> Busy:
        """What is taken between two instants (UTC seconds), read once for each state of the store.

        Without the booking `but`: who moves a visit does not stand in his own way. Where a cap
        is `counting` bookings, those of the weeks around are given too.
        """
        version = await self.mark()
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
            frozenset(row["cell"] for row in cells),
            tuple(closed),
            tuple(as_slot(row) for row in booked),
            tuple(extra),
        )
        self._last = asked, busy
        return busy

    def glance(self) -> Busy | None:
        """What was taken when somebody last looked: enough to try, since who writes looks again."""
        return self._last[1] if self._last else None

    async def closures(self) -> list[Slot]:
        return [as_slot(row) for row in await self._database.read("SELECT * FROM closures")]

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

        def work(connection: Transaction) -> tuple[Claim, Booking]:
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

        def work(connection: Transaction) -> tuple[Claim, Booking] | None:
            booking = find(connection, booking_id)
            if booking is None or booking.state is State.CANCELLED:
                return None
            connection.execute("SAVEPOINT move")
            connection.execute(RELEASE, {"id": booking_id})
            if not occupy(connection, booking_id, slot, cells, limits, beyond=beyond):
                connection.execute("ROLLBACK TO move")
                connection.execute("RELEASE move")
                return Claim.TAKEN, booking
            stands(connection, moved := Booking(booking_id, slot, booking.state, True))
            connection.execute("RELEASE move")
            return Claim.GRANTED, moved

        return await self._database.write(work)

    async def cancel(self, booking_id: bytes) -> Booking | None:
        """Release the slot; the row stays, so that the desk sees it and no ticket revives it."""
        return await self._change(booking_id, State.CANCELLED)

    async def accept(self, booking_id: bytes) -> Booking | None:
        """The desk's yes to a requested booking; a cancelled one stays cancelled."""
        return await self._change(booking_id, State.CONFIRMED)

    async def _change(self, booking_id: bytes, state: State) -> Booking | None:
        def work(connection: Transaction) -> Booking | None:
            booking = find(connection, booking_id)
            if booking is None or booking.state is State.CANCELLED:
                return booking
            if state is State.CANCELLED:
                connection.execute(RELEASE, {"id": booking_id})
            stands(connection, changed := Booking(booking_id, booking.slot, state, booking.moved))
            return changed

        return await self._database.write(work)

    async def export(self) -> list[tuple[Booking, bytes]]:
        """Every booking with its envelope, in the order of the visits."""
        rows = await self._database.read("SELECT * FROM bookings ORDER BY start, id")
        return [(as_booking(row), row["envelope"]) for row in rows]

    async def close_between(self, word: str, slot: Slot) -> None:
        """Offer nothing between two instants; bookings that stand there stay."""
        values = (word, slot.start, slot.end)
        await self._database.write(lambda connection: connection.execute(CLOSE, values))

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
        await self._database.write(lambda connection: connection.execute(OFFER, values))

    async def withdraw(self, word: str) -> bool:
        """Undo such an opening: bookings stay. False when there is none of that name."""
        return await self._database.write(
            lambda connection: (
                connection.execute("DELETE FROM openings WHERE id = ?", (word,)).rowcount > 0
            )
        )

    async def forget(self, ids: list[bytes]) -> int:
        """Delete these bookings for good; how many there were."""
        gone = await self._delete(ids)
        if gone:
            await self.rewrite()
        return gone

    async def rewrite(self) -> None:
        """Write every row anew, by key: nothing deleted is left, nor who came before whom."""
        await self._database.rewrite()

    async def _delete(self, ids: list[bytes]) -> int:
        def work(connection: Transaction) -> int:
            for name in ids:
                connection.execute(RELEASE, {"id": name})
            deleting = "DELETE FROM bookings WHERE id = ?"
            return sum(connection.execute(deleting, (name,)).rowcount for name in ids)

        return await self._database.write(work) if ids else 0

    async def purge(self, before: int) -> int:
        """Forget every booking, closure and opening that ended before an instant (UTC seconds).

        All is rewritten in any case: this is the hour's housekeeping.
        """
        rows = await self._database.read('SELECT id FROM bookings WHERE "end" < ?', (before,))

        def work(connection: Transaction) -> None:
            connection.execute('DELETE FROM closures WHERE "end" < ?', (before,))
            connection.execute('DELETE FROM openings WHERE "end" < ?', (before,))

        await self._database.write(work)
        gone = await self._delete([row["id"] for row in rows])
        await self.rewrite()
        return gone

    async def backup(self, path: Path) -> None:
        """A consistent copy of the file, taken while it is in use; raises NotOffered."""
        await self._database.backup(path)

    async def check(self) -> str:
        """What keeps the bookings, and its version; raises Unsound when they are damaged."""
        return await self._database.check()


def storage_at(where: Where) -> Storage:
    """One SQLite file, or one schema of a PostgreSQL server."""
    if isinstance(where, Path):
        return Database(where, MIGRATIONS)
    from booking_endpoint.postgres import Postgres  # needs psycopg, which few have

    return Postgres(where)
