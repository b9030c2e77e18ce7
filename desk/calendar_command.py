"""`calendar` at the terminal: the doctor's other calendars, and a calendar of the bookings.

All it remembers lies in a drawer of its own beside the key, sealed: addresses, passwords, what each
calendar said last, and how each event was sent.
"""

import ssl
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from booking_endpoint.booking import mark
from booking_endpoint.envelope import PrivateKey
from booking_endpoint.instants import Slot
from booking_endpoint.practice import Practice
from desk.agenda import slot_of
from desk.calendar_in import Unreadable, busy, merged, window_of, within_doors
from desk.calendar_out import Sent, calendar_of, host_of
from desk.calendar_push import Act, push
from desk.calendar_sources import Source, found, texts
from desk.calendar_web import Login, Unread
from desk.drawer import Drawer, write_private_file
from desk.opening import open_all, read_list
from desk.talk import Talk

_ = mark


@dataclass(frozen=True, slots=True)
class Calendars:
    """One doctor's calendars on one machine; the edges come in as arguments."""

    practice: Practice
    drawer: Drawer
    keys: Sequence[PrivateKey]
    talk: Talk
    now: int
    """UTC seconds."""
    chance: Callable[[int], bytes]
    trust: ssl.SSLContext
    """Whose certificates are believed."""

    # --- which there are ---------------------------------------------------------------------

    def add(self) -> int:
        """Ask for a calendar, read it once, and remember it; 1 where it cannot be read."""
        kept = self._open()
        label = self.talk.ask(_("What do you call this calendar?"))
        if not label or label in [source.label for source in sources(kept)]:
            self.talk.tell(_("Give it a name that no other calendar here has."))
            return 1
        address = self.talk.ask_hidden(
            _("Its address (https, webcal or CalDAV), or the path of a file. It is not shown.")
        )
        login = None
        if "://" in address and (
            user := self.talk.ask(_("The user name, where it needs one; else press Enter."))
        ):
            login = Login(user, self.talk.ask_hidden(_("The password, best one for this alone.")))
        try:
            source = found(label, address, login, self.trust)
            slots = self._read(source)
        except (Unread, Unreadable) as error:
            return self._complain(error)
        kept.setdefault("sources", []).append(source.to_json())
        self._remember(kept, label, slots)
        self.talk.tell(_("Read: {count} busy times. Now: {command}"), **count(slots), **PULL)
        return 0

    def show(self) -> int:
        """Each calendar by its name and host; no address and no password."""
        for source in sources(self._open()):
            self.talk.show(f"{source.label} ({source.kind.value}, {source.where})")
        return 0

    def remove(self) -> int:
        """Forget one calendar; what it closed is opened by the next pull."""
        kept = self._open()
        label = self.talk.ask(_("Which calendar is to be forgotten?"))
        left = [source.to_json() for source in sources(kept) if source.label != label]
        if len(left) == len(kept.get("sources", [])):
            self.talk.tell(_("No calendar here has this name."))
            return 1
        kept["sources"] = left
        kept.get("busy", {}).pop(label, None)
        self.drawer.shut(kept, self.keys)
        self.talk.tell(_("Forgotten. What it closed is opened by: {command}"), **PULL)
        return 0

    # --- in and out --------------------------------------------------------------------------

    def pull(
        self,
        listed: Callable[[], Iterable[str]],
        act: Callable[[Sequence[Act]], Sequence[str]],
    ) -> int:
        """Read every calendar and close its busy times; 1 where one could not be read.

        That one keeps what it said last. Where no calendar was ever named, nothing is touched:
        the closures may be those of another machine.
        """
        kept = self._open()
        if "sources" not in kept:
            self.talk.tell(_("No calendar is known on this machine, and nothing was changed."))
            return 1
        failed = 0
        for source in sources(kept):
            try:
                self._remember(kept, source.label, self._read(source))
            except (Unread, Unreadable) as error:
                told = _("{label} could not be read, and closes what it closed before:")
                self.talk.tell(told, label=source.label)
                failed = self._complain(error)
        said = [Slot(*pair) for slots in kept.get("busy", {}).values() for pair in slots]
        window = window_of(self.practice, self.now)
        current = [slot for slot in said if slot.end > self.now]
        more = [slot_of(one) for one in read_list(listed()).offered]
        wanted = within_doors(merged(current), self.practice, window, more)
        done = push(listed, act, wanted, self.chance)
        self.talk.tell(
            _("Times closed: {closed}; opened again: {opened}; as before: {kept}."), **asdict(done)
        )
        return failed

    def export(self, lines: Iterable[str], output: Path, *, names: bool) -> int:
        """Write the bookings as a calendar that only this user may read; 1 where that was refused.

        What stays closed to these keys is busy all the same.
        """
        if names and not self.talk.agrees(
            _(
                "The file will hold who comes, and for which visit. Whoever has it reads that: a "
                "telephone, a backup, the company that keeps your calendar. This is health data, "
                "and such a company must be certified for it. Without names it only says Busy."
            )
        ):
            return 1
        kept = self._open()
        bookings, _strange = open_all(lines, self.keys)
        sent = {name: Sent(**told) for name, told in kept.get("sent", {}).items()}
        language = self.talk.language
        content, remembered = calendar_of(
            bookings, self.practice, language, sent, self.now, names=names
        )
        kept["sent"] = {name: asdict(one) for name, one in remembered.items()}
        self.drawer.shut(
            kept, self.keys
        )  # first: a number left out harms nobody, one used twice does
        write_private_file(output, content)
        self.talk.tell(_("Written: {count} bookings."), count=len(bookings))
        return 0

    # --- what they share ---------------------------------------------------------------------

    def _open(self) -> dict[str, Any]:
        return self.drawer.open(self.keys)

    def _read(self, source: Source) -> tuple[Slot, ...]:
        window = window_of(self.practice, self.now)
        read = texts(source, window, self.trust)
        return busy(read, window, self.practice.zone, host_of(self.practice))

    def _remember(self, kept: dict[str, Any], label: str, slots: Iterable[Slot]) -> None:
        kept.setdefault("busy", {})[label] = [[slot.start, slot.end] for slot in slots]
        self.drawer.shut(kept, self.keys)

    def _complain(self, error: Unread | Unreadable) -> int:
        """Say in words why a calendar cannot be read."""
        self.talk.tell(str(error), **(error.values if isinstance(error, Unread) else {}))
        return 1


PULL = {"command": "python3 tasks.py calendar pull"}


def count(slots: Sequence[Slot]) -> dict[str, int]:
    return {"count": len(slots)}


def sources(kept: dict[str, Any]) -> list[Source]:
    """The calendars that the drawer names."""
    return [Source.from_json(told) for told in kept.get("sources", [])]
