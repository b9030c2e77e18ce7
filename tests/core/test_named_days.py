"""Days on which calendars go wrong, by name: what the doctor wrote, and which times are offered.

Visits take half an hour. Times are those on the practice's own clock.
"""

import time
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from booking_endpoint.availability import Busy, offered_at, open_days
from booking_endpoint.instants import Slot
from booking_endpoint.practice import Practice
from booking_endpoint.reading import read_practice
from booking_endpoint.timetable import Closure
from booking_endpoint.values import read_wall
from tests.core.cast import (
    FACTS,
    LONG_AGO,
    cells_of,
    clock,
    every_day,
    instant_of,
    practice,
    slots_of,
    visit,
)

HALF_HOUR = visit(30)

NIGHTS = {
    # what happens: machine; practice; day; hours; what is offered
    "an ordinary night in Paris": (
        "UTC; Europe/Paris; 2026-03-22; 01:00 to 04:00; 01:00 01:30 02:00 02:30 03:00 03:30"
    ),
    "the clocks of Paris go forward": (
        "UTC; Europe/Paris; 2026-03-29; 01:00 to 04:00; 01:00 01:30 03:00 03:30"
    ),
    "the clocks of Paris go back": (
        "UTC; Europe/Paris; 2026-10-25; 01:00 to 04:00; 01:00 01:30 02:00 02:30 03:00 03:30"
    ),
    "the clocks of Jerusalem go forward on a Friday": (
        "UTC; Asia/Jerusalem; 2026-03-27; 01:00 to 04:00; 01:00 01:30 03:00 03:30"
    ),
    "they do not on the Sunday after": (
        "UTC; Asia/Jerusalem; 2026-03-29; 01:00 to 04:00; 01:00 01:30 02:00 02:30 03:00 03:30"
    ),
    "Easter Sunday, on which the clocks of Paris go forward": (
        "UTC; Europe/Paris; 2027-03-28; 01:00 to 04:00; 01:00 01:30 03:00 03:30"
    ),
    "Easter Monday, on which France rests": ("UTC; Europe/Paris; 2027-03-29; 01:00 to 04:00; "),
    "the 29th of February": ("UTC; Europe/Paris; 2028-02-29; 09:00 to 10:00; 09:00 09:30"),
    "hours that end at midnight": (
        "UTC; Europe/Paris; 2026-11-23; 22:30 to 24:00; 22:30 23:00 23:30"
    ),
    "hours that end at the midnight at which the clocks of Cairo go forward": (
        "UTC; Africa/Cairo; 2026-04-23; 22:30 to 24:00; 22:30 23:00 23:30"
    ),
    "hours that begin at that midnight, which is one o’clock": (
        "UTC; Africa/Cairo; 2026-04-24; 00:00 to 02:00; 01:00 01:30"
    ),
    "hours that end at the midnight that comes an hour late in Cairo": (
        "UTC; Africa/Cairo; 2026-10-29; 22:30 to 24:00; 22:30 23:00 23:30"
    ),
    "a machine in London time, a practice in Fort-de-France, on its Monday evening": (
        "UTC; America/Martinique; 2026-11-23; 20:00 to 21:00; 20:00 20:30"
    ),
    "a machine in Nouméa, a practice in Paris": (
        "Pacific/Noumea; Europe/Paris; 2026-11-23; 09:00 to 10:00; 09:00 09:30"
    ),
    "a machine in Paris, a practice in Nouméa": (
        "Europe/Paris; Pacific/Noumea; 2026-11-23; 09:00 to 10:00; 09:00 09:30"
    ),
}


