"""One load on both stores, a file and a PostgreSQL server on one disk; what each one weighs."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench import ground
from tests.bench.booking import store_alone
from tests.bench.load import Load, again, ask, load
from tests.bench.machine import memory
from tests.bench.report import Result, number
from tests.postgres import NoPostgres, Server, postgres_server, programs, rows
from tests.serving import Practice, free_port, written

CROWDS = (1, 50)
ROUNDS, SECONDS = 3, 1.5
STARTS = 3000
IDLE = 8
"""Practices at rest, each with a worker of its own; what they share is counted once (PSS)."""
COLUMNS = ("", "a file", "a server", "server / file")


@dataclass(frozen=True, slots=True)
class Stores:
    """Practices whose folders hold a file, or whose schemas one server holds."""

    folder: Path
    server: Server

    def practice(self, kind: str) -> Practice:
        """A new one, with nothing booked."""
        made = ground.practice_at(self.folder / f"{kind}-{free_port()}", ground.LONG_HORIZON)
        if kind == "server":
            made.keep_at(self.server.practice())
        return made


def run(folder: Path) -> Result:
    found = Result("A file or a server", columns=COLUMNS)
    try:
        programs()
    except NoPostgres as missing:
        found.note = str(missing)
        return found
    with postgres_server(folder.parent) as server:
        stores = Stores(folder, server)
        found.rows += [*bookings(stores), *lists(stores), *alone(stores), *weights(stores)]
        version = rows(server.url(), "SHOW server_version")[0][0]
    found.note = f"PostgreSQL {version} on this disk, every commit synced, by its socket."
    return found


def told(what: str, file: float, server: float) -> tuple[str, ...]:
    cells = (what, number(file), number(server), number(server / file))
    print(" ", *cells, flush=True)
    return cells


def both(turn: Callable[[str], float]) -> tuple[float, float]:
    """Medians of rounds in turns."""
    pairs = [(turn("file"), turn("server")) for _ in range(ROUNDS)]
    return median(file for file, _ in pairs), median(server for _, server in pairs)


def bookings(stores: Stores) -> Iterator[tuple[str, ...]]:
    """Granted bookings a second, over HTTP; each round on a new, empty practice."""
    with ground.serving(practice := stores.practice("file")):
        starts = ground.free_starts(practice.port, 730)[:STARTS]
    for clients in CROWDS:
        late: dict[str, list[float]] = {"file": [], "server": []}

        def turn(kind: str, clients: int = clients, late: dict[str, list[float]] = late) -> float:
            seen = booked(stores.practice(kind), starts, clients)
            late[kind].append(seen.milliseconds(99))
            return seen.rate(201)

        yield told(f"bookings/s, {clients} clients", *both(turn))
        yield told(f"p99 of a booking, {clients} clients, ms", *map(median, late.values()))


def booked(practice: Practice, starts: list[str], clients: int) -> Load:
    requests = ground.prepared(practice, starts)
    with ground.serving(practice):
        seen = load(practice.port, requests, clients, SECONDS)
    assert set(seen.statuses) == {201}, seen.statuses
    kept = rows(practice.where, "SELECT count(*), count(DISTINCT start) FROM bookings")
    assert kept == [(len(seen.of(201)),) * 2], "lost, or given twice"
    return seen


def lists(stores: Stores) -> Iterator[tuple[str, ...]]:
    """Lists of 31 days a second, asked for again and again; nothing is booked meanwhile."""

    def turn(kind: str) -> float:
        with ground.serving(practice := stores.practice(kind)):
            return again(practice.port, ground.availability(), 8, SECONDS).rate(200)

    yield told("lists of free times/s, 8 clients", *both(turn))


def alone(stores: Stores) -> Iterator[tuple[str, ...]]:
    """The store without HTTP, proofs and envelopes."""

    def turn(kind: str) -> float:
        practice = stores.practice(kind)
        return store_alone(written(practice.where), "endpoint", {})["rate"]

    yield told("store alone, bookings/s, 50 tasks", *both(turn))


def weights(stores: Stores) -> Iterator[tuple[str, ...]]:
    """What a practice weighs at rest, and what it takes from start to answer."""
    weight, start = {}, {}
    for kind in ("file", "server"):
        before = server_memory(stores.server)
        with ExitStack() as stack:
            practices = [stores.practice(kind) for _ in range(IDLE)]
            workers = [stack.enter_context(ground.serving(one)) for one in practices]
            for one in practices:
                ask(one.port, ground.availability())
            own = sum(memory(worker.pid)[1] for worker in workers)
            weight[kind] = (own / IDLE, (server_memory(stores.server) - before) / IDLE)
            start[kind] = median(worker.ready_after for worker in workers)
    (file, _), (worker, inside) = weight["file"], weight["server"]
    yield told(f"a worker at rest, PSS of {IDLE}, MiB", file, worker)
    yield ("its two connections inside the server, PSS, MiB", "–", number(inside), "–")
    yield told("from start to the first answer, s", start["file"], start["server"])


def server_memory(server: Server) -> float:
    """PSS of the server and all its processes, in MiB."""
    assert server.process
    return memory(server.process.pid)[1]
