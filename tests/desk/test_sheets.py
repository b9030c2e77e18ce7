"""Sheets of paper: a day, a week, whom to call, numbers; each on one page, and of nobody's disk."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from booking_endpoint.envelope import PrivateKey, lock_key
from booking_endpoint.practice import Practice
from booking_endpoint.words import read_language
from desk.__main__ import TRANSLATIONS
from desk.agenda import day_of, week_of
from desk.counts import charts_of
from desk.opening import Opened, read_line
from desk.printing import offered
from desk.reminding import Call, Why
from desk.sheets import STYLE, Sheets
from tests.axe import doubts
from tests.desk.cast import MONDAY, NAME, PASSPHRASE, at, exported, facts, identity, store_booking
from tests.desk.terminal import Terminal
from tests.edge.traces import traces_in
from tests.serving import facts_with

LONG = "Wolfeschlegelsteinhausenbergerdorff-Valombreuse de la Très Longue Rue"
LANGUAGES = ("fr", "en", "he", "it")


@pytest.fixture(scope="module")
def practice(key: PrivateKey) -> Practice:
    return facts(key)


@pytest.fixture(scope="module")
def one(key: PrivateKey) -> Opened:
    return replace(read_line(exported(key))[0], identity=identity(at("9:00")))


def full(one: Opened, days: int, each: int, **wrote: str) -> list[Opened]:
    """So many days with so many people each, ten minutes apart, all of long names."""
    told = [
        at("9:00", day) + timedelta(minutes=10 * index)
        for day in range(days)
        for index in range(each)
    ]
    return [
        replace(
            one,
            id=f"{number:032x}",
            start=start,
            end=start + timedelta(minutes=10),
            identity=identity(start, **{"name": LONG, **wrote}),
        )
        for number, start in enumerate(told)
    ]


def sheets(practice: Practice, code: str = "fr") -> Sheets:
    now = at("18:00", -1).astimezone(ZoneInfo("Europe/Paris"))
    return Sheets(practice, read_language(code, TRANSLATIONS), now)


Kind = Callable[[Practice, list[Opened], str], Callable[[str], str]]


def day_page(practice: Practice, bookings: list[Opened], code: str) -> Callable[[str], str]:
    day = day_of(MONDAY.date(), bookings, practice, code, MONDAY.date())
    return lambda base: sheets(practice, code).day(day, base)


def week_page(practice: Practice, bookings: list[Opened], code: str) -> Callable[[str], str]:
    days = week_of(MONDAY.date(), bookings, practice, code, MONDAY.date())
    return lambda base: sheets(practice, code).week(days, base)


def calls_page(practice: Practice, bookings: list[Opened], code: str) -> Callable[[str], str]:
    entries = day_of(MONDAY.date(), bookings, practice, code, MONDAY.date()).entries
    whys = list(Why)
    calls = [Call(entry, whys[place % len(whys)]) for place, entry in enumerate(entries)]
    return lambda base: sheets(practice, code).calls(calls, base)


def numbers_page(practice: Practice, bookings: list[Opened], code: str) -> Callable[[str], str]:
    charts = charts_of(bookings, practice, read_language(code, TRANSLATIONS))
    return lambda base: sheets(practice, code).numbers(charts, base)


KINDS: dict[str, Kind] = {
    "day": day_page,
    "week": week_page,
    "calls": calls_page,
    "numbers": numbers_page,
}


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """A wide screen, before somebody who likes the dark."""
    with browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="dark") as page:
        yield page


def pages(page: Page) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True)))


@pytest.mark.parametrize(
    ("kind", "days", "each"),
    [
        *(("day", 1, each) for each in (0, 1, 20, 21, 34, 35, 60)),
        *(("week", days, each) for days in (5, 7) for each in (1, 20, 34, 48)),
        *(("calls", 1, each) for each in (1, 20)),
        ("numbers", 7, 48),
    ],
)
def test_it_is_one_page(
    page: Page, practice: Practice, one: Opened, kind: str, days: int, each: int
) -> None:
    """However full, and however long the names; from the day on which lines are set closer, too."""
    with offered(KINDS[kind](practice, full(one, days, each), "fr"), STYLE) as address:
        page.goto(address)
        assert pages(page) == 1


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_it_can_be_read_by_everybody_black_on_white_and_on_a_phone(
    page: Page, practice: Practice, one: Opened, kind: str, code: str
) -> None:
    with offered(KINDS[kind](practice, full(one, 5, 6), code), STYLE) as address:
        page.goto(address)
        assert doubts(page) == []
        colour = "getComputedStyle(document.querySelector('main')).backgroundColor"
        assert page.evaluate(colour) == "rgb(255, 255, 255)"
        expect(page.locator("html")).to_have_attribute("lang", code)
        page.set_viewport_size({"width": 320, "height": 900})
        width = page.evaluate("document.documentElement.scrollWidth")
        page.set_viewport_size({"width": 1280, "height": 900})
        assert width <= 320


def test_a_day_says_who_comes_when_with_the_phone(
    page: Page, practice: Practice, one: Opened
) -> None:
    with offered(day_page(practice, [one], "en"), STYLE) as address:
        page.goto(address)
        row = page.get_by_role("row").nth(1)
        expect(row).to_contain_text(NAME)
        assert "09:00" in row.inner_text()
        assert "06 39 98 77 66" in row.inner_text().replace("\N{NO-BREAK SPACE}", " ")
        assert "Gynaecology consultation" in row.inner_text()


@pytest.mark.parametrize("kind", ["day", "week"])
def test_who_cancelled_is_not_on_paper(practice: Practice, one: Opened, kind: str) -> None:
    gone = replace(one, state="cancelled")
    assert NAME not in KINDS[kind](practice, [gone], "fr")("")
    assert NAME in KINDS[kind](practice, [one], "fr")("")


@pytest.mark.parametrize("kind", ["day", "week", "calls"])
def test_no_paper_names_a_discreet_visit(practice: Practice, one: Opened, kind: str) -> None:
    """It lies about. Seen to fail where the visit's name was written."""
    discreet = practice.visit("visit-3")
    assert discreet
    booked = replace(one, identity=one.identity | {"visit": "visit-3"})
    told = KINDS[kind](practice, [booked], "fr")("")
    assert NAME in told
    assert discreet.label["fr"] not in told


