"""`join` on the secretary's computer: a file from the doctor unfolds into one folder, a desk."""

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from booking_endpoint.booking import mark
from booking_endpoint.envelope import BadKey, PrivateKey, key_from, public_text, unlock_key
from booking_endpoint.practice import Practice, Recipient
from booking_endpoint.reading import BadPractice, read_practice
from deploy.writer import writers_language
from desk import asking
from desk.drawer import write_private_file
from desk.facts_file import read_facts_file
from desk.keyring import Keyring
from desk.keys import Stopped, holder, try_key
from desk.pairing import Damaged, Pairing, Sealed, WrongCode, read_code, read_sealed
from desk.passphrase import Draw
from desk.ssh import NoSsh, own_key, write_config
from desk.talk import Talk

_ = mark

ENDING = ".souspli-desk"
MOST = 1 << 20
"""Bytes of a file at most: facts and a key are some thirty thousand."""


class Home:
    """The folder of a desk that came in a file; nobody else may read it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.expanduser().resolve()
        self.keys, self.ssh = self.folder / "keys", self.folder / "ssh"
        self.facts, self.drawer = self.folder / "practice.toml", self.folder / "desk.drawer"
        self.config, self.line = self.ssh / "config", self.folder / "for-the-server.txt"
        self.joined = self.folder / "joined.json"

    def make(self) -> None:
        for folder in (self.folder, self.keys, self.ssh):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)

    def told(self) -> dict[str, str]:
        """What was joined: `file`, its digest, and `made`; nothing where there is no desk yet."""
        try:
            return dict(json.loads(self.joined.read_text("ascii")))
        except FileNotFoundError:
            return {}


@dataclass(frozen=True, slots=True)
class Joining:
    """One computer that gets a desk, and whoever sits at its terminal."""

    home: Home
    talk: Talk
    draw: Draw

    def join(self, file: Path) -> None:
        """Unfold the file; what is there is brought up to date. Nothing to do for the same file.

        Raises Stopped, OSError. What counts is written last, so that it can be begun anew.
        """
        content = read_file(file)
        name, before = hashlib.sha256(content).hexdigest(), self.home.told()
        if before.get("file") == name:
            self._say_delete(file)
            return
        try:
            sealed = read_sealed(content.decode("utf-8", "replace"))
            pairing, code = self._opened(sealed)
            practice = read_practice(pairing.facts)
            named = named_in(practice, pairing)
            given = unlock_key(pairing.key.encode(), code) if pairing.key else None
        except (Damaged, BadPractice, BadKey):
            raise self._stop(
                _(
                    "{file} is damaged, or not whole. Have it copied once more, or made anew with "
                    "`desk --pair`. Nothing was changed."
                ),
                file=file,
            ) from None
        if pairing.made <= before.get("made", ""):
            raise self._stop(
                _(
                    "{file} is older than what this desk goes by. Nothing was changed; have a new "
                    "one made with `desk --pair`, and delete this one."
                ),
                file=file,
            )
        self.home.make()
        self._keep_key(named, given)
        write_config(self.home.ssh, pairing.reach)
        self._say_line()
        write_private_file(self.home.facts, pairing.facts.encode())
        told = json.dumps({"file": name, "made": pairing.made})
        write_private_file(self.home.joined, told.encode("ascii"))
        self._say_delete(file)

    def bring(self, facts: Path) -> None:
        """Go by these facts from now on. Raises Stopped, BadPractice, OSError."""
        self.must_be_there()
        text = read_facts_file(facts)
        keyring = Keyring(self.home.keys)
        if not any(keyring.find(one.key) for one in read_practice(text, str(facts)).recipients):
            raise self._stop(
                _(
                    "{file} does not name the key of this desk: it is of another practice, or the "
                    "key was taken out. Nothing was changed."
                ),
                file=facts,
            )
        write_private_file(self.home.facts, text.encode())

    def must_be_there(self) -> None:
        """Raises Stopped where no file was joined yet."""
        if not self.home.told():
            raise self._stop(
                _(
                    "There is no desk in {folder} yet. Have the doctor make a file with "
                    "`desk --pair`, then: {command}"
                ),
                folder=self.home.folder,
                command=f"souspli-desk cabinet{ENDING}",
            )

    def _opened(self, sealed: Sealed) -> tuple[Pairing, str]:
        """What is in the file, and its code, asked for until it is right."""
        while True:
            typed = self.talk.ask(_("The six words of the code, as the doctor was shown them."))
            try:
                code = read_code(typed, sealed.language)
                return sealed.open(code), code
            except WrongCode:
                self.talk.tell(
                    _(
                        "This code does not open the file. It has six words; the first four "
                        "letters of each are enough. If it is lost, have a new file made."
                    )
                )

    def _keep_key(self, named: Recipient, given: PrivateKey | None) -> None:
        """The key under a passphrase of hers, unless it lies here already."""
        keyring = Keyring(self.home.keys)
        if keyring.find(named.key):
            return
        key = given or self._from_paper(named)
        self.talk.tell(
            _("You choose what opens the desk on this computer, each time; nobody else knows it.")
        )
        passphrase = asking.new_passphrase(self.talk, self.draw)
        unfinished = keyring.write(named.role, key, passphrase)
        try_key(key, unlock_key(unfinished.read_bytes(), passphrase))
        keyring.finish(unfinished)

    def _from_paper(self, named: Recipient) -> PrivateKey:
        """The key of the facts, from its 24 words."""
        while public_text(key := key_from(asking.typed_seed(self.talk))) != named.key:
            self.talk.tell(_("This paper is of another key. Take the secretary’s."))
        return key

    def _say_line(self) -> None:
        """What the server must be told, on the screen and in a file to send."""
        try:
            line = own_key(self.home.ssh)
        except NoSsh as program:
            raise self._stop(
                _("{program} did not answer. Install OpenSSH on this computer, then try again."),
                program=program,
            ) from None
        write_private_file(self.home.line, f"{line}\n".encode())
        self.talk.tell(
            _(
                "Send this line to whoever keeps the server: it lets this computer in. It is no "
                "secret, and stands in {file} too."
            ),
            file=self.home.line,
        )
        self.talk.show(line)

    def _say_delete(self, file: Path) -> None:
        self.talk.tell(
            _("Delete {file} now: it was of use once. Next time, `souspli-desk` is enough."),
            file=file,
        )

    def _stop(self, message: str, **values: object) -> Stopped:
        return Stopped(self.talk.say(message, **values))


def read_file(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(MOST)


def named_in(practice: Practice, pairing: Pairing) -> Recipient:
    """Whom the file is for, as its own facts name them; raises Damaged where they do not."""
    named = holder(practice, pairing.role)
    if named is None or pairing.role == "doctor":
        raise Damaged
    if pairing.key and not pairing.key.isascii():
        raise Damaged
    return named


def language_of(file: Path | None, home: Home) -> str:
    """In which language to speak: the file's, else that of the desk that is here, else the
    machine's. Raises OSError for a file that cannot be read."""
    if file:
        with suppress(Damaged):
            return read_sealed(read_file(file).decode("utf-8", "replace")).language
    return writers_language(home.facts).code
