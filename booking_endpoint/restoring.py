"""A backup put in the place of the database, and taken back. Knows no key and no service.

What was there lies beside it, as `.before`, until it is said that all is well. The path itself is
never without a file: an endpoint that starts meanwhile would make an empty one.
"""

import os
import shutil
from pathlib import Path

from booking_endpoint.backup import Backup
from booking_endpoint.sqlite_file import beside, queued

BEFORE, FRESH = ".before", ".restored"
OF_ITS_OWN = ("-wal", "-shm", ".spare")
"""Files that belong to one database, and would spoil another."""


def put_in_place(database: Path, audit: Path, backup: Backup) -> None:
    """The backup's database at this path, and its audit log unless the one here goes on from it.

    Raises OSError where the disk takes it not; then all is as it was.
    """
    fresh = write(database, backup.database)
    with queued(database):
        set_aside(database)
        strip(database)
        fresh.replace(database)
    here = audit.read_bytes() if audit.exists() else b""
    if not here.startswith(backup.audit):
        fresh = write(audit, backup.audit)
        set_aside(audit)
        fresh.replace(audit)
    sync(database.parent)


def take_back(database: Path, audit: Path) -> None:
    """Everything as it was before; does nothing where nothing was set aside."""
    if beside(audit, BEFORE).exists():
        beside(audit, BEFORE).replace(audit)
    with queued(database):
        if not beside(database, BEFORE).exists():
            return
        strip(database)
        log = beside(database, f"{BEFORE}-wal")
        if log.exists():
            log.replace(beside(database, "-wal"))
        beside(database, BEFORE).replace(database)
    sync(database.parent)


def settle(database: Path, audit: Path) -> None:
    """All is well: what was set aside goes for good. An audit log is evidence, and stays."""
    beside(database, BEFORE).unlink(missing_ok=True)
    beside(database, f"{BEFORE}-wal").unlink(missing_ok=True)
    if beside(audit, BEFORE).exists():
        beside(audit, BEFORE).replace(beside(audit, ".replaced"))


def set_aside(path: Path) -> None:
    """A second name for what stands here; for nothing, an empty file, which SQLite takes for new.

    One that an act has left which was cut off is older, and the one to keep.
    """
    before, log = beside(path, BEFORE), beside(path, "-wal")
    if before.exists():
        return
    if log.exists():
        shutil.copy2(log, beside(path, f"{BEFORE}-wal"))
    if path.exists():
        os.link(path, before)
    else:
        before.touch(0o600)


def strip(path: Path) -> None:
    for end in OF_ITS_OWN:
        beside(path, end).unlink(missing_ok=True)


def write(path: Path, content: bytes) -> Path:
    """A file beside this one, on the disk for good; nobody else may read it."""
    fresh = beside(path, FRESH)
    fresh.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    return fresh


def sync(folder: Path) -> None:
    """Names are on the disk, too."""
    if hasattr(os, "O_DIRECTORY"):  # Windows does it by itself
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
