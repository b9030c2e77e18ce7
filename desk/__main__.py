"""The desk's command line: `open` at the terminal, `serve` the local page, and the others."""

import argparse
import getpass
import json
import secrets
import ssl
import sys
import time
import webbrowser
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from booking_endpoint.audit import append, last_digest, report, user
from booking_endpoint.booking import mark
from booking_endpoint.envelope import BadKey, PrivateKey
from booking_endpoint.reading import BadPractice, read_practice
from booking_endpoint.words import Language, read_language
from deploy.far import Far
from deploy.writer import told, writers_language
from desk.arguments import as_typed, parser
from desk.calendar_command import CalendarTalk
from desk.calendar_push import NotPushed
from desk.calendars import Calendars
from desk.drawer import StaysClosed
from desk.evening_command import Evening
from desk.facts_file import digest
from desk.joining import Home, Joining, language_of
from desk.keyring import Keyring, Unsafe, unlock_all
from desk.keys import Stopped, Workshop
from desk.opening import BadLine, open_line, plain
from desk.pair_command import Invitation
from desk.paper import Paper
from desk.printing import shown
from desk.restore_command import Restoring, send
from desk.server import Server, Unreachable
from desk.serving import open_desk
from desk.session import Place
from desk.ssh import NAME
from desk.talk import Talk

_ = mark

TRANSLATIONS = Path(__file__).parent / "translations"


def main(arguments: Sequence[str]) -> int:
    """Run one command; 0 when done, 1 when some lines stayed closed, 2 when it cannot start."""
    asked = parser().parse_args(arguments)
    try:
        if asked.command == "open":
            keys, _closed = unlock_all(read_keys(asked.key), passphrase(asked.passphrase_file))
            return open_lines(utf8(sys.stdin), keys, utf8(sys.stdout))
        if asked.command == "audit":
            return audit(server_of(asked), asked.seen)
        if asked.command == "calendar":
            return calendar_command(asked)
        if asked.command in ("remind", "sheet", "numbers"):
            return evening_command(asked)
        acts = {
            "keys": keys_command,
            "pair": pair,
            "join": join,
            "serve": serve,
            "restore": restore_command,
        }
        return acts[asked.command](asked)
    except BadKey:
        print(f"{asked.key[0]}: this passphrase does not open the key", file=sys.stderr)
    except BadPractice as error:
        print(told(error, asked.practice), file=sys.stderr)
    except (Stopped, Unsafe, Far) as error:
        print(error, file=sys.stderr)
    except UnicodeDecodeError:
        print("a file is not text in UTF-8", file=sys.stderr)
    except Unreachable as error:
        print(f"the server did not answer: {plain(str(error))}", file=sys.stderr)
    except OSError as error:
        print(f"{error.filename}: cannot be read", file=sys.stderr)
    return 2


def read_keys(paths: Iterable[Path]) -> list[bytes]:
    """The key files that were named, and those of the folders that were."""
    files = [
        file for path in paths for file in (sorted(path.glob("*.pem")) if path.is_dir() else [path])
    ]
    return [file.read_bytes() for file in files]


def passphrase(file: Path | None) -> str:
    """From a file, or asked for on the terminal; never an argument, which `ps` would show."""
    if file:
        return file.read_text(encoding="utf-8-sig").rstrip("\n")
    return getpass.getpass("Passphrase: ")


def utf8(stream: TextIO) -> TextIO:
    """The same stream in UTF-8, whatever the terminal's own: names are in every script."""
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="replace")
    return stream


def open_lines(lines: Iterable[str], keys: Sequence[PrivateKey], out: TextIO) -> int:
    """Print each line opened; 1 when any could not be."""
    closed = 0
    for line in filter(str.strip, lines):
        try:
            opened = open_line(line, keys).to_json()
        except BadLine:
            opened = {"id": "", "error": "line"}
        closed += "error" in opened
        print(json.dumps(opened, ensure_ascii=False), file=out)
    return 1 if closed else 0


def server_of(asked: argparse.Namespace) -> Server:
    if asked.database:
        return Server.here(asked.database)
    return Server.over_ssh(asked.host, asked.ssh_config)


