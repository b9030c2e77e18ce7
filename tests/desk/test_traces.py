"""After a session at the real desk, no file of its machine holds what was in the envelopes."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from booking_endpoint.envelope import PrivateKey, lock_key, unlock_key
from desk.drawer import Drawer
from tasks import chromium
from tests.desk.cast import MONDAY, PASSPHRASE, at, store_booking
from tests.edge.traces import traces, traces_in, watching_processes
from tests.serving import ROOT, facts_with, wait_until

WHO = {
    "name": "Zoé Sentinelle נועה",
    "phone": "06 39 98 77 66",
    "email": "zoe.sentinelle@example.org",
    "caller": "Ada Sentinelle",
    "birth_date": "1971-06-28",
}
NOTE = "Sentinelle veut rappeler"
CALLER = {
    "name": "Bérénice Sentinelle",
    "phone": "07 11 22 33 44",
    "whom": "self",
    "visit": "consultation",
    "date": "2026-11-23",
    "clock": "15:00",
    "day": "2026-11-23",
    "view": "day",
    "sure": "yes",
}
SECRET = [*WHO.values(), NOTE, CALLER["name"], CALLER["phone"]]
"""What must stay in memory. Where a program would write it, it would write it in some shape."""


PLACES = {
    "HOME": "home",
    **{f"XDG_{kind}_HOME": f"home/{kind.lower()}" for kind in ("CACHE", "CONFIG", "DATA", "STATE")},
    "XDG_RUNTIME_DIR": "run",
    **dict.fromkeys(["TMPDIR", "TEMP", "TMP", "SQLITE_TMPDIR"], "temporary"),
}
"""Every place in which a program may leave something, by the name that tells it."""


@pytest.fixture
def machine(tmp_path: Path, key: PrivateKey) -> Path:
    """The doctor's machine: home, temporary files, key, facts, a database with two visits."""
    for folder in PLACES.values():
        (tmp_path / folder).mkdir(exist_ok=True)
    (tmp_path / "key.pem").write_bytes(lock_key(key, PASSPHRASE))
    (tmp_path / "passphrase").write_text(PASSPHRASE, encoding="utf-8")
    (tmp_path / "practice.toml").write_text(facts_with(key), encoding="utf-8")
    for start in (MONDAY, at("10:00")):
        store_booking(tmp_path / "bookings.db", key, start, who=WHO)
    return tmp_path


def environ(machine: Path) -> dict[str, str]:
    """Every place in which a program of this machine may leave something."""
    return os.environ | {name: str(machine / folder) for name, folder in PLACES.items()}


@contextmanager
def desk(machine: Path) -> Iterator[str]:
    """The real command, with all it says kept in a file; the address it prints."""
    words = ["serve", "--key", "key.pem", "--practice", "practice.toml"]
    words += ["--database", str(machine / "bookings.db"), "--no-open"]
    with (
        (machine / "said").open("wb") as said,
        subprocess.Popen(
            [sys.executable, "-m", "desk", *words],
            cwd=machine,
            env=environ(machine) | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
        ) as running,
    ):
        assert running.stdout
        try:
            yield running.stdout.readline().split()[-1]
        finally:
            running.send_signal(signal.SIGINT)
            said.write(running.communicate(timeout=20)[0].encode())
    assert running.returncode == 0


