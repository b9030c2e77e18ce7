"""What holds for free times whatever the hours, the bookings, the zone and the day."""

import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking_endpoint.availability import (
    NONE_TAKEN,
    Slot,
    day_of,
    nearest,
    next_free_day,
    offered_at,
    open_days,
    slots_on,
)
from tests.core import oracle
from tests.core.cast import LONG_AGO, every_day, instant_of, practice, slots_of, visit
from tests.core.situations import Situation, midnight, promise, situations, slow_promise


def offered(at: Situation) -> list[Slot]:
    days = open_days(at.days, at.practice, at.visit, at.busy, at.now)
    return [slot for slots in days.values() for slot in slots]


def oracle_in_horizon(at: Situation) -> list[int]:
    """All that is bookable at all, found the slow way."""
    first = day_of(at.now, at.practice.zone) - timedelta(days=1)
    days = [first + timedelta(days=n) for n in range(at.practice.rules.horizon_days + 4)]
    return oracle.starts(days, at.practice, at.visit, at.busy, at.now)


@slow_promise
@given(situations())
def test_what_is_offered_is_what_a_walk_through_every_minute_finds(at: Situation) -> None:
    found = oracle.starts(at.days, at.practice, at.visit, at.busy, at.now)
    assert offered(at) == [Slot(start, start + at.visit.minutes * 60) for start in found]


@promise
@given(situations())
def test_nothing_offered_touches_anything_taken(at: Situation) -> None:
    """Nobody is offered another's time, nor the minutes kept free after a visit."""
    taken = [(cell * 300, cell * 300 + 300) for cell in at.busy]
    kept = at.visit.buffer * 60
    assert not [
        (slot, start)
        for slot in offered(at)
        for start, end in taken
        if slot.start < end and start < slot.end + kept
    ]


@promise
@given(situations())
def test_nothing_is_offered_outside_the_hours(at: Situation) -> None:
    """Every minute of a slot is one at which the door says open.

    Save where an hour comes twice: the practice does not shut when its clock goes back.
    """
    doors = [hours for hours in at.practice.hours if hours.receives(at.visit)]
    for slot in offered(at):
        shown = [
            datetime.fromtimestamp(moment, at.practice.zone)
            for moment in range(slot.start, slot.end, 60)
        ]
        assert any(
            all(
                local.fold
                or (
                    local.weekday() == hours.weekday
                    and hours.opens <= local.hour * 60 + local.minute < hours.closes
                )
                for local in shown
            )
            for hours in doors
        )


@promise
@given(situations(), st.lists(st.integers(-86400, 4 * 86400), max_size=30))
def test_a_time_can_be_booked_exactly_when_it_is_offered(
    at: Situation, elsewhere: list[int]
) -> None:
    on_offer = {slot.start: slot for slot in offered(at)}
    possible = [slot.start for day in at.days for slot in slots_on(day, at.practice, at.visit)]
    for start in [*possible, *(midnight(at.days[0]) + off for off in elsewhere)]:
        if day_of(start, at.practice.zone) in at.days:
            found = offered_at(start, at.practice, at.visit, at.busy, at.now)
            assert found == on_offer.get(start)


@promise
@given(situations())
def test_times_come_in_order_under_their_own_day(at: Situation) -> None:
    days = open_days(at.days, at.practice, at.visit, at.busy, at.now)
    assert list(days) == at.days
    starts = [slot.start for slot in offered(at)]
    assert starts == sorted(set(starts))
    for day, slots in days.items():
        assert all(day_of(slot.start, at.practice.zone) == day for slot in slots)


@promise
@given(situations())
def test_booking_what_is_offered_leaves_less_and_nothing_new(at: Situation) -> None:
    before = offered(at)
    for slot in before[:3]:
        busy = at.busy | frozenset(slot.cells(at.visit.buffer))
        days = open_days(at.days, at.practice, at.visit, busy, at.now)
        after = [slot for slots in days.values() for slot in slots]
        assert slot not in after
        assert set(after) < set(before)


@slow_promise
@given(situations(), st.integers(-4, 8))
def test_the_next_free_day_is_the_first_on_which_anything_is_found(
    at: Situation, offset: int
) -> None:
    after = at.days[0] + timedelta(days=offset)
    days = [day_of(start, at.practice.zone) for start in oracle_in_horizon(at)]
    expected = min((day for day in days if day > after), default=None)
    assert next_free_day(after, at.practice, at.visit, at.busy, at.now) == expected


@slow_promise
@given(situations(), st.integers(-9 * 86400, 9 * 86400), st.integers(1, 8))
def test_the_nearest_times_are_the_nearest_of_all(at: Situation, offset: int, most: int) -> None:
    """As if every time of the whole horizon had been looked at."""
    start = midnight(at.days[1]) + offset
    every = oracle_in_horizon(at)
    near = sorted(every, key=lambda found: (abs(found - start), found))[:most]
    slots = nearest(start, at.practice, at.visit, at.busy, at.now, most)
    assert [slot.start for slot in slots] == sorted(near)


@pytest.fixture(params=["UTC", "Pacific/Noumea", "America/Martinique", "Europe/Paris"])
def viewers_zone(request: pytest.FixtureRequest) -> Iterator[str]:
    """This process as a machine in another zone has it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield request.param
    time.tzset()


@pytest.mark.usefixtures("viewers_zone")
def test_the_zone_of_the_machine_changes_nothing() -> None:
    """Three slots of a Monday evening in Jerusalem, in summer, two hours before UTC's midnight."""
    where = practice(*every_day("22:30", "24:00"), zone="Asia/Jerusalem")
    slots = slots_of(date(2026, 7, 13), where, visit(30))
    assert slots[0].start == instant_of("2026-07-13T19:30Z")
    assert len(slots) == 3
    assert offered_at(slots[-1].start, where, visit(30), NONE_TAKEN, LONG_AGO) == slots[-1]
