"""Eight processes book, move, cancel, accept and close by chance; what they were told was true."""

from collections.abc import Iterator
from datetime import datetime
from itertools import combinations
from multiprocessing import get_context
from pathlib import Path

import pytest

from booking_endpoint.envelope import PrivateKey
from booking_endpoint.instants import parse_instant
from booking_endpoint.reading import read_practice
from booking_endpoint.storage import Where
from booking_endpoint.tickets import Tickets
from tests.edge.history import DAY, VISITS, Act, Hold, holds, play
from tests.edge.patient import Patient
from tests.postgres import rows
from tests.serving import SECRET, Practice, practice_in, serving_workers

PLAYERS, ACTS, ACTS_ON_A_SERVER = 8, 60, 30


@pytest.fixture(scope="module")
def played(
    tmp_path_factory: pytest.TempPathFactory, site: Path, key: PrivateKey, module_where: Where
) -> Iterator[tuple[Practice, list[Act]]]:
    """One Monday, three workers on one store, eight players."""
    far = ("horizon_days = 90", "horizon_days = 730\nbookings_a_day = 9999")
    waits = ("approval = false", "approval = true")
    practice = practice_in(tmp_path_factory.mktemp("history"), site, key, far, waits)
    practice.keep_at(module_where)
    with serving_workers(practice, 3):
        with Patient(practice) as patient:
            starts = {
                visit: [
                    start
                    for start in patient.times(visit, DAY.isoformat(), 1)
                    if datetime.fromisoformat(start).hour < 15
                ]
                for visit in VISITS
            }
        acts_each = ACTS if practice.where == practice.database else ACTS_ON_A_SERVER
        told = [
            (practice.folder, practice.port, practice.where, seed, starts, acts_each)
            for seed in range(PLAYERS)
        ]
        with get_context("spawn").Pool(PLAYERS) as processes:
            acts = [act for life in processes.starmap(play, told, 1) for act in life]
        yield practice, acts


def test_there_was_something_to_fight_for(played: tuple[Practice, list[Act]]) -> None:
    """Else the other tests would say nothing."""
    acts = played[1]
    for kind, status in [("book", 201), ("book", 409), ("move", 200), ("move", 409)]:
        assert sum(act.kind == kind and act.status == status for act in acts) >= 3, (kind, status)
    assert {act.status for act in acts} == {200, 201, 409}


def test_no_two_hold_the_same_time(played: tuple[Practice, list[Act]]) -> None:
    """At no instant of the whole history; a closure may lie over a booking that was there."""
    booked = [hold for hold in holds(*played) if "-" in hold.who]
    assert [
        (one, other)
        for one, other in combinations(booked, 2)
        if one.who != other.who and one.cells & other.cells and together(one, other)
    ] == []


def together(one: Hold, other: Hold) -> bool:
    """Whether both surely held what they held at some instant."""
    return max(one.since, other.since) < min(one.until, other.until)


def test_every_acknowledged_booking_is_there(played: tuple[Practice, list[Act]]) -> None:
    """Under its id, where it was put last, in the state it was given last."""
    practice, acts = played
    expected: dict[str, tuple[int, str]] = {}
    accepted = {act.code for act in acts if act.kind == "accept"}
    for act in sorted(acts, key=lambda act: act.answered):
        if act.kind in ("book", "move", "cancel") and act.status < 400:
            name = Tickets([SECRET]).find(act.code)[0].hex()
            cancelled = act.told["state"] == "cancelled"
            state = "cancelled" if cancelled else "confirmed" if name in accepted else "requested"
            expected[name] = parse_instant(act.told["start"]), state
    kept = rows(practice.where, "SELECT id, start, state FROM bookings")
    assert {name.hex(): (start, state) for name, start, state in kept} == expected


def test_every_refusal_was_true(played: tuple[Practice, list[Act]]) -> None:
    """Whoever heard that a time is taken asked while somebody had it, or was just getting it."""
    practice, acts = played
    all_holds = holds(practice, acts)
    facts = read_practice((practice.folder / "practice.toml").read_text("utf-8"))
    lies = []
    for act in acts:
        if act.status == 409:
            visit = facts.visit(act.visit)
            assert visit
            start = parse_instant(act.start)
            first, end = start - visit.before * 60, start + (visit.minutes + visit.after) * 60
            wanted = frozenset(range(first // 300, -(-end // 300)))
            if not any(
                hold.who != act.code
                and hold.cells & wanted
                and hold.asked < act.answered
                and act.asked < hold.released
                for hold in all_holds
            ):
                lies.append(act)
    assert lies == []
