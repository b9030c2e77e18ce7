"""Which times are on offer: one fact about each of the days on which calendars go wrong."""

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from booking_endpoint.availability import (
    NONE_TAKEN,
    Busy,
    Extra,
    nearest,
    next_free_day,
    offered_at,
    open_days,
)
from booking_endpoint.instants import Slot, day_of, edge, parse_instant, rfc3339
from booking_endpoint.practice import Practice, Visit
from booking_endpoint.timetable import Closure, Weekday
from booking_endpoint.values import read_wall
from tests.core.cast import (
    CONSULTATION,
    DEMO,
    LONG_AGO,
    cells_of,
    clock,
    every_day,
    hours,
    instant_of,
    practice,
    slots_of,
    visit,
)

NIGHT = practice(*every_day("01:00", "05:00"))
"""Open over the hours at which clocks change."""

HALF_HOUR = visit(30)


def starts(slots: list[Slot]) -> list[str]:
    return [rfc3339(slot.start) for slot in slots]


# --- The nights on which clocks change ------------------------------------------------------------


def test_the_night_the_clocks_go_forward_is_an_hour_shorter() -> None:
    """One to five on the door is three real hours on 29 March; nobody comes at half past two."""
    shown = ["01:00", "01:30", "03:00", "03:30", "04:00", "04:30"]
    assert clock(slots_of(date(2026, 3, 29), NIGHT, HALF_HOUR), NIGHT) == shown
    assert len(slots_of(date(2026, 3, 22), NIGHT, HALF_HOUR)) == 8


def test_a_wall_time_that_comes_twice_is_one_instant() -> None:
    """Half past two on 25 October is the first of the two, still on summer time."""
    slots = slots_of(date(2026, 10, 25), NIGHT, HALF_HOUR)
    assert len(slots) == len(set(clock(slots, NIGHT))) == 8
    assert "2026-10-25T00:30:00Z" in starts(slots)
    assert "2026-10-25T01:30:00Z" not in starts(slots)


def test_jerusalem_changes_its_clocks_on_a_friday() -> None:
    jerusalem = replace(NIGHT, zone=ZoneInfo("Asia/Jerusalem"))
    assert [
        len(slots_of(day, jerusalem, HALF_HOUR)) for day in (date(2026, 3, 27), date(2026, 3, 29))
    ] == [6, 8]


def test_the_clocks_of_lord_howe_skip_half_an_hour() -> None:
    """Two o'clock is half past two on 4 October 2026: one slot is missing, not two."""
    island = replace(NIGHT, zone=ZoneInfo("Australia/Lord_Howe"))
    shown = ["01:00", "01:30", "02:30", "03:00", "03:30", "04:00", "04:30"]
    assert clock(slots_of(date(2026, 10, 4), island, HALF_HOUR), island) == shown


def test_a_slot_that_spans_the_change_lasts_as_long_as_any_other() -> None:
    """From half past one on, sixty minutes end at half past three on the clock."""
    night = practice(*every_day("01:30", "04:00"))
    slot = slots_of(date(2026, 3, 29), night, visit(60))[0]
    assert (rfc3339(slot.start), rfc3339(slot.end)) == (
        "2026-03-29T00:30:00Z",
        "2026-03-29T01:30:00Z",
    )


def test_hours_that_close_at_a_time_the_clock_skips_close_when_it_jumps() -> None:
    """There is no half past two on 29 March: the door shuts at two, which is three."""
    night = practice(*every_day("01:00", "02:30"))
    assert clock(slots_of(date(2026, 3, 29), night, HALF_HOUR), night) == ["01:00", "01:30"]


@pytest.mark.parametrize(
    ("day", "minutes", "fits"),
    [
        (date(2026, 3, 22), 120, True),
        (date(2026, 3, 29), 60, True),  # the two hours from half past one on are one
        (date(2026, 3, 29), 65, False),
        (date(2026, 10, 25), 180, True),  # or three
        (date(2026, 10, 25), 185, False),
    ],
)
def test_a_visit_fits_as_time_runs_and_not_as_the_clock_shows(
    day: date, minutes: int, *, fits: bool
) -> None:
    night = practice(*every_day("01:30", "03:30"))
    assert bool(slots_of(day, night, visit(minutes))) is fits


