"""The desk's own script, in a real browser: what comes by itself, what keys do, what it leaves."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from booking_endpoint.envelope import PrivateKey
from desk.acts import close
from desk.opening import read_list
from desk.server import Server
from tests.desk.cast import (
    NAME,
    Beside,
    Reader,
    at,
    at_desk,
    facts,
    printing,
    store_booking,
)
from tests.desk.test_looks import FAULTS, HEBREW, book

DAY = "?day=2026-11-23&view=day"
SOON = 30_000
"""Milliseconds; on an idle machine it takes three seconds."""

Open = Callable[..., Page]


@pytest.fixture
def window(browser: Browser) -> Iterator[Open]:
    """A window in front of an unlocked desk."""
    with ExitStack() as opened:

        def look(reader: Reader, **options: object) -> Page:
            context = opened.enter_context(
                browser.new_context(viewport={"width": 1280, "height": 500}, **options)  # type: ignore[arg-type]  # a test passes what Playwright knows
            )
            reader.unlock()
            page = context.new_page()
            page.goto(reader.address + DAY)
            return page

        yield look


def test_what_another_desk_does_is_seen_without_a_click(
    tmp_path: Path, key: PrivateKey, window: Open
) -> None:
    """Through the real command line; focus and scroll stay, and no click is needed."""
    database = tmp_path / "bookings.db"
    for hour in ("09:00", "10:00", "11:00", "12:00", "14:00", "15:00"):
        store_booking(database, key, at(hour), who={"name": f"{NAME} {hour}"})
    server = Server.here(database)
    with at_desk(facts(key), key, server) as one:
        page = window(one)
        link = page.get_by_role("link", name=f"Annuler – {NAME} 14:00")
        expect(link).to_be_visible(timeout=SOON)
        link.focus()
        page.evaluate("scrollTo(0, 120)")
        server.acts([close("desk-other", at("18:00"), at("19:00"))])
        expect(page.locator(".closure")).to_be_visible(timeout=SOON)
        expect(link).to_be_focused()
        assert page.evaluate("scrollY") == 120

        page.locator("#to").focus()
        server.acts([close("desk-third", at("19:00"), at("20:00"))])
        page.wait_for_timeout(3500)
        expect(page.locator(".closure")).to_have_count(1)
        link.focus()
        expect(page.locator(".closure")).to_have_count(2, timeout=SOON)


def test_a_page_that_lies_open_is_emptied_when_the_desk_locks(
    tmp_path: Path, key: PrivateKey, window: Open
) -> None:
    with at_desk(facts(key), key, printing(tmp_path, *book(key))) as reader:
        page = window(reader)
        expect(page.get_by_text(NAME).first).to_be_visible()
        reader.post("lock")
        expect(page.locator("input[type=password]")).to_be_visible(timeout=SOON)
        assert NAME not in page.content()


@pytest.mark.parametrize("code", ["fr", "he"])
def test_keys_lead_where_the_links_do(
    tmp_path: Path, key: PrivateKey, window: Open, code: str
) -> None:
    """The arrows point as one reads; letters can be switched off (WCAG 2.1.4)."""
    practice = facts(key, *([HEBREW] if code == "he" else []))
    with at_desk(practice, key, printing(tmp_path, *book(key))) as reader:
        page = window(reader)
        later, sooner = ("ArrowLeft", "ArrowRight") if code == "he" else ("ArrowRight", "ArrowLeft")
        for press, place in [
            (later, "?day=2026-11-24&view=day"),
            (sooner, DAY),
            ("m", "?day=2026-11-23&view=month"),
            ("w", "?day=2026-11-23&view=week"),
            ("d", DAY),
            ("b", "book?day=2026-11-23&view=day"),
        ]:
            page.keyboard.press(press)
            expect(page).to_have_url(reader.address + place)
            page.wait_for_load_state()
        page.goto(reader.address + DAY)
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        second = page.locator(".entry").nth(1)
        assert second.evaluate("entry => entry.contains(document.activeElement)")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Escape")
        page.locator("form[action$=letters] button").click()
        page.keyboard.press("m")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(page).to_have_url(reader.address + DAY)


def test_the_script_keeps_nothing_and_asks_the_desk_alone(
    tmp_path: Path, key: PrivateKey, window: Open
) -> None:
    heard, asked = list[str](), set[str]()
    with at_desk(facts(key), key, printing(tmp_path, *book(key))) as reader:
        page = window(reader)
        page.on("console", lambda message: heard.append(message.location["url"] + message.text))
        page.on("request", lambda request: asked.add(request.url))
        page.reload()
        page.wait_for_timeout(2500)
        kept = "JSON.stringify([localStorage.length, sessionStorage.length, document.cookie])"
        assert json.loads(page.evaluate(kept)) == [0, 0, ""]
        assert page.evaluate("indexedDB.databases().then(all => all.length)") == 0
        assert any("changes" in url for url in asked)
        assert {url for url in asked if not url.startswith(reader.address)} == set()
        assert [text for text in heard if "favicon" not in text] == []
        assert NAME not in page.title()


def faults(page: Page) -> object:
    page.wait_for_load_state()  # without its style sheet a page has other colours
    return page.evaluate(FAULTS)


def test_axe_finds_no_fault_in_what_is_told(tmp_path: Path, key: PrivateKey, window: Open) -> None:
    """The bar after an act, a doubt, an act that waits, a conflict, the list of keys."""
    database = tmp_path / "bookings.db"
    visit = store_booking(database, key, at("11:00"))
    server = Beside.at(database)
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
    with at_desk(facts(key), key, server) as reader:
        page = window(reader, color_scheme="dark")
        page.add_init_script(axe)
        page.goto(f"{reader.address}cancel?id={visit}")
        page.get_by_role("button", name="Oui, annuler ce rendez-vous").click()
        expect(page.locator(".did")).to_be_visible()
        assert faults(page) == []
        page.get_by_role("button", name="Défaire").click()
        server.away(gone=True)
        page.get_by_role("link", name="Noter un rendez-vous").click()
        page.locator("#clock").fill("21:00")
        page.locator("#name").fill("Ada Appelante")
        page.locator("#phone").fill("07 11 22 33 44")
        page.get_by_role("button", name="Noter ce rendez-vous").click()
        expect(page.get_by_role("alert")).to_be_visible()
        assert faults(page) == []
        page.locator("[name=sure]").check()
        page.get_by_role("button", name="Noter ce rendez-vous").click()
        expect(page.locator(".did, .trouble")).to_have_count(2)
        assert faults(page) == []
        store_booking(database, key, at("21:00"))
        server.away(gone=False)
        page.goto(reader.address + DAY)
        expect(page.get_by_text("Pas fait")).to_be_visible(timeout=SOON)
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_be_visible()
        assert faults(page) == []


def test_without_scripts_everything_is_done_by_forms(
    tmp_path: Path, key: PrivateKey, window: Open
) -> None:
    """Moved, undone, booked by keyboard and mouse alone: the script only adds."""
    database = tmp_path / "bookings.db"
    store_booking(database, key, at("11:00"))
    with at_desk(facts(key), key, Beside.at(database)) as reader:
        page = window(reader, java_script_enabled=False)
        page.get_by_role("link", name=f"Déplacer – {NAME}").click()
        page.get_by_label("09:30", exact=True).first.check()
        page.get_by_role("button", name="Déplacer le rendez-vous").click()
        expect(page.locator(".entry__start")).to_have_text("09:30")
        page.get_by_role("button", name="Défaire").click()
        expect(page.locator(".entry__start")).to_have_text("11:00")
        page.get_by_role("link", name="Noter un rendez-vous").click()
        page.get_by_label("10:00", exact=True).first.check()
        page.get_by_label("Nom de la personne qui vient").fill("Ada Appelante")
        page.get_by_label("Téléphone").fill("07 11 22 33 44")
        page.get_by_role("button", name="Noter ce rendez-vous").click()
        expect(page.get_by_text("Ada Appelante").first).to_be_visible()


def test_a_visit_is_dragged_by_its_time_onto_a_free_one_and_back_by_undo(
    tmp_path: Path, key: PrivateKey, window: Open
) -> None:
    """Only what is free can be hit; let go elsewhere, nothing happens."""
    database = tmp_path / "bookings.db"
    store_booking(database, key, at("10:00"))
    store_booking(database, key, at("11:00"), who={"name": "Ada Exemple"})
    server = Server.here(database)
    with at_desk(facts(key), key, server) as one:
        page = window(one)
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(f"{one.address}?day=2026-11-23&view=week")
        time = page.locator(".entry").filter(has_text=NAME).locator(".entry__time")

        def drag(onto: str) -> None:
            time.hover()
            page.mouse.down()
            page.mouse.move(400, 500)
            expect(page.locator(".drops__one").first).to_be_visible()
            assert page.locator("section:first-child .drops__one").get_by_text("11:00").count() == 0
            page.locator(onto).first.hover()
            page.mouse.up()

        drag("h1")
        expect(page.locator(".drops__one")).to_have_count(0)
        assert standing(server) == [(at("10:00"), at("10:30")), (at("11:00"), at("11:30"))]
        drag("section:nth-child(2) .drops__one")
        expect(page.locator(".did")).to_contain_text("Déplacé", timeout=SOON)
        assert at("09:00", 1) in [start for start, _end in standing(server)]
        page.locator(".did").get_by_role("button", name="Défaire").click()
        expect(page.locator(".did")).to_contain_text("Déplacé", timeout=SOON)
        assert standing(server) == [(at("10:00"), at("10:30")), (at("11:00"), at("11:30"))]


def standing(server: Server) -> list[tuple[datetime, datetime]]:
    return sorted((one.start, one.end) for one in read_list(server.listing()).bookings)


def test_a_locked_desk_empties_a_page_in_which_somebody_was_typing(
    tmp_path: Path, key: PrivateKey, window: Open
) -> None:
    """Nobody's name stays on the screen because the cursor stood in a field."""
    store_booking(tmp_path / "bookings.db", key)
    with at_desk(facts(key), key, Server.here(tmp_path / "bookings.db")) as one:
        page = window(one)
        expect(page.get_by_text(NAME)).to_be_visible(timeout=SOON)
        page.locator("#to").focus()
        one.post("lock")
        expect(page.locator("input[type=password]")).to_be_visible(timeout=SOON)
        expect(page.get_by_text(NAME)).to_have_count(0)
