"""The paper of a key: a sheet that anybody can read, and any scanner; that nobody else gets."""

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import httpx
import pytest
import zxingcpp
from playwright.sync_api import Browser, FloatRect, Page

from booking_endpoint.envelope import fingerprint, key_from, public_text
from booking_endpoint.headers import HEADERS
from booking_endpoint.words import read_language
from desk.__main__ import TRANSLATIONS
from desk.paper import Paper, seed_of, words_of
from desk.printing import shown
from tests.axe import doubts

SEED = bytes.fromhex("38b2d03f3256502b1e9db02b2d12aa27a46033ffe6d8c0ef0f2cf6b1530be9d8")
"""Of a key that guards nothing: its words are long in every language."""

MILLIMETRE = 96 / 25.4
"""In pixels of CSS."""


@contextmanager
def printed(code: str) -> Iterator[str]:
    """The address of the page in a language, for the role whose lines are longest."""
    words, mark = words_of(SEED, code), fingerprint(public_text(key_from(SEED)))
    paper = Paper("Dr Hélène Valombreuse", "secretary", date(2026, 11, 23), words, mark)
    with shown(read_language(code, TRANSLATIONS), paper) as address:
        yield address


@pytest.fixture(scope="module", params=["fr", "en", "he", "it"])
def code(request: pytest.FixtureRequest) -> str:
    """A language, all tests of which see one page."""
    return str(request.param)


@pytest.fixture(scope="module")
def page(browser: Browser, code: str) -> Iterator[Page]:
    """The page on a wide screen, before somebody who likes the dark."""
    with (
        printed(code) as address,
        browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="dark") as page,
    ):
        page.goto(address)
        yield page


def test_it_is_one_sheet_of_a4(page: Page) -> None:
    pdf = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    assert re.search(rb"/MediaBox \[0 0 59[45]\S* 84[12]", pdf), "not A4"


def test_axe_finds_no_fault(page: Page) -> None:
    assert doubts(page) == []


def test_it_is_black_on_white_for_whoever_likes_the_dark(page: Page) -> None:
    """The sheet will be white: so it is shown."""
    style = "getComputedStyle(document.querySelector('main'))"
    assert page.evaluate(f"{style}.backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate(f"{style}.color") == "rgb(17, 17, 17)"


def test_it_fits_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 900})
    width = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size({"width": 1280, "height": 900})
    assert width <= 320


def test_the_words_run_left_to_right(page: Page, code: str) -> None:
    """In Hebrew too: down the first column, then the second, then the third."""
    words = page.locator("ol > li")
    assert words.all_inner_texts() == words_of(SEED, code)
    boxes = words.evaluate_all("all => all.map(one => one.getBoundingClientRect())")
    places = [(round(box["left"]), round(box["top"])) for box in boxes]
    assert places == sorted(places)
    assert len({left for left, _top in places}) == 3


def test_a_command_is_on_one_line_and_never_turned_around(page: Page) -> None:
    commands = page.locator("code", has_text="python3 tasks.py keys")
    style = "all => all.map(one => [getComputedStyle(one).direction, one.getClientRects().length])"
    assert commands.evaluate_all(style) == [["ltr", 1], ["ltr", 1]]


def test_a_scanner_reads_the_words_and_they_restore_the_seed(page: Page) -> None:
    """From four centimetres of code, and four modules of white around it (ISO/IEC 18004)."""
    picture = page.locator("svg")
    box = picture.bounding_box()
    assert box
    [read] = zxingcpp.read_barcodes(grey(page, box))
    assert seed_of(read.text) == SEED
    corner, other = read.position.top_left, read.position.bottom_right
    assert (other.x - corner.x) / MILLIMETRE >= 40
    quiet = 4 * box["width"] / picture.evaluate("one => one.viewBox.baseVal.width / 4")
    rounding = 2
    assert min(corner.x, corner.y) >= quiet - rounding
    assert max(other.x, other.y) <= box["width"] - quiet + rounding


def grey(page: Page, box: FloatRect) -> memoryview:
    """What a camera sees of a part of the page, as rows of grey."""
    png = base64.b64encode(page.screenshot(clip=box)).decode()
    height, width, shades = page.evaluate(GREY, png)
    return memoryview(bytes(shades)).cast("B", (height, width))


GREY = """async (png) => {
    const bytes = Uint8Array.from(atob(png), sign => sign.charCodeAt(0))
    const picture = await createImageBitmap(new Blob([bytes]))
    const { width, height } = picture
    const canvas = new OffscreenCanvas(width, height).getContext("2d")
    canvas.drawImage(picture, 0, 0)
    const { data } = canvas.getImageData(0, 0, width, height)
    return [height, width, Array.from({ length: width * height }, (_, at) => data[4 * at])]
}"""


def test_it_answers_to_its_own_host_and_address_alone() -> None:
    """Neither to a name that was bound to this machine (DNS rebinding) nor to a guess."""
    with printed("fr") as address:
        url = httpx.URL(address)
        assert url.host == "127.0.0.1"
        assert len(url.path.strip("/")) == 32  # 24 random bytes in base64
        assert httpx.get(url).status_code == 200
        for host in ("evil.example", f"localhost:{url.port}", "127.0.0.1"):
            refused = httpx.get(url, headers={"Host": host})
            assert (refused.status_code, refused.content) == (404, b""), host
        for path in ("/", "/paper.css", url.path.rstrip("/"), f"{url.path}x"):
            refused = httpx.get(url.copy_with(path=path))
            assert (refused.status_code, refused.content) == (404, b""), path


def test_no_answer_is_kept_or_may_run_anything() -> None:
    with printed("fr") as address:
        for path in ("", "paper.css", "elsewhere"):
            answer = httpx.get(address + path)
            assert answer.headers["Cache-Control"] == "no-store"
            assert {name: answer.headers[name] for name in HEADERS} == HEADERS


def test_nobody_answers_once_the_paper_was_read_back() -> None:
    with printed("fr") as address:
        assert httpx.get(address).status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)


def test_the_address_is_told_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    """Not in a log either: who reads the screen afterwards finds nothing to try."""
    with printed("fr") as address:
        httpx.get(address)
        httpx.get(address + "elsewhere")
    assert "".join(capfd.readouterr()) == ""
