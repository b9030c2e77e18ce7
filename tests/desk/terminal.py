"""A person at a real terminal: what is typed, what is shown."""

import os
import pty
import re
import select
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.serving import ROOT


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, words: Sequence[str], home: Path, program: str = sys.executable) -> None:
        self.pid, self._screen = pty.fork()
        if not self.pid:
            os.chdir(ROOT)
            environ = {**os.environ, "HOME": str(home), "TERM": "xterm", "PYTHONUTF8": "1"}
            os.execve(program, [program, *words], environ)  # noqa: S606
        self.seen, self.over = "", False

    def until(self, question: str) -> str:
        """What was shown since the last answer, once it ends with a question's prompt."""
        end = time.monotonic() + 30
        while not re.search(question, self.seen):
            ready, _, _ = select.select([self._screen], [], [], 0.2)
            try:
                self.seen += os.read(self._screen, 65536).decode() if ready else ""
            except OSError:  # the other side has closed
                break
            assert time.monotonic() < end, self.seen
        told, self.seen = self.seen.replace("\r\n", "\n"), ""
        return told

    def type(self, text: str) -> None:
        os.write(self._screen, text.encode())

    def close(self) -> None:
        """The window is closed."""
        os.close(self._screen)

    def kill(self) -> None:
        """Whatever it does, it ends now."""
        os.kill(self.pid, signal.SIGKILL)

    def ended(self) -> int:
        """How it ended; a test waits no longer than it must."""
        end = time.monotonic() + 30
        while not (found := os.waitpid(self.pid, os.WNOHANG))[0]:
            assert time.monotonic() < end, "it does not end"
            time.sleep(0.02)
        self.over = True
        return os.waitstatus_to_exitcode(found[1])

    def stop(self) -> None:
        """What a test left running ends, so that it is in nobody's way."""
        if not self.over:
            self.kill()
            os.waitpid(self.pid, 0)
