"""The gate of a server, asked over ssh: its answers as values, its refusals as sentences."""

import ast
import getpass
import json
import shlex
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from deploy import far
from deploy.publishing.upload import pieces
from deploy.server.outcomes import Outcome, Stopped
from deploy.server.release import Release

PUBLISHCONF = Path(__file__).parents[2] / "publishconf.py"


@dataclass(frozen=True, slots=True)
class Server:
    """A host, as ssh knows it."""

    host: str

    def told(self, verb: str) -> dict[str, Any]:
        """The answer to `manifest`, `status` or `logs`. Raises far.Far or Stopped."""
        try:
            answer = json.loads(self._ask(verb).out)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise Stopped(Outcome.DAMAGED, f"{self.host} answers what cannot be read")
        return answer

    def publish(self, release: Release, archive: bytes, digest: str, show: far.Progress) -> str:
        """Send it; what the server says once it has switched. Raises far.Far or Stopped."""
        return self._ask("publish", release.id, digest, archive=archive, show=show).out

    def roll_back(self) -> str:
        return self._ask("rollback").out

    def switch(self, name: str) -> str:
        return self._ask("switch", name).out

    def backup(self, into: IO[bytes]) -> str:
        """Write a sealed backup into a file; what the server says of it, in a line."""
        said = self._ask("backup", into=into).said.strip()
        return "".join(sign for sign in said.splitlines()[-1][:200] if sign.isprintable())

    def _ask(
        self,
        verb: str,
        *words: str,
        archive: bytes = b"",
        show: far.Progress | None = None,
        into: IO[bytes] | None = None,
    ) -> far.Done:
        told = () if verb in ("manifest", "status", "logs", "backup") else (whoami(),)
        command = shlex.join((verb, *words, *told))
        done = far.run(self.host, command, pieces(archive), show, into=into)
        if done.code:
            said = done.said.strip() or done.out.strip() or f"{verb} ended with {done.code}"
            known = done.code in set(Outcome)
            raise Stopped(Outcome(done.code) if known else Outcome.DAMAGED, said)
        return done


def whoami() -> str:
    """Who is at work, for whoever comes meanwhile; the server forgets it at the end."""
    try:
        return f"{getpass.getuser()} on {socket.gethostname()}"
    except (OSError, KeyError):
        return socket.gethostname()


def host_named(settings: Path = PUBLISHCONF) -> str:
    """SERVER in publishconf.py, read without running it: bad facts stop no rollback."""
    for node in ast.parse(settings.read_text("utf-8")).body:
        match node:
            case ast.Assign(targets=[ast.Name(id="SERVER")], value=ast.Constant(value=str(host))):
                return host
    return ""


def progress(total: int) -> Callable[[int], None]:
    """Shows how much has gone: one line that grows on a terminal, a line each quarter elsewhere."""
    live, quarter = sys.stdout.isatty(), 0

    def show(gone: int) -> None:
        nonlocal quarter
        now = gone * 4 // max(total, 1)
        if not live and now == quarter and gone < total:
            return
        quarter = now
        end = "\n" if gone >= total or not live else "\r"
        print(f"sent {amount(gone)} of {amount(total)}", end=end, flush=True)

    return show


def amount(size: int) -> str:
    """Bytes as a person reads them."""
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"
