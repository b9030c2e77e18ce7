"""The file: opened as promised, written in shared transactions, emptied of what is forgotten."""

import asyncio
import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any, TypeVar

import pytest

from booking_endpoint.availability import Extra
from booking_endpoint.database import Database
from booking_endpoint.instants import DAY, Slot
from booking_endpoint.schema import MIGRATIONS
from booking_endpoint.sqlite_file import PROMISES, BrokenPromise, NewerFile, Unsound, connect
from booking_endpoint.store import Claim, State, Store
from tests.edge.patient import Clock, Patient
from tests.serving import Practice, serving

T = TypeVar("T")

HALF_HOUR = 1800
NINE = 1_796_025_600
"""2026-11-30T08:00:00Z."""


def slot(half_hours: int = 0, minutes: int = 30) -> Slot:
    start = NINE + half_hours * HALF_HOUR
    return Slot(start, start + minutes * 60)


def with_store(path: Path, act: Callable[[Store], Coroutine[Any, Any, T]]) -> T:
    """Open the store, do one thing with it, close it."""

    async def whole() -> T:
        store = Store(path)
        await store.open()
        try:
            return await act(store)
        finally:
            await store.close()

    return asyncio.run(whole())


async def book(store: Store, nth: int, envelope: bytes = b"sealed", after: int = 0) -> Claim:
    cells = slot(nth).cells(0, after)
    claim, _booking = await store.book(
        [bytes([nth]) * 16], slot(nth), cells, State.CONFIRMED, envelope
    )
    return claim


async def move(store: Store, nth: int, to: Slot, after: int = 0) -> tuple[Claim, Slot] | None:
    moved = await store.move(bytes([nth]) * 16, to, to.cells(0, after))
    return (moved[0], moved[1].slot) if moved else None


async def taken(store: Store) -> frozenset[int]:
    """The cells that are taken now."""
    return (await store.busy(0, NINE + DAY)).cells


def heard(store: Store) -> list[str]:
    """The statements the writer will be given from now on."""
    seen: list[str] = []
    writer = store._database._file._connection
    assert writer
    writer.set_trace_callback(seen.append)
    return seen


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path, timeout=10)) as database:
        return database.execute(sql).fetchall()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bookings.db"


# --- promises ------------------------------------------------------------------------------------

DEFAULTS = {
    "journal_mode": "delete",
    "synchronous": "1",
    "secure_delete": "0",
    "foreign_keys": "0",
    "temp_store": "0",
    "trusted_schema": "1",
}
"""What a connection is that did not listen."""


def test_every_connection_keeps_every_promise(path: Path) -> None:
    """Settings are per connection: set once, in a migration, they would bind nobody."""

    async def settings() -> list[dict[str, Any]]:
        opened = Database(path, MIGRATIONS)
        try:
            read = {name: (await opened.read(f"PRAGMA {name}"))[0][0] for name in PROMISES}
            writer = opened._file._connection
            assert writer
            written = {name: writer.execute(f"PRAGMA {name}").fetchone()[0] for name in PROMISES}
            return [read, written]
        finally:
            await opened.close()

    expected = {
        "journal_mode": "wal",
        "synchronous": 2,
        "secure_delete": 1,
        "foreign_keys": 1,
        "temp_store": 2,
        "trusted_schema": 0,
    }
    assert asyncio.run(settings()) == [expected, expected]
    assert asyncio.run(settings()) == [expected, expected]


@pytest.mark.parametrize("name", PROMISES)
def test_a_connection_that_does_not_keep_a_promise_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """SQLite says nothing when it does not take a setting: a read-only disk, another build."""

    class Deaf(sqlite3.Connection):
        def execute(self, sql: str, *given: Any) -> sqlite3.Cursor:
            if sql.startswith(f"PRAGMA {name}="):
                sql = f"PRAGMA {name}={DEFAULTS[name]}"
            return super().execute(sql, *given)

    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Deaf))
    with pytest.raises(BrokenPromise, match=name):
        connect(path)
    with pytest.raises(BrokenPromise, match=name):
        with_store(path, Store.export)


