"""One sitting, from the passphrase to the lock: keys, book, memory. All of it goes together."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from ssl import SSLContext
from typing import Any

from booking_endpoint.booking import mark
from booking_endpoint.envelope import PrivateKey, fingerprint, public_text
from booking_endpoint.practice import Practice
from booking_endpoint.words import read_language
from desk.acts import Act, Deed, told
from desk.book import Book, line_of
from desk.calendars import Calendars
from desk.drawer import Drawer, StaysClosed
from desk.errands import Rounds, Sending
from desk.memory import Memory
from desk.opening import Listing, plain
from desk.reminders import Reminders
from desk.server import Server, Unreachable
from desk.watch import Watch

Clock = Callable[[], float]
Chance = Callable[[int], bytes]

_ = mark

TRANSLATIONS = Path(__file__).parent / "translations"

STALE = timedelta(seconds=60)
"""How long the server's word is taken while the line to it is quiet: it may be broken."""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Ring:
    """The keys that one passphrase opened, and how many files it did not."""

    keys: list[PrivateKey]
    closed: int

    @property
    def fingerprints(self) -> list[str]:
        return [fingerprint(public_text(key)) for key in self.keys]


@dataclass(frozen=True, slots=True)
class Place:
    """What a desk is made of before anybody sits down at it."""

    practice: Practice
    server: Server
    drawer: Path
    clock: Clock
    chance: Chance
    keys: Path
    """The folder of the keys, beside which the other drawers lie."""
    trust: SSLContext
    """Whose certificates are believed: of a server of e-mail, or of calendars."""
    facts: str = ""
    """The digest of the facts that the practice was read from, if they came from a file."""

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC).astimezone(self.practice.zone)


