"""How an act on the server can end; the exit code says it to the other side."""

from enum import IntEnum


class Outcome(IntEnum):
    """The exit code of the gate, and of the verb that asked it."""

    DONE = 0
    REFUSED = 2
    """Not allowed, or not understood."""
    LOCKED = 3
    """Somebody else is at it."""
    DAMAGED = 4
    """What arrived is not what was sent, or not all of it."""
    UNFIT = 5
    """The new endpoint failed its rehearsal: nothing was switched."""
    ROLLED_BACK = 6
    """The new release was switched to, was not well, and was taken back."""
    FULL = 7
    """The disk takes no more: nothing was switched."""
    UNWELL = 8
    """What is switched to now does not answer as it should."""


class Stopped(Exception):
    """An act that ended before its end: how, and one sentence that says what to do."""

    def __init__(self, outcome: Outcome, message: str) -> None:
        super().__init__(message)
        self.outcome = outcome
