"""The endpoint's command line, reached directly or through the system's `ssh`. Opens nothing."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any, Self
from weakref import WeakSet

PATIENCE = 60
"""Seconds that a command may take; one that brings many envelopes may take longer."""

A_SECOND = 20
"""Envelopes that even a bad line brings in a second."""

OUTCOMES = ("done", "unknown", "changed", "taken", "bad")


class Unreachable(RuntimeError):
    """The server's command line did not answer as it should; its last words are the message."""


@dataclass(frozen=True, slots=True)
class Server:
    """How to run one command beside the running endpoint."""

    words: tuple[str, ...]
    environ: dict[str, str]
    _running: WeakSet[subprocess.Popen[str]] = field(default_factory=WeakSet, compare=False)

    @classmethod
    def here(cls, database: Path) -> Self:
        """The endpoint on this very machine."""
        environ = {**os.environ, "BOOKING_DATABASE": str(database)}
        return cls((sys.executable, "-m", "booking_endpoint"), environ)

    @classmethod
    def over_ssh(cls, host: str, config: Path | None = None) -> Self:
        """The endpoint behind `ssh host`, whose own environment knows the rest.

        With a configuration, ssh goes by that file alone.
        """
        chosen = ("-F", str(config)) if config else ()
        return cls(("ssh", *chosen, host, "--", "booking_endpoint"), dict(os.environ))

    def listing(self) -> list[str]:
        """Every booking without its envelope, and every closure, one JSON line each."""
        return self._run("list").splitlines()

    def export(self) -> list[str]:
        """Every booking, sealed, one JSON line each."""
        return self._run("export").splitlines()

    def fetch(self, ids: Sequence[str]) -> Iterator[str]:
        """The same of these bookings alone, line after line as they come, the first ones first."""
        with self._start("export", "--only") as running:
            late = Timer(PATIENCE + len(ids) / A_SECOND, running.kill)
            late.start()
            try:
                assert running.stdin  # noqa: S101  # all three are pipes
                assert running.stdout  # noqa: S101
                assert running.stderr  # noqa: S101
                with suppress(OSError):  # who does not listen says why below
                    running.stdin.write("".join(f"{name}\n" for name in ids))
                with suppress(OSError):
                    running.stdin.close()
                yield from (line for line in running.stdout if line.strip())
                said = running.stderr.read()
            finally:
                late.cancel()
                running.kill()
        if running.returncode:
            raise Unreachable(last_words(said))

    def acts(self, acts: Sequence[Mapping[str, Any]]) -> list[str]:
        """Do these, one after the other; what became of each: one of OUTCOMES."""
        answer = self._run("acts", put_in="".join(f"{json.dumps(act)}\n" for act in acts))
        try:
            outcomes = [json.loads(line)["outcome"] for line in answer.splitlines()]
        except (ValueError, TypeError, KeyError):
            raise Unreachable("acts") from None
        if len(outcomes) != len(acts) or not {*outcomes} <= {*OUTCOMES}:
            raise Unreachable("acts")
        return outcomes

    def audit(self) -> bytes:
        """The audit log as it stands: it is verified here, and not by whom it is to find out."""
        return self._run("audit").encode()

    def watch(self) -> subprocess.Popen[str]:
        """A running command that prints `changed` after each change. Raises Unreachable."""
        return self._start("watch")

    def end(self) -> None:
        """End whatever still runs. An act that was under way is sent again another day."""
        for running in tuple(self._running):
            with suppress(OSError):
                running.kill()

    def _start(self, *words: str) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        try:
            running = subprocess.Popen(
                [*self.words, *words],
                env=self.environ,
                stdin=pipe,
                stdout=pipe,
                stderr=pipe if words != ("watch",) else subprocess.DEVNULL,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as error:
            raise Unreachable(type(error).__name__) from None
        self._running.add(running)
        return running

    def _run(self, *words: str, put_in: str = "") -> str:
        with self._start(*words) as running:
            try:
                answer, said = running.communicate(put_in, PATIENCE)
            except (OSError, subprocess.TimeoutExpired) as error:
                raise Unreachable(type(error).__name__) from None
            finally:
                running.kill()
        if running.returncode:
            raise Unreachable(last_words(said or answer))
        return answer


def refusal(words: str) -> str:
    """Why ssh turned back, as far as its last words tell: `host` for another machine's key than
    the one known, `key` where ours is not let in; nothing for any other trouble."""
    if "Host key verification failed" in words:
        return "host"
    return "key" if "Permission denied" in words else ""


def last_words(said: str) -> str:
    """The end of the last line that was said, for whoever keeps the server."""
    lines = said.strip().splitlines()
    return lines[-1][-300:] if lines else ""
