"""One of many who book, move, cancel, accept and close by chance; and what each of them saw."""

import asyncio
import random
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from booking_endpoint.instants import Slot, parse_instant, rfc3339
from booking_endpoint.reading import read_practice
from booking_endpoint.storage import Where
from booking_endpoint.store import State, Store
from tests.edge.patient import Patient, ready_ticket
from tests.keys import new_key
from tests.serving import Practice

VISITS = ("consultation", "pregnancy", "visit-3", "colposcopy")
DAY = date(2026, 12, 7)
"""A Monday: all four are received, on three different grids."""


@dataclass
class Act:
    """What one of them did, when it was asked and answered (monotonic), and what came of it."""

    kind: str
    asked: float
    answered: float
    status: int
    start: str = ""
    visit: str = ""
    code: str = ""
    told: dict[str, Any] = field(default_factory=dict)


class Player:
    """Acts by chance on what it holds itself, as fast as it is answered."""

    def __init__(self, practice: Practice, seed: int, starts: dict[str, list[str]]) -> None:
        self.practice, self.starts = practice, starts
        self.chance = random.Random(seed)  # noqa: S311 -- repeatable, and guards nothing
        self.patient = Patient(practice)
        self.envelope = self.patient.envelope("consultation", starts["consultation"][0])
        self.store = Store(practice.where)
        self.held: list[str] = []
        self.closed: list[str] = []

    async def play(self, acts: int) -> list[Act]:
        await self.store.open()
        try:
            return [await self.act() for _ in range(acts)]
        finally:
            await self.store.close()

    async def act(self) -> Act:
        patients: list[Callable[[], Act]] = [self.book] * 6
        patients += ([self.move] * 4 + [self.cancel] * 3) if self.held else []
        desk = [self.accept, self.close, *([self.open] * 3 if self.closed else [])]
        if self.chance.random() < len(patients) / len([*patients, *desk]):
            return self.chance.choice(patients)()
        return await self.chance.choice(desk)()

    def sent(self, kind: str, path: str, fields: dict[str, str], code: str = "") -> Act:
        asked = time.monotonic()
        answer = self.patient.post(path, fields)
        start, visit = fields.get("start", ""), fields.get("visit", "")
        told = answer.json()
        code = told.get("code", code)
        return Act(kind, asked, time.monotonic(), answer.status_code, start, visit, code, told)

    def wish(self) -> dict[str, str]:
        visit = self.chance.choice(VISITS)
        return {"visit": visit, "start": self.chance.choice(self.starts[visit])}

    def book(self) -> Act:
        fields = {**self.wish(), "envelope": self.envelope, **ready_ticket(time.time())}
        done = self.sent("book", "/bookings", fields)
        if done.status == 201:
            self.held.append(done.code)
        return done

    def move(self) -> Act:
        code = self.chance.choice(self.held)
        fields = {"manage": code, **self.wish(), **ready_ticket(time.time())}
        return self.sent("move", "/bookings/move", fields, code)

    def cancel(self) -> Act:
        code = self.held.pop(self.chance.randrange(len(self.held)))
        return self.sent("cancel", "/bookings/cancel", {"manage": code}, code)

    async def accept(self) -> Act:
        """The desk says yes to any booking there is."""
        asked, found = time.monotonic(), await self.store.export()
        booking = await self.store.accept(self.chance.choice(found)[0].id) if found else None
        accepted = booking.id.hex() if booking and booking.state is State.CONFIRMED else ""
        return Act("accept", asked, time.monotonic(), 200, code=accepted)

    async def close(self) -> Act:
        start = parse_instant(self.chance.choice(self.starts["consultation"]))
        word, asked = secrets.token_hex(4), time.monotonic()
        await self.store.close_between(word, Slot(start, start + 1800))
        self.closed.append(word)
        return Act("close", asked, time.monotonic(), 200, rfc3339(start), "consultation", word)

    async def open(self) -> Act:
        word, asked = self.closed.pop(), time.monotonic()
        await self.store.reopen(word)
        return Act("open", asked, time.monotonic(), 200, code=word)


def play(
    folder: Path, port: int, where: Where, seed: int, starts: dict[str, list[str]], acts: int
) -> list[Act]:
    """A player's life, in a process of its own; nobody opens what it seals."""
    practice = Practice(folder, new_key(), folder, port)
    practice.keep_at(where)
    return asyncio.run(Player(practice, seed, starts).play(acts))


@dataclass
class Hold:
    """Cells that somebody held: surely between `since` and `until`, perhaps a little longer."""

    who: str
    cells: frozenset[int]
    asked: float
    since: float
    until: float = float("inf")
    released: float = float("inf")


def holds(practice: Practice, acts: list[Act]) -> list[Hold]:
    """Who held which cells when, from what each act was answered."""
    file = practice.folder / "practice.toml"
    facts = read_practice(file.read_text("utf-8"))
    all_holds: list[Hold] = []
    current: dict[str, Hold] = {}
    for act in sorted(acts, key=lambda act: act.answered):
        if act.kind not in ("book", "move", "cancel", "close", "open") or act.status >= 400:
            continue
        if act.kind in ("move", "cancel", "open"):
            old = current.pop(act.code)
            old.until, old.released = act.asked, act.answered
        if act.kind in ("book", "move", "close"):
            visit = facts.visit(act.visit)
            assert visit
            start = parse_instant(act.start)
            slot = Slot(start, start + visit.minutes * 60)
            cells = slot.cells() if act.kind == "close" else slot.cells(visit.before, visit.after)
            hold = Hold(act.code, frozenset(cells), act.asked, act.answered)
            current[act.code] = hold
            all_holds.append(hold)
    return all_holds
