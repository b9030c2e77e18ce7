"""What a flood costs who makes it, and whether an honest patient still books meanwhile."""

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench import ground
from tests.bench.load import Answer, ask
from tests.bench.report import Result, at_least, number
from tests.edge.patient import solved
from tests.serving import ROOT, Practice

SECONDS, WORKERS = 10.0, 4
PATIENTS, PATIENCE = 5, 20.0
"""Honest patients, spread over the flood; each gives up after so many seconds."""

HONEST = "198.18.{}.7"
"""Patients live in different networks; the range is the one kept for benchmarks (RFC 2544)."""

FACTORS = (1, 2, 4, 8, 16)


@dataclass(frozen=True, slots=True)
class Way:
    """One honest patient's way to a booking."""

    booked: bool
    waited: float
    worked: float
    refusals: int


def run(folder: Path) -> Result:
    practice = ground.practice_at(folder / "flood", limits=True)
    with ground.serving(practice, extra=ground.TRUSTED) as server:
        starts = iter(ground.free_starts(practice.port)[::-7])
        rest = [honest(practice, next(starts), turn) for turn in range(PATIENTS)]
        before = server.cpu()
        with attack(practice) as attacker:
            flooded = []
            for turn in range(PATIENTS):
                time.sleep(SECONDS / (PATIENTS + 1))
                flooded.append(honest(practice, next(starts), PATIENTS + turn))
            told = json.loads(attacker.communicate(timeout=60)[0])
        worked = server.cpu() - before
    why = (
        "The fuller the day, the less one network may book: forty of them leave room for others. "
        "Hundreds would not: then the day is full, and patients are told to phone."
    )
    return Result(
        "Flood",
        [
            at_least(
                "honest patients who book in the flood",
                sum(way.booked for way in flooded),
                PATIENTS,
                "",
                why,
            )
        ],
        columns=("", "at rest", "in the flood"),
        rows=[*way_rows(rest, flooded), *attack_rows(told, worked), *solving_rows()],
        note=f"{WORKERS} at once ask tickets, solve and book for {SECONDS:.0f} s, from a "
        "thousand addresses in forty networks, on the machine that also serves; in truth their "
        "work would be done elsewhere. The honest patient retries when told to.",
    )


def attack(practice: Practice) -> subprocess.Popen[str]:
    words = [str(practice.port), practice.origin, str(SECONDS), str(WORKERS)]
    command = [sys.executable, "-m", "tests.bench.attacker", *words]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def honest(practice: Practice, start: str, turn: int) -> Way:
    """Ticket, work, booking, from an address of one's own."""
    address = HONEST.format(turn)
    began, worked, refusals = time.monotonic(), 0.0, 0
    sealed = {"envelope": ground.envelope(practice.key)}
    while time.monotonic() < began + PATIENCE:
        answer = said(practice, ground.ticket_request(practice.origin, address))
        if answer.status == 200:
            at_work = time.thread_time()
            proof = solved(answer.json["challenge"])
            worked += time.thread_time() - at_work
            ready = {"ticket": answer.json["ticket"], "proof": proof, **sealed}
            answer = said(practice, ground.booking_request(practice.origin, start, ready, address))
        if answer.status == 201:
            return Way(True, time.monotonic() - began, worked, refusals)
        refusals += 1
        if answer.status == 409:
            if not answer.json["nearest"]:
                break
            start = answer.json["nearest"][-1]
        else:
            time.sleep(min(float(answer.headers().get("retry-after", 1)), 2))
    return Way(False, time.monotonic() - began, worked, refusals)


def said(practice: Practice, request: bytes) -> Answer:
    return ask(practice.port, request)[0]


def way_rows(rest: list[Way], flooded: list[Way]) -> list[tuple[str, ...]]:
    sides = (rest, flooded)

    def row(name: str, *values: float) -> tuple[str, ...]:
        return (name, *(number(value) for value in values))

    return [
        row(
            f"honest patients who booked, of {PATIENTS}", *(sum(w.booked for w in s) for s in sides)
        ),
        row("their time to a booking, s (median)", *(median(w.waited for w in s) for s in sides)),
        row("the slowest of them, s", *(max(w.waited for w in s) for s in sides)),
        row("CPU seconds of their proof (median)", *(median(w.worked for w in s) for s in sides)),
        row("times they were told to come back", *(sum(w.refusals for w in s) for s in sides)),
    ]


def attack_rows(told: Mapping[str, Any], worked: float) -> list[tuple[str, ...]]:
    each = told["cpu"] / told["booked"] if told["booked"] else float("inf")
    print(f"  the attacker was answered {told['statuses']}", flush=True)
    return [
        ("requests of the attacker", "", number(told["asked"])),
        ("of which refused with 429", "", number(told["refused"])),
        ("bookings he got", "", number(told["booked"])),
        ("CPU seconds he spent on each", "", number(each)),
        ("CPU seconds of the endpoint", "", number(worked)),
    ]


def solving_rows() -> list[tuple[str, ...]]:
    """CPU seconds of a proof when half the tries are needed, as the effort rises."""
    rows: list[tuple[str, ...]] = []
    for factor in FACTORS:
        challenge = ground.challenge(factor)
        began = time.thread_time()
        solved(challenge)
        rows.append(
            (
                f"CPU seconds of a mean proof, effort × {factor}",
                number(time.thread_time() - began),
                "",
            )
        )
    return rows