def test_a_store_that_cannot_keep_a_log_is_refused() -> None:
    with pytest.raises(BrokenPromise, match="journal_mode"):
        connect(Path(":memory:"))


def test_a_newer_file_is_left_alone(path: Path) -> None:
    """An older release after a rollback must not write what it does not understand."""
    with_store(path, lambda store: book(store, 1))
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA user_version={len(MIGRATIONS) + 1}")
    before = path.read_bytes()
    with pytest.raises(NewerFile):
        with_store(path, Store.export)
    assert path.read_bytes() == before


def test_migrations_are_applied_together_or_not_at_all(path: Path) -> None:
    async def migrate(*more: str) -> None:
        database = Database(path, (*MIGRATIONS, *more))
        try:
            await database.open()
        finally:
            await database.close()

    asyncio.run(migrate())
    with pytest.raises(sqlite3.OperationalError):
        asyncio.run(migrate("CREATE TABLE one (a INTEGER) STRICT; CREATE TABLE one (b INTEGER)"))
    assert rows(path, "PRAGMA user_version") == [(len(MIGRATIONS),)]
    assert rows(path, "SELECT name FROM sqlite_schema WHERE name = 'one'") == []


def test_a_file_of_the_first_schema_is_brought_up_and_keeps_what_it_holds(path: Path) -> None:
    """A practice that updates after a year finds every booking, and the time still taken."""
    with closing(sqlite3.connect(path)) as old:
        old.executescript(f"{MIGRATIONS[0]}; PRAGMA user_version=1")
        values = (b"\1" * 16, slot(1).start, slot(1).end, b"sealed")
        old.execute("INSERT INTO bookings VALUES (?, ?, ?, 'requested', 1, ?)", values)
        for cell in slot(1).cells():
            old.execute("INSERT INTO occupied VALUES (?, ?)", (cell, b"\1" * 16))
        old.commit()

    async def act(store: Store) -> list[tuple[Any, ...]]:
        assert await book(store, 1) is Claim.REPEATED
        other = await store.book([b"x" * 16], slot(1), slot(1).cells(), State.CONFIRMED, b"y")
        assert other[0] is Claim.TAKEN
        return [(one.slot, one.state, one.moved, sealed) for one, sealed in await store.export()]

    assert with_store(path, act) == [(slot(1), State.REQUESTED, True, b"sealed")]
    assert rows(path, "PRAGMA user_version") == [(len(MIGRATIONS),)]


def test_nothing_in_the_schema_tells_who_or_when(path: Path) -> None:
    with_store(path, Store.export)
    columns = rows(
        path,
        "SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c"
        " WHERE m.type = 'table'",
    )
    assert set(columns) == {
        *(("bookings", name) for name in ("id", "start", "end", "state", "moved", "envelope")),
        *(("occupied", name) for name in ("cell", "booking")),
        *(("closures", name) for name in ("id", "start", "end")),
        *(("openings", name) for name in ("id", "start", "end", "visits")),
    }
    for _name, sql in rows(path, "SELECT name, sql FROM sqlite_schema WHERE type = 'table'"):
        assert "STRICT" in sql
        assert "WITHOUT ROWID" in sql


# --- one writer ----------------------------------------------------------------------------------


def test_a_booking_is_answered_after_its_commit(path: Path) -> None:
    """What another process reads at the moment of the answer is what a crash would leave."""

    async def check(store: Store) -> None:
        for nth in range(5):
            assert await book(store, nth) is Claim.GRANTED
            assert rows(path, "SELECT count(*) FROM bookings") == [(nth + 1,)]

    with_store(path, check)


def test_those_who_wait_together_share_one_transaction(path: Path) -> None:
    async def commits(store: Store) -> int:
        seen = heard(store)
        await asyncio.gather(*(book(store, nth) for nth in range(1, 40)))
        return sum(statement.startswith("COMMIT") for statement in seen)

    assert with_store(path, commits) <= 2
    assert rows(path, "SELECT count(*) FROM bookings") == [(39,)]


