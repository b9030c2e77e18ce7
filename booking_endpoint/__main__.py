"""The server's command line, its only back door: there is no password to guess on the web."""

import argparse
import asyncio
import logging
import os
import secrets
import signal
import sys
import time
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from booking_endpoint.acts import Act, read_id
from booking_endpoint.app import FAULTS, create_app
from booking_endpoint.arguments import parser
from booking_endpoint.audit import append, lines_of, report, user
from booking_endpoint.backup import BadBackup
from booking_endpoint.backup_commands import SENT, backup_command
from booking_endpoint.config import (
    BadConfig,
    Config,
    audit_path,
    database_at,
    facts_digest,
    read_facts_file,
    read_release,
)
from booking_endpoint.host_view import (
    MOST,
    Table,
    files_beside,
    host_view,
    read_log,
    tables,
    visible,
)
from booking_endpoint.instants import DAY, Slot, rfc3339
from booking_endpoint.lines import changes, exported, listed, performed
from booking_endpoint.protocol import PatientProtocol, PatientServer
from booking_endpoint.reading import BadPractice
from booking_endpoint.sqlite_file import BrokenPromise, NewerFile, Unsound
from booking_endpoint.storage import NotOffered, ServerFault, Where
from booking_endpoint.store import State, Store
from booking_endpoint.trial import rehearse

OFTEN = ("list", "acts")
"""The desk asks for these again and again: each act is written down, and no look is."""
READING = ("export", "watch", "backup", SENT, "host-view")
"""Done also where they cannot be written down: a full disk must not hide who comes today."""


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run one command; 0 when it was done, 1 when there was nothing to do it to, 2 when refused."""
    asked = parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        if asked.command == "serve":
            return serve(asked, environ)
        if asked.command == "audit":
            return audit(asked, environ)
        if asked.command == "restore" or getattr(asked, "sealed", False):
            log = partial(write_down, environ, needed=False)
            return backup_command(asked, environ, secrets.token_bytes, log)
        if asked.command == "check" and asked.copy:
            asyncio.run(rehearse(environ, time.time, secrets.token_bytes))
            return told(True, "this release could serve")
        return asyncio.run(keep(asked, environ))
    except (BadBackup, BadConfig, BadPractice, BrokenPromise, NewerFile, NotOffered) as error:
        print(error, file=sys.stderr)
    except FAULTS as error:
        print(f"the database cannot be used: {why(error)}", file=sys.stderr)
    return 2


def serve(asked: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Answer until told to stop. No access log: it would hold who asked, and when."""
    asyncio.run(try_database(Config.read(environ).database))
    leave_no_core()
    signal.signal(signal.SIGTERM, end)
    write_down(environ, f"serve start, facts {facts_digest(environ)}", needed=False)
    settings = uvicorn.Config(
        "booking_endpoint.__main__:from_environment",
        factory=True,
        port=asked.port,
        fd=asked.fd,
        workers=asked.workers,
        http=PatientProtocol,
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        headers=[("X-Release", release)] if (release := read_release(environ)) else [],
        timeout_keep_alive=20,
        timeout_graceful_shutdown=10,
    )
    try:
        if asked.workers > 1:
            Multiprocess(settings, sockets=[settings.bind_socket()]).run()
        else:
            with suppress(KeyboardInterrupt):  # Ctrl-C, which uvicorn passes on when it is done
                PatientServer(settings).run()
    finally:
        write_down(environ, "serve stop", needed=False)
    return 0


def end(*_signal: object) -> None:
    """Told to stop: what is to be done at the end is still done."""
    raise SystemExit(0)


def write_down(environ: Mapping[str, str], what: str, *, needed: bool) -> None:
    """One line in the audit log, before the act: it tells what was asked for.

    Raises BadConfig when the act needs a line and there is none. No booking waits for that.
    """
    path, who = audit_path(environ), environ.get("BOOKING_ACTOR") or user()
    try:
        append(path, who, what, int(time.time()), again=what not in READING)
    except OSError as error:
        said = f"BOOKING_AUDIT: {path} cannot be written ({type(error).__name__})"
        if needed:
            mend = "make room there, or let this user write it, then try again"
            raise BadConfig(f"{said}, and nothing was done: {mend}") from None
        print(f"{said}: `{what}` is not in it", file=sys.stderr)


def leave_no_core() -> None:
    """A process that crashes leaves its memory nowhere: a form without a script passes through."""
    with suppress(ImportError):  # Windows writes none by itself
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


async def try_database(where: Where) -> None:
    """Raise what no waiting mends, before any process starts; of what does, tell and go on."""
    store = Store(where)
    try:
        await store.open()
    except FAULTS as error:
        print(f"the database cannot be used yet: {why(error)}", file=sys.stderr)
    finally:
        await store.close()


def why(error: Exception) -> str:
    """What stands in the way, without a word of what is kept."""
    return str(error) if isinstance(error, ServerFault) else type(error).__name__


