"""A load generator that costs little: raw sockets, requests made beforehand. Knows no endpoint.

It shares the machine with the server it measures, so a full HTTP client would measure itself.
"""

import asyncio
import gc
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import repeat
from statistics import quantiles
from typing import Any
from urllib.parse import urlencode

LONGEST = 60.0
"""Seconds after which an answer is not waited for any more."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said to one request, and how long it took to say it."""

    status: int
    head: bytes
    body: bytes
    seconds: float

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    def headers(self) -> dict[str, str]:
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


@dataclass(frozen=True, slots=True, repr=False)
class Load:
    """What came of many requests. Has no repr: asyncio.run asks every result for one."""

    answers: list[Answer]
    seconds: float

    def of(self, *statuses: int) -> list[Answer]:
        return [answer for answer in self.answers if answer.status in statuses]

    def rate(self, *statuses: int) -> float:
        """Answers of these kinds in a second."""
        return len(self.of(*statuses)) / self.seconds

    @property
    def statuses(self) -> Counter[int]:
        return Counter(answer.status for answer in self.answers)

    def milliseconds(self, percent: int) -> float:
        """So many of a hundred answers took no longer."""
        times = [1000 * answer.seconds for answer in self.answers]
        return quantiles(times, n=100)[percent - 1] if len(times) > 1 else sum(times)


@dataclass(repr=False, eq=False)
class Line(asyncio.Protocol):
    """One connection that asks the next request as soon as the last is answered.

    Driven by what arrives: no task and no future for each request. Opened anew when the
    server closed it.
    """

    port: int
    requests: Iterator[bytes]
    until: float
    answers: list[Answer]
    ended: asyncio.Future[None]
    transport: asyncio.Transport | None = None
    read: bytes = b""
    head: bytes = b""
    length: int | None = None
    sent: float = 0.0
    request: bytes = b""

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, "127.0.0.1", self.port)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.read = self.head = b""
        if self.request:
            transport.write(self.request)

    def ask(self) -> None:
        """Send the next request, if there is one and there is time."""
        now = time.perf_counter()
        request = next(self.requests, b"") if now < self.until else b""
        self.request, self.sent = request, now
        if not request:
            self._end()
        elif self.transport is None:
            self.opening = asyncio.ensure_future(self.open())
        else:
            self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.read += data
        if not self.head:
            self.head, found, self.read = self.read.partition(b"\r\n\r\n")
            if not found:
                self.read, self.head = self.head, b""
                return
            self.length = length_of(self.head)
        if self.length is not None and len(self.read) >= self.length:
            self._answered(int(self.head[9:12]))

    def connection_lost(self, error: Exception | None) -> None:
        if self.transport is None:
            return  # we closed it
        self.transport = None
        if self.request:
            self._answered(int(self.head[9:12] or b"0"))

    def _answered(self, status: int) -> None:
        head, body = self.head, self.read
        self.answers.append(Answer(status, head, body, time.perf_counter() - self.sent))
        self.read = self.head = b""
        if b"onnection: close" in head and self.transport:
            transport, self.transport = self.transport, None
            transport.close()
        self.ask()

    def _end(self) -> None:
        transport, self.transport = self.transport, None
        if transport:
            transport.close()
        if not self.ended.done():
            self.ended.set_result(None)


def length_of(head: bytes) -> int | None:
    """The length of a body; None when it ends with the connection."""
    if head[9:12] in (b"204", b"304"):
        return 0
    _, found, rest = head.partition(b"ontent-length: ")
    if not found:
        _, found, rest = head.partition(b"ontent-Length: ")
    return int(rest.split(b"\r\n", 1)[0]) if found else None


def get(path: str, **headers: str) -> bytes:
    return _request("GET", path, headers)


def post_json(path: str, fields: object, **headers: str) -> bytes:
    body = json.dumps(fields).encode()
    return _request("POST", path, {"Content-Type": "application/json", **headers}, body)


def post_form(path: str, fields: dict[str, str], **headers: str) -> bytes:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return _request("POST", path, {**kind, **headers}, urlencode(fields).encode())


def _request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    told = {"Host": "127.0.0.1", "Accept": "application/json", **headers}
    if body:
        told["Content-Length"] = str(len(body))
    lines = [f"{method} {path} HTTP/1.1", *(f"{n.replace('_', '-')}: {v}" for n, v in told.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def load(port: int, requests: Iterable[bytes], clients: int, seconds: float = LONGEST) -> Load:
    """Send the requests from so many connections, each as fast as it is answered."""
    return asyncio.run(sent(port, iter(requests), clients, seconds))


def again(port: int, request: bytes, clients: int, seconds: float) -> Load:
    """The same request, over and over."""
    return load(port, repeat(request), clients, seconds)


def ask(port: int, *requests: bytes) -> list[Answer]:
    """One after the other, on one connection."""
    return load(port, requests, 1).answers


async def sent(port: int, requests: Iterator[bytes], clients: int, seconds: float) -> Load:
    """As `load`, inside a loop that runs already."""
    answers: list[Answer] = []
    new_future = asyncio.get_running_loop().create_future
    until = time.perf_counter() + LONGEST
    lines = [Line(port, requests, until, answers, new_future()) for _ in range(clients)]
    for line in lines:
        await line.open()
    gc.disable()
    started = time.perf_counter()
    try:
        for line in lines:
            line.until = started + seconds
            line.ask()
        async with asyncio.timeout(LONGEST):
            await asyncio.gather(*(line.ended for line in lines))
    finally:
        gc.enable()
    return Load(answers, time.perf_counter() - started)
