"""What a key may do on the server, and what becomes of a publication that goes wrong."""

import gzip
import io
import json
import os
import signal
import sqlite3
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from deploy.publishing.upload import archive
from deploy.server.outcomes import Outcome
from deploy.server.room import BAD, KEPT, manifest
from tests.publish.machine import MAIN, PAGE, Machine, edited, with_facts, with_page
from tests.serving import wait_until

STORE = "endpoint/booking_endpoint/store.py"
BREAKS_AT_START = ('"""The application of one', 'raise SystemExit(7)\n    """The application of one')
Content = dict[str, bytes]


@pytest.fixture
def served(machine: Machine, bundle: Content) -> Machine:
    """The server with this content on it."""
    if not machine.current:
        code, _out, said = machine.publish(bundle)
        assert code == 0, said
    return machine


def status(machine: Machine) -> dict[str, object]:
    found: dict[str, object] = json.loads(machine.ask("status")[1])["endpoint"]
    return found


def page(machine: Machine) -> bytes:
    return (machine.room / "srv" / "current" / PAGE).read_bytes()


def links(machine: Machine) -> list[Path]:
    return [(machine.room / "srv" / name).readlink() for name in ("current", "previous")]


@contextmanager
def unchanged(machine: Machine) -> Iterator[None]:
    """Whatever happens inside, the same is served afterwards, and nothing half done lies about."""
    before = links(machine), manifest(machine.releases.current)
    yield
    assert (links(machine), manifest(machine.releases.current)) == before
    assert status(machine)["status"] == 200


def test_what_is_published_is_served_to_the_byte_and_answers(
    served: Machine, bundle: Content
) -> None:
    changed = with_facts(with_page(bundle, "one"), "one")
    assert served.publish(changed)[0] == 0
    current = served.releases.current
    assert current
    assert manifest(current) == {name: sha256(one).hexdigest() for name, one in changed.items()}
    told = status(served)
    assert (told["running"], told["status"]) == (told["wanted"], 200)


def test_a_file_has_a_new_time_exactly_when_it_has_new_bytes(
    served: Machine, bundle: Content
) -> None:
    """A web server tells by time and size: one digit of a phone number must not stay as it was."""
    served.publish(with_page(bundle, "aa"))
    before = served.releases.current
    served.publish(with_page(bundle, "bb"))
    after = served.releases.current
    assert before
    assert after
    old, new = (release / PAGE for release in (before, after))
    assert (old.stat().st_size, new.stat().st_size) == (old.stat().st_size,) * 2
    assert old.stat().st_mtime_ns != new.stat().st_mtime_ns
    for path in bundle.keys() - {PAGE}:
        assert (before / path).samefile(after / path)


def test_a_key_for_pages_changes_pages_and_nothing_else(served: Machine, bundle: Content) -> None:
    assert served.publish(bundle)[0] == 0
    assert served.publish(with_page(bundle, "pages"), "content")[0] == 0
    with unchanged(served):
        for path in ("endpoint/practice.toml", MAIN, "endpoint/shell/fr.html"):
            changed = {**bundle, path: bundle[path] + b"\n"}
            code, _out, said = served.publish(changed, "content")
            assert (code, said.startswith("not allowed: ")) == (Outcome.REFUSED, True), said
        without = {path: one for path, one in bundle.items() if path.startswith("site/")}
        assert served.publish(without, "content")[0] == Outcome.REFUSED
    served.publish(with_facts(bundle, "by the full key"))
    with unchanged(served):
        assert served.ask("rollback", "content")[0] == Outcome.REFUSED


@pytest.mark.parametrize(
    ("role", "words", "named"),
    [
        ("full", "", "a shell"),
        ("full", "rm -rf /", "rm"),
        ("full", "status now", "status"),
        ("full", "status; id", "status;"),
        ("full", f"publish ../../etc {'0' * 64}", "publish"),
        ("full", "switch ../x", "switch"),
        ("full", "booking_endpoint list", "booking_endpoint"),
        ("content", "booking_endpoint export", "booking_endpoint"),
        ("desk", "manifest", "manifest"),
        ("desk", "status", "status"),
        ("desk", "booking_endpoint serve", "serve"),
        ("desk", "booking_endpoint forget 00", "forget"),
        ("desk", "booking_endpoint backup /tmp/x", "backup"),
        ("desk", "booking_endpoint --release x check", "--release"),
        ("desk", "booking_endpoint", "a shell"),
        ("full", "'unclosed", ""),
    ],
)
def test_all_else_is_refused_by_its_name(
    served: Machine, role: str, words: str, named: str
) -> None:
    code, out, said = served.ask(words, role)
    assert (code, out) == (Outcome.REFUSED, "")
    assert not named or said == f"not allowed: {named}\n"