def test_a_session_at_the_desk_leaves_no_trace(machine: Path) -> None:
    """Unlocked, looked at; cancelled with a note, booked for a caller, the server lost, another
    one booked meanwhile, locked, closed. What has to be kept lies sealed in the drawer alone."""
    with (
        watching_processes() as processes,
        desk(machine) as address,
        httpx.Client(base_url=address, follow_redirects=True, timeout=30) as http,
    ):
        http.post("unlock", data={"passphrase": PASSPHRASE})
        wait_until(lambda: WHO["name"] in http.get("?day=2026-11-23&view=day").text)
        shown = http.get("?day=2026-11-23&view=day").text
        assert all(value in shown.replace("\N{NO-BREAK SPACE}", " ") for value in shown_of(WHO))

        ids = re.findall(r"cancel\?id=(\w+)", shown)
        assert WHO["name"] in http.get("cancel", params={"id": ids[0]}).text
        seen = re.search('name="seen" value="(.*?)"', http.get(f"cancel?id={ids[0]}").text)
        assert seen
        act = {"act": "cancel", "id": ids[0], "seen": seen[1], "note": NOTE}
        assert NOTE in http.post("change", data=act).text
        assert CALLER["name"] in http.post("take", data=CALLER).text
        wait_until(lambda: WHO["name"] in http.get("sheet?day=2026-11-23&view=day").text)
        wait_until(lambda: http.get("reminders?for=2026-11-23").status_code == 200)
        names = {"what": "names", "sure": "yes"}
        wait_until(lambda: WHO["name"] in http.post("export", data=names).text)
        (machine / "bookings.db").rename(machine / "away.db")
        (machine / "bookings.db").mkdir()
        assert WHO["name"] in http.get("?day=2026-11-23").text
        assert CALLER["name"] in http.post("take", data={**CALLER, "clock": "15:30"}).text
        http.post("absent", data={"id": ids[0]})
        assert traces_in(SECRET, machine) == {}
        http.post("lock")
        assert traces_in(SECRET, machine) == {}

    assert traces_in([*SECRET, "Sentinelle"], machine) == {}
    ran = b"\n".join(processes)
    commands = ("list", "export", "acts", "watch")
    assert all(f"booking_endpoint\0{word}".encode() in ran for word in commands)
    assert traces([*SECRET, PASSPHRASE], ran) == {}
    key = unlock_key((machine / "key.pem").read_bytes(), PASSPHRASE)
    kept = Drawer(machine / "desk.drawer", os.urandom).open([key])
    assert kept["notes"] == {ids[0]: NOTE}
    assert [deed["outcomes"] for deed in kept["deeds"]] == [["done"], ["done"], []]


def test_the_doctors_browser_keeps_nothing_of_the_desk(machine: Path, browser: Browser) -> None:
    """Neither cache nor history, nor what it would open again after a crash; locked or not."""
    profile = machine / "profile"
    chrome = browser.browser_type.launch_persistent_context(
        profile, executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
    )
    with chrome, desk(machine) as address:
        page = chrome.pages[0]
        page.goto(address)
        page.locator("input[type=password]").fill(PASSPHRASE)
        page.keyboard.press("Enter")
        expect(page.locator("main[data-version]")).to_be_visible()
        page.wait_for_load_state()
        page.goto(f"{address}?day=2026-11-23&view=day")
        expect(page.get_by_text(WHO["name"]).first).to_be_visible()
        page.locator("a[href*='cancel?id=']").first.click()
        expect(page.get_by_text(WHO["name"]).first).to_be_visible()
        page.goto(f"{address}sheet?day=2026-11-23&view=day")
        expect(page.get_by_text(WHO["name"]).first).to_be_visible()
        page.goto(f"{address}account")
        page.locator("#sender").fill(WHO["email"])
        page.locator("#password").fill(PASSPHRASE)
        page.go_back()
        page.wait_for_timeout(1000)
        assert traces_in([*WHO.values(), PASSPHRASE], profile) == {}
    kept = sum(path.stat().st_size for path in profile.rglob("*") if path.is_file())
    assert kept > 100_000
    assert traces_in([*WHO.values(), PASSPHRASE], profile) == {}


def shown_of(who: dict[str, str]) -> list[str]:
    return [value for field, value in who.items() if field not in ("birth_date", "caller")]


def test_opening_lines_leaves_no_trace(machine: Path) -> None:
    """What was opened is on the standard output, where the doctor wanted it, and nowhere else."""
    told = environ(machine) | {"BOOKING_DATABASE": str(machine / "bookings.db")}
    export = [sys.executable, "-m", "booking_endpoint", "export"]
    lines = subprocess.run(export, cwd=ROOT, env=told, capture_output=True, check=True).stdout
    words = ["open", "--key", "key.pem", "--passphrase-file", "passphrase"]
    done = subprocess.run(
        [sys.executable, "-m", "desk", *words],
        input=lines,
        cwd=machine,
        env=told | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode().count(WHO["name"]) == 2
    assert done.stderr == b""
    assert traces_in(WHO.values(), machine) == {}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_the_search_finds_what_is_there(machine: Path, encoding: str) -> None:
    """Else the tests above would pass on any machine."""
    (machine / "home" / ".cache").mkdir()
    (machine / "home" / ".cache" / "session").write_bytes(f"x{WHO['name']}".encode(encoding))
    assert traces_in([WHO["name"]], machine)
