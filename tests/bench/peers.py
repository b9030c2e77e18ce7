"""The same work done by django-appointment: how fast, how heavy, and how often one time twice."""

import random
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, time, timedelta
from pathlib import Path
from statistics import median

from tests.bench import ground
from tests.bench.load import Load, again, load, post_json
from tests.bench.machine import memory
from tests.bench.peer import NAME, WORKERS, NotInstalled, Peer
from tests.bench.report import Goal, Result, at_least, at_most, number, unmeasured
from tests.serving import Practice

TURNS, CLIENTS, SECONDS = 4, 20, 1.0
OURS, THEIRS = 400, 50
"""Bookings in one turn: each side is at it for about as long."""

CROWD, ROUNDS, OUR_ROUNDS = 50, 20, 200

ELSEWHERE = (
    "Easy!Appointments 1.5.2 needs Composer, PHP and MariaDB and was not run here. Measured "
    "before, elsewhere: double-booked in 20 of 20 and 18 of 20 rounds of 50 simultaneous "
    "bookings, up to 8 people on one time; a prototype of this endpoint did 48 times its bookings "
    "per second and 45 times its availability, in 1.8 times less memory."
)

LISTED, WHOLE, LAST, LATE = (
    "availability, requests/s",
    "bookings/s, all its POSTs",
    "bookings/s, the last POST alone",
    "p99 of the last POST, ms",
)
WANTED = {WHOLE: 100, LISTED: 60}
WHY = {
    WHOLE: "It answers three forms for each booking, each with several statements and commits; "
    "ours a ticket with its proof and one POST whose sync is shared, some 1.2 ms of one core in "
    "all: a hundred times its rate would leave 0.2 ms.",
    LISTED: "It queries and computes one day at each request; ours answers a month from memory.",
}

Turn = dict[str, float]


def run(folder: Path) -> Result:
    practice = ground.practice_at(folder / "ours", ground.LONG_HORIZON)
    peer, found = Peer(folder / "peer"), Result("Peers", note=ELSEWHERE)
    try:
        peer.install()
    except NotInstalled as error:
        found.note = f"{NAME} could not be installed ({error}). {ELSEWHERE}"
        why = "The peer is not installed."
        found.goals = [
            unmeasured(f"{name}, times {NAME}", f"≥ {n} ×", why) for name, n in WANTED.items()
        ]
    else:
        found.columns = ("", f"{peer.version}, {WORKERS} workers", "ours, 1 process", "times")
        compare(practice, peer, found)
    found.goals.append(never_twice(practice))
    return found


def compare(practice: Practice, peer: Peer, found: Result) -> None:
    """Both sides in turns, then the crowds that want one time."""
    with ExitStack() as stack:
        ours = stack.enter_context(ground.serving(practice))
        theirs = stack.enter_context(peer.serving())
        pairs = list(in_turns(practice, peer))
        weights = [memory(server.pid)[1] for server in (theirs, ours)]
        twice = doubled(peer)
    for name in pairs[0][0]:
        sides = [median(pair[side][name] for pair in pairs) for side in (0, 1)]
        times = median(quotient(name, *(turn[name] for turn in pair)) for pair in pairs)
        found.rows.append((name, *map(number, (*sides, times))))
        if name in WANTED:
            what = f"{name}, times {NAME}"
            found.goals.append(at_least(what, times, WANTED[name], " ×", WHY[name]))
    found.rows.append(("memory (PSS), MiB", *map(number, (*weights, weights[0] / weights[1]))))
    found.rows.append((f"of {ROUNDS} rounds, one time given twice", number(twice), "see above", ""))


def quotient(name: str, theirs: float, ours: float) -> float:
    """How many times better ours is."""
    return theirs / ours if name == LATE else ours / theirs


def in_turns(practice: Practice, peer: Peer) -> Iterator[tuple[Turn, Turn]]:
    """Theirs and ours, each of both several times."""
    starts, times = ground.free_starts(practice.port, 730), half_hours(TURNS * THEIRS)
    for turn in range(TURNS):
        theirs = their_turn(peer, times[turn * THEIRS :][:THEIRS])
        yield theirs, our_turn(practice, starts[turn * OURS :][:OURS])


def half_hours(many: int, first: int = 2) -> list[datetime]:
    """Times the peer offers, from so many days ahead on: twenty-four a day."""
    begin = datetime.combine(ground.today() + timedelta(days=first), time(8))
    return [begin + timedelta(days=n // 24, minutes=30 * (n % 24)) for n in range(many)]


def our_turn(practice: Practice, starts: list[str]) -> Turn:
    """Ours: POST /tickets and POST /bookings for each booking, a month of days for each listing."""
    listed = again(practice.port, ground.availability(), CLIENTS, SECONDS)
    asking = [post_json("/rdv/tickets", {}, Origin=practice.origin)] * len(starts)
    requests = ground.prepared(practice, starts)
    tickets = load(practice.port, asking, CLIENTS)
    return told(listed, [tickets, load(practice.port, requests, CLIENTS)], 201)


def their_turn(peer: Peer, times: list[datetime]) -> Turn:
    """Theirs: three forms for each booking, one day for each listing."""
    listed = again(peer.port, peer.listing(times[0].date()), CLIENTS, SECONDS)
    chosen, patients = peer.choose(times, CLIENTS)
    introduced, patients = peer.introduce(patients, CLIENTS)
    return told(listed, [chosen, introduced, peer.confirm(patients, CLIENTS)], 302)


def told(listed: Load, steps: list[Load], granted: int) -> Turn:
    return {
        LISTED: listed.rate(200),
        WHOLE: len(steps[-1].of(granted)) / sum(step.seconds for step in steps),
        LAST: steps[-1].rate(granted),
        LATE: steps[-1].milliseconds(99),
    }


def doubled(peer: Peer) -> int:
    """Rounds in which the peer gave one time to more than one of the crowd."""
    crowds = half_hours(ROUNDS, first=30)
    for start in crowds:
        _, patients = peer.choose([start] * CROWD, CLIENTS)
        _, patients = peer.introduce(patients, CLIENTS)
        peer.confirm(patients, CROWD)
    return sum(peer.booked(start) > 1 for start in crowds)


def never_twice(practice: Practice) -> Goal:
    """The same crowds at our door, ten times as often."""
    ground.empty(practice)
    with ground.serving(practice):
        starts = ground.free_starts(practice.port)
        chosen = random.Random(1958).sample(starts, OUR_ROUNDS)  # noqa: S311 -- no secret
        crowds = [
            load(practice.port, ground.prepared(practice, [start] * CROWD), CROWD)
            for start in chosen
        ]
    twice = sum(len(crowd.of(201)) != 1 for crowd in crowds) + ground.double(practice)
    why = "A cell has one owner: the database itself refuses a second."
    return at_most(f"{OUR_ROUNDS} rounds of {CROWD} for one time: given twice", twice, 0, "", why)
