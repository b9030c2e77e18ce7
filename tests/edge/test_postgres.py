"""What is the server's own: a practice's schema, its turn, its faults, and what its disk keeps."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import httpx
import psycopg
import pytest

from booking_endpoint.__main__ import main
from booking_endpoint.envelope import PrivateKey
from booking_endpoint.instants import rfc3339
from booking_endpoint.postgres import TRIES, Session
from booking_endpoint.sqlite_file import BrokenPromise, NewerFile
from booking_endpoint.storage import ServerFault, ServerUrl
from booking_endpoint.store import Claim, State, Store
from booking_endpoint.tickets import Tickets
from tests.edge.patient import Clock, Patient, crowd, ready_ticket
from tests.edge.test_retention import pieces
from tests.edge.test_store import book, slot, with_store
from tests.postgres import Server, cells_held, rows
from tests.serving import ROOT, SECRET, Practice, practice_in, serving, serving_workers, wait_until


@pytest.fixture
def url(postgres: Server) -> ServerUrl:
    """A practice's new, empty schema."""
    return postgres.practice()


@pytest.fixture
def kept(practice: Practice, url: ServerUrl) -> Practice:
    """A practice that keeps its bookings there."""
    practice.keep_at(url)
    return practice


# --- a schema of its own -------------------------------------------------------------------------


def test_two_practices_on_one_server_know_nothing_of_each_other(postgres: Server) -> None:
    one, other = postgres.practice(), postgres.practice()
    assert [with_store(url, lambda store: book(store, 1)) for url in (one, other)] == [
        Claim.GRANTED
    ] * 2
    assert [len(rows(url, "SELECT id FROM bookings")) for url in (one, other)] == [1, 1]


def test_the_schema_that_all_share_is_refused(postgres: Server) -> None:
    """Two practices whose addresses name none would keep one agenda."""
    with pytest.raises(BrokenPromise, match="CREATE SCHEMA"):
        with_store(postgres.url(), Store.export)


def test_a_newer_schema_is_left_alone(url: ServerUrl) -> None:
    with_store(url, lambda store: book(store, 1))
    with psycopg.connect(url.text) as server:
        server.execute("UPDATE about SET version = version + 1")
    with pytest.raises(NewerFile):
        with_store(url, Store.export)


def test_many_may_open_a_new_schema_at_once(postgres: Server) -> None:
    """Two workers start together on the first day."""
    for _ in range(5):
        url, together = postgres.practice(), threading.Barrier(4)

        def open_once(
            nth: int, url: ServerUrl = url, together: threading.Barrier = together
        ) -> Claim:
            together.wait(10)
            return with_store(url, lambda store: book(store, nth))

        with ThreadPoolExecutor(4) as workers:
            assert list(workers.map(open_once, range(4))) == [Claim.GRANTED] * 4


def test_a_server_that_answers_before_it_has_written_is_refused(url: ServerUrl) -> None:
    hasty = ServerUrl(f"{url.text}%20-csynchronous_commit%3Doff")
    with pytest.raises(BrokenPromise, match="synchronous_commit is off"):
        with_store(hasty, Store.export)


# --- faults --------------------------------------------------------------------------------------


def test_a_transaction_that_the_server_breaks_off_is_begun_anew(url: ServerUrl) -> None:
    """A deadlock, as an administrator's ALTER can cause. Seen to fail with TRIES at 1."""
    session, waits = Session(url), threading.Event()
    session.commit([])
    with psycopg.connect(url.text) as other, ThreadPoolExecutor(1) as threads:
        other.execute("SET deadlock_timeout = '1min'")  # so that it is ours which is broken off
        other.execute("LOCK TABLE closures")

        def lock_too() -> None:
            waits.wait(10)
            other.execute("UPDATE about SET mark = ''")
            other.commit()

        locking = threads.submit(lock_too)
        begun: list[int] = []

        def close(transaction: object) -> None:
            begun.append(1)
            waits.set()
            transaction.execute("INSERT INTO closures VALUES (?, ?, ?)", ("now", 1, 2))  # type: ignore[attr-defined]

        session.commit([close])
        locking.result(10)
    session.close()
    assert 1 < len(begun) <= TRIES
    assert rows(url, "SELECT id FROM closures") == [("now",)]


