"""One practice's schema on a PostgreSQL server: opened as promised, written in turn. No booking."""

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg.errors import DataCorrupted, DeadlockDetected, IndexCorrupted, SerializationFailure
from psycopg.rows import DictRow, dict_row

from booking_endpoint.postgres_schema import ABOUT, KEYS, MARK, MIGRATIONS, TURN, in_postgres
from booking_endpoint.sqlite_file import BrokenPromise, NewerFile, Unsound
from booking_endpoint.storage import (
    Cursor,
    NotOffered,
    ServerFault,
    ServerUrl,
    Transaction,
    Work,
    Writer,
)

T = TypeVar("T")
Connection = psycopg.Connection[DictRow]

PROMISES = {
    "fsync": ("on",),
    "synchronous_commit": ("on", "remote_apply"),
    "track_commit_timestamp": ("off",),
}
"""What the server must be set to: an answer means that it is written, and no row tells when."""

SETTINGS = {
    "statement_timeout": "5s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "10s",
}
"""Nobody waits for ever, and who stops in the middle of a transaction gives the turn back."""

HOUSEKEEPING = {"statement_timeout": "60s", "lock_timeout": "1s"}
"""How long one table may take to be written anew. While it waits for a reader that does not end,
others wait behind it: rather in an hour, then."""

TRIES = 5
"""How often a transaction is begun that the server asks to begin again."""

REST = 1.0
"""Seconds between two tries to reach a server that could not be reached."""


class Spoken:
    """One transaction, in the words of schema.py."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, values: Any = (), /) -> Cursor:
        return self._connection.execute(in_postgres(sql), values)


class Session:
    """One connection as one thread uses it: opened when it is needed, dropped at trouble."""

    def __init__(self, url: ServerUrl) -> None:
        self._url = url
        self._connection: Connection | None = None
        self._rests_until = 0.0

    def read(self, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
        return self._do(lambda connection: connection.execute(sql, values).fetchall())

    def commit(self, batch: Sequence[Work[Any]]) -> list[Any]:
        """Do all the work in one transaction, synced; all of it, or none. Raises ServerFault.

        Begun anew, at most TRIES times, where the server asks for it or was restarted meanwhile;
        never after a COMMIT whose answer got lost: that may have been done.
        """

        def work(connection: Connection) -> list[Any]:
            connection.execute("BEGIN")
            connection.execute(TURN, (secrets.token_bytes(16),))
            results = [one(Spoken(connection)) for one in batch]
            try:
                connection.execute("COMMIT")
            except psycopg.Error as error:
                raise fault(error) from None
            return results

        return self._do(work)

    def rewrite(self) -> None:
        """Every row anew, by key: first as of one transaction, then in the order of the keys.

        The server keeps which transaction wrote a row, and writes it where there is room.
        """

        def touch(transaction: Transaction) -> None:
            for table, key in KEYS.items():
                transaction.execute(f"UPDATE {table} SET {key} = {key}")  # noqa: S608  # ours

        self.commit([touch])
        for table in ("about", *KEYS):
            self._do(partial(cluster, table=table))

    def close(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None

    def _do(self, act: Callable[[Connection], T]) -> T:
        for tried in range(1, TRIES + 1):
            connection = self._current()
            try:
                return act(connection)
            except BaseException as error:
                again = self._mend(connection, error) and tried < TRIES
                if not again and isinstance(error, psycopg.Error):
                    raise fault(error) from None
                if not again:
                    raise
            time.sleep(0.01 * tried)
        raise AssertionError  # the last try has raised

    def _mend(self, connection: Connection, error: BaseException) -> bool:
        """Undo what was begun; whether to begin anew."""
        with suppress(psycopg.Error):
            connection.rollback()
        if not connection.closed:
            return isinstance(error, SerializationFailure | DeadlockDetected)
        self.close()
        return isinstance(error, psycopg.Error)

    def _current(self) -> Connection:
        if self._connection is None:
            if time.monotonic() < self._rests_until:
                raise ServerFault("the server could not be reached a moment ago")
            self._rests_until = time.monotonic() + REST
            self._connection = connect(self._url)
            self._rests_until = 0.0
        return self._connection


class Postgres:
    """A session that reads, and one that writes; each in a thread of its own."""

    def __init__(self, url: ServerUrl) -> None:
        self._writing, self._reading = Session(url), Session(url)
        self._writer = Writer(self._writing.commit)
        self._reader = ThreadPoolExecutor(1, "reader")

    async def open(self) -> None:
        """Bring the schema up to date; raises BrokenPromise, NewerFile or ServerFault."""
        await self.write(lambda transaction: None)

    async def close(self) -> None:
        await self._writer.finish()
        await self._writer.in_thread(self._writing.close)
        self._writer.shutdown()
        await self._in_reader(self._reading.close)
        self._reader.shutdown()

    async def read(self, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
        return await self._in_reader(self._reading.read, in_postgres(sql), values)

    async def write(self, work: Work[T]) -> T:
        return await self._writer.write(work)

    def version(self) -> object:
        """None: the server must be asked."""
        return None

    async def mark(self) -> object:
        [row] = await self.read(MARK)
        return row["mark"]

    async def rewrite(self) -> None:
        await self._writer.in_thread(self._writing.rewrite)

    async def backup(self, path: Path) -> None:
        raise NotOffered("backup: use PostgreSQL's own pg_dump, with --schema for one practice")

    async def check(self) -> str:
        """PostgreSQL's version, every row read; raises Unsound where one is damaged."""
        await self.read("SELECT count(sha256(envelope)) FROM bookings")
        [row] = await self.read("SELECT current_setting('server_version') AS version")
        return f"PostgreSQL {row['version']}"

    async def _in_reader(self, act: Callable[..., T], *values: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._reader, act, *values)


