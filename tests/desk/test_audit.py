"""The doctor asks whether the server's log was changed, and remembers its end on her machine."""

import subprocess
import sys
from pathlib import Path

import pytest

from booking_endpoint.audit import append, last_digest
from desk.__main__ import main
from tests.desk.cast import printing
from tests.serving import ROOT

NOON = 1_796_040_000


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The log of a server on this machine, in which two things were done."""
    path = tmp_path / "bookings.db.audit"
    for what in ("export", "cancel"):
        append(path, "anna", what, NOON)
    return path


def asked(log: Path) -> int:
    database = str(log.with_suffix(""))
    return main(["audit", "--seen", str(log.with_name("seen")), "--database", database])


def test_a_whole_log_is_remembered_by_its_last_digest(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _act in range(2):
        assert asked(log) == 0
        digest = last_digest(log.read_bytes())
        assert log.with_name("seen").read_text("ascii") == digest
        assert capsys.readouterr().out.endswith(f"last digest {digest}\n")
        append(log, "anna", "export", NOON)


@pytest.mark.parametrize("done", ["cut", "written anew", "emptied"])
def test_what_the_server_took_away_is_missed(
    log: Path, capsys: pytest.CaptureFixture[str], done: str
) -> None:
    """Each is a sound chain by itself. The digest that was seen stays: the next time tells again.

    Seen to fail where nothing was remembered.
    """
    assert asked(log) == 0
    remembered = log.with_name("seen").read_text("ascii")
    kept = log.read_bytes().splitlines(keepends=True)[:1]
    log.write_bytes(kept[0] if done == "cut" else b"")
    if done == "written anew":
        append(log, "anna", "export", NOON)
        append(log, "root", "backup", NOON)
    capsys.readouterr()
    assert asked(log) == 1
    assert f"{remembered} was seen before and is gone" in capsys.readouterr().out
    assert log.with_name("seen").read_text("ascii") == remembered


def test_a_changed_line_is_found_on_the_doctors_machine(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the server says of it: it is asked for the log, not for its opinion."""
    lines = log.read_text("ascii").replace("anna", "root", 1).splitlines()
    monkeypatch.setattr(
        "desk.__main__.Server.over_ssh", lambda _host, _config: printing(tmp_path, *lines)
    )
    assert main(["audit", "--seen", str(tmp_path / "seen"), "--host", "cabinet"]) == 1
    assert not (tmp_path / "seen").exists()


def test_a_server_that_does_not_answer_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bookings.db.audit").mkdir()
    assert asked(tmp_path / "bookings.db.audit") == 2
    assert "BOOKING_AUDIT" in capsys.readouterr().err


def test_the_verb_asks_where_to_remember_another_server() -> None:
    """One file for two servers would cry wolf."""
    command = [sys.executable, "-m", "invoke", "audit", "--host", "cabinet"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, "--seen FILE" in done.stderr) == (2, True)