def audit(server: Server, seen: Path) -> int:
    """Say whether the server's audit log is whole; 1 when not.

    Its last digest is kept in `seen`, on this machine: no server can cut off or write anew what
    was seen before without being found out the next time.
    """
    before = seen.read_text(encoding="ascii").strip() if seen.exists() else ""
    content = server.audit()
    whole, said = report("the audit log", content, before)
    print(said)
    if not whole:
        return 1
    draft = seen.with_name(f"{seen.name}.draft")
    draft.write_text(last_digest(content), encoding="ascii")
    draft.replace(seen)
    return 0


def serve(asked: argparse.Namespace) -> int:
    """The local page, until Ctrl-C."""
    practice = read_practice(asked.practice.read_text(encoding="utf-8"), str(asked.practice))
    keys = folder_of(asked)
    place = Place(
        practice,
        server_of(asked),
        asked.drawer or keys / "desk.drawer",
        time.time,
        secrets.token_bytes,
        keys,
        ssl.create_default_context(),
        digest(asked.practice),
    )
    return open_desk(place, read_keys(asked.key), asked.lock_after, browser(asked))


def pair(asked: argparse.Namespace) -> int:
    """One file for the secretary's computer."""
    language = read_language(writers_language(asked.practice).code, TRANSLATIONS)
    talk, keyring = Talk(language, input, getpass.getpass, print), Keyring(asked.folder)
    now = int(time.time())

    def log(what: str) -> None:
        append(keyring.log(), user(), what, now)

    chance, draw = secrets.token_bytes, secrets.randbelow
    invitation = Invitation(asked.practice, keyring, talk, chance, draw, now, log)
    try:
        invitation.write(asked.file, asked.host, asked.ssh_config)
    except (KeyboardInterrupt, EOFError):
        return stopped(language)
    return 0


def join(asked: argparse.Namespace) -> int:
    """The desk that came in a file: unfolded, brought up to date, opened."""
    home, brought = Home(asked.home), asked.practice
    asked.practice = brought or home.facts
    language = read_language(language_of(asked.file, home), TRANSLATIONS)
    talk = Talk(language, input, getpass.getpass, print)
    joining = Joining(home, talk, secrets.randbelow)
    try:
        if asked.file:
            joining.join(asked.file)
        if brought:
            joining.bring(brought)
        joining.must_be_there()
    except (KeyboardInterrupt, EOFError):
        return stopped(language)
    asked.practice, asked.key, asked.drawer = home.facts, [home.keys], home.drawer
    asked.database, asked.host, asked.ssh_config = None, NAME, home.config
    return serve(asked)


def browser(asked: argparse.Namespace) -> Callable[[str], object]:
    """What shows a page, unless nothing shall."""
    return (lambda _address: None) if asked.no_open else webbrowser.open


def keys_command(asked: argparse.Namespace) -> int:
    """One act on the keys, at the terminal. Nothing is changed unless it comes to its end."""
    practice = read_practice(asked.practice.read_text(encoding="utf-8"), str(asked.practice))
    language = read_language(practice.languages[0], TRANSLATIONS)
    talk = Talk(language, input, getpass.getpass, print)

    @contextmanager
    def show(paper: Paper) -> Iterator[str]:
        with shown(language, paper) as address:
            if not asked.no_open:
                webbrowser.open(address)
            yield address

    today = datetime.now(practice.zone).date()
    keyring = Keyring(asked.folder)
    chance, draw = secrets.token_bytes, secrets.randbelow

    def log(what: str) -> None:
        append(keyring.log(), user(), what, int(time.time()))

    workshop = Workshop(asked.practice, keyring, talk, show, chance, draw, today, log)
    export = server_of(asked).export if asked.database or asked.host else None
    acts: dict[str, Callable[[], str]] = {
        "make": lambda: workshop.make(asked.role),
        "rotate": lambda: workshop.rotate(asked.role, export),
        "remove": lambda: workshop.remove(asked.role, export),
        "restore": workshop.restore,
    }
    try:
        acts[asked.act]()
    except (KeyboardInterrupt, EOFError):
        return stopped(language)
    except Unreachable as error:
        said = language.say(_("The server does not answer. Nothing was changed."))
        print(f"{said}\n{error}", file=sys.stderr)
        return 1
    return 0


