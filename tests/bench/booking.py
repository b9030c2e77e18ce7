"""How many bookings a second are on the disk, against the usual store, and whether any is lost."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median

from tests.bench import ground
from tests.bench.load import Load, ask, load
from tests.bench.machine import memory, slow_disk
from tests.bench.report import Goal, Result, at_least, at_most, number, unmeasured
from tests.serving import ROOT, Practice

OURS, USUAL = "endpoint", "one-by-one"
CROWDS = (1, 50, 500)
ROUNDS = {1: 1, 50: 3, 500: 1}
SECONDS, ALONE_SECONDS = 1.5, 1.0
COLUMNS = (
    "every booking synced",
    "clients",
    "ours /s",
    "p50 ms",
    "p99 ms",
    "CPU µs each",
    "usual store /s",
    "p99 ms",
)
SLOW = "every sync 5 ms longer"
STARTS = 4500
"""Bookings made beforehand: more than a round can use up."""


@dataclass(frozen=True, slots=True)
class Round:
    """One round: what the clients saw, what the server worked, what the file kept."""

    load: Load
    cpu: float
    lost: int
    double: int

    @property
    def rate(self) -> float:
        return self.load.rate(201)

    @property
    def granted(self) -> int:
        return len(self.load.of(201))


def run(folder: Path) -> Result:
    practice = ground.practice_at(folder / "booking", ground.LONG_HORIZON)
    with ground.serving(practice):
        starts = ground.free_starts(practice.port, 730)[:STARTS]
    requests = ground.prepared(practice, starts)
    found, rounds = Result("Booking", columns=COLUMNS), list[Round]()
    for disk, environ in (("this disk", {}), (SLOW, slow_disk(folder))):
        if environ is None:
            found.goals.append(unmeasured(f"50 clients, {disk}", "", "There is no C compiler."))
            continue
        for clients in CROWDS:
            pairs = list(turns(practice, requests, clients, environ))
            rounds += [one for pair in pairs for one in pair]
            found.rows.append(told(row(disk, clients, pairs)))
            if clients == 50:
                found.goals += goals(disk, pairs, slow=bool(environ))
        found.rows.append(told(alone(folder, disk, environ, found.goals)))
    found.goals += [*safe(rounds), *weight(practice)]
    return found


def told(cells: tuple[str, ...]) -> tuple[str, ...]:
    """The same, shown at once to who waits."""
    print(" ", *cells, flush=True)
    return cells


def safe(rounds: list[Round]) -> Iterator[Goal]:
    """What every round must keep, ours and the usual store's."""
    granted = sum(one.granted for one in rounds)
    why = f"Looked for in the file after SIGKILL, over {granted:,} granted bookings."
    yield at_most("granted bookings lost", sum(one.lost for one in rounds), 0, "", why)
    yield at_most("times given to two", sum(one.double for one in rounds), 0, "", why)


def turns(
    practice: Practice,
    requests: list[bytes],
    clients: int,
    environ: Mapping[str, str],
) -> Iterator[tuple[Round, Round]]:
    """Rounds of ours and of the usual store, in turns, each on a new file."""
    for _ in range(ROUNDS[clients]):
        ours, usual = (
            one_round(practice, requests, clients, kind, environ) for kind in (OURS, USUAL)
        )
        yield ours, usual


def one_round(
    practice: Practice,
    requests: list[bytes],
    clients: int,
    kind: str,
    environ: Mapping[str, str],
) -> Round:
    ground.empty(practice)
    with ground.serving(practice, kind, environ) as server:
        before = server.cpu()
        seen = load(practice.port, requests, clients, SECONDS)
        cpu = server.cpu() - before
        server.kill()
    odd = seen.statuses.keys() - {201}
    if odd:
        print(f"  {kind}, {clients} clients: answers {dict(seen.statuses)}", flush=True)
    granted = [answer.json["start"] for answer in seen.of(201)]
    return Round(seen, cpu, ground.lost(practice, granted), ground.double(practice))


