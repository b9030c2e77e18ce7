"""The cast of the core's tests: the demo practice, plain variants of it, and instants."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from booking_endpoint.availability import NONE_TAKEN, open_days
from booking_endpoint.instants import Slot
from booking_endpoint.practice import Practice, Visit
from booking_endpoint.reading import read_practice
from booking_endpoint.timetable import Hours, Weekday
from booking_endpoint.values import read_wall

FACTS = (Path(__file__).parents[2] / "content" / "practice.toml").read_text("utf-8")
DEMO = read_practice(FACTS)
CONSULTATION = DEMO.visits[0]

LONG_AGO = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
"""A `now` before every day the examples stand on."""


def instant_of(text: str) -> int:
    """The UTC seconds of an instant written as 2026-03-29T01:00, with Z or an offset after it."""
    return int(datetime.fromisoformat(text).timestamp())


def visit(minutes: int = 30, after: int = 0, before: int = 0, **more: Any) -> Visit:
    """A visit of so many minutes that may be booked at once and for years ahead."""
    lenient = {"step": before + minutes + after, "notice_hours": 0, "horizon_days": 1000}
    rest = {"minutes": minutes, "before": before, "after": after, **lenient, **more}
    return replace(CONSULTATION, **rest)


def hours(weekday: Weekday, opens: str, closes: str) -> Hours:
    at = read_wall(opens), read_wall(closes)
    return Hours(place=CONSULTATION.place, weekday=weekday, opens=at[0], closes=at[1])


def practice(*week: Hours, zone: str = "Europe/Paris", **rules: Any) -> Practice:
    """A practice with these hours, no closure, no holiday, and rules that refuse nothing."""
    lenient: dict[str, Any] = {"holidays_country": "", "no_crumbs": False}
    return replace(
        DEMO,
        zone=ZoneInfo(zone),
        hours=week,
        openings=(),
        closures=(),
        caps=(),
        rules=replace(DEMO.rules, **lenient | rules),
    )


def every_day(opens: str, closes: str) -> list[Hours]:
    return [hours(weekday, opens, closes) for weekday in Weekday]


def slots_of(day: date, where: Practice, what: Visit, now: int = LONG_AGO) -> list[Slot]:
    """All that is on offer on one day, when nothing is taken."""
    return open_days([day], where, what, NONE_TAKEN, now)[day]


def clock(slots: Iterable[Slot], where: Practice) -> list[str]:
    """What the practice's clock shows when each of these slots starts."""
    return [f"{datetime.fromtimestamp(slot.start, where.zone):%H:%M}" for slot in slots]


def cells_of(start: int, minutes: int) -> frozenset[int]:
    """The five-minute cells from an instant on, counted one by one."""
    return frozenset((start + 60 * minute) // 300 for minute in range(minutes))
