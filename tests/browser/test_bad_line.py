"""Bad days: no line, a slow line, an endpoint that is down, scripts that never arrive.

Whatever happens, the page says what to do, with the phone number, and loses nothing typed.
"""

import re
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Come
from tests.browser.patient import BOOKING, Answers, Patient, desk_opens
from tests.browser.record import Record, layout_shift

ANSWERS = Answers(
    "יעל O’Connor", "+33 6 39 98 77 66", "yael@exemple.example", ("", "", ""), "For my child", "Bob"
)
SEALED = (
    "Your answers are encrypted on this device before they are sent."
    " Only the practice can read them."
)
OFFLINE = (
    "The practice’s server does not answer. Everything you typed is still here."
    " Try again: the same visit is never booked twice. Or call {phone}."
)
UNSEALED = "Your details could not be sealed, so nothing was sent. Please call {phone}."


def says(patient: Patient, message: str) -> None:
    """The page says so where the focus is, with the phone number."""
    phone = patient.facts.phone
    expect(patient.problem()).to_be_focused()
    expect(patient.problem()).to_contain_text(patient.say(message, phone=phone))
    expect(patient.problem()).to_contain_text(phone)
    expect(patient.page).to_have_title(re.compile(f"^{re.escape(patient.say('Error:'))} "))


def test_a_line_that_is_cut_at_the_end_costs_nothing(come: Come) -> None:
    patient = come("he")
    patient.until_details()
    patient.fill(ANSWERS)
    patient.page.wait_for_load_state("networkidle")
    patient.page.context.set_offline(True)
    patient.send()
    says(patient, OFFLINE)
    assert patient.typed() == ANSWERS
    patient.page.context.set_offline(False)
    patient.send()
    patient.sees_receipt()
    (identity,) = desk_opens(patient.practice)
    assert identity["name"] == ANSWERS.name


def test_a_line_that_is_cut_from_the_details_on_costs_nothing(come: Come) -> None:
    """Not even the ticket could be had, nor what seals: both are asked for once more."""
    patient = come()
    patient.until_times()
    patient.page.context.set_offline(True)
    patient.choose_time()
    patient.fill(ANSWERS)
    patient.send()
    says(patient, UNSEALED)
    assert patient.typed() == ANSWERS
    patient.page.context.set_offline(False)
    patient.send()
    patient.sees_receipt()
    assert len(desk_opens(patient.practice)) == 1


def test_an_answer_that_got_lost_is_given_again(come: Come) -> None:
    """The endpoint booked, the browser never heard of it: the second try is the same visit."""
    patient = come()
    patient.until_details()
    patient.fill(ANSWERS)

    def lose(route: Route) -> None:
        assert route.fetch().status == 201
        route.abort("connectionreset")

    patient.page.route("**/bookings", lose, times=1)
    patient.send()
    says(patient, OFFLINE)
    patient.send()
    patient.sees_receipt()
    assert len(desk_opens(patient.practice)) == 1


@pytest.mark.parametrize(
    ("address", "code"), [("availability", "it"), ("tickets", "fr"), ("bookings", "he")]
)
def test_an_endpoint_that_is_down_is_told_with_the_phone_number(
    come: Come, address: str, code: str
) -> None:
    """A web server in front of it answers with a page of its own."""

    def fail(route: Route) -> None:
        route.fulfill(status=502, content_type="text/html", body="<h1>502 Bad Gateway</h1>")

    patient = come(code)
    patient.page.route(re.compile(f"/rdv/{address}"), fail)
    patient.page.goto(patient.origin + BOOKING[code])
    patient.choose_visit()
    if address == "availability":
        says(patient, OFFLINE)
        return
    patient.choose_time()
    patient.fill(ANSWERS)
    patient.send()
    says(patient, OFFLINE)
    assert patient.typed() == ANSWERS
    patient.page.unroute_all()
    patient.send()
    patient.sees_receipt()
    assert len(desk_opens(patient.practice)) == 1


