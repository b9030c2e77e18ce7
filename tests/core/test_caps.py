"""How many bookings a day or a week holds: never more, whatever the order, and the clocks."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking_endpoint.availability import NONE_TAKEN, Busy, Limit, limits, open_days
from booking_endpoint.instants import Slot, day_of
from booking_endpoint.practice import Practice, Visit
from booking_endpoint.timetable import Cap
from tests.core.cast import LONG_AGO, every_day, instant_of, practice, visit
from tests.core.oracle_days import monday_of
from tests.core.situations import Situation, promise, situations, zones

HALF_HOUR, HOUR = visit(30), visit(60)
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
WEEK = [MONDAY + timedelta(days=off) for off in range(8)]


def capped(*caps: Cap) -> Practice:
    return replace(practice(*every_day("09:00", "12:00")), caps=caps)


def booked(*texts: str, minutes: int = 30) -> Busy:
    """Bookings that count and stand in nobody's way."""
    starts = [instant_of(f"{text}+01:00") for text in texts]
    return Busy(booked=tuple(Slot(start, start + minutes * 60) for start in starts))


def days_open(where: Practice, busy: Busy, what: Visit = HALF_HOUR) -> list[int]:
    """The days of the month, of a week and its next Monday, on which something is on offer."""
    days = open_days(WEEK, where, what, busy, LONG_AGO)
    return [day.day for day, slots in days.items() if slots]


def span_of(limit: Limit) -> str:
    """When a limit's period begins and ends, in UTC."""
    ends = (datetime.fromtimestamp(at, UTC) for at in (limit.span.start, limit.span.end))
    return " to ".join(f"{at:%m-%d %H:%M}" for at in ends)


# --- A plain day ----------------------------------------------------------------------------------


def test_a_full_day_offers_nothing_and_the_next_one_does() -> None:
    where = capped(Cap("day", 2))
    assert days_open(where, booked("2026-11-23T09:00"))[0] == 23
    assert days_open(where, booked("2026-11-23T09:00", "2026-11-23T11:00"))[0] == 24


def test_a_full_week_offers_nothing_until_the_next_monday() -> None:
    busy = booked("2026-11-23T09:00", "2026-11-29T09:00")
    assert days_open(capped(Cap("week", 2)), busy) == [30]
    assert len(days_open(capped(Cap("week", 3)), busy)) == 8


def test_the_week_before_does_not_count() -> None:
    assert len(days_open(capped(Cap("week", 1)), booked("2026-11-22T11:30"))) == 8


def test_a_cap_of_one_length_counts_that_length_alone_and_holds_it_alone() -> None:
    where = capped(Cap("day", 1, minutes=60))
    assert days_open(where, booked("2026-11-23T09:00", minutes=60), HOUR)[0] == 24
    assert days_open(where, booked("2026-11-23T09:00", minutes=60), HALF_HOUR)[0] == 23
    assert days_open(where, booked("2026-11-23T09:00", minutes=30), HOUR)[0] == 23


def test_a_cap_that_is_written_twice_counts_a_booking_once() -> None:
    where = capped(Cap("day", 2), Cap("day", 2))
    assert days_open(where, booked("2026-11-23T09:00"))[0] == 23


def test_a_booking_counts_on_the_day_of_the_practice() -> None:
    """Half past midnight on Tuesday in Paris is still Monday in UTC."""
    where = capped(Cap("day", 1))
    assert days_open(where, booked("2026-11-24T00:30"))[:2] == [23, 25]


def test_a_full_day_that_loses_a_booking_is_open_again() -> None:
    where = capped(Cap("day", 1))
    assert days_open(where, booked("2026-11-23T09:00"))[0] == 24
    assert days_open(where, NONE_TAKEN)[0] == 23


# --- Always ---------------------------------------------------------------------------------------


@promise
@given(situations, st.randoms(use_true_random=False))
def test_however_bookings_come_no_cap_is_exceeded(at: Situation, chance: Random) -> None:
    """Whatever is on offer is booked, one after another, until nothing is."""
    for _ in range(12):
        days = open_days(at.days, at.practice, at.visit, at.busy, at.now)
        slots = [slot for found in days.values() for slot in found]
        if not slots:
            break
        slot = chance.choice(slots)
        before = standing(at, slot)
        cells = at.busy.cells | frozenset(slot.cells(at.visit.before, at.visit.after))
        at = replace(at, busy=replace(at.busy, cells=cells, booked=(*at.busy.booked, slot)))
        for cap, count in standing(at, slot).items():
            assert count == before[cap] + 1 <= cap.most


