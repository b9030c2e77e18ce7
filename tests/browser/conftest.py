"""A practice that is served, a clock that a test can turn, and people who come to its site."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.patient import Patient
from tests.serving import Practice, serving

expect.set_options(timeout=10_000)

Come = Callable[..., Patient]


class Clock:
    """The endpoint's clock. Each look at it takes some seconds, as if somebody were typing."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 8, tzinfo=UTC).timestamp()

    def __call__(self) -> float:
        self.now += 4
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A Monday morning in Paris; the first visit can be booked for Tuesday."""
    return Clock()


@pytest.fixture
def served(practice: Practice, clock: Clock) -> Iterator[Practice]:
    """Site and endpoint on one origin, with no booking yet."""
    with serving(practice, clock):
        yield practice


@pytest.fixture
def come(browser: Browser, served: Practice) -> Iterator[Come]:
    """Somebody comes to the site, with a browser that has never been there.

    The browser is English and in the practice's time zone, unless a test says otherwise.
    """
    contexts: list[BrowserContext] = []

    def arrive(code: str = "fr", *, scripts: bool = True, **options: Any) -> Patient:
        told = {"locale": "en-GB", "timezone_id": "Europe/Paris", **options}
        context = browser.new_context(java_script_enabled=scripts, **told)
        context.set_default_timeout(10_000)
        contexts.append(context)
        return Patient(context.new_page(), served, code, scripts=scripts)

    yield arrive
    for context in contexts:
        context.close()