def test_a_server_that_was_restarted_is_found_again(postgres: Server, url: ServerUrl) -> None:
    """By the next patient, who notices nothing."""

    async def act(store: Store) -> list[Claim]:
        first = await book(store, 1)
        await asyncio.to_thread(postgres.stop)
        with pytest.raises(ServerFault):
            await book(store, 2)
        await asyncio.to_thread(postgres.start)
        await asyncio.sleep(1.1)
        second = await book(store, 2)
        await asyncio.to_thread(postgres.stop)
        await asyncio.to_thread(postgres.start)
        return [first, second, await book(store, 3)]

    assert with_store(url, act) == [Claim.GRANTED] * 3


def test_an_endpoint_without_its_server_says_so_and_goes_on(
    postgres: Server, kept: Practice, clock: Clock
) -> None:
    with serving(kept, clock, with_site=False), Patient(kept) as patient:
        start = patient.times()[0]
        postgres.stop()
        try:
            refused = patient.book(start)
            assert (refused.status_code, refused.json()["error"]) == (503, "unwell")
        finally:
            postgres.start()
        wait_until(lambda: patient.book(start).status_code == 201)


def test_a_server_killed_in_the_middle_of_a_race_loses_and_doubles_nothing(
    postgres: Server, url: ServerUrl, tmp_path: Path, site: Path, key: PrivateKey
) -> None:
    """Killed with all its children, twice, while twenty book. Who heard 503 asks again."""
    many = "horizon_days = 90\nbookings_a_day = 999\nnetwork_bookings_a_day = 999"
    kept = practice_in(tmp_path, site, key, ("horizon_days = 90", many))
    kept.keep_at(url)
    told: list[tuple[str, str]] = []
    seen: Counter[int] = Counter()
    with Patient(kept) as patient, serving_workers(kept, 2):
        times = [start for start in patient.times("visit-3") for _ in range(2)][:120]
        envelope = patient.envelope("visit-3", "")

        async def one(client: httpx.AsyncClient) -> None:
            while times:
                asked = {"visit": "visit-3", "start": times.pop(), "envelope": envelope}
                asked |= ready_ticket(time.time())
                while (answer := await client.post("/bookings", json=asked)).status_code == 503:
                    seen[503] += 1
                    await asyncio.sleep(0.2)
                seen[answer.status_code] += 1
                if answer.status_code < 300:
                    told.append((answer.json()["code"], answer.json()["start"]))

        def reached(count: int) -> bool:
            return len(told) >= count

        async def deaths() -> None:
            for count in (15, 40):
                await asyncio.to_thread(wait_until, partial(reached, count))
                await asyncio.to_thread(postgres.die)
                await asyncio.to_thread(postgres.start)

        async def race() -> None:
            async with AsyncExitStack() as stack, asyncio.timeout(60):
                clients = await crowd(kept, stack, 20)
                await asyncio.gather(deaths(), *(one(client) for client in clients))

        asyncio.run(race())
    starts = dict(rows(kept.where, "SELECT id, start FROM bookings"))
    tickets = Tickets([SECRET])
    assert seen[503]
    assert set(seen) <= {200, 201, 409, 503}
    assert [(code, rfc3339(starts[tickets.find(code)[0]])) for code, _ in told] == told
    assert len(set(starts.values())) == len(starts)
    cells = [cell for _booking, cell in cells_held(kept.where)]
    assert len(set(cells)) == len(cells) == 5 * len(starts)


# --- what its disk keeps -------------------------------------------------------------------------


def read_if_there(path: Path) -> bytes:
    """PostgreSQL makes and removes files while we look."""
    try:
        return path.read_bytes() if path.is_file() else b""
    except FileNotFoundError:
        return b""


def in_tables(postgres: Server, wanted: list[bytes]) -> int:
    """How many of these lie in the server's tables, as its disk has them now."""
    with psycopg.connect(postgres.url().text, autocommit=True) as server:
        server.execute("CHECKPOINT")
    content = b"".join(map(read_if_there, (postgres.folder / "base").rglob("*")))
    return sum(one in content for one in wanted)


def test_what_is_forgotten_is_in_no_table_file(postgres: Server, url: ServerUrl) -> None:
    """The write-ahead log still has it, as docs/THREATS.md says."""
    envelope = os.urandom(9553)
    secret = pieces(envelope)

    async def act(store: Store) -> None:
        await book(store, 1, envelope)
        assert in_tables(postgres, secret) > len(secret) - 8
        assert await store.forget([b"\1" * 16]) == 1
        assert in_tables(postgres, secret) == 0

    with_store(url, act)


