"""What many tests stand on: one key, one built site, one browser, a fresh practice each."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, sync_playwright

from booking_endpoint.envelope import PrivateKey
from deploy.demo import build
from tasks import chromium
from tests.keys import new_key
from tests.serving import Practice, facts_with, practice_in

settings.register_profile("souspli", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("souspli")  # how fast this machine is says nothing about the code


def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """A booted machine first, then browsers: a long file at the end leaves other cores idle."""
    waits = ("bare", "browser")
    items.sort(key=lambda one: [name not in one.fixturenames for name in waits])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what a test measured, and aloud what was not tried on a booted machine."""
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties:
            if name == "told":
                terminalreporter.line(value)
    skipped = terminalreporter.stats.get("skipped", [])
    untried = [one for one in skipped if one.nodeid.startswith("tests/machine/")]
    if untried:
        reason = str(untried[0].longrepr[2]).removeprefix("Skipped: ")
        told = f"NOT TRIED, since {reason}: a server from bare Debian to a booking and a reboot"
        terminalreporter.section("no machine was booted", red=True, bold=True)
        terminalreporter.line(f"{told} ({len(untried)} tests of tests/machine)", red=True)


@pytest.fixture(scope="session")
def key() -> PrivateKey:
    """The doctor's private key of this run."""
    return new_key()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, key: PrivateKey) -> Path:
    """The demo practice's site, built once."""
    folder = tmp_path_factory.mktemp("site")
    facts = folder / "practice.toml"
    facts.write_text(facts_with(key), encoding="utf-8")
    build(facts, folder / "site")
    return folder / "site"


@pytest.fixture
def practice(tmp_path: Path, site: Path, key: PrivateKey) -> Practice:
    """The demo practice with an empty database of its own."""
    return practice_in(tmp_path, site, key)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, one a file: its event loop is in nobody else's way.

    Without its windows where chromium-headless-shell is there: the same engine, half the work.
    What a whole browser keeps, prints or shares is asked of a whole one, where it is tested.
    """
    shell = not os.environ.get("CHROMIUM") and shutil.which("chromium-headless-shell")
    quiet = "no-first-run disable-background-networking disable-component-update disable-sync"
    words = f"no-sandbox disable-gpu disable-quic {quiet}".split()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shell or chromium(), args=[f"--{word}" for word in words]
        )
        yield browser
        browser.close()
