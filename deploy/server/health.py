"""Is the endpoint that answers the one that should, and is it well? Asked on its own socket."""

import subprocess
import time
import tomllib
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from socket import AF_UNIX, SOCK_STREAM, socket
from typing import Any
from urllib.parse import urlencode

from deploy.server.release import Release
from deploy.server.room import read
from deploy.server.settings import Settings

WAIT = 5
"""Seconds for one answer, at most."""
REST = 0.2
"""Seconds between two questions."""
RESTART = 90
"""Seconds in which the system must have stopped and started it; it lets patients finish first."""


class Unwell(Exception):
    """The endpoint does not answer as the release should; says how it does."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the endpoint said of itself; status 0 and no release when it said nothing."""

    status: int = 0
    release: str = ""


class SocketConnection(HTTPConnection):
    """HTTP to a unix socket."""

    def __init__(self, path: Path, wait: int) -> None:
        super().__init__("localhost", timeout=wait)
        self._path = path

    def connect(self) -> None:
        self.sock = socket(AF_UNIX, SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def settle(settings: Settings, folder: Path) -> None:
    """See that the endpoint runs as this release has it; restarts it where it does not.

    So it also ends what an earlier act, cut off, has begun. Raises Unwell.
    """
    release = read(folder)
    if not release.endpoint or ask(settings, folder).release == release.endpoint:
        return
    try:
        done = subprocess.run(settings.restart, timeout=RESTART, capture_output=True, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unwell(f"it could not be restarted ({type(error).__name__})") from None
    if done.returncode:
        raise Unwell(f"it could not be restarted ({settings.restart[-1]}: {done.returncode})")
    wait_until_well(settings, folder, release)


def wait_until_well(settings: Settings, folder: Path, release: Release) -> None:
    until = time.monotonic() + settings.patience
    while (answer := ask(settings, folder)) != Answer(200, release.endpoint):
        if time.monotonic() > until:
            raise Unwell(told(answer, release))
        time.sleep(REST)


def told(answer: Answer, release: Release) -> str:
    """How an answer differs from the one there should be, in a few words."""
    if not answer.status:
        return "it does not answer"
    if answer.release != release.endpoint:
        return "another release answers"
    return f"it answers {answer.status}" if answer.status != 200 else "it is well"


def ask(settings: Settings, folder: Path) -> Answer:
    """Free times of the first visit, from the database: what a patient's page would ask."""
    try:
        with closing(SocketConnection(settings.socket, min(WAIT, settings.patience))) as line:
            line.request("GET", question(folder), headers={"Connection": "close"})
            answer = line.getresponse()
            answer.read()
            return Answer(answer.status, answer.headers.get("X-Release", ""))
    except (OSError, HTTPException):
        return Answer()


def facts_of(folder: Path) -> dict[str, Any]:
    """The facts of a release that has an endpoint, unread: they were checked before they came."""
    return tomllib.loads((folder / "endpoint" / "practice.toml").read_text("utf-8"))


def question(folder: Path) -> str:
    """The address asked, by the release's own facts."""
    facts = facts_of(folder)
    prefix = facts.get("rules", {}).get("prefix", "/rdv")
    return f"{prefix}/availability?{urlencode({'visit': facts['visits'][0]['id'], 'days': 1})}"
