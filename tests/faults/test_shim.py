"""The shim is in the way: what the other tests stand on, shown with this machine's own Python."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults.disk import Kind, NoCompiler, Shim, compile_shim, read_journal

PROGRAM = """
import sqlite3, sys, threading, time

def write(statement):
    database = sqlite3.connect(sys.argv[1], isolation_level=None)
    try:
        database.execute(statement)
    except sqlite3.Error as error:
        print(error)

for statement in ("CREATE TABLE IF NOT EXISTS one (a)", "INSERT INTO one VALUES ('a word')"):
    thread = threading.Thread(target=write, args=[statement])
    thread.start()
    thread.join()
print(int(time.time()))
"""


def said(shim: Shim, folder: Path, word: str) -> list[str]:
    """What SQLite, in a thread of another process, says to two writes on such a disk."""
    shim.obey(word)
    command = [sys.executable, "-c", PROGRAM, str(folder / "some.db")]
    environ = {**os.environ, **shim.environ(folder)}
    done = subprocess.run(command, env=environ, capture_output=True, check=True, text=True)
    *errors, now = done.stdout.splitlines()
    shim.obey("")
    return [*errors, str(round((int(now) - time.time()) / 60))]


def test_everything_that_sqlite_writes_is_recorded_in_order(shim: Shim, tmp_path: Path) -> None:
    """What is written is synced before SQLite says that it is done."""
    assert said(shim, tmp_path, "") == ["0"]
    acts = [act for act in read_journal(shim.journal) if act.file == "some.db"]
    [written] = [at for at, act in enumerate(acts) if b"a word" in act.data]
    assert acts[written + 1].kind is Kind.SYNC


@pytest.mark.parametrize(
    ("word", "error"),
    [
        ("full", "database or disk is full"),
        ("readonly", "attempt to write a readonly database"),
        ("unsynced", "disk I/O error"),
    ],
)
def test_sqlite_is_told_what_the_disk_is_made_to_say(
    shim: Shim, tmp_path: Path, word: str, error: str
) -> None:
    assert said(shim, tmp_path, "") == ["0"]
    assert said(shim, tmp_path, word)[-2] == error
    assert said(shim, tmp_path, "") == ["0"]


def test_the_clock_of_the_process_is_moved(shim: Shim, tmp_path: Path) -> None:
    assert said(shim, tmp_path, "clock 86400") == ["1440"]
    assert said(shim, tmp_path, "clock -3600") == ["-60"]


def test_files_elsewhere_are_left_alone(shim: Shim, tmp_path: Path) -> None:
    """A folder whose name begins alike is another folder."""
    watched, other = tmp_path / "disk", tmp_path / "disk2"
    watched.mkdir()
    other.mkdir()
    shim.obey("full")
    command = [sys.executable, "-c", PROGRAM, str(other / "some.db")]
    environ = {**os.environ, **shim.environ(watched)}
    done = subprocess.run(command, env=environ, capture_output=True, check=True, text=True)
    assert len(done.stdout.splitlines()) == 1
    assert read_journal(shim.journal) == []


def test_a_machine_without_a_compiler_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoCompiler, match="apt-get install gcc libc6-dev"):
        compile_shim(tmp_path)
