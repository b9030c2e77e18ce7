"""Lists of free times that were worked out already, kept as long as they are true."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from starlette.responses import Response

from booking_endpoint.availability import phase

MOST = 500
"""Answers kept at a time."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer, and the one for whoever has it already (304)."""

    whole: Response
    unchanged: Response
    tag: bytes


class Shelf:
    """Answers by query, for one state of the database and one phase of the clock.

    Nothing else changes what is offered, so a kept answer is exact to the second.
    """

    def __init__(self, version: Callable[[], object], clock: Callable[[], float]) -> None:
        self._version, self._clock = version, clock
        self._state: object = None
        self._answers: dict[bytes, Kept] = {}

    def state(self) -> object:
        """What answers depend on beside the query; None while the database cannot say."""
        version = self._version()
        return version and (version, phase(int(self._clock())))

    def find(self, query: bytes, headers: Iterable[tuple[bytes, bytes]]) -> Response | None:
        """The answer to a program's question, when it is here and still true."""
        if self._state is None or (kept := self._answers.get(query)) is None:
            return None
        unchanged = False
        for name, value in headers:
            if name == b"accept" and b"text/html" in value:
                return None
            unchanged = unchanged or (name == b"if-none-match" and kept.tag in value)
        if self._state != self.state():
            return None
        return kept.unchanged if unchanged else kept.whole

    def keep(self, query: bytes, kept: Kept, state: object) -> None:
        """Keep an answer that was worked out in a state; older ones are of no use any more."""
        if state is None or state != self.state():
            return
        if state != self._state or len(self._answers) >= MOST:
            self._state, self._answers = state, {}
        self._answers[query] = kept