def stopped(language: Language) -> int:
    """Ctrl-C in the middle of a question."""
    print(f"\n{language.say(_('Stopped. Nothing was changed.'))}", file=sys.stderr)
    return 130


def evening_command(asked: argparse.Namespace) -> int:
    """Reminders, sheets and numbers. Their drawer lies beside the first key."""
    practice = read_practice(asked.practice.read_text(encoding="utf-8"), str(asked.practice))
    language = read_language(practice.languages[0], TRANSLATIONS)
    talk = Talk(language, input, getpass.getpass, print)
    keys, _closed = unlock_all(read_keys(asked.key), passphrase(asked.passphrase_file))
    evening = Evening(
        practice,
        keys,
        folder_of(asked),
        talk,
        lambda code: read_language(code, TRANSLATIONS),
        int(time.time()),
        secrets.token_bytes,
        browser(asked),
    )
    try:
        return evening.do(asked, server_of(asked).export)
    except (KeyboardInterrupt, EOFError):
        return stopped(language)
    except StaysClosed:
        return closed_drawer(language, "reminders.sealed")


def restore_command(asked: argparse.Namespace) -> int:
    """A backup, opened with a key file and its passphrase, or with the words of a paper."""
    practice = read_practice(asked.practice.read_text(encoding="utf-8"), str(asked.practice))
    language = read_language(practice.languages[0], TRANSLATIONS)
    talk = Talk(language, input, getpass.getpass, print)
    if not (asked.host or asked.drill):
        print("name the server to restore, or say --drill", file=sys.stderr)
        return 2

    def unlocked() -> list[PrivateKey]:
        return unlock_all(read_keys(asked.key), passphrase(asked.passphrase_file))[0]

    try:
        return Restoring(practice, talk, unlocked, send).do(asked)
    except (KeyboardInterrupt, EOFError):
        return stopped(language)


def folder_of(asked: argparse.Namespace) -> Path:
    """Where the first key lies, and what is kept beside it."""
    first: Path = asked.key[0]
    return first if first.is_dir() else first.parent


def closed_drawer(language: Language, file: object) -> int:
    told = _("This key does not open {file}: take the key that made it, or delete it.")
    print(language.say(told, file=file), file=sys.stderr)
    return 1


def calendar_command(asked: argparse.Namespace) -> int:
    """One act on calendars, at the terminal. Its drawer lies beside the first key."""
    practice = read_practice(asked.practice.read_text(encoding="utf-8"), str(asked.practice))
    language = read_language(practice.languages[0], TRANSLATIONS)
    talk = Talk(language, input, getpass.getpass, print)
    keys, _closed = unlock_all(read_keys(asked.key), passphrase(asked.passphrase_file))
    now, trust = int(time.time()), ssl.create_default_context()
    known = Calendars.beside(folder_of(asked), practice, keys, now, secrets.token_bytes, trust)
    calendars = CalendarTalk(known, talk)
    acts: dict[str, Callable[[], int]] = {
        "add": calendars.add,
        "list": calendars.show,
        "remove": calendars.remove,
        "pull": lambda: pull(calendars, server_of(asked)),
        "export": lambda: calendars.export(
            server_of(asked).export(), asked.output, names=asked.with_names
        ),
    }
    try:
        return acts[asked.act]()
    except (KeyboardInterrupt, EOFError):
        return stopped(language)
    except NotPushed:
        print(language.say(_("The server did not close every time; try again.")), file=sys.stderr)
    except StaysClosed:
        return closed_drawer(language, known.drawer.file)
    return 1


def pull(calendars: CalendarTalk, server: Server) -> int:
    return calendars.pull(server.listing, server.acts)


def start() -> int:
    """The command `souspli-desk`, where the desk was installed by itself."""
    return main(as_typed(sys.argv[1:]))


if __name__ == "__main__":
    sys.exit(start())
