"""What is asked and what is accepted: page and endpoint judge every answer alike, and say why."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from booking_endpoint.booking import LONGEST, Refused, read_identity
from booking_endpoint.envelope import PrivateKey
from booking_endpoint.practice import Practice as Facts
from booking_endpoint.reading import read_practice
from booking_endpoint.words import OWN_WORDS, read_language
from tests.browser.conftest import Clock, Come
from tests.browser.patient import LANGUAGES, WITH_BIRTH_DATE, Answers, Patient
from tests.serving import ROOT, practice_in, serving

TODAY = date(2026, 11, 23)

GOOD = {
    "name": "Ada Exemple",
    "phone": "06 39 98 12 34",
    "email": "",
    "birth_day": "27",
    "birth_month": "3",
    "birth_year": "1958",
    "whom": "self",
    "caller": "",
    "reminder": "",
}

TYPED = {
    "name": (
        *("Ada Exemple", "", "   ", "\t\n", "N" * 160, "N" * 161, "👩" * 160, "👩" * 161),
        *("  יעל O’Connor  ", "e\u0301\u0323", "a\x00b\x1fc\x7fd\x85e", "李"),
    ),
    "phone": (*("", "12345", "123456", "+33 (0)6.39-98", "abcdef", "٠١٢٣٤٥", "1" * 40, "1" * 41),),
    "email": (
        *("a@b.fr", "a@b", "a b@c.fr", "@b.fr", "a@b.c.", "a@@b.fr", "é@é.fr", " a@b.fr "),
        *("a" * 115 + "@b.fr", "a" * 116 + "@b.fr"),
    ),
    "whom": ("self", "child", "relative", ""),
    "caller": ("", "C" * 100, "C" * 101),
    "reminder": ("on", ""),
}

BIRTHS = (
    *("7|3|1938", "07|03|1938", " 7 | 3 | 1938 ", "7/3/1938", "7.3.1938", "7-3-1938"),
    *("07 03 1938", "7 mars 1938", "1938-03-07", "7|mars|1938", "7|March|1938", "7|MARZO|1938"),
    *("7|מרץ|1938", "7|févr.|1938", "7|Février|1938", "7|dec|1938", "7|brumaire|1938"),
    *(
        "1er mars 1938",
        "7 במרץ 1938",
        "7|fevrier|1938",
        "1°|marzo|1938",
        "7th|March|1938",
        "7|xmars|1938",
    ),
    *("7|3|38", "7|3|19 38", "7/3/38", "7|3|0050", "7|3|19380", "7|3|year"),
    *("31|2|1958", "29|2|1940", "29|2|1900", "0|3|1958", "32|1|1958", "27|0|1958", "27|13|1958"),
    *("-7|3|1958", "7.5|3|1958", "7|3.5|1958", "|3|1958", "7||1958", "7|3|", "7", "||"),
    *("31|12|1899", "1|1|1900", "23|11|2026", "24|11|2026", "1|1|9999"),
)

READ = """async ([answers, languages, today]) => {
    const { src } = document.querySelector("script[src]")
    const { readDetails } = await import(new URL("details.js", src))
    const form = document.createElement("form")
    for (const [name, value] of Object.entries(answers)) {
        const input = form.appendChild(document.createElement("textarea"))
        Object.assign(input, { name, value })
    }
    const say = (name) => document.querySelector(`[data-say="${name}"]`).textContent
    return readDetails(form, { asksBirthDate: true, languages, today, say })
}"""


@pytest.fixture(scope="module")
def facts() -> Facts:
    return read_practice((ROOT / "content" / "practice.toml").read_text("utf-8"))


@pytest.fixture(scope="module")
def english(
    browser: Browser, site: Path, key: PrivateKey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Page]:
    """The English booking page: its sentences are those of the code."""
    with serving(practice_in(tmp_path_factory.mktemp("practice"), site, key), Clock()) as practice:
        page = browser.new_page()
        page.goto(f"{practice.origin}/en/appointment/")
        yield page
        page.close()


def judged_by_the_page(page: Page, answers: dict[str, str]) -> dict[str, Any]:
    told: dict[str, Any] = page.evaluate(READ, [answers, ["en", *LANGUAGES], TODAY.isoformat()])
    return {"errors": told["errors"]} if told["errors"] else {"identity": told["identity"]}


def judged_by_the_endpoint(facts: Facts, answers: dict[str, str]) -> dict[str, Any]:
    """The same in the same shape."""
    languages = [read_language(code, OWN_WORDS) for code in facts.languages]
    months = {name: number for language in languages for name, number in language.months()}
    visit = facts.visit(WITH_BIRTH_DATE)
    assert visit
    try:
        who = read_identity(answers, visit, TODAY, months)
    except Refused as refused:
        errors = refused.errors.items()
        return {"errors": {name: text.format(most=LONGEST.get(name)) for name, text in errors}}
    birth_date = who.birth_date.isoformat() if who.birth_date else ""
    reminder = "yes" if who.reminder else ""
    values = (who.name, who.phone, who.email, birth_date, who.whom, who.caller, reminder)
    keys = ("name", "phone", "email", "birth_date", "whom", "caller", "reminder")
    return {"identity": dict(zip(keys, values, strict=True))}


@pytest.mark.parametrize("field", TYPED)
def test_page_and_endpoint_judge_alike(english: Page, facts: Facts, field: str) -> None:
    for text in TYPED[field]:
        answers = GOOD | {field: text}
        assert judged_by_the_page(english, answers) == judged_by_the_endpoint(facts, answers), text


@pytest.mark.parametrize("typed", BIRTHS)
def test_page_and_endpoint_read_the_same_date_of_birth(
    english: Page, facts: Facts, typed: str
) -> None:
    """Day, month and year as typed into their fields, `|` between them; or all into the first."""
    parts = dict(zip(("birth_day", "birth_month", "birth_year"), typed.split("|"), strict=False))
    answers = GOOD | {"birth_day": "", "birth_month": "", "birth_year": ""} | parts
    assert judged_by_the_page(english, answers) == judged_by_the_endpoint(facts, answers)


# --- what the forms say to a browser, and to somebody who left something out ---------------------


FILLED = ["name", "bday-day", "bday-month", "bday-year", "tel", "email", "on"]


@pytest.mark.parametrize("scripts", [True, False])
def test_a_browser_may_fill_the_form_in_and_may_not_remember_it(come: Come, scripts: bool) -> None:
    """It knows these tokens until something is typed; and no name is sent to a spelling service.

    Without scripts nothing takes a token back: there the form says what the browser may keep.
    """
    patient = come(scripts=scripts)
    patient.until_details(WITH_BIRTH_DATE)
    boxes = patient.page.get_by_role("textbox").all()
    form = patient.page.locator("[data-form=details]")
    expect(form).to_have_attribute("autocomplete", "off" if scripts else "on")
    tokens = [box.get_attribute("autocomplete") for box in boxes]
    assert tokens == FILLED
    assert {box.get_attribute("spellcheck") for box in boxes} == {"false"}
    patient.fill(Answers(email="a@exemple.example", caller="B"))
    after = [box.get_attribute("autocomplete") for box in boxes]
    assert after == (["off"] * len(FILLED) if scripts else FILLED)


def test_what_is_typed_before_all_scripts_have_come_is_not_remembered_either(come: Come) -> None:
    """On a slow line the fields are there before what seals them."""
    patient = come(scripts=True)
    patient.page.route("**/js/envelope.js", lambda route: None)  # never answered
    patient.until_details(WITH_BIRTH_DATE)
    patient.fill(Answers(email="a@exemple.example", caller="B"))
    boxes = patient.page.get_by_role("textbox").all()
    assert {box.get_attribute("autocomplete") for box in boxes} == {"off"}
    expect(patient.page.locator("[data-form=details]")).to_have_attribute("autocomplete", "off")


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("code", ["fr", "he"])
def test_times_are_radios_in_a_group_named_by_the_day(come: Come, code: str, scripts: bool) -> None:
    """As a screen reader tells them: the next free day first, and marked as such."""
    patient = come(code, scripts=scripts)
    patient.until_times(WITH_BIRTH_DATE)
    expect(patient.times().first).to_be_visible()
    heard = patient.page.get_by_role("main").aria_snapshot()
    told = re.findall(r'- (group|radio) "(.+)"', heard)
    days = [name for role, name in told if role == "group"]
    first = {"fr": "Mardi 24 novembre 2026", "he": "יום שלישי, 24 בנובמבר 2026"}[code]
    second = {"fr": "Jeudi 26 novembre 2026", "he": "יום חמישי, 26 בנובמבר 2026"}[code]
    assert days[:2] == [f"{first} {patient.say('Next free time')}", second]
    times = [name for role, name in told if role == "radio"]
    assert times[:5] == ["09:00", "09:45", "10:30", "11:15", "14:00"]
    assert len(times) == patient.times().count() <= 24
    assert "checked" not in heard


@pytest.mark.parametrize("scripts", [True, False])
def test_later_dates_are_one_button_away(come: Come, scripts: bool) -> None:
    """The list begins anew at the top, where whoever listens hears it from its heading on."""
    patient = come(scripts=scripts)
    patient.until_times()
    seen = patient.times().last.input_value()
    patient.button("Later dates").click()
    expect(patient.times().first).not_to_have_value(seen)
    assert patient.times().first.input_value() > seen
    expect(patient.page.get_by_text(patient.say("Next free time"))).not_to_be_visible()
    if scripts:
        expect(patient.heading("Choose a time")).to_be_focused()
    patient.choose_time()


WRONG = {
    "Full name of the patient": "Enter the patient’s full name.",
    "Phone number": "Enter a phone number we can reach you on.",
    "For me": "Select who the visit is for.",
    "Day": "Enter the date of birth, for example 27 3 1958.",
}


def sees_what_is_wrong(patient: Patient, field: Locator, message: str) -> None:
    """The title says so first; a summary leads to the field, which says the same beside it."""
    text = patient.say(message)
    expect(patient.page).to_have_title(re.compile(f"^{re.escape(patient.say('Error:'))} "))
    expect(patient.problem()).to_contain_text(patient.say("There is a problem"))
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile(re.escape(text)))
    expect(patient.page.get_by_text(text, exact=True).filter(visible=True)).to_have_count(2)
    patient.problem().get_by_role("link", name=text, exact=True).click()
    expect(field).to_be_focused()


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("code", ["fr", "he"])
def test_whoever_leaves_all_empty_is_told_what_is_missing(
    come: Come, code: str, scripts: bool
) -> None:
    patient = come(code, scripts=scripts)
    patient.arrive()
    patient.ask()
    patient.button("Continue").click()
    expect(patient.problem()).to_be_focused()
    visits = patient.page.get_by_role("radio")
    sees_what_is_wrong(patient, visits.first, "Select what the visit is for.")
    patient.choose_visit(WITH_BIRTH_DATE)
    expect(patient.times().first).to_be_visible()
    patient.button("Continue").click()
    expect(patient.problem()).to_be_focused()
    sees_what_is_wrong(patient, patient.times().first, "Choose a time.")
    patient.choose_time()
    patient.button("Book this visit" if scripts else "Continue").click()
    expect(patient.problem()).to_be_focused()
    assert len(patient.problem().get_by_role("link").all()) == len(WRONG)
    for label, message in WRONG.items():
        sees_what_is_wrong(patient, patient.field(label), message)


@pytest.mark.parametrize("scripts", [True, False])
def test_what_was_right_is_kept_beside_what_was_wrong(come: Come, scripts: bool) -> None:
    """And once it is put right, the visit is booked."""
    patient = come(scripts=scripts)
    patient.until_details(WITH_BIRTH_DATE)
    answers = Answers(name="יעל O’Connor", phone="12", birth=("31", "février", "58"))
    patient.fill(answers)
    patient.button("Book this visit" if scripts else "Continue").click()
    year = "Write the year of birth with four digits, for example 1958."
    sees_what_is_wrong(patient, patient.birth("Day"), year)
    sees_what_is_wrong(patient, patient.field("Phone number"), WRONG["Phone number"])
    expect(patient.field("Full name of the patient")).not_to_have_attribute("aria-invalid", "true")
    assert patient.typed() == answers
    patient.fill(Answers())
    patient.send()
    patient.sees_receipt()
