"""django-appointment in an environment of its own: install it, run it, book as a browser does.

The requests are those of its own pages (appointments.js and its two forms), without the pages.
"""

import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from tests.bench import ground
from tests.bench.load import LONGEST, Load, get, load, post_form
from tests.serving import free_port

NAME = "django-appointment"
WORKERS = 2
"""One for each core: its better case. Ours has one."""

BASE = "/appointment"
TOKEN = "0123456789abcdefghijABCDEFGHIJ01"
"""Any thirty-two signs pass for its CSRF token, when cookie and form hold the same."""

WHO = {"phone_0": "FR", "phone_1": "0612345678", "payment_type": "full", "name": "Ada Exemple"}


class NotInstalled(RuntimeError):
    """The peer could not be installed: says why."""


@dataclass(frozen=True, slots=True)
class Halfway:
    """Somebody whose time is chosen: what the next request of that browser needs."""

    location: str
    session: str

    @property
    def email(self) -> str:
        return f"patient{self.location.split('/')[3]}@example.org"

    @property
    def cookies(self) -> str:
        return f"csrftoken={TOKEN}; sessionid={self.session}"


class Peer:
    """The peer, installed in a folder, on a database of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.python = folder, folder / "venv" / "bin" / "python"
        self.port, self.version = free_port(), ""

    def install(self) -> None:
        """Make its environment, its project and its database; raises NotInstalled."""
        self.folder.mkdir(parents=True)
        uv = shutil.which("uv")
        make = [uv, "venv", "-q"] if uv else [sys.executable, "-m", "venv"]
        pip = (
            [uv, "pip", "install", "-q", "--python", str(self.python)]
            if uv
            else [
                str(self.python),
                "-m",
                "pip",
                "install",
                "-q",
            ]
        )
        project = self.folder / "project.py"
        project.write_text(Path(__file__).with_name("peer_project.txt").read_text("utf-8"), "utf-8")
        for command in (
            [*make, str(self.folder / "venv")],
            [*pip, NAME, "gunicorn"],
            [str(self.python), str(project)],
        ):
            done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
            if done.returncode:
                raise NotInstalled((done.stderr or done.stdout).strip().splitlines()[-1])
        say = f"from importlib.metadata import version as v; print(v({NAME!r}), v('django'))"
        told = subprocess.run(
            [self.python, "-c", say], capture_output=True, text=True, check=True
        ).stdout.split()
        self.version = f"{NAME} {told[0]}, Django {told[1]}"

    @contextmanager
    def serving(self) -> Iterator[ground.Server]:
        words = ["-w", str(WORKERS), "-b", f"127.0.0.1:{self.port}", "--log-level", "error"]
        command = [str(self.python), "-m", "gunicorn", *words, "project:application"]
        environ = ground.environment()
        probe = self.listing(ground.today() + timedelta(days=1))
        with ground.running(command, environ, self.port, probe, self.folder) as server:
            yield server

    # --- what a browser sends --------------------------------------------------------------------

    def listing(self, day: object) -> bytes:
        """The free times of one day, as its page asks for them."""
        asked = urlencode({"selected_date": str(day), "staff_member": 1, "service_id": 1})
        return get(f"{BASE}/ajax/available_slots/?{asked}", X_Requested_With="XMLHttpRequest")

    def choose(self, starts: Iterable[datetime], clients: int) -> tuple[Load, list[Halfway]]:
        """First form: the time."""
        requests = [
            self._form(
                f"{BASE}/request-submit/",
                f"csrftoken={TOKEN}",
                {
                    "date": f"{start:%F}",
                    "start_time": f"{start:%H:%M}",
                    "end_time": f"{start + timedelta(minutes=30):%H:%M}",
                    "service": "1",
                    "staff_member": "1",
                },
            )
            for start in starts
        ]
        seen = load(self.port, requests, clients)
        found = [answer.headers() for answer in seen.of(302)]
        return seen, [Halfway(one["location"], session_in(one["set-cookie"])) for one in found]

    def introduce(self, patients: Iterable[Halfway], clients: int) -> tuple[Load, list[Halfway]]:
        """Second form: who comes. It answers by sending a code."""
        waiting = {patient.location.split("/")[3]: patient for patient in patients}
        requests = [
            self._form(patient.location, patient.cookies, {**WHO, "email": patient.email})
            for patient in waiting.values()
        ]
        seen = load(self.port, requests, clients)
        places = [answer.headers()["location"] for answer in seen.of(302)]
        return seen, [Halfway(place, waiting[place.split("/")[3]].session) for place in places]

    def confirm(self, patients: Iterable[Halfway], clients: int, seconds: float = LONGEST) -> Load:
        """Third form: the code. This one books."""
        codes = self._codes()
        requests = [
            self._form(patient.location, patient.cookies, {"code": codes[patient.email]})
            for patient in patients
        ]
        return load(self.port, requests, clients, seconds)

    def booked(self, start: datetime) -> int:
        """How many have this time, straight from its file."""
        sql = (
            "SELECT count(*) FROM appointment_appointment a"
            " JOIN appointment_appointmentrequest r ON r.id = a.appointment_request_id"
            " WHERE r.date = ? AND r.start_time = ?"
        )
        with closing(sqlite3.connect(self.folder / "peer.db")) as database:
            [(many,)] = database.execute(sql, (f"{start:%F}", f"{start:%H:%M:%S}"))
        return int(many)

    def _codes(self) -> dict[str, str]:
        """What the mails would have said."""
        sql = (
            "SELECT u.email, c.code FROM appointment_emailverificationcode c"
            " JOIN auth_user u ON u.id = c.user_id"
        )
        with closing(sqlite3.connect(self.folder / "peer.db")) as database:
            return dict(database.execute(sql).fetchall())

    @staticmethod
    def _form(path: str, cookies: str, fields: dict[str, str]) -> bytes:
        return post_form(path, {"csrfmiddlewaretoken": TOKEN, **fields}, Cookie=cookies)


def session_in(cookies: str) -> str:
    found = re.search(r"sessionid=(\w+)", cookies)
    assert found, cookies
    return found[1]
