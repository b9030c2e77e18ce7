"""A backup: taken while patients book, opened with a key, put in place whole or not at all."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from io import BytesIO
from pathlib import Path
from secrets import token_bytes

import pytest

from booking_endpoint.audit import append, verify
from booking_endpoint.backup import Backup, BadBackup, envelopes, look
from booking_endpoint.backup_commands import restore, sealed_backup
from booking_endpoint.config import BadConfig
from booking_endpoint.envelope import PrivateKey, public_text
from booking_endpoint.practice import Recipient
from booking_endpoint.sealed_file import open_file
from booking_endpoint.sqlite_file import NewerFile, beside
from tests.edge.patient import Patient, opened, ready_ticket
from tests.edge.traces import traces_in
from tests.keys import new_key
from tests.serving import ROOT, SECRET, Practice, practice_in, serving

SENTINEL = "Zoé Sentinelle-Abricot"


def command(practice: Practice, *words: str) -> "subprocess.Popen[bytes]":
    """The endpoint's command line."""
    pipe = subprocess.PIPE
    told = [sys.executable, "-m", "booking_endpoint", *words]
    return subprocess.Popen(told, cwd=ROOT, env=practice.environ, stdout=pipe, stderr=pipe)


def sealed(practice: Practice) -> bytes:
    _found, pieces = sealed_backup(practice.environ, int(time.time()), token_bytes(32))
    return b"".join(pieces)


def backup_of(practice: Practice) -> Backup:
    return Backup.from_bytes(open_file(sealed(practice), [practice.key]) or b"")


def put(practice: Practice, content: bytes = b"", then: str | None = None) -> None:
    """A step of a restore, told in the log as the command line tells it."""

    def log(what: str) -> None:
        append(beside(practice.database, ".audit"), "root", what, int(time.time()))

    restore(practice.environ, then, BytesIO(content), log)


def bookings(practice: Practice) -> set[bytes]:
    with closing(sqlite3.connect(practice.database)) as file:
        return {row[0] for row in file.execute("SELECT id FROM bookings")}


def book(practice: Practice, count: int, first: int = 0, **who: str) -> list[str]:
    """So many bookings, by a patient who has the proofs of work ready; their starts."""
    with Patient(practice) as patient:
        starts = patient.times()[first::7][:count]
        for start in starts:
            told = {"visit": "consultation", "start": start, **ready_ticket(time.time())}
            told["envelope"] = patient.envelope("consultation", start, **who)
            assert patient.post("/bookings", told).status_code == 201
    return starts


def test_all_that_was_answered_before_is_in_it_while_patients_book(practice: Practice) -> None:
    """And the copy is whole and sound each time, though it is made between two bookings."""
    with serving(practice, with_site=False), ThreadPoolExecutor() as patients:
        booking = patients.submit(book, practice, 24)
        counts = []
        while not booking.done():
            before = len(bookings(practice)) if practice.database.exists() else 0
            counts.append((before, look(backup_of(practice).database).bookings))
        booked = booking.result()
        counts.append((len(booked), look(backup_of(practice).database).bookings))
    assert len(counts) > 2
    assert [pair for pair in counts if pair[0] > pair[1]] == []
    assert counts[-1] == (24, 24)


@pytest.fixture(scope="module")
def yesterday(tmp_path_factory: pytest.TempPathFactory, site: Path, key: PrivateKey) -> Practice:
    """A practice whose endpoint took bookings, and stopped."""
    practice = practice_in(tmp_path_factory.mktemp("yesterday"), site, key)
    with serving(practice, with_site=False):
        book(practice, 3, name=SENTINEL)
    append(beside(practice.database, ".audit"), "anna", "export", 0)
    return practice


@pytest.fixture
def booked(yesterday: Practice, tmp_path: Path) -> Practice:
    """The same, for one test to change."""
    shutil.copytree(yesterday.folder, tmp_path, dirs_exist_ok=True)
    return Practice(tmp_path, yesterday.key, yesterday.site)


def test_it_holds_rows_log_and_secrets_and_only_its_holders_read_them(booked: Practice) -> None:
    file = sealed(booked)
    backup = Backup.from_bytes(open_file(file, [booked.key]) or b"")
    assert [opened(one, booked.key)["name"] for one in envelopes(backup.database)] == [SENTINEL] * 3
    assert backup.secrets == (SECRET,)
    assert b'"export"' in backup.audit
    assert open_file(file, [new_key()]) is None
    assert [one for one in (b"SQLite", SECRET.encode(), b"anna") if one in file] == []
    assert SECRET not in repr(backup)


def test_a_secretary_opens_no_backup_and_recovery_does(booked: Practice) -> None:
    """A backup holds the secrets that sign; who leaves must not take them along."""
    secretary, recovery = new_key(), new_key()
    tables = [("secretary", secretary), ("recovery", recovery)]
    facts = booked.folder / "practice.toml"
    more = "".join(Recipient(role, public_text(key)).to_toml() for role, key in tables)
    facts.write_text(facts.read_text("utf-8") + more, "utf-8")
    file = sealed(booked)
    assert open_file(file, [secretary]) is None
    assert open_file(file, [recovery]) == open_file(file, [booked.key])


def test_nothing_of_it_stays_on_the_servers_disk(booked: Practice) -> None:
    """It is copied, looked through and sealed in memory: no file comes but SQLite's own two."""
    before = set(booked.folder.iterdir())
    sealed(booked)
    added = {path.name for path in set(booked.folder.iterdir()) - before}
    assert added <= {"bookings.db-wal", "bookings.db-shm"}
    assert traces_in([SENTINEL], booked.folder) == {}