def test_easter_sunday_2027_is_also_the_day_the_clocks_change() -> None:
    """In France Easter Monday is a holiday, Easter Sunday is a Sunday like any other."""
    night = practice(*every_day("01:00", "05:00"), holidays_country="FR")
    days = [date(2027, 3, day) for day in (27, 28, 29)]
    assert [len(slots_of(day, night, HALF_HOUR)) for day in days] == [8, 6, 0]


def test_the_last_of_february_2028_is_a_tuesday_like_any_other() -> None:
    """09:00 to 12:30 holds seven half hours; the afternoon is for examinations."""
    now = instant_of("2028-02-01T00:00Z")
    leap_day = slots_of(date(2028, 2, 29), DEMO, CONSULTATION, now)
    shown = ["09:00", "09:30", "10:00", "10:30", "11:00", "11:30", "12:00"]
    assert clock(leap_day, DEMO) == shown
    assert clock(slots_of(date(2028, 3, 7), DEMO, CONSULTATION, now), DEMO) == shown


# --- The grid -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("opens", "shown"),
    [
        ("09:00", ["09:00", "09:45", "10:30"]),
        ("08:50", ["08:50", "09:35", "10:20"]),
        ("09:05", ["09:05", "09:50", "10:35"]),
    ],
)
def test_the_grid_begins_when_the_door_opens(opens: str, shown: list[str]) -> None:
    """Not at the hour, and not at some multiple of 45 minutes since 1970."""
    where = practice(*every_day(opens, "11:20"))
    assert clock(slots_of(date(2026, 11, 23), where, visit(45)), where) == shown


def test_the_grid_steps_by_the_visit_and_its_buffer() -> None:
    where = practice(*every_day("09:00", "10:30"))
    assert clock(slots_of(date(2026, 11, 23), where, visit(20, after=10)), where) == [
        "09:00",
        "09:30",
        "10:00",
    ]


def test_a_buffer_may_run_over_closing_time_but_a_visit_may_not() -> None:
    """Tidying up after the last patient is nobody's appointment."""
    where = practice(*every_day("09:00", "10:00"))
    assert clock(slots_of(date(2026, 11, 23), where, visit(25, after=10)), where) == [
        "09:00",
        "09:35",
    ]
    assert clock(slots_of(date(2026, 11, 23), where, visit(30, after=10)), where) == ["09:00"]


def test_hours_that_end_at_midnight_are_offered_to_the_end() -> None:
    where = practice(*every_day("23:00", "24:00"))
    slots = slots_of(date(2026, 11, 23), where, HALF_HOUR)
    assert clock(slots, where) == ["23:00", "23:30"]
    assert rfc3339(slots[-1].end) == "2026-11-23T23:00:00Z"


@pytest.mark.parametrize("closes", ["12:30", "18:30", "24:00"])
def test_the_last_slot_of_the_day_is_offered_and_can_be_booked(closes: str) -> None:
    where = practice(*every_day("09:00", closes))
    last = slots_of(date(2026, 11, 23), where, HALF_HOUR)[-1]
    assert offered_at(last.start, where, HALF_HOUR, NONE_TAKEN, LONG_AGO) == last


def test_hours_for_some_visits_are_offered_for_these_alone() -> None:
    """Tuesday afternoon, 14:00 to 17:30: 40 and 5 minutes four times, 30 minutes never."""
    tuesday, now = date(2026, 12, 1), instant_of("2026-11-23T00:00Z")
    colposcopy = DEMO.visit("colposcopy")
    assert colposcopy
    slots = clock(slots_of(tuesday, DEMO, colposcopy, now), DEMO)
    assert [shown for shown in slots if shown > "13:00"] == ["14:00", "14:45", "15:30", "16:15"]
    slots = clock(slots_of(tuesday, DEMO, CONSULTATION, now), DEMO)
    assert [shown for shown in slots if shown > "13:00"] == []


def test_a_teleconsultation_is_not_offered_when_the_doctor_is_at_the_practice() -> None:
    remote = DEMO.visit("teleconsultation")
    assert remote
    now = instant_of("2026-11-23T00:00Z")
    week = [date(2026, 11, day) for day in range(23, 30)]
    offered = open_days(week, DEMO, remote, NONE_TAKEN, now)
    assert [day for day, slots in offered.items() if slots] == [date(2026, 11, 25)]


# --- What is taken --------------------------------------------------------------------------------

MORNING = practice(*every_day("09:00", "11:00"))
MONDAY = date(2026, 11, 23)
NINE_THIRTY = instant_of("2026-11-23T09:30+01:00")


