"""Practices, visits, bookings and moments by chance, often near the days when clocks change."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st

from booking_endpoint.availability import Busy, Extra
from booking_endpoint.instants import Slot
from booking_endpoint.practice import Practice, Visit
from booking_endpoint.timetable import (
    DAY_END,
    MIDNIGHT,
    TELECONSULTATION,
    Cap,
    Closure,
    Hours,
    Opening,
    Stretch,
    Wall,
    Weekday,
    Weeks,
)
from tests.core.cast import CONSULTATION, DEMO

promise = settings(max_examples=100)
"""How often a promise about time is tried."""

slow_promise = settings(max_examples=60)
"""The same, where each try walks through every minute of many days."""

great_promise = settings(max_examples=1000)
"""The same, for the one promise on which all others stand."""

NOTABLE = {
    "Europe/Paris": [
        date(2026, 3, 29),
        date(2026, 10, 25),
        date(2027, 3, 28),
        date(2028, 2, 29),
        date(2026, 12, 28),
        date(2027, 1, 4),
        date(2028, 5, 1),
        date(2027, 5, 6),
        date(2029, 5, 8),
    ],
    "Asia/Jerusalem": [date(2026, 3, 27), date(2026, 10, 25)],
    "Africa/Cairo": [date(2026, 4, 24), date(2026, 10, 29)],
    "America/Martinique": [date(2026, 3, 29), date(2026, 12, 25)],
    "Pacific/Noumea": [date(2026, 3, 29), date(2026, 5, 14)],
    "Australia/Lord_Howe": [date(2026, 4, 5), date(2026, 10, 4)],
}
"""Days on which something happens: clocks change by an hour at night, at midnight (Cairo),
by half an hour (Lord Howe), or nowhere near; a leap day, Easter, holidays, a week 53 and the
week 1 after it."""

FIRST, LAST = date(2026, 1, 1), date(2035, 12, 31)

SHORT = "short"
"""Another visit at the same place: what is left over may still be long enough for it."""


@dataclass(frozen=True, repr=False)
class Situation:
    """All that free times depend on."""

    practice: Practice
    visit: Visit
    days: list[date]
    busy: Busy
    now: int

    def __repr__(self) -> str:
        """What differs from one situation to the next, a line each; the rest is the demo's."""
        one, what, rules = self.practice, self.visit, self.practice.rules
        lines = [
            f"{one.zone.key} {self.days[0]} to {self.days[-1]}, now {self.now}",
            f"visit {what.before}+{what.minutes}+{what.after} every {what.step} minutes, "
            f"notice {what.notice_hours} h, horizon {what.horizon_days} d",
            f"others {[visit.minutes for visit in one.visits[1:]]}, no crumbs {rules.no_crumbs}",
            f"holidays {rules.holidays_country!r} but {rules.holidays_open}",
            *map(str, (*one.hours, *one.openings, *one.closures, *one.caps)),
            str(self.busy),
        ]
        return "\n".join(lines)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Hypothesis would spell out the whole practice."""
        printer.text(repr(self))


def midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


# Every strategy is built once, and knows no day: building them anew for each try takes longer
# than the walk through the minutes.

# --- Visits and caps ------------------------------------------------------------------------------


def minutes(least: int, most: int) -> st.SearchStrategy[int]:
    """Minutes in steps of five."""
    return st.integers(least // 5, most // 5).map(lambda cells: cells * 5)


def asked_for(
    length: int, before: int, after: int, step: int, notice_hours: int, horizon_days: int
) -> Visit:
    return replace(
        CONSULTATION,
        minutes=length,
        before=before,
        after=after,
        step=step or before + length + after,
        notice_hours=notice_hours,
        horizon_days=horizon_days,
    )


buffers = st.one_of(st.just(0), minutes(0, 30))

visits = st.builds(
    asked_for,
    minutes(5, 120),
    buffers,
    buffers,
    st.one_of(st.just(0), minutes(5, 60)),
    st.sampled_from([0, 0, 1, 12, 30]),
    st.integers(2, 4),
)
"""The visit that is asked for: its buffers are often none, its step often its length."""

short_visits = minutes(5, 45).map(lambda length: replace(CONSULTATION, id=SHORT, minutes=length))

whose = st.integers(0, 2)
"""Of all visits, of the one asked for, or of the short one."""

caps = st.lists(st.tuples(st.sampled_from(["day", "week"]), st.integers(1, 4), whose), max_size=2)

# --- Hours, openings, closures --------------------------------------------------------------------

nights = st.integers(0, 60).map(lambda cell: Wall(cell * 5))
walls = st.integers(0, 288).map(lambda cell: Wall(cell * 5))


def spans(marks: st.SearchStrategy[Wall], most: int) -> st.SearchStrategy[list[tuple[Wall, Wall]]]:
    """Times of day that begin and end; no two of them overlap."""
    drawn = st.lists(marks, min_size=2, max_size=2 * most, unique=True).map(sorted)
    return drawn.map(lambda times: list(zip(times[::2], times[1::2], strict=False)))


times = st.one_of(spans(nights, 3), spans(nights, 3), spans(walls, 3))

places = st.sampled_from([CONSULTATION.place] * 7 + [TELECONSULTATION])
received = st.sampled_from(
    [frozenset[str]()] * 6 + [frozenset({CONSULTATION.id}), frozenset({SHORT})]
)
"""Most hours are for the visit that is asked for, so that there is something to find."""

near = st.integers(-16, 16).map(lambda off: timedelta(days=off))


def weekly(stretch: Stretch, day: date, **more: Any) -> Hours:
    return Hours(**fields_of(stretch), weekday=Weekday(day.weekday()), **more)


def alone(stretch: Stretch, day: date) -> Opening:
    return Opening(**fields_of(stretch), day=day)


def fields_of(stretch: Stretch) -> dict[str, Any]:
    return {field.name: getattr(stretch, field.name) for field in fields(Stretch)}


Rhythm = Callable[[Stretch, date, timedelta], list[Hours | Opening]]

RHYTHMS: list[Rhythm] = [
    lambda stretch, day, off: [weekly(stretch, day)],
    lambda stretch, day, off: [weekly(stretch, day)],
    lambda stretch, day, off: [weekly(stretch, day)],
    lambda stretch, day, off: [weekly(stretch, day, weeks=Weeks.ODD)],
    lambda stretch, day, off: [weekly(stretch, day, weeks=Weeks.EVEN)],
    lambda stretch, day, off: [
        weekly(stretch, day, weeks=Weeks.EVEN),
        weekly(replace(stretch, visits=frozenset()), day, weeks=Weeks.ODD),
    ],
    lambda stretch, day, off: [weekly(stretch, day, every_second_from=day + off)],
    lambda stretch, day, off: [weekly(stretch, day, first=day + off)],
    lambda stretch, day, off: [weekly(stretch, day, last=day + off)],
    lambda stretch, day, off: [alone(stretch, day)],
]
"""How a stretch comes back; what stands together never meets."""

doors = times.flatmap(
    lambda spans: st.tuples(
        *[
            st.tuples(st.just(span), places, received, st.sampled_from(RHYTHMS), near)
            for span in spans
        ]
    )
)
"""All that opens on one day."""

shut = st.one_of(spans(nights, 1), spans(walls, 1), st.just([(MIDNIGHT, DAY_END)]))
of_three = st.tuples(st.integers(0, 2), st.integers(0, 2)).map(sorted)
closures = st.lists(st.tuples(of_three, shut), max_size=2)
"""Whole days, or a part of one or of several."""

# --- What is taken, counted from the midnight before ----------------------------------------------

taken = st.lists(st.tuples(st.integers(0, 5 * 288), st.integers(1, 30)), max_size=8)
closed = st.lists(st.tuples(st.integers(0, 5 * 86400), st.integers(1, 9 * 3600)), max_size=2)
booked = st.lists(st.tuples(st.integers(-8 * 288, 10 * 288), st.integers(1, 2)), max_size=6)
"""Bookings of some weeks, to count: cells and lengths. Nothing asks them to lie in the hours."""
extra = st.lists(
    st.tuples(
        st.integers(0, 5 * 288),
        st.integers(1, 60),
        st.sampled_from([(), (CONSULTATION.id,), ("nobody-has-it",)]),
    ),
    max_size=2,
)
"""Hours opened at the desk: cells, how many, and for which visits."""


def busy(
    since: int,
    lengths: Sequence[int],
    taken: list[tuple[int, int]],
    closed: list[tuple[int, int]],
    booked: list[tuple[int, int]],
    extra: list[tuple[int, int, tuple[str, ...]]],
) -> Busy:
    shut = (Slot(since + second, since + second + length) for second, length in closed)
    starts = ((since + cell * 300, lengths[which - 1] * 60) for cell, which in booked)
    return Busy(
        frozenset(since // 300 + cell + more for cell, cells in taken for more in range(cells)),
        tuple(shut),
        tuple(Slot(start, start + length) for start, length in starts),
        tuple(
            Extra(Slot(since + cell * 300, since + (cell + cells) * 300), visits)
            for cell, cells, visits in extra
        ),
    )


# --- All of it ------------------------------------------------------------------------------------

zones = st.sampled_from([(zone, day) for zone, days in NOTABLE.items() for day in days])
moments = st.tuples(zones, st.one_of(st.none(), st.none(), st.dates(FIRST, LAST)))
rules = st.fixed_dictionaries(
    {
        "no_crumbs": st.booleans(),
        "holidays_country": st.sampled_from(["", "FR"]),
        "opens_on_holiday": st.booleans(),
    }
)
everything = st.tuples(
    moments,
    visits,
    short_visits,
    caps,
    st.tuples(doors, doors, doors),
    closures,
    st.tuples(taken, closed, booked, extra),
    rules,
    st.integers(-2 * 86400, 86400),
)


def situation(drawn: tuple[Any, ...]) -> Situation:
    """Three days, the middle one notable or any, and all that was drawn for them."""
    moment, visit, short, caps, doors, closures, taken, rules, now = drawn
    (zone, notable), other = moment
    middle = other or notable
    days = [middle + timedelta(days=offset) for offset in (-1, 0, 1)]
    lengths = [visit.minutes, short.minutes]
    opening = [
        one
        for day, stretches in zip(days, doors, strict=True)
        for (opens, closes), place, visits, rhythm, off in stretches
        for one in rhythm(Stretch(place=place, opens=opens, closes=closes, visits=visits), day, off)
    ]
    practice = replace(
        DEMO,
        zone=ZoneInfo(zone),
        visits=(visit, short),
        hours=tuple(one for one in opening if isinstance(one, Hours)),
        openings=tuple(one for one in opening if isinstance(one, Opening)),
        closures=tuple(Closure(days[a], days[b], *span) for (a, b), [span] in closures),
        caps=tuple(Cap(per, most, [None, *lengths][which]) for per, most, which in caps),
        rules=replace(
            DEMO.rules,
            no_crumbs=rules["no_crumbs"],
            holidays_country=rules["holidays_country"],
            holidays_open=(middle,) if rules["opens_on_holiday"] else (),
        ),
    )
    since = midnight(days[0])
    return Situation(practice, visit, days, busy(since, lengths, *taken), since + now)


situations = everything.map(situation)
