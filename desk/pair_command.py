"""`pair` at the doctor's terminal: one file for the secretary, and its code on the screen.

The doctor's own key is never read here, let alone put into the file.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from booking_endpoint.booking import mark
from booking_endpoint.envelope import fingerprint, lock_key, unlock_key
from booking_endpoint.instants import rfc3339
from booking_endpoint.reading import read_practice
from desk.asking import passphrase_of
from desk.drawer import write_private_file
from desk.facts_file import read_facts_file
from desk.keyring import Keyring
from desk.keys import Stopped, holder
from desk.pairing import Damaged, Pairing, Reach, new_code, seal_pairing
from desk.passphrase import Draw
from desk.ssh import NoSsh, Unknown, reach_of
from desk.talk import Talk

_ = mark

ROLE = "secretary"
"""Who may have a desk elsewhere; the doctor's key leaves the doctor's machine on paper alone."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """The doctor's machine: facts, folder of keys, terminal, chance and the clock."""

    facts: Path
    keyring: Keyring
    talk: Talk
    chance: Callable[[int], bytes]
    draw: Draw
    now: int
    log: Callable[[str], None]

    def write(self, file: Path, host: str, config: Path | None) -> None:
        """Make the file, show the code once. Raises Stopped, BadPractice, OSError."""
        facts = read_facts_file(self.facts)
        practice = read_practice(facts, str(self.facts))
        held = holder(practice, ROLE)
        if held is None:
            raise self._stop(
                _("The facts name no key for the secretary yet. To make one: {command}"),
                command=f"python3 tasks.py keys --role {ROLE}",
            )
        reach = self._reach(host, config)
        language = practice.languages[0]
        code = new_code(language, self.draw)
        lying = self.keyring.find(held.key)
        key = self._key(lying, code) if lying else ""
        pairing = Pairing(rfc3339(self.now), ROLE, facts, reach, key)
        sealed = seal_pairing(pairing, code, language, self.chance)
        write_private_file(file, sealed.encode("ascii"))
        self.log(f"desk pair {ROLE} {fingerprint(held.key)}")
        self._say_code(file, code)
        if lying:
            self.talk.tell(
                _("The secretary’s key is of no more use on this computer. Delete it here:")
            )
            self.talk.show(str(lying))

    def _reach(self, host: str, config: Path | None) -> Reach:
        try:
            return reach_of(host, config)
        except Unknown:
            raise self._stop(
                _(
                    "This computer has never spoken to that server, so nobody could tell it from "
                    "another. Run this once, compare the fingerprint it shows with what whoever "
                    "keeps the server told you, then come back: {command}"
                ),
                command=f"ssh {host}",
            ) from None
        except NoSsh as program:
            raise self._stop(
                _("{program} did not answer. Install OpenSSH on this computer, then try again."),
                program=program,
            ) from None
        except Damaged:
            raise self._stop(_("{host} is no name of a server."), host=host) from None

    def _key(self, file: Path, code: str) -> str:
        """The secretary's key, from under its passphrase to under the code."""
        self.talk.tell(
            _("The secretary’s key lies on this computer and goes along, under the code.")
        )
        pem = file.read_bytes()
        return lock_key(unlock_key(pem, passphrase_of(self.talk, pem)), code).decode("ascii")

    def _say_code(self, file: Path, code: str) -> None:
        self.talk.tell(
            _(
                "The file is written. Carry it to the secretary’s computer, and open it there with "
                "`souspli-desk` and its name:"
            )
        )
        self.talk.show(str(file))
        self.talk.tell(
            _(
                "Its code stands in no file and is shown this once. Write it down or say it by "
                "telephone; never send it the way the file goes:"
            )
        )
        self.talk.show(code)
        self.talk.ask(_("Press Enter when it is written down."))
        self.talk.clear()
        self.talk.tell(
            _(
                "The file is of use once. When the desk is open there, delete it on both "
                "computers, and wherever it passed. To take the desk back one day: {command}"
            ),
            command=f"python3 tasks.py keys remove --role {ROLE}",
        )

    def _stop(self, message: str, **values: object) -> Stopped:
        return Stopped(self.talk.say(message, **values))
