"""A visit nobody else may know of: no word of it once it was chosen, and a way out at once."""

import re
from pathlib import Path

import icalendar
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Come
from tests.browser.pages import the_way
from tests.browser.patient import Answers, Patient
from tests.browser.record import Record

DISCREET = "visit-3"
ELSEWHERE = "https://meteofrance.com/"


def telling(patient: Patient) -> list[str]:
    """What would tell whoever looks: the visit's name, and what the doctor treats."""
    words = [*patient.visit(DISCREET).label.values(), *patient.facts.doctor.specialty.values()]
    return [part.strip().lower() for word in words for part in re.split("[:,]", word)]


def seen(page: Page) -> str:
    """All that can be read on the screen, in the title and in the address; its style has come."""
    page.wait_for_load_state()
    return " ".join([page.locator("body").inner_text(), page.title(), page.url]).lower()


@pytest.mark.parametrize(
    ("code", "scripts"), [("fr", True), ("en", False), ("he", True), ("it", False)]
)
def test_no_page_names_a_discreet_visit_once_it_was_chosen(
    come: Come, code: str, scripts: bool
) -> None:
    """On the screen, in titles, in addresses and on paper; the way out is on every page."""
    patient = come(code, scripts=scripts)
    page, record = patient.page, Record.of(patient.page.context)
    for name in the_way(patient, DISCREET):
        assert [word for word in telling(patient) if word in seen(page)] == [], name
        assert patient.facts.doctor.family_name not in page.title(), name
        out = patient.link("Leave this page at once")
        expect(out).to_be_in_viewport()
        expect(out).to_have_attribute("href", ELSEWHERE)
        expect(out).to_have_attribute("rel", re.compile("noreferrer"))
        if name in ("details", "confirm"):
            expect(page.get_by_role("main")).to_contain_text(patient.say("Your appointment"))
            expect(patient.reminder().filter(visible=True)).to_have_count(0)
        if name == "receipt":
            reminder = "No reminder will be sent. Note the day and the time where only you will"
            said = patient.say(f"{reminder} see them.")
            expect(page.get_by_text(said)).to_be_visible()
            page.emulate_media(media="print")
            assert patient.facts.doctor.family_name.lower() not in seen(page)
            page.emulate_media(media="screen")
    assert record.hosts == {patient.origin.removeprefix("http://")}


def test_another_visit_keeps_its_name(come: Come) -> None:
    """Its pages are as they were, also when a discreet one was chosen before it."""
    patient = come()
    patient.until_details(DISCREET)
    for _ in range(2):
        patient.page.go_back()
    patient.choose_visit()
    patient.choose_time()
    expect(patient.link("Leave this page at once")).not_to_be_visible()
    patient.fill(Answers())
    patient.send()
    patient.sees_receipt()
    assert patient.visit("consultation").label["fr"].lower() in seen(patient.page)
    assert patient.facts.doctor.name in patient.page.title()


def test_the_calendar_file_of_a_discreet_visit_is_a_time_and_no_more(come: Come) -> None:
    patient = come(accept_downloads=True)
    patient.book(visit=DISCREET)
    with patient.page.expect_download() as download:
        patient.link("Add to my calendar").click()
    (event,) = icalendar.Calendar.from_ical(Path(download.value.path()).read_bytes()).walk("VEVENT")
    assert set(event) == {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "CLASS"}
    assert str(event["SUMMARY"]) == patient.say("Appointment")
    assert event.walk("VALARM") == []


def weather(page: Page) -> None:
    page.route(f"{ELSEWHERE}**", lambda route: route.fulfill(body="<title>Sun</title>Sun"))


def left(patient: Patient) -> None:
    """Somewhere harmless; and Back does not lead to the page that was left."""
    expect(patient.page).to_have_title("Sun")
    patient.page.go_back()
    assert not patient.page.url.endswith("#details")
    expect(patient.heading("Your details")).not_to_be_visible()
    expect(patient.field("Full name of the patient")).not_to_be_visible()
    assert Answers().name not in patient.page.content()


def test_the_way_out_of_a_booking_leads_elsewhere_and_not_back(come: Come) -> None:
    patient = come()
    weather(patient.page)
    patient.until_details(DISCREET)
    patient.fill(Answers())
    patient.link("Leave this page at once").click()
    left(patient)


def test_esc_three_times_is_the_way_out(come: Come) -> None:
    """And says how often to press it still, to whoever listens."""
    patient = come("he")
    weather(patient.page)
    patient.until_details(DISCREET)
    patient.fill(Answers())
    out = patient.page.get_by_role("region", name=patient.say("Leave this page at once"))
    for said in ("Press Esc twice more to leave.", "Press Esc once more to leave."):
        patient.page.keyboard.press("Escape")
        expect(out.get_by_role("status")).to_have_text(patient.say(said))
    patient.page.keyboard.press("Escape")
    left(patient)


def test_what_was_on_the_screen_is_gone_before_the_other_page_comes(come: Come) -> None:
    """Or when it never does."""
    patient = come()
    patient.until_details(DISCREET)
    patient.fill(Answers())
    patient.page.route(f"{ELSEWHERE}**", lambda route: route.fulfill(status=204))
    patient.link("Leave this page at once").click()
    expect(patient.page.get_by_role("alert")).to_have_text(patient.say("Leaving …"))
    assert seen(patient.page).count(patient.say("Leaving …").lower()) == 2
    assert Answers().name not in patient.page.content()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_page_marked_discreet_has_the_way_out(come: Come, scripts: bool) -> None:
    """A link where there is no script; with one, Back does not return."""
    patient = come(scripts=scripts)
    weather(patient.page)
    patient.arrive()
    expect(patient.link("Leave this page at once")).to_have_count(0)
    patient.page.goto(f"{patient.origin}/examens/")
    patient.link("Leave this page at once").click()
    expect(patient.page).to_have_title("Sun")
    patient.page.go_back()
    assert patient.page.url == f"{patient.origin}/{'' if scripts else 'examens/'}"
