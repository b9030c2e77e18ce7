"""An exported line -> a booking and who comes. Pure; what comes out is hostile text."""

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from booking_endpoint.envelope import BadEnvelope, PrivateKey, from_text, open_envelope
from booking_endpoint.instants import parse_instant, rfc3339
from booking_endpoint.practice import IDENTIFIER

FIELDS = (
    "name",
    "phone",
    "email",
    "birth_date",
    "whom",
    "caller",
    "reminder",
    "visit",
    "start",
    "language",
    "number",
)
"""What an identity holds, as docs/DESIGN.md writes it down. Anything else in it is dropped."""

MOST = 200
"""Signs shown of any answer: a page of ours never sealed more."""

STATES = ("confirmed", "requested", "cancelled")


class BadLine(ValueError):
    """A line that no `export` printed."""


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """One booking as the desk knows it. Has no repr: a traceback must never hold a name."""

    id: str
    start: datetime
    end: datetime
    state: str
    moved: bool
    identity: dict[str, str]
    """Empty when the envelope could not be opened; `error` then says why."""
    error: str

    def __repr__(self) -> str:
        return f"Opened({self.id})"

    def to_json(self) -> dict[str, Any]:
        """The line `python -m desk open` prints."""
        line: dict[str, Any] = {
            "id": self.id,
            "start": rfc3339(int(self.start.timestamp())),
            "end": rfc3339(int(self.end.timestamp())),
            "state": self.state,
            "moved": self.moved,
        }
        return line | ({"error": self.error} if self.error else {"identity": self.identity})


@dataclass(frozen=True, slots=True)
class Closed:
    """A time at which nothing is offered, by the name that reopens it."""

    word: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Offered:
    """Hours offered beside those of the facts, by the name that withdraws them."""

    word: str
    start: datetime
    end: datetime
    visits: tuple[str, ...]
    """The ids of those they are for; none means all."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What `list` says: all bookings, nobody named, the closures, and the hours offered besides."""

    bookings: list[Opened]
    closed: list[Closed]
    strange: int
    """Lines that no `list` of ours printed."""
    offered: list[Offered] = field(default_factory=list)


def open_all(lines: Iterable[str], keys: Sequence[PrivateKey]) -> tuple[list[Opened], int]:
    """Every line opened, and how many lines were none of ours: they do not hide the others."""
    bookings, strange = list[Opened](), 0
    for line in lines:
        try:
            bookings.append(open_line(line, keys))
        except BadLine:
            strange += 1
    return bookings, strange


def open_line(line: str, keys: Sequence[PrivateKey]) -> Opened:
    """Open one line of `export`; raises BadLine for another line."""
    return open_sealed(*read_line(line), keys)


def open_sealed(sealed: Opened, envelope: str, keys: Sequence[PrivateKey]) -> Opened:
    """A booking with who comes; what cannot be opened comes back with its error in words.

    `error` is `shape` (not an envelope), `foreign` (sealed to none of these keys) or
    `text` (opened, but not what a page of ours seals).
    """
    try:
        content = open_envelope(from_text(envelope), keys)
    except BadEnvelope:
        return replace(sealed, error="shape")
    if content is None:
        return replace(sealed, error="foreign")
    identity = read_identity(content)
    return replace(sealed, identity=identity, error="" if identity else "text")


def read_list(lines: Iterable[str]) -> Listing:
    """The lines of `list`; what is none of ours is counted, and hides nobody."""
    listing = Listing([], [], 0)
    for line in lines:
        try:
            read = read_listed(line)
        except BadLine:
            listing = replace(listing, strange=listing.strange + 1)
            continue
        match read:
            case Opened():
                listing.bookings.append(read)
            case Closed():
                listing.closed.append(read)
            case Offered():
                listing.offered.append(read)
    return listing


def read_listed(line: str) -> Opened | Closed | Offered:
    """A booking, a closure or hours offered, without what is sealed; raises BadLine."""
    return told(read_json(line))


def read_line(line: str) -> tuple[Opened, str]:
    """A booking as the server tells of it, and its envelope; raises BadLine."""
    match read_json(line):
        case {"envelope": str(envelope)} as booking if isinstance(read := told(booking), Opened):
            return read, envelope
    raise BadLine


def read_json(line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise BadLine from None


def told(line: object) -> Opened | Closed | Offered:
    """What one line of the server says; raises BadLine.

    The server is not trusted either: its ids go into commands, its instants into calendars.
    """
    try:
        match line:
            case {
                "id": str(name),
                "start": str(start),
                "end": str(end),
                "state": str(state),
                "moved": bool(moved),
            } if re.fullmatch("[0-9a-f]{32}", name) and state in STATES and within(start, end):
                return Opened(name, moment(start), moment(end), state, moved, {}, "")
            case {"word": str(word), "start": str(start), "end": str(end), **more} if (
                1 <= len(word) <= 64 and plain(word) == word and within(start, end)
            ):
                match more.get("visits"):
                    case None:
                        return Closed(word, moment(start), moment(end))
                    case [*visits]:
                        names = tuple(str(one) for one in visits if IDENTIFIER.fullmatch(str(one)))
                        if len(names) == len(visits):
                            return Offered(word, moment(start), moment(end), names)
    except ValueError:
        pass
    raise BadLine


def moment(instant: str) -> datetime:
    return datetime.fromtimestamp(parse_instant(instant), UTC)


def within(start: str, end: str) -> bool:
    """Whether a time lies where every calendar can count; instants sort as they are written."""
    return "2000" < start < end < "3000"


def read_identity(content: bytes) -> dict[str, str]:
    """The known fields as plain text of bounded length; empty when this is no identity."""
    try:
        values = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(values, dict):
        return {}
    identity = {field: plain(values.get(field)) for field in FIELDS}
    return identity if identity["name"].strip() else {}


def plain(value: object) -> str:
    """A text without control or direction-changing signs, which could forge what is beside it."""
    if not isinstance(value, str):
        return ""
    if value.isascii() and value.isprintable():
        return value[:MOST]
    hostile = {"Cc", "Cs", "Zl", "Zp"}
    kept = (
        sign
        for sign in value[:MOST]
        if unicodedata.category(sign) not in hostile and sign not in OVERRIDES
    )
    return "".join(kept)


OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Bidirectional embeddings, overrides and isolates (UAX 9)."""
