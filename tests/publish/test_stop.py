"""An endpoint that is told to stop hangs up on nobody whom it had accepted."""

import asyncio
import socket
from pathlib import Path

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from booking_endpoint.protocol import PatientProtocol, PatientServer

CALLERS = 20


async def yes(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"yes"})


def ask(callers: list[socket.socket]) -> set[bytes]:
    for one in callers:
        one.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    return {one.recv(12) for one in callers}


async def stopped_after(turns: int, path: Path) -> set[bytes]:
    """Many connect at once; so many turns of the event loop later it is told to stop."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        settings = uvicorn.Config(yes, http=PatientProtocol, lifespan="off", log_level="error")
        server = PatientServer(settings)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110 -- uvicorn tells it in no other way
            await asyncio.sleep(0.01)
        callers = [socket.socket(socket.AF_UNIX) for _ in range(CALLERS)]
        for one in callers:
            one.settimeout(10)
            one.connect(str(path))
        for _ in range(turns):
            await asyncio.sleep(0)
        answers = asyncio.create_task(asyncio.to_thread(ask, callers))
        server.should_exit = True
        await server.shutdown([listener])
        found = await answers
        await serving
        for one in callers:
            one.close()
        return found


@pytest.mark.parametrize("turns", [2, 3, 4])
def test_whoever_was_accepted_is_answered(tmp_path: Path, turns: int) -> None:
    """Those who come later still wait in the socket, which the next process reads."""
    assert asyncio.run(stopped_after(turns, tmp_path / "s")) == {b"HTTP/1.1 200"}
