"""How fast free times are listed: warm against a bare route, and cold."""

import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from booking_endpoint import availability as calendar
from booking_endpoint.availability import Busy
from booking_endpoint.instants import DAY, Slot, day_of, days_between
from booking_endpoint.practice import Practice as Facts
from booking_endpoint.reading import read_practice
from tests.bench import ground
from tests.bench.ground import Server
from tests.bench.load import Answer, again, ask
from tests.bench.report import Goal, Result, at_least, at_most, number
from tests.bench.server import SAID
from tests.serving import Practice, free_port

TAKEN = 0.4
ROUNDS, SECONDS, CLIENTS = 7, 0.6, 8
COLD = 60
"""Requests each of which finds the file changed since the one before."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the things compared in turns: a server, and what it is asked."""

    practice: Practice
    server: Server
    request: bytes
    status: int = 200

    def turn(self) -> tuple[float, float]:
        """Answers a second, and the microseconds of CPU that each took the server."""
        before = self.server.cpu()
        seen = again(self.practice.port, self.request, CLIENTS, SECONDS)
        worked = self.server.cpu() - before
        return seen.rate(self.status), 1e6 * worked / len(seen.answers)


def run(folder: Path) -> Result:
    practice = ground.practice_at(folder / "availability")
    with ground.serving(practice) as server:
        taken = ground.take(practice, ground.free_starts(practice.port), TAKEN)
        [seen] = ask(practice.port, ground.availability())
        plain, said = bare_of(practice, seen)
        with ground.serving(plain, "bare", said) as other:
            ask_all = ground.availability()
            ask_new = ground.availability(If_None_Match=seen.headers()["etag"])
            assert ask(plain.port, ask_all)[0].body == seen.body
            sides = (
                Side(practice, server, ask_all),
                Side(plain, other, ask_all),
                Side(practice, server, ask_new, 304),
            )
            turns = list(in_turns(sides))
        cold = median(cold_requests(practice))
    ratio = median(ours[0] / bare[0] for ours, bare, _ in turns)
    return Result(
        "Availability",
        list(goals(ratio, cold, median(pure_seconds(practice.folder / "practice.toml")))),
        ("31 days, 40 % taken", "requests/s", "CPU µs each"),
        list(rates(turns)),
        f"{taken} times taken; {len(seen.body):,} bytes an answer; {CLIENTS} connections, "
        f"{ROUNDS} rounds in turns.",
    )


def bare_of(practice: Practice, seen: Answer) -> tuple[Practice, dict[str, str]]:
    """Where a bare route answers the same, and the setting that tells it what."""
    file = practice.folder / "said.json"
    file.write_text(json.dumps({"body": seen.body.decode(), "headers": seen.headers()}), "utf-8")
    plain = Practice(practice.folder, practice.key, practice.site, free_port())
    return plain, {SAID: str(file)}


def in_turns(sides: tuple[Side, ...]) -> Iterator[list[tuple[float, float]]]:
    """What each side did in each round; who begins changes, and the first round only warms."""
    for number_ in range(ROUNDS + 1):
        step = -1 if number_ % 2 else 1
        seen = [side.turn() for side in sides[::step]][::step]
        if number_:
            yield seen


def rates(turns: list[list[tuple[float, float]]]) -> Iterator[tuple[str, ...]]:
    names = ("warm, 200", "bare Starlette route", "warm, 304")
    for name, seen in zip(names, zip(*turns, strict=True), strict=True):
        rate, cpu = (median(values) for values in zip(*seen, strict=True))
        yield name, number(rate), number(cpu)


def goals(ratio: float, cold: float, pure: float) -> Iterator[Goal]:
    yield at_least(
        "warm, against a bare route that returns the same bytes",
        ratio,
        0.8,
        " ×",
        "What is left is reading the question and looking whether the file changed.",
    )
    yield at_most(
        "cold, a whole request",
        1000 * cold,
        5,
        " ms",
        "Another process has changed the file: cells are read and days computed anew.",
    )
    yield at_most(
        "cold, the pure functions alone",
        1000 * pure,
        5,
        " ms",
        "The days, their slots and the next free day, from practice and taken cells.",
    )


def cold_requests(practice: Practice) -> Iterator[float]:
    """Seconds of requests that each find a changed file."""
    for number_ in range(COLD):
        ground.disturb(practice, number_)
        yield ask(practice.port, ground.availability())[0].seconds


def pure_seconds(path: Path) -> Iterator[float]:
    """Seconds of the pure functions, each time on another day and with other times taken."""
    practice, chance = read_practice(path.read_text("utf-8"), str(path)), random.Random(7)  # noqa: S311
    for turn in range(20):
        now = int(time.time()) + turn * DAY
        busy = taken_cells(practice, now, chance)
        started = time.perf_counter()
        list_days(practice, busy, now)
        yield time.perf_counter() - started


def taken_cells(practice: Facts, now: int, chance: random.Random) -> Busy:
    starts = range(now - now % 1800, now + practice.rules.horizon_days * DAY, 1800)
    taken = (Slot(start, start + 1800) for start in starts if chance.random() < TAKEN)
    return ground.busy(cell for slot in taken for cell in slot.cells())


def list_days(practice: Facts, busy: Busy, now: int) -> None:
    """What a listing computes."""
    visit = practice.visit(ground.VISIT)
    assert visit is not None
    first, _last = calendar.horizon(practice, visit, now)
    days = list(days_between(first, day_of(now + 30 * DAY, practice.zone)))
    calendar.open_days(days, practice, visit, busy, now)
    calendar.next_free_day(days[-1], practice, visit, busy, now)
