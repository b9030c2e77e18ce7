"""A booking that was acknowledged survives the process: it is killed, not stopped, under load."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing, contextmanager

import httpx

from booking_endpoint.instants import rfc3339
from booking_endpoint.tickets import Tickets
from tests.edge.patient import Patient, crowd, ready_ticket
from tests.serving import ROOT, SECRET, Practice, answers, wait_until

ROUNDS, PATIENTS = 12, 12

Acknowledged = dict[str, str]
"""Of each booking that was answered with 201: its code, and its start."""


@contextmanager
def mortal(practice: Practice) -> Iterator[subprocess.Popen[bytes]]:
    """One process that serves, and that nothing awaits when the block ends."""
    command = [sys.executable, "-m", "booking_endpoint", "serve", "--port", str(practice.port)]
    with subprocess.Popen(command, cwd=ROOT, env=practice.environ) as running:
        try:
            wait_until(lambda: answers(practice.port))
            yield running
        finally:
            running.kill()


async def book_until_it_dies(
    practice: Practice, process: subprocess.Popen[bytes], requests: list[dict[str, str]]
) -> Acknowledged:
    """Everybody books as fast as answers come; in the middle of it the process is killed."""
    acknowledged: Acknowledged = {}
    enough = asyncio.Event()

    async def patient(client: httpx.AsyncClient) -> None:
        while requests:
            try:
                answer = await client.post("/bookings", json=requests.pop())
            except httpx.TransportError:
                return
            assert answer.status_code in (201, 409), answer.text
            if answer.status_code == 201:
                acknowledged[answer.json()["code"]] = answer.json()["start"]
            if len(acknowledged) >= 2 * PATIENTS:
                enough.set()

    async def death() -> None:
        await enough.wait()
        os.kill(process.pid, signal.SIGKILL)

    async with AsyncExitStack() as stack:
        clients = await crowd(practice, stack, PATIENTS)
        async with asyncio.timeout(60):
            await asyncio.gather(death(), *(patient(client) for client in clients))
    assert requests, "it died of nothing to do"
    return acknowledged


def test_what_was_acknowledged_is_in_the_file(practice: Practice) -> None:
    """Five deaths, one file: every 201 is there, under its code, at its time, and none twice."""
    acknowledged: Acknowledged = {}
    for _ in range(ROUNDS):
        with mortal(practice) as process:
            with Patient(practice) as patient:
                envelope = patient.envelope("visit-3", "")
                free = [
                    start
                    for days in range(0, 90, 30)
                    for start in patient.times("visit-3", first=day(days))
                ]
            requests = [
                {
                    "visit": "visit-3",
                    "start": start,
                    "envelope": envelope,
                    **ready_ticket(time.time()),
                }
                for start in free[: 8 * PATIENTS]
            ]
            acknowledged |= asyncio.run(book_until_it_dies(practice, process, requests))

    with closing(sqlite3.connect(practice.database)) as database:
        [(sound,)] = database.execute("PRAGMA integrity_check")
        kept = dict(database.execute("SELECT id, start FROM bookings"))
        cells = database.execute("SELECT count(*), count(DISTINCT cell) FROM occupied").fetchone()
    tickets = Tickets([SECRET])
    assert sound == "ok"
    assert len(acknowledged) >= ROUNDS * 2 * PATIENTS
    assert {code: rfc3339(kept[tickets.find(code)[0]]) for code in acknowledged} == acknowledged
    assert len(set(kept.values())) == len(kept)
    assert cells == (5 * len(kept), 5 * len(kept))


def day(offset: int) -> str:
    return rfc3339(int(time.time()) + offset * 86400)[:10]
