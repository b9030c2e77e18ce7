"""The doctor's bookings as a calendar: names only when asked for, changes followed, text tamed."""

from dataclasses import replace

import pytest
import recurring_ical_events
from icalendar import Calendar, Event

from booking_endpoint.envelope import PrivateKey
from booking_endpoint.instants import DAY
from booking_endpoint.practice import Practice
from booking_endpoint.words import read_language
from desk.__main__ import TRANSLATIONS
from desk.calendar_in import busy, window_of
from desk.calendar_out import Sent, calendar_of, host_of
from desk.opening import Opened
from tests.desk.cast import NAME, PHONE, at, facts, identity

FRENCH = read_language("fr", TRANSLATIONS)
NOW = int(at("08:00").timestamp())


@pytest.fixture
def practice(key: PrivateKey) -> Practice:
    return facts(key)


def booking(number: int = 1, start: str = "09:00", **changes: str) -> Opened:
    begins, ends = at(start), at(f"{start[:2]}:30")
    state = changes.pop("state", "confirmed")
    who = identity(begins, **changes)
    return Opened(f"{number:032x}", begins, ends, state, False, who, "")


def written(
    practice: Practice,
    *bookings: Opened,
    sent: dict[str, Sent] | None = None,
    now: int = NOW,
    names: bool = False,
) -> tuple[list[Event], dict[str, Sent], bytes]:
    content, remembered = calendar_of(bookings, practice, FRENCH, sent or {}, now, names=names)
    calendar = Calendar.from_ical(content)
    assert isinstance(calendar, Calendar)
    assert calendar["METHOD"] == "PUBLISH"
    assert len(calendar.subcomponents) == len(calendar.walk("VEVENT"))
    return calendar.events, remembered, content


def test_it_says_busy_and_nothing_of_who_comes(practice: Practice) -> None:
    """Seen to fail where names were the default."""
    [event], _, content = written(practice, booking(caller="Ada Sentinelle"))
    assert event["SUMMARY"] == "Occupé"
    text = content.decode().replace("\r\n ", "")
    told = [NAME, *NAME.split(), PHONE, "Ada", "onsultation", "gyn", "self"]
    assert [one for one in told if one in text] == []
    names = {
        "UID",
        "SEQUENCE",
        "DTSTAMP",
        "DTSTART",
        "DTEND",
        "SUMMARY",
        "STATUS",
        "TRANSP",
        "CLASS",
    }
    assert set(event) == names


def test_names_are_name_and_visit_and_no_more(practice: Practice) -> None:
    [event], _, content = written(practice, booking(), names=True)
    visit = practice.visit("consultation")
    assert visit
    assert event["SUMMARY"] == f"{NAME} – {visit.label['fr']}"
    assert PHONE not in content.decode()


@pytest.mark.parametrize("visit", ["visit-3", "of-last-year"])
def test_a_discreet_visit_is_not_named_even_so(practice: Practice, visit: str) -> None:
    """Nor one that nobody knows any more, which may have been."""
    assert practice.discreet
    [event], _, _ = written(practice, booking(visit=visit), names=True)
    assert event["SUMMARY"] == NAME


def test_a_cancelled_visit_names_nobody(practice: Practice) -> None:
    [event], _, content = written(practice, booking(state="cancelled"), names=True)
    assert (event["STATUS"], event["TRANSP"]) == ("CANCELLED", "TRANSPARENT")
    assert NAME not in content.decode()


def test_a_visit_that_waits_for_a_yes_is_tentative_and_busy(practice: Practice) -> None:
    [event], _, _ = written(practice, booking(state="requested"))
    assert (event["STATUS"], event["TRANSP"]) == ("TENTATIVE", "OPAQUE")


def test_what_stays_closed_is_busy_all_the_same(practice: Practice) -> None:
    closed = replace(booking(), identity={}, error="foreign")
    [event], _, _ = written(practice, closed, names=True)
    assert event["SUMMARY"] == "Occupé"


# --- Changes --------------------------------------------------------------------------------------