def offered_beside(taken: frozenset[int], minutes: int = 30, after: int = 0) -> list[str]:
    free = open_days([MONDAY], MORNING, visit(minutes, after), Busy(taken), LONG_AGO)[MONDAY]
    return clock(free, MORNING)


def test_a_taken_slot_is_gone_and_its_neighbours_stay() -> None:
    """Half open: the visit before ends at the instant at which the taken one starts."""
    assert offered_beside(cells_of(NINE_THIRTY, 30)) == ["09:00", "10:00", "10:30"]


def test_five_taken_minutes_are_enough() -> None:
    assert offered_beside(cells_of(NINE_THIRTY + 25 * 60, 5)) == ["09:00", "10:00", "10:30"]


def test_the_buffer_must_be_free_too() -> None:
    """20 minutes and 10 to tidy up from 09:00 do not fit before a visit at 09:25."""
    taken = cells_of(NINE_THIRTY - 5 * 60, 5)
    assert offered_beside(taken, 20, after=10) == ["09:30", "10:00", "10:30"]


def test_a_slot_takes_its_minutes_and_its_buffer_in_cells_of_five() -> None:
    slot = Slot(NINE_THIRTY, NINE_THIRTY + 20 * 60)
    assert frozenset(slot.cells()) == cells_of(NINE_THIRTY, 20)
    assert frozenset(slot.cells(0, 10)) == cells_of(NINE_THIRTY, 30)


# --- Hours opened at the desk ---------------------------------------------------------------------


def offered_with(*spans: str, visits: tuple[str, ...] = (), where: Practice = MORNING) -> list[str]:
    """When a Monday of 9 to 11 offers half an hour, with these hours opened besides."""
    zone = where.zone
    walls = [[edge(MONDAY, read_wall(wall), zone) for wall in span.split("-")] for span in spans]
    busy = Busy(extra=tuple(Extra(Slot(*wall), visits) for wall in walls))
    return clock(open_days([MONDAY], where, HALF_HOUR, busy, LONG_AGO)[MONDAY], where)


def test_an_hour_opened_at_the_desk_is_offered_from_where_it_begins() -> None:
    known = ["09:00", "09:30", "10:00", "10:30"]
    assert offered_with("17:10-18:15") == [*known, "17:10", "17:40"]
    assert offered_with("06:00-06:25") == known
    assert offered_with("10:00-12:00", "11:00-12:00") == [*known, "11:00", "11:30"]
    assert offered_with("08:20-12:00") == ["08:20", *known, "11:00", "11:30"]


def test_an_hour_can_be_opened_on_a_day_that_the_facts_close() -> None:
    """Whole or in part: who opens it at the desk knows better than who wrote the file."""
    away = replace(MORNING, closures=(Closure(MONDAY, MONDAY),))
    assert offered_with("10:00-11:00", where=away) == ["10:00", "10:30"]
    late = replace(MORNING, closures=(Closure(MONDAY, MONDAY, begins=read_wall("10:00")),))
    assert offered_with("10:15-10:45", where=late) == ["09:00", "09:30", "10:15"]
    shut = Closure(MONDAY, MONDAY, read_wall("09:00"), read_wall("10:00"))
    early = replace(MORNING, closures=(shut,))
    assert offered_with("09:30-10:00", where=early) == ["09:30", "10:00", "10:30"]


def test_an_hour_opened_for_some_visits_is_offered_for_these_alone() -> None:
    assert offered_with("17:00-18:00", visits=(HALF_HOUR.id,))[-1] == "17:30"
    assert offered_with("17:00-18:00", visits=("another",))[-1] == "10:30"


# --- Days off -------------------------------------------------------------------------------------


def open_on(day: date, closed: Practice) -> bool:
    return bool(slots_of(day, closed, HALF_HOUR))


def test_a_closure_holds_its_first_and_its_last_day() -> None:
    where = replace(MORNING, closures=(Closure(date(2026, 12, 24), date(2027, 1, 3)),))
    days = [date(2026, 12, 23), date(2026, 12, 24), date(2027, 1, 3), date(2027, 1, 4)]
    assert [open_on(day, where) for day in days] == [True, False, False, True]


