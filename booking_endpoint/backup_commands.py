"""`backup --sealed` and `restore` of the endpoint's command line: what is read, and what is put."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO

from booking_endpoint.backup import Backup, Found, holders, look
from booking_endpoint.config import (
    BadConfig,
    audit_path,
    database_file,
    read_facts_file,
    read_secrets,
)
from booking_endpoint.instants import rfc3339
from booking_endpoint.restoring import put_in_place, settle, take_back
from booking_endpoint.sealed_file import SECRET, seal_file
from booking_endpoint.sqlite_file import copy_in_memory

SENT = "backup sent"
"""Logged of a sealed backup once its last byte was taken: `status` counts the days from there."""


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`backup` and `restore`, as they are typed."""
    backing = commands.add_parser("backup", help="copy the database")
    to = backing.add_mutually_exclusive_group(required=True)
    to.add_argument("file", type=Path, nargs="?", help="here, its envelopes sealed as they are")
    to.add_argument("--sealed", action="store_true", help="print all of it, sealed to the doctor")
    restoring = commands.add_parser("restore", help="an opened backup comes in; root stops first")
    restoring.add_argument(
        "then", nargs="?", choices=["undo", "settle"], help="back as it was, or forget how it was"
    )


def backup_command(
    asked: argparse.Namespace,
    environ: Mapping[str, str],
    chance: Callable[[int], bytes],
    log: Callable[[str], None],
) -> int:
    """A sealed backup goes out on standard output, or an opened one comes in; the exit code."""
    if asked.command == "backup":
        return send(environ, int(time.time()), chance(SECRET), sys.stdout.buffer, log)
    print(restore(environ, asked.then, sys.stdin.buffer, log))
    return 0


def sealed_backup(
    environ: Mapping[str, str], now: int, secret: bytes
) -> tuple[Found, Iterator[bytes]]:
    """What the database holds, and the sealed file of all that a server needs to live on.

    `now` is UTC seconds, `secret` 32 random bytes. Raises BadBackup for a damaged database, and
    BadConfig where the facts name nobody to seal to.
    """
    recipients = holders(read_facts_file(environ))
    if not recipients:
        raise BadConfig("BOOKING_PRACTICE: no [[recipients]] to seal a backup to; make a key first")
    database, log = copy_in_memory(database_file(environ)), audit_path(environ)
    found = look(database)
    audit = log.read_bytes() if log.exists() else b""
    backup = Backup(database, audit, lent_secrets(environ), rfc3339(now))
    return found, seal_file(backup.to_bytes(), recipients, secret)


def lent_secrets(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The signing secrets, where this process was given any."""
    file = environ.get("BOOKING_SECRET_FILE")
    there = Path(file).exists() if file else environ.get("BOOKING_SECRET")
    return read_secrets(environ) if there else ()


def send(
    environ: Mapping[str, str], now: int, secret: bytes, out: IO[bytes], log: Callable[[str], None]
) -> int:
    """Write a sealed backup out, and to standard error how many bookings it holds; 1 if cut off."""
    log("backup")
    found, pieces = sealed_backup(environ, now, secret)
    try:
        out.writelines(pieces)
        out.flush()
    except BrokenPipeError:
        return 1
    log(SENT)
    print(f"{found.bookings} bookings, {found.standing} not cancelled", file=sys.stderr)
    return 0


def restore(
    environ: Mapping[str, str], then: str | None, stdin: IO[bytes], log: Callable[[str], None]
) -> str:
    """Put an opened backup in place, `undo` that, or `settle` for it; what was done, in words.

    What was there is set aside until then. Raises BadBackup or NewerFile before anything is
    touched. The log is the one that is in place afterwards.
    """
    database, audit = database_file(environ), audit_path(environ)
    if then == "settle":
        settle(database, audit)
        return "kept"
    if then == "undo":
        take_back(database, audit)
        log("restore undone")
        return "as it was before"
    backup = Backup.from_bytes(stdin.read())
    found = look(backup.database)
    put_in_place(database, audit, backup)
    log("restore")
    return f"{found.bookings} bookings are in place, as they were on {backup.made}"
