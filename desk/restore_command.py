"""`restore` at the terminal: a backup is opened here, in memory, looked through, and sent back.

No key leaves this machine, and nothing that was opened is written to its disk.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from booking_endpoint.backup import Backup, BadBackup, Found, envelopes, look
from booking_endpoint.booking import mark
from booking_endpoint.envelope import BadEnvelope, PrivateKey, key_from, open_envelope
from booking_endpoint.instants import parse_instant
from booking_endpoint.practice import Practice
from booking_endpoint.sealed_file import BadFile, check_whole, open_file
from booking_endpoint.sqlite_file import NewerFile
from deploy import far
from desk.asking import typed_seed
from desk.opening import plain
from desk.talk import Talk

_ = mark

PROGRAM = "/usr/local/lib/souspli/restore"
NOT_THERE = 127
"""What a shell ends with where there is no such program."""
TRIED = 20
"""Envelopes that a drill tries at most, the latest visit's first."""

Send = Callable[[str, bytes, bool], far.Done]
"""Puts an opened backup on a host, without its signing secrets where that is said."""


def send(host: str, content: bytes, forget: bool) -> far.Done:
    """By root's ssh, like `bootstrap`; nothing of it is a word of a command. Raises far.Far."""
    user, _at, _name = host.rpartition("@")
    sudo = "" if user in ("", "root") else "sudo -n "
    command = f"{sudo}{PROGRAM} {sha256(content).hexdigest()}{' --forget' if forget else ''}"
    where = host if user else f"root@{host}"
    return far.run(where, command, [content])


@dataclass(frozen=True, slots=True)
class Restoring:
    """One backup at one terminal; the edges come in as arguments."""

    practice: Practice
    talk: Talk
    unlocked: Callable[[], Sequence[PrivateKey]]
    """Asks for the passphrase of the key files that were named."""
    send: Send

    def do(self, asked: argparse.Namespace) -> int:
        """0 when restored or tried, 1 when not; what went wrong is told. Raises far.Far."""
        sealed = asked.file.read_bytes()
        try:
            check_whole(sealed)
            keys = self.unlocked() if asked.key else self._from_paper()
            content = open_file(sealed, keys)
            if content is None:
                return self._refuse(
                    _(
                        "It was sealed to other keys. Take the doctor's key of that day, or the "
                        "paper of the recovery key."
                    )
                )
            backup = Backup.from_bytes(content)
            found = look(backup.database)
        except (BadFile, BadBackup) as error:
            return self._refuse(
                _("This file is no sound backup: {why}. Take another one."), why=str(error)
            )
        except NewerFile as error:
            return self._refuse(
                _("A later release made it: {why}. Bring the kit up to date, then try again."),
                why=str(error),
            )
        self._tell(backup, found, asked.forget_receipts)
        if not self._one_opens(backup, keys):
            self.talk.tell(_("None of its bookings opens with this key. Another key may do it."))
        if asked.drill:
            self.talk.tell(_("This was a drill: nothing was changed."))
            return 0
        return self._restore(asked, content)

    def _from_paper(self) -> list[PrivateKey]:
        seed = typed_seed(self.talk)
        self.talk.clear()
        return [key_from(seed)]

    def _tell(self, backup: Backup, found: Found, forget: bool) -> None:
        made = datetime.fromtimestamp(parse_instant(backup.made), UTC)
        made = made.astimezone(self.practice.zone)
        self.talk.tell(
            _("A sound backup of {day}, {time}: {count} bookings, {standing} not cancelled."),
            day=self.talk.language.short_day(made.date()),
            time=self.talk.language.time(made),
            count=found.bookings,
            standing=found.standing,
        )
        if forget or not backup.secrets:
            self.talk.tell(
                _(
                    "On a new server, links and codes that patients were given before will not "
                    "work: they have to telephone."
                )
            )

    def _one_opens(self, backup: Backup, keys: Sequence[PrivateKey]) -> bool:
        """Whether an envelope opens; who it is about, nobody is told."""
        for envelope in (every := envelopes(backup.database))[:TRIED]:
            try:
                if open_envelope(envelope, keys) is not None:
                    self.talk.tell(_("One booking was opened, to try the key, and not shown."))
                    return True
            except BadEnvelope:
                continue
        return not every

    def _restore(self, asked: argparse.Namespace, content: bytes) -> int:
        if not self.talk.agrees(
            _(
                "On {host}, all bookings will be as they were then. What was booked, moved or "
                "cancelled since is lost; what was forgotten since is there again."
            ),
            host=asked.host,
        ):
            return self._refuse(_("Stopped. Nothing was changed."))
        self.talk.tell(_("One moment"))
        try:
            done = self.send(asked.host, content, asked.forget_receipts)
        except (KeyboardInterrupt, far.Unreachable) as error:
            self.talk.show(plain(str(error)))
            return self._refuse(
                _(
                    "The line broke: on {host} all is as it was, or all is restored. Look with "
                    "`python3 tasks.py status`, then run this again."
                ),
                host=asked.host,
            )
        if done.code == NOT_THERE:
            return self._refuse(
                _("{host} was not made for this yet: run `bootstrap`, publish, then restore."),
                host=asked.host,
            )
        self.talk.show(plain((done.out if done.code == 0 else done.said).strip()))
        if done.code:
            return self._refuse(_("The backup was not restored."))
        self.talk.tell(_("Restored, and the endpoint is well."))
        return 0

    def _refuse(self, message: str, **values: object) -> int:
        self.talk.tell(message, **values)
        return 1
