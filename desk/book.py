"""What the desk knows of the server: each envelope opened once, however often one asks."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from booking_endpoint.envelope import PrivateKey
from desk.acts import Act, foreseen
from desk.opening import (
    BadLine,
    Listing,
    Opened,
    open_line,
    open_sealed,
    read_line,
    read_list,
)
from desk.server import Server

KEPT = 1000
"""Envelopes that are kept for when the server is out of reach: some twelve megabytes."""

NEARBY = timedelta(days=1)


class Book:
    """Filled by one thread at a time; may be read by another meanwhile."""

    def __init__(self, server: Server, keys: Sequence[PrivateKey]) -> None:
        self._server, self._keys = server, keys
        self._opened: dict[str, Opened] = {}
        self._sealed: dict[str, str] = {}
        self._lines: list[str] = []
        self._listing = Listing([], [], 0)
        self._whole = True
        self.at: datetime | None = None
        """When the server said so."""
        self.shut = False
        """Whether the desk was locked: then nothing more is opened."""

    @property
    def progress(self) -> tuple[int, int]:
        """How many bookings are opened, and how many there are."""
        listed = self._listing.bookings
        return sum(booking.id in self._opened for booking in listed), len(listed)

    @property
    def opening(self) -> bool:
        """Whether envelopes are still being opened."""
        return not self._whole

    @property
    def ids(self) -> set[str]:
        return {booking.id for booking in self._listing.bookings}

    def refresh(self, now: datetime) -> bool:
        """Ask for one list, and for the envelopes that are new; whether anything has changed.

        The nearest visits are opened first. Raises Unreachable.
        """
        lines = self._server.listing()
        changed = lines != self._lines
        self._lines, self._listing, self.at = lines, read_list(lines), now
        near = [booking.id for booking in nearest(self._listing.bookings, now)]
        keep = set(near[:KEPT])
        self._opened = {name: self._opened[name] for name in near if name in self._opened}
        self._sealed = {name: line for name, line in self._sealed.items() if name in keep}
        new = [
            name
            for name in near
            if name not in self._opened or (name in keep and name not in self._sealed)
        ]
        if new:
            self._whole = False
            for line in self._server.fetch(new):
                if self.shut:
                    return False
                self.learn(line, keep)
        self._whole = True
        return changed

    def learn(self, line: str, keep: Iterable[str] = ()) -> None:
        """Open one line of `export`, unless it was opened before; what is none of ours is not."""
        try:
            booking, envelope = read_line(line)
        except BadLine:
            return
        if booking.id not in self._opened:
            self._opened[booking.id] = open_sealed(booking, envelope, self._keys)
        if booking.id in keep:
            self._sealed[booking.id] = line

    def identity(self, act: Act) -> dict[str, str]:
        """Whom an act is about, as far as that is known."""
        known = self._opened.get(act.get("id", ""))
        if known is None and act["act"] == "book":
            known = open_line(line_of(act), self._keys)
        return known.identity if known else {}

    def listing(self, waiting: Iterable[Act] = ()) -> Listing:
        """What the server said, opened as far as it is, with what it has not heard of yet."""
        listing = foreseen(self._listing, waiting)
        bookings = list[Opened]()
        for booking in listing.bookings:
            opened = self._opened.get(booking.id)
            if opened:
                bookings.append(replace(booking, identity=opened.identity, error=opened.error))
            elif self._whole:
                bookings.append(replace(booking, error="shape"))  # its envelope never came
        return replace(listing, bookings=bookings)

    def to_json(self) -> dict[str, Any]:
        """The server's last words as they came: envelopes, and none of them opened."""
        at = int(self.at.timestamp()) if self.at else 0
        return {"at": at, "list": self._lines, "sealed": self._sealed}

    def recall(self, kept: Mapping[str, Any], now: datetime) -> None:
        """Open what was kept of an earlier day."""
        if not kept:
            return
        self._lines, self._sealed = list(kept["list"]), dict(kept["sealed"])
        self._listing = read_list(self._lines)
        for line in self._sealed.values():
            self.learn(line)
        known = [one for one in self._listing.bookings if one.id in self._opened]
        self._listing = replace(self._listing, bookings=known)
        self.at = datetime.fromtimestamp(kept["at"], UTC).astimezone(now.tzinfo)


def line_of(act: Act) -> str:
    """A booking of ours as `export` will print it."""
    return json.dumps({**act, "state": "confirmed", "moved": False})


def nearest(bookings: Iterable[Opened], now: datetime) -> list[Opened]:
    """Those of yesterday, today and later in their order, then the past, the latest first."""
    since = now - NEARBY
    return sorted(
        bookings,
        key=lambda one: (one.end < since, abs((one.start - since).total_seconds()), one.id),
    )
