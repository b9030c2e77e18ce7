"""The server's command line, its only back door, as the desk and the deployer type it."""

import asyncio
import io
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from booking_endpoint.__main__ import main
from booking_endpoint.instants import DAY, Slot, rfc3339
from booking_endpoint.store import State, Store
from tests.edge.patient import Patient, opened, plus
from tests.serving import ROOT, Practice, free_port

TUESDAY = "2026-12-01T08:00:00Z"
NOTHING = "there is nothing of that name\n"


def settings(practice: Practice, changes: dict[str, str]) -> dict[str, str]:
    """The environment; an empty setting is one that is not set."""
    return {name: value for name, value in {**practice.environ, **changes}.items() if value}


def process(
    practice: Practice, *words: str, put_in: str = "", **changes: str
) -> tuple[int, str, str]:
    """One command as the desk runs it; its exit code, what it printed, what it complained of."""
    told = subprocess.run(
        [sys.executable, "-m", "booking_endpoint", *words],
        cwd=ROOT,
        env=settings(practice, changes),
        input=put_in,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return told.returncode, told.stdout, told.stderr


def here(practice: Practice, *words: str, **changes: str) -> tuple[int, str, str]:
    """The same within this process, which need not start."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            status = main(words, settings(practice, changes))
        except SystemExit as end:
            status = int(end.code or 0)
    return status, out.getvalue(), err.getvalue()


def exported(practice: Practice) -> list[dict[str, object]]:
    status, lines, complaints = here(practice, "export")
    assert (status, complaints) == (0, "")
    return [json.loads(line) for line in lines.splitlines()]


def store_in(practice: Practice, *bookings: tuple[int, int]) -> None:
    """Bookings made long ago or to come: an id's byte, and a start."""

    async def fill() -> None:
        store = Store(practice.database)
        await store.open()
        for nth, start in bookings:
            slot = Slot(start, start + 1800)
            await store.book([bytes([nth]) * 16], slot, slot.cells(), State.CONFIRMED, b"sealed")
        await store.close()

    asyncio.run(fill())


# --- beside the running server -------------------------------------------------------------------


def test_export_gives_the_desk_what_it_can_open(patient: Patient) -> None:
    booked = patient.booked(TUESDAY)
    patient.move(booked["manage"], plus(TUESDAY, minutes=30))
    status, lines, complaints = process(patient.practice, "export")
    assert (status, complaints) == (0, "")
    [line] = [json.loads(line) for line in lines.splitlines()]
    envelope = bytes.fromhex(str(line["id"]))
    assert len(envelope) == 16
    assert line.keys() == {"id", "start", "end", "state", "moved", "envelope"}
    assert (line["start"], line["end"]) == (plus(TUESDAY, minutes=30), plus(TUESDAY, minutes=60))
    assert (line["state"], line["moved"]) == ("confirmed", True)


def test_the_desk_cancels_accepts_and_forgets(changed: Callable[..., Practice]) -> None:
    practice = changed(("approval = false", "approval = true"))
    with Patient(practice) as patient:
        booked = [patient.booked(plus(TUESDAY, minutes=30 * nth)) for nth in (0, 1)]
        first, second = (str(line["id"]) for line in exported(practice))
        shown = [{"manage": one["manage"]} for one in booked]
        assert booked[0]["state"] == "requested"

        assert process(practice, "accept", first) == (0, "accepted\n", "")
        assert patient.post("/bookings/show", shown[0]).json()["state"] == "confirmed"

        assert process(practice, "cancel", second) == (0, "cancelled\n", "")
        assert patient.post("/bookings/show", shown[1]).json()["state"] == "cancelled"
        assert booked[1]["start"] in patient.times()
        assert here(practice, "accept", second) == (1, NOTHING, "")
        assert patient.post("/bookings/show", shown[1]).json()["state"] == "cancelled"

        assert process(practice, "forget", first, second) == (0, "forgotten\n", "")
        assert patient.post("/bookings/show", shown[0]).status_code == 404
        assert exported(practice) == []
        for act in ("cancel", "accept", "forget"):
            assert here(practice, act, first) == (1, NOTHING, "")


def test_the_desk_closes_and_opens(patient: Patient) -> None:
    practice = patient.practice
    kept = patient.booked(TUESDAY)
    closing_time = (TUESDAY, plus(TUESDAY, hours=2), "--id", "conference")
    status, told, _complaints = process(practice, "close", *closing_time)
    assert (status, told) == (0, "closed; to reopen: open conference\n")
    assert plus(TUESDAY, minutes=30) not in patient.times()
    assert plus(TUESDAY, hours=2) in patient.times()
    assert patient.book(plus(TUESDAY, minutes=30)).status_code == 409
    shown = patient.post("/bookings/show", {"manage": kept["manage"]}).json()
    assert (shown["start"], shown["state"]) == (TUESDAY, "confirmed")

    assert process(practice, "open", "conference") == (0, "opened\n", "")
    assert plus(TUESDAY, minutes=30) in patient.times()
    assert here(practice, "open", "conference") == (1, NOTHING, "")


def test_an_hour_opened_at_the_desk_is_offered_booked_and_no_longer_offered(
    patient: Patient,
) -> None:
    """On a Sunday, for one visit. Who has booked keeps the time when it is withdrawn."""
    practice, sunday = patient.practice, "2026-12-06T09:00:00Z"
    assert not [start for start in patient.times() if start.startswith("2026-12-06")]
    hours = {"start": sunday, "end": plus(sunday, hours=1)}
    offer = {"act": "offer", "word": "more", "visits": ["consultation"], **hours}
    assert process(practice, "acts", put_in=json.dumps(offer))[0] == 0
    assert [start for start in patient.times() if start.startswith("2026-12-06")] == [
        sunday,
        plus(sunday, minutes=30),
    ]
    assert not [one for one in patient.times("colposcopy") if one.startswith("2026-12-06")]
    booked = patient.booked(sunday)
    assert patient.book(plus(sunday, minutes=45)).status_code == 409
    withdraw = {"act": "withdraw", "word": "more"}
    assert process(practice, "acts", put_in=json.dumps(withdraw))[0] == 0
    assert patient.book(plus(sunday, minutes=30)).status_code == 409
    shown = patient.post("/bookings/show", {"manage": booked["manage"]}).json()
    assert (shown["start"], shown["state"]) == (sunday, "confirmed")


def test_a_backup_opens_with_the_doctors_key(patient: Patient, tmp_path: Path) -> None:
    practice, copy = patient.practice, tmp_path / "copy.db"
    patient.book(TUESDAY, name="Grace Sample")
    assert process(practice, "backup", str(copy)) == (0, "copied\n", "")
    assert here(practice, "backup", str(tmp_path / "no" / "folder"))[0] == 2
    with closing(sqlite3.connect(copy)) as database:
        [(envelope,)] = database.execute("SELECT envelope FROM bookings")
    assert opened(envelope, practice.key)["name"] == "Grace Sample"
    status, said, _complaints = process(practice, "check", BOOKING_DATABASE=str(copy))
    assert (status, said.split()[0]) == (0, "sound;")


def test_a_purge_goes_by_the_clock_and_the_practices_days(practice: Practice) -> None:
    now = int(time.time())
    store_in(practice, (1, now - 9 * DAY), (2, now - 6 * DAY), (3, now + DAY))
    assert process(practice, "purge") == (0, "purged 1 bookings\n", "")
    assert [line["start"] for line in exported(practice)] == [
        rfc3339(now - 6 * DAY),
        rfc3339(now + DAY),
    ]


# --- what cannot be done -------------------------------------------------------------------------


def refused(practice: Practice, *words: str, **changes: str) -> str:
    """What a command says that must be refused."""
    status, out, complaint = here(practice, *words, **changes)
    assert (status, out) == (2, "")
    assert "Traceback" not in complaint
    return complaint


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("nothing",),
        ("cancel",),
        ("cancel", "xyz"),
        ("forget", "00"),
        ("close", "tomorrow", TUESDAY),
        ("close", TUESDAY, TUESDAY),
        ("serve", "--port", "1", "--fd", "3"),
    ],
    ids=" ".join,
)
def test_a_command_mistyped_is_refused_in_words(practice: Practice, words: tuple[str, ...]) -> None:
    assert refused(practice, *words)


