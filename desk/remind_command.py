"""`remind` at the terminal: the account is asked for once, and what was done is told in counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from booking_endpoint.booking import mark
from desk.mailing import Account, NotSent, is_safe, security_of
from desk.opening import open_all
from desk.reminders import Outcome, Reminders
from desk.reminding import ADDRESS, Plan
from desk.talk import Talk

_ = mark

UNSAFE = _("Only 465 (TLS) and 587 (STARTTLS) are encrypted for certain.")
NO_SENDER = _("This is not an address that we can write from.")


@dataclass(frozen=True, slots=True)
class RemindTalk:
    """One doctor who is asked about reminders."""

    reminders: Reminders
    talk: Talk

    def ask_account(self) -> Account | None:
        """Ask for the account and try it; None where it lets nobody in, and nothing is kept."""
        host = self.talk.ask(_("The server that sends your e-mail, such as smtp.example.org."))
        port = self.talk.ask(_("Its port: 465 or 587, as your provider says."))
        if not is_safe(host, port):
            self.talk.tell(UNSAFE)
            return None
        sender = self.talk.ask(
            _("The address that patients will see. It must tell nothing of what you treat.")
        )
        if not ADDRESS.fullmatch(sender):
            self.talk.tell(NO_SENDER)
            return None
        user = self.talk.ask(_("The user name of the account."))
        password = self.talk.ask_hidden(_("The password, best one for this alone.")) if user else ""
        account = Account(host, int(port), security_of(port), user, password, sender)
        try:
            self.reminders.keep_account(account)
        except NotSent as why:
            self.talk.tell(str(why), host=host)
            return None
        self.talk.tell(_("The account is kept, sealed. No message was sent."))
        return account

    def plan(self, lines: Iterable[str], day: date) -> Plan:
        """What `run` would do; nothing is sent and nothing remembered."""
        bookings, _strange = open_all(lines, self.reminders.keys)
        return self.reminders.plan(bookings, day)

    def run(self, lines: Iterable[str], day: date) -> Outcome | None:
        """Send what is due, and remember it; None where no message could be sent at all."""
        account = self.reminders.account() or self.ask_account()
        if account is None:
            return None
        bookings, _strange = open_all(lines, self.reminders.keys)
        try:
            outcome = self.reminders.run(bookings, day, account)
        except NotSent as why:
            self.talk.tell(str(why), host=account.host)
            return None
        counts = outcome.counts
        self.talk.tell(
            _("Sent: {sent}; word of cancelled visits: {cancelled}; to call: {call}."), **counts
        )
        if outcome.unsent:
            told = _("{unsent} messages were not sent: the server went away. Run it again.")
            self.talk.tell(told, **counts)
        return outcome
