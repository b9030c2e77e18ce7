"""What holds for free times whatever the hours, the bookings, the zone and the day."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking_endpoint.availability import (
    NONE_TAKEN,
    nearest,
    next_free_day,
    offered_at,
    open_days,
    opened_on,
    phase,
    within_hours,
)
from booking_endpoint.instants import CELL, Slot, day_of
from tests.core import oracle
from tests.core.cast import LONG_AGO, every_day, instant_of, practice, slots_of, visit
from tests.core.situations import (
    Situation,
    great_promise,
    midnight,
    promise,
    situations,
    slow_promise,
)


def offered(at: Situation) -> list[Slot]:
    days = open_days(at.days, at.practice, at.visit, at.busy, at.now)
    return [slot for slots in days.values() for slot in slots]


def without_extra(at: Situation) -> Situation:
    """The same situation, with nothing opened at the desk."""
    return replace(at, busy=replace(at.busy, extra=()))


def thrifty(at: Situation, *, no_crumbs: bool) -> Situation:
    """The same situation, with the rule against crumbs or without it."""
    rules = replace(at.practice.rules, no_crumbs=no_crumbs)
    return replace(at, practice=replace(at.practice, rules=rules))


def oracle_in_horizon(at: Situation) -> list[int]:
    """All that is bookable at all, found the slow way."""
    first = day_of(at.now, at.practice.zone) - timedelta(days=1)
    days = [first + timedelta(days=n) for n in range(at.visit.horizon_days + 4)]
    return oracle.starts(days, at.practice, at.visit, at.busy, at.now)


# --- What is offered ------------------------------------------------------------------------------


@great_promise
@given(situations)
def test_what_is_offered_is_what_a_walk_through_every_minute_finds(at: Situation) -> None:
    found = oracle.starts(at.days, at.practice, at.visit, at.busy, at.now)
    assert offered(at) == [Slot(start, start + at.visit.minutes * 60) for start in found]


@promise
@given(situations)
def test_nothing_offered_touches_anything_taken(at: Situation) -> None:
    """Nobody is offered another's time, nor the minutes kept free around a visit."""
    taken = [(cell * 300, cell * 300 + 300) for cell in at.busy.cells]
    before, after = at.visit.before * 60, at.visit.after * 60
    assert not [
        (slot, start)
        for slot in offered(at)
        for start, end in taken
        if slot.start - before < end and start < slot.end + after
    ]


@promise
@given(situations)
def test_nothing_offered_lies_in_what_the_desk_has_closed(at: Situation) -> None:
    assert not [slot for slot in offered(at) if slot.meets(at.busy.closed)]


@promise
@given(situations)
def test_nothing_offered_lies_in_a_closure_of_the_facts(at: Situation) -> None:
    """Not a minute of it; save those that show a closed time for the second time that night.

    And save what the doctor opens at the desk all the same.
    """
    for slot in offered(without_extra(at)):
        for moment in range(slot.start, slot.end, 60):
            local = datetime.fromtimestamp(moment, at.practice.zone)
            wall = local.hour * 60 + local.minute
            shut = [one for one in at.practice.closures if one.first <= local.date() <= one.last]
            assert local.fold or not any(one.begins <= wall < one.ends for one in shut)


@promise
@given(situations)
def test_nothing_is_offered_outside_the_hours(at: Situation) -> None:
    """Every minute of a slot is one at which the door says open.

    Save where an hour comes twice: the practice does not shut when its clock goes back.
    """
    for slot in offered(without_extra(at)):
        shown = [
            datetime.fromtimestamp(moment, at.practice.zone)
            for moment in range(slot.start, slot.end, 60)
        ]
        doors = oracle.stretches_on(shown[0].date(), at.practice)
        assert any(
            all(
                local.fold or door.opens <= local.hour * 60 + local.minute < door.closes
                for local in shown
            )
            for door in doors
            if door.receives(at.visit.id, at.visit.place)
        )


@promise
@given(situations)
def test_whatever_is_offered_is_within_the_hours(at: Situation) -> None:
    """So that the desk never marks a booking as outside them on the day it was made."""
    extra = at.busy.extra
    assert all(within_hours(slot, at.practice, at.visit, extra) for slot in offered(at))
    assert all(within_hours(slot, at.practice, None, extra) for slot in offered(at))


