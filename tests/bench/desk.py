"""How soon the desk shows today: ten thousand envelopes opened, a look, an unlock."""

import asyncio
import os
import secrets
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from booking_endpoint.envelope import PrivateKey, lock_key, open_envelope
from booking_endpoint.instants import Slot
from booking_endpoint.store import State, Store
from desk.book import Book
from desk.keyring import unlock_all
from desk.server import Server
from tests.bench.report import Goal, Result, at_most, number
from tests.desk.cast import MONDAY, PASSPHRASE, at_desk, facts, identity, sealed
from tests.keys import new_key

MANY, USUAL = 10_000, 500
KINDS = 50
"""Different envelopes; each is opened for every booking that has it."""

DAY = "?day=2026-11-23&view=day"


def fill(database: Path, key: PrivateKey, count: int) -> list[bytes]:
    """So many bookings, half an hour each, around the clock from that Monday on."""
    envelopes = [sealed(key, identity(MONDAY)) for _kind in range(KINDS)]

    async def work() -> None:
        store = Store(database)
        await store.open()
        try:
            for first in range(0, count, 200):
                await asyncio.gather(*(book(store, one) for one in range(first, first + 200)))
        finally:
            await store.close()

    async def book(store: Store, one: int) -> None:
        start = int((MONDAY + timedelta(minutes=30 * one)).timestamp())
        slot = Slot(start, start + 1800)
        name = secrets.token_bytes(16)
        await store.book([name], slot, slot.cells(), State.CONFIRMED, envelopes[one % KINDS])

    asyncio.run(work())
    return envelopes


def took(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def spent(before: os.times_result, after: os.times_result) -> tuple[float, float]:
    """Processor seconds of this process, and of those that it has started and seen end."""
    own = after.user - before.user + after.system - before.system
    children = after.children_user - before.children_user
    return own, children + after.children_system - before.children_system


def run(folder: Path) -> Result:
    key = new_key()
    many, usual = folder / "many.db", folder / "usual.db"
    envelopes = fill(many, key, MANY)
    fill(usual, key, USUAL)
    bare = took(lambda: [open_envelope(envelopes[one % KINDS], [key]) for one in range(MANY)])
    book = Book(Server.here(many), [key])
    before = os.times()
    first = took(lambda: book.refresh(MONDAY))
    desk, server = spent(before, os.times())
    again = took(lambda: book.refresh(MONDAY))
    assert book.progress == (MANY, MANY)
    pem = lock_key(key, PASSPHRASE)
    passphrase = took(lambda: unlock_all([pem], PASSPHRASE))
    begun, painted = first_morning(key, many), second_morning(folder, key, usual)
    return Result(
        "The desk: how soon today is seen",
        goals(bare, first, again, begun, painted),
        ("what", "seconds"),
        [
            (f"{number(MANY)} envelopes opened, nothing else", number(bare)),
            (f"{number(MANY)} bookings fetched by one command, and opened", number(first)),
            ("of that, processor time of the desk", number(desk)),
            ("of that, processor time of the server's commands", number(server)),
            ("another look, with nothing new", number(again)),
            ("the passphrase alone", number(passphrase)),
            (f"the same to today, {number(MANY)} bookings of which none is known", number(begun)),
            (f"the same to today, {USUAL} bookings known", number(painted)),
        ],
    )


def first_morning(key: PrivateKey, database: Path) -> float:
    """Nothing is known yet: who comes today is shown while the others are opened, and counted."""
    with at_desk(facts(key), key, Server.here(database)) as reader:

        def work() -> None:
            reader.unlock()
            page = reader.get(DAY).text
            while "entry__name" not in page:
                page = reader.get(DAY).text
            assert 'class="waiting" role="status"' in page, "all of them were opened first"

        return took(work)


def second_morning(folder: Path, key: PrivateKey, database: Path) -> float:
    """What was known lies in the drawer."""
    server, drawer = Server.here(database), folder / "desk.drawer"
    with at_desk(facts(key), key, server, drawer=drawer) as reader:
        reader.unlock()
        while "entry__name" not in reader.get(DAY).text or not drawer.exists():
            time.sleep(0.2)
    with at_desk(facts(key), key, server, drawer=drawer) as reader:

        def work() -> None:
            reader.unlock()
            assert "entry__name" in reader.get(DAY).text

        return took(work)


def goals(bare: float, first: float, again: float, begun: float, painted: float) -> list[Goal]:
    return [
        at_most(
            f"{number(MANY)} bookings fetched and opened",
            first,
            6,
            " s",
            "the nearest first; the page counts them and shows what is open",
        ),
        at_most(
            f"unlock to the page of today, {number(MANY)} bookings and none known",
            begun,
            3,
            " s",
            "one list of them all, then the envelopes of today",
        ),
        at_most(
            f"{number(MANY)} bookings fetched and opened, against opening alone",
            first / bare,
            8,
            " times",
            "two commands started, 127 MB encoded and read; each envelope is opened as it comes",
        ),
        at_most(
            "a look with nothing new, against the first",
            again / first,
            0.5,
            " times",
            "one list and no envelope",
        ),
        at_most(
            f"unlock to the page of today with {USUAL} bookings",
            painted,
            1,
            " s",
            "the last state opens from the drawer; the server is asked meanwhile",
        ),
    ]
