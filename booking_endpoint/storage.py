"""What a store asks of whatever keeps its rows, and who writes in turn. Knows no database."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, repr=False)
class ServerUrl:
    """Where a PostgreSQL server is, as libpq reads it. Has no repr: it may hold a password."""

    text: str


Where = Path | ServerUrl
"""Where the rows are kept: a file, or a schema on a server."""


class ServerFault(OSError):
    """The database server cannot be reached, or does not do what was asked: this may pass."""


class NotOffered(RuntimeError):
    """What the database's own tools do better: the message says which."""


class Row(Protocol):
    """A row, whose columns are known by name."""

    def __getitem__(self, column: str, /) -> Any: ...


class Cursor(Protocol):
    """What a statement gave back."""

    @property
    def rowcount(self) -> int: ...

    def fetchone(self) -> Any: ...

    def __iter__(self) -> Iterator[Any]: ...


class Transaction(Protocol):
    """Statements in the words of schema.py, all of them done or none."""

    def execute(self, sql: str, values: Any = ..., /) -> Cursor: ...


Work = Callable[[Transaction], T]


class Storage(Protocol):
    """Rows on a disk. Whatever a method gives back has been synced."""

    async def open(self) -> None:
        """Bring it to the newest schema; raises what no waiting mends, and what does."""

    async def close(self) -> None: ...

    async def read(self, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
        """All rows of one query, from the last committed state."""

    async def write(self, work: Work[T]) -> T:
        """Run the work in a transaction; its result once that is on the disk.

        The work may be run again. It must catch what it expects: an exception undoes all of it.
        """

    def version(self) -> object:
        """Changes with every commit; None where that cannot be said at once, without asking."""

    async def mark(self) -> object:
        """Changes with every commit of any process; asked for, where that takes a moment."""

    async def rewrite(self) -> None:
        """Write every row anew, by key: nothing deleted is left, nor who came before whom."""

    async def backup(self, path: Path) -> None:
        """A consistent copy, taken while others write; raises NotOffered."""

    async def check(self) -> str:
        """The product and its version; raises Unsound where it finds damage."""


class Writer:
    """One thread that writes: what waits together shares one transaction and one sync."""

    def __init__(self, commit: Callable[[Sequence[Work[Any]]], list[Any]]) -> None:
        self._commit = commit
        self._thread = ThreadPoolExecutor(1, "writer")
        self._waiting: list[tuple[Work[Any], asyncio.Future[Any]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def write(self, work: Work[T]) -> T:
        """Run the work in the next shared transaction; answered after it (group commit)."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, future))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        return await future

    async def in_thread(self, act: Callable[..., T], *values: object) -> T:
        """Do this between two transactions, in the thread that writes."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, act, *values)

    async def finish(self) -> None:
        """Wait for what is being written."""
        if self._writing:
            await self._writing

    def shutdown(self) -> None:
        self._thread.shutdown()

    async def _write_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                results = await self.in_thread(self._commit, [work for work, _ in batch])
            except Exception as error:
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
            else:
                for (_, future), result in zip(batch, results, strict=True):
                    if not future.done():
                        future.set_result(result)
        self._writing = None
