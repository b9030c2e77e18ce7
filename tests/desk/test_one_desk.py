"""One drawer, one desk; and a desk that ends, however it ends, leaves no process behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from booking_endpoint.envelope import PrivateKey, lock_key
from tests.desk.cast import MONDAY, NAME, PASSPHRASE, store_booking
from tests.desk.sshd import Machine, processes_of
from tests.desk.terminal import Terminal
from tests.serving import facts_with, wait_until

DOOR = r"http://\S+/\r?\n"
"""The line that says where the desk is."""

Start = Callable[[list[str]], Terminal]


@pytest.fixture
def words(tmp_path: Path, key: PrivateKey) -> list[str]:
    """A desk on what lies in a folder of this test alone, but for the server."""
    (tmp_path / "key.pem").write_bytes(lock_key(key, PASSPHRASE))
    (tmp_path / "practice.toml").write_text(facts_with(key), encoding="utf-8")
    where = ["--key", str(tmp_path / "key.pem"), "--practice", str(tmp_path / "practice.toml")]
    return ["-m", "desk", "serve", *where, "--host", "rdv", "--no-open"]


@pytest.fixture
def server(tmp_path: Path, key: PrivateKey) -> Iterator[list[str]]:
    """A real sshd, and how this test's ssh reaches it."""
    store_booking(tmp_path / "bookings.db", key, MONDAY)
    machine = Machine(tmp_path / "server", tmp_path / "bookings.db", tmp_path / "practice.toml")
    with machine.running():
        yield ["--ssh-config", str(machine.known_to(tmp_path / "ssh"))]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Opens a desk on a terminal of its own; whatever comes, none is left running."""
    begun = list[Terminal]()

    def begin(words: list[str]) -> Terminal:
        begun.append(Terminal(words, tmp_path))
        return begun[-1]

    yield begin
    for terminal in begun:
        terminal.stop()


def test_a_second_desk_with_the_same_drawer_is_refused(
    tmp_path: Path, words: list[str], start: Start
) -> None:
    """And says so, with what to do; the first goes on, and leaves the drawer to the next."""
    first = start(words)
    shown = first.until(DOOR)
    second = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, check=False, timeout=60
    )
    assert second.returncode == 2
    assert f"Un autre bureau est ouvert avec le tiroir {tmp_path / 'desk.drawer'}." in second.stderr
    assert httpx.get(address_in(shown)).status_code == 200
    first.kill()
    assert first.ended() == -signal.SIGKILL
    third = start(words)
    assert "http://" in third.until(DOOR)
    third.type("\x03")
    assert "Closed." in third.until(r"\Z(?!)")
    assert third.ended() == 0


@pytest.mark.parametrize("how", ["ctrl-c", "term", "hang up", "kill -9"])
def test_a_desk_that_ends_leaves_no_process(
    tmp_path: Path, words: list[str], server: list[str], start: Start, how: str
) -> None:
    """Neither `ssh` nor what it runs on the server: also when nobody could tell it to end."""
    desk = start([*words, *server])
    shown = desk.until(DOOR)
    with httpx.Client(base_url=address_in(shown), follow_redirects=True, timeout=30) as http:
        http.post("unlock", data={"passphrase": PASSPHRASE})
        wait_until(lambda: NAME in http.get("?day=2026-11-23&view=day").text)
    assert len(watching(tmp_path)) > 1
    match how:
        case "ctrl-c":
            desk.type("\x03")
        case "term":
            os.kill(desk.pid, signal.SIGTERM)
        case "hang up":
            desk.close()
        case "kill -9":
            desk.kill()
    desk.ended()
    wait_until(lambda: watching(tmp_path) == [])


def watching(machine: Path) -> list[str]:
    """What waits for changes: `ssh` here, and behind it what it started on the server."""
    return [words for words in processes_of(machine) if "booking_endpoint" in words]


def address_in(shown: str) -> str:
    return shown.partition("desk: ")[2].split()[0]