@pytest.mark.parametrize(
    ("day", "subdivision", "is_open"),
    [
        (date(2026, 12, 25), "", False),
        (date(2026, 5, 14), "", False),  # Ascension: 39 days after Easter, 5 April 2026
        (date(2026, 4, 3), "", True),  # Good Friday is a working day in France
        (date(2026, 4, 3), "57", False),  # but not in Moselle
        (date(2026, 4, 3), "6AE", False),  # nor in Alsace
        (date(2026, 12, 26), "", True),
        (date(2026, 12, 26), "6AE", False),
        (date(2061, 4, 11), "", False),  # Easter Monday: no table of ours comes to an end
    ],
)
def test_the_country_rests_on_its_holidays(day: date, subdivision: str, is_open: bool) -> None:
    rests = {"holidays_country": "FR", "holidays_subdivision": subdivision}
    where, far = practice(*every_day("09:00", "11:00"), **rests), visit(30, horizon_days=15_000)
    assert bool(slots_of(day, where, far)) is is_open


def test_a_practice_without_a_country_rests_when_it_says_so() -> None:
    assert open_on(date(2026, 12, 25), MORNING)


# --- Notice and horizon ---------------------------------------------------------------------------


def listed(what: Visit, now: int) -> bool:
    return NINE_THIRTY in [slot.start for slot in slots_of(MONDAY, MORNING, what, now)]


def bookable(what: Visit, now: int) -> bool:
    return offered_at(NINE_THIRTY, MORNING, what, NONE_TAKEN, now) is not None


@pytest.mark.parametrize(
    ("seconds_before", "on_offer"),
    [(12 * 3600, True), (12 * 3600 - 1, False), (0, False), (-60, False)],
)
def test_notice_is_kept_to_the_second_in_list_and_booking(
    seconds_before: int, on_offer: bool
) -> None:
    """A list that was drawn a second too early must not be a way around it."""
    what, now = visit(30, notice_hours=12), NINE_THIRTY - seconds_before
    assert listed(what, now) is bookable(what, now) is on_offer


@pytest.mark.parametrize(("more_seconds", "on_offer"), [(0, True), (1, False)])
def test_the_horizon_is_kept_to_the_second_in_list_and_booking(
    more_seconds: int, on_offer: bool
) -> None:
    """90 days of 24 hours, whatever the clocks did on 25 October."""
    what, now = visit(30, horizon_days=90), NINE_THIRTY - 90 * 86400 - more_seconds
    assert listed(what, now) is bookable(what, now) is on_offer


def test_without_notice_a_slot_can_be_had_until_it_starts() -> None:
    assert listed(HALF_HOUR, NINE_THIRTY)
    assert not listed(HALF_HOUR, NINE_THIRTY + 1)


def test_only_the_start_of_a_slot_books_it() -> None:
    for beside in (-300, -1, 1, 300):
        assert offered_at(NINE_THIRTY + beside, MORNING, HALF_HOUR, NONE_TAKEN, LONG_AGO) is None, (
            beside
        )


@pytest.mark.parametrize("zone", ["Europe/Paris", "Pacific/Noumea", "America/Martinique"])
@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_time_at_the_end_of_the_calendar_is_not_on_offer(zone: str, text: str) -> None:
    """Whoever asks for it gets an answer, not a fault: east or west of here it has no date."""
    where, start = replace(MORNING, zone=ZoneInfo(zone)), parse_instant(text)
    assert offered_at(start, where, HALF_HOUR, NONE_TAKEN, LONG_AGO) is None
    assert len(nearest(start, where, HALF_HOUR, NONE_TAKEN, LONG_AGO)) == 6


@pytest.mark.parametrize("zone", ["Europe/Paris", "Pacific/Noumea", "America/Martinique"])
@pytest.mark.parametrize("day", [date.min, date.max])
def test_the_first_and_the_last_day_of_the_calendar_are_empty(zone: str, day: date) -> None:
    where = replace(practice(*every_day("00:00", "24:00")), zone=ZoneInfo(zone))
    assert slots_of(day, where, HALF_HOUR) == []
    after = next_free_day(day, where, HALF_HOUR, NONE_TAKEN, LONG_AGO)
    assert after == (None if day == date.max else day_of(LONG_AGO, where.zone))


# --- Whose day it is ------------------------------------------------------------------------------


def test_the_day_is_the_practice_s_whatever_the_server_s_clock_says() -> None:
    """Half past eight on a Monday evening in Fort-de-France is Tuesday in UTC."""
    where = practice(hours(Weekday.MONDAY, "20:00", "21:00"), zone="America/Martinique")
    evening = slots_of(MONDAY, where, HALF_HOUR)
    assert starts(evening) == ["2026-11-24T00:00:00Z", "2026-11-24T00:30:00Z"]
    assert slots_of(date(2026, 11, 24), where, HALF_HOUR) == []
    assert offered_at(evening[1].start, where, HALF_HOUR, NONE_TAKEN, LONG_AGO) == evening[1]
    assert day_of(evening[1].start, where.zone) == MONDAY