def test_only_one_that_was_taken_whole_counts_as_sent(booked: Practice) -> None:
    log = beside(booked.database, ".audit")
    with command(booked, "backup", "--sealed") as cut:
        assert cut.stdout
        cut.stdout.close()
    assert cut.returncode
    assert '"backup"' in log.read_text("ascii")
    assert '"backup sent"' not in log.read_text("ascii")
    with command(booked, "backup", "--sealed") as whole:
        out, said = whole.communicate()
    assert open_file(out, [booked.key])
    assert said == b"3 bookings, 3 not cancelled\n"
    assert '"backup sent"' in log.read_text("ascii")
    assert verify(log.read_bytes()) == []


# --- put in place --------------------------------------------------------------------------------


def everything(practice: Practice) -> dict[str, bytes]:
    """Each file of the folder, but for the one by which writers take turns, which is empty."""
    files = (path for path in practice.folder.iterdir() if path.name != "bookings.db.lock")
    return {path.name: path.read_bytes() for path in files if path.is_file()}


def test_it_is_put_in_place_taken_back_and_settled(booked: Practice) -> None:
    backup, then = backup_of(booked), bookings(booked)
    with serving(booked, with_site=False):
        book(booked, 2, first=3)
    now = bookings(booked)
    assert then < now
    put(booked, backup.to_bytes())
    assert bookings(booked) == then
    put(booked, then="undo")
    assert bookings(booked) == now
    put(booked, backup.to_bytes())
    put(booked, then="settle")
    put(booked, then="undo")
    assert bookings(booked) == then
    log = beside(booked.database, ".audit").read_bytes()
    assert verify(log) == []
    assert log.count(b'"restore"') == 2
    assert not [path for path in booked.folder.iterdir() if ".before" in path.name]


def test_a_log_that_was_never_written_into_the_file_comes_back_with_it(booked: Practice) -> None:
    """A server that was cut off: its last bookings stand in the write-ahead log alone."""
    backup = backup_of(booked).to_bytes()
    with closing(sqlite3.connect(booked.database, isolation_level=None)) as killed:
        killed.execute("PRAGMA wal_autocheckpoint=0")
        killed.execute("INSERT INTO closures VALUES ('conference', 1, 2)")
        assert beside(booked.database, "-wal").stat().st_size
        put(booked, backup)
        assert not beside(booked.database, "-wal").exists()
        put(booked, then="undo")
    with closing(sqlite3.connect(booked.database)) as file:
        assert file.execute("SELECT id FROM closures").fetchall() == [("conference",)]


def test_on_a_new_server_its_log_goes_on_from_the_old_ones(booked: Practice) -> None:
    """So whoever kept the last digest of the old server is not told that the log was cut."""
    backup = backup_of(booked)
    for path in booked.folder.glob("bookings.db*"):
        path.unlink()
    append(beside(booked.database, ".audit"), "deployer", "serve start", 0)
    put(booked, backup.to_bytes())
    log = beside(booked.database, ".audit").read_bytes()
    assert log.startswith(backup.audit)
    assert verify(log) == []


def altered(database: bytes, *statements: str) -> bytes:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as file:
        file.deserialize(database)
        for statement in statements:
            file.execute(statement)
        return file.serialize()


def damaged(database: bytes) -> bytes:
    """The same with a page of envelopes gone."""
    return database[:20_480] + b"\xff" * 4096 + database[24_576:]


BAD: dict[str, tuple[Callable[[Backup], bytes], str]] = {
    "random bytes": (lambda _: os.urandom(99_999), "something else"),
    "half of it": (lambda one: one.to_bytes()[: len(one.to_bytes()) // 2], "something else"),
    "a damaged database": (lambda one: with_file(one, damaged(one.database)), "damaged"),
    "an empty one": (lambda one: with_file(one, b""), "damaged"),
    "a later release's": (
        lambda one: with_file(one, altered(one.database, "PRAGMA user_version=99")),
        "schema 99",
    ),
    "one with a trigger": (
        lambda one: with_file(
            one,
            altered(
                one.database,
                "CREATE TRIGGER spy AFTER INSERT ON bookings BEGIN DELETE FROM occupied; END",
            ),
        ),
        "none of ours",
    ),
}


def with_file(backup: Backup, database: bytes) -> bytes:
    return Backup(database, backup.audit, backup.secrets, backup.made).to_bytes()


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_backup_is_refused_and_nothing_changed(booked: Practice, what: str) -> None:
    make, says = BAD[what]
    content = make(backup_of(booked))
    before = everything(booked)
    with pytest.raises((BadBackup, NewerFile), match=says):
        put(booked, content)
    assert everything(booked) == before


def test_a_disk_that_is_full_changes_nothing(booked: Practice) -> None:
    """The new file is written whole before the old one moves."""
    content = backup_of(booked).to_bytes()
    before = everything(booked)
    limited = f'ulimit -f 8; trap "" XFSZ; exec {sys.executable} -m booking_endpoint restore'
    done = subprocess.run(
        ["sh", "-c", limited],
        cwd=ROOT,
        env={**booked.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        input=content,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert b"OSError" in done.stderr
    assert everything(booked) == before


def test_facts_without_a_key_seal_to_nobody(practice: Practice) -> None:
    facts = practice.folder / "practice.toml"
    facts.write_text(facts.read_text("utf-8").partition("[[recipients]]")[0], "utf-8")
    with pytest.raises(BadConfig, match="make a key first"):
        sealed(practice)