def test_of_those_who_wait_together_one_gets_the_time(path: Path) -> None:
    async def claims(store: Store) -> list[Claim]:
        wishes = (
            store.book([bytes([nth]) * 16], slot(), slot().cells(), State.CONFIRMED, b"x")
            for nth in range(40)
        )
        return [claim for claim, _booking in await asyncio.gather(*wishes)]

    found = with_store(path, claims)
    assert sorted(claim.value for claim in found) == ["granted"] + ["taken"] * 39


def test_forgetting_beside_bookings_disturbs_neither(path: Path) -> None:
    """The hourly purge rewrites the file while patients book: in turn, never in between."""

    async def act(store: Store) -> None:
        for nth in range(100, 130):
            await book(store, nth)

        async def forget_each() -> None:
            for nth in range(100, 130):
                assert await store.forget([bytes([nth]) * 16]) == 1

        async def book_each(first: int) -> None:
            for nth in range(first, 100, 3):
                assert await book(store, nth) is Claim.GRANTED

        async with asyncio.TaskGroup() as together:
            together.create_task(forget_each())
            for first in (1, 2, 3):
                together.create_task(book_each(first))

    with_store(path, act)
    assert rows(path, "SELECT count(*) FROM bookings") == [(99,)]


def test_a_file_is_opened_in_turn(path: Path) -> None:
    """SQLite does not wait when two begin the write-ahead log at once: it fails."""
    with path.with_name("bookings.db.lock").open("ab") as lock, ThreadPoolExecutor(1) as other:
        fcntl.flock(lock, fcntl.LOCK_EX)
        opening = other.submit(with_store, path, Store.export)
        time.sleep(0.3)
        early = path.exists()
        fcntl.flock(lock, fcntl.LOCK_UN)
        assert (early, opening.result(20)) == (False, [])


def test_many_may_open_a_new_file_at_once(path: Path) -> None:
    """Two workers start together on the first day."""
    for attempt in range(10):
        file, together = path.with_name(f"{attempt}.db"), Barrier(4)

        def open_once(nth: int, file: Path = file, together: Barrier = together) -> Claim:
            together.wait(10)
            return with_store(file, lambda store: book(store, nth))

        with ThreadPoolExecutor(4) as workers:
            assert list(workers.map(open_once, range(4))) == [Claim.GRANTED] * 4


# --- forgetting ----------------------------------------------------------------------------------


def bytes_on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file())


def test_what_is_forgotten_is_gone_from_the_file(path: Path) -> None:
    """Neither in free pages nor in the write-ahead log, while the store stays open."""
    envelope, other = os.urandom(9553), os.urandom(9553)

    async def act(store: Store) -> None:
        await book(store, 1, envelope)
        await book(store, 2, other)
        assert envelope[3000:3064] in bytes_on_disk(path.parent)
        assert await store.forget([b"\1" * 16]) == 1
        left = bytes_on_disk(path.parent)
        assert other[3000:3064] in left
        pieces = [envelope[at : at + 64] for at in range(0, 6300, 100)]
        assert [piece for piece in pieces if piece in left] == []
        assert b"\1" * 16 not in left

    with_store(path, act)


def test_what_was_moved_or_cancelled_leaves_no_second_copy(path: Path) -> None:
    envelope = os.urandom(9553)

    async def act(store: Store) -> None:
        await book(store, 1, envelope)
        await move(store, 1, slot(5))
        await store.cancel(b"\1" * 16)
        await store.forget([b"\1" * 16])
        assert envelope[3000:3064] not in bytes_on_disk(path.parent)

    with_store(path, act)


def test_a_forgotten_time_is_free(path: Path) -> None:
    async def act(store: Store) -> None:
        await book(store, 1)
        await store.forget([b"\1" * 16, b"\2" * 16])
        assert await taken(store) == frozenset()
        assert await book(store, 1) is Claim.GRANTED

    with_store(path, act)


