"""One drawer, one desk: a lock of the system on a file beside it, gone with whoever held it."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class Taken(Exception):
    """Another desk is open with this drawer."""


@contextmanager
def held(drawer: Path) -> Iterator[None]:
    """The drawer is ours until the end, or that of the process, `kill -9` too; raises Taken.

    The file stays: it is the lock that counts, and no command started from here inherits it.
    """
    handle = os.open(drawer.with_name(f"{drawer.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        take(handle)
        yield
    finally:
        os.close(handle)


def take(handle: int) -> None:
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        raise Taken from None
