"""A real PostgreSQL server for the tests: made anew, on a socket alone, gone afterwards."""

import os
import pwd
import secrets
import shutil
import signal
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from booking_endpoint.storage import ServerUrl, Where
from tests.serving import wait_until

PROGRAMS = Path("/usr/lib/postgresql")
"""Where Debian puts them, beside every PATH, a folder for each major version."""

MEMORY = Path("/dev/shm")  # noqa: S108  # a file system whose syncs cost nothing
QUIET = ("-c", "listen_addresses=", "-c", "max_connections=60", "-c", "shared_buffers=32MB")


class NoPostgres(RuntimeError):
    """The store on a server is tested with the real thing."""


def programs() -> Path:
    """The folder of the newest server that is installed."""
    found = sorted(PROGRAMS.glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("postgres")
    if not found and on_path is None:
        raise NoPostgres("no PostgreSQL: apt-get install -y postgresql")
    return Path(on_path or found[-1]).parent


def servant() -> str | None:
    """Who runs it: PostgreSQL refuses to be run by root."""
    return "postgres" if os.geteuid() == 0 else None


@dataclass
class Server:
    """One server, which can be killed and started again."""

    folder: Path
    process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self, *settings: str) -> None:
        command: list[str | Path] = [
            programs() / "postgres",
            "-D",
            self.folder,
            "-k",
            self.folder,
            *QUIET,
            *settings,
        ]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, user=servant())
        wait_until(self.answers)

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url().text).close()
        except psycopg.Error:
            return False
        return True

    def stop(self) -> None:
        """PostgreSQL's fast shutdown."""
        if self.process:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(20)
            self.process = None

    def die(self) -> None:
        """Kill it and its children at once: none of them writes a byte more."""
        assert self.process
        number = self.process.pid
        children = Path(f"/proc/{number}/task/{number}/children").read_text("ascii").split()
        self.process.kill()
        for child in map(int, children):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self.process.wait(20)

    def url(self, schema: str = "", **parameters: str) -> ServerUrl:
        """An address as a deployer writes it."""
        more = "".join(f"&{name}={value}" for name, value in parameters.items())
        inside = f"&options=-csearch_path%3D{schema}" if schema else ""
        return ServerUrl(f"postgresql:///postgres?host={self.folder}&user=souspli{inside}{more}")

    def practice(self) -> ServerUrl:
        """The address of a practice's new, empty schema."""
        schema = f"practice_{secrets.token_hex(6)}"
        with psycopg.connect(self.url().text, autocommit=True) as connection:
            connection.execute(f'CREATE SCHEMA "{schema}"'.encode())
        return self.url(schema)


def rows(where: Where, sql: str) -> list[tuple[Any, ...]]:
    """What is kept there, asked for behind the store's back."""
    if isinstance(where, Path):
        with closing(sqlite3.connect(where, timeout=10)) as database:
            return database.execute(sql).fetchall()
    with psycopg.connect(where.text) as connection:
        return connection.execute(sql.encode()).fetchall()


HELD = "SELECT booking, cell FROM occupied"
HELD_BY_RANGE = "SELECT booking, generate_series(lower(cells), upper(cells) - 1) FROM occupied"


def cells_held(where: Where) -> list[tuple[bytes, int]]:
    """Who has which cell."""
    return rows(where, HELD if isinstance(where, Path) else HELD_BY_RANGE)


@contextmanager
def postgres_server(disk: Path = MEMORY) -> Iterator[Server]:
    """A server of our own. Its syncs are on, since the store insists; in memory they are cheap."""
    where = disk if disk.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="pg", dir=where) as room:
        folder = Path(room) / "data"
        folder.mkdir(mode=0o700)
        if os.geteuid() == 0:
            Path(room).chmod(0o755)
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        words = ["-U", "souspli", "-A", "trust", "--locale=C", "-E", "UTF8", "--no-sync"]
        making: list[str | Path] = [programs() / "initdb", "-D", folder, *words]
        subprocess.run(making, check=True, capture_output=True, user=servant())
        server = Server(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()