def test_forgetting_is_one_step(path: Path) -> None:
    """A crash in the middle must not leave a booking whose time is free for others."""

    async def act(store: Store) -> None:
        await book(store, 1)
        seen = heard(store)
        await store.forget([b"\1" * 16])
        told = [statement.split()[0] for statement in seen]
        assert told[: told.index("PRAGMA")] == ["BEGIN", "DELETE", "DELETE", "COMMIT"]
        assert "VACUUM" in told

    with_store(path, act)


def test_a_purge_forgets_what_ended_before(path: Path) -> None:
    async def act(store: Store) -> None:
        for nth in (1, 2, 3):
            await book(store, nth)
        await store.close_between("old", Slot(NINE - DAY, NINE))
        await store.close_between("new", Slot(NINE, NINE + DAY))
        await store.open_between("old", Extra(Slot(NINE - DAY, NINE)))
        await store.open_between("new", Extra(Slot(NINE, NINE + DAY), ("colposcopy",)))
        assert await store.purge(slot(2).end) == 1
        assert [booking.slot for booking, _envelope in await store.export()] == [slot(2), slot(3)]
        assert await store.closures() == [Slot(NINE, NINE + DAY)]
        assert await store.openings() == [Extra(Slot(NINE, NINE + DAY), ("colposcopy",))]
        assert await store.purge(slot(2).end) == 0

    with_store(path, act)


def test_the_server_purges_when_it_starts(practice: Practice, clock: Clock) -> None:
    """And every hour: a practice that is rebooted each night keeps nothing too long."""
    with serving(practice, clock, with_site=False), Patient(practice) as patient:
        start = patient.times()[0]
        envelope = patient.envelope("consultation", start)
        request = {**patient.request(start), "envelope": envelope}
        assert patient.post("/bookings", request).status_code == 201
    for days, left in ((7, 1), (8.1, 0)):
        clock.set(start)
        clock.pass_by(days=days)
        with serving(practice, clock, with_site=False), Patient(practice) as patient:
            patient.post("/tickets")
        assert rows(practice.database, "SELECT count(*) FROM bookings") == [(left,)]
    assert envelope.encode()[:80] not in bytes_on_disk(practice.folder)


# --- closures ------------------------------------------------------------------------------------


def closed(practice: Practice, word: str, start: int, end: int) -> None:
    with closing(sqlite3.connect(practice.database, timeout=10)) as database, database:
        database.execute("INSERT INTO closures VALUES (?, ?, ?)", (word, start, end))


def test_a_closed_time_is_neither_listed_nor_given(served: Practice, patient: Patient) -> None:
    """A visit that only touches the closure is given; one that reaches into it is not."""
    nine, tuesday = "2026-12-01T08:00:00Z", NINE + DAY
    kept = patient.booked(nine)
    closed(served, "conference", tuesday, tuesday + 2 * 3600)
    times = patient.times()
    assert next(start for start in times if start > nine) == "2026-12-01T10:00:00Z"
    assert patient.book("2026-12-01T09:30:00Z").status_code == 409
    assert patient.move(kept["manage"], "2026-12-01T08:30:00Z").status_code == 409
    shown = patient.post("/bookings/show", {"manage": kept["manage"]}).json()
    assert (shown["start"], shown["state"]) == (nine, "confirmed")
    closed(served, "strike", NINE, NINE + 400 * DAY)
    assert patient.times() == []
    with closing(sqlite3.connect(served.database, timeout=10)) as database, database:
        database.execute("DELETE FROM closures")
    assert "2026-12-01T09:30:00Z" in patient.times()


def test_a_closure_made_between_look_and_write_wins(path: Path) -> None:
    async def act(store: Store) -> None:
        await store.close_between("now", slot(1))
        assert await book(store, 1) is Claim.TAKEN
        assert await book(store, 2) is Claim.GRANTED
        assert await book(store, 0) is Claim.GRANTED
        assert await move(store, 2, Slot(slot(1).start + 300, slot(1).end)) == (
            Claim.TAKEN,
            slot(2),
        )
        assert await store.reopen("now")
        assert not await store.reopen("now")
        assert await book(store, 1) is Claim.GRANTED

    with_store(path, act)


