"""What was measured, and how it stands to its goals, as a page of Markdown."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import isfinite


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal: what was wanted, what was measured, and why it came so."""

    what: str
    wanted: str
    measured: str
    reached: bool | None
    by: str
    why: str

    @property
    def row(self) -> str:
        told = "not measured" if self.reached is None else "reached" if self.reached else "missed"
        by = f", {self.by}" if self.by else ""
        return cells(self.what, self.wanted, self.measured, f"{told}{by}", self.why)


@dataclass
class Result:
    """What one benchmark found: its goals, and a table of all it saw."""

    title: str
    goals: list[Goal] = field(default_factory=list)
    columns: tuple[str, ...] = ()
    rows: list[tuple[str, ...]] = field(default_factory=list)
    note: str = ""


def at_least(what: str, value: float, wanted: float, unit: str, why: str) -> Goal:
    """The more the better."""
    by = f"{value / wanted:.2f} of the goal"
    return Goal(
        what, f"≥ {number(wanted)}{unit}", f"{number(value)}{unit}", value >= wanted, by, why
    )


def at_most(what: str, value: float, wanted: float, unit: str, why: str) -> Goal:
    """The less the better."""
    by = f"{value / wanted:.2f} of what it may be" if wanted else ""
    sign = "<" if wanted else "="
    reached = value < wanted if wanted else value == 0
    return Goal(what, f"{sign} {number(wanted)}{unit}", f"{number(value)}{unit}", reached, by, why)


def unmeasured(what: str, wanted: str, why: str) -> Goal:
    return Goal(what, wanted, "–", None, "", why)


def number(value: float) -> str:
    """Three digits that mean something: 0.083, 12.4, 1,430; a dash for what is no number."""
    if not isfinite(value):
        return "–"
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.{3 if abs(value) < 0.1 else 2 if abs(value) < 10 else 1}f}"


def page(results: Iterable[Result], machine: str, day: str, command: str, seconds: float) -> str:
    """The whole of docs/BENCH.md."""
    return "\n".join(_page(list(results), machine, day, command, seconds))


def _page(
    results: list[Result], machine: str, day: str, command: str, seconds: float
) -> Iterator[str]:
    yield "# What was measured\n"
    yield f"Written by `{command}` on {day}, in {seconds:.0f} s; do not edit by hand."
    yield f"\nMachine: {machine}.\n"
    yield "Both sides of every ratio ran in this one run, in turns. Only ratios carry over to"
    yield "another machine; the figures themselves are this one’s."
    for result in results:
        yield from section(result)


def section(result: Result) -> Iterator[str]:
    yield f"\n## {result.title}\n"
    if result.note:
        yield f"{result.note}\n"
    if result.goals:
        yield from header("goal", "wanted", "measured", "", "why")
        yield from (goal.row for goal in result.goals)
        yield ""
    if result.rows:
        yield from header(*result.columns)
        yield from (cells(*row) for row in result.rows)


def header(*names: str) -> Iterator[str]:
    yield cells(*names)
    yield cells(*("---" for _ in names)).replace(" ", "")


def cells(*texts: str) -> str:
    return f"| {' | '.join(texts)} |"
