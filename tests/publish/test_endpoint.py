"""A new endpoint is rehearsed, switched to, looked at, and taken back: a real one, kept alive."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from deploy.server import health
from deploy.server.outcomes import Outcome
from deploy.server.room import BAD, manifest
from tests.publish.machine import MAIN, SUPERVISOR, Machine, edited, with_facts, with_page
from tests.serving import wait_until

STORE = "endpoint/booking_endpoint/store.py"
BREAKS_AT_START = (
    '"""The application of one',
    'raise SystemExit(7)\n    """The application of one',
)
Content = dict[str, bytes]


@pytest.fixture
def served(machine: Machine, bundle: Content) -> Machine:
    """The server with this content on it."""
    if not machine.current:
        code, _out, said = machine.publish(bundle)
        assert code == 0, said
        machine.publish(with_page(bundle, "first"))
    return machine


def status(machine: Machine) -> dict[str, object]:
    found: dict[str, object] = json.loads(machine.ask("status")[1])["endpoint"]
    return found


def runs(machine: Machine) -> bool:
    """Whether the endpoint that answers is the current release's, and well."""
    told = status(machine)
    return (told["running"], told["status"]) == (told["wanted"], 200)


@contextmanager
def unchanged(machine: Machine) -> Iterator[None]:
    """Whatever happens inside, the same is served afterwards, and it answers."""
    releases = machine.releases
    before = releases.current, releases.previous, manifest(releases.current)
    yield
    assert (releases.current, releases.previous, manifest(releases.current)) == before
    assert runs(machine)


def test_what_is_published_is_served_to_the_byte_and_answers(
    served: Machine, bundle: Content
) -> None:
    changed = with_facts(with_page(bundle, "one"), "one")
    assert served.publish(changed)[0] == 0
    current = served.releases.current
    assert current
    assert manifest(current) == {name: sha256(one).hexdigest() for name, one in changed.items()}
    assert runs(served)


def test_a_key_for_pages_changes_pages_and_nothing_else(served: Machine, bundle: Content) -> None:
    assert served.publish(bundle)[0] == 0
    assert served.publish(with_page(bundle, "pages"), "content")[0] == 0
    with unchanged(served):
        for path in ("endpoint/practice.toml", "endpoint/shell/fr.html"):
            changed = {**bundle, path: bundle[path] + b"\n"}
            code, _out, said = served.publish(changed, "content")
            assert (code, said.startswith("not allowed: ")) == (Outcome.REFUSED, True), said
        without = {path: one for path, one in bundle.items() if path.startswith("site/")}
        assert served.publish(without, "content")[0] == Outcome.REFUSED
    served.publish(with_facts(bundle, "by the full key"))
    with unchanged(served):
        assert served.ask("rollback", "content")[0] == Outcome.REFUSED


def test_the_desk_reaches_the_bookings_and_no_more(served: Machine) -> None:
    code, out, said = served.ask("booking_endpoint list", "desk")
    assert (code, said) == (0, ""), out
    assert "serve start" in served.ask("booking_endpoint audit", "desk")[1]


def test_an_endpoint_that_cannot_be_imported_is_never_switched_to(
    served: Machine, bundle: Content
) -> None:
    broken = edited(bundle, MAIN, "import asyncio", "import asyncio_of_tomorrow")
    with unchanged(served):
        code, _out, said = served.publish(broken)
    assert code == Outcome.UNFIT, said
    assert "ModuleNotFoundError" in said
    assert (served.releases.all()[-1] / BAD).exists()


def test_whoever_was_let_in_before_the_end_is_answered(served: Machine) -> None:
    """A web server connects, then asks; between the two the endpoint may be told to stop."""
    current = served.releases.current
    assert current
    question = f"GET {health.question(current)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with ExitStack() as lines:
        callers = [lines.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(40)]
        for one in callers:
            one.settimeout(60)
            one.connect(str(served.room / "endpoint.sock"))
        restart = [sys.executable, SUPERVISOR, "restart", str(served.room)]
        with subprocess.Popen(restart) as restarting:
            time.sleep(0.3)
            for one in callers:
                one.sendall(question.encode())
            heads = [one.recv(12) for one in callers]
        assert restarting.returncode == 0
    assert set(heads) == {b"HTTP/1.1 200"}


LAST = "WHERE state != 'cancelled'\",\n)"
SOUND = 'return told(True, "this release could serve")'


