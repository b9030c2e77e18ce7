"""What a calendar says of busy times: all of it, rounded outward, and nothing else of it."""

from contextlib import suppress
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from booking_endpoint.envelope import PrivateKey
from booking_endpoint.instants import CELL, DAY, MINUTE, Slot
from desk.calendar_in import Unreadable, busy, merged, outward, within_doors
from tests.desk.calendars import calendar, event, lasting, slot
from tests.desk.cast import at, facts
from tests.serving import ROOT

PARIS = ZoneInfo("Europe/Paris")
HOST = "dr-valombreuse.example"
NOW = int(at("08:00").timestamp())
WINDOW = Slot(NOW, NOW + 60 * DAY)
DAILY = "RRULE:FREQ=DAILY;COUNT=3"


def read(*texts: str, window: Slot = WINDOW) -> tuple[Slot, ...]:
    return busy(texts, window, PARIS, HOST)


# --- Which times --------------------------------------------------------------------------------


def test_an_event_is_busy_from_its_start_to_its_end() -> None:
    assert read(calendar(lasting("20261123T090000", "20261123T100000"))) == (slot("9:00", "10:00"),)


def test_a_cell_that_is_touched_is_busy() -> None:
    told = calendar(lasting("20261123T090400", "20261123T100100"))
    assert read(told) == (slot("9:00", "10:05"),)


def test_an_event_that_comes_back_does_so_except_where_it_says_not() -> None:
    """EXDATE leaves out the second, RECURRENCE-ID moves the third to the afternoon."""
    told = calendar(
        lasting(
            "20261123T090000", "20261123T100000", DAILY, "EXDATE;TZID=Europe/Paris:20261124T090000"
        ),
        lasting(
            "20261125T150000", "20261125T160000", "RECURRENCE-ID;TZID=Europe/Paris:20261125T090000"
        ),
    )
    assert read(told) == (slot("9:00", "10:00"), slot("15:00", "16:00", day=2))


def test_one_occurrence_that_is_cancelled_is_free() -> None:
    told = calendar(
        lasting("20261123T090000", "20261123T100000", DAILY),
        lasting(
            "20261124T090000",
            "20261124T100000",
            "RECURRENCE-ID;TZID=Europe/Paris:20261124T090000",
            "STATUS:CANCELLED",
        ),
    )
    assert read(told) == (slot("9:00", "10:00"), slot("9:00", "10:00", day=2))


@pytest.mark.parametrize("said", ["TRANSP:TRANSPARENT", "STATUS:CANCELLED", "transp:transparent"])
def test_what_takes_no_time_is_not_busy(said: str) -> None:
    assert read(calendar(lasting("20261123T090000", "20261123T100000", said))) == ()


def test_a_tentative_event_is_busy() -> None:
    told = calendar(lasting("20261123T090000", "20261123T100000", "STATUS:TENTATIVE"))
    assert read(told) == (slot("9:00", "10:00"),)


@pytest.mark.parametrize(
    "lines",
    [["DTSTART;VALUE=DATE:20261124"], ["DTSTART;VALUE=DATE:20261124", "DTEND;VALUE=DATE:20261125"]],
    ids=["without an end", "with its end"],
)
def test_a_whole_day_is_the_day_of_the_practice(lines: list[str]) -> None:
    assert read(calendar(event(*lines))) == (slot("0:00", "24:00", day=1),)


def test_a_time_without_a_zone_is_the_time_on_the_door() -> None:
    told = calendar(event("DTSTART:20261123T090000", "DURATION:PT45M"))
    assert read(told) == (slot("9:00", "9:45"),)


def test_a_zone_of_the_calendars_own_is_understood() -> None:
    """Half past four in a zone three and a half hours ahead of Greenwich is two in Paris."""
    zone = (
        "BEGIN:VTIMEZONE,TZID:Odd,BEGIN:STANDARD,DTSTART:19700101T000000,TZOFFSETFROM:+0330,"
        "TZOFFSETTO:+0330,END:STANDARD,END:VTIMEZONE"
    ).replace(",", "\r\n")
    told = calendar(zone, event("DTSTART;TZID=Odd:20261123T163000", "DURATION:PT1H"))
    assert read(told) == (slot("14:00", "15:00"),)


