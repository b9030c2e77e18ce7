"""A filled form: what is accepted exactly as it was typed, what is refused, and how."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking_endpoint.booking import (
    LONGEST,
    Identity,
    Refused,
    Request,
    may_change,
    read_identity,
)
from booking_endpoint.envelope import ROOM
from booking_endpoint.practice import Visit
from booking_endpoint.reading import LONGEST_ID
from booking_endpoint.words import read_language
from tests.core.cast import CONSULTATION, DEMO, practice
from tests.core.situations import promise

TODAY = date(2026, 11, 23)
MONTHS = {name: month for code in DEMO.languages for name, month in read_language(code).months()}
EXAMINATION = replace(CONSULTATION, asks_birth_date=True)

FORM = {"name": "Ada Lovelace", "phone": "01 99 00 12 34", "whom": "self"}
"""All that must be answered when no date of birth is asked for."""

LONGEST_SIGN = "\N{MATHEMATICAL DOUBLE-STRUCK DIGIT ONE}"
"""A digit that takes four bytes in UTF-8, as much as any character does."""


def identity(form: Mapping[str, str], visit: Visit = CONSULTATION) -> Identity:
    return read_identity(form, visit, TODAY, MONTHS)


def request(who: Identity, visit: str = "consultation") -> Request:
    return Request(who, visit, "2026-12-01T08:00:00Z", "fr", "0f" * 16)


def errors(form: Mapping[str, str], visit: Visit = CONSULTATION) -> dict[str, str]:
    with pytest.raises(Refused) as refused:
        identity(form, visit)
    return refused.value.errors


def sealed(form: Mapping[str, str], visit: Visit = CONSULTATION) -> dict[str, str]:
    """What the doctor reads in the end, as far as JSON goes."""
    read: dict[str, str] = json.loads(request(identity(form, visit)).to_json())
    return read


# --- What is refused ------------------------------------------------------------------------------


def test_an_empty_form_names_all_that_is_missing_at_once() -> None:
    assert errors({}, EXAMINATION).keys() == {"name", "phone", "whom", "birth_date"}


def test_what_need_not_be_answered_may_stay_empty() -> None:
    read = sealed(FORM)
    assert (read["email"], read["caller"], read["birth_date"]) == ("", "", "")


def test_spaces_are_no_answer() -> None:
    assert errors(FORM | {"name": " \t\u00a0"}).keys() == {"name"}


@pytest.mark.parametrize("phone", ["", "12345", "call me", "+33 (0) 1 9"])
def test_a_phone_number_has_six_digits_at_least(phone: str) -> None:
    assert errors(FORM | {"phone": phone}).keys() == {"phone"}


@pytest.mark.parametrize("phone", ["123456", "+33 (0)1.99.00-47/11", "٠١٩٩٠٠٤٧١١"])
def test_a_phone_number_is_kept_as_it_was_typed(phone: str) -> None:
    assert sealed(FORM | {"phone": phone})["phone"] == phone


@pytest.mark.parametrize("email", ["ada", "ada@", "@example.org", "a b@example.org", "ada@org."])
def test_an_address_without_an_at_and_a_dot_is_refused(email: str) -> None:
    assert errors(FORM | {"email": email}).keys() == {"email"}


@pytest.mark.parametrize("email", ["ada@example.org", "o’connor+rdv@exämple.co.uk"])
def test_an_address_is_kept_as_it_was_typed(email: str) -> None:
    assert sealed(FORM | {"email": email})["email"] == email


def test_a_reminder_is_kept_where_it_was_asked_for_and_never_for_a_discreet_visit() -> None:
    """Whatever a form sends. Seen to fail where the visit was not looked at."""
    asks = FORM | {"email": "ada@example.org", "reminder": "yes"}
    [discreet, *_others] = [visit for visit in DEMO.visits if visit.discreet]
    assert identity(asks).reminder
    assert not identity(asks, discreet).reminder
    assert not identity(FORM | {"email": "ada@example.org"}).reminder
    assert b'"reminder":"yes"' in request(identity(asks)).to_json()


def test_a_reminder_without_an_address_is_no_promise() -> None:
    assert errors(FORM | {"reminder": "yes"}).keys() == {"email"}


@pytest.mark.parametrize("whom", ["", "SELF", "doctor"])
def test_whom_the_visit_is_for_is_one_of_three(whom: str) -> None:
    assert errors(FORM | {"whom": whom}).keys() == {"whom"}


@pytest.mark.parametrize(("field", "most"), LONGEST.items())
def test_an_answer_may_be_as_long_as_this_and_no_longer(field: str, most: int) -> None:
    """In characters, as a person counts them; nothing is ever cut."""
    start = {"email": "a@example.org", "phone": "123456"}.get(field, "a")
    longest = start + LONGEST_SIGN * (most - len(start))
    assert sealed(FORM | {field: longest})[field] == longest
    assert errors(FORM | {field: longest + "1"}).keys() == {field}


def test_a_name_may_have_160_characters() -> None:
    assert LONGEST["name"] == 160


def test_a_refusal_names_fields_and_holds_no_answer() -> None:
    with pytest.raises(Refused) as refused:
        identity({"name": "Ada Lovelace", "phone": "12", "email": "ada"})
    assert "Ada" not in repr(refused.value) + str(refused.value)
    assert str(refused.value) == "phone, email, whom"


# --- What is kept exactly -------------------------------------------------------------------------

NAMES = [
    "Jean-Baptiste Poquelin",
    "Siobhán O’Connor",
    "Shaun O'Neill",
    'd\'Artagnan "Charles" \\ de Batz',
    "יעל O’Connor",
    "מרים בת־שבע",
    "مريم",
    "李小龍",
    "Zoë",
    "Zoe\N{COMBINING DIAERESIS}",
    "Nguye\N{COMBINING CIRCUMFLEX ACCENT}\N{COMBINING TILDE}n",
    "👩🏽‍⚕️ Ada",
    "\N{RIGHT-TO-LEFT MARK}יעל\N{RIGHT-TO-LEFT MARK}",
    "A",
    "Wolfeschlegelsteinhausenbergerdorff" * 4,
    "</script><b>Robert'); DROP TABLE",
    "{name} %s",
    "Line\N{LINE SEPARATOR}break",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_arrives_exactly_as_it_was_typed(name: str) -> None:
    """No sign is changed, composed, decomposed or dropped."""
    assert sealed(FORM | {"name": name, "caller": name[:100]})["name"] == name
    assert sealed(FORM | {"caller": name[:100]})["caller"] == name[:100].strip()


@promise
@given(st.text(min_size=1, max_size=160).filter(str.strip))
def test_any_text_that_is_accepted_arrives_as_it_was_typed(name: str) -> None:
    """But for control characters, which become spaces, and spaces around it."""
    kept = "".join(" " if ord(sign) < 32 or 127 <= ord(sign) < 160 else sign for sign in name)
    if kept.strip():
        assert sealed(FORM | {"name": name})["name"] == kept.strip()


@pytest.mark.parametrize("sign", ["\0", "\b", "\n", "\r", "\t", "\x1b", "\x7f", "\x85", "\x9b"])
def test_a_control_character_becomes_a_space(sign: str) -> None:
    """It has no place in a name, and could play with a terminal or a calendar file."""
    assert sealed(FORM | {"name": f"Ada{sign}Lovelace"})["name"] == "Ada Lovelace"


def test_half_a_character_becomes_a_space() -> None:
    """JSON can carry half of a surrogate pair, which no text in UTF-8 can."""
    half = json.loads('"Ada\\ud83d"')
    assert sealed(FORM | {"name": half})["name"] == "Ada"


def test_the_longest_answers_fit_an_envelope() -> None:
    """Every field at its maximum, each character four bytes, and the longest id of a visit."""
    form = {field: LONGEST_SIGN * most for field, most in LONGEST.items()}
    form |= {"email": f"{form['email'][4:]}@a.b", "whom": "relative", "reminder": "yes"}
    form |= {"birth_day": "31", "birth_month": "12", "birth_year": "1999"}
    who = identity(form, EXAMINATION)
    for visit in ["a" * LONGEST_ID, *(visit.id for visit in DEMO.visits)]:
        assert len(request(who, visit).to_json()) <= ROOM
    assert len(request(who).to_json()) > ROOM * 3 // 4


def test_the_longest_answers_fit_when_each_sign_must_be_escaped() -> None:
    form = {field: '"' * most for field, most in LONGEST.items()}
    form |= {"phone": '123456"\\', "email": f"{form['email'][4:]}@a.b", "whom": "relative"}
    assert len(request(identity(form)).to_json()) <= ROOM


def test_what_goes_into_an_envelope_is_one_object_of_texts() -> None:
    """As docs/DESIGN.md writes it down: the desk and the page of the doctor lean on it."""
    form = FORM | {
        "birth_day": "7",
        "birth_month": "3",
        "birth_year": "1938",
        "caller": "Annabella",
    }
    assert sealed(form, EXAMINATION) == {
        "name": "Ada Lovelace",
        "phone": "01 99 00 12 34",
        "email": "",
        "birth_date": "1938-03-07",
        "whom": "self",
        "caller": "Annabella",
        "reminder": "",
        "visit": "consultation",
        "start": "2026-12-01T08:00:00Z",
        "language": "fr",
        "number": "0f" * 16,
    }


def test_what_was_not_asked_is_not_kept() -> None:
    """A visit that needs no date of birth gets none, even from a form that sends one."""
    form = FORM | {"birth_day": "7", "birth_month": "3", "birth_year": "1938", "reason": "secret"}
    assert identity(form).birth_date is None
    assert b"secret" not in request(identity(form)).to_json()


def test_a_wrong_date_that_was_not_asked_for_is_no_error() -> None:
    assert identity(FORM | {"birth_day": "99"}).birth_date is None


def test_no_representation_holds_the_name() -> None:
    """What a traceback, a log or a debugger would print."""
    who = identity(FORM | {"name": "Sentinelle"})
    for shown in (repr(who), str(who), repr(request(who)), str(request(who)), f"{[who]}"):
        assert "Sentinelle" not in shown


# --- The date of birth ----------------------------------------------------------------------------


def born(day: str, month: str = "", year: str = "") -> date | None:
    form = FORM | {"birth_day": day, "birth_month": month, "birth_year": year}
    return identity(form, EXAMINATION).birth_date


@pytest.mark.parametrize(
    "parts",
    [
        ("7", "3", "1938"),
        ("07", "03", "1938"),
        (" 7 ", " 3 ", " 1938 "),
        ("7", "mars", "1938"),
        ("7", "Mars", "1938"),
        ("7", "MARCH", "1938"),
        ("7", "Mar.", "1938"),
        ("7", "marzo", "1938"),
        ("7", "מרץ", "1938"),
        ("٧", "٣", "١٩٣٨"),
        ("7/3/1938",),
        ("7 / 3 / 1938",),
        ("07 03 1938",),
        ("7-3-1938",),
        ("7.3.1938",),
        ("7. 3. 1938",),
        ("7 mars 1938",),
        ("07 March 1938",),
        ("7 מרץ 1938",),
        ("7 במרץ 1938",),
        ("7", "במרץ", "1938"),
        ("7th", "March", "1938"),
        ("7° marzo 1938",),
    ],
)
def test_a_date_of_birth_is_read_however_it_is_written(parts: tuple[str, ...]) -> None:
    """In three answers, or pasted into the first; the month as a number or by name."""
    assert born(*parts) == date(1938, 3, 7)


def test_the_first_of_a_month_and_a_month_without_its_accent_are_understood() -> None:
    assert born("1er mars 1938") == date(1938, 3, 1)
    assert born("1", "fevrier", "1938") == born("1", "Févr.", "1938") == date(1938, 2, 1)
    assert born("1er", "aout", "1938") == date(1938, 8, 1)


@pytest.mark.parametrize("code", DEMO.languages)
def test_every_month_can_be_typed_by_name_in_every_language(code: str) -> None:
    for name, month in read_language(code).months():
        assert born("1", name, "1980") == date(1980, month, 1), name


@pytest.mark.parametrize(
    ("parts", "born_on"),
    [
        (("29", "2", "1940"), date(1940, 2, 29)),
        (("29", "février", "2000"), date(2000, 2, 29)),
        (("1", "1", "1900"), date(1900, 1, 1)),
        (("23", "11", "2026"), TODAY),
    ],
)
def test_the_edges_of_the_calendar_are_accepted(parts: tuple[str, ...], born_on: date) -> None:
    assert born(*parts) == born_on


INCOMPLETE = "Enter the date of birth, for example 27 3 1958."
TWO_DIGITS = "Write the year of birth with four digits, for example 1958."
NO_SUCH_DATE = "This date does not exist. Check the day and the month."
WRONG_YEAR = "Check the year of birth."


@pytest.mark.parametrize(
    ("parts", "advice"),
    [
        ((), INCOMPLETE),
        (("7", "3", ""), INCOMPLETE),
        (("", "3", "1938"), INCOMPLETE),
        (("7 3",), INCOMPLETE),
        (("7", "3", "38"), TWO_DIGITS),
        (("7/3/38",), TWO_DIGITS),
        (("7", "3", "193"), TWO_DIGITS),
        (("7", "3", "01938"), TWO_DIGITS),
        (("7", "3", "year"), TWO_DIGITS),
        (("31", "2", "1958"), NO_SUCH_DATE),
        (("29", "2", "1941"), NO_SUCH_DATE),
        (("29", "2", "1900"), NO_SUCH_DATE),  # 1900 was no leap year
        (("31", "avril", "1958"), NO_SUCH_DATE),
        (("0", "3", "1938"), NO_SUCH_DATE),
        (("7", "13", "1938"), NO_SUCH_DATE),
        (("7", "Brumaire", "1938"), NO_SUCH_DATE),
        (("seven", "3", "1938"), NO_SUCH_DATE),
        (("-7", "3", "1938"), NO_SUCH_DATE),
        (("²", "3", "1938"), NO_SUCH_DATE),
        (("7", "33612345678", "1938"), NO_SUCH_DATE),  # a phone number, pasted a field too early
        (("33612345678", "3", "1938"), NO_SUCH_DATE),
        (("7", "9" * 5000, "1938"), NO_SUCH_DATE),
        (("7", "3", "0000"), NO_SUCH_DATE),
        (("31", "12", "1899"), WRONG_YEAR),
        (("24", "11", "2026"), WRONG_YEAR),
        (("7", "3", "2083"), WRONG_YEAR),
    ],
)
def test_a_date_nobody_was_born_on_is_refused_with_what_to_do(
    parts: tuple[str, ...], advice: str
) -> None:
    named = zip(("birth_day", "birth_month", "birth_year"), parts, strict=False)
    assert errors(FORM | dict(named), EXAMINATION) == {"birth_date": advice}


# --- How late a patient may change ----------------------------------------------------------------


@pytest.mark.parametrize(("seconds_before", "may"), [(86400, True), (86399, False), (-1, False)])
def test_a_visit_can_be_changed_until_the_limit_to_the_second(
    seconds_before: int, *, may: bool
) -> None:
    where = practice(cancellation_hours=24)
    start = 1_800_000_000
    assert may_change(start, where, start - seconds_before) is may


@pytest.mark.parametrize(("seconds_before", "may"), [(0, True), (-1, False)])
def test_without_a_limit_a_visit_can_be_changed_until_it_starts(
    seconds_before: int, *, may: bool
) -> None:
    where = practice(cancellation_hours=0)
    assert may_change(1_800_000_000, where, 1_800_000_000 - seconds_before) is may
