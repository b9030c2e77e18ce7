"""The desk's command line: `open` for the terminal, `serve` for the local page."""

import argparse
import getpass
import json
import secrets
import socket
import sys
import time
import webbrowser
from collections.abc import Iterable, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

import uvicorn

from booking_endpoint.audit import last_digest, report
from booking_endpoint.envelope import BadKey, PrivateKey, unlock_key
from booking_endpoint.reading import BadPractice, read_practice
from desk.app import Desk, create_app
from desk.opening import BadLine, open_line, plain
from desk.server import Server, Unreachable


def main(arguments: Sequence[str]) -> int:
    """Run one command; 0 when done, 1 when some lines stayed closed, 2 when it cannot start."""
    asked = parser().parse_args(arguments)
    try:
        if asked.command == "open":
            key = unlock_key(asked.key.read_bytes(), passphrase(asked.passphrase_file))
            return open_lines(utf8(sys.stdin), key, utf8(sys.stdout))
        if asked.command == "audit":
            return audit(server_of(asked), asked.seen)
        return serve(asked)
    except BadKey:
        print(f"{asked.key}: this passphrase does not open the key", file=sys.stderr)
    except BadPractice as error:
        print(error, file=sys.stderr)
    except UnicodeDecodeError:
        print("a file is not text in UTF-8", file=sys.stderr)
    except Unreachable as error:
        print(f"the server did not answer: {plain(str(error))}", file=sys.stderr)
    except OSError as error:
        print(f"{error.filename}: cannot be read", file=sys.stderr)
    return 2


def parser() -> argparse.ArgumentParser:
    described = argparse.ArgumentParser(prog="desk", description=__doc__)
    commands = described.add_subparsers(dest="command", required=True)
    opening = commands.add_parser("open", help="open `export` lines from standard input")
    opening.add_argument("--key", type=Path, required=True, help="the private key (PKCS#8)")
    opening.add_argument("--passphrase-file", type=Path, help="instead of asking for it")
    serving = commands.add_parser("serve", help="the agenda, on a page of this machine alone")
    serving.add_argument("--key", type=Path, required=True, help="the private key (PKCS#8)")
    serving.add_argument("--practice", type=Path, required=True, help="practice.toml")
    serving.add_argument("--no-open", action="store_true", help="do not open the browser")
    auditing = commands.add_parser("audit", help="whether the server's audit log was changed")
    auditing.add_argument("--seen", type=Path, required=True, help="keeps its last digest, here")
    for command in (serving, auditing):
        where = command.add_mutually_exclusive_group(required=True)
        where.add_argument("--database", type=Path, help="the endpoint's, on this machine")
        where.add_argument("--host", help="the endpoint's server, as `ssh` knows it")
    return described


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


def open_lines(lines: Iterable[str], key: PrivateKey, out: TextIO) -> int:
    """Print each line opened; 1 when any could not be."""
    closed = 0
    for line in filter(str.strip, lines):
        try:
            opened = open_line(line, [key]).to_json()
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
    port, token = listener.getsockname()[1], secrets.token_urlsafe(24)
    desk = Desk(practice, server_of(asked), asked.key.read_bytes(), token, time.time)
    address = f"http://127.0.0.1:{port}/{token}/"
    print(f"The desk: {address}\nCtrl-C closes it.", flush=True)
    if not asked.no_open:
        webbrowser.open(address)
    settings = uvicorn.Config(
        create_app(desk, token, port), http="httptools", access_log=False, log_level="warning"
    )
    try:
        uvicorn.Server(settings).run(sockets=[listener])
    except KeyboardInterrupt:
        print("Closed.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
