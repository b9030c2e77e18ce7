"""Every page of the way, one after another: for tests that look at a page, not at what it does."""

import re
from collections.abc import Iterator

from playwright.sync_api import expect

from tests.browser.patient import WITH_BIRTH_DATE, Answers, Patient

CODE = re.compile(r"^\w{4}-\w{4}-\w{4}$")


def the_way(patient: Patient, visit: str = WITH_BIRTH_DATE) -> Iterator[str]:
    """Each page from the free times to the cancelled visit, named while the patient is on it.

    The details are sent empty once, and the receipt's code is what leads to the booking again.
    """
    page = patient.page
    patient.until_times(visit)
    yield "times"
    patient.choose_time(-1)  # a near one could not be cancelled any more
    yield "details"
    patient.button("Book this visit" if patient.scripts else "Continue").click()
    expect(patient.problem()).to_be_focused()
    yield "details with errors"
    patient.fill(Answers())
    if patient.scripts:
        patient.send()
    else:
        patient.button("Continue").click()
        expect(patient.heading("Confirm your visit")).to_be_visible()
        yield "confirm"
        patient.button("Confirm the booking").click()
    patient.sees_receipt()
    yield "receipt"
    code = page.get_by_text(CODE).inner_text()
    patient.link("Cancel or move this visit").click()
    if not patient.scripts:
        patient.field("Code on your receipt").fill(code)
        patient.button("Show my visit").click()
    expect(patient.heading("Your visit")).to_be_visible()
    yield "booking seen"
    page.get_by_text(patient.say("Cancel this visit"), exact=True).click()
    expect(patient.button("Yes, cancel this visit")).to_be_visible()
    yield "cancelling"
    patient.button("Yes, cancel this visit").click()
    expect(patient.heading("Your visit is cancelled")).to_be_visible()
    yield "cancelled"
