"""The disk is full, the file is gone, the clock is wrong: the endpoint says so, and comes back.

Whatever happens to the ground under a running server: who cannot book is told to phone, no yes is
false, nothing of what was sent is logged, and when the fault ends nobody has to restart anything.
"""

import fcntl
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Event

import pytest

from booking_endpoint.envelope import PrivateKey
from booking_endpoint.instants import DAY, HOUR
from tests.faults.disk import Shim
from tests.faults.witness import Witness, assert_unwell, serving_on
from tests.serving import ROOT, Practice, practice_in

PAGE = 4096
"""Bytes of a page of the database."""


@pytest.fixture
def witness(practice: Practice) -> Iterator[Witness]:
    with Witness(practice) as one:
        yield one


@pytest.fixture
def served(practice: Practice, shim: Shim, witness: Witness) -> Iterator[Practice]:
    """A server that is well, and has two bookings."""
    with serving_on(practice, shim):
        assert [answer.status_code for answer in witness.books_both_ways()] == [201, 201]
        yield practice


def assert_nobody_can_book(witness: Witness) -> None:
    """Neither a program nor a person, and what they are told helps them."""
    for answer in witness.books_both_ways():
        assert_unwell(answer)


# --- the disk ------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["full", "readonly", "unsynced"])
def test_while_the_disk_fails_nothing_is_booked(
    served: Practice, shim: Shim, witness: Witness, word: str
) -> None:
    """Full, read-only, or without a sync that holds; three times, and well again in between."""
    for _ in range(3):
        shim.obey(word)
        assert_nobody_can_book(witness)
        assert_nobody_can_book(witness)
        shim.obey("")
        witness.books_again()
    assert witness.misled() == {}


@pytest.mark.parametrize("word", ["full", "readonly", "unsynced"])
def test_while_the_disk_fails_nothing_is_cancelled_or_moved(
    served: Practice, shim: Shim, witness: Witness, word: str
) -> None:
    """Afterwards the visit stands where it stood, and can be cancelled."""
    booked = witness.books_by_script().json()
    manage = {"manage": booked["manage"]}
    shim.obey(word)
    assert_unwell(witness.script.post("/bookings/cancel", manage))
    assert_unwell(witness.script.move(booked["manage"], witness.times.pop()))
    shim.obey("")
    witness.books_again()
    shown = witness.script.post("/bookings/show", manage).json()
    assert (shown["state"], shown["start"]) == ("confirmed", booked["start"])
    assert witness.script.post("/bookings/cancel", manage).json()["state"] == "cancelled"


def test_on_a_slow_disk_a_booking_takes_longer_and_is_true(
    served: Practice, shim: Shim, witness: Witness
) -> None:
    shim.obey("slow 700")
    assert [answer.status_code for answer in witness.books_both_ways()] == [201, 201]
    assert witness.misled() == {}