def test_a_weekly_event_stays_at_its_wall_time_when_the_clocks_change() -> None:
    """Nine in Paris is eight in Greenwich before 28 March 2027, and seven from then on."""
    start = int(datetime(2027, 3, 22, tzinfo=UTC).timestamp())
    told = calendar(lasting("20270322T090000", "20270322T100000", "RRULE:FREQ=WEEKLY;COUNT=2"))
    [before, after] = read(told, window=Slot(start, start + 30 * DAY))
    assert after.start - before.start == 7 * DAY - 3600
    assert before.end - before.start == after.end - after.start == 3600


def test_a_time_that_comes_twice_is_busy_both_times() -> None:
    """Half past two came twice on 25 October 2026: nobody can know which one was meant."""
    start = int(datetime(2026, 10, 24, tzinfo=UTC).timestamp())
    told = calendar(event("DTSTART:20261025T023000", "DTEND:20261025T024500"))
    [twice] = read(told, window=Slot(start, start + 7 * DAY))
    assert (twice.start, twice.end) == (start + DAY + 30 * MINUTE, start + DAY + 105 * MINUTE)


def test_periods_of_free_and_busy_count_but_for_the_free_ones() -> None:
    told = calendar(
        "BEGIN:VFREEBUSY\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\n"
        "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261123T080000Z/PT1H,20261123T100000Z/20261123T110000Z\r\n"
        "FREEBUSY;FBTYPE=FREE:20261123T130000Z/PT1H\r\nEND:VFREEBUSY"
    )
    assert read(told) == (slot("9:00", "10:00"), slot("11:00", "12:00"))


def test_a_booking_of_our_own_that_comes_back_is_not_busy() -> None:
    """Else a booking would hold its time for ever: cancelled here, and closed by its own echo."""
    ours = lasting("20261123T090000", "20261123T100000", uid=f"{7:032x}@{HOST}")
    assert read(calendar(ours)) == ()


@pytest.mark.parametrize("uid", [f"{7:032x}@another.example", f"x{7:032x}@{HOST}", f"@{HOST}"])
def test_an_event_that_only_looks_like_ours_is_busy(uid: str) -> None:
    told = calendar(lasting("20261123T090000", "20261123T100000", uid=uid))
    assert read(told) == (slot("9:00", "10:00"),)


def test_what_is_over_is_left_out_and_what_goes_on_is_not() -> None:
    told = calendar(
        lasting("20261122T090000", "20261122T100000", uid="yesterday"),
        lasting("20261123T070000", "20261123T083000", uid="now"),
        lasting("20270601T090000", "20270601T100000", uid="far away"),
    )
    assert read(told) == (slot("7:00", "8:30"),)


def test_several_calendars_are_one_answer() -> None:
    nine, half = (
        calendar(lasting(f"20261123T09{minute}00", "20261123T103000")) for minute in ("00", "30")
    )
    assert read(half, nine + nine) == (slot("9:00", "10:30"),)


# --- What is no answer ----------------------------------------------------------------------------

AUTUMN = (ROOT / "tests" / "desk" / "agenda.ics").read_text("utf-8")
SCRAPS = ("", "9" * 9, ";X=y", "\r\n", "BEGIN:VEVENT\r\n", "\nRDATE:1\n", ";TZID=Europe:", "\0é")

WHOLE = calendar(
    lasting("20261123T090000", "20261123T100000"), lasting("20261124T090000", "20261124T100000")
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<!doctype html><title>Sign in</title>",
        WHOLE[:-40],
        WHOLE + WHOLE[:-40],
        WHOLE[: WHOLE.index("END:VEVENT")] + "END:VCALENDAR\r\n",
        event("DTSTART:20261123T090000Z"),
        calendar(event("SUMMARY:when?")),
        calendar(event("DTSTART:tomorrow")),
        calendar(event("DTSTART:20261123T090000Z", "RRULE:FREQ=SOMETIMES")),
        calendar(event("DTSTART:20261123T090000Z", DAILY, "EXDATE:never")),
        calendar(event("DTSTART;TZID=Nowhere:20261123T090000", "DURATION:PT1H")),
        calendar(event("DTSTART:20261123T090000Z", "DTSTART:20261124T090000Z")),
    ],
    ids=[
        "empty",
        "page",
        "cut",
        "second cut",
        "halved",
        "bare",
        "timeless",
        "nonsense",
        "rule",
        "exception",
        "zone",
        "twice",
    ],
)
def test_half_an_answer_is_none(text: str) -> None:
    """A calendar that was cut off would say that the doctor is free: it says nothing at all.

    Seen to fail without the look at its end (cut), and without that at the zone.
    """
    with pytest.raises(Unreadable):
        read(WHOLE, text)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=" + "0," * 9 + "9",
    ],
)
def test_an_event_that_would_come_back_for_ever_is_refused_at_once(rule: str) -> None:
    with pytest.raises(Unreadable, match="many times a day"):
        read(calendar(event("DTSTART:20261123T090000Z", "DURATION:PT1S", f"RRULE:{rule}")))