def test_the_same_bookings_give_the_same_bytes(practice: Practice) -> None:
    _, sent, first = written(practice, booking(1), booking(2, "10:00"))
    _, _, second = written(practice, booking(2, "10:00"), booking(1), sent=sent, now=NOW + DAY)
    assert second == first


def test_a_moved_booking_is_the_same_event_with_a_higher_number(practice: Practice) -> None:
    [before], sent, _ = written(practice, booking())
    [after], _, _ = written(practice, booking(start="14:00"), sent=sent, now=NOW + 60)
    assert after["UID"] == before["UID"] == f"{1:032x}@{host_of(practice)}"
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 1)
    assert (after.stamp - before.stamp).total_seconds() == 60
    assert after.start == at("14:00")


def test_a_cancelled_booking_is_told_as_cancelled(practice: Practice) -> None:
    _, sent, _ = written(practice, booking())
    [after], _, _ = written(practice, booking(state="cancelled"), sent=sent)
    assert (after["STATUS"], after["SEQUENCE"]) == ("CANCELLED", 1)


def test_a_booking_that_was_forgotten_is_cancelled_until_its_time_has_passed(
    practice: Practice,
) -> None:
    """A calendar does not forget by itself what it once took in."""
    _, sent, _ = written(practice, booking())
    [after], again, _ = written(practice, sent=sent)
    assert (after["STATUS"], after["SEQUENCE"], after.start) == ("CANCELLED", 1, at("09:00"))
    [still], _, _ = written(practice, sent=again)
    assert still["SEQUENCE"] == 1
    assert written(practice, sent=again, now=NOW + DAY)[0] == []


def test_who_asks_for_names_later_changes_every_event(practice: Practice) -> None:
    """And back again: a calendar that holds the names must let go of them."""
    _, sent, _ = written(practice, booking())
    [named], sent, _ = written(practice, booking(), sent=sent, names=True)
    [plain], _, _ = written(practice, booking(), sent=sent)
    assert [named["SEQUENCE"], plain["SEQUENCE"]] == [1, 2]
    assert plain["SUMMARY"] == "Occupé"


# --- Hostile text ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "Eve\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:free",
        "Eve\nATTENDEE:mailto:eve@example.org",
        "BEGIN:VEVENT",
        r"Eve; DROP, \n \\; \ ",
        'Eve ";:,=\t',
        "Zoé " * 60,
        "נועה לדוגמה, 30 שנה; כן",
        "\N{ZERO WIDTH JOINER}👩‍⚕️" * 40,
    ],
)
def test_whatever_a_name_holds_is_one_title_and_nothing_else(practice: Practice, name: str) -> None:
    [event], _, content = written(practice, booking(name=name), names=True)
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))  # RFC 5545, section 3.1
    assert "ATTENDEE" not in event
    assert str(event["SUMMARY"]).startswith(name.replace("\r\n", "\n"))


# --- There and back -------------------------------------------------------------------------------


def test_it_shows_the_visits_of_a_day_to_whoever_reads_calendars(practice: Practice) -> None:
    told = [booking(1), booking(2, "14:00"), booking(3, "16:00", state="cancelled")]
    _, _, content = written(practice, *told)
    shown = recurring_ical_events.of(Calendar.from_ical(content)).at((2026, 11, 23))
    assert sorted((one.start, one.end, one["STATUS"]) for one in shown) == [
        (at("09:00"), at("09:30"), "CONFIRMED"),
        (at("14:00"), at("14:30"), "CONFIRMED"),
        (at("16:00"), at("16:30"), "CANCELLED"),
    ]


def test_what_we_write_never_comes_back_as_busy(practice: Practice) -> None:
    """Seen to fail where our own events were read like any other."""
    _, _, content = written(practice, booking(), names=True)
    window = window_of(practice, NOW)
    assert busy([content.decode()], window, practice.zone, host_of(practice)) == ()
    assert busy([content.decode()], window, practice.zone, "another.example") != ()
