"""What the steps of a booking look like: no rule of accessibility broken, nothing cut off.

The site's own pages are looked at in tests/site; here are those that come to be on the way.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from booking_endpoint.envelope import PrivateKey
from tests.axe import doubts
from tests.browser.conftest import Clock, Come
from tests.browser.pages import the_way
from tests.browser.patient import WITH_BIRTH_DATE, Answers, Patient
from tests.serving import practice_in, serving

PAGES = {
    True: "times, details, details with errors, receipt, booking seen, cancelling, cancelled",
    False: "times, details, details with errors, confirm, receipt, booking seen, cancelling,"
    " cancelled",
}
"""With scripts, and without."""

Found = dict[str, list[str]]


@dataclass
class Seen:
    """What was found on each page of a way."""

    code: str
    scripts: bool
    mirror: Page
    light: Found = field(default_factory=dict)
    dark: Found = field(default_factory=dict)
    widths: dict[str, int] = field(default_factory=dict)

    def look(self, name: str, page: Page) -> None:
        """Axe is a script: a page without any is looked at as it stands, in another browser."""
        if not self.scripts:
            html, page = page.content(), self.mirror
            page.route(
                "**/mirror", lambda route: route.fulfill(body=html, content_type="text/html")
            )
            page.goto("/mirror")
        page.set_viewport_size({"width": 320, "height": 640})
        self.widths[name] = page.evaluate("document.documentElement.scrollWidth")
        if self.code == "fr" and self.scripts:
            page.set_viewport_size({"width": 1280, "height": 800})
            page.emulate_media(color_scheme="dark")
            self.dark[name] = doubts(page, ["color-contrast"])
            page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 360, "height": 740})
        self.light[name] = doubts(page)


@pytest.fixture(scope="module", params=[True, False], ids=["scripts", "plain"])
def scripts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(scope="module", params=["fr", "he"])
def seen(
    request: pytest.FixtureRequest,
    browser: Browser,
    site: Path,
    key: PrivateKey,
    tmp_path_factory: pytest.TempPathFactory,
    scripts: bool,
) -> Iterator[Seen]:
    """One way for all the questions."""
    with serving(practice_in(tmp_path_factory.mktemp("practice"), site, key), Clock()) as practice:
        context = browser.new_context(java_script_enabled=scripts, timezone_id="Pacific/Noumea")
        patient = Patient(context.new_page(), practice, request.param, scripts=scripts)
        mirror = browser.new_page(base_url=practice.origin)
        seen = Seen(request.param, scripts, mirror)
        for name in the_way(patient):
            seen.look(name, patient.page)
        context.close()
        mirror.close()
        yield seen


def test_no_step_breaks_a_rule_or_leaves_one_in_doubt(seen: Seen) -> None:
    """On a telephone."""
    assert ", ".join(seen.light) == PAGES[seen.scripts]
    assert {name: found for name, found in seen.light.items() if found} == {}


def test_every_word_can_be_read_in_the_dark(seen: Seen) -> None:
    """On a desk, in the doctor’s language."""
    assert {name: found for name, found in seen.dark.items() if found} == {}


def test_every_step_fits_a_window_of_320_pixels(seen: Seen) -> None:
    assert {name: width for name, width in seen.widths.items() if width > 320} == {}


WIDER = """() => {
    const sheet = document.styleSheets[0]
    for (const rule of [
        "* { line-height: 1.5 !important; letter-spacing: .12em !important }",
        "* { word-spacing: .16em !important }",
        "p { margin-block-end: 2em !important }",
    ]) sheet.insertRule(rule, sheet.cssRules.length)
}"""

CUT = """() => [...document.querySelectorAll("main, main *")].filter(one => {
    const { overflowX, overflowY, display } = getComputedStyle(one)
    if (!one.checkVisibility() || display === "inline") return false
    const hides = overflowX !== "visible" || overflowY !== "visible"
    const wide = one.scrollWidth > one.clientWidth + 1
    const high = one.scrollHeight > one.clientHeight + 1
    return (hides && (wide || high)) || wide
}).map(one => one.outerHTML.slice(0, 80))"""


@pytest.mark.parametrize("code", ["fr", "he"])
def test_wider_spacing_cuts_nothing_off(come: Come, code: str) -> None:
    """As readers with dyslexia set it (WCAG 1.4.12), in a window of 320 pixels."""
    patient = come(code, viewport={"width": 320, "height": 640})
    patient.until_details(WITH_BIRTH_DATE)
    patient.button("Book this visit").click()
    patient.fill(Answers())
    patient.page.evaluate(WIDER)
    assert patient.page.evaluate("document.documentElement.scrollWidth") <= 320
    assert patient.page.evaluate(CUT) == []


LARGER = """() => {
    const root = document.documentElement
    root.style.fontSize = `${2 * parseFloat(getComputedStyle(root).fontSize)}px`
}"""

CLIPPED = """() => [...document.querySelectorAll("main *")].filter(one => {
    const { overflowX, overflowY } = getComputedStyle(one)
    if (!one.checkVisibility() || one.tagName === "INPUT") return false
    const wide = overflowX !== "visible" && one.scrollWidth > one.clientWidth + 1
    return wide || (overflowY !== "visible" && one.scrollHeight > one.clientHeight + 1)
}).map(one => one.outerHTML.slice(0, 80))"""


def test_text_twice_as_large_is_never_clipped(come: Come) -> None:
    """On a telephone, as somebody sets it who sees little (WCAG 1.4.4)."""
    patient = come("fr", viewport={"width": 360, "height": 740})
    for name in the_way(patient):
        patient.page.evaluate(LARGER)
        assert patient.page.evaluate(CLIPPED) == [], name
        patient.page.evaluate("document.documentElement.style.fontSize = ''")
