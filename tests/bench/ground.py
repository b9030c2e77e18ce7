"""What every benchmark stands on: a practice, a running endpoint, prepared requests, a filled file.

The one place here that knows the endpoint's facts, environment, schema and command line.
"""

import os
import random
import secrets
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from booking_endpoint.availability import Busy
from booking_endpoint.envelope import PrivateKey, public_text, seal, to_text
from booking_endpoint.instants import CELL, Slot, parse_instant
from booking_endpoint.store import State, Store
from booking_endpoint.tickets import TRIES, Tickets
from tests.bench.load import ask, get, post_json
from tests.bench.machine import cpu_seconds
from tests.edge.patient import RECIPIENTS, ready_ticket
from tests.keys import new_key
from tests.serving import ROOT, SECRET, Practice, practice_in

VISIT, MINUTES = "consultation", 30
DAYS = 31
"""As many days as may be asked for at once."""

LIMITS = ("network_bookings_a_day", "bookings_a_day", "approval_above")
NO_LIMIT = 1_000_000
"""A load generator books from one address: what it measures must not be a refusal."""

LONG_HORIZON = ("horizon_days = 90 ", "horizon_days = 730 ")
LONG_MEMORY = ("retention_days = 7 ", "retention_days = 90 ")

ADDRESS, TRUSTED = "X-Real-IP", {"BOOKING_CLIENT_HEADER": "X-Real-IP"}
"""How a server in front tells who asks, and the setting that makes the endpoint believe it."""

SHELL = "<!doctype html><title><!--title--></title><main><!--main--></main>"

INSERT_BOOKING = """
    INSERT INTO bookings (id, start, end, state, moved, envelope) VALUES (?, ?, ?, ?, 0, ?)
"""
INSERT_CELL = "INSERT INTO occupied (cell, booking) VALUES (?, ?)"

Row = tuple[int, int, str]
"""Start, end and state of a booking to be written straight into the file."""


def practice_at(folder: Path, *changes: tuple[str, str], limits: bool = False) -> Practice:
    """The demo practice with an empty database; without limits unless they are measured."""
    folder.mkdir(parents=True, exist_ok=True)
    shells = folder / "site" / "shell"
    shells.mkdir(parents=True, exist_ok=True)
    for language in ("fr", "en", "he", "it"):
        (shells / f"{language}.html").write_text(SHELL, "utf-8")
    practice = practice_in(folder, folder / "site", new_key(), *changes)
    if not limits:
        facts = folder / "practice.toml"
        without = "".join(f"\n{limit} = {NO_LIMIT}" for limit in LIMITS)
        text = facts.read_text("utf-8").replace("\n[rules]\n", f"\n[rules]{without}\n")
        facts.write_text(text, "utf-8")
    return practice


def empty(practice: Practice) -> None:
    """Forget every booking: the next server begins with a new file."""
    for file in practice.folder.glob("bookings.db*"):
        file.unlink()


# --- the running endpoint ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Server:
    """A process that answers, and how long it took until it did."""

    process: subprocess.Popen[bytes]
    ready_after: float

    @property
    def pid(self) -> int:
        return self.process.pid

    def cpu(self) -> float:
        return cpu_seconds(self.pid)

    def kill(self) -> None:
        """As a power cut ends it, for all that a process can know."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


@contextmanager
def running(
    command: list[str], environ: Mapping[str, str], port: int, probe: bytes, folder: Path = ROOT
) -> Iterator[Server]:
    """A server of its own process, from its first answer to the end of the block."""
    started = time.perf_counter()
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=folder, env=dict(environ), stdout=quiet) as process:
        try:
            while not answers(port, probe):
                assert process.poll() is None, f"{command} ended at once"
                assert time.perf_counter() < started + 30, f"{command} does not answer"
                time.sleep(0.005)
            yield Server(process, time.perf_counter() - started)
        finally:
            process.terminate()
            process.wait(20)


def answers(port: int, probe: bytes) -> bool:
    try:
        return ask(port, probe)[0].status > 0
    except OSError:
        return False


@contextmanager
def serving(
    practice: Practice, kind: str = "endpoint", extra: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """The endpoint's own command line; or another `kind` that tests.bench.server knows."""
    module = ["booking_endpoint"] if kind == "endpoint" else ["tests.bench.server", kind]
    command = [sys.executable, "-m", *module, "serve", "--port", str(practice.port)]
    environ = {**practice.environ, **(extra or {})}
    with running(command, environ, practice.port, availability()) as server:
        yield server


# --- requests ------------------------------------------------------------------------------------


def availability(first: str = "", days: int = DAYS, **headers: str) -> bytes:
    begin = f"&from={first}" if first else ""
    return get(f"/rdv/availability?visit={VISIT}&days={days}{begin}", **headers)