def test_a_time_that_is_taken_is_no_error_in_the_servers_log(
    postgres: Server, url: ServerUrl
) -> None:
    """It would say which time, and when it was asked for."""
    log, cell = postgres.folder / "server.log", str(slot(7).cells()[0])

    async def act(store: Store) -> None:
        assert await book(store, 7) is Claim.GRANTED
        claim, _ = await store.book([b"x" * 16], slot(7), slot(7).cells(), State.CONFIRMED, b"x")
        assert claim is Claim.TAKEN

    with_store(url, act)
    assert cell not in log.read_text("utf-8")
    with psycopg.connect(url.text) as server, pytest.raises(psycopg.Error):
        server.execute("INSERT INTO occupied SELECT 'x', cells FROM occupied")
    assert cell in log.read_text("utf-8"), "else the search would prove nothing"


def test_after_the_hour_the_tables_tell_no_order(url: ServerUrl) -> None:
    """Neither by where a row lies, nor by the transaction that wrote it.

    Seen to fail without CLUSTER (where), and without touching all rows at once (who)."""
    names = [os.urandom(16) for _ in range(60)]

    async def act(store: Store) -> None:
        for nth, name in enumerate(names):
            await store.book(
                [name], slot(nth), slot(nth).cells(), State.CONFIRMED, os.urandom(3000)
            )
        await store.close_between("zoo", slot(100))
        await store.close_between("art", slot(101))
        assert await store.purge(0) == 0

    with_store(url, act)
    for table, key in [("bookings", "id"), ("occupied", "booking"), ("closures", "id")]:
        found = rows(url, f"SELECT {key}, xmin::text FROM {table} ORDER BY ctid")  # noqa: S608
        assert [name for name, _ in found] == sorted(name for name, _ in found)
        assert len({xmin for _, xmin in found}) == 1
    toast = rows(
        url, "SELECT reltoastrelid::regclass::text FROM pg_class WHERE oid = 'bookings'::regclass"
    )
    [(xmins,)] = rows(url, f"SELECT count(DISTINCT xmin::text) FROM {toast[0][0]}")  # noqa: S608
    assert xmins == 1


# --- the command line ----------------------------------------------------------------------------


def printed(
    kept: Practice, capsys: pytest.CaptureFixture[str], *words: str, **more: str
) -> tuple[int, str]:
    status = main(words, {**kept.environ, **more})
    out, complaint = capsys.readouterr()
    return status, out + complaint


def test_the_commands_say_what_they_work_on(
    kept: Practice, capsys: pytest.CaptureFixture[str]
) -> None:
    assert printed(kept, capsys, "check")[1].startswith("sound; PostgreSQL ")
    status, said = printed(kept, capsys, "backup", "copy.db")
    assert (status, "pg_dump" in said) == (2, True)
    status, said = printed(kept, capsys, "host-view")
    assert status == 0
    assert "Table occupied: 0" in said
    assert "pg_wal" in said
    assert "(-wal)" not in said


@pytest.mark.parametrize("end", ["?schema=one", "?%zz", "?port=many", "?host=/nowhere"])
def test_an_address_that_is_wrong_is_not_repeated(
    kept: Practice, capsys: pytest.CaptureFixture[str], end: str
) -> None:
    """It may hold a password."""
    address = f"postgresql://practice:letmein@/db{end}"
    status, said = printed(kept, capsys, "check", BOOKING_DATABASE=address)
    assert (status, "letmein" in said, "database" in said.lower()) == (2, False, True)


def test_a_server_has_no_file_for_the_audit_log_to_lie_beside(
    kept: Practice, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said = printed(kept, capsys, "check", BOOKING_AUDIT="")
    assert (status, said.split(":")[0]) == (2, "BOOKING_AUDIT")


@pytest.mark.parametrize("server", [True, False])
def test_without_psycopg_it_is_said_what_to_install(kept: Practice, server: bool) -> None:
    """And a file needs none."""
    if not server:
        kept.settings.clear()
    program = (
        "import os, sys; sys.modules['psycopg'] = None; from booking_endpoint.__main__ import main;"
        "sys.exit(main(['check'], os.environ))"
    )
    without = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=kept.environ, capture_output=True, text=True
    )
    assert without.returncode == (2 if server else 0)
    assert ("requirements-postgres.txt" in without.stderr) is server
