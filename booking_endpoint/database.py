"""Who reads and who writes one SQLite file, in an event loop. Knows no booking."""

import asyncio
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

from booking_endpoint.sqlite_file import SqliteFile, connect
from booking_endpoint.storage import Work, Writer

T = TypeVar("T")

CHUNK = 64
"""Rows that aiosqlite hands over at a time, where it is asked row by row."""


class Database:
    """A reader, and one thread that writes.

    Writes that wait together share one transaction and one sync, and each is answered
    after it (group commit).
    """

    def __init__(self, path: Path, migrations: tuple[str, ...]) -> None:
        self._path = path
        self._file = SqliteFile(path, migrations)
        self._writer = Writer(self._file.commit)
        self._reader: aiosqlite.Connection | None = None
        self._watch: sqlite3.Connection | None = None
        self._opened = 0
        self._reading = asyncio.Lock()

    async def open(self) -> None:
        """Open or create the file and bring it to the newest schema.

        Raises sqlite3.Error, OSError, BrokenPromise, NewerFile or Unsound; whoever goes on all
        the same finds it open as soon as it can be.
        """
        await self.write(lambda connection: None)

    async def close(self) -> None:
        await self._writer.finish()
        await self._drop_reader()
        with suppress(OSError):  # a lock that is held, a disk that takes nothing
            await self._writer.in_thread(self._file.close)
        self._writer.shutdown()

    async def read(self, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
        """All rows of one query, from the last committed state."""
        async with self._reading:
            reader = await self._current_reader()
            try:
                return list(await reader.execute_fetchall(sql, values))
            except sqlite3.Error:
                await self._drop_reader()
                raise

    async def write(self, work: Work[T]) -> T:
        """Run the work in the next shared transaction; its result once that is on the disk.

        Work must catch what it expects: any exception rolls back all who wait with it.
        """
        return await self._writer.write(work)

    def version(self) -> object:
        """Changes with every commit of any process; None while nobody can say."""
        if self._watch is None or self._opened != self._file.opened or self._file.moved():
            return None
        try:
            return self._opened, *self._watch.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error:
            return None

    async def mark(self) -> object:
        """As `version`; opens the file anew first, where it was replaced."""
        if self.version() is None:
            await self.read("SELECT 1")
        return self.version()

    async def rewrite(self) -> None:
        """Rewrite the file by key, without what was deleted, and empty the write-ahead log."""
        await self._writer.in_thread(self._file.vacuum)

    async def check(self) -> str:
        """SQLite's version; raises Unsound where it finds damage: then nothing is written."""
        await self._writer.in_thread(self._file.check)
        return f"SQLite {sqlite3.sqlite_version}"

    async def backup(self, path: Path) -> None:
        """A consistent copy, taken while others write (SQLite's online backup), then rewritten."""
        await self._writer.in_thread(lambda: connect(path).close())  # else a thread is left behind
        async with self._reading, aiosqlite.Connection(lambda: connect(path), CHUNK) as copy:
            await (await self._current_reader()).backup(copy)
            await copy.execute("VACUUM")

    async def _current_reader(self) -> aiosqlite.Connection:
        """The reader of the file at the path; opened anew when the writer opened it anew."""
        if self._file.moved() or not self._file.opened:
            await self.open()
        if self._opened != self._file.opened:
            await self._drop_reader()
        if self._reader is None:
            opened = self._file.opened
            self._reader = await aiosqlite.Connection(lambda: connect(self._path), CHUNK)
            self._watch = connect(self._path, wait=0)
            self._opened = opened
        return self._reader

    async def _drop_reader(self) -> None:
        reader, watch = self._reader, self._watch
        self._reader = self._watch = None
        if watch:
            watch.close()
        if reader:
            await reader.close()
