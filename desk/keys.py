"""The keys of a practice, from the first day to the last: make, rotate, restore, remove.

Nothing is written before the paper was read back and a test envelope opened; the facts come last.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from booking_endpoint.booking import mark
from booking_endpoint.envelope import (
    SEED,
    BadKey,
    PrivateKey,
    fingerprint,
    key_from,
    open_envelope,
    public_text,
    seal,
    unlock_key,
)
from booking_endpoint.practice import RECIPIENTS, Practice, Recipient
from booking_endpoint.reading import read_practice
from desk import asking
from desk.facts_file import read_facts_file, write_facts_file
from desk.keyring import Keyring, unlock_all
from desk.opening import open_all
from desk.paper import Paper, words_of
from desk.passphrase import Draw
from desk.recipients import with_recipient, without_recipient
from desk.talk import Talk

_ = mark

PAPER_ALONE = "recovery"
"""The role whose key lies in no file: its paper lies in a safe."""

TEST = b"a test envelope"

Show = Callable[[Paper], AbstractContextManager[str]]
"""A paper -> its page at an address of this machine, for as long as it is needed."""


class Stopped(Exception):
    """Nothing was changed; the message, in the doctor's language, says why and what to do."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where keys are made: the doctor's machine, its terminal, chance and the calendar."""

    facts: Path
    keyring: Keyring
    talk: Talk
    show: Show
    chance: Callable[[int], bytes]
    """So many random bytes: `secrets.token_bytes`."""
    draw: Draw
    today: date
    log: Callable[[str], None]
    """Writes down what was done, once it is."""

    # --- the four acts -----------------------------------------------------------------------

    def make(self, role: str) -> str:
        """A key for a role that has none yet; its fingerprint."""
        practice = self._practice()
        if held := holder(practice, role):
            raise self._stop(
                _(
                    "The facts already name a key for this role, {fingerprint}. "
                    "To replace it: {command}"
                ),
                fingerprint=fingerprint(held.key),
                command=f"python3 tasks.py keys rotate --role {role}",
            )
        passphrase = "" if role == PAPER_ALONE else asking.new_passphrase(self.talk, self.draw)
        made = self._new_key(practice, role, passphrase)
        self.log(f"keys make {role} {made}")
        return made

    def rotate(self, role: str, export: Callable[[], list[str]] | None) -> str:
        """A new key in the place of a role's old one, which goes on opening what it opened."""
        practice = self._practice()
        held = holder(practice, role)
        if held is None:
            raise self._stop(
                _("The facts name no key for this role. To make one: {command}"),
                command=f"python3 tasks.py keys --role {role}",
            )
        if role != PAPER_ALONE and self.keyring.find(held.key) is None:
            self._must_agree(
                _(
                    "The old key is not on this machine. Without it, what was "
                    "sealed to it alone stays closed: if you have its paper, stop "
                    "here and run `python3 tasks.py keys restore`."
                ),
            )
        passphrase = self._passphrase_of(held)
        self._collect(export, passphrase or self._passphrase_of(holder(practice, "doctor")))
        if role != PAPER_ALONE:
            passphrase = passphrase or asking.new_passphrase(self.talk, self.draw)
        made = self._new_key(practice, role, passphrase)
        self.log(f"keys rotate {role} {fingerprint(held.key)} {made}")
        last = self.today + timedelta(days=practice.furthest_days + practice.rules.retention_days)
        self.talk.tell(
            _(
                "Publish the site today, and keep the old key and its paper until "
                "{day}: bookings sealed to it may lie on the server as long as that. "
                "The desk tries every key of the folder."
            ),
            day=self.talk.language.short_day(last),
        )
        return made

    def remove(self, role: str, export: Callable[[], list[str]] | None) -> str:
        """A role without a key from now on; the fingerprint of the key that was taken out."""
        practice = self._practice()
        held = holder(practice, role)
        if held is None or role == "doctor":
            raise self._stop(
                _(
                    "Only a key of the secretary or of recovery that the facts name can "
                    "be taken out."
                )
            )
        self._collect(export, self._passphrase_of(holder(practice, "doctor")))
        self._must_agree(
            _("The facts will no longer name the key {fingerprint}."),
            fingerprint=fingerprint(held.key),
        )
        write_facts_file(self.facts, without_recipient(read_facts_file(self.facts), role))
        self.log(f"keys remove {role} {fingerprint(held.key)}")
        self.talk.tell(
            _(
                "Done. Publish the site now: until then pages go on sealing to that "
                "key. It still opens the bookings that were sealed to it, so whoever "
                "holds it must no longer reach the server."
            )
        )
        return fingerprint(held.key)

    def restore(self) -> str:
        """A key from its paper, under a new passphrase; its fingerprint."""
        practice = self._practice()
        key = key_from(asking.typed_seed(self.talk))
        public = public_text(key)
        named = next((one for one in practice.recipients if one.key == public), None)
        if named is None:
            self._must_agree(
                _(
                    "This paper is of the key {fingerprint}, which is none of those "
                    "the facts name. It opens what was once sealed to it, and "
                    "nothing new."
                ),
                fingerprint=fingerprint(public),
            )
        file = self.keyring.find(public)
        role = named.role if named else file.name.rpartition("-")[0] if file else "old"
        passphrase = asking.new_passphrase(self.talk, self.draw)
        unfinished = self.keyring.write(role, key, passphrase)
        try_key(key, unlock_key(unfinished.read_bytes(), passphrase))
        self._say_kept(self.keyring.finish(unfinished))
        self.log(f"keys restore {role} {fingerprint(public)}")
        return fingerprint(public)

    # --- their steps -------------------------------------------------------------------------

    def _practice(self) -> Practice:
        practice = read_practice(read_facts_file(self.facts), str(self.facts))
        self.keyring.tidy(practice.recipients)
        return practice

    def _new_key(self, practice: Practice, role: str, passphrase: str) -> str:
        """Draw, print, read back, try, write, publish: in this order and no other."""
        seed = self.chance(SEED)
        key = key_from(seed)
        public = public_text(key)
        recipient = Recipient(role, public)
        changed = with_recipient(read_facts_file(self.facts), recipient)  # or refused before work
        words = words_of(seed, self.talk.language.code)
        paper = Paper(practice.doctor.name, role, self.today, words, fingerprint(public))
        with self.show(paper) as address:
            self.talk.tell(
                _(
                    "Print this page, then come back here. It is shown on this machine "
                    "alone, until the paper was read back:"
                )
            )
            self.talk.show(address)
            asking.read_back(self.talk, seed)
        try_key(key, key_from(seed))
        if role == PAPER_ALONE:
            write_facts_file(self.facts, changed)
        else:
            unfinished = self.keyring.write(role, key, passphrase)
            try_key(key, unlock_key(unfinished.read_bytes(), passphrase))
            write_facts_file(self.facts, changed)
            self._say_kept(self.keyring.finish(unfinished))
        self.talk.tell(
            _(
                "The public half stands in {facts}. Fingerprint, the same on paper, "
                "on the privacy page and in the desk: {fingerprint}. Publish the "
                "site now."
            ),
            facts=self.facts,
            fingerprint=fingerprint(public),
        )
        return fingerprint(public)

    def _passphrase_of(self, recipient: Recipient | None) -> str:
        """The passphrase of a recipient's key file, or nothing where there is no such file."""
        file = self.keyring.find(recipient.key) if recipient else None
        return asking.passphrase_of(self.talk, file.read_bytes()) if file else ""

    def _collect(self, export: Callable[[], list[str]] | None, passphrase: str) -> None:
        """See that whatever lies on the server can be opened here, before anything changes."""
        if export is None:
            self._must_agree(_("Open the desk first, and see that every booking opens. Have you?"))
            return
        try:
            pems = (file.read_bytes() for file in self.keyring.files())
            keys, _others = unlock_all(pems, passphrase)
        except BadKey:
            keys = []
        bookings, strange = open_all(export(), keys)
        closed = strange + sum(bool(booking.error) for booking in bookings)
        self.talk.tell(
            _("On the server: {count} bookings, of which {closed} do not open here."),
            count=len(bookings) + strange,
            closed=closed,
        )
        if closed:
            self._must_agree(_("Those stay closed unless a key that opens them is restored."))

    def _say_kept(self, file: Path) -> None:
        self.talk.tell(
            _(
                "The private half lies under its passphrase in this file. Copy it "
                "nowhere that others read:"
            )
        )
        self.talk.show(str(file))

    def _must_agree(self, message: str, **values: object) -> None:
        if not self.talk.agrees(message, **values):
            raise self._stop(_("Stopped. Nothing was changed."))

    def _stop(self, message: str, **values: object) -> Stopped:
        return Stopped(self.talk.say(message, **values))


def holder(practice: Practice, role: str) -> Recipient | None:
    """Who has a role, by the facts."""
    return next((one for one in practice.recipients if one.role == role), None)


def try_key(key: PrivateKey, *others: PrivateKey) -> None:
    """Seal a test envelope to a key, and see that it and what was made of it open it.

    Raises BadKey when they do not: then nothing may be published.
    """
    envelope = seal(TEST, [public_text(key)] * RECIPIENTS)
    for one in (key, *others):
        if open_envelope(envelope, [one]) != TEST:
            raise BadKey
