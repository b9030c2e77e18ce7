"""The desk's command line: `open` at the terminal, `serve` the local page, and the others."""

import argparse
import getpass
import json
import secrets
import socket
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

import uvicorn

from booking_endpoint.audit import append, last_digest, report, user
from booking_endpoint.booking import mark
from booking_endpoint.envelope import BadKey, PrivateKey, key_from
from booking_endpoint.reading import BadPractice, read_practice
from booking_endpoint.words import Language, read_language
from deploy.far import Far
from deploy.writer import told
from desk.app import create_app
from desk.arguments import parser
from desk.asking import typed_seed
from desk.calendar_command import Calendars
from desk.calendar_push import NotPushed
from desk.drawer import Drawer, StaysClosed
from desk.evening_command import Evening
from desk.keyring import Keyring, Unsafe, unlock_all
from desk.keys import Stopped, Workshop
from desk.opening import BadLine, open_line, plain
from desk.pages import Desk
from desk.paper import Paper
from desk.printing import shown
from desk.restore_command import Restoring, send
from desk.server import Server, Unreachable
from desk.session import Place
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
        if asked.command == "restore":
            return restore_command(asked)
        return keys_command(asked) if asked.command == "keys" else serve(asked)
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
    return Server.here(asked.database) if asked.database else Server.over_ssh(asked.host)


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
    """The local page, on a free port of 127.0.0.1, until Ctrl-C."""
    practice = read_practice(asked.practice.read_text(encoding="utf-8"), str(asked.practice))
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen()  # whoever is told the address may come before the server is up: they wait
    port, token = listener.getsockname()[1], secrets.token_urlsafe(24)
    drawer = asked.drawer or beside(asked.key[0])
    place = Place(practice, server_of(asked), drawer, time.time, secrets.token_bytes)
    desk = Desk(place, read_keys(asked.key), token, asked.lock_after)
    address = f"http://127.0.0.1:{port}/{token}/"
    print(f"The desk: {address}\nCtrl-C closes it.", flush=True)
    if not asked.no_open:
        webbrowser.open(address)
    settings = uvicorn.Config(
        create_app(desk, port), http="httptools", access_log=False, log_level="warning"
    )
    try:
        uvicorn.Server(settings).run(sockets=[listener])
    except KeyboardInterrupt:
        print("Closed.")
    return 0


def beside(key: Path) -> Path:
    """Where the desk keeps what it must know tomorrow, unless something else is said."""
    return (key if key.is_dir() else key.parent) / "desk.drawer"


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
        (lambda _address: None) if asked.no_open else webbrowser.open,
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

    def keys() -> list[PrivateKey]:
        if asked.key:
            return unlock_all(read_keys(asked.key), passphrase(asked.passphrase_file))[0]
        seed = typed_seed(talk)
        talk.clear()
        return [key_from(seed)]

    try:
        return Restoring(practice, talk, keys, send).do(asked)
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
    now, drawer = (
        int(time.time()),
        Drawer(folder_of(asked) / "calendars.sealed", secrets.token_bytes),
    )
    keys, _closed = unlock_all(read_keys(asked.key), passphrase(asked.passphrase_file))
    trust = ssl.create_default_context()
    calendars = Calendars(practice, drawer, keys, talk, now, secrets.token_bytes, trust)
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
        return closed_drawer(language, drawer.file)
    return 1


def pull(calendars: Calendars, server: Server) -> int:
    return calendars.pull(server.listing, server.acts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