@pytest.mark.parametrize("fails", [True, False])
def test_a_migration_is_tried_on_a_copy_alone(
    served: Machine, bundle: Content, fails: bool
) -> None:
    """One that fails, and one of a release that is unfit for another reason: all is as it was."""
    database = served.room / "state" / "bookings.db"
    sql = "ALTER TABLE nobody ADD COLUMN x" if fails else "CREATE TABLE more (x)"
    migrated = edited(bundle, STORE, LAST, f'{LAST[:-1]}    "{sql}",\n)')
    unfit = migrated if fails else edited(migrated, MAIN, SOUND, f"return 1\n    {SOUND}")
    before = schema(database)
    with unchanged(served):
        code, _out, said = served.publish(unfit)
    assert code == Outcome.UNFIT, said
    assert schema(database) == before
    assert not list(database.parent.glob("*.trial-*"))


def schema(database: Path) -> list[object]:
    with closing(sqlite3.connect(database)) as file:
        [version] = file.execute("PRAGMA user_version").fetchone()
        return [version, *file.execute("SELECT name FROM sqlite_schema ORDER BY 1")]


def test_nothing_goes_back_to_code_that_does_not_know_the_database(
    bare: Machine, bundle: Content
) -> None:
    """A migration stays; the release before would refuse the file, and is not switched to."""
    migrated = edited(bundle, STORE, LAST, f'{LAST[:-1]}    "CREATE TABLE more (x)",\n)')
    with bare.supervised():
        assert [bare.publish(content)[0] for content in (bundle, migrated)] == [0, 0]
        with unchanged(bare):
            code, _out, said = bare.ask("rollback")
    assert (code, "this release knows" in said) == (Outcome.UNFIT, True), said


def test_one_that_fails_only_as_it_serves_is_taken_back(served: Machine, bundle: Content) -> None:
    served.configure(patience=2)
    with unchanged(served):
        code, _out, said = served.publish(edited(bundle, MAIN, *BREAKS_AT_START))
    served.configure()
    assert (code, "served again" in said) == (Outcome.ROLLED_BACK, True), said
    assert (served.releases.all()[-1] / BAD).read_text() == "it does not answer\n"


def test_a_rollback_serves_what_was_and_never_what_failed(served: Machine, bundle: Content) -> None:
    served.publish(with_facts(bundle, "first"))
    first = served.current
    served.publish(with_facts(bundle, "second"))
    served.publish(edited(bundle, MAIN, "import asyncio", "import asyncio_of_tomorrow"))
    code, out, said = served.ask("rollback")
    assert (code, out) == (0, f"rehearsed on a copy of the database\nserving {first}\n"), said
    assert runs(served)


@pytest.mark.parametrize("moment", ["rehearsal", "restart"])
def test_a_gate_that_is_killed_leaves_a_whole_release_and_the_next_goes_on(
    served: Machine, bundle: Content, moment: str
) -> None:
    """kill -9 while it rehearses, and after the switch, before the endpoint starts anew."""
    changed = with_facts(bundle, moment)
    release, packet = served.parcel(changed)
    hangs = "run_endpoint" if moment == "rehearsal" else "restart"
    served.configure(**{hangs: ["/bin/sh", "-c", "exec sleep 60"]})
    folder = served.releases.releases / release.id
    with served.start(f"publish {release.id} {sha256(packet).hexdigest()}") as running:
        assert running.stdin
        running.stdin.write(packet)
        running.stdin.close()
        running.stdin = None
        place = "current" if moment == "restart" else f"releases/{release.id}"
        there = served.room / "srv" / place
        wait_until(lambda: there.resolve() == folder and folder.exists())
        wait_until(lambda: kept_busy(running.pid) != [])
        for stuck in (running.pid, *kept_busy(running.pid)):
            os.kill(stuck, signal.SIGKILL)
        running.communicate()
    served.configure()
    current = served.releases.current
    assert current
    assert (current == folder) == (moment == "restart")
    assert (folder / BAD).exists() == (moment == "rehearsal")
    assert manifest(current) == json.loads((current / "release.json").read_text())["files"]
    assert status(served)["status"] == 200
    code, _out, said = served.publish(changed)
    assert code == 0, said
    assert runs(served)


def kept_busy(process: int) -> list[int]:
    """What a process is waiting for."""
    return [
        int(one) for one in Path(f"/proc/{process}/task/{process}/children").read_text().split()
    ]
