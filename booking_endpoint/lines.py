"""What the server's command line and the desk say to each other: one JSON object on a line."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator
from typing import Any

from booking_endpoint.acts import Act, BadAct, Outcome, perform, read_act, sealed, standing
from booking_endpoint.envelope import to_text
from booking_endpoint.instants import Slot, rfc3339
from booking_endpoint.store import Booking, Store

LOOK = 1.0
"""Seconds between two looks at the file for whoever watches it."""

AT_ONCE = 200
"""Envelopes read together: some two megabytes."""


def told_slot(slot: Slot) -> dict[str, Any]:
    return {"start": rfc3339(slot.start), "end": rfc3339(slot.end)}


def told_booking(booking: Booking, envelope: bytes | None = None) -> str:
    """A booking as a line; with its envelope, or without."""
    line: dict[str, Any] = {"id": booking.id.hex(), **told_slot(booking.slot)}
    line |= {"state": booking.state.value, "moved": booking.moved}
    return json.dumps(line if envelope is None else line | {"envelope": to_text(envelope)})


async def listed(store: Store) -> Iterator[str]:
    """All bookings without their envelopes, all closures made at the desk, all hours opened."""
    bookings, closures, openings = await standing(store)
    closed = (json.dumps({"word": word, **told_slot(slot)}) for word, slot in closures.items())
    opened = (
        json.dumps({"word": word, **told_slot(extra.span), "visits": list(extra.visits)})
        for word, extra in openings.items()
    )
    return iter([*(told_booking(booking) for booking in bookings), *closed, *opened])


async def exported(store: Store, only: Collection[bytes] | None = None) -> AsyncIterator[str]:
    """Bookings with their envelopes: all of them, or those with these ids."""
    if only is None:
        for booking, envelope in await store.export():
            yield told_booking(booking, envelope)
        return
    names = tuple(only)
    for first in range(0, len(names), AT_ONCE):
        for booking, envelope in await sealed(store, names[first : first + AT_ONCE]):
            yield told_booking(booking, envelope)


async def performed(
    store: Store, lines: Iterable[str], write_down: Callable[[Act], object]
) -> AsyncIterator[str]:
    """Do what each line asks, one after the other, and say what became of it."""
    for line in filter(str.strip, lines):
        try:
            act = read_act(line)
        except BadAct:
            yield json.dumps({"outcome": "bad"})
            continue
        write_down(act)
        outcome: Outcome = await perform(store, act)
        yield json.dumps({"outcome": outcome.value})


async def changes(store: Store, facts: Callable[[], str], look: float = LOOK) -> AsyncIterator[str]:
    """A line now, and one after each change of the file; `facts` and their digest likewise."""
    seen: object = object()
    told = ""
    while True:
        if store.version() is None:
            await store.closures()  # opens the file anew, where it was replaced
        if (version := store.version()) != seen:
            seen = version
            yield "changed"
        if (digest := facts()) not in ("", told):
            told = digest
            yield f"facts {digest}"
        await asyncio.sleep(look)
