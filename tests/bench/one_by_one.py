"""The usual store, to be compared with: one connection for writers, a lock, a commit for each.

As durable and as strict as ours; only the queue is missing. Reads are ours.
"""

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import aiosqlite

from booking_endpoint.availability import Limit
from booking_endpoint.instants import Slot
from booking_endpoint.store import Booking, Claim, State, Store

PRAGMAS = ("journal_mode=wal", "synchronous=FULL", "secure_delete=1", "foreign_keys=1")


class OneByOne(Store):
    """Books like our store, each booking in a transaction and a sync of its own."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._file, self._lock = path, asyncio.Lock()

    async def open(self) -> None:
        await super().open()
        self._connection = await aiosqlite.connect(self._file, timeout=10, isolation_level=None)
        for pragma in PRAGMAS:
            await self._connection.execute_fetchall(f"PRAGMA {pragma}")

    async def close(self) -> None:
        await self._connection.close()
        await super().close()

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
        booking = Booking(ids[0], slot, state, moved)
        held = [(cell, booking.id) for cell in cells]
        async with self._lock:
            await self._connection.execute("BEGIN IMMEDIATE")
            try:
                await self._connection.executemany("INSERT INTO occupied VALUES (?, ?)", held)
                await self._connection.execute(
                    "INSERT INTO bookings (id, start, end, state, moved, envelope)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (booking.id, slot.start, slot.end, state.value, int(moved), envelope),
                )
            except sqlite3.IntegrityError:
                await self._connection.execute("ROLLBACK")
                return Claim.TAKEN, booking
            await self._connection.execute("COMMIT")
        return Claim.GRANTED, booking
