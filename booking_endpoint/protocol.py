"""HTTP with an end: a request's head must arrive in time, and whoever was let in is answered.

uvicorn waits for ever for a head that never ends, takes one of any length, and when it is told to
stop it hangs up on those who have just been let in.
"""

import asyncio
import socket

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 10.0
"""In which a request's head must be complete, from its first byte or the connection's first."""

HEAD_BYTES = 16 * 1024

LAST_SECONDS = 1.0
"""In which whoever was let in before the end may still ask: his request is on its way."""

TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\r\n"


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's own protocol, which hangs up on whoever never finishes asking."""

    _deadline: asyncio.TimerHandle | None = None
    _head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._deadline:
            self._head += len(data)
        super().data_received(data)
        if self._deadline and self._head > HEAD_BYTES:
            self.transport.write(TOO_LONG)
            self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if not self._deadline:
            self._await_head()

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        super().on_headers_complete()

    def shutdown(self) -> None:
        """Told to stop. Nobody who connected is sent away unheard: a web server asks at once."""
        if self.cycle is None and not self.transport.is_closing():
            self.loop.call_later(LAST_SECONDS, super().shutdown)
        else:
            super().shutdown()

    def _await_head(self) -> None:
        self._head = 0
        self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._deadline:
            self._deadline.cancel()
        self._deadline = None


class PatientServer(uvicorn.Server):
    """uvicorn, which lets in whoever was accepted before it stops (its issue 2757).

    Those who come later wait in the socket, where the next process finds them.
    """

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        loop = asyncio.get_running_loop()
        for listener in [one for server in self.servers for one in server.sockets]:
            loop.remove_reader(listener)
        await asyncio.sleep(0.05)  # asyncio makes a connection of an accepted one in several steps
        await super().shutdown(sockets)