def row(disk: str, clients: int, pairs: list[tuple[Round, Round]]) -> tuple[str, ...]:
    ours = [pair[0] for pair in pairs]
    each = 1e6 * median(one.cpu / max(one.granted, 1) for one in ours)
    return (
        f"HTTP, {disk}",
        str(clients),
        number(median(one.rate for one in ours)),
        number(median(one.load.milliseconds(50) for one in ours)),
        number(median(one.load.milliseconds(99) for one in ours)),
        number(round(each)),
        number(median(usual.rate for _, usual in pairs)),
        number(median(usual.load.milliseconds(99) for _, usual in pairs)),
    )


def goals(disk: str, pairs: list[tuple[Round, Round]], *, slow: bool) -> Iterator[Goal]:
    times = median(ours.rate / usual.rate for ours, usual in pairs)
    late = median(ours.load.milliseconds(99) for ours, _ in pairs)
    yield at_least(
        f"50 clients, {disk}: bookings/s against the usual store",
        times,
        15 if slow else 4,
        " ×",
        "The sync is shared; what is left is one core's work for HTTP, proof and envelope, some "
        "0.6 to 0.9 ms a booking. The line “store alone” shows the store."
        if slow
        else "With syncs this short, HTTP and the checks of proof and envelope take most of the "
        "time, on both sides alike; the line “store alone” shows the store.",
    )
    yield at_most(
        f"50 clients, {disk}: p99",
        late,
        50 if slow else 20,
        " ms",
        "The slowest wait for the batch under way and then for their own."
        if slow
        else "Fifty that ask at once wait for one another's checks on one core.",
    )


def alone(
    folder: Path, disk: str, environ: Mapping[str, str], reached: list[Goal]
) -> tuple[str, ...]:
    """The store without HTTP and checks, 50 tasks at once."""
    files = (str(folder / f"alone-{time.monotonic_ns()}-{nth}.db") for nth in count())
    pairs = [[store_alone(next(files), kind, environ) for kind in (OURS, USUAL)] for _ in range(3)]
    ours, usual = ([pair[side]["rate"] for pair in pairs] for side in (0, 1))
    late = [median(pair[side]["p99"] for pair in pairs) for side in (0, 1)]
    times = median(one / other for one, other in zip(ours, usual, strict=True))
    reached.append(
        at_least(
            f"50 tasks, {disk}, store alone: bookings/s against the usual store",
            times,
            15 if environ else 4,
            " ×",
            "One transaction and one sync for all who wait: what the queue itself gains.",
        )
    )
    cells = (number(median(ours)), "", number(late[0]), "", number(median(usual)), number(late[1]))
    return (f"store alone, {disk}", "50", *cells)


def store_alone(place: str, kind: str, environ: Mapping[str, str]) -> dict[str, float]:
    words = ["-m", "tests.bench.store_alone", kind, place, "50", str(ALONE_SECONDS)]
    environ = {**ground.environment(), **environ}
    command = [sys.executable, *words]
    done = subprocess.run(command, cwd=ROOT, env=environ, check=True, stdout=subprocess.PIPE)
    return dict(json.loads(done.stdout))


def weight(practice: Practice) -> Iterator[Goal]:
    """What the endpoint weighs at rest, and how soon it answers."""
    seconds, weights = [], []
    for _ in range(5):
        ground.empty(practice)
        with ground.serving(practice) as server:
            seconds.append(server.ready_after)
            ask(practice.port, ground.availability())
            weights.append(memory(server.pid))
    rss, pss = (median(values) for values in zip(*weights, strict=True))
    why = f"RSS, of which PSS {number(pss)} MiB: mostly Python and the libraries it has loaded."
    yield at_most("memory at rest", rss, 40, " MiB", why)
    yield at_most(
        "from start to the first answer",
        median(seconds),
        0.5,
        " s",
        "Nearly all of it is importing Python modules.",
    )
