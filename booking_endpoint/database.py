"""One SQLite file, opened as promised, and one queue of writers. Knows no booking."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import IO, Any, Self, TypeVar

import aiosqlite

try:
    import fcntl
except ImportError:  # Windows: one process at a time, SQLite's own lock is enough.
    fcntl = None  # type: ignore[assignment]

T = TypeVar("T")
Work = Callable[[aiosqlite.Connection], Awaitable[T]]

PROMISES = {
    "journal_mode": "wal",
    "synchronous": 2,
    "secure_delete": 1,
    "foreign_keys": 1,
    "temp_store": 2,
    "trusted_schema": 0,
}
"""Per connection, so set and read back at every open: 2 is FULL, and 2 is MEMORY."""

WAIT = 10.0
"""Seconds SQLite waits for another process's lock before it gives up."""


class BrokenPromise(RuntimeError):
    """SQLite did not take a setting on which privacy or durability rests."""


class NewerFile(RuntimeError):
    """A database written by a later release: this one must not touch it."""


class Database:
    """A reader and a writer on one file.

    Writes that wait together share one transaction and one sync, and each is answered
    after it (group commit). Across processes a file lock queues the writers, so that
    nobody waits in SQLite's back-off, and no two check-point at once.
    """

    def __init__(
        self, reader: aiosqlite.Connection, writer: aiosqlite.Connection, lock: IO[bytes]
    ) -> None:
        self._reader, self._writer, self._lock = reader, writer, lock
        self._waiting: list[tuple[Work[Any], asyncio.Future[Any]]] = []
        self._wake, self._turn = asyncio.Event(), asyncio.Lock()
        self._task = asyncio.create_task(self._write_on())

    @classmethod
    async def open(cls, path: Path, migrations: tuple[str, ...]) -> Self:
        """Open or create the file and bring it to the newest schema, all steps or none."""
        path.parent.mkdir(parents=True, exist_ok=True)
        async with AsyncExitStack() as undo:
            lock = undo.enter_context(path.with_name(path.name + ".lock").open("ab"))
            async with queued(lock):  # two processes cannot both begin the write-ahead log
                reader = await connect(path)
                undo.push_async_callback(reader.close)
                database = cls(reader, await connect(path), lock)
            undo.pop_all()
        try:
            await database.write(lambda connection: migrate(connection, migrations))
        except BaseException:
            await database.close()
            raise
        return database

    async def close(self) -> None:
        async with self._queue():
            self._task.cancel()
            await self._reader.close()
            await self._writer.close()
        self._lock.close()

    async def read(self, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
        """All rows of one query, from the last committed state."""
        return list(await self._reader.execute_fetchall(sql, values))

    async def write(self, work: Work[T]) -> T:
        """Run the work in the next shared transaction; its result once that is on the disk.

        Work must catch what it expects: any exception rolls back all who wait with it.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, future))
        self._wake.set()
        return await future

    async def vacuum(self) -> None:
        """Rewrite the file without what was deleted, and empty the write-ahead log."""
        async with self._queue():
            await self._writer.execute("VACUUM")
            await self._writer.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")

    async def backup(self, path: Path) -> None:
        """A consistent copy, taken while others write (SQLite's online backup)."""
        async with aiosqlite.connect(path) as copy:
            await self._reader.backup(copy)

    async def _write_on(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            batch, self._waiting = self._waiting, []
            try:
                results = await self._commit([work for work, _ in batch])
            except Exception as error:
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
            else:
                for (_, future), result in zip(batch, results, strict=True):
                    if not future.done():
                        future.set_result(result)

    async def _commit(self, batch: list[Work[Any]]) -> list[Any]:
        async with self._queue():
            await self._writer.execute("BEGIN IMMEDIATE")
            try:
                results = [await work(self._writer) for work in batch]
                await self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    await self._writer.execute("ROLLBACK")
                raise
            return results

    @asynccontextmanager
    async def _queue(self) -> AsyncIterator[None]:
        """Our turn among the tasks of this process, then among all that write to this file."""
        async with self._turn, queued(self._lock):
            yield


@asynccontextmanager
async def queued(lock: IO[bytes]) -> AsyncIterator[None]:
    """Our turn among all processes that lock this file."""
    if fcntl is None:
        yield
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(lock, fcntl.LOCK_UN)


async def connect(path: Path) -> aiosqlite.Connection:
    """A connection that keeps every promise; raises BrokenPromise when one is not kept."""
    connection = await aiosqlite.connect(path, timeout=WAIT, isolation_level=None)
    connection.row_factory = sqlite3.Row
    try:
        for name, value in PROMISES.items():
            await connection.execute_fetchall(f"PRAGMA {name}={value}")
            [(kept,)] = await connection.execute_fetchall(f"PRAGMA {name}")
            if kept != value:
                raise BrokenPromise(f"{name} is {kept}, not {value}")
    except BaseException:
        await connection.close()  # its thread would keep the process from ending
        raise
    return connection


async def migrate(connection: aiosqlite.Connection, migrations: tuple[str, ...]) -> None:
    """Apply the numbered migrations the file has not seen, in the transaction under way."""
    [(version,)] = await connection.execute_fetchall("PRAGMA user_version")
    if version > len(migrations):
        raise NewerFile(f"the database has schema {version}, this release knows {len(migrations)}")
    for migration in migrations[version:]:
        for statement in filter(str.strip, migration.split(";")):
            await connection.execute(statement)
    await connection.execute(f"PRAGMA user_version={len(migrations)}")
