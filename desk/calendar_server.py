"""The two commands of the endpoint that calendars need, beside those `server` knows."""

import json
import subprocess
from collections.abc import Sequence

from desk.calendar_push import Act
from desk.server import PATIENCE, Server, Unreachable


def listed(server: Server) -> list[str]:
    """The lines of `list`: bookings without envelopes, and closures. Raises Unreachable."""
    return told(server, "list", "")


def act(server: Server, acts: Sequence[Act]) -> list[str]:
    """Do these acts in their order; what became of each. Raises Unreachable."""
    lines = told(server, "acts", "".join(f"{json.dumps(one)}\n" for one in acts))
    try:
        return [json.loads(line)["outcome"] for line in lines]
    except (ValueError, TypeError, KeyError):
        raise Unreachable("acts") from None


def told(server: Server, word: str, put_in: str) -> list[str]:
    try:
        done = subprocess.run(
            [*server.words, word],
            env=server.environ,
            input=put_in,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unreachable(type(error).__name__) from None
    if done.returncode:
        raise Unreachable((done.stderr or done.stdout).strip()[-300:])
    return done.stdout.splitlines()
