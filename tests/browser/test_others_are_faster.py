"""One time, one visit: when somebody else was faster, and when one and the same asks twice."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Come
from tests.browser.patient import Answers, Patient, desk_opens
from tests.edge.patient import Patient as Stranger
from tests.serving import Practice

ANSWERS = Answers(
    "יעל O’Connor", "+33 6 39 98 77 66", "yael@exemple.example", ("", "", ""), "For my child", "Bob"
)


def taken(practice: Practice, start: str) -> None:
    """Somebody else books this time."""
    with Stranger(practice) as stranger:
        stranger.booked(start)


def gone(patient: Patient) -> None:
    """The page says so above everything else."""
    expect(patient.problem()).to_be_focused()
    expect(patient.problem()).to_contain_text(patient.say("This time has just been taken"))


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("code", ["fr", "he"])
def test_a_time_taken_while_typing_costs_nothing_that_was_typed(
    come: Come, code: str, scripts: bool
) -> None:
    """Other times stand on the same page; the envelope then holds the one that was chosen."""
    patient = come(code, scripts=scripts)
    start = patient.until_details()
    patient.fill(ANSWERS)
    taken(patient.practice, start)
    patient.button("Book this visit" if scripts else "Continue").click()
    gone(patient)
    message = "Choose another time below. Everything you typed is still here."
    expect(patient.problem()).to_contain_text(patient.say(message))
    assert patient.typed() == ANSWERS
    offered = [radio.input_value() for radio in patient.times().all()]
    assert 1 <= len(offered) <= 6
    assert start not in offered
    patient.times().nth(1).check()
    patient.send()
    patient.sees_receipt()
    assert {one["start"]: one["name"] for one in desk_opens(patient.practice)} == {
        start: "Ada Exemple",
        offered[1]: ANSWERS.name,
    }


@pytest.mark.parametrize("scripts", [True, False])
def test_whoever_chooses_no_other_time_is_asked_once_more(come: Come, scripts: bool) -> None:
    patient = come(scripts=scripts)
    start = patient.until_details()
    taken(patient.practice, start)
    patient.fill(ANSWERS)
    for _ in range(2):
        patient.button("Book this visit" if scripts else "Continue").click()
        gone(patient)
        assert patient.typed() == ANSWERS
    assert len(desk_opens(patient.practice)) == 1


def test_a_time_taken_between_the_last_two_pages_costs_nothing(come: Come) -> None:
    """Without scripts. What was sealed is kept, and the desk learns that the time has changed."""
    patient = come(scripts=False)
    start = patient.until_details()
    patient.fill(ANSWERS)
    patient.button("Continue").click()
    expect(patient.heading("Confirm your visit")).to_be_visible()
    taken(patient.practice, start)
    patient.button("Confirm the booking").click()
    gone(patient)
    patient.times().first.check()
    patient.button("Continue").click()
    patient.sees_receipt()
    assert sorted(one["name"] for one in desk_opens(patient.practice)) == [
        "Ada Exemple",
        ANSWERS.name,
    ]


def test_a_time_taken_between_times_and_details_is_told_on_the_next_page(come: Come) -> None:
    """Without scripts, before anything was typed."""
    patient = come(scripts=False)
    patient.until_times()
    patient.times().first.check()
    start = patient.times().first.input_value()
    taken(patient.practice, start)
    patient.button("Continue").click()
    gone(patient)
    patient.fill(ANSWERS)
    patient.times().first.check()
    patient.send()
    patient.sees_receipt()
    assert len(desk_opens(patient.practice)) == 2


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("impatience", ["twice", "thrice", "Enter"])
def test_an_impatient_patient_books_once(come: Come, scripts: bool, impatience: str) -> None:
    patient = come(scripts=scripts)
    patient.until_details()
    patient.fill(ANSWERS)
    if not scripts:
        patient.button("Continue").click()
    last = patient.button("Book this visit" if scripts else "Confirm the booking")
    if impatience == "Enter":
        last.focus()
        for _ in range(2):
            patient.page.keyboard.press("Enter")
    else:
        last.click(click_count={"twice": 2, "thrice": 3}[impatience])
    patient.sees_receipt()
    patient.page.wait_for_load_state("networkidle")
    patient.sees_receipt()
    assert len(desk_opens(patient.practice)) == 1
