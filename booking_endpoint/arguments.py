"""What the server's command line takes."""

import argparse
from pathlib import Path

from booking_endpoint.acts import read_id
from booking_endpoint.backup_commands import add_commands
from booking_endpoint.instants import parse_instant

ENDPOINT = (
    "The server's command line, its only back door: there is no password to guess on the web."
)


def parser() -> argparse.ArgumentParser:
    """Every command of the server, and what each must be told."""
    described = argparse.ArgumentParser(prog="booking_endpoint", description=ENDPOINT)
    commands = described.add_subparsers(dest="command", required=True)
    serving = commands.add_parser("serve", help="answer availability and bookings")
    where = serving.add_mutually_exclusive_group()
    where.add_argument("--port", type=int, default=8001, help="listen on 127.0.0.1 (8001)")
    where.add_argument("--fd", type=int, help="listen on a socket passed by systemd")
    serving.add_argument("--workers", type=int, default=1, help="processes (1)")
    exporting = commands.add_parser("export", help="print every booking, sealed, as JSON lines")
    exporting.add_argument("--only", action="store_true", help="those whose ids come in")
    commands.add_parser("list", help="print all bookings without envelopes, and closures")
    commands.add_parser("acts", help="do what comes in as JSON lines; say what became of it")
    commands.add_parser(
        "watch", help="print a line after each change, while its input is held open"
    )
    for name, what in [("cancel", "release a time"), ("accept", "say yes to a request")]:
        commands.add_parser(name, help=what).add_argument("id", type=read_id)
    closing = commands.add_parser("close", help="offer nothing between two instants")
    closing.add_argument("start", type=parse_instant, help="2026-12-01T08:00:00Z")
    closing.add_argument("end", type=parse_instant)
    closing.add_argument("--id", dest="word", help="a name to reopen it by")
    commands.add_parser("open", help="undo a closure").add_argument("word")
    commands.add_parser("forget", help="delete bookings for good").add_argument(
        "ids", nargs="+", type=read_id, metavar="id"
    )
    commands.add_parser("purge", help="delete what is older than the practice keeps")
    add_commands(commands)
    commands.add_parser(
        "host-view", help="show everything that whoever runs this computer can see"
    ).add_argument("--log", action="append", default=[], type=Path, help="a log file to look into")
    auditing = commands.add_parser("audit", help="print what the doctor and the deployer did")
    auditing.add_argument("act", nargs="?", choices=["verify"], help="say whether it was changed")
    auditing.add_argument("--holds", type=read_digest, help="a digest seen before, still there?")
    checking = commands.add_parser("check", help="say whether settings and database are sound")
    checking.add_argument(
        "--copy", action="store_true", help="whether this release could serve: tried on a copy"
    )
    return described


def read_digest(text: str) -> str:
    """The digest of a line of the audit log, as `audit verify` prints the last one."""
    if len(bytes.fromhex(text)) != 32:
        raise ValueError
    return text.lower()
