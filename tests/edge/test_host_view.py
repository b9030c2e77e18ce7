"""What `host-view` prints: all that the file holds, and of who came and why nothing."""

import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from booking_endpoint.envelope import SIZE, to_text
from booking_endpoint.host_view import MOST, names_address
from tests.edge.patient import Browser, Clock, Patient, plus
from tests.edge.test_commands import here, process, store_in
from tests.edge.test_traces import BIRTH, EMAIL, NAME, PHONE, SENTINELS, WHO, provoke, watched
from tests.edge.traces import traces
from tests.serving import SECRET, Practice

TUESDAY = "2026-12-01T08:00:00Z"
VISIT = "colposcopy"


def shown(practice: Practice, *logs: Path) -> str:
    """What the command prints, as the deployer types it."""
    words = [word for log in logs for word in ("--log", str(log))]
    status, out, complaint = process(practice, "host-view", *words)
    assert (status, complaint) == (0, "")
    return out


def rows(practice: Practice, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(practice.database)) as database:
        return database.execute(sql).fetchall()


def book_both_ways(practice: Practice, clock: Clock) -> None:
    """One patient with a script and one without, both with a name that is looked for."""
    with Patient(practice) as patient:
        start = patient.times(VISIT)[0]
        who = {"name": NAME, "phone": PHONE, "email": EMAIL}
        assert patient.book(start, VISIT, **who).status_code == 201
    with Browser(practice) as browser:
        times = browser.open(f"/rdv/availability?visit={VISIT}").form("/tickets")
        details = browser.send(times, start=times.choices("start")[-1])
        clock.pass_by(seconds=20)
        confirm = browser.send(details.form("/bookings"), **{**WHO, **BIRTH})
        assert browser.send(confirm.form("/bookings")).status == 201


def test_who_came_and_why_is_not_in_it(served: Practice, clock: Clock) -> None:
    """In no encoding: neither the identity nor the visit, though both were sent."""
    book_both_ways(served, clock)
    printed = shown(served)
    assert traces([*SENTINELS, VISIT], printed.encode()) == {}
    assert "Table bookings: 2\n" in printed


def test_a_booking_is_told_as_the_file_holds_it(patient: Patient) -> None:
    booked = patient.booked(TUESDAY)
    patient.move(booked["manage"], plus(TUESDAY, minutes=30))
    [(name, envelope)] = rows(patient.practice, "SELECT id, envelope FROM bookings")
    assert isinstance(name, bytes)
    assert isinstance(envelope, bytes)
    printed = shown(patient.practice)
    assert (
        f"  - id {name.hex()}, start {plus(TUESDAY, minutes=30)}, end {plus(TUESDAY, hours=1)}, "
        f"state confirmed, moved yes\n    envelope {to_text(envelope[:30])}… ({SIZE:,} bytes)\n"
    ) in printed
    assert "name, phone, reason are inside, and the key is not here" in printed


def test_every_table_and_every_column_of_the_file_is_named(patient: Patient) -> None:
    """So one that a later release adds, or that somebody added by hand, cannot be forgotten."""
    patient.booked(TUESDAY)
    printed = shown(patient.practice)
    tables = rows(patient.practice, "SELECT name FROM sqlite_schema WHERE type = 'table'")
    assert {"bookings", "occupied", "closures"} <= {str(name) for (name,) in tables}
    for (name,) in tables:
        columns = [column[1] for column in rows(patient.practice, f"PRAGMA table_xinfo({name})")]
        assert f"\n  Columns: {', '.join(map(str, columns))}\n" in part(printed, f"Table {name}: ")


def part(printed: str, heading: str) -> str:
    """What stands under a heading, up to the next empty line."""
    [found] = re.findall(rf"^{re.escape(heading)}.*?\n\n", printed, re.DOTALL | re.MULTILINE)
    return str(found)


def test_what_somebody_added_to_the_file_is_shown_with_its_content(practice: Practice) -> None:
    """The file is asked, not the documents: a note of who called would be seen."""
    store_in(practice, (1, 1_800_000_000))
    with closing(sqlite3.connect(practice.database)) as database:
        database.executescript(
            """
            ALTER TABLE bookings ADD COLUMN caller TEXT DEFAULT 'somebody';
            CREATE TABLE "a ""note" (told TEXT);
            INSERT INTO "a ""note" VALUES ('who it was' || char(27) || '[2J');
            """
        )
    printed = shown(practice)
    assert "caller somebody" in part(printed, "Table bookings: 1")
    assert "told who it was\N{REPLACEMENT CHARACTER}[2J" in part(printed, 'Table a "note: 1')
    assert "\x1b" not in printed


