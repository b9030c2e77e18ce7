"""What a full file costs: the same questions to files of a hundred to a million rows."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from statistics import median

from booking_endpoint.instants import DAY
from tests.bench import ground
from tests.bench.ground import Row
from tests.bench.load import Answer, ask, post_json
from tests.bench.report import Result, at_most, number
from tests.serving import Practice

SIZES = (100, 10_000, 1_000_000)
SOON = 40
"""Bookings between today and the horizon, the same in every file: so the answers are alike."""

PAST_CONFIRMED = 20_000
"""More of five minutes do not fit into the days a practice may keep; the rest is cancelled."""

SHORT = bytes(64)
"""A million envelopes of their true length would be 9.6 GB."""

ROUNDS, EACH = 8, 6
KINDS = ("availability, cold", "booking", "show")

Times = dict[str, list[float]]


def run(folder: Path) -> Result:
    with ExitStack() as stack:
        practices = {size: practice_of(folder / f"rows-{size}", size) for size in SIZES}
        for practice in practices.values():
            stack.enter_context(ground.serving(practice))
        seen = measured(practices)
    found = Result(
        "Growth",
        columns=("median of one request, ms", *(f"{size:,} rows" for size in SIZES)),
        note=f"Envelopes of {len(SHORT)} bytes in place of 9,553: a million true ones are 9.6 GB. "
        f"{SOON} bookings lie between today and the horizon in every file; of the rest half in "
        "the past (as long as a practice may keep them, most of them cancelled), half beyond.",
    )
    for kind in KINDS:
        times = [1000 * median(seen[size][kind]) for size in SIZES]
        found.rows.append((kind, *(number(time_) for time_ in times)))
        found.goals.append(
            at_most(
                f"{kind}: the slowest of the files against the smallest",
                max(against_smallest(seen, kind, size) for size in SIZES),
                1.5,
                " ×",
                "Every question goes to rows by their key.",
            )
        )
    return found


def against_smallest(seen: dict[int, Times], kind: str, size: int) -> float:
    """How many times as long as in the smallest file, turn for turn."""
    one, other = (
        [median(seen[rows_][kind][at : at + EACH]) for at in range(0, ROUNDS * EACH, EACH)]
        for rows_ in (size, SIZES[0])
    )
    return median(long / short for long, short in zip(one, other, strict=True))


def practice_of(folder: Path, size: int) -> Practice:
    """A practice whose file holds so many bookings."""
    practice = ground.practice_at(folder, ground.LONG_MEMORY)
    with ground.serving(practice):
        starts = ground.free_starts(practice.port)
    ground.take(practice, starts, SOON / len(starts))
    ground.fill(practice, islice(rows(int(time.time())), size - SOON), SHORT)
    return practice


def rows(now: int) -> Iterator[Row]:
    """Bookings of five minutes: by turns one that is over, one beyond the horizon."""
    grid = now - now % 300
    for number_ in range(max(SIZES)):
        back = number_ % PAST_CONFIRMED + 300
        state = "confirmed" if number_ < PAST_CONFIRMED else "cancelled"
        yield grid - back * 300, grid - (back - 1) * 300, state
        beyond = grid + 100 * DAY + number_ * 300
        yield beyond, beyond + 300, "confirmed"


def measured(practices: dict[int, Practice]) -> dict[int, Times]:
    """Seconds of each kind of request, the files in turns."""
    seen: dict[int, Times] = {size: {kind: [] for kind in KINDS} for size in practices}
    for practice in practices.values():
        ask(practice.port, ground.availability())
    bookings = {
        size: iter(ground.prepared(practice, ground.free_starts(practice.port)[: ROUNDS * EACH]))
        for size, practice in practices.items()
    }
    for turn in range(ROUNDS):
        for size, practice in practices.items():
            told = one_turn(practice, list(islice(bookings[size], EACH)), turn)
            for kind, answers in zip(KINDS, told, strict=True):
                assert {answer.status for answer in answers} <= {200, 201}
                seen[size][kind] += [answer.seconds for answer in answers]
    return seen


def one_turn(practice: Practice, bookings: list[bytes], turn: int) -> Iterator[list[Answer]]:
    """A few requests of each kind."""
    cold = []
    for number_ in range(EACH):
        ground.disturb(practice, turn * EACH + number_)
        cold += ask(practice.port, ground.availability())
    yield cold
    booked = ask(practice.port, *bookings)
    yield booked
    yield ask(
        practice.port,
        *(
            post_json(
                "/rdv/bookings/show", {"manage": answer.json["manage"]}, Origin=practice.origin
            )
            for answer in booked
        ),
    )