def test_a_calendar_that_is_the_name_of_a_file_opens_no_file(tmp_path: Path) -> None:
    """The library would: a host could have any file of the machine read as its calendar.

    Seen to fail where the text was handed on as a text.
    """
    private = tmp_path / "END:VCALENDAR"
    private.write_text(WHOLE, encoding="utf-8")
    with pytest.raises(Unreadable):
        read(str(private))


@settings(max_examples=60)
@given(st.data())
def test_whatever_a_calendar_is_turned_into_it_is_read_or_refused(data: st.DataObject) -> None:
    """No other error, which a desk would not expect, and none that quotes it."""
    text, start = AUTUMN, data.draw(st.integers(0, len(AUTUMN)))
    length, put_in = data.draw(st.integers(0, 40)), data.draw(st.sampled_from(SCRAPS))
    with suppress(Unreadable):
        read(text[:start] + put_in + text[start + length :])


def test_an_error_repeats_nothing_of_the_calendar() -> None:
    with pytest.raises(Unreadable) as failed:
        read(calendar(event("DTSTART:tomorrow-at-the-oncologist")))
    assert "oncolog" not in f"{failed.value!r} {failed.value.__cause__!r}"


# --- A real calendar ------------------------------------------------------------------------------


def test_a_doctors_autumn_is_read_as_she_lives_it() -> None:
    """tests/desk/agenda.ics, as programs write it: folded, with zones, alarms and exceptions."""
    assert read(AUTUMN, window=Slot(NOW, NOW + 14 * DAY)) == (
        slot("8:00", "8:45"),  # staff meeting, every Monday
        slot("12:30", "14:00", day=1),  # lunch
        slot("0:00", "48:00", day=3),  # congress, two whole days
        slot("17:00", "18:00", day=7),  # the next staff meeting, moved to the evening
    )


# --- Merging --------------------------------------------------------------------------------------

spans = st.builds(
    lambda start, length: Slot(start, start + length),
    st.integers(0, 36000),
    st.integers(0, 7200),
)


@given(st.lists(spans, max_size=12))
@example([Slot(0, 300), Slot(300, 600)])
@example([Slot(60, 60)])
def test_every_minute_that_was_busy_is_busy_and_few_others(taken: list[Slot]) -> None:
    """Minute by minute: what is merged holds a cell where some event holds a part of it."""
    result = merged(map(outward, taken))
    cells = {
        cell
        for one in taken
        if one.start < one.end
        for cell in range(one.start // CELL, (one.end - 1) // CELL + 1)
    }
    assert {
        minute // 5 for one in result for minute in range(one.start // 60, one.end // 60)
    } == cells
    assert all(one.end < other.start for one, other in pairwise(result))


def test_evenings_and_sundays_are_told_to_nobody(key: PrivateKey) -> None:
    """The demo practice closes at noon on Mondays, opens again at two, and rests on Sundays.

    Seen to fail where all busy times were told.
    """
    practice = facts(key)
    whole = Slot(NOW, NOW + 7 * DAY)
    told = within_doors([slot("6:00", "23:00"), slot("6:00", "23:00", day=6)], practice, whole)
    doors = [(hours.opens, hours.closes) for hours in practice.hours if hours.weekday == 0]
    midnight = int(at("0:00").timestamp())
    assert told == merged(
        Slot(midnight + opens * MINUTE, midnight + closes * MINUTE) for opens, closes in doors
    )


def test_an_hour_offered_on_a_sunday_is_closed_where_a_calendar_is_busy(key: PrivateKey) -> None:
    whole, church = Slot(NOW, NOW + 7 * DAY), slot("10:00", "11:30", day=6)
    more = [slot("11:00", "12:00", day=6)]
    assert within_doors([church], facts(key), whole, more) == (slot("11:00", "11:30", day=6),)
