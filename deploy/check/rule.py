"""A rule: what it asks, who says so, and how it looks. Knows none of the rules."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from deploy.check.context import Looks


class Severity(StrEnum):
    """An error fails the check; a warning asks somebody to look."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the catalogue."""

    id: str
    jurisdiction: str
    """`FR`: asked of a doctor who practises in France; `EU`: of everybody."""
    severity: Severity
    source: str
    """Where it is written, in the words by which lawyers find it."""
    looks: Looks
    say: str
    """What to do: a message of the catalogues."""
    why: str
    """What it protects: a message of the catalogues."""
    firm: bool = False
    """Whether the build refuses it, so that nobody can set it aside."""
    checked: date = date(2026, 3, 31)
    """Up to which day the source is known to us."""


def _(message: str) -> str:
    """Marks a message for the translators; it is said in the doctor's language later."""
    return message
