"""People who do not exist, their bookings as a server exports them, and desks to read them at."""

import asyncio
import json
import secrets
import socket
import ssl
import sys
import tempfile
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette

from booking_endpoint import lines
from booking_endpoint.envelope import PrivateKey, lock_key, public_text, seal, to_text
from booking_endpoint.instants import Slot, rfc3339
from booking_endpoint.lines import listed, performed
from booking_endpoint.practice import RECIPIENTS, Practice
from booking_endpoint.reading import read_practice
from booking_endpoint.store import State, Store
from desk.app import create_app
from desk.pages import Desk
from desk.server import Server, Unreachable
from desk.session import Clock, Place
from tests.edge.patient import NO_TLS
from tests.serving import facts_with, wait_until

NAME, PHONE = "Zoé Sentinelle", "06 39 98 77 66"
PASSPHRASE = "un long secret"
TOKEN = "a-token-of-this-test"  # for tests alone
MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
"""Nine o'clock in Paris, on a day on which the demo practice opens at nine."""


def at(clock: str, day: int = 0) -> datetime:
    """A time on the door on that Monday, or so many days after it (Paris, in winter)."""
    hours, minutes = clock.split(":")
    return MONDAY + timedelta(days=day, hours=int(hours) - 9, minutes=int(minutes))


def facts(key: PrivateKey, *changes: tuple[str, str]) -> Practice:
    """The demo practice, as the desk reads it."""
    return read_practice(facts_with(key, *changes), "practice.toml")


def identity(start: datetime, /, **changes: Any) -> dict[str, Any]:
    """What a page of ours seals."""
    return {
        "name": NAME,
        "phone": PHONE,
        "email": "",
        "birth_date": "",
        "whom": "self",
        "caller": "",
        "reminder": "",
        "visit": "consultation",
        "start": rfc3339(int(start.timestamp())),
        "language": "fr",
        "number": "00" * 16,
    } | changes


def sealed(key: PrivateKey, content: object) -> bytes:
    """The content in an envelope: bytes as they are, anything else as JSON."""
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return seal(data, [public_text(key)] * RECIPIENTS)


def exported(
    key: PrivateKey,
    start: datetime = MONDAY,
    *,
    content: object = None,
    number: int = 1,
    minutes: int = 30,
    **changes: Any,
) -> str:
    """A line of `export`; `changes` replace what stands in it."""
    envelope = sealed(key, identity(start) if content is None else content)
    line = {
        "id": f"{number:032x}",
        "start": rfc3339(int(start.timestamp())),
        "end": rfc3339(int((start + timedelta(minutes=minutes)).timestamp())),
        "state": "confirmed",
        "moved": False,
        "envelope": to_text(envelope),
    }
    return json.dumps(line | changes)


def store_booking(
    database: Path,
    key: PrivateKey,
    start: datetime = MONDAY,
    *,
    requested: bool = False,
    who: Mapping[str, str] | None = None,
) -> str:
    """A booking in a real database, as the endpoint stores it; its id."""

    async def book() -> bytes:
        booking_id, store = secrets.token_bytes(16), Store(database)
        moment = int(start.timestamp())
        slot = Slot(moment, moment + 30 * 60)
        state = State.REQUESTED if requested else State.CONFIRMED
        await store.open()
        try:
            envelope = sealed(key, identity(start, **(who or {})))
            await store.book([booking_id], slot, slot.cells(), state, envelope)
        finally:
            await store.close()
        return booking_id

    with ThreadPoolExecutor() as thread:  # a browser may hold the event loop of this one
        return thread.submit(lambda: asyncio.run(book())).result().hex()


def printing(folder: Path, *lines: str) -> Server:
    """A server's command line that prints these lines, whatever it is asked; quick to start."""
    file = folder / "lines"
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    program = f"import sys; sys.stdout.write(open({str(file)!r}).read())"
    return running(program)


def running(program: str) -> Server:
    """A server's command line that is this Python program."""
    return Server((sys.executable, "-I", "-S", "-c", program), {})


@dataclass
class Reader:
    """The doctor with a desk that answers on a port of this machine."""

    http: httpx.Client
    port: int
    base: str
    app: Starlette

    def get(self, path: str = "", **asked: Any) -> httpx.Response:
        return self.http.get(f"{self.base}{path}", **asked)

    def post(self, path: str, **fields: str) -> httpx.Response:
        return self.http.post(f"{self.base}{path}", data=fields)

    def unlock(self) -> None:
        assert self.post("unlock", passphrase=PASSPHRASE).status_code == 303

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.base}"


@contextmanager
def at_desk(
    practice: Practice,
    key: PrivateKey | bytes,
    server: Server,
    *others: bytes,
    drawer: Path | None = None,
    clock: Clock = MONDAY.timestamp,
    trust: ssl.SSLContext | None = None,
) -> Iterator[Reader]:
    """A locked desk over real HTTP, on that Monday at nine; with other key files, if any."""
    pems = [key if isinstance(key, bytes) else lock_key(key, PASSPHRASE), *others]
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    folder = tempfile.TemporaryDirectory()
    kept = drawer or Path(folder.name) / "desk.drawer"
    trust = trust or ssl.create_default_context()
    place = Place(practice, server, kept, clock, secrets.token_bytes, kept.parent, trust)
    desk = Desk(place, pems, TOKEN, 15)
    app = create_app(desk, port)
    settings = uvicorn.Config(app, http="httptools", access_log=False, log_level="warning")
    serving = uvicorn.Server(settings)
    thread = threading.Thread(target=serving.run, args=([listener],), daemon=True)
    thread.start()
    wait_until(lambda: serving.started or not thread.is_alive())
    try:
        fresh = httpx.Limits(max_keepalive_connections=0)  # uvicorn ends an idle one after 5 s
        origin = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=origin, timeout=30, limits=fresh, verify=NO_TLS) as http:
            yield Reader(http, port, f"/{TOKEN}/", app)
    finally:
        serving.should_exit = True
        thread.join(20)
        folder.cleanup()


class Beside(Server):
    """The endpoint's own acts on a real database, without a process for each: quick.

    While there is a file `away` beside the database, nobody answers.
    """

    @classmethod
    def at(cls, database: Path) -> "Beside":
        return cls((str(database),), {})

    def away(self, *, gone: bool) -> None:
        there = Path(self.words[0]).with_name("away")
        there.touch() if gone else there.unlink(missing_ok=True)

    def listing(self) -> list[str]:
        return self._in_store(lambda store: listed(store))

    def fetch(self, ids: Sequence[str]) -> Iterator[str]:
        names = [bytes.fromhex(name) for name in ids]
        yield from self._in_store(lambda store: exported_lines(store, names))

    def acts(self, acts: Sequence[Mapping[str, Any]]) -> list[str]:
        told = [json.dumps(act) for act in acts]

        async def work(store: Store) -> list[str]:
            return [json.loads(line)["outcome"] async for line in performed(store, told, id)]

        return self._in_store(work)

    def watch(self) -> Any:
        raise Unreachable("watch")

    def _in_store(self, work: Callable[[Store], Awaitable[Iterable[str]]]) -> list[str]:
        database = Path(self.words[0])
        if database.with_name("away").exists():
            raise Unreachable("away")

        async def inside() -> list[str]:
            store = Store(database)
            await store.open()
            try:
                return list(await work(store))
            finally:
                await store.close()

        with ThreadPoolExecutor() as thread:
            return thread.submit(lambda: asyncio.run(inside())).result()


async def exported_lines(store: Store, names: list[bytes]) -> list[str]:
    return [line async for line in lines.exported(store, names)]
