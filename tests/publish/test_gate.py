"""What a key may do on the server, and what becomes of an upload that goes wrong: pages alone."""

import gzip
import io
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from deploy.publishing.upload import archive
from deploy.server.outcomes import Outcome
from deploy.server.room import BAD, KEPT, Room, manifest
from tests.publish.machine import PAGE, Machine, with_page
from tests.serving import wait_until

TINY = {PAGE: b"<html></html>", "site/site.css": b"p {}", "site/a/index.html": b"<html>a</html>"}
"""A practice without booking: nothing to rehearse, so each act takes a moment."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A server with these pages on it, and no endpoint."""
    machine = Machine(tmp_path_factory.mktemp("m"))
    machine.prepare(patience=1)
    code, _out, said = machine.publish(TINY)
    assert code == 0, said
    machine.publish(with_page(TINY, "first"))
    return machine


def links(machine: Machine) -> list[Path]:
    return [(machine.room / "srv" / name).readlink() for name in ("current", "previous")]


@contextmanager
def unchanged(machine: Machine) -> Iterator[None]:
    """Whatever happens inside, the same is served afterwards, and nothing half done lies about."""
    before = links(machine), manifest(machine.releases.current)
    yield
    assert (links(machine), manifest(machine.releases.current)) == before


def test_a_file_has_a_new_time_exactly_when_it_has_new_bytes(served: Machine) -> None:
    """A web server tells by time and size: one digit of a phone number must not stay as it was."""
    served.publish(with_page(TINY, "aa"))
    before = served.releases.current
    served.publish(with_page(TINY, "bb"))
    after = served.releases.current
    assert before
    assert after
    old, new = (release / PAGE for release in (before, after))
    assert (old.stat().st_size, new.stat().st_size) == (old.stat().st_size,) * 2
    assert old.stat().st_mtime_ns != new.stat().st_mtime_ns
    for path in TINY.keys() - {PAGE}:
        assert (before / path).samefile(after / path)


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


def spoilt(machine: Machine, how: str) -> tuple[str, str, bytes]:
    """A publication of a changed page with one thing wrong: id, announced digest, bytes."""
    changed = with_page(TINY, how)
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
def test_what_is_not_what_was_announced_switches_nothing(served: Machine, how: str) -> None:
    name, digest, packet = spoilt(served, how)
    with unchanged(served):
        code, _out, said = served.ask(f"publish {name} {digest}", put_in=packet)
    assert (code, "Nothing was switched" in said) == (Outcome.DAMAGED, True), said
    assert not list(served.room.rglob("evil*"))
    assert not (served.releases.releases / name).exists()


def test_at_no_moment_is_what_was_served_out_of_reach(tmp_path: Path) -> None:
    """A page that was loaded just before the switch still asks for its pictures."""
    moments = []

    class Watched(Room):
        def link(self, name: str, release: Path) -> None:
            super().link(name, release)
            moments.append({self.current, self.previous})

    room = Watched(tmp_path)
    first, second, third = (room.releases / f"20261122T17000{n}Z-00000000" for n in range(3))
    for release in (first, second, third):
        release.mkdir(parents=True)
        room.switch(release)
    assert all(second in moment for moment in moments[-2:])
    assert moments[-1] == {second, third}


def test_a_rollback_leads_past_what_failed(tmp_path: Path) -> None:
    room = Room(tmp_path)
    well, failed, current = (room.releases / f"20261122T17000{n}Z-00000000" for n in range(3))
    for release in (well, failed, current):
        release.mkdir(parents=True)
    room.link("current", current)
    assert room.before() == failed
    (failed / BAD).touch()
    assert room.before() == well
    (well / BAD).touch()
    assert room.before() is None


def test_five_releases_are_kept(served: Machine) -> None:
    for number in range(KEPT + 2):
        assert served.publish(with_page(TINY, str(number)), "content")[0] == 0
    kept = served.releases.all()
    assert len(kept) == KEPT
    assert {served.releases.current, served.releases.previous} <= set(kept)


def test_two_who_publish_at_once_are_told_of_each_other(served: Machine) -> None:
    release, packet = served.parcel(with_page(TINY, "slow"))
    words = f"publish {release.id} {sha256(packet).hexdigest()} Ada at her desk"
    with served.start(words) as slow:
        wait_until(lambda: served.releases.at_work() is not None)
        with unchanged(served):
            code, _out, said = served.publish(with_page(TINY, "quick"))
        assert code == Outcome.LOCKED
        assert "Ada at her desk has been at work here since 20" in said
        assert json.loads(served.ask("status")[1])["lock"]["who"] == "Ada at her desk"
        complaint = slow.communicate(packet)[1]
    assert slow.returncode == 0, complaint
    assert served.current == release.id
    assert served.publish(with_page(TINY, "quick"))[0] == 0


def test_an_upload_that_falls_silent_lets_go(served: Machine) -> None:
    """A line that died without a word must not keep the next one out for ever."""
    release, packet = served.parcel(with_page(TINY, "silent"))
    served.configure(silence=1)
    with unchanged(served), served.start(f"publish {release.id} {'0' * 64}") as running:
        assert running.stdin
        assert running.stderr
        running.stdin.write(packet[:100])
        running.stdin.flush()
        assert running.wait(30) == Outcome.DAMAGED
        assert b"nothing came for 1 seconds" in running.stderr.read()
    served.configure(patience=1)
    assert served.releases.at_work() is None


@contextmanager
def little_disk(room: Path) -> Iterator[tuple[str, ...]]:
    """Where little fits: a small disk if it can be mounted, else a limit on files."""
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(room)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        yield ("prlimit", f"--fsize={64 * 1024}")
        return
    try:
        yield ()
    finally:
        subprocess.run(["umount", str(room)], check=True)


def test_a_full_disk_switches_nothing_and_says_so(bare: Machine) -> None:
    """And as soon as there is room, the next publication goes through."""
    shutil.rmtree(bare.releases.venvs)
    with little_disk(bare.releases.root) as before:
        assert bare.publish(TINY)[0] == 0
        big = {**TINY, "site/big.bin": os.urandom(400 * 1024)}
        release, packet = bare.parcel(big)
        served, words = bare.current, f"publish {release.id} {sha256(packet).hexdigest()}"
        with bare.start(words, before=before) as running:
            _out, said = running.communicate(packet)
        assert (running.returncode, b"disk is full" in said) == (Outcome.FULL, True), said
        assert bare.current == served
        assert bare.publish(with_page(TINY, "smaller"))[0] == 0


def test_a_gate_that_is_killed_while_it_receives_leaves_nothing(served: Machine) -> None:
    """kill -9; the next one goes on, and sweeps up."""
    changed = with_page(TINY, "killed")
    release, packet = served.parcel(changed)
    upload = served.releases.coming / "upload"
    with unchanged(served), served.start(f"publish {release.id} {'0' * 64}") as running:
        assert running.stdin
        running.stdin.write(packet[:50])
        running.stdin.flush()
        wait_until(lambda: upload.exists() and upload.stat().st_size > 0)
        running.kill()
        running.communicate()
    assert served.publish(changed)[0] == 0
    assert list(served.releases.coming.iterdir()) == []