@pytest.mark.parametrize("kind", ["day", "week", "calls"])
def test_what_somebody_wrote_is_text_and_nothing_else(
    practice: Practice, one: Opened, kind: str
) -> None:
    wrote = replace(one, identity=one.identity | {"name": "<script>alert(1)</script>"})
    told = KINDS[kind](practice, [wrote], "fr")("")
    assert "<script" not in told
    assert "&lt;script&gt;" in told


def test_numbers_hold_no_person(practice: Practice, one: Opened) -> None:
    told = numbers_page(practice, full(one, 1, 6, name=NAME), "fr")("")
    assert NAME not in told
    assert "<svg" in told


def test_in_hebrew_the_picture_begins_at_the_right(
    page: Page, practice: Practice, one: Opened
) -> None:
    """The label stands before its bar where reading begins."""
    for code, first in (("he", "bar"), ("fr", "label")):
        with offered(numbers_page(practice, full(one, 1, 6), code), STYLE) as address:
            page.goto(address)
            places = {
                name: page.locator(f".chart__{name}").first.bounding_box()
                for name in ("bar", "label")
            }
        bar, label = places["bar"], places["label"]
        assert bar
        assert label
        assert (bar["x"] < label["x"]) == (first == "bar")


def test_a_sheet_is_shown_until_enter_is_pressed_and_lies_on_no_disk(
    tmp_path: Path, key: PrivateKey
) -> None:
    """From a real database, at a real terminal. Seen to fail where the page lay in a file."""
    store_booking(tmp_path / "bookings.db", key, MONDAY)
    (tmp_path / "doctor.pem").write_bytes(lock_key(key, PASSPHRASE))
    (tmp_path / "practice.toml").write_text(facts_with(key), encoding="utf-8")
    (tmp_path / "phrase").write_text(PASSPHRASE, encoding="utf-8")
    files = {
        "key": "doctor.pem",
        "practice": "practice.toml",
        "passphrase-file": "phrase",
        "database": "bookings.db",
    }
    told = [f"--{name}={tmp_path / file}" for name, file in files.items()]
    words = ["-m", "desk", "sheet", f"--day={MONDAY.date()}", "--no-open", *told]
    terminal = Terminal(words, tmp_path)
    [address] = re.findall(r"http://127\.0\.0\.1:\d+/\S+/", terminal.until(r"> $"))
    assert NAME in httpx.get(address).text
    assert traces_in([NAME], tmp_path) == {}
    terminal.type("\n")
    terminal.until(r"\Z(?!)")
    assert terminal.ended() == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)