SETTINGS = [f"BOOKING_{name}" for name in ("DATABASE", "PRACTICE", "SECRET", "ORIGIN", "SHELL")]


@pytest.mark.parametrize("command", ["serve", "check"])
@pytest.mark.parametrize("setting", SETTINGS)
def test_a_missing_setting_is_named(practice: Practice, command: str, setting: str) -> None:
    said = refused(practice, command, **{setting: ""})
    assert said == f"set {setting} before starting\n"


def test_a_missing_setting_ends_the_process_with_2(practice: Practice) -> None:
    told = process(practice, "serve", BOOKING_ORIGIN="")
    assert told == (2, "", "set BOOKING_ORIGIN before starting\n")


UNREADABLE = {
    "BOOKING_DATABASE": "/nowhere/at/all/bookings.db",
    "BOOKING_DATABASE ": "/",
    "BOOKING_PRACTICE": "/nowhere/practice.toml",
    "BOOKING_SECRET_FILE": "/nowhere/secret",
    "BOOKING_SECRET": "too short",
    "BOOKING_SHELL": "/nowhere/shell",
}


@pytest.mark.parametrize("setting", UNREADABLE)
def test_a_setting_that_cannot_be_used_is_named(practice: Practice, setting: str) -> None:
    said = refused(practice, "serve", **{setting.strip(): UNREADABLE[setting]})
    assert said.startswith(setting.strip())
    assert "too short" not in said


def test_a_fact_that_cannot_stand_is_named_with_its_line(practice: Practice) -> None:
    facts = practice.folder / "practice.toml"
    facts.write_text(facts.read_text("utf-8").replace("minutes = 30", "minutes = 0"), "utf-8")
    said = refused(practice, "serve")
    assert "practice.toml, line" in said
    assert "minutes" in said


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version=99")


def garbage(path: Path) -> None:
    path.write_bytes(b"this was a database once " * 400)


@pytest.mark.parametrize(("spoil", "said"), [(newer, "schema 99"), (garbage, "DatabaseError")])
def test_a_database_that_cannot_be_used_is_named_and_ends_the_command(
    practice: Practice, spoil: Callable[[Path], None], said: str
) -> None:
    spoil(practice.database)
    status, out, complaint = process(practice, "export")
    assert (status, out) == (2, "")
    assert said in complaint
    assert "Traceback" not in complaint


def test_a_server_does_not_start_on_a_newer_database(practice: Practice) -> None:
    """No waiting mends that: whoever deploys must hear of it, in a sentence."""
    newer(practice.database)
    status, out, complaint = process(practice, "serve", "--port", str(free_port()))
    assert (status, out) == (2, "")
    assert "schema 99" in complaint
    assert "Traceback" not in complaint


def test_several_secrets_may_be_kept_in_a_file(practice: Practice, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{os.urandom(16).hex()},\n{os.urandom(16).hex()}\n", "utf-8")
    told = here(practice, "check", BOOKING_SECRET="", BOOKING_SECRET_FILE=str(file))
    assert told[0] == 0