@promise
@given(situations, st.lists(st.integers(-86400, 4 * 86400), max_size=30))
def test_a_time_can_be_booked_exactly_when_it_is_offered(
    at: Situation, elsewhere: list[int]
) -> None:
    on_offer = {slot.start: slot for slot in offered(at)}
    stretches = [
        opened for day in at.days for opened in opened_on(day, at.practice, at.visit, at.busy.extra)
    ]
    possible = [slot.start for opened in stretches for slot in opened.slots]
    beside = [start + off for start in on_offer for off in (-300, -1, 1, 300)]
    for start in [*possible, *beside, *(midnight(at.days[0]) + off for off in elsewhere)]:
        if day_of(start, at.practice.zone) in at.days:
            found = offered_at(start, at.practice, at.visit, at.busy, at.now)
            assert found == on_offer.get(start)


@promise
@given(situations)
def test_times_come_in_order_under_their_own_day(at: Situation) -> None:
    days = open_days(at.days, at.practice, at.visit, at.busy, at.now)
    assert list(days) == at.days
    starts = [slot.start for slot in offered(at)]
    assert starts == sorted(set(starts))
    for day, slots in days.items():
        assert all(day_of(slot.start, at.practice.zone) == day for slot in slots)


@promise
@given(situations)
def test_booking_what_is_offered_leaves_less_and_nothing_new(at: Situation) -> None:
    at = thrifty(at, no_crumbs=False)
    before = offered(at)
    for slot in before[:3]:
        cells = at.busy.cells | frozenset(slot.cells(at.visit.before, at.visit.after))
        busy = replace(at.busy, cells=cells, booked=(*at.busy.booked, slot))
        after = offered(replace(at, busy=busy))
        assert slot not in after
        assert set(after) < set(before)


# --- Crumbs ---------------------------------------------------------------------------------------


@promise
@given(situations)
def test_the_rule_against_crumbs_takes_times_away_and_never_all(at: Situation) -> None:
    """Something is offered on each day on which something is offered without the rule."""
    with_rule, without = thrifty(at, no_crumbs=True), thrifty(at, no_crumbs=False)
    assert set(offered(with_rule)) <= set(offered(without))
    for day in at.days:
        some = [bool(offered(replace(one, days=[day]))) for one in (with_rule, without)]
        assert some[0] == some[1]


# --- Looking further ------------------------------------------------------------------------------


@slow_promise
@given(situations, st.integers(-4, 8))
def test_the_next_free_day_is_the_first_on_which_anything_is_found(
    at: Situation, offset: int
) -> None:
    after = at.days[0] + timedelta(days=offset)
    days = [day_of(start, at.practice.zone) for start in oracle_in_horizon(at)]
    expected = min((day for day in days if day > after), default=None)
    assert next_free_day(after, at.practice, at.visit, at.busy, at.now) == expected


@slow_promise
@given(situations, st.integers(-9 * 86400, 9 * 86400), st.integers(1, 8))
def test_the_nearest_times_are_the_nearest_of_all(at: Situation, offset: int, most: int) -> None:
    """As if every time of the whole horizon had been looked at."""
    start = midnight(at.days[1]) + offset
    every = oracle_in_horizon(at)
    near = sorted(every, key=lambda found: (abs(found - start), found))[:most]
    slots = nearest(start, at.practice, at.visit, at.busy, at.now, most)
    assert [slot.start for slot in slots] == sorted(near)


# --- Which clock ----------------------------------------------------------------------------------


@promise
@given(situations, st.lists(st.integers(-2 * CELL, 2 * CELL), max_size=3))
def test_within_one_phase_of_the_clock_the_same_is_offered(at: Situation, offs: list[int]) -> None:
    """So a list that was worked out once may be given to whoever asks in the same phase.

    Looked at around the seconds in which notice lets a slot go, and the horizon lets it in.
    """
    before, ahead = at.visit.notice_hours * 3600, at.visit.horizon_days * 86400
    marks = [slot.start - off for slot in offered(at)[:4] for off in (before, ahead)]
    around = (-CELL, 1 - CELL, -1, 0, 1, CELL - 1, CELL, *offs)
    lists: dict[tuple[int, bool], list[Slot]] = {}
    for now in [mark + off for mark in (at.now, *marks) for off in around]:
        found = offered(replace(at, now=now))
        assert lists.setdefault(phase(now), found) == found


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