def test_the_desk_reaches_the_bookings_and_no_more(served: Machine) -> None:
    code, out, said = served.ask("booking_endpoint list", "desk")
    assert (code, said) == (0, ""), out
    assert "serve start" in served.ask("booking_endpoint audit", "desk")[1]


def spoilt(machine: Machine, bundle: Content, how: str) -> tuple[str, str, bytes]:
    """A publication of a changed page with one thing wrong: id, announced digest, bytes."""
    changed = with_page(bundle, how)
    release, packet = machine.parcel(changed)
    match how:
        case "cut":
            return release.id, sha256(packet).hexdigest(), packet[:-20]
        case "another byte":
            broken = bytes([packet[-1] ^ 1])
            return release.id, sha256(packet).hexdigest(), packet[:-1] + broken
        case "another id":
            name = release.id[:-8] + "00000000"
            return name, sha256(packet).hexdigest(), packet
        case "a file missing":
            packet = archive(release, changed, ())
        case "no archive":
            packet = gzip.compress(b"not a tar")
        case "other content":
            packet = archive(release, {**changed, PAGE: b"evil"}, (PAGE,))
        case "not announced":
            packet = archive(release, {**changed, "site/evil.html": b"x"}, (PAGE, "site/evil.html"))
        case "out of the room":
            packet = archive(release, {**changed, "../../evil": b"x"}, (PAGE, "../../evil"))
        case "a link":
            packet = with_link(archive(release, changed, ()))
    return release.id, sha256(packet).hexdigest(), packet


def with_link(packet: bytes) -> bytes:
    stream = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(packet)) as old,
        tarfile.open(fileobj=stream, mode="w:gz") as new,
    ):
        for member in old:
            new.addfile(member, old.extractfile(member))
        link = tarfile.TarInfo(PAGE)
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        new.addfile(link)
    return stream.getvalue()


@pytest.mark.parametrize(
    "how",
    [
        *("cut", "another byte", "another id", "a file missing", "no archive", "other content"),
        *("not announced", "out of the room", "a link"),
    ],
)
def test_what_is_not_what_was_announced_switches_nothing(
    served: Machine, bundle: Content, how: str
) -> None:
    name, digest, packet = spoilt(served, bundle, how)
    with unchanged(served):
        code, _out, said = served.ask(f"publish {name} {digest}", put_in=packet)
    assert (code, "Nothing was switched" in said) == (Outcome.DAMAGED, True), said
    assert not list(served.room.rglob("evil*"))
    assert not (served.releases.releases / name).exists()


def test_an_endpoint_that_cannot_be_imported_is_never_switched_to(
    served: Machine, bundle: Content
) -> None:
    broken = edited(bundle, MAIN, "import asyncio", "import asyncio_of_tomorrow")
    served.publish(bundle)
    with unchanged(served):
        code, _out, said = served.publish(broken)
    assert code == Outcome.UNFIT, said
    assert "ModuleNotFoundError" in said
    assert (served.releases.all()[-1] / BAD).exists()


def test_a_migration_that_fails_was_tried_on_a_copy(served: Machine, bundle: Content) -> None:
    """The database keeps its schema and its bookings; its copy is gone."""
    served.publish(bundle)
    database = served.room / "state" / "bookings.db"
    with closing(sqlite3.connect(database)) as file:
        [before] = file.execute("PRAGMA user_version").fetchone()
    last = "WHERE state != 'cancelled'\",\n)"
    failing = edited(bundle, STORE, last, last[:-1] + '    "ALTER TABLE nobody ADD COLUMN x",\n)')
    with unchanged(served):
        code, _out, said = served.publish(failing)
    assert code == Outcome.UNFIT, said
    with closing(sqlite3.connect(database)) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (before,)
    assert not list(database.parent.glob("*.trial-*"))


def test_one_that_fails_only_as_it_serves_is_taken_back(served: Machine, bundle: Content) -> None:
    served.publish(bundle)
    served.publish(with_page(bundle, "well"))
    served.configure(patience=3)
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
    assert (code, out) == (0, f"serving {first}\n"), said
    told = status(served)
    assert (told["running"], told["status"]) == (told["wanted"], 200)