def free_starts(port: int, horizon: int = 90) -> list[str]:
    """Every start on offer, as the running endpoint tells them."""
    today = datetime.now(UTC).date()
    firsts = [today + timedelta(days=offset) for offset in range(0, horizon + 1, DAYS)]
    found = ask(port, *(availability(first.isoformat()) for first in firsts))
    return [start for answer in found for day in answer.json["days"] for start in day["starts"]]


def ticket_request(origin: str, address: str) -> bytes:
    return post_json("/rdv/tickets", {}, Origin=origin, **{ADDRESS: address})


def booking_request(origin: str, start: str, ready: dict[str, str], address: str) -> bytes:
    """A booking; `ready` holds its ticket, proof and envelope."""
    asked = {"visit": VISIT, "start": start, **ready}
    return post_json("/rdv/bookings", asked, Origin=origin, **{ADDRESS: address})


def envelope(key: PrivateKey) -> str:
    """A sealed request: the endpoint cannot tell one from another."""
    return to_text(seal(b'{"name": "Ada Exemple"}', [public_text(key)] * RECIPIENTS))


def prepared(practice: Practice, starts: Iterable[str]) -> list[bytes]:
    """A booking for each start, with ticket, proof and envelope, ready to be sent."""
    sealed = {"envelope": envelope(practice.key)}
    return [
        booking_request(
            practice.origin, start, {**sealed, **ready_ticket(time.time())}, "198.51.100.1"
        )
        for start in starts
    ]


# --- what is in the file -------------------------------------------------------------------------


def fill(practice: Practice, rows: Iterable[Row], envelope: bytes = bytes(9553)) -> None:
    """Write bookings and their cells straight into the file the endpoint made."""
    given = list(rows)
    names = sorted(secrets.token_bytes(16) for _ in given)  # in the order of the key: it is faster
    named = list(zip(names, given, strict=True))
    cells = (
        (cell, name)
        for name, (start, end, state) in named
        if state != State.CANCELLED.value
        for cell in Slot(start, end).cells()
    )
    with closing(sqlite3.connect(practice.database, isolation_level=None)) as database:
        database.execute("PRAGMA synchronous=OFF")
        database.execute("BEGIN IMMEDIATE")
        database.executemany(INSERT_BOOKING, ((name, *row, envelope) for name, row in named))
        database.executemany(INSERT_CELL, cells)
        database.execute("COMMIT")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def take(practice: Practice, starts: list[str], share: float) -> int:
    """Take this share of the free times, chosen by a fixed chance; how many that were."""
    chance = random.Random(1958)  # noqa: S311 -- no secret: the same times in every run
    chosen = sorted(chance.sample(starts, round(len(starts) * share)))
    begins = [parse_instant(start) for start in chosen]
    fill(practice, [(start, start + MINUTES * 60, "confirmed") for start in begins])
    return len(chosen)


def disturb(practice: Practice, number: int) -> None:
    """Change the file in a way that frees and takes nothing: what was cached must be looked at."""
    far = CELL * 20_000_000 + number * 3600
    with closing(sqlite3.connect(practice.database, timeout=10, isolation_level=None)) as database:
        database.execute("INSERT OR REPLACE INTO closures VALUES ('bench', ?, ?)", (far, far + 60))


def double(practice: Practice) -> int:
    """Bookings that stand in another's time, straight from the file."""
    with closing(sqlite3.connect(practice.database, timeout=10)) as database:
        spans = database.execute(
            "SELECT start, end FROM bookings WHERE state != 'cancelled' ORDER BY start, end"
        ).fetchall()
    return sum(later[0] < earlier[1] for earlier, later in pairwise(spans))


def lost(practice: Practice, granted: Iterable[str]) -> int:
    """Starts that were granted to somebody and are not in the file."""
    with closing(sqlite3.connect(practice.database, timeout=10)) as database:
        kept = {row[0] for row in database.execute("SELECT start FROM bookings")}
    return sum(parse_instant(start) not in kept for start in granted)


# --- store and rules without HTTP ----------------------------------------------------------------


def busy(cells: Iterable[int]) -> Busy:
    """What is taken, as the pure functions want it."""
    return Busy(frozenset(cells))


async def book(store: Store, number: int, first: int, envelope: bytes) -> bool:
    """One booking of half an hour, the so-manyth after an instant; whether it was granted."""
    slot = Slot(first + number * MINUTES * 60, first + (number + 1) * MINUTES * 60)
    name = secrets.token_bytes(16)
    claim, _booking = await store.book([name], slot, slot.cells(), State.CONFIRMED, envelope)
    return claim.value == "granted"


def environment() -> dict[str, str]:
    return dict(os.environ)


def today() -> date:
    return datetime.now(UTC).date()


def challenge(factor: int) -> dict[str, Any]:
    """A challenge so many times as hard as at rest, of mean luck."""
    half = TRIES * factor // 2
    return Tickets([SECRET]).script(secrets.token_bytes(16), half, int(time.time()))[1]
