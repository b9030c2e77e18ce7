"""`python -m desk open`, as a doctor types it: lines in, lines out, no name on the way."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from booking_endpoint.envelope import PrivateKey, lock_key
from tests.desk.cast import MONDAY, NAME, PASSPHRASE, exported, identity
from tests.keys import new_key
from tests.serving import ROOT


@pytest.fixture
def files(tmp_path: Path, key: PrivateKey) -> Path:
    """A folder with a key file and its passphrase."""
    (tmp_path / "key.pem").write_bytes(lock_key(key, PASSPHRASE))
    (tmp_path / "passphrase").write_text(f"{PASSPHRASE}\n", encoding="utf-8")
    return tmp_path


def open_with(files: Path, fed: bytes, **instead: str) -> subprocess.CompletedProcess[bytes]:
    names = {"key": "key.pem", "passphrase": "passphrase"} | instead
    key, passphrase = (str(files / names[which]) for which in ("key", "passphrase"))
    words = ["open", "--key", key, "--passphrase-file", passphrase]
    return subprocess.run(
        [sys.executable, "-m", "desk", *words],
        input=fed,
        cwd=ROOT,
        capture_output=True,
        check=False,
        env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    )


def test_lines_come_out_as_the_interface_says(files: Path, key: PrivateKey) -> None:
    """In UTF-8 even where the terminal knows only English."""
    who = identity(MONDAY, name="נועה לדוגמה")
    done = open_with(files, exported(key, content=who).encode())

    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout.decode()) == {
        "id": f"{1:032x}",
        "start": "2026-11-23T08:00:00Z",
        "end": "2026-11-23T08:30:00Z",
        "state": "confirmed",
        "moved": False,
        "identity": who,
    }
    assert "נועה לדוגמה".encode() in done.stdout


def test_what_stays_closed_is_said_line_by_line(files: Path, key: PrivateKey) -> None:
    """And in the exit code; blank lines are none."""
    lines = [
        exported(key).encode(),
        b"",
        exported(new_key()).encode(),
        exported(key, envelope="AAAA").encode(),
        exported(key, content=b"[]").encode(),
        b"\xff Welcome!",
    ]
    done = open_with(files, b"\n".join(lines))

    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line.get("error", "") for line in told] == ["", "foreign", "shape", "text", "line"]
    assert "identity" in told[0]
    assert told[-1] == {"id": "", "error": "line"}
    assert done.returncode == 1


def test_a_folder_of_keys_opens_what_was_sealed_to_any_of_them(
    files: Path, key: PrivateKey
) -> None:
    older = new_key()
    (files / "keys").mkdir()
    for name, one in (("doctor-1.pem", key), ("doctor-2.pem", older)):
        (files / "keys" / name).write_bytes(lock_key(one, PASSPHRASE))
    lines = [exported(key), exported(older, number=2)]
    done = open_with(files, "\n".join(lines).encode(), key="keys")
    assert done.returncode == 0
    told = [json.loads(line)["identity"]["name"] for line in done.stdout.splitlines()]
    assert told == [NAME, NAME]


@pytest.mark.parametrize("passphrase", ["wrong\n", ""], ids=["wrong", "none"])
def test_a_wrong_passphrase_is_said_without_a_traceback(
    files: Path, key: PrivateKey, passphrase: str
) -> None:
    (files / "other").write_text(passphrase, encoding="utf-8")
    done = open_with(files, exported(key).encode(), passphrase="other")

    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.decode().strip().endswith("this passphrase does not open the key")
    assert len(done.stderr.splitlines()) == 1
    assert NAME.encode() not in done.stderr


def test_a_passphrase_written_on_another_system_opens_too(files: Path, key: PrivateKey) -> None:
    """Windows ends a line in its own way, and may begin a file with a mark."""
    (files / "passphrase").write_bytes(b"\xef\xbb\xbf" + PASSPHRASE.encode() + b"\r\n")
    assert open_with(files, exported(key).encode()).returncode == 0


def test_a_missing_file_is_named(files: Path) -> None:
    done = open_with(files, b"", key="missing")
    assert done.returncode == 2
    assert done.stderr.decode() == f"{files / 'missing'}: cannot be read\n"


def test_a_file_that_is_no_text_is_said_without_a_traceback(files: Path) -> None:
    (files / "passphrase").write_bytes(b"\xe9\xff")
    done = open_with(files, b"")
    assert (done.returncode, done.stderr) == (2, b"a file is not text in UTF-8\n")