class Files(SimpleHTTPRequestHandler):
    """The site's files and nothing else, as any static host serves them."""

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def static_host(site: Path) -> Iterator[str]:
    handler = partial(Files, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_without_an_endpoint_the_site_still_stands(come: Come, static_host: str) -> None:
    patient = come("he")
    record = Record.of(patient.page.context)
    patient.origin = static_host
    patient.arrive()
    patient.page.wait_for_load_state("networkidle")
    expect(patient.link("See free times")).to_be_visible()
    patient.ask()
    patient.choose_visit()
    says(patient, OFFLINE)
    by_phone = patient.page.get_by_role("main").get_by_role("link", name=patient.facts.phone)
    expect(by_phone.last).to_be_visible()
    assert not [text for text in record.said if "Failed to load resource" not in text]


def test_a_slow_line_is_told_to_whoever_listens(come: Come) -> None:
    patient = come()
    patient.until_details()
    patient.fill(ANSWERS)
    patient.page.wait_for_load_state("networkidle")
    held: list[Route] = []
    patient.page.route("**/bookings", lambda route: held.append(route))
    patient.page.clock.install()
    patient.send()
    expect(patient.status()).to_have_text(patient.say("Sealing and sending your request …"))
    patient.page.clock.run_for(6500)
    slow = patient.say("The line is slow. Please wait, nothing is lost.")
    expect(patient.status()).to_have_text(slow)
    patient.send()
    held[0].continue_()
    patient.sees_receipt()
    assert len(held) == len(desk_opens(patient.practice)) == 1


def test_a_line_that_never_answers_is_given_up(come: Come) -> None:
    """After a time the page says so; the first try may have arrived, and the second is the same."""
    patient = come()
    hurry = (
        "const wait = AbortSignal.timeout; AbortSignal.timeout = () => wait.call(AbortSignal, 1500)"
    )
    patient.page.add_init_script(hurry)
    patient.until_details()
    patient.fill(ANSWERS)
    held: list[Route] = []

    def hold(route: Route) -> None:
        route.fetch()
        held.append(route)

    patient.page.route("**/bookings", hold, times=1)
    patient.send()
    says(patient, OFFLINE)
    assert patient.typed() == ANSWERS
    patient.send()
    patient.sees_receipt()
    assert len(held) == len(desk_opens(patient.practice)) == 1


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_jumps_on_a_slow_line(come: Come, width: int) -> None:
    """What comes late finds its place kept: half a second after a touch, Chromium counts again."""

    def dawdle(route: Route) -> None:
        time.sleep(0.6)
        route.continue_()

    patient = come(viewport={"width": width, "height": 740})
    held: list[Route] = []
    patient.page.route("**/rdv/*", dawdle)
    patient.arrive()
    patient.page.wait_for_load_state("networkidle")
    assert layout_shift(patient.page) <= 0.01
    patient.ask()
    patient.page.route("**/rdv/*", lambda route: held.append(route), times=1)
    patient.choose_visit()
    expect(patient.status()).to_have_text(patient.say("Looking for free times …"))
    patient.page.wait_for_timeout(600)
    held.pop().continue_()
    patient.choose_time()
    patient.fill(Answers())
    patient.send()
    patient.sees_receipt()
    assert layout_shift(patient.page) <= 0.01


def lose(page: Page, *scripts: str) -> None:
    """These scripts never arrive."""
    for script in scripts:
        page.route(f"**/js/{script}.js", lambda route: route.abort())


@pytest.mark.parametrize("script", ["booking", "times"])
def test_without_its_scripts_the_form_books_as_plain_forms_do(come: Come, script: str) -> None:
    """And the page never promises what it cannot do."""
    patient = come()
    lose(patient.page, script)
    patient.scripts = False
    patient.until_details()
    patient.fill(ANSWERS)
    expect(patient.page.get_by_text(patient.say(SEALED))).to_have_count(0)
    patient.send()
    patient.sees_receipt()
    (identity,) = desk_opens(patient.practice)
    assert identity["name"] == ANSWERS.name


@pytest.mark.parametrize("script", ["envelope", "details"])
def test_without_what_seals_nothing_is_sent(come: Come, script: str) -> None:
    """Nor does the page say that it seals."""
    patient = come()
    record = Record.of(patient.page.context)
    lose(patient.page, script)
    patient.until_details()
    patient.fill(ANSWERS)
    expect(patient.page.get_by_text(patient.say(SEALED))).not_to_be_visible()
    patient.send()
    says(patient, UNSEALED)
    expect(patient.page.get_by_text(patient.say(SEALED))).not_to_be_visible()
    assert patient.typed() == ANSWERS
    assert record.posted("/bookings") == []


def test_without_the_proof_of_work_the_page_asks_to_try_again(come: Come) -> None:
    patient = come()
    lose(patient.page, "proof")
    patient.until_details()
    patient.fill(ANSWERS)
    patient.send()
    says(patient, OFFLINE)
    patient.page.unroute_all()
    patient.send()
    patient.sees_receipt()


def test_without_the_calendar_the_receipt_still_stands(come: Come) -> None:
    patient = come()
    lose(patient.page, "calendar")
    patient.book(ANSWERS)
    expect(patient.button("Print")).not_to_be_visible()
    expect(patient.link("Cancel or move this visit")).to_be_visible()


def test_a_browser_that_cannot_seal_takes_the_plain_way(come: Come) -> None:
    """WebCrypto is missing where the address is neither https nor this machine."""
    patient = come()
    patient.page.add_init_script("delete Crypto.prototype.subtle")
    patient.scripts = False
    patient.book(ANSWERS)
    assert len(desk_opens(patient.practice)) == 1
