"""Instants and walls: the one room where a time on the door becomes UTC seconds, and back."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from booking_endpoint.timetable import CELL_MINUTES, Wall

MINUTE, HOUR, DAY = 60, 3600, 86400
CELL = CELL_MINUTES * MINUTE


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A start and an end, half open, in UTC seconds since 1970."""

    start: int
    end: int

    def cells(self, before: int = 0, after: int = 0) -> range:
        """The cells this slot takes, with so many minutes kept free before and after it."""
        first, end = self.start - before * MINUTE, self.end + after * MINUTE
        return range(first // CELL, -(-end // CELL))

    def meets(self, others: Iterable["Slot"]) -> bool:
        """Whether it overlaps one of these."""
        return any(self.start < other.end and other.start < self.end for other in others)

    def without(self, others: Iterable["Slot"]) -> Iterator["Slot"]:
        """What is left of it between the others, earliest first."""
        start = self.start
        for other in sorted(others):
            if start < min(other.start, self.end):
                yield Slot(start, min(other.start, self.end))
            start = max(start, other.end)
        if start < self.end:
            yield Slot(start, self.end)


def rfc3339(moment: int) -> str:
    """An instant as the interface writes it: 2026-12-01T08:00:00Z."""
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%SZ}"


def parse_instant(text: str) -> int:
    """UTC seconds of an instant the interface wrote; raises ValueError for any other text."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text, re.ASCII):
        raise ValueError
    return int(datetime.fromisoformat(text).timestamp())


def instant(day: date, wall: Wall, zone: ZoneInfo) -> int | None:
    """The instant (UTC seconds) at which the door's clock shows this time on this day.

    The one place where wall time becomes an instant. A time that the clocks skip in
    spring has none; of a time that comes twice in autumn, the first (PEP 495, fold 0).
    """
    local = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(minutes=wall)
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        return None
    return int(moment.timestamp())


def edge(day: date, wall: Wall, zone: ZoneInfo) -> int:
    """As `instant`; a skipped time is the moment at which the clocks jumped over it."""
    while (moment := instant(day, wall, zone)) is None:
        wall = Wall(wall + CELL_MINUTES)
    return moment


def day_of(moment: int, zone: ZoneInfo) -> date:
    """The practice's day on which this instant falls, wherever the viewer sits."""
    return datetime.fromtimestamp(moment, zone).date()


def days_between(first: date, last: date) -> Iterator[date]:
    """Each day from the first to the last, both included."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)
