"""Practices, visits, bookings and moments by chance, often near the days when clocks change."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st

from booking_endpoint.practice import (
    TELECONSULTATION,
    Closure,
    Hours,
    Practice,
    Visit,
    Wall,
    Weekday,
)
from tests.core.cast import CONSULTATION, DEMO, cells_of

promise = settings(max_examples=60, deadline=None)
"""How often a promise about time is tried."""

slow_promise = settings(max_examples=40, deadline=None)
"""The same, where each try walks through every minute of some days."""

NOTABLE = {
    "Europe/Paris": [date(2026, 3, 29), date(2026, 10, 25), date(2027, 3, 28), date(2028, 2, 29)],
    "Asia/Jerusalem": [date(2026, 3, 27), date(2026, 10, 25)],
    "Africa/Cairo": [date(2026, 4, 24), date(2026, 10, 29)],
    "America/Martinique": [date(2026, 3, 29), date(2026, 12, 25)],
    "Pacific/Noumea": [date(2026, 3, 29), date(2026, 5, 14)],
    "Australia/Lord_Howe": [date(2026, 4, 5), date(2026, 10, 4)],
}
"""Days on which something happens: clocks change by an hour at night, at midnight (Cairo),
by half an hour (Lord Howe), or nowhere near; a leap day, Easter, holidays."""


@dataclass(frozen=True)
class Situation:
    """All that free times depend on."""

    practice: Practice
    visit: Visit
    days: list[date]
    busy: frozenset[int]
    now: int


def midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


nights = st.integers(0, 60).map(lambda cell: Wall(cell * 5))
walls = st.integers(0, 288).map(lambda cell: Wall(cell * 5))

stretches = st.sampled_from([nights, nights, walls]).flatmap(
    lambda marks: st.lists(marks, min_size=2, max_size=6, unique=True).map(
        lambda drawn: list(zip(sorted(drawn)[::2], sorted(drawn)[1::2], strict=False))
    )
)
"""Opening and closing times of a day; no two of them overlap."""

places = st.sampled_from([CONSULTATION.place] * 7 + [TELECONSULTATION])
received = st.sampled_from(
    [frozenset[str]()] * 6 + [frozenset({CONSULTATION.id}), frozenset({"contraception"})]
)
"""Most hours are for the visit that is asked for, so that there is something to find."""

visits = st.builds(
    lambda cells, buffer: replace(CONSULTATION, minutes=cells * 5, buffer=buffer * 5),
    st.integers(1, 24),
    st.integers(0, 6),
)


@st.composite
def weeks(draw: st.DrawFn, days: Sequence[date]) -> tuple[Hours, ...]:
    """Hours on the weekdays of these days."""
    week = []
    for weekday in sorted({Weekday(day.weekday()) for day in days}):
        for opens, closes in draw(stretches):
            week.append(Hours(draw(places), weekday, opens, closes, draw(received)))
    return tuple(week)


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    zone, notable = draw(st.sampled_from(list(NOTABLE.items())))
    anywhere = st.dates(date(2026, 1, 1), date(2035, 12, 31))
    first = draw(
        st.one_of(st.sampled_from(notable), st.sampled_from(notable), anywhere)
    ) - timedelta(days=1)
    days = [first + timedelta(days=offset) for offset in range(3)]
    closed = draw(st.sampled_from([[], [], [], [], [], days[:1], days[1:]]))
    rules = replace(
        DEMO.rules,
        notice_hours=draw(st.sampled_from([0, 0, 1, 12, 30])),
        horizon_days=draw(st.integers(2, 4)),
        holidays_country=draw(st.sampled_from(["", "FR"])),
    )
    practice = replace(
        DEMO,
        zone=ZoneInfo(zone),
        hours=draw(weeks(days)),
        closures=tuple(Closure(closed[0], closed[-1]) for _ in closed[:1]),
        rules=rules,
    )
    bookings = st.builds(
        lambda cell, cells: cells_of(midnight(first) + cell * 300, cells * 5),
        st.integers(0, 5 * 288),
        st.integers(1, 30),
    )
    return Situation(
        practice=practice,
        visit=draw(visits),
        days=days,
        busy=frozenset[int]().union(*draw(st.lists(bookings, max_size=10))),
        now=midnight(first) + draw(st.integers(-2 * 86400, 86400)),
    )
