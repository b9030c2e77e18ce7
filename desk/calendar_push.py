"""Busy times -> closures of the endpoint, whose words tell nothing. Knows no calendar.

It makes closures and undoes its own. No act of it names a booking: a calendar cannot delete one.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from booking_endpoint.instants import Slot, parse_instant, rfc3339

Act = dict[str, str]
"""A line of `acts`, as docs/DESIGN.md has it."""

WORD = "calendar-"
"""What the words of our closures begin with; chance does the rest."""


AT_ONCE = 200
"""Acts sent together."""


class NotPushed(RuntimeError):
    """The server did not close everything, so nothing was opened: no gap came to be."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """How many closures were made, undone, and left as they were."""

    closed: int
    opened: int
    kept: int


def push(
    lines: Iterable[str],
    act: Callable[[Sequence[Act]], Sequence[str]],
    wanted: Iterable[Slot],
    chance: Callable[[int], bytes],
) -> Pushed:
    """Let our closures be these slots. All that is new is closed before anything is opened.

    `lines` are those of `list`; `act` does acts and says what became of each. Raises
    NotPushed, and what those two raise; doing it again mends all.
    """
    there = closures(lines)
    closing, opening = difference(there, set(wanted))
    acts = [{"act": "close", "word": WORD + chance(8).hex(), **told(slot)} for slot in closing]
    if any(set(act(some)) != {"done"} for some in few(acts)):
        raise NotPushed
    for some in few([{"act": "open", "word": word} for word in opening]):
        act(some)
    return Pushed(len(closing), len(opening), len(there) - len(opening))


def few(acts: Sequence[Act]) -> list[Sequence[Act]]:
    """The same in their order, so many at once that a slow server keeps answering."""
    return [acts[first : first + AT_ONCE] for first in range(0, len(acts), AT_ONCE)]


def told(slot: Slot) -> Act:
    return {"start": rfc3339(slot.start), "end": rfc3339(slot.end)}


def closures(lines: Iterable[str]) -> dict[str, Slot]:
    """Our closures among the lines of `list`, by their words. The desk's own are not ours."""
    found = dict[str, Slot]()
    for line in lines:
        try:
            match json.loads(line):
                case {"word": str(word), "start": str(start), "end": str(end)}:
                    if word.startswith(WORD):
                        found[word] = Slot(parse_instant(start), parse_instant(end))
        except (ValueError, RecursionError):
            continue
    return found


def difference(there: Mapping[str, Slot], wanted: set[Slot]) -> tuple[list[Slot], list[str]]:
    """What to close, and the words to open; of two closures of one time, one is kept."""
    keeping = {slot: word for word, slot in there.items() if slot in wanted}
    opening = [word for word, slot in there.items() if keeping.get(slot) != word]
    return sorted(wanted - keeping.keys()), opening
