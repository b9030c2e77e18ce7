"""Back, Forward, refresh, coming back days later: nothing lost, nothing done twice."""

import re
from contextlib import suppress
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Error, expect

from tests.browser.conftest import Come
from tests.browser.patient import WITH_BIRTH_DATE, Answers, Patient, desk_opens, kept
from tests.edge.patient import Patient as Stranger

ANSWERS = Answers(
    "יעל O’Connor", "+33 6 39 98 77 66", "", ("27", "3", "1958"), "For my child", "Bob"
)
CODE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}")

LATER = 8
"""Far enough down the list that a day lies before it, in which the visit may still be changed."""


def code_of(patient: Patient) -> str:
    return patient.page.get_by_text(CODE).filter(visible=True).inner_text()


def link_of(patient: Patient) -> str:
    path = patient.link("Cancel or move this visit").get_attribute("href")
    return f"{patient.origin}{path}"


@pytest.mark.parametrize("scripts", [True, False])
def test_back_and_forward_keep_every_answer(come: Come, scripts: bool) -> None:
    """No page asks whether to send a form again."""
    patient = come(scripts=scripts)
    page = patient.page
    patient.arrive()
    patient.ask()
    patient.choose_visit(WITH_BIRTH_DATE)
    start = patient.choose_time(2)
    patient.fill(ANSWERS)
    page.go_back()
    expect(patient.heading("Choose a time")).to_be_visible()
    expect(patient.times().nth(2)).to_be_checked()
    page.go_back()
    expect(patient.heading("What is the visit for?")).to_be_visible()
    label = patient.visit(WITH_BIRTH_DATE).label["fr"]
    expect(page.get_by_role("radio", name=label, exact=True)).to_be_checked(checked=scripts)
    page.go_forward()
    expect(patient.times().nth(2)).to_be_checked()
    page.go_forward()
    expect(patient.heading("Your details")).to_be_visible()
    assert patient.typed() == ANSWERS
    patient.send()
    patient.sees_receipt()
    patient.sees_time(start, WITH_BIRTH_DATE)
    assert len(desk_opens(patient.practice)) == 1


def test_forward_from_home_never_leads_to_an_empty_step(come: Come) -> None:
    """Where the browser kept no page, a step without its choice begins at the first question."""
    patient = come()
    patient.arrive()
    patient.ask()
    patient.choose_visit()
    patient.choose_time()
    for _ in range(3):
        patient.page.go_back()
    expect(patient.button("Continue")).not_to_be_visible()
    for _ in range(3):
        patient.page.go_forward()
        expect(patient.button("Continue")).to_be_visible()
    expect(patient.heading("What is the visit for?")).to_be_visible()
    patient.choose_visit()
    patient.choose_time()


def test_a_refresh_begins_at_the_first_question(come: Come) -> None:
    patient = come()
    patient.until_details()
    patient.page.reload()
    expect(patient.heading("What is the visit for?")).to_be_visible()
    patient.choose_visit()
    patient.choose_time()


def test_back_from_the_receipt_shows_no_name_and_books_nothing(come: Come) -> None:
    patient = come()
    patient.arrive()
    patient.ask()
    patient.choose_visit()
    patient.choose_time()
    patient.fill(ANSWERS)
    patient.send()
    patient.sees_receipt()
    for _ in range(3):
        patient.page.go_back()
        patient.sees_receipt()
        expect(patient.field("Full name of the patient")).not_to_be_visible()
        expect(patient.field("Full name of the patient")).to_have_value("")
    for _ in range(3):
        patient.page.go_forward()
        patient.sees_receipt()
    assert len(kept(patient.practice)) == 1


def shows_no_name(patient: Patient) -> None:
    """Neither in the page nor in any of its fields, shown or not."""
    texts: list[str] = []
    while not texts:
        with suppress(Error):  # the page is just being left
            patient.page.wait_for_load_state()
            texts = patient.page.evaluate(
                "() => [document.documentElement.outerHTML, document.title,"
                " ...Array.from(document.querySelectorAll('input'), (input) => input.value)]"
            )
    assert [text for text in texts if ANSWERS.name in text or ANSWERS.phone in text] == []