class Session:
    """What an unlocked desk holds. Locking throws it away whole."""

    def __init__(self, place: Place, ring: Ring) -> None:
        self._place, self.ring = place, ring
        self._drawer = Drawer(place.drawer, place.chance)
        self._shelf = Drawer(place.drawer.with_name(f"{place.drawer.name}.sealed"), place.chance)
        self.book = Book(place.server, ring.keys)
        self.memory = Memory()
        self.trouble = ""
        """The server's last words, while it cannot be reached."""
        self.unkept = ""
        """Why the drawer does not keep what is put in, or has lost it."""
        self._recall()
        self.rounds = Rounds(self.calendars, place.server, place.clock)
        self.sending: Sending | None = None
        """The reminders that were sent last in this sitting, or are being sent."""
        self._watch = Watch(place.server)
        self._heard = -1
        self._turns = 0
        """How often what is known here has changed."""
        self._recent: list[Act] = []
        """Done since the server last told how everything stands."""
        self._again: asyncio.Task[Exception | None] | None = None
        self._turn = asyncio.Lock()

    def close(self) -> None:
        """Open nothing more. What was opened is forgotten with this object."""
        self.book.shut = True
        self._watch.stop()
        self.rounds.stop()
        if self.sending:
            self.sending.stop()

    @property
    def listing(self) -> Listing:
        """All that is known, as it will be once the server has heard what waits."""
        return self.book.listing([*self._recent, *self.memory.waiting])

    @property
    def version(self) -> str:
        """Another text whenever a page would say something else than before."""
        done, _all = self.book.progress
        return (
            f"{self._turns}.{self.rounds.turns}.{done}.{len(self.memory.waiting)}"
            f".{bool(self.trouble)}.{self.outdated}"
        )

    @property
    def outdated(self) -> bool:
        """Whether the server goes by other facts than this desk: hours, visits or keys."""
        return bool(self._place.facts) and self._watch.facts not in ("", self._place.facts)

    @property
    def fresh(self) -> set[str]:
        """Bookings that are new since somebody last said that they had seen all."""
        return self.book.ids - self.memory.seen if self.memory.begun else set()

    @property
    def partial(self) -> bool:
        """Whether a booking that the server named, or would name, may be missing in `listing`."""
        return self.book.opening or self.book.at is None

    @property
    def current(self) -> bool:
        """Whether `listing` is whole, and the server said so in this sitting."""
        heard = self._again is not None and self._again.done()
        return heard and not self.trouble and not self.partial

    @property
    def why_not(self) -> str:
        """Why a page that must leave nobody out cannot be made now; a message."""
        if self.trouble:
            return _("The server does not answer. Check the line, then try again.")
        return _(
            "The bookings are still being opened, and somebody could be missing here. Try again."
        )

    # --- what has a drawer of its own ------------------------------------------------------------

    def reminders(self) -> Reminders:
        place, now = self._place, int(self._place.clock())
        return Reminders.beside(
            place.keys,
            place.practice,
            self.ring.keys,
            now,
            place.chance,
            place.trust,
            lambda code: read_language(code, TRANSLATIONS),
        )

    def calendars(self) -> Calendars:
        place, now = self._place, int(self._place.clock())
        return Calendars.beside(
            place.keys, place.practice, self.ring.keys, now, place.chance, place.trust
        )

    # --- the server ----------------------------------------------------------------------------

    async def collect(self, patience: float) -> None:
        """See what the server says now, unless that is known; wait for it no longer than this."""
        if self._again is None or self._again.done():
            if not self._stale():
                return
            self._again = asyncio.create_task(self._collect())
        await asyncio.wait([self._again], timeout=patience)
        if self._again.done() and (fault := self._again.result()):
            raise fault

    def _stale(self) -> bool:
        at = self.book.at
        quiet = self._watch.hears and self._watch.heard == self._heard and not self.trouble
        return not (quiet and at and self._place.now() - at < STALE)

    async def _collect(self) -> Exception | None:
        """A fault that nobody foresaw comes back as a value: asyncio would log its message."""
        try:
            await self._ask()
        except Exception as fault:
            return fault
        return None

    async def _ask(self) -> None:
        async with self._turn:
            heard = self._watch.heard
            try:
                await self._send()
                changed = await asyncio.to_thread(self.book.refresh, self._place.now())
            except Unreachable as error:
                self.trouble = plain(str(error)) or "?"
                return
            if self.book.shut:
                return
            self._heard, self.trouble, self._recent = heard, "", []
            if changed:
                self._turns += 1
                self.memory.forget(self.book.ids)
                if not self.memory.begun:
                    self.memory.begun, self.memory.seen = True, self.book.ids
                await asyncio.to_thread(self._keep, self._shelf, self.book.to_json())
                await self.keep()

    # --- acts ----------------------------------------------------------------------------------

    async def do(self, acts: Sequence[Act], note: tuple[str, str] = ("", "")) -> Deed:
        """Do these together. The server's answer, or that it has to wait, is in the deed."""
        name = self._place.chance(8).hex()
        self.memory.deeds.append(Deed(name, int(self._place.clock()), tuple(acts)))
        if note[1]:
            self.memory.notes[note[0]] = note[1]
        self._learn(acts)
        async with self._turn:
            try:
                await self._send()
                self.trouble = ""
            except Unreachable as error:
                self.trouble = plain(str(error)) or "?"
            self._heard, self._turns = -1, self._turns + 1
        await self.keep()
        return next(deed for deed in self.memory.deeds if deed.name == name)

    async def _send(self) -> None:
        """Tell the server what waits, in its order. Raises Unreachable."""
        waiting = [deed for deed in self.memory.deeds if deed.waiting]
        if not waiting:
            return
        acts = [act for deed in waiting for act in deed.acts]
        outcomes = iter(await asyncio.to_thread(self._place.server.acts, acts))
        answers = {deed.name: [next(outcomes) for _act in deed.acts] for deed in waiting}
        self.memory.deeds = told(self.memory.deeds, answers)
        self._recent += [
            act for deed in self.memory.deeds if deed.name in answers for act in deed.done
        ]
        await self.keep()

    def withdraw(self, deed: Deed) -> None:
        """Let what the server has not heard of never have been done."""
        self.memory.deeds = [one for one in self.memory.deeds if one.name != deed.name]

    def replace(self, deed: Deed, **changes: Any) -> None:
        self.memory.deeds = [
            replace(one, **changes) if one.name == deed.name else one for one in self.memory.deeds
        ]

    # --- the drawer ----------------------------------------------------------------------------

    async def keep(self) -> None:
        """Put the memory into the drawer, also when the desk is locked while an act is under way.

        What cannot be kept is said on every page.
        """
        await asyncio.to_thread(self._keep, self._drawer, self.memory.to_json())

    def _keep(self, drawer: Drawer, content: dict[str, Any]) -> None:
        try:
            drawer.shut(content, self.ring.keys)
        except OSError as error:
            self.unkept = type(error).__name__
        else:
            self.unkept = self.unkept if self.unkept == StaysClosed.__name__ else ""

    def _recall(self) -> None:
        kept = self._open(self._shelf)
        self.memory = Memory.from_json(self._open(self._drawer))
        self.book.recall(kept, self._place.now())
        self._learn(self.memory.waiting)

    def _open(self, drawer: Drawer) -> dict[str, Any]:
        """What the drawer holds. One that no key here opens is put aside, never written over."""
        try:
            return drawer.open(self.ring.keys)
        except StaysClosed:
            drawer.file.replace(drawer.file.with_name(f"{drawer.file.name}.closed"))
            self.unkept = StaysClosed.__name__
        except OSError as error:
            self.unkept = type(error).__name__
        return {}

    def _learn(self, acts: Sequence[Act]) -> None:
        """Who was booked here is known here before the server has it."""
        for act in acts:
            if act["act"] == "book":
                self.book.learn(line_of(act))
