"""Who is reminded, who is called, and what a message says: the rules alone, without a server."""

import json
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Event

from booking_endpoint.envelope import PrivateKey
from booking_endpoint.practice import Practice
from booking_endpoint.words import read_language
from desk.__main__ import TRANSLATIONS
from desk.opening import Opened, read_line
from desk.reminding import Mail, Plan, Reminded, Why, address_of, message_of, plan_for
from tests.desk.cast import MONDAY, NAME, PHONE, at, exported, facts, identity
from tests.desk.post import SENDER

DAY, NOW = MONDAY.date(), int(at("18:00", -1).timestamp())
EMAIL = "zoe.sentinelle@example.org"
ASKS = {"email": EMAIL, "reminder": "yes"}
TELLS = ('email_reminders = "time"', 'email_reminders = "visit"')


@pytest.fixture(scope="module")
def practice(key: PrivateKey) -> Practice:
    return facts(key)


def opened(key: PrivateKey, clock: str = "9:00", number: int = 1, /, **wrote: str) -> Opened:
    """A booking of that Monday, whose patient asked for a reminder unless she wrote otherwise."""
    state = wrote.pop("state", "confirmed")
    content = identity(at(clock), **{**ASKS, **wrote})
    line = exported(key, at(clock), content=content, number=number, state=state)
    sealed, _envelope = read_line(line)
    return replace(sealed, identity=content)


def planned(practice: Practice, *bookings: Opened, **reminded: Reminded) -> Plan:
    known = {f"{int(name[1:]):032x}": one for name, one in reminded.items()}
    return plan_for(DAY, bookings, practice, known, NOW)


def written(mail: Mail, practice: Practice) -> EmailMessage:
    """The message as whoever receives it reads it."""
    language = read_language(mail.language, TRANSLATIONS)
    sent = message_of(mail, practice, language, SENDER, NOW).as_bytes()
    message = message_from_bytes(sent, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def event_of(message: EmailMessage) -> tuple[str, Event]:
    [attached] = message.iter_attachments()
    calendar = Calendar.from_ical(attached.get_content())
    [event] = calendar.events
    assert attached.get_content_type() == "text/calendar"
    assert attached["Content-Type"].params["method"] == calendar["METHOD"]
    return str(calendar["METHOD"]), event


# --- Who ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrote", "why"),
    [
        ({"reminder": ""}, Why.NOT_ASKED),
        ({"reminder": "no"}, Why.NOT_ASKED),
        ({"email": ""}, Why.NO_ADDRESS),
        ({"email": "zoé@example.org"}, Why.NO_ADDRESS),
        ({"visit": "visit-3"}, Why.DISCREET),
        ({"visit": "gone-from-the-facts"}, Why.DOUBT),
        ({"start": "2026-11-23T09:00:00Z"}, Why.DOUBT),
        ({"state": "requested"}, Why.WAITS),
    ],
)
def test_who_did_not_ask_or_must_not_be_written_to_is_called(
    practice: Practice, key: PrivateKey, wrote: dict[str, str], why: Why
) -> None:
    """Each reason alone is enough. Seen to fail for each, where it was not looked at."""
    plan = planned(practice, opened(key, **wrote))
    assert (plan.mails, [call.why for call in plan.calls]) == ([], [why])


def test_who_asked_is_written_to_and_not_called(practice: Practice, key: PrivateKey) -> None:
    plan = planned(practice, opened(key))
    assert ([mail.to for mail in plan.mails], plan.calls) == ([EMAIL], [])


def test_nobody_is_written_to_where_the_practice_offers_no_reminders(key: PrivateKey) -> None:
    practice = facts(key, ('email_reminders = "time"', 'email_reminders = "no"'))
    assert planned(practice, opened(key)).mails == []


def test_other_days_and_what_has_begun_are_left_alone(practice: Practice, key: PrivateKey) -> None:
    tuesday = at("9:00", 1).date()
    assert plan_for(tuesday, [opened(key)], practice, {}, NOW) == Plan([], [], [])
    begun = int(MONDAY.timestamp())
    assert plan_for(DAY, [opened(key)], practice, {}, begun) == Plan([], [], [])


def test_what_cannot_be_opened_is_on_the_list_of_calls(practice: Practice, key: PrivateKey) -> None:
    closed = replace(opened(key), identity={}, error="foreign")
    assert [call.why for call in planned(practice, closed).calls] == [Why.DOUBT]


HOSTILE = (
    *("a@b.fr,c@d.fr", "a@b.fr c@d.fr", "a@b.fr;c@d.fr", "Ada <a@b.fr>", "<a@b.fr>"),
    *("a@b.fr\nBcc: c@d.fr", "a@b.fr\r\nBcc: c@d.fr", "a@b.fr\r", '"a b"@c.fr', "a@[127.0.0.1]"),
    *("a(comment)@b.fr", "a@b", "@b.fr", "a@", ".a@b.fr", "a..b@c.fr", "a@-b.fr", "a@b..fr"),
    *("é@b.fr", "a@é.fr", "a@b.fr\N{RIGHT-TO-LEFT OVERRIDE}", "a" * 65 + "@b.fr", "a@b@c.fr"),
)


@pytest.mark.parametrize("address", HOSTILE)
def test_what_is_not_one_address_is_written_to_by_nobody(
    practice: Practice, key: PrivateKey, address: str
) -> None:
    """Seen to fail where the address was taken as it stood."""
    assert planned(practice, opened(key, email=address)).mails == []


