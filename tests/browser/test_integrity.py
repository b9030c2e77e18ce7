"""One byte of a script is not as it was published: the browser does not run it."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Come
from tests.browser.patient import Answers, desk_opens, kept
from tests.browser.record import Record

RAN = "globalThis.ran = (globalThis.ran ?? 0) + 1\n"


def tamper(page: Page, *scripts: str) -> None:
    """These scripts arrive with a line of somebody else's, which tells when it has run."""

    def change(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, body=RAN + response.text())

    for script in scripts:
        page.route(f"**/js/{script}.js", change)


def ran(page: Page) -> bool:
    return bool(page.evaluate("Boolean(globalThis.ran)"))


@pytest.mark.parametrize("script", ["booking", "flow", "times"])
def test_a_changed_script_does_not_run_and_the_form_books_without_it(
    come: Come, script: str
) -> None:
    """Whether a page names it or another script imports it."""
    patient = come()
    tamper(patient.page, script)
    patient.scripts = False
    patient.page.goto(f"{patient.origin}/rendez-vous/")
    patient.choose_visit()
    assert not ran(patient.page)
    patient.choose_time()
    patient.fill(Answers())
    patient.send()
    patient.sees_receipt()
    assert len(desk_opens(patient.practice)) == 1


@pytest.mark.parametrize("script", ["envelope", "details", "proof"])
def test_a_changed_script_that_a_name_would_pass_through_does_not_run(
    come: Come, script: str
) -> None:
    """Nothing is sent then: the page gives the phone number, and every answer is still there."""
    patient = come()
    record = Record.of(patient.page.context)
    tamper(patient.page, script)
    patient.until_details()
    patient.fill(Answers())
    patient.send()
    expect(patient.problem()).to_be_focused()
    expect(patient.problem()).to_contain_text(patient.facts.phone)
    assert not ran(patient.page)
    assert patient.typed().name == Answers().name
    assert record.posted("/bookings") == []


def test_a_receipt_without_its_calendar_is_a_receipt(come: Come) -> None:
    patient = come()
    tamper(patient.page, "calendar")
    with patient.page.expect_request_finished(lambda asked: asked.url.endswith("/calendar.js")):
        patient.book()
    expect(patient.link("Add to my calendar")).not_to_be_visible()
    assert not ran(patient.page)
    assert len(kept(patient.practice)) == 1


def test_a_changed_script_of_the_manage_page_does_not_run(come: Come) -> None:
    patient = come()
    tamper(patient.page, "manage")
    patient.page.goto(f"{patient.origin}/gerer/")
    assert not ran(patient.page)
    patient.button("Show my visit").click()
    expect(patient.page.get_by_text(patient.say("Enter the code on your receipt."))).to_be_visible()


def test_a_changed_style_is_not_used(come: Come) -> None:
    patient = come()

    def change(route: Route) -> None:
        route.fulfill(response=route.fetch(), body="body { display: none }")

    patient.page.route("**/site.css", change)
    patient.arrive()
    expect(patient.page.get_by_role("main")).to_be_visible()