def test_of_many_bookings_the_first_are_shown_and_the_others_counted(practice: Practice) -> None:
    store_in(practice, *((nth, 1_800_000_000 + nth * 3600) for nth in range(1, MOST + 4)))
    told = part(shown(practice), f"Table bookings: {MOST + 3}")
    assert told.count("  - id ") == MOST
    assert "  and 3 more\n" in told


def test_a_closure_is_told_with_its_name(practice: Practice) -> None:
    here(practice, "close", TUESDAY, plus(TUESDAY, hours=2), "--id", "conference")
    line = f"  - id conference, start {TUESDAY}, end {plus(TUESDAY, hours=2)}\n"
    assert line in part(shown(practice), "Table closures: 1")


def test_every_file_beside_a_database_in_use_is_named(patient: Patient) -> None:
    """The write-ahead log, the lock and the second name, which only a running server has."""
    practice = patient.practice
    patient.booked(TUESDAY)
    files = {path.name for path in practice.folder.iterdir() if path.name.startswith("bookings.db")}
    assert {"bookings.db", "bookings.db-wal", "bookings.db-shm", "bookings.db.lock"} <= files
    told = part(shown(practice), "Files")
    assert {line.split(":")[0].strip() for line in told.splitlines()[1:-1]} >= files
    size = practice.database.stat().st_size
    assert f"  bookings.db: {size:,} bytes, last changed 20" in told


def test_settings_are_named_and_no_secret_is_shown(practice: Practice) -> None:
    store_in(practice)
    printed = shown(practice)
    set_here = {name for name in practice.environ if name.startswith("BOOKING_")}
    told = part(printed, "Settings, by name")
    assert set(re.findall(r"BOOKING_\w+", told)) == set_here
    assert traces([SECRET, os.environ["PATH"]], printed.encode()) == {}


def test_a_log_is_shown_but_no_network_address_in_it(practice: Practice, tmp_path: Path) -> None:
    store_in(practice)
    log = tmp_path / "endpoint.log"
    lines = [f"line {nth}" for nth in range(MOST + 5)]
    text = "\n".join([*lines, '203.0.113.9 - - "POST /rdv/bookings"', "odd \x1b]0;x\x07"])
    log.write_bytes(text.encode() + b" \xff\n")
    told = part(shown(practice, log), "Log endpoint.log: 27 lines")
    assert "203.0.113.9" not in told
    assert "  1 lines name a network address." in told
    there = [f"  | line {nth}\n" in told for nth in (24, 6, 5)]
    assert there == [True, True, False]
    assert "  and 6 more before these\n" in told
    assert "\x1b" not in told


def test_what_a_server_logs_names_nobody(practice: Practice, tmp_path: Path) -> None:
    """After requests that are refused for their form, with the name in every place."""
    with watched(practice, tmp_path / "room"):
        provoke(practice)
    printed = shown(practice, *(tmp_path / "room" / name for name in ("stdout", "stderr")))
    assert "\nLog stdout: 0 lines\n" in printed
    assert "  | WARNING:  Invalid HTTP request received.\n" in part(printed, "Log stderr: ")
    assert "name a network address" not in printed
    assert traces(SENTINELS, printed.encode()) == {}


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ('203.0.113.9 - - [22/Nov/2026:08:00:00 +0000] "GET / HTTP/1.1"', True),
        ("client: 203.0.113.9:51234, server: x", True),
        ("from 2001:db8::1.", True),
        ("from [2001:db8::1]:443", True),
        ("2001:db8:: asked", True),
        ("listening on 127.0.0.1:8001 and ::1", False),
        ("2026-11-22T08:00:00Z Quoted at store.py:12", False),
        ("SQLite 3.40.1, uvicorn 0.54.0", False),
    ],
)
def test_a_network_address_is_known_from_a_time_or_a_release(line: str, named: bool) -> None:
    assert names_address(line) is named


def test_a_database_that_is_not_there_is_not_made(practice: Practice) -> None:
    """An empty one would show nothing, and be believed."""
    status, out, complaint = here(practice, "host-view")
    assert (status, out) == (2, "")
    assert "is not there yet" in complaint
    assert not practice.database.exists()


def test_a_log_that_cannot_be_read_is_named(practice: Practice, tmp_path: Path) -> None:
    store_in(practice)
    status, out, complaint = here(practice, "host-view", "--log", str(tmp_path / "none.log"))
    assert (status, out) == (2, "")
    assert complaint.startswith("--log: ")
    assert "FileNotFoundError" in complaint