@given(st.text(max_size=60) | st.from_regex(r"[a-z,;<> ]{1,9}@[a-z.,\n]{1,9}\.[a-z\r\n]{2,4}"))
def test_whatever_is_typed_no_header_has_a_second_line_or_address(text: str) -> None:
    """What passes is one address of plain signs, with one @."""
    sealed, _envelope = read_line(LINE)
    address = address_of(replace(sealed, identity={"email": text}))
    assert not set(address) & set(' \r\n\t,;:<>()[]\\"')
    assert address.count("@") == bool(address)


LINE = json.dumps(
    {
        "id": "0" * 32,
        "start": "2026-11-23T08:00:00Z",
        "end": "2026-11-23T08:30:00Z",
        "state": "confirmed",
        "moved": False,
        "envelope": "",
    }
)


# --- What ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["fr", "en", "he", "it"])
def test_a_message_says_when_and_whom_to_call_and_nothing_of_why_or_who(
    practice: Practice, key: PrivateKey, code: str
) -> None:
    """Not the visit, not the specialty, no word that the patient typed but where it goes.

    Seen to fail where the facts were not asked, and where the name was greeted.
    """
    [mail] = planned(practice, opened(key, language=code)).mails
    message = written(mail, practice)
    [attached] = message.iter_attachments()
    body = message.get_body()
    assert body
    text = f"{message} {body.get_content()} {attached.get_content()!r} {message['Subject']}"
    visit, told = practice.visit("consultation"), read_language(code, TRANSLATIONS)
    assert visit
    secret = [NAME, PHONE, *visit.label.values(), *practice.doctor.specialty.values()]
    assert [word for word in secret if word.lower() in text.lower()] == []
    assert practice.doctor.name in body.get_content()
    assert practice.phone in body.get_content()
    assert told.day(DAY) in body.get_content()
    assert "09:00" in body.get_content()
    assert "09:00" in message["Subject"]
    assert message["Content-Language"] == code


def test_the_visit_is_named_only_where_the_facts_say_so(key: PrivateKey) -> None:
    practice = facts(key, TELLS)
    [mail] = planned(practice, opened(key)).mails
    message = written(mail, practice)
    body = message.get_body()
    assert body
    assert "Consultation de gynécologie" in body.get_content()
    assert "gynécologie" not in str(message["Subject"])
    assert event_of(message)[1]["SUMMARY"] == "Consultation de gynécologie"


def test_headers_name_the_doctor_and_one_address_and_a_program(
    practice: Practice, key: PrivateKey
) -> None:
    """RFC 5322, and RFC 3834: nobody's absence answers a program."""
    [mail] = planned(practice, opened(key)).mails
    message = written(mail, practice)
    assert (message["To"], message["Auto-Submitted"]) == (EMAIL, "auto-generated")
    [sender] = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (practice.doctor.name, SENDER)
    assert message["Date"].datetime.timestamp() == NOW
    assert message["Message-ID"] == f"<{1:032x}.0@valombreuse.example>"
    assert {"Cc", "Bcc", "Reply-To"} & {*message} == set()
    body = message.get_body()
    assert body
    assert body.get_content_type() == "text/plain"


def test_moved_and_cancelled_visits_replace_what_a_calendar_took_in(
    practice: Practice, key: PrivateKey
) -> None:
    """One UID, a higher number each time, and CANCEL at the end (RFC 5546).

    Seen to fail where the number stayed, and where the time of a cancelled one was another.
    """
    [first] = planned(practice, opened(key)).mails
    moved = replace(opened(key, "14:00"), moved=True)
    [second] = planned(practice, moved, n1=replace(first.about, sure=True)).mails
    gone = replace(opened(key, "15:00"), state="cancelled")  # moved once more before
    [third] = planned(practice, gone, n1=replace(second.about, sure=True)).mails
    told = [event_of(written(mail, practice)) for mail in (first, second, third)]
    assert [method for method, _event in told] == ["PUBLISH", "PUBLISH", "CANCEL"]
    assert [event["SEQUENCE"] for _method, event in told] == [0, 1, 2]
    assert {str(event["UID"]) for _method, event in told} == {str(UUID(f"{1:032x}"))}
    assert [event["STATUS"] for _method, event in told] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    starts = [event.start for _method, event in told]
    assert starts == [at("9:00"), at("14:00"), at("14:00")]
    assert planned(practice, gone, n1=replace(third.about, sure=True)).mails == []


def test_a_cancelled_visit_nobody_was_reminded_of_is_told_to_nobody(
    practice: Practice, key: PrivateKey
) -> None:
    assert planned(practice, opened(key, state="cancelled")) == Plan([], [], [])


@pytest.mark.parametrize("sure", [True, False])
def test_nobody_is_reminded_twice_and_who_perhaps_was_is_called(
    practice: Practice, key: PrivateKey, sure: bool
) -> None:
    """Seen to fail where what was about to be sent counted as not sent."""
    [mail] = planned(practice, opened(key)).mails
    plan = planned(practice, opened(key), n1=replace(mail.about, sure=sure))
    assert plan.mails == []
    assert [call.why for call in plan.calls] == ([] if sure else [Why.PERHAPS])
    assert plan.done == int(sure)