def test_hours_withdrawn_between_look_and_write_are_not_given(path: Path) -> None:
    async def act(store: Store) -> None:
        wanted = slot(1), slot(1).cells()
        one, two = ([bytes([nth]) * 16] for nth in (1, 2))
        await store.book(two, slot(2), slot(2).cells(), State.CONFIRMED, b"sealed")
        await store.open_between("more", Extra(Slot(slot(1).start, slot(1).end - 300)))
        claim, _ = await store.book(one, *wanted, State.CONFIRMED, b"sealed", beyond=True)
        assert claim is Claim.TAKEN
        moved = await store.move(two[0], *wanted, beyond=True)
        assert moved
        assert moved[0] is Claim.TAKEN
        await store.open_between("more", Extra(slot(1)))
        claim, _ = await store.book(one, *wanted, State.CONFIRMED, b"sealed", beyond=True)
        assert claim is Claim.GRANTED
        assert await store.withdraw("more")
        assert not await store.withdraw("more")

    with_store(path, act)


def test_a_closure_without_end_costs_nothing(path: Path) -> None:
    """A hundred years are ten million cells, were they all counted for every question."""

    async def act(store: Store) -> None:
        await store.close_between("for good", Slot(NINE, NINE + 36_500 * DAY))
        busy = await store.busy(NINE, NINE + DAY)
        assert (busy.cells, len(busy.closed)) == (frozenset(), 1)

    with_store(path, act)


# --- what a booking is ---------------------------------------------------------------------------


def test_a_move_keeps_the_whole_visit_and_its_buffer(path: Path) -> None:
    """The same start for another kind of visit: the time after it is held as well."""

    async def act(store: Store) -> None:
        await book(store, 1)
        await move(store, 1, slot(1), after=10)
        assert len(await taken(store)) == 8

    with_store(path, act)


def test_a_move_that_fails_releases_nothing(path: Path) -> None:
    """Another was faster after the look: the old time is still held, cell by cell."""

    async def act(store: Store) -> None:
        await book(store, 1, after=5)
        await book(store, 3)
        before = await taken(store)
        assert await book(store, 9) is Claim.GRANTED
        for wish in (slot(3), Slot(slot(3).start - 300, slot(3).end)):
            assert await move(store, 1, wish) == (Claim.TAKEN, slot(1))
        assert await taken(store) == before | frozenset(slot(9).cells())

    with_store(path, act)


def test_a_cancelled_booking_cannot_be_accepted_or_moved(path: Path) -> None:
    async def act(store: Store) -> None:
        await book(store, 1)
        await store.cancel(b"\1" * 16)
        accepted = await store.accept(b"\1" * 16)
        assert accepted
        assert accepted.state is State.CANCELLED
        assert await move(store, 1, slot(3)) is None
        assert await taken(store) == frozenset()

    with_store(path, act)


def test_a_backup_is_a_sound_database_of_its_own(path: Path) -> None:
    copy = path.with_name("copy.db")

    async def act(store: Store) -> None:
        await book(store, 1)
        await store.backup(copy)
        await book(store, 2)
        await store.check()

    with_store(path, act)
    assert rows(copy, "PRAGMA integrity_check") == [("ok",)]
    assert rows(copy, "SELECT count(*) FROM bookings") == [(1,)]
    with_store(copy, lambda store: book(store, 3))


def test_a_page_that_is_damaged_is_found(path: Path) -> None:
    with_store(path, lambda store: book(store, 1, os.urandom(40_000)))
    damaged = bytearray(path.read_bytes())
    [(root,)] = rows(path, "SELECT rootpage FROM sqlite_schema WHERE name = 'bookings'")
    at = (root - 1) * 4096
    damaged[at + 3 : at + 5] = b"\0\0"
    path.write_bytes(damaged)
    with pytest.raises(Unsound):
        with_store(path, Store.open)