@pytest.mark.parametrize(("act", "scripts"), [("move", False), ("cancel", True)])
def test_back_after_a_change_shows_no_name(come: Come, act: str, scripts: bool) -> None:
    """From the changed visit back to the receipt; with scripts through all there was before."""
    patient = come(scripts=scripts)
    patient.book(ANSWERS, place=LATER)
    manages(patient, code_of(patient))
    if act == "move":
        patient.button("Choose another time").click()
        patient.choose_visit()
        patient.times().nth(3).check()
        patient.button("Continue").click()
        expect(patient.heading("Your visit has been moved")).to_be_visible()
    else:
        patient.page.get_by_text(patient.say("Cancel this visit"), exact=True).click()
        patient.button("Yes, cancel this visit").click()
        expect(patient.heading("Your visit is cancelled")).to_be_visible()
    state = kept(patient.practice)
    for _ in range(10 if scripts else 6):
        with suppress(Error):  # a page that is not kept is asked for again
            patient.page.go_back()
        shows_no_name(patient)
    assert kept(patient.practice) == state


def test_back_from_the_receipt_books_nothing_without_scripts(come: Come) -> None:
    """The page before it holds a sealed request, no name; sent again, it is the same visit."""
    patient = come(scripts=False)
    patient.until_details()
    patient.fill(ANSWERS)
    patient.send()
    patient.sees_receipt()
    code = code_of(patient)
    patient.page.go_back()
    expect(patient.heading("Confirm your visit")).to_be_visible()
    shows_no_name(patient)
    patient.button("Confirm the booking").click()
    patient.sees_receipt()
    assert code_of(patient) == code
    assert len(kept(patient.practice)) == 1


def test_a_refresh_of_the_receipt_shows_the_visit_again(come: Come) -> None:
    patient = come("he")
    start = patient.book(ANSWERS)
    patient.sees_time(start)
    patient.page.reload()
    expect(patient.heading("Your visit")).to_be_visible()
    patient.sees_time(start)
    expect(patient.page.get_by_text(ANSWERS.name)).to_have_count(0)
    patient.page.go_back()
    expect(patient.field("Full name of the patient")).to_have_value("")
    assert len(kept(patient.practice)) == 1


def test_a_refresh_of_the_receipt_books_nothing_without_scripts(come: Come) -> None:
    """The browser sends the form once more; the ticket in it is the same."""
    patient = come(scripts=False)
    start = patient.book(ANSWERS)
    code = code_of(patient)
    patient.page.reload()
    patient.sees_receipt()
    patient.sees_time(start)
    assert code_of(patient) == code
    assert len(kept(patient.practice)) == 1


def test_the_link_shows_the_visit_on_another_device(come: Come) -> None:
    """Opening it changes nothing; and no server hears what stands behind its `#`."""
    patient = come()
    start = patient.book(ANSWERS)
    link = link_of(patient)
    other = come()
    asked: list[str] = []
    other.page.on("request", lambda request: asked.append(request.url))
    other.page.goto(link)
    expect(other.heading("Your visit")).to_be_visible()
    other.sees_time(start)
    assert kept(patient.practice) == [(start, "confirmed")]
    secret = urlsplit(link).fragment
    assert secret
    assert not [url for url in asked if secret in urlsplit(url)._replace(fragment="").geturl()]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_following_an_address_never_cancels(come: Come, method: str) -> None:
    """Mail scanners and prefetching browsers follow links; only a button changes anything."""
    patient = come()
    start = patient.book(ANSWERS)
    link = link_of(patient)
    manage = urlsplit(link).fragment
    prefix = f"{patient.origin}/rdv/bookings"
    told = {"params": {"manage": manage}, "headers": {"Sec-Purpose": "prefetch"}}
    for address in (link, f"{prefix}/cancel", f"{prefix}/move", f"{prefix}/show", prefix):
        assert httpx.request(method, address, **told).status_code in (200, 405)  # type: ignore[arg-type]
    assert kept(patient.practice) == [(start, "confirmed")]


