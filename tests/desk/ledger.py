"""What a week at the practice should come to, kept by hand. Knows no code of ours.

Hours, lengths and holidays are written down once more, as they stand on the door; times are
the practice's own, and the standard library alone turns them into instants.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
MINUTES = {"consultation": 30, "pregnancy": 30, "colposcopy": 40 + 5}
"""How long nobody else can come."""

MORNING, AFTERNOON = ("09:00", "12:30"), ("14:00", "18:30")
DOORS = {0: [MORNING, AFTERNOON], 1: [MORNING], 3: [MORNING, AFTERNOON], 4: [("08:30", "13:00")]}
"""When somebody can come for a consultation; Monday is 0."""

EASTER_MONDAY = date(2027, 3, 29)
NOTICE = timedelta(hours=12)

STATES = {"cancelled": "Annulé", "requested": "Attend votre accord"}


def paris(text: str) -> datetime:
    """A time on the door, written as `2027-03-30 10:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


@dataclass
class Line:
    """One visit, as somebody with a pencil would have it."""

    name: str
    phone: str
    visit: str
    when: datetime
    state: str = "confirmed"
    moved: bool = False
    absent: bool = False

    @property
    def clock(self) -> str:
        return f"{self.when:%H:%M}"

    @property
    def instant(self) -> str:
        return f"{self.when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


@dataclass
class Ledger:
    """Everybody who ever booked, and the hours that are closed."""

    lines: list[Line] = field(default_factory=list)
    closed: list[tuple[datetime, datetime]] = field(default_factory=list)

    def book(self, name: str, phone: str, visit: str, when: str, state: str = "confirmed") -> Line:
        self.lines.append(Line(name, phone, visit, paris(when), state))
        return self.lines[-1]

    def of(self, name: str) -> Line:
        [line] = [line for line in self.lines if line.name == name]
        return line

    def move(self, name: str, when: str) -> None:
        line = self.of(name)
        line.when, line.moved = paris(when), True

    def day(self, day: str, *, marks: bool) -> list[tuple[str, str, list[str]]]:
        """What the agenda of a day says: when, who, and each state; `marks` of one desk alone."""
        lines = sorted(self._on(date.fromisoformat(day)), key=lambda line: line.when)
        return [(line.clock, line.name, [*said(line, marks=marks)]) for line in lines]

    def sheet(self, day: str) -> list[tuple[str, str, str]]:
        """What a day on paper says: when, who, and the phone, of all who stand."""
        lines = sorted(self._on(date.fromisoformat(day)), key=lambda line: line.when)
        return [(one.clock, one.name, one.phone) for one in lines if one.state != "cancelled"]

    def opened(self) -> dict[str, tuple[str, str, str]]:
        """What envelopes and server say together: when, what for, in which state, by name."""
        return {line.name: (line.instant, line.visit, line.state) for line in self.lines}

    def free(self, first: str, days: int, now: datetime) -> dict[str, list[str]]:
        """The instants at which a consultation is to be had, by day."""
        start = date.fromisoformat(first)
        found = {start + timedelta(days=n): list[str]() for n in range(days)}
        for day, starts in found.items():
            starts += [
                f"{begins.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
                for begins in grid(day)
                if begins.astimezone(UTC) - now >= NOTICE and not self._taken(begins)
            ]
        return {str(day): starts for day, starts in found.items() if starts}

    def _on(self, day: date) -> list[Line]:
        return [line for line in self.lines if line.when.date() == day]

    def _taken(self, begins: datetime) -> bool:
        ends = begins + timedelta(minutes=30)
        busy = [
            (line.when, line.when + timedelta(minutes=MINUTES[line.visit]))
            for line in self.lines
            if line.state != "cancelled"
        ]
        return any(one < ends and begins < other for one, other in [*busy, *self.closed])


def said(line: Line, *, marks: bool) -> Iterator[str]:
    if line.state in STATES or line.moved:
        yield STATES.get(line.state, "Déplacé")
    if line.absent and marks:
        yield "Non venu(e)"


def grid(day: date) -> Iterator[datetime]:
    """Every half hour that the door holds whole."""
    for opens, closes in [] if day == EASTER_MONDAY else DOORS.get(day.weekday(), []):
        at = datetime.combine(day, time.fromisoformat(opens), PARIS)
        while at + timedelta(minutes=30) <= datetime.combine(
            day, time.fromisoformat(closes), PARIS
        ):
            yield at
            at += timedelta(minutes=30)
