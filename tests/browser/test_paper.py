"""What a patient takes away from a booking: a calendar file and a sheet of paper."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import icalendar
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Come
from tests.browser.pages import CODE
from tests.browser.patient import WITH_BIRTH_DATE, Answers, Patient

SHEET = re.compile(rb"/Type\s*/Page\b")


def kept(patient: Patient) -> bytes:
    """The calendar file, as it lies on the patient's device."""
    with patient.page.expect_download() as download:
        patient.link("Add to my calendar").click()
    assert download.value.suggested_filename.endswith(".ics")
    return Path(download.value.path()).read_bytes()


def event_of(data: bytes) -> Any:
    """The one event of a calendar file, read by somebody else's parser."""
    (event,) = icalendar.Calendar.from_ical(data).walk("VEVENT")
    return event


@pytest.mark.parametrize("code", ["fr", "he"])
def test_the_visit_can_be_put_into_a_calendar(come: Come, code: str) -> None:
    """The instants booked, an alarm, and no word of whom it is about and why."""
    patient = come(code, accept_downloads=True)
    start = datetime.fromisoformat(patient.book(visit=WITH_BIRTH_DATE))
    visit = patient.visit(WITH_BIRTH_DATE)
    data = kept(patient)
    event = event_of(data)
    assert event["DTSTART"].dt == start
    assert event["DTEND"].dt == start + timedelta(minutes=visit.minutes)
    place = patient.facts.place(visit.place)
    assert place
    assert str(event["LOCATION"]) == place.address
    assert str(event["SUMMARY"]) == patient.say("Appointment")
    assert UUID(event["UID"]).version == 4
    (alarm,) = event.walk("VALARM")
    assert alarm["TRIGGER"].dt < timedelta(0)

    text = data.decode().replace("\r\n ", "").lower()
    labels = [label for visit in patient.facts.visits for label in visit.label.values()]
    telling = [*labels, *patient.facts.doctor.specialty.values(), Answers().name, "127.0.0.1"]
    assert [word for word in telling if word.lower() in text] == []


def test_the_calendar_file_is_written_as_the_standard_wants_it(come: Come) -> None:
    """Lines of 75 octets at most, each with its CRLF; a letter is never cut (RFC 5545, 3.1)."""
    patient = come()
    page = patient.page
    page.goto(f"{patient.practice.origin}/404.html")
    text: str = page.evaluate(
        """async (place) => {
            const { calendarFile } = await import(
                new URL("js/calendar.js", document.querySelector("link[rel=stylesheet]").href)
            )
            const start = "2026-11-24T08:00:00Z", end = "2026-11-24T08:40:00Z"
            return calendarFile({ start, end, title: "תור; א, ב\\\\", place, phone: "1" }, 0)
        }""",
        "7 rue des Tilleuls-d’Argent, רחוב הטיליה הכסופה, 75011 Paris " * 4,
    )
    lines = text.encode().split(b"\r\n")
    assert lines[-1] == b""
    assert max(map(len, lines)) <= 75
    assert all(line.decode() and b"\n" not in line and b"\r" not in line for line in lines[:-1])
    event = event_of(text.encode())
    assert str(event["SUMMARY"]) == "תור; א, ב\\"
    assert str(event["LOCATION"]).count("רחוב הטיליה הכסופה") == 4


DATES = {"fr": "Mardi 24 novembre 2026", "he": "יום שלישי, 24 בנובמבר 2026"}


@pytest.mark.parametrize(("code", "scripts"), [("fr", True), ("he", True), ("he", False)])
def test_the_receipt_fills_one_sheet_of_paper(come: Come, code: str, scripts: bool) -> None:
    """With all that one needs at the door, and nothing that paper cannot do."""
    patient = come(code, scripts=scripts)
    patient.book(visit=WITH_BIRTH_DATE)
    page = patient.page
    page.emulate_media(media="print")
    assert len(SHEET.findall(page.pdf(format="A4"))) == 1
    place = patient.facts.places[0]
    printed = " ".join(re.sub("[\u2066-\u2069\u200e\u200f]", "", page.inner_text("main")).split())
    for told in (DATES[code], "09:00 – 09:40", place.address, place.phone):
        assert told in printed
    expect(page.get_by_text(CODE)).to_be_visible()
    for things in (page.get_by_role("navigation"), page.get_by_role("button")):
        expect(things.filter(visible=True)).to_have_count(0)
    for message in ("Cancel or move this visit", "Add to my calendar", "Skip to the text"):
        expect(page.get_by_text(patient.say(message), exact=True)).not_to_be_visible()
