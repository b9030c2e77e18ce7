"""A backup leaves by the gate, comes home whole or not at all, and goes back by root's hand."""

import json
import os
import shlex
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import IO

import pytest

from booking_endpoint.backup import Backup
from booking_endpoint.envelope import PrivateKey
from booking_endpoint.sealed_file import open_file
from deploy.publishing.bringing import bring, file_for, forget_old
from deploy.publishing.state import Light, backup
from deploy.server.outcomes import Outcome, Stopped
from tests.desk.cast import MONDAY, store_booking
from tests.publish.machine import Machine
from tests.publish.supervisor import SECRET

OLD_SECRET = "what signed on the server that is gone"
OWN_SECRET = "what signs on this server from now on"


@pytest.fixture
def served(machine: Machine, bundle: dict[str, bytes], key: PrivateKey) -> Machine:
    """A server that was published to, with a booking more for every test."""
    if not machine.current:
        code, _out, said = machine.publish(bundle)
        assert code == 0, said
    (machine.room / "secret").write_text(OWN_SECRET, "ascii")
    store_booking(database(machine), key, MONDAY + timedelta(days=len(bookings(machine))))
    return machine


def database(machine: Machine) -> Path:
    return machine.room / "state" / "bookings.db"


def bookings(machine: Machine) -> set[bytes]:
    if not database(machine).exists():
        return set()
    with closing(sqlite3.connect(database(machine))) as file:
        return {row[0] for row in file.execute("SELECT id FROM bookings")}


def taken(machine: Machine, role: str = "full", words: str = "backup") -> tuple[int, bytes, str]:
    with machine.start(words, role) as running:
        out, said = running.communicate(timeout=60)
    return running.returncode, out, said.decode()


def backup_of(machine: Machine, key: PrivateKey) -> Backup:
    return Backup.from_bytes(open_file(taken(machine)[1], [key]) or b"")


def restored(machine: Machine, content: bytes, *words: str, digest: str = "") -> tuple[int, str]:
    """What root starts over ssh; how it ended, and all that it said."""
    told = [digest or sha256(content).hexdigest(), *words, "--settings"]
    done = subprocess.run(
        [sys.executable, "-m", "deploy.server.restore", *told, str(machine.room / "gate.toml")],
        cwd=machine.room / "gate",
        input=content,
        capture_output=True,
        check=False,
        timeout=120,
    )
    return done.returncode, (done.stdout + done.stderr).decode()


def well(machine: Machine) -> bool:
    told = json.loads(machine.ask("status")[1])["endpoint"]
    return (told["running"], told["status"]) == (told["wanted"], 200)


def test_keys_for_all_and_for_the_desk_take_a_backup_and_one_for_pages_does_not(
    served: Machine, key: PrivateKey
) -> None:
    assert taken(served, "content")[:2] == (Outcome.REFUSED, b"")
    for role in ("full", "desk"):
        code, out, said = taken(served, role)
        assert (code, f"{len(bookings(served))} bookings" in said) == (0, True), said
        assert Backup.from_bytes(open_file(out, [key]) or b"").secrets == (SECRET,)
        assert taken(served, role, "backup /tmp/x")[0] == Outcome.REFUSED
        assert taken(served, role, "restore")[0] == Outcome.REFUSED


def test_status_tells_when_the_last_was_taken_and_is_red_after_eight_days(served: Machine) -> None:
    taken(served)
    told = json.loads(served.ask("status")[1])["backup"]
    now = datetime.fromisoformat(told)
    assert datetime.now(UTC) - now < timedelta(hours=1, minutes=1)
    assert backup(told, now + timedelta(days=1)).light is Light.GREEN
    assert backup(told, now + timedelta(days=7)).light is Light.AMBER
    late = backup(told, now + timedelta(days=8, hours=1))
    assert (late.light, late.to_do) == (Light.RED, "today: python3 tasks.py backup")
    assert backup(None, now).light is Light.RED


def test_all_is_there_again_and_old_receipts_are_read_beside_new_ones(
    served: Machine, key: PrivateKey
) -> None:
    backup, then = backup_of(served, key), bookings(served)
    store_booking(database(served), key, MONDAY - timedelta(days=1))
    assert bookings(served) > then
    code, said = restored(served, replace(backup, secrets=(OLD_SECRET, OWN_SECRET)).to_bytes())
    assert (code, f"{len(then)} bookings are in place" in said) == (0, True), said
    assert bookings(served) == then
    assert well(served)
    assert (served.room / "secret").read_text("ascii") == f"{OWN_SECRET},{OLD_SECRET}"


