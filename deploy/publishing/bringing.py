"""A backup is brought home: whole or not at all, named for the day, the last few kept."""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from booking_endpoint.sealed_file import BadFile, check_whole
from deploy.server.outcomes import Outcome, Stopped

FOLDER = Path("~/souspli-backups")
"""Where they lie unless something else is said: outside every repository."""
END = ".souspli"
NAME = "{host}-{now:%Y%m%dT%H%M%SZ}" + END

Send = Callable[[IO[bytes]], str]
"""Writes a sealed backup into a file; what the server says of it."""


def file_for(folder: Path, host: str, now: datetime) -> Path:
    """Where the backup of a server goes that is brought now."""
    return folder / NAME.format(host=plain(host), now=now.astimezone(UTC))


def plain(host: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]", "-", host.rpartition("@")[2])


def bring(send: Send, file: Path) -> str:
    """Write to a `.part` beside it, see that its end has come, then give it its name.

    What the server said of it. Raises Stopped or far.Far, and then leaves nothing behind.
    """
    part = file.with_name(f"{file.name}.part")
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as coming:
            said = send(coming)
            os.fsync(coming.fileno())
            coming.seek(0)
            check_whole(coming.read())
    except BadFile as error:
        part.unlink()
        said = f"what came is no whole backup ({error}). Nothing was kept; try again"
        raise Stopped(Outcome.DAMAGED, said) from None
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    part.replace(file)
    return said


def forget_old(folder: Path, host: str, keep: int) -> list[Path]:
    """Delete all backups of this server but the last few; those that went.

    They hold what was purged or forgotten since: none may lie for good.
    """
    named = re.compile(re.escape(plain(host)) + r"-\d{8}T\d{6}Z" + re.escape(END))
    found = sorted(path for path in folder.iterdir() if named.fullmatch(path.name))
    old = found[: max(0, len(found) - keep)]
    for path in old:
        with suppress(FileNotFoundError):
            path.unlink()
    return old
