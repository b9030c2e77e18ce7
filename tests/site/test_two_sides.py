"""The picture on the privacy page: one booking as the patient and as the server have it."""

import json
from collections.abc import Iterator
from datetime import datetime

import pytest
from playwright.sync_api import Browser, FloatRect, Page

from booking_endpoint.envelope import SIZE, from_text, key_from, open_envelope
from booking_endpoint.practice import Practice
from tests.axe import doubts
from tests.core.vectors import EXAMPLE as VECTOR
from tests.core.vectors import read_vector
from tests.site.document import Document
from theme.plugins.example import EXAMPLE

WHERE = {
    "fr": "/confidentialite/",
    "en": "/en/privacy/",
    "he": "/he/privacy/",
    "it": "/it/privacy/",
}

SAID = {
    "fr": ("C’est un exemple", "Première visite", "Ce que le serveur garde"),
    "en": ("This is an example", "First visit", "What the server keeps"),
    "he": ("זוהי דוגמה", "ביקור ראשון", "מה שהשרת שומר"),
    "it": ("È un esempio", "Prima visita", "Che cosa conserva il server"),
}
"""That it is one, what only the patient's side tells, and what the server's side is called."""

SERVER = "side side--server"


def words(page: Document, side: str) -> str:
    """What is to be read in one part of the picture."""
    told = " ".join(text for text, at in page.texts if at.within(**{"class": side}))
    return " ".join(told.replace("\N{NO-BREAK SPACE}", " ").split())


def test_what_is_pictured_was_sealed_and_opens() -> None:
    """An honest picture: the signs shown begin an envelope that holds what is beside it."""
    vector = read_vector(VECTOR)
    envelope = from_text(vector["envelope"])
    told = json.loads(vector["content"])
    for recipient in vector["recipients"]:
        assert open_envelope(envelope, [key_from(bytes.fromhex(recipient["seed"]))]) == json.dumps(
            told, ensure_ascii=False, separators=(",", ":")
        ).encode("utf-8")
    assert (EXAMPLE.name, EXAMPLE.phone) == (told["name"], told["phone"])
    assert datetime.fromisoformat(told["start"]) == EXAMPLE.start
    assert vector["envelope"].startswith(EXAMPLE.envelope)
    assert len(envelope) == SIZE == EXAMPLE.size
    assert len(bytes.fromhex(EXAMPLE.id)) == 16


@pytest.mark.parametrize("code", WHERE)
def test_the_patients_side_tells_all_and_the_servers_what_the_file_holds(
    documents: dict[str, Document], facts: Practice, code: str
) -> None:
    page = documents[WHERE[code]]
    example, visit, heading = SAID[code]
    patient, server = words(page, "side"), words(page, SERVER)
    assert example in words(page, "sides")
    assert {text in patient for text in (EXAMPLE.name, EXAMPLE.phone, visit)} == {True}
    assert f"{EXAMPLE.start.astimezone(facts.zone):%H:%M}" in patient
    assert heading in server
    kept = ("2026-12-01, 08:00 – 08:30", "UTC", EXAMPLE.id, f"{EXAMPLE.envelope}…", str(SIZE))
    assert {text in server for text in kept} == {True}
    assert {text in server for text in (EXAMPLE.name, EXAMPLE.phone, visit)} == {False}


@pytest.mark.parametrize("code", WHERE)
def test_nobody_is_read_a_hundred_signs_aloud(documents: dict[str, Document], code: str) -> None:
    """A drawing and signs of no meaning are hidden from who listens; a sentence stands for them."""
    page = documents[WHERE[code]]
    [signs] = [at for text, at in page.texts if EXAMPLE.envelope in text]
    assert signs.within(**{"aria-hidden": "true"})
    assert signs.within(dir="ltr")
    assert page.one("svg").within(**{"aria-hidden": "true"})
    [size] = [at for text, at in page.texts if str(SIZE) in text]
    assert not size.within(**{"aria-hidden": "true"})


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def sides(page: Page) -> list[FloatRect]:
    """Where the patient's side and the server's stand."""
    boxes = [side.bounding_box() for side in page.locator(".side").all()]
    return [box for box in boxes if box]


@pytest.mark.parametrize(("code", "patient_first"), [("fr", True), ("he", False)])
def test_the_picture_begins_where_reading_begins(
    page: Page, served: str, code: str, patient_first: bool
) -> None:
    """The patient at the left in French and at the right in Hebrew; above, on a phone."""
    page.goto(served + WHERE[code])
    page.set_viewport_size({"width": 1280, "height": 800})
    patient, server = sides(page)
    assert patient["y"] == server["y"]
    assert (patient["x"] < server["x"]) is patient_first
    page.set_viewport_size({"width": 320, "height": 800})
    patient, server = sides(page)
    assert patient["y"] + patient["height"] < server["y"]
    wide = page.evaluate(
        "[...document.querySelectorAll('.sides *')].filter(e => e.scrollWidth > e.clientWidth + 1"
        " && getComputedStyle(e).display !== 'inline').map(e => e.className)"
    )
    assert wide == []


@pytest.mark.parametrize("code", ["fr", "he"])
def test_the_picture_breaks_no_rule_in_the_dark(browser: Browser, served: str, code: str) -> None:
    context = browser.new_context(color_scheme="dark", viewport={"width": 360, "height": 800})
    dark = context.new_page()
    dark.goto(served + WHERE[code])
    found = doubts(dark)
    context.close()
    assert found == []