@pytest.mark.parametrize("word", ["full", "readonly"])
def test_a_server_that_starts_on_a_bad_disk_waits_for_a_better_one(
    practice: Practice, shim: Shim, witness: Witness, word: str
) -> None:
    """With bookings in the file, so that there is something to read, or to fail to."""
    with serving_on(practice, shim):
        witness.books_again()
    shim.obey(word)
    with serving_on(practice, shim):
        assert_nobody_can_book(witness)
        shim.obey("")
        witness.books_again()
    assert witness.misled() == {}


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A file system of its own in this folder; needs the right to mount one."""
    size = ["-t", "tmpfs", "-o", "size=1m", "souspli-test", str(folder)]
    if subprocess.run(["mount", *size], check=False, capture_output=True).returncode:
        pytest.skip("mounting is not permitted here; the shim's full disk was tried all the same")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill_up(rubbish: Path) -> None:
    with suppress(OSError), rubbish.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(PAGE))


def test_a_file_system_that_is_really_full(
    tmp_path: Path, site: Path, key: PrivateKey, shim: Shim
) -> None:
    """Where the shim could be kinder than a kernel: what is written over still has its room."""
    folder = tmp_path / "small"
    folder.mkdir()
    with small_disk(folder):
        practice = practice_in(folder, site, key)
        with Witness(practice) as witness, serving_on(practice, shim):
            witness.books_again()
            fill_up(folder / "rubbish")
            assert_nobody_can_book(witness)
            (folder / "rubbish").unlink()
            witness.books_again()
            assert witness.misled() == {}


# --- the locks -----------------------------------------------------------------------------------


def test_while_another_program_holds_the_database_nobody_waits_for_ever(
    served: Practice, witness: Witness
) -> None:
    with closing(sqlite3.connect(served.database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert_unwell(witness.books_by_form())
        other.execute("ROLLBACK")
    witness.books_again()
    assert witness.misled() == {}


def test_while_another_process_holds_the_queue_nobody_waits_for_ever(
    served: Practice, witness: Witness
) -> None:
    with served.database.with_name("bookings.db.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert_nobody_can_book(witness)
    witness.books_again()
    assert witness.misled() == {}


# --- the file ------------------------------------------------------------------------------------


def settle(database: Path) -> bytes:
    """Everything in the one file, nothing in anybody's cache; and what the file then holds."""
    with closing(sqlite3.connect(database)) as other:
        other.execute("INSERT INTO closures VALUES ('long ago', 0, 1)")
        other.commit()
        [(busy, _, _)] = other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert not busy
    return database.read_bytes()


def overwrite(database: Path, start: int, content: bytes) -> None:
    """As a failing disk does it: in place, past every lock."""
    with database.open("r+b") as file:
        file.seek(start)
        file.write(content)


def test_on_corrupt_pages_nothing_is_booked_until_they_are_mended(
    served: Practice, witness: Witness
) -> None:
    """All pages but the first, so that whatever is read next is broken."""
    for _ in range(4):
        witness.books_again()
    good = settle(served.database)
    overwrite(served.database, PAGE, os.urandom(len(good) - PAGE))
    assert_nobody_can_book(witness)
    assert_nobody_can_book(witness)
    overwrite(served.database, 0, good)
    witness.books_again()
    assert witness.misled() == {}


def test_a_server_that_starts_on_corrupt_pages_looks_before_it_books(
    practice: Practice, shim: Shim, witness: Witness
) -> None:
    """Pages in the middle, which a booking may well not touch."""
    with serving_on(practice, shim):
        for _ in range(8):
            witness.books_again()
    good = settle(practice.database)
    middle = len(good) // PAGE // 3 * PAGE
    overwrite(practice.database, middle, os.urandom(middle))
    with serving_on(practice, shim):
        assert_nobody_can_book(witness)
        overwrite(practice.database, 0, good)
        witness.books_again()
    assert witness.misled() == {}


def test_a_file_that_is_no_database_is_not_written_to(
    practice: Practice, shim: Shim, witness: Witness
) -> None:
    """It may be somebody's: it stays as it is, and a database in its place is taken up."""
    with serving_on(practice, shim):
        witness.books_again()
    good = settle(practice.database)
    practice.database.write_bytes(b"a letter to the practice, saved here by mistake\n" * 500)
    with serving_on(practice, shim):
        assert_nobody_can_book(witness)
        assert practice.database.read_bytes().startswith(b"a letter to the practice")
        practice.database.write_bytes(good)
        witness.books_again()
    assert witness.misled() == {}


@pytest.mark.parametrize("ends", [("",), ("", "-wal", "-shm")], ids=["alone", "with its log"])
def test_a_deleted_file_loses_no_booking(
    served: Practice, witness: Witness, ends: tuple[str, ...]
) -> None:
    """Neither those of before, nor one that is acknowledged into a file that is not there."""
    for _ in range(2):
        for end in ends:
            served.database.with_name(served.database.name + end).unlink(missing_ok=True)
        witness.books_honestly()
        witness.books_again()
    assert witness.misled() == {}


