"""Clients that never finish: they are shown out, and nobody waits behind them.

Not an attack that a whole botnet makes: one machine with fifty sockets is enough where the
server waits for ever.
"""

import asyncio
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from booking_endpoint.envelope import PrivateKey
from tests.edge.patient import Patient
from tests.serving import Practice, practice_in, serving_workers

EACH = 10
"""Sockets of each kind, sixty in all; and so many more that are merely idle."""

DEADLINE = 10.0
"""Seconds in which a request's headers must be there, and then its body."""

GRACE = 3.0
"""Seconds more in which the server, on a busy machine, must have hung up."""

MOST_HEADERS = 16 * 1024

FIRST = b"GET /rdv/availability?visit=consultation HTTP/1.1\r\nHost: souspli.example\r\n"
POST = (
    b"POST /rdv/bookings HTTP/1.1\r\nHost: souspli.example\r\nSec-Fetch-Site: same-origin\r\n"
    b"Content-Type: application/json\r\nContent-Length: 9999\r\n\r\n"
)

Sending = AsyncIterator[bytes]


async def half_a_line() -> Sending:
    yield FIRST[:20]


async def half_the_headers() -> Sending:
    yield FIRST + b"Accept: appl"


async def endless_headers() -> Sending:
    """One more each half a second: never too much at once, and never enough."""
    yield FIRST
    for number in count():
        await asyncio.sleep(0.5)
        yield b"X-%d: more\r\n" % number


async def half_a_body() -> Sending:
    yield POST + b'{"visit": "consul'


async def byte_by_byte() -> Sending:
    for byte in FIRST:
        yield bytes([byte])
        await asyncio.sleep(1)


async def half_a_second_request() -> Sending:
    """On a line that has been answered once: it is idle no longer, and still not done."""
    yield FIRST + b"\r\n"
    await asyncio.sleep(1)
    yield FIRST[:20]


UNFINISHED: dict[str, Callable[[], Sending]] = {
    "half a line": half_a_line,
    "half the headers": half_the_headers,
    "endless headers": endless_headers,
    "half a body": half_a_body,
    "byte by byte": byte_by_byte,
    "half a second request": half_a_second_request,
}


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, site: Path, key: PrivateKey
) -> Iterator[Practice]:
    """The endpoint's own command line: its deadlines are set there."""
    practice = practice_in(tmp_path_factory.mktemp("slow"), site, key)
    with serving_workers(practice, 1):
        yield practice


async def shown_out(practice: Practice, sending: Sending) -> bytes | None:
    """What somebody hears who sends this and waits, until the line is cut; None if it is not."""
    reader, writer = await asyncio.open_connection("127.0.0.1", practice.port)
    speaking = asyncio.create_task(say(writer, sending))
    heard = b""
    try:
        async with asyncio.timeout(DEADLINE + GRACE):
            while part := await reader.read(4096):
                heard += part
    except TimeoutError:
        return None
    except ConnectionError:  # cut while we were still speaking
        pass
    finally:
        speaking.cancel()
        writer.close()
    return heard


async def say(writer: asyncio.StreamWriter, sending: Sending) -> None:
    async for part in sending:
        writer.write(part)


async def idle(practice: Practice) -> asyncio.StreamWriter:
    """Somebody who has had an answer, and keeps the line."""
    reader, writer = await asyncio.open_connection("127.0.0.1", practice.port)
    writer.write(FIRST + b"\r\n")
    assert (await reader.readline()).split()[1] == b"200"
    return writer


def book_now_and_then(practice: Practice) -> None:
    """Somebody on a good line, all the while; each answer must be there within three seconds."""
    with Patient(practice) as patient:
        patient.http.timeout = 3
        for start in patient.times()[::3][:8]:
            patient.booked(start)
            time.sleep(1)


async def on_a_bad_line(practice: Practice) -> bytes:
    """Somebody honest, whose request takes five seconds to arrive; the answer's first line."""
    reader, writer = await asyncio.open_connection("127.0.0.1", practice.port)
    whole = FIRST + b"\r\n"
    for at in range(0, len(whole), 8):
        writer.write(whole[at : at + 8])
        await asyncio.sleep(5 * 8 / len(whole))
    first = await reader.readline()
    writer.close()
    return first


def test_who_never_finishes_is_shown_out_and_holds_up_nobody(served: Practice) -> None:
    """Sixty who do not finish and ten who are idle; one books, one is slow and honest.

    A request whose headers were understood is told that the line was too slow (408). The line
    is cut all the same: nobody could tell the rest of its body from another request.
    """

    async def afternoon() -> tuple[list[bytes | None], bytes]:
        silent = [await idle(served) for _ in range(EACH)]
        waiting = [shown_out(served, begin()) for begin in UNFINISHED.values() for _ in range(EACH)]
        heard, _, first = await asyncio.gather(
            asyncio.gather(*waiting),
            asyncio.to_thread(book_now_and_then, served),
            on_a_bad_line(served),
        )
        for writer in silent:
            writer.close()
        return heard, first

    heard, honest = asyncio.run(afternoon())
    kinds = [name for name in UNFINISHED for _ in range(EACH)]
    together = list(zip(kinds, heard, strict=True))
    assert honest.split()[1] == b"200"
    assert Counter(kind for kind, words in together if words is None) == {}
    told = {kind: words[:12] for kind, words in together if words}
    assert told["half a body"] == b"HTTP/1.1 408"


@pytest.mark.parametrize("end", [b"\r\n\r\n", b""], ids=["finished", "unfinished"])
def test_headers_without_end_are_refused_at_once(served: Practice, end: bytes) -> None:
    """Over 16 kB: 431, or the line is cut; in no case read on."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=5) as line:
        answer = b""
        with suppress(ConnectionError):
            for number in range(MOST_HEADERS // 1000 + 4):
                begin = b"" if number else FIRST
                line.sendall(begin + b"X-%02d: " % number + b"m" * 992 + b"\r\n")
            line.sendall(end)
            answer = line.recv(4096)
    assert answer == b"" or answer.split()[1] == b"431"


def test_headers_of_a_usual_browser_are_read(served: Practice) -> None:
    """Eight kilobytes, with all the cookies that another program on this machine may have set."""
    with Patient(served) as patient:
        answer = patient.http.get(
            "/availability?visit=consultation", headers={"Cookie": "m" * 8000}
        )
    assert answer.status_code == 200
