"""What this desk alone knows: notes, checks, what was done, what waits. Kept in its drawer."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from desk.acts import Act, Deed, trimmed


@dataclass(slots=True, repr=False)
class Memory:
    """Has no repr: a note may hold a name."""

    seen: set[str] = field(default_factory=set)
    """Bookings that somebody has looked at; the others are new."""
    begun: bool = False
    """Whether anybody has looked yet: on the first day, everything would be new."""
    notes: dict[str, str] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)
    """Bookings to which nobody came."""
    called: set[str] = field(default_factory=set)
    """Who has been told, each as `what:id`."""
    deeds: list[Deed] = field(default_factory=list)
    letters: bool = True
    """Whether single letters are commands (WCAG 2.1.4 wants them to be switched off)."""

    @property
    def waiting(self) -> list[Act]:
        """Acts that the server has not heard of, in the order in which they were done."""
        return [act for deed in self.deeds if deed.waiting for act in deed.acts]

    def deed(self, name: str) -> Deed | None:
        return next((deed for deed in self.deeds if deed.name == name), None)

    def forget(self, standing: Collection[str]) -> None:
        """Keep nothing of bookings that are gone from the server."""
        self.seen &= {*standing}
        self.absent &= {*standing}
        self.called = {mark for mark in self.called if mark.partition(":")[2] in standing}
        self.deeds = [
            deed for deed in self.deeds if deed.waiting or deed.failed or deed.on(standing)
        ]
        self.notes = {name: text for name, text in self.notes.items() if name in standing}

    def to_json(self) -> dict[str, Any]:
        return {
            "seen": sorted(self.seen),
            "begun": self.begun,
            "notes": self.notes,
            "absent": sorted(self.absent),
            "called": sorted(self.called),
            "deeds": [deed.to_json() for deed in trimmed(self.deeds)],
            "letters": self.letters,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """What was kept; an empty drawer is an empty memory."""
        if not told:
            return cls()
        return cls(
            seen=set(told["seen"]),
            begun=told["begun"],
            notes=dict(told["notes"]),
            absent=set(told["absent"]),
            called=set(told["called"]),
            deeds=[Deed.from_json(deed) for deed in told["deeds"]],
            letters=told["letters"],
        )
