"""What a backup holds: the database, the audit log, the signing secrets. Knows no disk, no clock.

A tar archive (POSIX.1-2001) in memory, which is sealed before it leaves the server, and opened in
memory again on the machine of whoever holds a key.
"""

import io
import json
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Self

from booking_endpoint.instants import parse_instant
from booking_endpoint.practice import Practice
from booking_endpoint.schema import COUNTS, ENVELOPES, MIGRATIONS
from booking_endpoint.sqlite_file import NewerFile, migrate

DATABASE, AUDIT, ABOUT = "bookings.db", "bookings.db.audit", "about.json"

SQLITE = b"SQLite format 3\0"
"""What every database begins with (sqlite.org/fileformat.html)."""

HOLDERS = ("doctor", "recovery")
"""To whom a backup is sealed. A secretary opens bookings, and has no need of the secrets."""


class BadBackup(ValueError):
    """What was opened is no backup of ours, or not a sound one; says why."""


@dataclass(frozen=True, slots=True, repr=False)
class Backup:
    """Has no repr: a traceback must never hold a secret."""

    database: bytes
    audit: bytes
    secrets: tuple[str, ...]
    """What signs receipts, newest first; none where the endpoint did not run to lend them."""
    made: str
    """An instant (RFC 3339), by the server's clock."""

    def to_bytes(self) -> bytes:
        about = json.dumps({"made": self.made, "secrets": self.secrets}).encode()
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as tar:
            for name, content in ((ABOUT, about), (AUDIT, self.audit), (DATABASE, self.database)):
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read by name, never unpacked; raises BadBackup."""
        try:
            with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as tar:
                found = {one: tar.extractfile(one) for one in (ABOUT, AUDIT, DATABASE)}
                parts = {name: file.read() for name, file in found.items() if file}
            match json.loads(parts[ABOUT]):
                case {"made": str(made), "secrets": list(secrets)} if all(
                    isinstance(secret, str) and len(secret) >= 32 for secret in secrets
                ):
                    parse_instant(made)
                    return cls(parts[DATABASE], parts[AUDIT], tuple(secrets), made)
        except (tarfile.TarError, LookupError, ValueError, EOFError):
            pass
        raise BadBackup("it holds something else than a backup")


@dataclass(frozen=True, slots=True)
class Found:
    """What a sound database holds, in figures."""

    bookings: int
    standing: int
    """Those that are not cancelled."""
    schema: int


def holders(practice: Practice) -> list[str]:
    """The public keys that a backup of this practice is sealed to."""
    return [one.key for one in practice.recipients if one.role in HOLDERS]


def look(database: bytes) -> Found:
    """Look a database through, in memory; raises BadBackup, or NewerFile for a later release's.

    Whoever sealed it may have made it by hand: but for our own tables it must hold nothing.
    """
    if not database.startswith(SQLITE):
        raise BadBackup("its database is damaged")
    with opened(database) as connection:
        try:
            [schema] = connection.execute("PRAGMA user_version").fetchone()
            if schema > len(MIGRATIONS):
                raise NewerFile(f"it has schema {schema}, this release knows {len(MIGRATIONS)}")
            if described(connection) != ours(schema):
                raise BadBackup("its tables are none of ours")
            if connection.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
                raise BadBackup("its database is damaged")
            bookings, standing = connection.execute(COUNTS).fetchone()
        except sqlite3.Error:
            raise BadBackup("its database is damaged") from None
    return Found(bookings, standing, schema)


def envelopes(database: bytes) -> list[bytes]:
    """Every envelope of a database that was looked through, the latest visit's first."""
    with opened(database) as connection:
        return [row[0] for row in connection.execute(ENVELOPES)]


@contextmanager
def opened(database: bytes) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("PRAGMA trusted_schema=0")
        connection.deserialize(database)
        yield connection


def described(connection: sqlite3.Connection) -> set[tuple[str, str, str]]:
    """Every table, index, trigger and view, as it was made."""
    return set(connection.execute("SELECT type, name, sql FROM sqlite_schema WHERE sql NOT NULL"))


def ours(schema: int) -> set[tuple[str, str, str]]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, MIGRATIONS[:schema])
        return described(connection)
