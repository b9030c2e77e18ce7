"""Reminders as one machine sends them: who asked for it gets one e-mail, and never two.

What was sent is remembered in a drawer of its own beside the key, sealed, with the account; it
holds ids and times. Before each message it says that this one is about to be sent: whenever the
power fails, nobody is written to twice. Whoever sends, or changes the account, does so in turn.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from io import FileIO
from pathlib import Path
from ssl import SSLContext
from typing import Any, Self

from booking_endpoint.envelope import PrivateKey
from booking_endpoint.practice import Practice
from booking_endpoint.sqlite_file import take_turn
from booking_endpoint.words import Language
from desk.drawer import Drawer
from desk.mailing import Account, Lost, Post, Refused, connected
from desk.opening import Opened
from desk.reminding import Call, Mail, Plan, Reminded, Why, message_of, plan_for

Step = Callable[[int, int], bool]
"""Told before each message how many are done, and of how many; says whether to go on."""


@dataclass(frozen=True, slots=True, repr=False)
class Outcome:
    """What was done, and whom to call."""

    plan: Plan
    sent: list[Mail]
    calls: list[Call]
    unsent: int
    """Messages that were not tried: the server was not there any more, or somebody said stop."""

    @property
    def counts(self) -> dict[str, int]:
        """How many of each kind: all that is told and logged."""
        cancelled = sum(mail.about.cancelled for mail in self.sent)
        why = [call.why for call in self.calls]
        return {
            "sent": len(self.sent) - cancelled,
            "cancelled": cancelled,
            "refused": why.count(Why.REFUSED),
            "perhaps": why.count(Why.PERHAPS),
            "unsent": self.unsent,
            "call": len(why),
        }


@dataclass(frozen=True, slots=True)
class Reminders:
    """One doctor's reminders on one machine; the edges come in as arguments."""

    practice: Practice
    drawer: Drawer
    keys: Sequence[PrivateKey]
    now: int
    """UTC seconds."""
    connect: Callable[[Account], AbstractContextManager[Post]]
    speak: Callable[[str], Language]
    """The words of a language, by its code."""
    log: Path
    """One line a run: the day, and how many. No name, no address, no time."""

    @classmethod
    def beside(
        cls,
        folder: Path,
        practice: Practice,
        keys: Sequence[PrivateKey],
        now: int,
        chance: Callable[[int], bytes],
        trust: SSLContext,
        speak: Callable[[str], Language],
    ) -> Self:
        """Those whose drawer and log lie in the folder of the keys; sent by encrypted SMTP."""
        drawer, log = Drawer(folder / "reminders.sealed", chance), folder / "reminders.log"
        return cls(
            practice, drawer, keys, now, lambda account: connected(account, trust), speak, log
        )

    def account(self) -> Account | None:
        """The account that messages leave from; None until one was kept. Raises StaysClosed."""
        kept = self.drawer.open(self.keys).get("account")
        return Account(**kept) if kept else None

    def keep_account(self, account: Account) -> None:
        """Log in, and keep the account from then on. Raises NotSent, and then keeps nothing."""
        with self.connect(account):
            pass
        with self._turn():
            kept = self.drawer.open(self.keys)
            self.drawer.shut({**kept, "account": asdict(account)}, self.keys)

    def plan(self, bookings: Iterable[Opened], day: date) -> Plan:
        """What `run` would do; nothing is sent and nothing remembered."""
        remembered = reminded(self.drawer.open(self.keys))
        return plan_for(day, bookings, self.practice, remembered, self.now)

    def run(
        self,
        bookings: Iterable[Opened],
        day: date,
        account: Account,
        step: Step = lambda _done, _all: True,
    ) -> Outcome:
        """Send what is due, and remember it. Raises NotSent where no message could be sent."""
        with self._turn():
            plan, kept = self.plan(bookings, day), self.drawer.open(self.keys)
            kept["reminded"] = {
                name: asdict(one) for name, one in reminded(kept).items() if one.end > self.now
            }
            outcome = self._send(plan, kept, account, step)
            self._note(day, outcome)
            return outcome

    def _send(self, plan: Plan, kept: dict[str, Any], account: Account, step: Step) -> Outcome:
        outcome = Outcome(plan, [], list(plan.calls), 0)
        if not plan.mails:
            return outcome
        with self.connect(account) as post:
            for done, mail in enumerate(plan.mails):
                if not step(done, len(plan.mails)) or not post.still_there():
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

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Nobody else on this machine sends meanwhile. Raises TimeoutError where somebody does."""
        with FileIO(self.drawer.file.with_name("reminders.lock"), "a") as lock:
            take_turn(lock)
            yield

    def _note(self, day: date, outcome: Outcome) -> None:
        told = [f"{name}={count}" for name, count in outcome.counts.items()]
        handle = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as log:
            log.write(f"{' '.join([day.isoformat(), *told])}\n")


def reminded(kept: dict[str, Any]) -> dict[str, Reminded]:
    """What the drawer remembers of each booking's last message."""
    return {name: Reminded(**told) for name, told in kept.get("reminded", {}).items()}