def test_a_morning_in_noumea_is_the_evening_before_in_utc() -> None:
    where = practice(hours(Weekday.MONDAY, "08:00", "08:30"), zone="Pacific/Noumea")
    assert starts(slots_of(MONDAY, where, HALF_HOUR)) == ["2026-11-22T21:00:00Z"]


# --- Looking further ------------------------------------------------------------------------------


def test_the_next_free_day_may_be_the_last_one_of_the_horizon() -> None:
    """After twelve weeks of closure, one slot, exactly 90 days from now."""
    closed = (Closure(date(2026, 8, 24), date(2026, 11, 22)),)
    week = practice(hours(Weekday.MONDAY, "09:30", "10:00"))
    where, now = replace(week, closures=closed), NINE_THIRTY - 90 * 86400
    today, what = day_of(now, where.zone), visit(30, horizon_days=90)
    assert next_free_day(today, where, what, NONE_TAKEN, now) == MONDAY
    assert next_free_day(today, where, what, NONE_TAKEN, now - 1) is None


def test_the_next_free_day_comes_after_the_one_in_hand() -> None:
    after = next_free_day(MONDAY, MORNING, HALF_HOUR, NONE_TAKEN, LONG_AGO)
    assert after == date(2026, 11, 24)


def test_a_day_without_a_free_slot_stays_in_the_list() -> None:
    """So that a page can say of each day it was asked for that nothing is free."""
    where = practice(hours(Weekday.MONDAY, "09:00", "09:30"))
    days = [MONDAY, date(2026, 11, 24)]
    offered = open_days(days, where, HALF_HOUR, NONE_TAKEN, LONG_AGO)
    assert {day: len(slots) for day, slots in offered.items()} == {days[0]: 1, days[1]: 0}


def test_the_nearest_times_lie_on_both_sides_of_the_one_that_is_gone() -> None:
    """Two hours of half hours, the second one gone: half an hour away, then an hour."""
    gone = Busy(cells_of(NINE_THIRTY, 30))
    near = nearest(NINE_THIRTY, MORNING, HALF_HOUR, gone, LONG_AGO, most=3)
    assert clock(near, MORNING) == ["09:00", "10:00", "10:30"]


def test_of_two_times_equally_near_the_earlier_one_is_offered() -> None:
    gone = Busy(cells_of(NINE_THIRTY, 30))
    near = nearest(NINE_THIRTY, MORNING, HALF_HOUR, gone, LONG_AGO, most=1)
    assert clock(near, MORNING) == ["09:00"]


def test_a_day_of_23_hours_brings_the_day_after_it_nearer() -> None:
    """From five to midnight on Saturday, Monday's first minute is 23 hours and 5 minutes away.

    The first of Saturday's own six times lies 23 hours and 55 minutes back.
    """
    where = practice(
        hours(Weekday.SATURDAY, "00:00", "00:30"), hours(Weekday.MONDAY, "00:00", "00:05")
    )
    start = instant_of("2026-03-28T23:55+01:00")
    near = nearest(start, where, visit(5), NONE_TAKEN, start - 2 * 86400)
    assert clock(near, where) == ["00:05", "00:10", "00:15", "00:20", "00:25", "00:00"]


# --- How an instant is written --------------------------------------------------------------------


def test_an_instant_is_read_as_it_is_written() -> None:
    assert rfc3339(1_796_112_000) == "2026-12-01T08:00:00Z"  # date -u -d @1796112000
    assert parse_instant("2026-12-01T08:00:00Z") == 1_796_112_000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-12-01",
        "2026-12-01T08:00:00",
        "2026-12-01T08:00:00+00:00",
        "2026-12-01T08:00:00.000Z",
        "2026-12-01t08:00:00z",
        "2026-12-01 08:00:00Z",
        " 2026-12-01T08:00:00Z",
        "2026-12-01T08:00:00Z\n",
        "2026-02-29T08:00:00Z",
        "2026-12-01T25:00:00Z",
        "٢٠٢٦-12-01T08:00:00Z",
        "1796112000",
    ],
)
def test_an_instant_written_otherwise_is_refused(text: str) -> None:
    try:
        parse_instant(text)
    except ValueError:
        return
    pytest.fail(f"{text!r} was read")
