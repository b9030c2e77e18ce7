"""The endpoint's command line, reached directly or through the system's `ssh`. Opens nothing."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PATIENCE = 60
"""Seconds that a command may take."""


class Unreachable(RuntimeError):
    """The server's command line did not answer as it should; its last words are the message."""


@dataclass(frozen=True, slots=True)
class Server:
    """How to run one command beside the running endpoint."""

    words: tuple[str, ...]
    environ: dict[str, str]

    @classmethod
    def here(cls, database: Path) -> Self:
        """The endpoint on this very machine."""
        environ = {**os.environ, "BOOKING_DATABASE": str(database)}
        return cls((sys.executable, "-m", "booking_endpoint"), environ)

    @classmethod
    def over_ssh(cls, host: str) -> Self:
        """The endpoint behind `ssh host`, whose own environment knows the rest."""
        return cls(("ssh", host, "--", "booking_endpoint"), dict(os.environ))

    def export(self) -> list[str]:
        """Every booking, sealed, one JSON line each."""
        return self._run("export").splitlines()

    def audit(self) -> bytes:
        """The audit log as it stands: it is verified here, and not by whom it is to find out."""
        return self._run("audit").encode()

    def cancel(self, booking_id: str) -> None:
        self._run("cancel", booking_id)

    def accept(self, booking_id: str) -> None:
        self._run("accept", booking_id)

    def _run(self, *words: str) -> str:
        command: Sequence[str] = [*self.words, *words]
        try:
            done = subprocess.run(
                command,
                env=self.environ,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=PATIENCE,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unreachable(type(error).__name__) from None
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise Unreachable(said[-1][-300:] if said else "")
        return done.stdout
