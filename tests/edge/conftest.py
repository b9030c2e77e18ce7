"""A practice that is open for bookings, at a time of the test's choosing."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from booking_endpoint.envelope import PrivateKey
from tests.edge.patient import Browser, Clock, Patient
from tests.serving import Practice, practice_in, serving

MONDAY = "2026-11-30T08:00:00+00:00"
"""Nine o'clock in Paris: the practice opens, and nothing is booked."""


@pytest.fixture(scope="module")
def hand() -> Clock:
    """The clock of the module's server."""
    return Clock(MONDAY)


@pytest.fixture
def clock(hand: Clock) -> Clock:
    """The clock, set to Monday morning for every test."""
    hand.set(MONDAY)
    return hand


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory, site: Path, key: PrivateKey, hand: Clock
) -> Iterator[Practice]:
    """The demo practice, site and endpoint, served once for the tests of a module."""
    with serving(practice_in(tmp_path_factory.mktemp("practice"), site, key), hand) as practice:
        yield practice


@pytest.fixture
def served(running: Practice, clock: Clock) -> Practice:
    """The module's practice with an empty agenda."""
    with closing(sqlite3.connect(running.database, timeout=10)) as database:
        database.executescript(
            "BEGIN IMMEDIATE; DELETE FROM occupied; DELETE FROM bookings; DELETE FROM closures;"
            " DELETE FROM openings;"
            "COMMIT;"
        )
    return running


@pytest.fixture
def patient(served: Practice) -> Iterator[Patient]:
    """Somebody with a script, who reads French."""
    with Patient(served) as one:
        yield one


@pytest.fixture
def browse(served: Practice) -> Iterator[Callable[[str], Browser]]:
    """Makes a browser without scripts, in the language given."""
    with ExitStack() as open_ones:
        yield lambda language: open_ones.enter_context(Browser(served, language))


@pytest.fixture
def changed(
    tmp_path: Path, site: Path, key: PrivateKey, clock: Clock
) -> Iterator[Callable[..., Practice]]:
    """Serves a practice of its own, with some of its facts changed."""
    with ExitStack() as open_ones:
        yield lambda *changes: open_ones.enter_context(
            serving(practice_in(tmp_path, site, key, *changes), clock)
        )
