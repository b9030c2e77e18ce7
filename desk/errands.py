"""What runs beside the pages of an open desk: reminders that leave, calendars that are read.

Each in a thread of its own, which a page may look at; locking stops it at its next step. What a
fault would have said may name somebody: it is told by its class alone.
"""

from collections.abc import Callable, Sequence
from datetime import date
from threading import Event, Lock, Thread

from booking_endpoint.booking import mark
from booking_endpoint.web import log_failure
from desk.calendar_push import NotPushed
from desk.calendars import Calendars, Pull
from desk.drawer import StaysClosed
from desk.mailing import Account, NotSent
from desk.opening import Opened
from desk.reminders import Outcome, Reminders
from desk.server import Server, Unreachable

_ = mark

EVERY = 600
"""Seconds from one reading of the calendars to the next."""

FAILED = _("Something failed that nobody foresaw. Look at the list anew before you go on.")


class Sending:
    """Reminders of one day on their way. Ends after the message that is under way, once stopped."""

    def __init__(
        self, reminders: Reminders, bookings: Sequence[Opened], day: date, account: Account
    ) -> None:
        self.day, self.host = day, account.host
        self.done, self.all = 0, 0
        self.outcome: Outcome | None = None
        self.trouble = ""
        """Why nothing was sent; `{host}` stands for the server."""
        self._over = Event()
        self._thread = Thread(target=self._run, args=(reminders, bookings, account))
        self._thread.start()

    @property
    def under_way(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        """Send no other message. Those that were sent are remembered, the others are not lost."""
        self._over.set()

    def _run(self, reminders: Reminders, bookings: Sequence[Opened], account: Account) -> None:
        try:
            self.outcome = reminders.run(bookings, self.day, account, self._step)
        except NotSent as why:
            self.trouble = str(why)
        except TimeoutError:
            self.trouble = _("Another program on this machine is at it. Try again.")
        except Exception as fault:
            log_failure(fault)
            self.trouble = FAILED

    def _step(self, done: int, of: int) -> bool:
        self.done, self.all = done, of
        return not self._over.is_set()


class Rounds:
    """Reads the doctor's calendars when the desk is opened, and then every ten minutes."""

    def __init__(
        self, calendars: Callable[[], Calendars], server: Server, clock: Callable[[], float]
    ) -> None:
        self._calendars, self._server, self._clock = calendars, server, clock
        self._over, self._turn = Event(), Lock()
        self._begun = 0.0
        self.under_way = False
        self._once_more = False
        self.at = 0.0
        """When they were read last; 0 where none is known here, or none was read yet."""
        self.last: Pull | None = None
        self.trouble = ""
        """Why nothing could be closed."""
        self.turns = 0
        """How often something new is to be told."""

    def look(self, *, at_once: bool = False) -> None:
        """Read the calendars if it is time, or at once; never twice at a time.

        What was added while they are being read is read after that.
        """
        with self._turn:
            if self.under_way:
                self._once_more |= at_once
            elif at_once or self._clock() - self._begun >= EVERY:
                self.under_way, self._begun = True, self._clock()
                Thread(target=self._run, daemon=True).start()

    def stop(self) -> None:
        self._over.set()

    def _run(self) -> None:
        while self.under_way:
            self._read()
            with self._turn:
                self.under_way, self._once_more = self._once_more, False

    def _read(self) -> None:
        pulled, trouble = None, ""
        try:
            pulled = self._calendars().pull(
                self._server.listing, self._server.acts, lambda: not self._over.is_set()
            )
        except NotPushed:
            trouble = _("The server did not close every time; try again.")
        except Unreachable:
            trouble = _("The server does not answer. Check the line, then try again.")
        except StaysClosed:
            trouble = _("This key does not open {file}: take the key that made it, or delete it.")
        except Exception as fault:
            log_failure(fault)
            trouble = _("The calendars could not be read; it is tried again in ten minutes.")
        if pulled or trouble:
            self.last, self.trouble, self.at = pulled, trouble, self._clock()
            self.turns += 1