def standing(at: Situation, slot: Slot) -> Counter[Cap]:
    """How many bookings stand under each cap on this slot, as its limits in instants count them.

    It is the store that counts this way, within the transaction in which it writes.
    """
    found: Counter[Cap] = Counter()
    for limit in set(limits(slot, at.practice, at.visit)):
        within = (one for one in at.busy.booked if limit.span.start <= one.start < limit.span.end)
        found[limit.cap] = sum(limit.cap.counts((one.end - one.start) // 60) for one in within)
    return found


@promise
@given(zones, st.integers(-8, 8), st.integers(0, 24 * 60 - 1))
def test_a_limit_spans_the_whole_days_of_the_practice_that_hold_the_slot(
    drawn: tuple[str, date], off: int, minute: int
) -> None:
    """Of 23 hours, of 25, or at midnight: nobody's booking lies between two periods."""
    zone, notable = drawn
    where = replace(capped(Cap("day", 1), Cap("week", 1)), zone=ZoneInfo(zone))
    midnight = datetime(notable.year, notable.month, notable.day, tzinfo=UTC)
    start = int((midnight + timedelta(days=off, minutes=minute)).timestamp())
    for limit in limits(Slot(start, start + 1800), where, HALF_HOUR):
        assert limit.span.start <= start < limit.span.end
        today = day_of(start, where.zone)
        days = [today] if limit.cap.per == "day" else week_of(today)
        assert day_of(limit.span.start, where.zone) == days[0]
        assert day_of(limit.span.start - 1, where.zone) == days[0] - timedelta(days=1)
        assert day_of(limit.span.end - 1, where.zone) == days[-1]
        assert day_of(limit.span.end, where.zone) == days[-1] + timedelta(days=1)


def week_of(day: date) -> list[date]:
    return [monday_of(day) + timedelta(days=off) for off in range(7)]


@pytest.mark.parametrize(
    ("slot", "day", "week"),
    [
        ("2026-03-29T09:00+02:00", "03-28 23:00 to 03-29 22:00", "03-22 23:00 to 03-29 22:00"),
        ("2026-10-25T09:00+01:00", "10-24 22:00 to 10-25 23:00", "10-18 22:00 to 10-25 23:00"),
        ("2026-11-23T00:00+01:00", "11-22 23:00 to 11-23 23:00", "11-22 23:00 to 11-29 23:00"),
        ("2026-11-29T23:55+01:00", "11-28 23:00 to 11-29 23:00", "11-22 23:00 to 11-29 23:00"),
        ("2027-01-01T09:00+01:00", "12-31 23:00 to 01-01 23:00", "12-27 23:00 to 01-03 23:00"),
    ],
    ids=["23 hours", "25 hours", "first minute of a week", "last minute of a week", "week 53"],
)
def test_the_day_and_the_week_of_a_slot_in_paris(slot: str, day: str, week: str) -> None:
    """In UTC, from midnight to midnight and from Monday to Monday on the door's clock."""
    start = instant_of(slot)
    found = limits(Slot(start, start + 1800), capped(Cap("day", 5), Cap("week", 20)), HALF_HOUR)
    assert [span_of(limit) for limit in found] == [day, week]


def test_a_limit_of_another_length_does_not_concern_a_visit() -> None:
    where, slot = capped(Cap("day", 5, minutes=60)), Slot(LONG_AGO, LONG_AGO + 1800)
    assert limits(slot, where, HALF_HOUR) == ()
    assert len(limits(slot, where, HOUR)) == 1


def test_weeks_follow_one_another_without_a_gap() -> None:
    """A year of Sundays, the weeks of 167 and of 169 hours included."""
    where = capped(Cap("week", 1))
    sundays = [date(2026, 1, 4) + timedelta(weeks=week) for week in range(53)]
    starts = [instant_of(f"{day}T12:00Z") for day in sundays]
    found = [limits(Slot(at, at + 1800), where, HALF_HOUR)[0].span for at in starts]
    assert all(one.end == other.start for one, other in pairwise(found))
    assert Counter((one.end - one.start) // 3600 for one in found) == {168: 51, 167: 1, 169: 1}
