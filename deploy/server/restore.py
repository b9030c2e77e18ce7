"""Puts a backup in the place of this server's bookings, and takes it back where that is not well.

Root's alone: no key that publishes reaches it. The backup comes in on standard input, opened by
whoever holds a key; no key ever comes here.
"""

import argparse
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import IO

from deploy.server.health import Unwell, wait_until_well
from deploy.server.outcomes import Outcome, Stopped
from deploy.server.room import Room, read
from deploy.server.settings import BadSettings, Settings

WAIT = 300
"""Seconds that one step may take."""


def main(arguments: Sequence[str], stdin: IO[bytes]) -> int:
    """Restore; an Outcome."""
    asked = parser().parse_args(arguments)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # what was begun is ended, whoever still listens
    os.umask(0o077)
    try:
        content = stdin.read()
        if sha256(content).hexdigest() != asked.sha256:
            raise Stopped(Outcome.DAMAGED, "it did not arrive whole. Nothing was changed")
        settings = Settings.read(asked.settings)
        room = Room(settings.root)
        current = room.current
        if current is None or not read(current).endpoint:
            raise Stopped(Outcome.REFUSED, "no endpoint is published here: publish, then restore")
        with room.turn("a restore", datetime.now(UTC)):
            restore(settings, current, content, [] if asked.forget else secrets_in(content))
    except (Stopped, BadSettings) as stopped:
        print(stopped, file=sys.stderr)
        return stopped.outcome if isinstance(stopped, Stopped) else Outcome.REFUSED
    return Outcome.DONE


def parser() -> argparse.ArgumentParser:
    described = argparse.ArgumentParser(prog="restore", description=__doc__)
    described.add_argument("sha256", help="of what comes in on standard input")
    described.add_argument("--forget", action="store_true", help="leave its signing secrets out")
    described.add_argument("--settings", type=Path, default=Path("/etc/souspli/gate.toml"))
    return described


def restore(settings: Settings, current: Path, content: bytes, secrets: Sequence[str]) -> None:
    """Stop, put in place, start, look; whatever fails, all is put back and started again."""
    with taken_back(settings, current):
        run(*settings.stop)
        placed = run(*settings.run_endpoint, "restore", put_in=content)
        with signing(settings, secrets):
            run(*settings.start)
            wait_until_well(settings, current, read(current))
    say(placed)
    run(*settings.run_endpoint, "restore", "settle")


@contextmanager
def taken_back(settings: Settings, current: Path) -> Iterator[None]:
    """Whatever happens inside, the endpoint answers afterwards, or it is said that it does not."""
    try:
        yield
    except BaseException as error:
        try:
            run(*settings.stop)
            run(*settings.run_endpoint, "restore", "undo")
            run(*settings.start)
            wait_until_well(settings, current, read(current))
        except (Stopped, Unwell) as worse:
            why = f"{error}; taken back, and it is not well: {worse}"
            raise Stopped(Outcome.UNWELL, why) from None
        if isinstance(error, Stopped | Unwell | OSError):
            why = f"{error}. Everything was put back as it was"
            raise Stopped(Outcome.ROLLED_BACK, why) from None
        raise


@contextmanager
def signing(settings: Settings, secrets: Sequence[str]) -> Iterator[None]:
    """With the secrets of the backup read beside our own, until something fails inside.

    Ours signs, theirs are read: so links and codes of receipts live on.
    """
    if not secrets:
        yield
        return
    file, creds = settings.secret, settings.creds
    before = file.read_bytes()
    ours = run(*creds, "decrypt", "--name=secret", str(file), "-").split(",")
    every = ",".join(dict.fromkeys([*ours, *secrets]))
    fresh = file.with_name(f"{file.name}.new")
    words = ("encrypt", "--with-key=host", "--name=secret", "-", str(fresh))
    run(*creds, *words, put_in=every.encode())
    fresh.replace(file)
    try:
        yield
    except BaseException:
        fresh.write_bytes(before)
        fresh.replace(file)
        raise


def secrets_in(content: bytes) -> list[str]:
    """The signing secrets of an opened backup; raises Stopped for anything else."""
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as tar:
            about = tar.extractfile("about.json")
            return [str(one) for one in json.loads(about.read() if about else b"")["secrets"]]
    except (tarfile.TarError, LookupError, ValueError, TypeError):
        raise Stopped(Outcome.REFUSED, "this is no backup. Nothing was changed") from None


def run(*command: str, put_in: bytes = b"") -> str:
    """A step's last words; raises Stopped with them where it fails."""
    try:
        done = subprocess.run(command, input=put_in, capture_output=True, timeout=WAIT, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Stopped(Outcome.UNWELL, f"{command[0]}: {type(error).__name__}") from None
    out, said = (text.decode("utf-8", "replace").strip() for text in (done.stdout, done.stderr))
    if done.returncode:
        last = (said or out or "no word").splitlines()[-1]
        raise Stopped(Outcome.UNWELL, "".join(sign for sign in last[:300] if sign.isprintable()))
    return out


def say(line: str) -> None:
    """One line for whoever waits, if anybody still does."""
    with suppress(OSError):
        print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdin.buffer))
