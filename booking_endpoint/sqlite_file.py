"""One SQLite file, opened as promised, written in turn, and watched. Knows no booking, no loop."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

try:
    import fcntl
except ImportError:  # Windows: one process at a time, SQLite's own lock is enough.
    fcntl = None  # type: ignore[assignment]

Work = Callable[[sqlite3.Connection], Any]

PROMISES = {
    "journal_mode": "wal",
    "synchronous": 2,
    "secure_delete": 1,
    "foreign_keys": 1,
    "temp_store": 2,
    "trusted_schema": 0,
}
"""Per connection, so set and read back at every open: 2 is FULL, and 2 is MEMORY."""

WAIT = 5.0
"""Seconds to wait for others who write, in their queue and in SQLite's, before giving up."""

REST = 1.0
"""Seconds between two tries to open a file that could not be opened."""


class BrokenPromise(RuntimeError):
    """SQLite did not take a setting on which privacy or durability rests."""


class NewerFile(RuntimeError):
    """A database written by a later release: this one must not touch it."""


class Unsound(RuntimeError):
    """SQLite finds damaged pages: nothing more is written until a check passes."""


class Moved(RuntimeError):
    """The file that was written is no longer the one at its path: nothing of it counts."""


class SqliteFile:
    """The file as one thread writes it.

    Opened when it is needed, dropped at any trouble, and opened anew: so it recovers from a
    full disk or a damaged file without help. What a caller gets back has been synced into
    the file that stands at the path.
    """

    def __init__(self, path: Path, migrations: tuple[str, ...]) -> None:
        self._path, self._migrations = path, migrations
        self._connection: sqlite3.Connection | None = None
        self._names = {end: str(beside(path, end)) for end in ("", "-wal", "-shm")}
        self._files: dict[str, tuple[int, int]] = {}
        self._rests_until = 0.0
        self._made_spare = False
        self.opened = 0
        """How often: whoever reads the same file opens it anew when this has changed."""

    def commit(self, batch: Sequence[Work]) -> list[Any]:
        """Do all the work in one transaction with one sync; all of it, or none."""
        with self._turn() as connection:
            connection.execute("BEGIN IMMEDIATE")
            results = [work(connection) for work in batch]
            connection.execute("COMMIT")
        return results

    def vacuum(self) -> None:
        """Rewrite the file by key, without what was deleted, and empty the write-ahead log.

        The log is emptied before it, too: then nothing is left of what it held in its index.
        """
        with self._turn() as connection:
            empty_log(connection)
            connection.execute("VACUUM")
            empty_log(connection)

    def check(self) -> None:
        """Raise Unsound when SQLite finds damage; the next who writes then opens it anew."""
        with self._turn() as connection:
            quick_check(connection)

    def close(self) -> None:
        with queued(self._path):
            self._drop()
            if self._made_spare:
                beside(self._path, ".spare").unlink(missing_ok=True)

    def moved(self) -> bool:
        """Whether another file, or none, stands where the open one or its log stood."""
        return self._connection is not None and not (self._stands("") and self._stands("-wal"))

    def _stands(self, end: str) -> bool:
        return identity(self._names[end]) == self._files[end]

    @contextmanager
    def _turn(self) -> Iterator[sqlite3.Connection]:
        """The connection, when it is our turn among all that write to this file."""
        with queued(self._path):
            connection = self._current()
            try:
                yield connection
                if self.moved():
                    raise Moved
            except BaseException as error:
                with suppress(sqlite3.Error):
                    connection.rollback()
                if is_trouble(error) and not self.moved():
                    self._drop()
                raise

    def _current(self) -> sqlite3.Connection:
        """The open connection to the file at the path; opens it when there is none."""
        if self._connection and self.moved():
            self._put_back(self._connection)
        if self._connection and self.moved():
            self._drop()
            self._remove_strangers()
        if self._connection is None:
            if time.monotonic() < self._rests_until:
                raise Unsound
            self._rests_until = time.monotonic() + REST
            self._connection = self._open()
            self._rests_until = 0.0
            self._files = {end: identity(name) for end, name in self._names.items()}
            self._keep_spare()
            self.opened += 1
        return self._connection

    def _open(self) -> sqlite3.Connection:
        spare = beside(self._path, ".spare")
        if spare.exists() and not self._path.exists():  # deleted while others have it open
            os.link(spare, self._path)
        write_again(beside(self._path, "-wal"))
        connection = connect(self._path)
        try:
            migrate(connection, self._migrations)
            quick_check(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _keep_spare(self) -> None:
        """A second name for the same file, so that it can have its own back."""
        spare = beside(self._path, ".spare")
        if identity(spare) != self._files[""]:
            with suppress(OSError):  # not every disk has second names
                spare.unlink(missing_ok=True)
                os.link(self._path, spare)
                self._made_spare = True

    def _put_back(self, connection: sqlite3.Connection) -> None:
        """Somebody deleted the file or its log: bring it back, unless another took its place.

        A file gets its name again, under which all still have it open. Where the log is gone,
        or both names, all that was in them is still open here: it is written anew.
        """
        found, spare = identity(self._path), beside(self._path, ".spare")
        if found == NO_FILE and spare.exists() and self._stands("-wal"):
            os.link(spare, self._path)
        elif found in (NO_FILE, self._files[""]):
            copy = beside(self._path, ".rescued")
            copy.unlink(missing_ok=True)
            with closing(connect(copy)) as rescued:
                connection.backup(rescued)
            self._remove_strangers()
            copy.rename(self._path)

    def _remove_strangers(self) -> None:
        """The log of a file that is gone must not be read into the one that took its place."""
        for end in ("-wal", "-shm"):
            if self._stands(end):
                beside(self._path, end).unlink(missing_ok=True)

    def _drop(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None


def is_trouble(error: BaseException) -> bool:
    """Whether the connection may have suffered: not when others only were in the way."""
    busy = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
    return isinstance(error, sqlite3.Error | OSError | Unsound) and not busy


def beside(path: Path, end: str) -> Path:
    return path.with_name(path.name + end)


NO_FILE = 0, 0


def identity(path: str | Path) -> tuple[int, int]:
    """Which file stands at a path, whatever its name; asked before every answer, so by `os`."""
    try:
        found = os.stat(path)  # noqa: PTH116 -- half the time of pathlib's
    except OSError:
        return NO_FILE
    return found.st_dev, found.st_ino


@contextmanager
def queued(path: Path) -> Iterator[None]:
    """Our turn among all processes that write to this file; raises TimeoutError after WAIT.

    Nobody waits in SQLite's back-off, which lets some wait for very long, and no two
    processes check-point at once.
    """
    with beside(path, ".lock").open("ab") as lock:
        take_turn(lock)
        yield


def take_turn(file: IO[bytes]) -> None:
    """Our turn until this file is closed; raises TimeoutError after WAIT."""
    until = time.monotonic() + WAIT
    while fcntl is not None:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise TimeoutError from None
            time.sleep(0.0005)


def connect(path: Path, wait: float = WAIT) -> sqlite3.Connection:
    """A connection that keeps every promise; raises BrokenPromise when one is not kept."""
    connection = sqlite3.connect(path, wait, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    try:
        for name, value in PROMISES.items():
            connection.execute(f"PRAGMA {name}={value}")
            [kept] = connection.execute(f"PRAGMA {name}").fetchone()
            if kept != value:
                raise BrokenPromise(f"{name} is {kept}, not {value}")
    except BaseException:
        connection.close()
        raise
    return connection


def copy_file(path: Path, copy: Path) -> None:
    """The same rows in another file, its schema as it is; the file itself is only read."""
    with (
        closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", WAIT, uri=True)) as original,
        closing(sqlite3.connect(copy)) as copied,
    ):
        original.backup(copied)


def copy_in_memory(path: Path) -> bytes:
    """The same rows as the bytes of a file of their own, rewritten by key; no disk holds a copy.

    All that was committed before is in it; the file itself is only read.
    """
    with (
        closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", WAIT, uri=True)) as original,
        closing(sqlite3.connect(":memory:", isolation_level=None)) as copied,
    ):
        original.backup(copied)
        copied.execute("VACUUM")
        return copied.serialize()


def migrate(connection: sqlite3.Connection, migrations: tuple[str, ...]) -> None:
    """Apply the numbered migrations the file has not seen, all or none; raises NewerFile."""
    [version] = connection.execute("PRAGMA user_version").fetchone()
    if version > len(migrations):
        raise NewerFile(f"the database has schema {version}, this release knows {len(migrations)}")
    if version == len(migrations):
        return
    connection.execute("BEGIN IMMEDIATE")
    for migration in migrations[version:]:
        for statement in filter(str.strip, migration.split(";")):
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version={len(migrations)}")
    connection.execute("COMMIT")


def empty_log(connection: sqlite3.Connection) -> None:
    """Nothing stays in the log; raises TimeoutError while somebody still reads from it."""
    [busy, *_] = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise TimeoutError


def write_again(log: Path) -> None:
    """Bring to the disk what a failed sync may have left of a log in the system's memory alone.

    Linux takes what it could not write for written (fsyncgate, 2018): the next sync says yes,
    and what is committed after it stands behind a gap. Only what is written anew is synced.
    """
    with suppress(FileNotFoundError), log.open("r+b", buffering=0) as file:
        content = file.read()
        file.seek(0)
        file.write(content)
        os.fsync(file.fileno())


def quick_check(connection: sqlite3.Connection) -> None:
    """Raise Unsound, without a word of what is in the file, when pages are damaged."""
    if [row[0] for row in connection.execute("PRAGMA quick_check(1)")] != ["ok"]:
        raise Unsound
