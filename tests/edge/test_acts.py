"""What the desk does: by what it saw, in one transaction, undone by its opposite."""

import asyncio
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Coroutine
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from booking_endpoint.acts import (
    BadAct,
    Offer,
    Outcome,
    Place,
    Put,
    perform,
    read_act,
    standing,
)
from booking_endpoint.availability import Extra
from booking_endpoint.envelope import SIZE, PrivateKey, public_text, seal, to_text
from booking_endpoint.instants import Slot, rfc3339
from booking_endpoint.practice import RECIPIENTS
from booking_endpoint.store import State, Store
from tests.serving import ROOT

NINE, TEN = Slot(1_800_000_000, 1_800_001_800), Slot(1_800_003_600, 1_800_005_400)
CONFIRMED, CANCELLED = State.CONFIRMED, State.CANCELLED
ANNE, BORIS = b"a" * 16, b"b" * 16


async def fill(store: Store) -> None:
    """Anne at nine, Boris at ten."""
    await store.open()
    for name, slot in ((ANNE, NINE), (BORIS, TEN)):
        await store.book([name], slot, slot.cells(), CONFIRMED, bytes(SIZE))


def done(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


def put(seen: Place, wanted: Place, name: bytes = ANNE, before: int = 0, after: int = 0) -> Put:
    return Put(name, seen, wanted, before, after)


async def after(path: Path, *acts: Put) -> tuple[list[Outcome], dict[bytes, Place]]:
    """What became of these acts, and where everybody stands then."""
    store = Store(path)
    await fill(store)
    try:
        outcomes = [await perform(store, act) for act in acts]
        bookings, _, _ = await standing(store)
        return outcomes, {one.id: Place(one.slot, one.state) for one in bookings}
    finally:
        await store.close()


HERE, GONE = Place(NINE, CONFIRMED), Place(NINE, CANCELLED)
FREE = Slot(NINE.start + 1800, NINE.end + 1800)


@pytest.mark.parametrize("wanted", [GONE, Place(FREE, CONFIRMED), Place(NINE, State.REQUESTED)])
def test_an_act_and_its_opposite_leave_everything_as_it_was(tmp_path: Path, wanted: Place) -> None:
    there, back = put(HERE, wanted), put(wanted, HERE)
    assert done(after(tmp_path / "a.db", there))[1][ANNE] == wanted
    outcomes, standing = done(after(tmp_path / "b.db", there, back))
    assert outcomes == [Outcome.DONE, Outcome.DONE]
    assert standing[ANNE] == HERE


def test_what_has_changed_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    """The patient cancelled; the secretary, who has not seen it yet, moves the visit."""
    late = put(HERE, Place(FREE, CONFIRMED))
    outcomes, standing = done(after(tmp_path / "a.db", put(HERE, GONE), late))
    assert outcomes == [Outcome.DONE, Outcome.CHANGED]
    assert standing[ANNE] == GONE


def test_the_same_act_sent_twice_is_done_once(tmp_path: Path) -> None:
    act = put(HERE, Place(FREE, CONFIRMED))
    assert done(after(tmp_path / "a.db", act, act))[0] == [Outcome.DONE, Outcome.DONE]


@pytest.mark.parametrize(("minutes", "outcome"), [(0, Outcome.DONE), (5, Outcome.TAKEN)])
def test_nobody_is_put_onto_another_nor_onto_the_minutes_kept_free(
    tmp_path: Path, minutes: int, outcome: Outcome
) -> None:
    close = Slot(TEN.start - 1800, TEN.start)
    act = put(HERE, Place(close, CONFIRMED), after=minutes)
    outcomes, standing = done(after(tmp_path / "a.db", act))
    assert outcomes == [outcome]
    assert standing[ANNE] == (act.wanted if outcome is Outcome.DONE else HERE)


def test_who_cannot_go_elsewhere_keeps_the_old_time(tmp_path: Path) -> None:
    """Also against whoever wants it: the cells of the old time are still taken."""

    async def work() -> Outcome:
        store = Store(tmp_path / "a.db")
        await fill(store)
        try:
            refused = await perform(store, put(HERE, Place(TEN, CONFIRMED)))
            assert refused is Outcome.TAKEN
            return await perform(store, put(Place(TEN, CONFIRMED), HERE, BORIS))
        finally:
            await store.close()

    assert done(work()) is Outcome.TAKEN


def test_a_time_that_went_to_another_does_not_come_back(tmp_path: Path) -> None:
    taking = put(Place(TEN, CONFIRMED), HERE, BORIS)
    outcomes, standing = done(after(tmp_path / "a.db", put(HERE, GONE), taking, put(GONE, HERE)))
    assert outcomes == [Outcome.DONE, Outcome.DONE, Outcome.TAKEN]
    assert standing == {ANNE: GONE, BORIS: HERE}


def test_who_is_not_there_is_told_so(tmp_path: Path) -> None:
    assert done(after(tmp_path / "a.db", put(HERE, GONE, b"c" * 16)))[0] == [Outcome.UNKNOWN]


def test_the_desk_may_use_a_time_that_is_closed_to_others(tmp_path: Path) -> None:
    async def work() -> Outcome:
        store = Store(tmp_path / "a.db")
        await fill(store)
        try:
            await store.close_between("pause", Slot(FREE.start, FREE.end))
            return await perform(store, put(HERE, Place(FREE, CONFIRMED)))
        finally:
            await store.close()

    assert done(work()) is Outcome.DONE


# --- on the command line --------------------------------------------------------------------------


def run(database: Path, *words: str, put_in: str = "") -> list[dict[str, Any]]:
    environ = {**os.environ, "BOOKING_DATABASE": str(database), "BOOKING_ACTOR": "dr"}
    answer = subprocess.run(
        [sys.executable, "-m", "booking_endpoint", *words],
        cwd=ROOT,
        env=environ,
        input=put_in,
        capture_output=True,
        check=True,
        text=True,
    )
    return [json.loads(line) for line in answer.stdout.splitlines() if line]


def told(slot: Slot, **more: object) -> dict[str, object]:
    return {"start": rfc3339(slot.start), "end": rfc3339(slot.end), **more}


def test_a_time_is_taken_for_whoever_called_and_what_is_sealed_comes_back(
    tmp_path: Path, key: PrivateKey
) -> None:
    """Sent twice, as when the answer was lost: one booking. Sent for a time that is gone: none."""
    database, envelope = tmp_path / "a.db", seal(b"{}", [public_text(key)] * RECIPIENTS)
    sealed = to_text(envelope)
    name = secrets.token_hex(16)
    wanted = told(NINE, act="book", id=name, before=0, after=0, envelope=sealed)
    late = {**wanted, "id": secrets.token_hex(16)}
    acts = "\n".join(map(json.dumps, [wanted, wanted, late]))
    assert run(database, "acts", put_in=acts) == [
        {"outcome": word} for word in ("done", "done", "taken")
    ]
    (line,) = run(database, "list")
    assert line == told(NINE, id=name, state="confirmed", moved=False)
    (line,) = run(database, "export", "--only", put_in=f"{name}\n")
    assert line["envelope"] == sealed
    assert run(database, "export", "--only", put_in=f"{'0' * 32}\n") == []


def test_a_closure_is_made_listed_and_undone(tmp_path: Path) -> None:
    close = told(NINE, act="close", word="conge")
    reopen = {"act": "open", "word": "conge"}
    assert run(tmp_path / "a.db", "acts", put_in=json.dumps(close)) == [{"outcome": "done"}]
    assert run(tmp_path / "a.db", "list") == [told(NINE, word="conge")]
    acts = f"{json.dumps(reopen)}\n{json.dumps(reopen)}"
    outcomes = [line["outcome"] for line in run(tmp_path / "a.db", "acts", put_in=acts)]
    assert outcomes == ["done", "unknown"]


def test_hours_are_opened_listed_and_withdrawn(tmp_path: Path) -> None:
    offer = told(NINE, act="offer", word="more", visits=["consultation"])
    withdraw = {"act": "withdraw", "word": "more"}
    assert run(tmp_path / "a.db", "acts", put_in=json.dumps(offer)) == [{"outcome": "done"}]
    assert run(tmp_path / "a.db", "list") == [told(NINE, word="more", visits=["consultation"])]
    acts = f"{json.dumps(withdraw)}\n{json.dumps(withdraw)}"
    outcomes = [line["outcome"] for line in run(tmp_path / "a.db", "acts", put_in=acts)]
    assert outcomes == ["done", "unknown"]
    assert run(tmp_path / "a.db", "list") == []


def test_every_act_is_in_the_audit_log_without_whom_it_was_about(tmp_path: Path) -> None:
    done(after(tmp_path / "a.db"))
    seen = told(NINE, state="confirmed")
    act = {"act": "put", "id": ANNE.hex(), "seen": seen, "before": 0, "after": 0}
    act |= {"wanted": told(FREE, state="confirmed")}
    run(tmp_path / "a.db", "acts", put_in=json.dumps(act))
    log = (tmp_path / "a.db.audit").read_text("ascii")
    assert "put confirmed elsewhere" in log
    assert ANNE.hex() not in log
    assert rfc3339(NINE.start) not in log


GOOD = {
    "act": "put",
    "id": ANNE.hex(),
    "seen": told(NINE, state="confirmed"),
    "wanted": told(NINE, state="cancelled"),
    "before": 0,
    "after": 0,
}


def test_a_good_line_is_read() -> None:
    assert read_act(json.dumps(GOOD)) == put(HERE, GONE)


@pytest.mark.parametrize(
    "change",
    [
        {"act": "drop"},
        {"id": "zz" * 16},
        {"id": "aa"},
        {"wanted": told(NINE, state="dead")},
        {"wanted": told(Slot(NINE.end, NINE.start), state="confirmed")},
        {"before": -1},
        {"after": 99999},
        {"after": True},
        {"seen": None},
    ],
)
def test_any_other_line_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(BadAct):
        read_act(json.dumps(GOOD | change))


@pytest.mark.parametrize(
    "change",
    [
        {"visits": "consultation"},
        {"visits": ["two words"]},
        {"visits": ["';--"]},
        {"visits": [7]},
        {"visits": None},
        {"word": ""},
        told(Slot(NINE.start + 60, NINE.end)),
        told(Slot(NINE.end, NINE.start)),
    ],
)
def test_hours_that_no_desk_opens_are_refused(change: dict[str, object]) -> None:
    """Their slots would not begin where cells do, or they name a visit that cannot be."""
    good = told(NINE, act="offer", word="more", visits=[])
    assert read_act(json.dumps(good)) == Offer("more", Extra(NINE))
    with pytest.raises(BadAct):
        read_act(json.dumps(good | change))


@pytest.mark.parametrize("line", ["", "[]", "7", "{", '{"act": "book"}', '{"act": "close"}'])
def test_what_is_no_act_is_refused(line: str) -> None:
    with pytest.raises(BadAct):
        read_act(line)


def test_whoever_watches_hears_of_each_change_until_nobody_listens(tmp_path: Path) -> None:
    """Of bookings, and of facts: a desk elsewhere works with a copy. A desk that was killed
    holds the other end of nothing."""
    database, facts = tmp_path / "a.db", tmp_path / "practice.toml"
    environ = {
        **os.environ,
        "BOOKING_DATABASE": str(database),
        "BOOKING_PRACTICE": str(facts),
    }
    with subprocess.Popen(
        [sys.executable, "-m", "booking_endpoint", "watch"],
        cwd=ROOT,
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as watching:
        assert watching.stdin
        assert watching.stdout
        assert watching.stdout.readline() == "changed\n"
        run(database, "acts", put_in=json.dumps(told(NINE, act="close", word="conge")))
        assert watching.stdout.readline() == "changed\n"
        facts.write_text("zone = 1")
        assert watching.stdout.readline() == f"facts {sha256(b'zone = 1').hexdigest()}\n"
        watching.stdin.close()
        assert watching.wait(10) == 0


def test_the_minutes_kept_free_are_part_of_what_is_asked() -> None:
    assert read_act(json.dumps(GOOD | {"before": 5})) == replace(put(HERE, GONE), before=5)