@pytest.mark.parametrize("night", NIGHTS.values(), ids=NIGHTS)
def test_on_this_day_these_times_are_offered(night: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each can be booked, the last one too, and the practice's clock shows this day at each."""
    machine, zone, day, door, shown = night.split("; ")
    where = practice(*every_day(*door.split(" to ")), zone=zone, holidays_country="FR")
    with monkeypatch.context() as patch:
        patch.setenv("TZ", machine)
        time.tzset()
        slots = slots_of(date.fromisoformat(day), where, HALF_HOUR)
        found = [offered_at(one.start, where, HALF_HOUR, Busy(), LONG_AGO) for one in slots]
    time.tzset()
    assert clock(slots, where) == shown.split()
    assert found == slots
    shown_days = {datetime.fromtimestamp(one.start, where.zone).date() for one in slots}
    assert shown_days <= {date.fromisoformat(day)}


# --- What the doctor writes -----------------------------------------------------------------------

LONGEST = "horizon_days = 730"


def written(facts: str, rules: str = "") -> Practice:
    """The demo practice with these facts for its hours, booked as far ahead as one may."""
    begins, ends = FACTS.index("# --- Weekly hours"), FACTS.index("# --- Rules of booking")
    text = FACTS[:begins] + facts + FACTS[ends:]
    for old, new in (("notice_hours = 12", "notice_hours = 0"), ("horizon_days = 90", LONGEST)):
        text = text.replace(old, new)
    return read_practice(text.replace("\n[rules]", f"\n[rules]\n{rules}"))


MONDAY_MORNING = """
[[hours]]
place = "tilleuls"
weekdays = ["monday"]
opens = "09:00"
closes = "11:00"
"""

WEEKS = {
    # what is added to Monday mornings: from the Monday of week 52 on, when they are
    "": "21 Dec, 28 Dec, 04 Jan, 11 Jan, 18 Jan, 25 Jan",
    'weeks = "odd"': "28 Dec, 04 Jan, 18 Jan",  # weeks 53, 1 and 3: two in a row
    'weeks = "even"': "21 Dec, 11 Jan, 25 Jan",  # weeks 52, 2 and 4: three apart
    "every_second_from = 2026-12-21": "21 Dec, 04 Jan, 18 Jan",
    "every_second_from = 2026-12-30": "28 Dec, 11 Jan, 25 Jan",  # the Wednesday of that week
    "every_second_from = 2027-01-11": "11 Jan, 25 Jan",  # not before
    "first = 2026-12-28": "28 Dec, 04 Jan, 11 Jan, 18 Jan, 25 Jan",
    "last = 2027-01-11": "21 Dec, 28 Dec, 04 Jan, 11 Jan",
    "first = 2026-12-22\nlast = 2027-01-10": "28 Dec, 04 Jan",
    'weeks = "odd"\nfirst = 2027-01-01': "04 Jan, 18 Jan",
}


@pytest.mark.parametrize(("facts", "shown"), WEEKS.items(), ids=WEEKS)
def test_around_the_53rd_week_of_2026_these_mondays_are_offered(facts: str, shown: str) -> None:
    where = written(MONDAY_MORNING + facts + "\n")
    mondays = [date(2026, 12, 21) + timedelta(weeks=week) for week in range(6)]
    found = open_days(mondays, where, where.visits[0], Busy(), LONG_AGO)
    assert [f"{day:%d %b}" for day, slots in found.items() if slots] == shown.split(", ")


FROM_TEN = '[[closures]]\nfirst = 2028-04-24\nfrom = "10:00"\nuntil = "14:00"'
FROM_A_QUARTER_PAST = '[[closures]]\nfirst = 2028-04-24\nfrom = "10:15"'
UNTIL_TEN = '[[closures]]\nfirst = 2028-04-01\nlast = 2028-05-31\nuntil = "10:00"'
ALL_DAY = "[[closures]]\nfirst = 2028-04-24"
WORKED = "holidays_open = [2028-05-08]"


def opening(day: str, opens: str) -> str:
    return f'[[openings]]\nplace = "tilleuls"\ndate = {day}\nopens = "{opens}"\ncloses = "11:30"'


MORNINGS = {
    # the day: beside Monday mornings, the doctor wrote this, and this rule; what is offered
    "a Monday": ("2028-04-24", "", "", "09:00 09:30 10:00 10:30"),
    "closed from ten to two": ("2028-04-24", FROM_TEN, "", "09:00 09:30"),
    "weeks after that": ("2028-05-15", FROM_TEN, "", "09:00 09:30 10:00 10:30"),
    "closed from a quarter past ten": ("2028-04-24", FROM_A_QUARTER_PAST, "", "09:00 09:30"),
    "closed until ten for weeks": ("2028-05-15", UNTIL_TEN, "", "10:00 10:30"),
    "closed all day": ("2028-04-24", ALL_DAY, "", ""),
    "the first of May": ("2028-05-01", "", "", ""),
    "the first of May, with an opening": (
        "2028-05-01",
        opening("2028-05-01", "10:00"),
        "",
        "10:00 10:30 11:00",
    ),
    "the eighth of May": ("2028-05-08", "", "", ""),
    "the eighth of May, worked": ("2028-05-08", "", WORKED, "09:00 09:30 10:00 10:30"),
    "a Sunday, with an opening": (
        "2028-04-23",
        opening("2028-04-23", "10:00"),
        "",
        "10:00 10:30 11:00",
    ),
    "a Monday, with an opening after the hours": (
        "2028-04-24",
        opening("2028-04-24", "11:00"),
        "",
        "09:00 09:30 10:00 10:30 11:00",
    ),
}


@pytest.mark.parametrize(("day", "facts", "rule", "shown"), MORNINGS.values(), ids=MORNINGS)
def test_on_this_morning_these_times_are_offered(
    day: str, facts: str, rule: str, shown: str
) -> None:
    where = written(MONDAY_MORNING + facts, rule)
    now = int(datetime(2028, 4, 1, tzinfo=where.zone).timestamp())
    slots = slots_of(date.fromisoformat(day), where, where.visits[0], now)
    assert clock(slots, where) == shown.split()


def test_a_closure_of_the_hour_that_the_clocks_skip_closes_nothing() -> None:
    """From two to three on 29 March: an hour from half past one runs over it all the same."""
    night = practice(*every_day("01:30", "04:00"))
    closure = Closure(date(2026, 3, 29), date(2026, 3, 29), read_wall("02:00"), read_wall("03:00"))
    shut = replace(night, closures=(closure,))
    assert clock(slots_of(date(2026, 3, 29), shut, visit(60)), shut) == ["01:30"]


# --- What others have booked ----------------------------------------------------------------------

MONDAY = date(2026, 11, 23)

TWO_A_DAY = '[[caps]]\nper = "day"\nmost = 2'
TWO_A_WEEK = '[[caps]]\nper = "week"\nmost = 2'
ONE_SHORT_A_DAY = '[[caps]]\nper = "day"\nmost = 1\nminutes = 30'
ONE_LONG_A_DAY = '[[caps]]\nper = "day"\nmost = 1\nminutes = 40'

CAPS = {
    # the rule; half hours that others have booked, from Monday 23 November on; what is offered
    "no rule": ("", "23T09:00", "09:30 10:00 10:30"),
    "two a day, one booked": (TWO_A_DAY, "23T09:00", "09:30 10:00 10:30"),
    "two a day, both booked": (TWO_A_DAY, "23T09:00 23T10:30", ""),
    "two a day, one of them tomorrow": (TWO_A_DAY, "23T09:00 24T09:00", "09:30 10:00 10:30"),
    "two a week, the second on Sunday": (TWO_A_WEEK, "23T09:00 29T23:30", ""),
    "two a week, the second next Monday": (
        TWO_A_WEEK,
        "23T09:00 30T00:00",
        "09:30 10:00 10:30",
    ),
    "one of half an hour a day": (ONE_SHORT_A_DAY, "23T09:00", ""),
    "one of forty minutes a day": (ONE_LONG_A_DAY, "23T09:00", "09:30 10:00 10:30"),
}


@pytest.mark.parametrize(("cap", "taken", "shown"), CAPS.values(), ids=CAPS)
def test_when_others_have_booked_these_times_are_offered(cap: str, taken: str, shown: str) -> None:
    where = written(f"{MONDAY_MORNING}\n{cap}\n")
    found = open_days([MONDAY], where, where.visits[0], bookings(taken), LONG_AGO)
    assert clock(found[MONDAY], where) == shown.split()


def bookings(taken: str) -> Busy:
    """Half hours that others have booked in November 2026."""
    starts = [instant_of(f"2026-11-{text}+01:00") for text in taken.split()]
    cells = frozenset[int]().union(*(cells_of(start, 30) for start in starts))
    return Busy(cells, booked=tuple(Slot(start, start + 1800) for start in starts))


CRUMBS = {
    # what is booked: what is offered every ten minutes without the rule, and with it
    "": (
        "09:00 09:10 09:20 09:30 09:40 09:50 10:00 10:10 10:20 10:30",
        "09:00 09:20 09:30 09:40 09:50 10:00 10:10 10:30",
    ),
    # the doctor's shortest visit takes twenty minutes: ten are a crumb
    "23T09:30": ("09:00 10:00 10:10 10:20 10:30", "09:00 10:00 10:30"),
    # where every time leaves a crumb, the smallest ones do
    "23T09:40": ("09:00 09:10 10:10 10:20 10:30", "09:00 09:10 10:10 10:30"),
}


@pytest.mark.parametrize(("taken", "without", "with_rule"), [(k, *v) for k, v in CRUMBS.items()])
def test_times_that_leave_crumbs_are_not_offered_where_that_can_be_helped(
    taken: str, without: str, with_rule: str
) -> None:
    for rule, shown in (("false", without), ("true", with_rule)):
        where = written(MONDAY_MORNING, f"no_crumbs = {rule}\n")
        what = visit(30, step=10)
        found = open_days([MONDAY], where, what, bookings(taken), LONG_AGO)
        assert clock(found[MONDAY], where) == shown.split()
