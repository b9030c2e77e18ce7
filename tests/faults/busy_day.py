"""A busy day at the store, as a process of its own: `python -m tests.faults.busy_day FOLDER`.

Waves of bookings, moves, cancellations and yeses, so that many share one transaction; between
them bookings are forgotten and the write-ahead log is brought home. Every wish and every
acknowledgement is written to the file `acknowledged`, so that the shim puts both in their
place among the writes of SQLite.
"""

import asyncio
import json
import os
import random
import sqlite3
import sys
from collections.abc import Awaitable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from booking_endpoint import sqlite_file
from booking_endpoint.app import FAULTS
from booking_endpoint.instants import HOUR, MINUTE, Slot
from booking_endpoint.store import Booking, Claim, State, Store

DATABASE, MARKS = "bookings.db", "acknowledged"
MORNING = 1_800_000_000
BUFFER = 10
WAVES, TOGETHER, HOURS = 24, 12, 400
BAD = (5, 10, 18)
"""Waves before which, if asked for, the disk fails for a while."""

Fate = tuple[int, str] | None
"""Where a booking stands: its start and its state; None when there is no such booking."""

Outcome = tuple[Claim, Booking] | Booking | None


@dataclass(frozen=True, slots=True)
class Mark:
    """Of one booking, what somebody wishes for it, or what he has been told of it."""

    id: bytes
    told: bool
    fate: Fate

    def to_line(self) -> bytes:
        return json.dumps([self.id.hex(), self.told, self.fate]).encode() + b"\n"

    @classmethod
    def of(cls, line: bytes) -> "Mark":
        name, told, fate = json.loads(line)
        return cls(bytes.fromhex(name), told, (fate[0], fate[1]) if fate else None)


def slot_at(start: int) -> Slot:
    return Slot(start, start + 30 * MINUTE)


def cells_at(start: int) -> set[int]:
    return set(slot_at(start).cells(after=BUFFER))


def envelope_of(booking: bytes) -> bytes:
    """As long as a real one, and told apart from every other."""
    return (booking * 600)[:9553]


class BusyDay:
    """Who has which booking, and what they do next."""

    def __init__(self, store: Store, marks: IO[bytes], chance: random.Random) -> None:
        self._store, self._marks, self._chance = store, marks, chance
        self._fates: dict[bytes, Fate] = {}

    def wave(self) -> list[Awaitable[None]]:
        """What comes in together: each booking is touched once, times are wished for twice."""
        standing = [name for name, fate in self._fates.items() if fate and fate[1] != "cancelled"]
        self._chance.shuffle(standing)
        acts: list[Awaitable[None]] = [self._book() for _ in range(TOGETHER)]
        for name in standing[: TOGETHER // 2]:
            acts.append(self._chance.choice([self._move, self._cancel, self._accept])(name))
        return acts

    async def forget(self) -> None:
        """A few bookings for good: the file is rewritten without them."""
        gone = sorted(name for name, fate in self._fates.items() if fate)[:5]
        for name in gone:
            self._mark(Mark(name, False, None))
        await self._store.forget(gone)
        for name in gone:
            self._know(name, None)

    async def _book(self) -> None:
        name, slot = self._chance.randbytes(16), self._slot()
        state = self._chance.choice([State.CONFIRMED, State.REQUESTED])
        self._wish(name, slot.start, state.value)
        cells, envelope = slot.cells(after=BUFFER), envelope_of(name)
        claim, _ = await self._store.book([name], slot, cells, state, envelope)
        self._know(name, (slot.start, state.value) if claim is Claim.GRANTED else None)

    async def _move(self, name: bytes) -> None:
        slot = self._slot()
        self._wish(name, slot.start, self._standing(name)[1])
        moved = await self._store.move(name, slot, slot.cells(after=BUFFER))
        assert moved is not None
        self._know(name, fate_of(moved[1]))

    async def _cancel(self, name: bytes) -> None:
        self._wish(name, self._standing(name)[0], "cancelled")
        self._know(name, fate_of(await self._store.cancel(name)))

    async def _accept(self, name: bytes) -> None:
        self._wish(name, self._standing(name)[0], "confirmed")
        self._know(name, fate_of(await self._store.accept(name)))

    def _slot(self) -> Slot:
        return slot_at(MORNING + self._chance.randrange(HOURS) * HOUR)

    def _standing(self, name: bytes) -> tuple[int, str]:
        fate = self._fates[name]
        assert fate is not None
        return fate

    def _wish(self, name: bytes, start: int, state: str) -> None:
        """Until somebody is told what became of it, nobody touches this booking again."""
        self._fates.pop(name, None)
        self._mark(Mark(name, False, (start, state)))

    def _know(self, name: bytes, fate: Fate) -> None:
        self._fates[name] = fate
        self._mark(Mark(name, True, fate))

    def _mark(self, mark: Mark) -> None:
        self._marks.write(mark.to_line())


def fate_of(booking: Booking | None) -> Fate:
    return (booking.slot.start, booking.state.value) if booking else None


async def storm(day: BusyDay, store: Store) -> None:
    """Two waves while no sync holds, and then as long as the store needs to be well again."""
    tell_disk("unsynced")
    for _ in range(2):
        failed = await asyncio.gather(*day.wave(), return_exceptions=True)
        assert all(isinstance(error, FAULTS) for error in failed), failed
    tell_disk("")
    for _ in range(100):
        try:
            return await store.open()
        except FAULTS:
            await asyncio.sleep(0.1)
    raise TimeoutError


def tell_disk(word: str) -> None:
    Path(os.environ["SHIM_CONTROL"]).write_text(word, encoding="ascii")


async def busy_day(folder: Path) -> None:
    store = Store(folder / DATABASE)
    await store.open()
    with (folder / MARKS).open("ab", buffering=0) as marks:
        day = BusyDay(store, marks, random.Random(20261122))  # noqa: S311  # the same day again
        for wave in range(WAVES):
            if wave in BAD and "--bad-syncs" in sys.argv:
                await storm(day, store)
            await asyncio.gather(*day.wave())
            if wave % 8 == 7:
                await day.forget()
            elif wave % 4 == 3:
                bring_home(folder / DATABASE)
    await store.close()


def bring_home(path: Path) -> None:
    """A checkpoint, as SQLite does one by itself after a thousand pages."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")


if __name__ == "__main__":
    if "--careless" in sys.argv:
        sqlite_file.PROMISES["synchronous"] = 1  # NORMAL: a commit does not wait for the disk
    asyncio.run(busy_day(Path(sys.argv[1])))
