"""Hears from the server that something has changed. Knows not what."""

from contextlib import suppress
from subprocess import Popen
from threading import Event, Thread

from desk.server import Server, Unreachable

AGAIN = 10.0
"""Seconds before a server that hung up is asked once more."""


class Watch:
    """Listens in a thread of its own until it is stopped."""

    def __init__(self, server: Server) -> None:
        self._server, self._over = server, Event()
        self._running: Popen[str] | None = None
        self.heard = 0
        """How often something has changed."""
        self.hears = False
        """Whether a change would be heard now."""
        self.facts = ""
        """The digest of the facts that the server goes by, once it has told."""
        Thread(target=self._listen, daemon=True).start()

    def stop(self) -> None:
        self._over.set()
        if self._running:
            with suppress(OSError):
                self._running.kill()

    def _listen(self) -> None:
        while not self._over.is_set():
            with suppress(Unreachable), self._server.watch() as running:
                self._running = running
                if self._over.is_set():
                    running.kill()
                for line in running.stdout or ():
                    word, _, rest = line.strip().partition(" ")
                    if word == "changed":
                        self.hears = True
                        self.heard += 1
                    elif word == "facts":
                        self.facts = rest
            self.hears = False
            self._over.wait(AGAIN)
