"""`remind` at the terminal: who asked for it gets one e-mail, and never two.

What was sent is remembered in a drawer of its own beside the key, sealed, with the account; it
holds ids and times. Before each message it says that this one is about to be sent: whenever the
power fails, nobody is written to twice.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from booking_endpoint.booking import mark
from booking_endpoint.envelope import PrivateKey
from booking_endpoint.practice import Practice
from booking_endpoint.words import Language
from desk.drawer import Drawer
from desk.mailing import HERE, PORTS, Account, Lost, NotSent, Post, Refused
from desk.opening import open_all
from desk.reminding import ADDRESS, Call, Mail, Plan, Reminded, Why, message_of, plan_for
from desk.talk import Talk

_ = mark


@dataclass(frozen=True, slots=True, repr=False)
class Outcome:
    """What was done, and whom to call."""

    plan: Plan
    sent: list[Mail]
    calls: list[Call]
    unsent: int
    """Messages that were not tried, since the server was not there any more."""


@dataclass(frozen=True, slots=True)
class Reminders:
    """One doctor's reminders on one machine; the edges come in as arguments."""

    practice: Practice
    drawer: Drawer
    keys: Sequence[PrivateKey]
    talk: Talk
    now: int
    """UTC seconds."""
    connect: Callable[[Account], AbstractContextManager[Post]]
    speak: Callable[[str], Language]
    """The words of a language, by its code."""
    log: Path
    """One line a run: the day, and how many. No name, no address, no time."""

    def ask_account(self) -> int:
        """Ask for the account and try it; 1 where it lets nobody in, and nothing is kept."""
        host = self.talk.ask(_("The server that sends your e-mail, such as smtp.example.org."))
        port = self.talk.ask(_("Its port: 465 or 587, as your provider says."))
        if not port.isdecimal() or (port not in PORTS and host != HERE):
            self.talk.tell(_("Only 465 (TLS) and 587 (STARTTLS) are encrypted for certain."))
            return 1
        sender = self.talk.ask(
            _("The address that patients will see. It must tell nothing of what you treat.")
        )
        if not ADDRESS.fullmatch(sender):
            self.talk.tell(_("This is not an address that we can write from."))
            return 1
        user = self.talk.ask(_("The user name of the account."))
        password = self.talk.ask_hidden(_("The password, best one for this alone.")) if user else ""
        security = PORTS.get(port, "plain")
        account = Account(host, int(port), security, user, password, sender)
        try:
            with self.connect(account):
                pass
        except NotSent as why:
            return self._complain(why, account)
        self.drawer.shut({**self.drawer.open(self.keys), "account": asdict(account)}, self.keys)
        self.talk.tell(_("The account is kept, sealed. No message was sent."))
        return 0

    def plan(self, lines: Iterable[str], day: date) -> Plan:
        """What `run` would do; nothing is sent and nothing remembered."""
        bookings, _strange = open_all(lines, self.keys)
        remembered = reminded(self.drawer.open(self.keys))
        return plan_for(day, bookings, self.practice, remembered, self.now)

    def run(self, lines: Iterable[str], day: date) -> Outcome | None:
        """Send what is due, and remember it; None where no message could be sent at all."""
        if "account" not in self.drawer.open(self.keys) and self.ask_account():
            return None
        plan, kept = self.plan(lines, day), self.drawer.open(self.keys)
        kept["reminded"] = {
            name: asdict(one) for name, one in reminded(kept).items() if one.end > self.now
        }
        account = Account(**kept["account"])
        try:
            outcome = self._send(plan, kept, account)
        except NotSent as why:
            self._complain(why, account)
            return None
        self._note(day, outcome)
        return outcome

    def _send(self, plan: Plan, kept: dict[str, Any], account: Account) -> Outcome:
        outcome = Outcome(plan, [], list(plan.calls), 0)
        if not plan.mails:
            return outcome
        with self.connect(account) as post:
            for done, mail in enumerate(plan.mails):
                if not post.still_there():
                    return replace(outcome, unsent=len(plan.mails) - done)
                why = self._send_one(post, mail, kept, account)
                if why is None:
                    outcome.sent.append(mail)
                elif not mail.about.cancelled:
                    outcome.calls.append(Call(mail.entry, why))
        return outcome

    def _send_one(
        self, post: Post, mail: Mail, kept: dict[str, Any], account: Account
    ) -> Why | None:
        """Say that it is about to be sent, send it, say that it was; why not, if it was not."""
        language, before = self.speak(mail.language), kept["reminded"].get(mail.id)
        message = message_of(mail, self.practice, language, account.sender, self.now)
        self._remember(kept, mail.id, asdict(mail.about))
        try:
            post.send(message, mail.to)
        except Refused:
            self._remember(kept, mail.id, before)
            return Why.REFUSED
        except Lost:
            return Why.PERHAPS
        self._remember(kept, mail.id, asdict(replace(mail.about, sure=True)))
        return None

    def _remember(self, kept: dict[str, Any], name: str, about: dict[str, Any] | None) -> None:
        """On the disk before this returns."""
        kept["reminded"] |= {name: about} if about else {}
        if not about:
            del kept["reminded"][name]
        self.drawer.shut(kept, self.keys)

    def _note(self, day: date, outcome: Outcome) -> None:
        cancelled = sum(mail.about.cancelled for mail in outcome.sent)
        why = [call.why for call in outcome.calls]
        counts = {
            "sent": len(outcome.sent) - cancelled,
            "cancelled": cancelled,
            "refused": why.count(Why.REFUSED),
            "perhaps": why.count(Why.PERHAPS),
            "unsent": outcome.unsent,
            "call": len(why),
        }
        line = " ".join([day.isoformat(), *(f"{name}={count}" for name, count in counts.items())])
        handle = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as log:
            log.write(f"{line}\n")
        self.talk.tell(
            _("Sent: {sent}; word of cancelled visits: {cancelled}; to call: {call}."), **counts
        )
        if outcome.unsent:
            told = _("{unsent} messages were not sent: the server went away. Run it again.")
            self.talk.tell(told, **counts)

    def _complain(self, why: NotSent, account: Account) -> int:
        self.talk.tell(str(why), host=account.host)
        return 1


def reminded(kept: dict[str, Any]) -> dict[str, Reminded]:
    """What the drawer remembers of each booking's last message."""
    return {name: Reminded(**told) for name, told in kept.get("reminded", {}).items()}
