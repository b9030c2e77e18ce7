"""The site in a browser: accessible by rule, at home on every width, visible where the focus is."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from tests.axe import doubts
from tests.serving import theme_in
from tests.site.document import Document

KINDS = {
    "fr": (
        *("/", "/cabinet/", "/tarifs/", "/acces/", "/rendez-vous/", "/gerer/", "/articles/"),
        *("/articles/pourquoi-ce-site/", "/mentions-legales/", "/confidentialite/"),
        *("/accessibilite/", "/404.html", "/urgences/", "/recherche/"),
        *("/articles/choisir-sa-contraception/", "/articles/themes/votre-sante/"),
    ),
    "en": (
        *("/en/", "/en/practice/", "/en/fees/", "/en/directions/", "/en/appointment/"),
        *("/en/manage/", "/en/articles/", "/en/articles/why-our-own-site/", "/en/legal/"),
        *("/en/privacy/", "/en/search/"),
    ),
    "he": (
        *("/he/", "/he/practice/", "/he/fees/", "/he/directions/", "/he/appointment/"),
        *("/he/manage/", "/he/articles/", "/he/articles/why-our-own-site/", "/he/legal/"),
        *("/he/privacy/", "/he/search/", "/he/articles/choosing-contraception/"),
    ),
    "it": (
        *("/it/", "/it/studio/", "/it/onorari/", "/it/come-arrivare/", "/it/appuntamento/"),
        *("/it/gestire/", "/it/articoli/", "/it/articoli/perche-questo-sito/"),
        *("/it/note-legali/", "/it/privacy/", "/it/ricerca/"),
    ),
}


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("code", KINDS)
def test_no_page_breaks_a_rule_of_accessibility(page: Page, served: str, code: str) -> None:
    """On a telephone in the dark and on a desk by day."""
    found = {}
    for where in KINDS[code]:
        page.goto(served + where)
        for width, scheme in SEEN:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 800})
            found[where, width] = doubts(page)
    assert {at: broken for at, broken in found.items() if broken} == {}


SEEN: list[tuple[int, Literal["dark", "light"]]] = [(360, "dark"), (1280, "light")]


@pytest.mark.parametrize("where", ["/", "/he/", "/rendez-vous/", "/acces/"])
def test_no_rule_is_broken_in_colours_of_the_readers_own(
    page: Page, served: str, where: str
) -> None:
    """Contrast aside: axe reads the colours of the sheet, and the system paints its own."""
    page.emulate_media(forced_colors="active")
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(served + where)
    found = doubts(page)
    page.emulate_media(forced_colors="none")
    assert [one for one in found if not one.startswith("color-contrast:")] == []


SPACED = """* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
word-spacing: 0.16em !important } p { margin-bottom: 2em !important }"""
"""WCAG 2.2, 1.4.12: what a reader may ask of the text."""
SPACE = """css => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(css)
    document.adoptedStyleSheets = [sheet]
}"""


def test_no_page_is_pushed_sideways(
    page: Page, served: str, documents: dict[str, Document]
) -> None:
    """320 px (a desktop window at 400 %), letters far apart, and letters of twice the size."""
    wide = {}
    for where in documents:
        page.set_viewport_size({"width": 320, "height": 256})
        page.goto(served + where)  # an unstyled page has another width
        wide[where, "320 px"] = over(page)
        page.evaluate(SPACE, SPACED)
        wide[where, "spaced"] = over(page)
        page.evaluate("document.adoptedStyleSheets = []")
        page.set_viewport_size({"width": 360, "height": 740})
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        wide[where, "twice"] = over(page)
    assert {at: pixels for at, pixels in wide.items() if pixels > 0} == {}


def over(page: Page) -> int:
    """How many pixels of the page lie beside the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def test_a_phone_number_runs_left_to_right_on_a_hebrew_page(page: Page, served: str) -> None:
    """What axe does not see: the order of the characters on the screen, all on one line."""
    page.set_viewport_size({"width": 360, "height": 800})
    for where in ("/he/", "/he/privacy/", "/he/directions/"):
        page.goto(served + where)
        for places in page.evaluate(
            """() => [...document.querySelectorAll('a[href^="tel:0"] bdi')].map(one => {
                const text = one.firstChild, range = document.createRange()
                return [...text.data].map((_, at) => {
                    range.setStart(text, at)
                    range.setEnd(text, at + 1)
                    const box = range.getBoundingClientRect()
                    return [box.x, box.y]
                })
            })"""
        ):
            across, down = zip(*places, strict=True)
            assert list(across) == sorted(across), where
            assert len(set(down)) == 1, where


@pytest.mark.parametrize("where", ["/", "/he/", "/rendez-vous/", "/gerer/"])
def test_the_focus_is_always_to_be_seen(page: Page, served: str, where: str) -> None:
    """Three pixels or more around whatever the Tab key reaches."""
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(served + where)
    seen: list[tuple[str, str, float]] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        told = page.evaluate(
            """() => {
                const one = document.activeElement
                const ring = getComputedStyle(one.closest('.choice, .time') ?? one)
                return [one.outerHTML, ring.outlineStyle, parseFloat(ring.outlineWidth)]
            }"""
        )
        if told[0].startswith("<body"):
            break
        seen.append(tuple(told))
    assert len(seen) > 10
    assert [html for html, style, width in seen if style == "none" or width < 3] == []


def test_every_choice_and_button_is_large_enough_to_touch(page: Page, served: str) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    for where in ("/", "/rendez-vous/", "/gerer/"):
        page.goto(served + where)
        sizes = page.evaluate(
            """() => [...document.querySelectorAll('.button, .choice, .field__input')]
                .filter(one => one.checkVisibility())
                .map(one => [one.outerHTML.slice(0, 60), one.getBoundingClientRect().height])"""
        )
        assert sizes
        assert [name for name, height in sizes if height < 44] == [], where


def test_the_whole_row_of_a_choice_can_be_pressed(page: Page, served: str) -> None:
    page.goto(f"{served}/rendez-vous/")
    row = page.locator(".choice").nth(1)
    box = row.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] - 4, box["y"] + box["height"] - 4)
    assert row.get_by_role("radio").is_checked()


def test_nothing_moves_for_those_who_do_not_want_it(site: Path) -> None:
    """No animation at all, so that nobody has to ask for none."""
    css = (theme_in(site) / "site.css").read_text("utf-8")
    assert not re.search(r"animation|transition|scroll-behavior: smooth", css)
