"""`calendar` at the terminal: what is asked of a person, and what she is told."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from booking_endpoint.booking import mark
from desk.calendar_in import Unreadable
from desk.calendar_push import Act
from desk.calendar_web import Login, Unread
from desk.calendars import Calendars, NameTaken, why
from desk.drawer import write_private_file
from desk.opening import open_all
from desk.talk import Talk

_ = mark

WARNING = _(
    "The file will hold who comes, and for which visit. Whoever has it reads that: a "
    "telephone, a backup, the company that keeps your calendar. This is health data, "
    "and such a company must be certified for it. Without names it only says Busy."
)


@dataclass(frozen=True, slots=True)
class CalendarTalk:
    """One doctor who is asked about calendars."""

    calendars: Calendars
    talk: Talk

    def add(self) -> int:
        """Ask for a calendar, read it once, and remember it; 1 where it cannot be read."""
        label = self.talk.ask(_("What do you call this calendar?"))
        try:
            self.calendars.check_name(label)
        except NameTaken:
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
            count = self.calendars.add(label, address, login)
        except (Unread, Unreadable) as error:
            return self._complain(error)
        self.talk.tell(_("Read: {count} busy times. Now: {command}"), count=count, **PULL)
        return 0

    def show(self) -> int:
        """Each calendar by its name and host; no address and no password."""
        for source in self.calendars.sources() or ():
            self.talk.show(f"{source.label} ({source.kind.value}, {source.where})")
        return 0

    def remove(self) -> int:
        """Forget one calendar; what it closed is opened by the next pull."""
        if not self.calendars.remove(self.talk.ask(_("Which calendar is to be forgotten?"))):
            self.talk.tell(_("No calendar here has this name."))
            return 1
        self.talk.tell(_("Forgotten. What it closed is opened by: {command}"), **PULL)
        return 0

    def pull(
        self,
        listed: Callable[[], Iterable[str]],
        act: Callable[[Sequence[Act]], Sequence[str]],
    ) -> int:
        """Read every calendar and close its busy times; 1 where one could not be read."""
        pulled = self.calendars.pull(listed, act)
        if pulled is None:
            self.talk.tell(_("No calendar is known on this machine, and nothing was changed."))
            return 1
        for label, error in pulled.failed.items():
            told = _("{label} could not be read, and closes what it closed before:")
            self.talk.tell(told, label=label)
            self._complain(error)
        self.talk.tell(
            _("Times closed: {closed}; opened again: {opened}; as before: {kept}."),
            **asdict(pulled.done),
        )
        return int(bool(pulled.failed))

    def export(self, lines: Iterable[str], output: Path, *, names: bool) -> int:
        """Write the bookings as a calendar that only this user may read; 1 where that was refused.

        What stays closed to these keys is busy all the same.
        """
        if names and not self.talk.agrees(WARNING):
            return 1
        bookings, _strange = open_all(lines, self.calendars.keys)
        content = self.calendars.export(bookings, self.talk.language, names=names)
        write_private_file(output, content)
        self.talk.tell(_("Written: {count} bookings."), count=len(bookings))
        return 0

    def _complain(self, error: Unread | Unreadable) -> int:
        """Say in words why a calendar cannot be read."""
        message, values = why(error)
        self.talk.tell(message, **values)
        return 1


PULL = {"command": "python3 tasks.py calendar pull"}