def from_environment() -> object:
    """The application of one worker process, with the real clock and real chance."""
    return create_app(Config.read(os.environ), time.time, secrets.token_bytes)


async def keep(asked: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """One act on the database, beside the running server."""
    where = database_at(environ)
    if asked.command == "host-view" and isinstance(where, Path) and not where.exists():
        raise BadConfig(f"BOOKING_DATABASE: {where} is not there yet, so there is nothing to show")
    if asked.command == "close" and asked.end <= asked.start:
        raise BadConfig("close: the end must come after the start")
    if asked.command not in OFTEN:
        write_down(environ, told_of(asked), needed=asked.command not in READING)
    store = Store(where)
    await store.open()
    try:
        return await act(asked, store, environ)
    finally:
        await store.close()


def told_of(asked: argparse.Namespace) -> str:
    """What a line says of a command: no id, no name of a file or closure; its times are public."""
    if asked.command == "close":
        return f"close {rfc3339(asked.start)} {rfc3339(asked.end)}"
    return str(asked.command)


async def act(asked: argparse.Namespace, store: Store, environ: Mapping[str, str]) -> int:
    match asked.command:
        case "export":
            only = [read_id(line.strip()) for line in sys.stdin] if asked.only else None
            return await say(exported(store, only))
        case "list":
            print("\n".join(await listed(store)))
            return 0
        case "acts":

            def log(done: Act) -> None:
                write_down(environ, done.told, needed=True)

            return await say(performed(store, sys.stdin, log))
        case "watch":
            return await while_held(say(changes(store, lambda: digest_of(environ))))
        case "cancel":
            return told(await store.cancel(asked.id) is not None, "cancelled")
        case "accept":
            accepted = await store.accept(asked.id)
            return told(accepted is not None and accepted.state is State.CONFIRMED, "accepted")
        case "close":
            word = asked.word or secrets.token_hex(4)
            await store.close_between(word, Slot(asked.start, asked.end))
            return told(True, f"closed; to reopen: open {word}")
        case "open":
            return told(await store.reopen(asked.word), "opened")
        case "forget":
            return told(await store.forget(asked.ids) > 0, "forgotten")
        case "purge":
            days = read_facts_file(environ).rules.retention_days
            gone = await store.purge(int(time.time()) - days * DAY)
            return told(True, f"purged {gone} bookings")
        case "backup":
            await store.backup(asked.file)
            return told(True, "copied")
        case "host-view":
            shown = await tables(store, MOST)
            return show(shown, environ, asked.log)
        case _:
            return await check(store, environ)


async def say(lines: AsyncIterator[str]) -> int:
    """Print each line at once: whoever reads them waits for it. Ends when nobody does."""
    async for line in lines:
        try:
            print(line, flush=True)
        except BrokenPipeError:
            break
    return 0


async def while_held(work: Coroutine[Any, Any, int]) -> int:
    """Do it while somebody holds our standard input open: a desk that was killed holds nothing."""
    loop, working = asyncio.get_running_loop(), asyncio.ensure_future(work)

    def wait_for_the_end() -> None:
        while os.read(0, 1024):
            pass
        with suppress(RuntimeError):  # it has ended by itself
            loop.call_soon_threadsafe(working.cancel)

    Thread(target=wait_for_the_end, daemon=True).start()
    try:
        return await working
    except asyncio.CancelledError:
        return 0


def digest_of(environ: Mapping[str, str]) -> str:
    """The digest of the facts as they stand; nothing where they cannot be read just now."""
    with suppress(BadConfig, OSError):
        return facts_digest(environ)
    return ""


async def check(store: Store, environ: Mapping[str, str]) -> int:
    """Settings read, database sound: 0; otherwise what is wrong, and 1."""
    Config.read(environ)
    try:
        kept_by = await store.check()
    except Unsound:
        print("the database is damaged: restore a backup", file=sys.stderr)
        return 1
    return told(True, f"sound; {kept_by}")


def show(shown: Sequence[Table], environ: Mapping[str, str], logs: Sequence[Path]) -> int:
    where, log = database_at(environ), audit_path(environ)
    kept = files_beside(where) if isinstance(where, Path) else None
    written = read_log(log) if log.is_file() else None
    looked_into = [read_log(log) for log in logs]
    print("\n".join(host_view(shown, kept, environ, written, looked_into)))
    return 0


def audit(asked: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print the audit log, or verify it: 1 where its chain is broken. Leaves no line itself."""
    path = audit_path(environ)
    try:
        content = path.read_bytes() if path.exists() else b""  # nothing was done yet, or it is gone
    except OSError as error:
        raise BadConfig(f"BOOKING_AUDIT: {path} cannot be read ({type(error).__name__})") from None
    if asked.act is None:
        for line in lines_of(content):
            print(visible(line.decode("ascii", "replace")))
        return 0
    whole, said = report(path.name, content, asked.holds or "")
    print(said)
    return 0 if whole else 1


def told(done: bool, word: str) -> int:
    print(word if done else "there is nothing of that name")
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