def connect(url: ServerUrl) -> Connection:
    """A connection to the practice's schema, up to date; raises ServerFault, BrokenPromise."""
    try:
        connection = psycopg.connect(url.text, autocommit=True, row_factory=dict_row)
    except psycopg.Error as error:  # libpq's words name host and user, never the password
        raise ServerFault(str(error)) from None
    try:
        stay_in_schema(connection)
        keep_promises(connection)
        migrate(connection)
    except psycopg.Error as error:
        connection.close()
        raise fault(error) from None
    except BaseException:
        connection.close()
        raise
    return connection


def stay_in_schema(connection: Connection) -> None:
    """Read and write nothing beside the practice's own schema."""
    [schema] = told(connection, "SELECT current_schema()")
    if schema in (None, "public"):
        raise BrokenPromise(
            "BOOKING_DATABASE: a practice has a schema of its own:"
            " CREATE ROLE name LOGIN; CREATE SCHEMA AUTHORIZATION name"
        )
    settings = {"search_path": f'"{schema}"', **SETTINGS}
    for name, value in settings.items():
        connection.execute("SELECT set_config(%s, %s, false)", (name, value))


def keep_promises(connection: Connection) -> None:
    for name, kept in PROMISES.items():
        [found] = told(connection, "SELECT current_setting(%s)", name)
        if found not in kept:
            raise BrokenPromise(f"PostgreSQL: {name} is {found}, not {kept[0]}")


def migrate(connection: Connection) -> None:
    """Apply the numbered migrations the schema has not seen, all or none; raises NewerFile."""
    if version_of(connection) == len(MIGRATIONS):
        return
    with connection.transaction():
        lock = "SELECT pg_advisory_xact_lock(hashtextextended('souspli ' || current_schema(), 0))"
        connection.execute(lock)
        version = version_of(connection)
        if version > len(MIGRATIONS):
            knows = f"this release knows {len(MIGRATIONS)}"
            raise NewerFile(f"the database has schema {version}, {knows}")
        for migration in MIGRATIONS[version:]:
            connection.execute(migration)
        connection.execute("UPDATE about SET version = %s", (len(MIGRATIONS),))


def version_of(connection: Connection) -> int:
    """The schema's number, 0 for an empty one; looked for by a query, since only that sees what
    another has just made (`to_regclass` may remember that there was nothing)."""
    found = told(connection, ABOUT)
    return int(told(connection, "SELECT version FROM about")[0]) if found else 0


def told(connection: Connection, sql: str, *values: object) -> list[Any]:
    """The values of a query's one row."""
    row = connection.execute(sql, values).fetchone()
    return list(row.values()) if row else []


def cluster(connection: Connection, table: str) -> None:
    """Write one table anew, by key; whoever reads or writes it waits."""
    with connection.transaction():
        for name, value in HOUSEKEEPING.items():
            connection.execute("SELECT set_config(%s, %s, true)", (name, value))
        connection.execute(f"CLUSTER {table} USING {table}_pkey")


def fault(error: psycopg.Error) -> Exception:
    """What happened, by its number (PostgreSQL, appendix A): its words may quote a row."""
    if isinstance(error, DataCorrupted | IndexCorrupted):
        return Unsound()
    return ServerFault(f"{type(error).__name__} {error.sqlstate or ''}".strip())
