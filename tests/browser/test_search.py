"""Search: in four languages, in the browser alone, by keyboard; without scripts, a list."""

from urllib.parse import unquote

import pytest
from playwright.sync_api import Page, expect

from tests.axe import doubts
from tests.browser.conftest import Come
from tests.browser.patient import LANGUAGES, Patient

PLACES = {"fr": "/recherche/", "en": "/en/search/", "he": "/he/search/", "it": "/it/ricerca/"}

ASKED = {
    "fr": {
        "colposcopies": "/colposcopie/",
        "VELO": "/acces/",
        "honoraire": "/tarifs/",
        "où garer la poussette": "/acces/",
        "télé-consultation video": "/teleconsultation/",
        "mineure": "/cabinet/",
        "annuler": "/gerer/",
        "coeur": "/grossesse/",
        "contraception xyzzy": "/contraception/",
        "dermatologie": "",
    },
    "en": {
        "pregnancies": "/en/pregnancy/",
        "lift": "/en/directions/",
        "reimbursed": "/en/questions/",
        "interpreter": "/en/practice/",
        "dermatology": "",
    },
    "he": {
        "היריון": "/he/pregnancy/",
        "אופניים": "/he/directions/",
        "באופניים": "/he/directions/",
        "מחירים": "/he/fees/",
        "הקולפוסקופיה": "/he/colposcopy/",
        "דרמטולוגיה": "",
    },
    "it": {
        "gravidanze": "/it/gravidanza/",
        "bicicletta": "/it/come-arrivare/",
        "onorario": "/it/onorari/",
        "perché questo sito": "/it/articoli/perche-questo-sito/",
        "dermatologia": "",
    },
}
"""What people type, with other endings, letters and accents than the page has, and what answers."""


def opened(patient: Patient, code: str) -> Page:
    patient.page.goto(patient.origin + PLACES[code])
    return patient.page


def ask(page: Page, words: str) -> list[str]:
    """Type and press Enter; the addresses that are found, the best first."""
    page.get_by_role("searchbox").fill(words)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).not_to_be_empty()
    links = page.get_by_role("search").get_by_role("link").all()
    return [link.get_attribute("href") or "" for link in links]


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_people_type_leads_to_the_page_they_mean(come: Come, code: str) -> None:
    page = opened(come(code), code)
    found = {words: ask(page, words)[:2] for words in ASKED[code]}
    missed = {
        words: found[words]
        for words, wanted in ASKED[code].items()
        if (wanted not in found[words] if wanted else found[words])
    }
    assert missed == {}


def test_what_is_typed_goes_nowhere(come: Come) -> None:
    """One file is asked for, once; the words stand in no address, and are not kept on the way."""
    patient = come("fr")
    page = opened(patient, "fr")
    page.wait_for_load_state("networkidle")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(unquote(request.url)))
    before = page.url
    ask(page, "grossesse")
    ask(page, "contraception")
    assert [address.split("/")[-2] for address in asked] == ["search"]
    assert page.url == before
    assert page.get_by_role("searchbox").get_attribute("autocomplete") == "off"
    assert page.get_by_role("searchbox").get_attribute("name") is None
    assert patient.page.context.storage_state() == {"cookies": [], "origins": []}


def test_nothing_is_loaded_before_somebody_searches(come: Come) -> None:
    patient = come("fr")
    asked: list[str] = []
    patient.page.on("request", lambda request: asked.append(request.url))
    opened(patient, "fr").wait_for_load_state("networkidle")
    assert [address for address in asked if address.endswith(".json")] == []


def test_an_index_that_was_changed_is_not_used(come: Come) -> None:
    """The page says so, and the list is still there."""
    patient = come("fr")
    patient.page.route(
        "**/search/*.json", lambda route: route.fulfill(body='{"pages": [["//evil.example"]]}')
    )
    page = opened(patient, "fr")
    assert ask(page, "grossesse") == []
    status = page.get_by_role("status")
    expect(status).to_have_text(
        str(patient.say("The search did not load. Look in the list below, or try again."))
    )
    expect(page.get_by_role("link", name="Colposcopie", exact=True)).to_be_visible()


@pytest.mark.parametrize(("code", "words"), [("fr", "visite"), ("he", "ביקור")])
def test_what_was_found_fits_a_small_window_and_breaks_no_rule(
    come: Come, code: str, words: str
) -> None:
    page = opened(come(code, viewport={"width": 320, "height": 640}, color_scheme="dark"), code)
    assert ask(page, words)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert doubts(page) == []
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("search").get_by_role("link").first).to_be_focused()


@pytest.mark.parametrize("code", LANGUAGES)
def test_without_scripts_the_list_from_a_to_z_leads_everywhere(come: Come, code: str) -> None:
    page = opened(come(code, scripts=False), code)
    expect(page.get_by_role("searchbox")).to_have_count(0)
    links = page.get_by_role("main").get_by_role("link").all()
    there = {link.get_attribute("href") for link in links}
    assert {wanted for wanted in ASKED[code].values() if wanted} <= there
