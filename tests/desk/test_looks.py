"""The desk in a real browser: everybody can read and use it, on glass and on paper."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from booking_endpoint.envelope import PrivateKey
from tasks import chromium
from tests.desk.cast import (
    MONDAY,
    NAME,
    PASSPHRASE,
    Beside,
    Reader,
    at,
    at_desk,
    exported,
    facts,
    identity,
    printing,
    store_booking,
)

LONG = "N" * 200
HEBREW = ('languages = ["fr", "en", "he", "it"]', 'languages = ["he", "en", "fr", "it"]')


def book(key: PrivateKey) -> list[str]:
    """A week with every kind of visit in it, and somebody on Saturday."""

    def line(number: int, day: int, clock: str, **who: str) -> str:
        start = at(clock, day)
        state = who.pop("state", "confirmed")
        content = identity(start, **who)
        return exported(key, start, number=number, state=state, content=content)

    return [
        line(1, 0, "09:00", birth_date="1985-06-28", email="zoe@example.org"),
        line(2, 0, "09:30", name="נועה לדוגמה", language="he"),
        line(3, 0, "10:00", whom="child", caller="Sophie Modèle", birth_date="2024-01-01"),
        line(4, 0, "10:30", state="cancelled", name="Grace Sample"),
        line(5, 1, "09:00", state="requested", name="Ada Exemple"),
        line(6, 1, "10:00", start="2026-11-24T10:00:00Z"),
        line(7, 3, "09:00", name=LONG, phone="0" * 200, email=LONG, visit=LONG, caller=LONG),
        exported(key, at("10:00", 3), number=8, envelope="AAAA"),
        line(9, 5, "10:00"),
        line(10, 22, "09:00", state="requested"),
        line(11, 0, "15:00", name="Ada Exemple"),
    ]


@pytest.fixture(scope="module", params=["fr", "he"])
def reader(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, key: PrivateKey
) -> Iterator[Reader]:
    """A full book, at the desk of somebody who reads French, and of somebody who reads Hebrew."""
    practice = facts(key, *([HEBREW] if request.param == "he" else []))
    server = printing(tmp_path_factory.mktemp("desk"), *book(key))
    with at_desk(practice, key, server) as reader:
        yield reader


@pytest.fixture
def page(browser: Browser, reader: Reader) -> Iterator[Page]:
    """A wide window, in front of the unlocked desk."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        reader.unlock()
        yield page


WEEK, DAY = "?day=2026-11-23&view=week", "?day=2026-11-23&view=day"
VIEWS = {
    "week": WEEK,
    "day": DAY,
    "doubts": "?day=2026-11-26&view=day",
    "empty": "?day=2026-12-28&view=week",
    "month": "?day=2026-11-23&view=month",
    "question": f"cancel?id={1:032x}",
    "move": f"move?id={2:032x}",
    "book": "book?visit=colposcopy",
    "close": "close?day=2026-11-23&from=2026-11-23&begins=09:00&until=2026-11-24&ends=00:00",
    "offer": "offer?on=2026-11-28&begins=09:00&ends=12:00&visit-consultation=on",
    "together": f"together?id={11:032x}",
    "calls": "calls?why=home",
    "done": "done",
    "reminders": "reminders",
    "account": "account",
    "calendars": "calendars",
    "sheet": "sheet?day=2026-11-23&view=day",
}


FAULTS = """async () => {
    const found = await axe.run(document, { resultTypes: ["violations"] })
    return found.violations.flatMap(one => one.nodes.map(node => `${one.id}: ${node.html}`))
}"""