def test_five_releases_are_kept(served: Machine, bundle: Content) -> None:
    served.publish(bundle)
    for number in range(KEPT + 2):
        assert served.publish(with_page(bundle, str(number)), "content")[0] == 0
    kept = served.releases.all()
    assert len(kept) == KEPT
    assert {served.releases.current, served.releases.previous} <= set(kept)


def test_two_who_publish_at_once_are_told_of_each_other(served: Machine, bundle: Content) -> None:
    release, packet = served.parcel(with_page(bundle, "slow"))
    words = f"publish {release.id} {sha256(packet).hexdigest()} Ada at her desk"
    with served.start(words) as slow:
        wait_until(lambda: served.releases.at_work() is not None)
        with unchanged(served):
            code, _out, said = served.publish(with_page(bundle, "quick"))
        assert code == Outcome.LOCKED
        assert "Ada at her desk has been at work here since 20" in said
        assert json.loads(served.ask("status")[1])["lock"]["who"] == "Ada at her desk"
        _out, complaint = slow.communicate(packet)
    assert slow.returncode == 0, complaint
    assert served.current == release.id
    assert served.publish(with_page(bundle, "quick"))[0] == 0


def test_an_upload_that_falls_silent_lets_go(served: Machine, bundle: Content) -> None:
    """A line that died without a word must not keep the next one out for ever."""
    release, packet = served.parcel(with_page(bundle, "silent"))
    served.configure(silence=1)
    with unchanged(served), served.start(f"publish {release.id} {'0' * 64}") as running:
        assert running.stdin
        assert running.stderr
        running.stdin.write(packet[:100])
        running.stdin.flush()
        assert running.wait(30) == Outcome.DAMAGED
        assert b"nothing came for 1 seconds" in running.stderr.read()
    served.configure()
    assert served.releases.at_work() is None


@pytest.mark.parametrize("moment", ["coming", "rehearsal", "restart"])
def test_a_gate_that_is_killed_leaves_a_whole_release_and_the_next_goes_on(
    served: Machine, bundle: Content, moment: str
) -> None:
    """kill -9 while it receives, while it rehearses, and after the switch, before the restart."""
    served.publish(bundle)
    changed = with_facts(bundle, moment)
    release, packet = served.parcel(changed)
    stuck = ["/bin/sleep", "60"]
    if moment != "coming":
        served.configure(**{"run_endpoint" if moment == "rehearsal" else "restart": stuck})
    folder = served.releases.releases / release.id
    reached = {
        "coming": lambda: (served.releases.coming / "upload").exists(),
        "rehearsal": folder.exists,
        "restart": lambda: served.current == release.id,
    }
    with served.start(f"publish {release.id} {sha256(packet).hexdigest()}") as running:
        assert running.stdin
        running.stdin.write(packet if moment != "coming" else packet[:100])
        running.stdin.flush()
        if moment != "coming":
            running.stdin.close()
            running.stdin = None
        wait_until(reached[moment])
        children = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
        running.kill()
        for child in children:
            os.kill(int(child), signal.SIGKILL)
        running.communicate()
    served.configure()
    assert status(served)["status"] == 200
    current = served.releases.current
    assert current
    assert manifest(current) == json.loads((current / "release.json").read_text())["files"]
    code, _out, said = served.publish(changed)
    assert code == 0, said
    told = status(served)
    assert (told["running"], told["status"]) == (told["wanted"], 200)
    assert list(served.releases.coming.iterdir()) == []


@contextmanager
def little_room(machine: Machine, bundle: Content) -> Iterator[tuple[str, ...]]:
    """A disk on which little fits: a small one where it can be mounted, else a limit on files."""
    mounted = machine.releases.coming
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(mounted)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        yield ("prlimit", f"--fsize={64 * 1024}")
        return
    try:
        yield ()
    finally:
        subprocess.run(["umount", str(mounted)], check=True)


def test_a_full_disk_switches_nothing_and_says_so(served: Machine, bundle: Content) -> None:
    served.publish(bundle)
    big = {**bundle, "site/big.bin": os.urandom(200 * 1024)}
    release, packet = served.parcel(big)
    with unchanged(served):
        words = f"publish {release.id} {sha256(packet).hexdigest()}"
        running = served.start(words, before=("prlimit", f"--fsize={64 * 1024}"))
        with running:
            _out, said = running.communicate(packet)
    assert (running.returncode, b"disk is full" in said) == (Outcome.FULL, True), said
    assert served.publish(big)[0] == 0
