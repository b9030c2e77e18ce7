"""`remind`, `sheet` and `numbers` at the terminal: what a practice does the evening before."""

import argparse
import ssl
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from booking_endpoint.booking import mark
from booking_endpoint.envelope import PrivateKey
from booking_endpoint.practice import Practice
from booking_endpoint.words import Language
from desk.agenda import day_of, week_of
from desk.counts import charts_of
from desk.opening import open_all
from desk.printing import offered
from desk.remind_command import RemindTalk
from desk.reminders import Reminders
from desk.sheets import STYLE, Sheets
from desk.talk import Talk

_ = mark


def day(text: str) -> date | None:
    """A day as it is typed; None stands for tomorrow. Raises ValueError for any other text."""
    return None if text == "tomorrow" else date.fromisoformat(text)


def add_commands(commands: "argparse._SubParsersAction[ArgumentParser]") -> list[ArgumentParser]:
    """The three commands; each reads keys, facts and a server as the others do."""
    reminding = commands.add_parser("remind", help="remind by e-mail those who asked for it")
    reminding.add_argument("--for", dest="day", type=day, help="YYYY-MM-DD; tomorrow unless said")
    reminding.add_argument("--dry-run", action="store_true", help="send nothing, say how many")
    reminding.add_argument("--account", action="store_true", help="name the e-mail account anew")
    printing = commands.add_parser("sheet", help="a sheet of paper for a day or a week")
    which = printing.add_mutually_exclusive_group(required=True)
    for length in ("day", "week"):
        text = f"the {length} of this date, YYYY-MM-DD; of tomorrow unless said"
        which.add_argument(f"--{length}", nargs="?", type=day, const=None, default=False, help=text)
    counting = commands.add_parser("numbers", help="how many bookings of each kind, as a picture")
    return [reminding, printing, counting]


@dataclass(frozen=True, slots=True)
class Evening:
    """One evening at one desk; the edges come in as arguments."""

    practice: Practice
    keys: Sequence[PrivateKey]
    folder: Path
    """Where the keys lie."""
    talk: Talk
    speak: Callable[[str], Language]
    now: int
    """UTC seconds."""
    chance: Callable[[int], bytes]
    browse: Callable[[str], object]

    def do(self, asked: argparse.Namespace, export: Callable[[], Iterable[str]]) -> int:
        """Do what was asked for; 1 where it could not be done. Raises Unreachable, StaysClosed."""
        acts = {"remind": self.remind, "sheet": self.sheet, "numbers": self.numbers}
        return acts[asked.command](asked, export)

    def remind(self, asked: argparse.Namespace, export: Callable[[], Iterable[str]]) -> int:
        """Send what is due, in turn with any other that does so; then offer whom to call."""
        reminding = self._reminding()
        if asked.account and not reminding.ask_account():
            return 1
        day = self._day(asked.day)
        if asked.dry_run:
            plan = reminding.plan(export(), day)
            told = _("To send: {mails}; sent before: {done}; to call: {call}. Nothing was sent.")
            counts = {"mails": len(plan.mails), "done": plan.done, "call": len(plan.calls)}
            self.talk.tell(told, **counts)
            calls, code = plan.calls, 0
        else:
            outcome = reminding.run(export(), day)
            calls, code = (outcome.calls, outcome.unsent) if outcome else ([], 1)
        if calls:
            self._offer(lambda base: self._sheets.calls(calls, base))
        return int(bool(code))

    def sheet(self, asked: argparse.Namespace, export: Callable[[], Iterable[str]]) -> int:
        """Offer the sheet of a day or a week."""
        of_day = asked.day is not False
        day = self._day(asked.day if of_day else asked.week)
        bookings, _strange = open_all(export(), self.keys)
        told = (day, bookings, self.practice, self.talk.language.code, self._here.date())
        if of_day:
            self._offer(lambda base: self._sheets.day(day_of(*told), base))
        else:
            self._offer(lambda base: self._sheets.week(week_of(*told), base))
        return 0

    def numbers(self, asked: argparse.Namespace, export: Callable[[], Iterable[str]]) -> int:
        """Offer the numbers."""
        bookings, _strange = open_all(export(), self.keys)
        charts = charts_of(bookings, self.practice, self.talk.language)
        self._offer(lambda base: self._sheets.numbers(charts, base))
        return 0

    # --- what they share ---------------------------------------------------------------------

    @property
    def _here(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC).astimezone(self.practice.zone)

    @property
    def _sheets(self) -> Sheets:
        return Sheets(self.practice, self.talk.language, self._here)

    def _reminding(self) -> RemindTalk:
        trust = ssl.create_default_context()
        reminders = Reminders.beside(
            self.folder, self.practice, self.keys, self.now, self.chance, trust, self.speak
        )
        return RemindTalk(reminders, self.talk)

    def _day(self, asked: date | None) -> date:
        """The day that was named, or tomorrow as the practice counts it."""
        return asked or self._here.date() + timedelta(days=1)

    def _offer(self, page: Callable[[str], str]) -> None:
        """Show a page until somebody presses Enter, or nobody is there to press it."""
        with offered(page, STYLE) as address:
            self.talk.show(address)
            self.browse(address)
            try:
                self.talk.ask(_("Print this page; then press Enter, and it is gone."))
            except (EOFError, KeyboardInterrupt):
                return