def test_a_command_beside_the_server_does_not_begin_a_deleted_file_anew(
    served: Practice, witness: Witness
) -> None:
    """The desk asks every minute: it may well be the first to come by."""
    witness.books_again()
    served.database.unlink()
    command = [sys.executable, "-m", "booking_endpoint", "export"]
    told = subprocess.run(command, cwd=ROOT, env=served.environ, capture_output=True, check=True)
    assert len(told.stdout.splitlines()) == 4
    witness.books_again()
    assert witness.misled() == {}


def test_between_two_processes_no_yes_falls_into_a_deleted_file(
    practice: Practice, shim: Shim, witness: Witness
) -> None:
    """Deleted again and again while everybody books: of each yes, the file is found in the end."""
    over = Event()

    def delete() -> None:
        while not over.wait(0.2):
            practice.database.unlink(missing_ok=True)

    with serving_on(practice, shim, workers=2):
        witness.books_again()
        with ThreadPoolExecutor(5) as together:
            together.submit(delete)
            crowd = [together.submit(witness.books_both_ways) for _ in range(30)]
            answers = [answer for booked in crowd for answer in booked.result()]
            over.set()
        assert {answer.status_code for answer in answers} <= {201, 503}
        witness.books_again()
    assert witness.misled() == {}


def backed_up(database: Path, backup: Path) -> Path:
    with closing(sqlite3.connect(database)) as here, closing(sqlite3.connect(backup)) as copy:
        here.backup(copy)
    return backup


def test_a_file_put_in_its_place_is_the_one_that_counts(
    served: Practice, tmp_path: Path, witness: Witness
) -> None:
    """A backup is put back under the running server: what is acknowledged then, stands there."""
    for name in ("monday.db", "tuesday.db"):
        backed_up(served.database, tmp_path / name).replace(served.database)
        witness.books_honestly()
        witness.books_again()
    assert witness.misled() == {}


def test_the_log_of_the_old_file_is_not_read_into_an_older_one(
    served: Practice, tmp_path: Path, witness: Witness
) -> None:
    """What was booked after the backup is gone, as whoever put it back must know; no more is."""
    backup = backed_up(served.database, tmp_path / "older.db")
    known = dict(witness.acknowledged)
    settle(served.database)
    for _ in range(4):
        witness.books_again()
    witness.acknowledged = known
    backup.replace(served.database)
    witness.books_honestly()
    witness.books_again()
    assert witness.misled() == {}


# --- the clock and the facts ---------------------------------------------------------------------


def test_when_the_clock_jumps_nobody_is_turned_away_or_loses_a_visit(
    served: Practice, shim: Shim, witness: Witness
) -> None:
    """An hour and a day, both ways. A time stays taken; a ticket may have become too old."""
    taken = witness.times.pop()
    assert witness.books_by_script(taken).status_code == 201
    for seconds in (HOUR, -HOUR, DAY, -DAY, 0):
        held = witness.script.request(witness.times.pop())
        shim.obey(f"clock {seconds}")
        witness.clock = seconds
        assert witness.sends(held).status_code in (201, 410)
        assert [answer.status_code for answer in witness.books_both_ways()] == [201, 201]
        assert witness.books_by_script(taken).status_code == 409
    assert witness.misled() == {}


@pytest.mark.parametrize("seconds", [DAY, -DAY], ids=["tomorrow", "yesterday"])
def test_a_server_that_starts_with_a_wrong_clock_purges_no_visit(
    practice: Practice, shim: Shim, witness: Witness, seconds: int
) -> None:
    """It looks for what to forget when it starts."""
    with serving_on(practice, shim):
        witness.books_again()
    shim.obey(f"clock {seconds}")
    witness.clock = seconds
    with serving_on(practice, shim):
        witness.books_again()
    assert witness.misled() == {}


def test_facts_that_are_broken_later_do_not_disturb_a_running_server(
    served: Practice, witness: Witness
) -> None:
    """They were read once, when it started; the next start will name the line."""
    (served.folder / "practice.toml").write_text("[practice\nname = ", encoding="utf-8")
    assert [answer.status_code for answer in witness.books_both_ways()] == [201, 201]
    assert witness.misled() == {}