@pytest.mark.parametrize("change", ["one sign", "half", "words"])
def test_a_tampered_link_is_answered_with_help_and_nothing_else(come: Come, change: str) -> None:
    """In the language of the page, though the browser prefers another."""
    patient = come("he")
    start = patient.book(ANSWERS)
    link = link_of(patient)
    wrong = {
        "one sign": f"{link[:-9]}{'A' if link[-9] != 'A' else 'B'}{link[-8:]}",
        "half": link[: -len(urlsplit(link).fragment) // 2],
        "words": f"{link.partition('#')[0]}#please",
    }[change]
    other = come("he")
    other.page.goto(wrong)
    message = "We do not find this visit. Check the code on your receipt, or call {phone}."
    expect(other.problem()).to_contain_text(other.say(message, phone=other.facts.phone))
    expect(other.field("Code on your receipt")).to_be_visible()
    expect(other.button("Choose another time")).not_to_be_visible()
    assert kept(patient.practice) == [(start, "confirmed")]


def manages(patient: Patient, code: str) -> None:
    """Come back to the site, and type the code."""
    patient.type_code(code.lower().replace("-", " "))
    expect(patient.heading("Your visit")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("code", ["fr", "he"])
def test_a_visit_is_moved_with_its_code(come: Come, code: str, scripts: bool) -> None:
    """The new time is taken and the old one free again, in one step."""
    patient = come(code, scripts=scripts)
    start = patient.book(ANSWERS, place=LATER)
    manages(patient, code_of(patient))
    patient.sees_time(start)
    patient.button("Choose another time").click()
    patient.choose_visit()
    expect(patient.times().first).to_be_visible()
    chosen = patient.times().nth(3)
    chosen.check()
    moved = chosen.input_value()
    patient.button("Continue").click()
    expect(patient.heading("Your visit has been moved")).to_be_visible()
    patient.sees_time(moved)
    assert kept(patient.practice) == [(moved, "confirmed")]


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("code", ["fr", "he"])
def test_a_visit_is_cancelled_with_its_code(come: Come, code: str, scripts: bool) -> None:
    """Not by one click alone; and what is cancelled stays so."""
    patient = come(code, scripts=scripts)
    start = patient.book(ANSWERS, place=LATER)
    typed = code_of(patient)
    manages(patient, typed)
    expect(patient.button("Yes, cancel this visit")).not_to_be_visible()
    patient.page.get_by_text(patient.say("Cancel this visit"), exact=True).click()
    patient.button("Yes, cancel this visit").click()
    expect(patient.heading("Your visit is cancelled")).to_be_visible()
    expect(patient.button("Choose another time")).not_to_be_visible()
    assert kept(patient.practice) == [(start, "cancelled")]
    patient.type_code(typed)
    expect(patient.heading("Your visit is cancelled")).to_be_visible()
    patient.link("Book another visit").click()
    patient.choose_visit()
    expect(patient.times().nth(LATER)).to_have_value(start)


@pytest.mark.parametrize("scripts", [True, False])
def test_the_day_before_a_visit_the_page_says_to_call(come: Come, scripts: bool) -> None:
    """Nothing is cancelled so late but by a person who speaks to a person."""
    patient = come(scripts=scripts)
    start = patient.book()
    manages(patient, code_of(patient))
    message = "It is too late to change this visit online. Please call {phone}."
    late = patient.say(message, phone=patient.facts.phone)
    if scripts:
        patient.page.get_by_text(patient.say("Cancel this visit"), exact=True).click()
        patient.button("Yes, cancel this visit").click()
        expect(patient.problem()).to_be_focused()
        expect(patient.problem()).to_contain_text(late)
    else:
        expect(patient.page.get_by_role("main")).to_contain_text(late)
    expect(patient.button("Choose another time")).to_be_visible(visible=scripts)
    assert kept(patient.practice) == [(start, "confirmed")]


def test_back_leads_through_the_steps_of_a_move(come: Come) -> None:
    """With scripts, where all steps are one page."""
    patient = come()
    start = patient.book(place=LATER)
    manages(patient, code_of(patient))
    patient.button("Choose another time").click()
    patient.button("Continue").click()
    patient.problem().get_by_role("link").click()
    patient.choose_visit()
    expect(patient.times().first).to_be_visible()
    patient.page.go_back()
    expect(patient.heading("What is the visit for?")).to_be_visible()
    patient.page.go_back()
    expect(patient.heading("Your visit")).to_be_visible()
    patient.sees_time(start)
    assert kept(patient.practice) == [(start, "confirmed")]


def test_a_time_taken_during_a_move_keeps_the_old_one(come: Come) -> None:
    patient = come()
    start = patient.book(place=LATER)
    manages(patient, code_of(patient))
    patient.button("Choose another time").click()
    patient.choose_visit()
    patient.times().nth(1).check()
    wanted = patient.times().nth(1).input_value()
    with Stranger(patient.practice) as stranger:
        stranger.booked(wanted)
    patient.button("Continue").click()
    expect(patient.problem()).to_be_focused()
    expect(patient.times().first).to_be_visible()
    assert kept(patient.practice) == [(wanted, "confirmed"), (start, "confirmed")]


@pytest.mark.parametrize("scripts", [True, False])
def test_an_empty_code_is_asked_for(come: Come, scripts: bool) -> None:
    patient = come(scripts=scripts)
    patient.arrive()
    patient.link("Change or cancel an appointment").click()
    patient.button("Show my visit").click()
    told = patient.say("Enter the code on your receipt.")
    expect(patient.page.get_by_text(told).filter(visible=True).first).to_be_visible()
    expect(patient.page).to_have_title(re.compile(f"^{re.escape(patient.say('Error:'))} "))
