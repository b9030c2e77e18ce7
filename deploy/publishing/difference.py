"""What a publication would change, as a person reads it. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from deploy.server.release import Files

PACKED = (".gz", ".br")
"""Beside a file lie its packed forms; they say nothing of their own."""

FEW = 10
"""So many pages may go without a question of their own; or a quarter, if that is more."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Paths that are new, gone and changed."""

    new: tuple[str, ...]
    gone: tuple[str, ...]
    changed: tuple[str, ...]

    @classmethod
    def between(cls, there: Files, here: Files) -> Self:
        changed = (path for path in here if path in there and there[path] != here[path])
        return cls(
            tuple(sorted(here.keys() - there.keys())),
            tuple(sorted(there.keys() - here.keys())),
            tuple(sorted(changed)),
        )

    def __bool__(self) -> bool:
        return bool(self.new or self.gone or self.changed)

    def lines(self) -> Iterator[str]:
        """`+ path`, `- path`, `~ path`, by path; then the endpoint, if it changes, and the sum."""
        signs = [("+", self.new), ("-", self.gone), ("~", self.changed)]
        found = [(path, sign) for sign, paths in signs for path in paths]
        yield from (f"{sign} {path}" for path, sign in sorted(found) if not path.endswith(PACKED))
        if "endpoint/practice.toml" in self.gone:
            yield "The endpoint goes: nobody books, moves or cancels here any more. What is booked"
            yield "stays on the server until root deletes it (docs/guide-hebergement.md)."
        elif any(path.startswith("endpoint/") for path, _sign in found):
            yield "The endpoint changes: it is rehearsed on a copy, then started anew."

    def takes_much_away(self, there: Files) -> bool:
        """Whether so many pages go that somebody should have meant it."""
        pages = sum(path.endswith(".html") for path in there)
        gone = sum(path.endswith(".html") for path in self.gone)
        return gone > max(FEW, pages // 4)