def test_axe_finds_no_fault(page: Page, reader: Reader) -> None:
    """Names, roles, contrasts, order of headings: French in the light, Hebrew in the dark."""
    page.add_init_script(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    page.goto(reader.address)
    hebrew = page.locator("html").get_attribute("dir") == "rtl"
    page.emulate_media(color_scheme="dark" if hebrew else "light")
    for name, place in VIEWS.items():
        page.goto(reader.address + place)
        assert page.evaluate(FAULTS) == [], name
    reader.post("lock")
    page.goto(reader.address)
    assert page.evaluate(FAULTS) == []
    page.get_by_role("textbox").fill("wrong")
    page.get_by_role("button").click()
    expect(page.locator("#wrong")).to_be_visible()
    assert page.evaluate(FAULTS) == []


@pytest.mark.parametrize("width", [1280, 320])
def test_nothing_runs_over_the_edge(page: Page, reader: Reader, width: int) -> None:
    """Not even two hundred signs without a space, in any field."""
    page.set_viewport_size({"width": width, "height": 844})
    for name, place in VIEWS.items():
        page.goto(reader.address + place)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        boxes = (
            "all => all.map(one => one.getBoundingClientRect()).map(box => [box.left, box.right])"
        )
        for left, right in page.locator(".entry, .entry p, .entry bdi").evaluate_all(boxes):
            assert 0 <= left <= right <= width, name


def test_the_days_of_a_week_stand_side_by_side(page: Page, reader: Reader) -> None:
    """In the direction in which the doctor reads; six, since somebody comes on Saturday."""
    for place, count in [(WEEK, 6), ("?day=2026-12-28&view=week", 5)]:
        page.goto(reader.address + place)
        boxes = [one.bounding_box() for one in page.locator(".day").all()]
        lefts = [box["x"] for box in boxes if box]
        assert len(lefts) == count
        assert len({round(box["y"]) for box in boxes if box}) == 1
        hebrew = page.locator("html").get_attribute("dir") == "rtl"
        assert lefts == sorted(lefts, reverse=hebrew)
        assert len(set(lefts)) == count


def test_a_time_is_large_and_its_end_small_below_it(page: Page, reader: Reader) -> None:
    """Both begin where a line begins, on the side on which the doctor reads."""
    page.goto(reader.address + WEEK)
    start, end = (page.locator(f".entry__{part}").first for part in ("start", "end"))
    above, below = start.bounding_box(), end.bounding_box()
    assert above
    assert below
    assert above["height"] > below["height"]
    assert above["y"] + above["height"] <= below["y"] + 1
    hebrew = page.locator("html").get_attribute("dir") == "rtl"
    edges = [box["x"] + (box["width"] if hebrew else 0) for box in (above, below)]
    assert abs(edges[0] - edges[1]) < 2


def test_on_a_phone_an_empty_day_is_one_line(page: Page, reader: Reader) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(reader.address + WEEK)
    empty = page.locator(".day--empty").first.bounding_box()
    assert empty
    assert empty["height"] < 70


def test_a_day_of_twenty_four_visits_is_printed_on_one_page(
    browser: Browser, tmp_path: Path, key: PrivateKey
) -> None:
    """Names and phones are on it; nothing that can only be clicked."""
    long_day = [
        ('closes = "12:30"', 'closes = "13:30"'),
        ('opens = "14:00"\ncloses = "18:30"', 'opens = "13:30"\ncloses = "19:00"'),
    ]
    lines = [
        exported(key, at("09:00") + (at("09:25") - MONDAY) * number, number=number, minutes=20)
        for number in range(24)
    ]
    with (
        at_desk(facts(key, *long_day), key, printing(tmp_path, *lines)) as reader,
        browser.new_context(color_scheme="dark") as context,
    ):
        reader.unlock()
        page = context.new_page()
        page.goto(reader.address + DAY)
        pdf = page.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
        assert re.search(rb"/MediaBox \[0 0 59\d\S* 84\d", pdf), "not A4"

        page.emulate_media(media="print")
        expect(page.locator("button:visible, input:visible, .entry__acts:visible")).to_have_count(0)
        expect(page.locator(".entry__name:visible")).to_have_count(24)
        expect(page.locator(".entry__reach a:visible")).to_have_count(24)
        ink = "getComputedStyle(document.querySelector('.entry__name')).color"
        assert page.evaluate(ink) == "rgb(0, 0, 0)"


def test_an_agenda_on_paper_does_not_name_a_discreet_visit(
    browser: Browser, tmp_path: Path, key: PrivateKey
) -> None:
    """It lies about, like any sheet; on glass the doctor reads what it is."""
    line = exported(key, content=identity(MONDAY, visit="visit-3"))
    practice = facts(key)
    discreet = practice.visit("visit-3")
    assert discreet
    with at_desk(practice, key, printing(tmp_path, line)) as reader, browser.new_page() as page:
        reader.unlock()
        for place in (DAY, WEEK):
            page.emulate_media(media="screen")
            page.goto(reader.address + place)
            expect(page.get_by_text(discreet.label["fr"])).to_be_visible()
            page.emulate_media(media="print")
            expect(page.get_by_text(NAME)).to_be_visible()
            expect(page.get_by_text(discreet.label["fr"])).to_be_hidden()


def test_a_keyboard_is_enough_to_cancel(browser: Browser, tmp_path: Path, key: PrivateKey) -> None:
    """From the passphrase to the struck-out name, without a mouse and without a script."""
    database = tmp_path / "bookings.db"
    store_booking(database, key)
    with (
        at_desk(facts(key), key, Beside.at(database)) as reader,
        browser.new_context(java_script_enabled=False) as context,
    ):
        page = context.new_page()
        page.goto(reader.address)
        expect(page.get_by_role("textbox")).to_be_focused()
        page.keyboard.type(PASSPHRASE)
        page.keyboard.press("Enter")
        expect(page.get_by_text(NAME)).to_be_visible()
        tab_to(page, "Aller aux rendez-vous")
        page.keyboard.press("Enter")
        tab_to(page, f"Annuler – {NAME}")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Annuler ce rendez-vous ?")).to_be_visible()
        tab_to(page, "Oui, annuler ce rendez-vous")
        page.keyboard.press("Enter")
        expect(page.locator(".entry--cancelled").get_by_text(NAME)).to_be_visible(timeout=30_000)
    with closing(sqlite3.connect(database)) as file:
        assert file.execute("SELECT state FROM bookings").fetchall() == [("cancelled",)]


FOCUSED = "document.activeElement"


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the focus is on what is called so; its outline can be seen."""
    page.wait_for_load_state()  # without its style sheet an outline is the browser's own
    for _press in range(30):
        page.keyboard.press("Tab")
        called = page.evaluate(f"{FOCUSED}.ariaLabel || {FOCUSED}.textContent")
        if called == name:
            assert page.evaluate(f"parseFloat(getComputedStyle({FOCUSED}).outlineWidth)") >= 2
            return
    pytest.fail(f"no way by keyboard to {name!r}")


def test_what_was_left_does_not_come_back_after_locking(
    browser: Browser, tmp_path: Path, key: PrivateKey
) -> None:
    """Chromium keeps pages for its Back button, which Playwright switches off unless told."""
    with (
        at_desk(facts(key), key, printing(tmp_path, exported(key))) as reader,
        browser.browser_type.launch(
            executable_path=chromium(),
            args=["--no-sandbox", "--disable-gpu"],
            ignore_default_args=["--disable-back-forward-cache"],
        ) as keeping,
    ):
        reader.unlock()
        page = keeping.new_page()
        for place in (DAY, WEEK):
            page.goto(reader.address + place)
            expect(page.get_by_text(NAME)).to_be_visible()
        page.locator(".head__tools button").click()
        expect(page.get_by_role("textbox")).to_be_visible()
        page.wait_for_timeout(2000)  # Chromium empties its cache beside the page; a hand is slower
        for place in (WEEK, DAY):
            page.go_back(wait_until="commit")
            expect(page).to_have_url(reader.address + place)
            expect(page.get_by_role("textbox")).to_be_visible()
            assert NAME not in page.content()


def test_the_browser_finds_nothing_to_refuse(page: Page, reader: Reader) -> None:
    """No word on the console, no request elsewhere, nothing kept."""
    heard, asked = list[str](), set[str]()
    page.on("console", lambda message: heard.append(message.text))
    page.on("request", lambda request: asked.add(request.url))
    for place in VIEWS.values():
        page.goto(reader.address + place)
    kept = "JSON.stringify([localStorage.length, sessionStorage.length, document.cookie])"
    assert json.loads(page.evaluate(kept)) == [0, 0, ""]
    assert [text for text in heard if "favicon" not in text] == []
    assert {url for url in asked if not url.startswith(reader.address)} == set()
