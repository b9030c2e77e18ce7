"""The doctor's other calendars as one machine knows them, and a calendar of the bookings.

All it remembers lies in a drawer of its own beside the key, sealed: addresses, passwords, what each
calendar said last, and how each event was sent. Each change of it is made in turn.
"""

import ssl
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from io import FileIO
from pathlib import Path
from typing import Any, Self

from booking_endpoint.envelope import PrivateKey
from booking_endpoint.instants import Slot
from booking_endpoint.practice import Practice
from booking_endpoint.sqlite_file import take_turn
from booking_endpoint.words import Language
from desk.agenda import slot_of
from desk.calendar_in import Unreadable, busy, merged, window_of, within_doors
from desk.calendar_out import Sent, calendar_of, host_of
from desk.calendar_push import Act, Pushed, push
from desk.calendar_sources import Source, found, texts
from desk.calendar_web import Login, Unread
from desk.drawer import Drawer
from desk.opening import Opened, read_list


class NameTaken(ValueError):
    """No name, or one that another calendar here has."""


@dataclass(frozen=True, slots=True)
class Pull:
    """What became of reading every calendar once."""

    done: Pushed
    failed: dict[str, Unread | Unreadable]
    """By name, those that could not be read: they close what they closed before."""


@dataclass(frozen=True, slots=True)
class Calendars:
    """One doctor's calendars on one machine; the edges come in as arguments."""

    practice: Practice
    drawer: Drawer
    keys: Sequence[PrivateKey]
    now: int
    """UTC seconds."""
    chance: Callable[[int], bytes]
    trust: ssl.SSLContext
    """Whose certificates are believed."""

    @classmethod
    def beside(
        cls,
        folder: Path,
        practice: Practice,
        keys: Sequence[PrivateKey],
        now: int,
        chance: Callable[[int], bytes],
        trust: ssl.SSLContext,
    ) -> Self:
        """Those whose drawer lies in the folder of the keys."""
        return cls(practice, Drawer(folder / "calendars.sealed", chance), keys, now, chance, trust)

    # --- which there are ---------------------------------------------------------------------

    def sources(self) -> list[Source] | None:
        """The calendars that are known here; None where none ever was. Raises StaysClosed."""
        kept = self.drawer.open(self.keys)
        return sources(kept) if "sources" in kept else None

    def check_name(self, label: str) -> None:
        """Raises NameTaken where a new calendar cannot be called so."""
        if not label or label in [source.label for source in self.sources() or ()]:
            raise NameTaken

    def add(self, label: str, address: str, login: Login | None) -> int:
        """Read a calendar once and remember it; how many busy times it has.

        Raises NameTaken, and Unread or Unreadable where nothing is remembered of it.
        """
        self.check_name(label)
        source = found(label, address, login, self.trust)
        slots = self._read(source)
        with self._changing() as kept:
            kept.setdefault("sources", []).append(source.to_json())
            kept.setdefault("busy", {})[label] = pairs(slots)
        return len(slots)

    def remove(self, label: str) -> bool:
        """Forget one calendar, and whether there was one; the next pull opens what it closed."""
        if label not in [source.label for source in self.sources() or ()]:
            return False
        with self._changing() as kept:
            kept["sources"] = [one for one in kept["sources"] if one["label"] != label]
            kept.get("busy", {}).pop(label, None)
        return True

    # --- in and out --------------------------------------------------------------------------

    def pull(
        self,
        listed: Callable[[], Iterable[str]],
        act: Callable[[Sequence[Act]], Sequence[str]],
        go_on: Callable[[], bool] = lambda: True,
    ) -> Pull | None:
        """Read every calendar and close its busy times.

        None, and nothing is touched, where no calendar was ever named: the closures may be those
        of another machine. None too where `go_on`, asked before each step, says no.
        """
        known, failed = self.sources(), dict[str, Unread | Unreadable]()
        for source in known or ():
            if not go_on():
                return None
            try:
                slots = self._read(source)
            except (Unread, Unreadable) as error:
                failed[source.label] = error
            else:
                self._remember(source.label, slots)
        if known is None or not go_on():
            return None
        told = self.drawer.open(self.keys).get("busy", {})
        said = [Slot(*pair) for slots in told.values() for pair in slots]
        window = window_of(self.practice, self.now)
        current = [slot for slot in said if slot.end > self.now]
        lines = [*listed()]
        more = [slot_of(one) for one in read_list(lines).offered]
        wanted = within_doors(merged(current), self.practice, window, more)
        return Pull(push(lines, act, wanted, self.chance), failed)

    def export(self, bookings: Iterable[Opened], language: Language, *, names: bool) -> bytes:
        """The bookings as a calendar: busy, or who comes and for what.

        How each event was sent is remembered first: a number left out harms nobody, one that is
        used twice does.
        """
        with self._changing() as kept:
            sent = {name: Sent(**told) for name, told in kept.get("sent", {}).items()}
            content, remembered = calendar_of(
                bookings, self.practice, language, sent, self.now, names=names
            )
            kept["sent"] = {name: asdict(one) for name, one in remembered.items()}
        return content

    # --- what they share ---------------------------------------------------------------------

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Any]]:
        """What the drawer holds, kept as it is left, in turn with whoever else changes it."""
        with FileIO(self.drawer.file.with_name("calendars.lock"), "a") as lock:
            take_turn(lock)
            kept = self.drawer.open(self.keys)
            yield kept
            self.drawer.shut(kept, self.keys)

    def _read(self, source: Source) -> tuple[Slot, ...]:
        window = window_of(self.practice, self.now)
        read = texts(source, window, self.trust)
        return busy(read, window, self.practice.zone, host_of(self.practice))

    def _remember(self, label: str, slots: Iterable[Slot]) -> None:
        """What a calendar says now, unless it was forgotten while it was read."""
        with self._changing() as kept:
            if label in [source.label for source in sources(kept)]:
                kept.setdefault("busy", {})[label] = pairs(slots)


def pairs(slots: Iterable[Slot]) -> list[list[int]]:
    return [[slot.start, slot.end] for slot in slots]


def sources(kept: dict[str, Any]) -> list[Source]:
    """The calendars that the drawer names."""
    return [Source.from_json(told) for told in kept.get("sources", [])]


def why(error: Unread | Unreadable) -> tuple[str, dict[str, object]]:
    """Why a calendar cannot be read: a message, and what fills it."""
    return str(error), error.values if isinstance(error, Unread) else {}
