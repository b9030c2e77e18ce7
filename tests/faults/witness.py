"""A server on a disk that fails on demand, and somebody who books there and remembers every yes."""

import secrets
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import cached_property

import httpx

from booking_endpoint.instants import DAY, rfc3339
from booking_endpoint.tickets import Tickets
from tests.edge.patient import Browser, Page, Patient, Visitor, ready_ticket
from tests.edge.traces import traces
from tests.faults.disk import Shim
from tests.serving import ROOT, SECRET, Practice, answers, wait_until

NAME, PHONE = "Ségolène Introuvable-Ñandú", "06 39 98 47 13"
"""What is sent with every request, and must never be in the log."""

OFFICE = "01 99 00 47 11"
"""The practice's number: whoever cannot book must at least find that."""

SAID = (
    *("disk I/O error", "database or disk is full", "readonly database", "malformed"),
    *("is locked", "not a database", "unable to open", "Traceback", "Errno"),
)
"""Parts of messages of exceptions. They may quote what was sent, so no message is logged."""

PATIENCE = 12.0
"""Seconds somebody waits for an answer: a writer waits five for the disk, and who comes just
after he began waits for him first."""

SOON = 15.0
"""Seconds after which a server whose disk is well again must be well again too."""


@contextmanager
def serving_on(
    practice: Practice, shim: Shim, workers: int = 1
) -> Iterator[subprocess.Popen[bytes]]:
    """The endpoint's own command line under the shim; at the end, its log holds no patient."""
    log = shim.library.with_name("log")
    command = [sys.executable, "-m", "booking_endpoint", "serve", "--port", str(practice.port)]
    command += ["--workers", str(workers)]
    environ = {**practice.environ, **shim.environ(practice.folder), "PYTHONUNBUFFERED": "1"}
    with (
        log.open("ab") as out,
        subprocess.Popen(command, cwd=ROOT, env=environ, stdout=out, stderr=out) as running,
    ):
        try:
            wait_until(lambda: answers(practice.port) or running.poll() is not None)
            assert running.poll() is None, f"it does not start: {log.read_text()}"
            yield running
            assert running.poll() is None, f"it died: {log.read_text()}"
        finally:
            running.terminate()
            running.wait(20)
    assert traces([NAME, *NAME.split(), PHONE, PHONE.replace(" ", "")], log.read_bytes()) == {}
    assert [said for said in SAID if said in log.read_text()] == [], log.read_text()


class Witness(Visitor):
    """Books one time after the other, by script and by form, and remembers every yes."""

    def __init__(self, practice: Practice) -> None:
        self.practice, self.clock = practice, 0
        """`clock`: by how many seconds the server's clock is off."""
        self.script, self.form = Patient(practice), Browser(practice)
        self.script.http.timeout = self.form.http.timeout = httpx.Timeout(PATIENCE)
        self.acknowledged: dict[str, str] = {}

    def close(self) -> None:
        self.script.close()
        self.form.close()

    @cached_property
    def times(self) -> list[str]:
        """Free starts that do not touch each other; the last ones are the first to be booked.

        Three times four weeks: all are on offer, too, to a clock that is off by a day.
        """
        firsts = (rfc3339(int(time.time()) + days * DAY)[:10] for days in (0, 28, 56))
        return [start for first in firsts for start in self.script.times(first=first, days=28)[::3]]

    @cached_property
    def never_booked(self) -> str:
        """The time of whom types a name, and then thinks better of it."""
        return self.times.pop()

    def books_by_script(self, start: str = "") -> httpx.Response:
        return self.sends(self._sealed(start or self.times.pop()) | ready_ticket(self._now()))

    def sends(self, request: dict[str, str]) -> httpx.Response:
        answer = self.script.post("/bookings", request)
        if answer.status_code == 201:
            self.acknowledged[answer.json()["code"]] = request["start"]
        return answer

    def books_by_form(self) -> httpx.Response:
        """The last yes, on the page that follows the form."""
        start = self.times.pop()
        answer = self.form.http.post("/rdv/bookings", data=self._sealed(start) | self._form())
        if answer.status_code == 201:
            self.acknowledged[Page(answer).code] = start
        return answer

    def sends_a_name(self) -> httpx.Response:
        """The form before that: a name, readable, that the server is to seal."""
        who = {"name": NAME, "phone": PHONE, "whom": "self"}
        told = {"visit": "consultation", "start": self.never_booked, **who}
        return self.form.http.post("/rdv/bookings", data=told | self._form())

    def books_both_ways(self) -> list[httpx.Response]:
        """A program and a person at once, and somebody who types a name meanwhile."""
        ways = (self.books_by_script, self.books_by_form, self.sends_a_name)
        with ThreadPoolExecutor(len(ways)) as together:
            *booked, read = [one.result() for one in [together.submit(way) for way in ways]]
        for answer in (read, self.script.listing()):
            if answer.status_code != 200:
                assert_unwell(answer)
        return booked

    def books_again(self) -> None:
        """Soon, by itself; until then it says that it cannot."""
        until = time.monotonic() + SOON
        while any(answer.status_code != 201 for answer in self.books_honestly()):
            assert time.monotonic() < until, "it does not book again"
            time.sleep(0.5)

    def books_honestly(self) -> list[httpx.Response]:
        """Each answer is a yes, or says what to do instead."""
        booked = self.books_both_ways()
        for answer in booked:
            if answer.status_code != 201:
                assert_unwell(answer)
        return booked

    def misled(self) -> dict[str, str]:
        """The acknowledged bookings that the file does not hold, and what else is wrong with it."""
        there = f"{self.practice.database.as_uri()}?mode=rw"  # else SQLite would make one
        with closing(sqlite3.connect(there, timeout=PATIENCE, uri=True)) as database:
            kept = dict(database.execute("SELECT id, start FROM bookings"))
            sound = [row[0] for row in database.execute("PRAGMA integrity_check")]
        tickets, missing = Tickets([SECRET]), dict[str, str]()
        for code, start in self.acknowledged.items():
            found = kept.get(tickets.find(code)[0])
            if found is None or rfc3339(found) != start:
                missing[code] = start
        assert len(set(kept.values())) == len(kept), "two got one time"
        return missing if sound == ["ok"] else {**missing, "file": str(sound)}

    def _now(self) -> float:
        return time.time() + self.clock

    def _form(self) -> dict[str, str]:
        """A ticket for a form that somebody opened a minute ago."""
        opened = int(self._now()) - 60
        return {"ticket": Tickets([SECRET]).form(secrets.token_bytes(16), opened)}

    def _sealed(self, start: str) -> dict[str, str]:
        envelope = self.script.envelope("consultation", start, name=NAME, phone=PHONE)
        return {"visit": "consultation", "start": start, "envelope": envelope}


def assert_unwell(answer: httpx.Response) -> None:
    """It cannot book just now, says so, says when to come back, and gives the phone number."""
    assert answer.status_code == 503, f"{answer.request.method} {answer.url}: {answer}"
    assert int(answer.headers["Retry-After"]) > 0
    page = answer.headers["Content-Type"].startswith("text/html")
    said = Page(answer).text if page else answer.json()["message"]
    assert OFFICE in " ".join(said.split())