def test_after_a_break_in_the_old_secrets_are_left_out(served: Machine, key: PrivateKey) -> None:
    content = backup_of(served, key).to_bytes()
    assert restored(served, content, "--forget")[0] == 0
    assert (served.room / "secret").read_text("ascii") == OWN_SECRET


def test_one_with_which_the_endpoint_does_not_start_is_taken_back(
    served: Machine, key: PrivateKey
) -> None:
    """Its first start fails, as where a disk is full or a release too old: all is as it was."""
    content = backup_of(served, key).to_bytes()
    store_booking(database(served), key, MONDAY - timedelta(days=2))
    now, once = bookings(served), served.room / f"failed-{os.getpid()}"
    start = shlex.join([sys.executable, str(Path(__file__).with_name("supervisor.py")), "restart"])
    fails = f"[ -e {once} ] || {{ touch {once}; exit 1; }}; exec {start} {served.room}"
    served.configure(start=["/bin/sh", "-c", fails])
    code, said = restored(served, content)
    served.configure()
    assert (code, "Everything was put back" in said) == (Outcome.ROLLED_BACK, True), said
    assert bookings(served) == now
    assert well(served)
    assert (served.room / "secret").read_text("ascii") == OWN_SECRET
    assert not list(database(served).parent.glob("*.before*"))


def test_what_is_no_backup_or_did_not_arrive_whole_changes_nothing(
    served: Machine, key: PrivateKey
) -> None:
    backup, now = backup_of(served, key), bookings(served)
    content, later = backup.to_bytes(), replace(backup, database=newer(backup.database))
    assert restored(served, content[:-1], digest=sha256(content).hexdigest())[0] == Outcome.DAMAGED
    assert restored(served, os.urandom(9_999))[0] == Outcome.REFUSED
    code, said = restored(served, later.to_bytes())
    assert (code, "schema 99" in said) == (Outcome.ROLLED_BACK, True), said
    assert bookings(served) == now
    assert well(served)


def newer(content: bytes) -> bytes:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as file:
        file.deserialize(content)
        file.execute("PRAGMA user_version=99")
        return file.serialize()


def test_a_server_without_an_endpoint_is_told_to_be_published_to(
    bare: Machine, served: Machine, key: PrivateKey
) -> None:
    code, said = restored(bare, backup_of(served, key).to_bytes())
    assert (code, "publish, then restore" in said) == (Outcome.REFUSED, True)


# --- brought home --------------------------------------------------------------------------------


def test_it_comes_home_whole_and_for_its_owner_alone(
    served: Machine, tmp_path: Path, key: PrivateKey
) -> None:
    """Over a real sshd, with the key's own role; the name tells server and day."""
    home = tmp_path / "home"
    words = ("deploy.publishing", "backup", "desk", "--folder", str(home))
    with served.reachable() as environ:
        done = subprocess.run(
            [sys.executable, "-m", *words], env=environ, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr
    [file] = home.iterdir()
    assert file.name.startswith(f"desk-{datetime.now(UTC):%Y%m%dT}")
    assert f"{len(bookings(served))} bookings" in done.stdout
    assert (file.stat().st_mode & 0o777, home.stat().st_mode & 0o777) == (0o600, 0o700)
    assert open_file(file.read_bytes(), [key])


@pytest.mark.parametrize("part", [0.0, 0.5, 0.999])
def test_one_that_was_cut_off_leaves_nothing_and_the_older_one_stays(
    served: Machine, tmp_path: Path, part: float
) -> None:
    sealed, file = taken(served)[1], tmp_path / "home" / "b.souspli"
    file.parent.mkdir()
    file.write_bytes(b"the older one")

    def cut(into: IO[bytes]) -> str:
        into.write(sealed[: int(len(sealed) * part)])
        into.flush()
        return ""

    with pytest.raises(Stopped, match="no whole backup"):
        bring(cut, file)
    assert [path.read_bytes() for path in file.parent.iterdir()] == [b"the older one"]


def test_the_last_few_of_a_server_stay_and_nothing_else_is_touched(tmp_path: Path) -> None:
    """Backups hold what was purged since: they must not pile up."""
    day = datetime(2026, 11, 1, 12, tzinfo=UTC)
    mine = [file_for(tmp_path, "souspli@dr-example.fr", day + timedelta(days=n)) for n in range(5)]
    others = [
        file_for(tmp_path, "www.dr-example.fr", day),
        tmp_path / "dr-example.fr-20250101.odt",
        tmp_path / f"{mine[0].name}.part",
    ]
    for path in (*mine, *others):
        path.touch()
    assert forget_old(tmp_path, "dr-example.fr", 3) == mine[:2]
    assert set(tmp_path.iterdir()) == {*mine[2:], *others}
