"""Many patients, several processes, one store: nobody gets another's time."""

import asyncio
import os
import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing, suppress
from pathlib import Path

import httpx
import psycopg
import pytest

from booking_endpoint.envelope import PrivateKey
from booking_endpoint.instants import Slot, parse_instant
from booking_endpoint.storage import ServerUrl, Where
from tests.edge.patient import Patient, crowd, ready_ticket
from tests.postgres import cells_held, rows
from tests.serving import Practice, practice_in, serving_workers, wait_until

PATIENTS, ROUNDS = 40, 20

Answers = list[httpx.Response]


@pytest.fixture(scope="module")
def shared(
    tmp_path_factory: pytest.TempPathFactory, site: Path, key: PrivateKey, module_where: Where
) -> Iterator[tuple[Practice, int]]:
    """The endpoint's own command line, two processes on one store; and the id of their parent."""
    practice = practice_in(tmp_path_factory.mktemp("races"), site, key)
    practice.keep_at(module_where)
    with serving_workers(practice, 2) as parent:
        wait_until(lambda: len(serving_children(parent.pid)) == 2)
        yield practice, parent.pid


async def connected_crowd(
    shared: tuple[Practice, int], stack: AsyncExitStack
) -> list[httpx.AsyncClient]:
    """So many patients, each with a connection of his own, open already: half with each process.

    One stands still while the other lets its patients in.
    """
    practice, parent = shared
    one, other = map(int, serving_children(parent))
    clients: list[httpx.AsyncClient] = []
    for still in (one, other):
        half = await crowd(practice, stack, PATIENTS // 2)
        os.kill(still, signal.SIGSTOP)
        try:
            for client in half:
                await client.get("/availability")
        finally:
            os.kill(still, signal.SIGCONT)
        clients += half
    return clients


async def at_once(
    clients: list[httpx.AsyncClient], path: str, requests: list[dict[str, str]]
) -> Answers:
    together = zip(clients, requests, strict=True)
    return await asyncio.gather(*(client.post(path, json=request) for client, request in together))


def overlaps(practice: Practice) -> list[tuple[int, int]]:
    """Pairs of bookings that stand in each other's time, straight from the database."""
    return rows(
        practice.where,
        "SELECT one.start, other.start FROM bookings one JOIN bookings other"
        ' ON one.id < other.id AND one.start < other."end" AND other.start < one."end"'
        " WHERE one.state != 'cancelled' AND other.state != 'cancelled'",
    )


def loose_cells(practice: Practice) -> list[str]:
    """What does not fit between bookings and the cells they occupy."""
    held = Counter(name for name, _cell in cells_held(practice.where))
    wrong = []
    booked = 'SELECT id, start, "end", state FROM bookings'
    for name, start, end, state in rows(practice.where, booked):
        least = 0 if state == "cancelled" else len(Slot(start, end).cells())
        cells = held.pop(name, 0)
        if not least <= cells <= least + (2 if least else 0):
            wrong.append(f"{state} {start}: {cells} cells for {least}")
    return wrong + [f"{cells} cells of nobody" for cells in held.values()]


def held(parent: int) -> dict[str, list[str]]:
    """What each child of a process has open, as Linux names it."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text("ascii").split()
    return {child: list(open_in(child)) for child in children}


def open_in(process: str) -> Iterator[str]:
    with suppress(FileNotFoundError):  # closed, or gone, while we looked
        for descriptor in Path(f"/proc/{process}/fd").iterdir():
            yield str(descriptor.readlink())


def serving_children(parent: int) -> list[str]:
    """The children that are ready: they listen, and opened the database before that.

    A file by its name; of a server, two connections beside the socket that listens.
    """
    opened = held(parent)
    return [
        child
        for child, files in opened.items()
        if any(file.endswith(".db") for file in files)
        or sum(file.startswith("socket:") for file in files) >= 5
    ]


def test_of_forty_at_once_one_gets_the_time(shared: tuple[Practice, int]) -> None:
    """Twenty rounds: one 201, thirty-nine 409 with times that are left, nothing else."""
    practice, _parent = shared
    with Patient(practice) as patient:
        times = patient.times()[::3][:ROUNDS]
        envelope = patient.envelope("consultation", times[0])
    assert len(times) == ROUNDS

    async def rounds() -> None:
        async with AsyncExitStack() as stack:
            clients = await connected_crowd(shared, stack)
            for start in times:
                shared_part = {"visit": "consultation", "start": start, "envelope": envelope}
                requests = [{**shared_part, **ready_ticket(time.time())} for _ in clients]
                answers = await at_once(clients, "/bookings", requests)
                assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 39}
                for answer in answers:
                    if answer.status_code == 409:
                        nearest = answer.json()["nearest"]
                        assert nearest
                        assert start not in nearest

    asyncio.run(rounds())
    assert overlaps(practice) == []
    assert loose_cells(practice) == []


def test_one_request_sent_forty_times_at_once_is_one_booking(
    shared: tuple[Practice, int],
) -> None:
    """A bad line, an impatient thumb: two processes hear it, and all forty answers are the same."""
    practice, _parent = shared
    with Patient(practice) as patient:
        times = patient.times()[1::3][:5]
        requests = [patient.request(start) for start in times]

    async def rounds() -> None:
        async with AsyncExitStack() as stack:
            clients = await connected_crowd(shared, stack)
            for request in requests:
                answers = await at_once(clients, "/bookings", [request] * PATIENTS)
                assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 39}
                told = [answer.json() for answer in answers]
                assert {(one["start"], one["code"]) for one in told} == {
                    (request["start"], told[0]["code"])
                }

    asyncio.run(rounds())
    assert loose_cells(practice) == []
    starts = Counter(row[0] for row in rows(practice.where, "SELECT start FROM bookings"))
    assert [starts[parse_instant(start)] for start in times] == [1] * len(times)


def test_visits_of_every_length_at_once_never_overlap(shared: tuple[Practice, int]) -> None:
    """Two days, forty patients: booked, moved and cancelled in no order at all."""
    practice, _parent = shared
    chance = random.Random(20261122)  # noqa: S311  # the same crowd each time
    visits = ["consultation", "pregnancy", "visit-3", "colposcopy", "hysteroscopy"]
    with Patient(practice) as patient:
        days = sorted({start[:10] for start in patient.times("colposcopy")})[-2:]
        starts = {
            visit: [start for start in patient.times(visit) if start[:10] in days]
            for visit in visits
        }
        envelope = patient.envelope("consultation", days[0])

    def wish() -> dict[str, str]:
        visit = chance.choice([visit for visit in visits if starts[visit]])
        fixed = {"visit": visit, "start": chance.choice(starts[visit]), "envelope": envelope}
        return {**fixed, **ready_ticket(time.time())}

    async def rounds() -> Counter[int]:
        mine: dict[int, str] = {}
        seen: Counter[int] = Counter()
        async with AsyncExitStack() as stack:
            clients = await connected_crowd(shared, stack)
            for turn in range(6):
                tasks = []
                for index, client in enumerate(clients):
                    request, path = wish(), "/bookings"
                    if index in mine and turn % 2:
                        request, path = {**request, "manage": mine[index]}, "/bookings/move"
                    elif index in mine and index % 3 == 0:
                        request, path = {"manage": mine.pop(index)}, "/bookings/cancel"
                    tasks.append(client.post(path, json=request))
                answers = await asyncio.gather(*tasks)
                seen.update(answer.status_code for answer in answers)
                for index, answer in enumerate(answers):
                    if answer.status_code == 201:
                        mine[index] = answer.json()["manage"]
        return seen

    seen = asyncio.run(rounds())
    assert set(seen) <= {200, 201, 409}
    assert seen[201] > 10
    assert overlaps(practice) == []
    assert loose_cells(practice) == []


def test_the_database_itself_refuses_an_overlap(shared: tuple[Practice, int]) -> None:
    """Whatever the code above it thinks: a cell has one owner."""
    practice, _parent = shared
    with Patient(practice) as patient:
        start = parse_instant(patient.booked(patient.times()[-1])["start"])
    cell = start // 300 + 1
    if isinstance(practice.where, ServerUrl):
        with (
            psycopg.connect(practice.where.text) as server,
            pytest.raises(psycopg.errors.ExclusionViolation, match="occupied_once"),
        ):
            server.execute(
                "INSERT INTO occupied VALUES (%s, int8range(%s, %s))",
                (b"an id of sixteen", cell, cell + 1),
            )
        return
    with closing(sqlite3.connect(practice.database, timeout=10)) as database:
        with pytest.raises(sqlite3.IntegrityError, match=r"UNIQUE.*occupied\.cell"):
            database.execute("INSERT INTO occupied VALUES (?, ?)", (cell, b"an id of sixteen"))
        database.rollback()
