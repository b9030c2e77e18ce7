"""The next person at this computer: what a browser has on its disk after a booking, or without one.

A real Chromium with a profile of its own, real keys, and every byte of the profile searched.
"""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect, sync_playwright

from booking_endpoint.envelope import PrivateKey
from tasks import chromium
from tests.browser.conftest import Clock
from tests.browser.patient import CALLER, WITH_BIRTH_DATE, Patient
from tests.browser.record import Record
from tests.edge.traces import traces, traces_in
from tests.serving import Practice, practice_in, serving

NAME, PHONE, EMAIL, OTHER = (
    "Zoraide Sentinelle",
    "06 39 98 77 66",
    "zoraide@sentinelle.example",
    "Ignazio Sentinella",
)
SECRETS = (NAME, PHONE, EMAIL, OTHER)
WRITTEN = 3
"""Seconds after which Chromium has written its session down: it does so every 2.5."""


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, site: Path, key: PrivateKey
) -> Iterator[Practice]:
    with serving(practice_in(tmp_path_factory.mktemp("practice"), site, key), Clock()) as practice:
        yield practice


@contextmanager
def sitting(profile: Path, *, scripts: bool) -> Iterator[BrowserContext]:
    """Chromium with a profile on the disk, as a person has it; Back finds pages in memory too."""
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=chromium(),
            args=["--no-sandbox", "--disable-gpu", "--disable-quic"],
            ignore_default_args=["--disable-back-forward-cache"],
            java_script_enabled=scripts,
            timezone_id="Europe/Paris",
            locale="fr-FR",
        )
        context.set_default_timeout(10_000)
        yield context
        context.close()


def kill(profile: Path) -> None:
    """The power goes. Chromium's lock on its profile names its process."""
    os.kill(int(str((profile / "SingletonLock").readlink()).rpartition("-")[2]), signal.SIGKILL)


def type_all(context: BrowserContext, practice: Practice, *, scripts: bool) -> Patient:
    """Somebody types every answer, key by key, as far as the last button."""
    patient = Patient(context.new_page(), practice, "fr", scripts=scripts)
    patient.until_details(WITH_BIRTH_DATE, place=-1)
    for label, text in (
        *(("Full name of the patient", NAME), ("Phone number", PHONE)),
        *(("E-mail (optional)", EMAIL), (CALLER, OTHER)),
    ):
        patient.field(label).press_sequentially(text)
    for part, text in (("Day", "27"), ("Month", "3"), ("Year", "1958")):
        patient.birth(part).press_sequentially(text)
    patient.field("For me").check()
    return patient


def book(context: BrowserContext, practice: Practice, *, scripts: bool) -> Patient:
    patient = type_all(context, practice, scripts=scripts)
    patient.send()
    patient.sees_receipt()
    return patient


@pytest.mark.parametrize("scripts", [True, False])
def test_an_abandoned_form_is_sent_nowhere(served: Practice, tmp_path: Path, scripts: bool) -> None:
    """Typed to the end, then left for another page, closed, and at last cut off with the power.

    With scripts it is kept nowhere either. Without, the session to restore may hold it.
    """
    with sitting(tmp_path, scripts=scripts) as context:
        record = Record.of(context)
        type_all(context, served, scripts=scripts).arrive()
        type_all(context, served, scripts=scripts).page.close()
        type_all(context, served, scripts=scripts)
        time.sleep(WRITTEN)
        assert traces(SECRETS, record.sent()) == {}
        assert record.posted("/bookings") == []
        with context.expect_event("close"):
            kill(tmp_path)
    allowed = set() if scripts else {"Sessions"}
    assert {Path(file).parent.name for file in traces_in(SECRETS, tmp_path)} <= allowed


def test_a_booking_leaves_no_name_in_the_browser(served: Practice, tmp_path: Path) -> None:
    """Nor does Back from its receipt; closed as a person closes a browser."""
    with sitting(tmp_path, scripts=True) as context:
        patient = book(context, served, scripts=True)
        patient.page.go_back()
        patient.sees_receipt()
    assert traces_in(SECRETS, tmp_path) == {}


def test_the_search_finds_what_a_browser_remembers_of_a_form_without_scripts(
    served: Practice, tmp_path: Path
) -> None:
    """Chromium offers the name to the next person who types a letter: the form says it may."""
    with sitting(tmp_path, scripts=False) as context:
        patient = type_all(context, served, scripts=False)
        expect(patient.page.get_by_role("main")).to_contain_text("ouvrez une fenêtre privée")
        patient.send()
        patient.sees_receipt()
    found = traces_in([NAME], tmp_path)
    assert "Web Data" in {Path(file).name for file in found}
