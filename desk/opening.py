"""An exported line -> a booking and who comes. Pure; what comes out is hostile text."""

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from booking_endpoint.availability import parse_instant
from booking_endpoint.envelope import BadEnvelope, PrivateKey, from_text, open_envelope

FIELDS = (
    "name",
    "phone",
    "email",
    "birth_date",
    "whom",
    "caller",
    "visit",
    "start",
    "language",
    "number",
)
"""What an identity holds, as docs/DESIGN.md writes it down. Anything else in it is dropped."""

MOST = 200
"""Signs shown of any answer: a page of ours never sealed more."""


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
            "start": f"{self.start:%Y-%m-%dT%H:%M:%SZ}",
            "end": f"{self.end:%Y-%m-%dT%H:%M:%SZ}",
            "state": self.state,
            "moved": self.moved,
        }
        return line | ({"error": self.error} if self.error else {"identity": self.identity})


def open_line(line: str, keys: Sequence[PrivateKey]) -> Opened:
    """Open one line of `export`; what cannot be opened comes back with its error in words.

    `error` is `shape` (not an envelope), `foreign` (sealed to none of these keys) or
    `text` (opened, but not what a page of ours seals). Raises BadLine for another line.
    """
    try:
        facts = json.loads(line)
        start, end = (
            datetime.fromtimestamp(parse_instant(facts[at]), UTC) for at in ("start", "end")
        )
        shown = Opened(
            str(facts["id"]), start, end, str(facts["state"]), bool(facts["moved"]), {}, "shape"
        )
        content = open_envelope(from_text(facts["envelope"]), keys)
    except BadEnvelope:
        return shown
    except (ValueError, KeyError, TypeError):
        raise BadLine from None
    if content is None:
        return _with(shown, {}, "foreign")
    identity = read_identity(content)
    return _with(shown, identity, "" if identity else "text")


def read_identity(content: bytes) -> dict[str, str]:
    """The known fields as plain text of bounded length; empty when this is no identity."""
    try:
        values = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(values, dict) or not isinstance(values.get("name"), str):
        return {}
    return {field: plain(values.get(field, "")) for field in FIELDS}


def plain(value: object) -> str:
    """A text without control or direction-changing signs, which could forge what is beside it."""
    if not isinstance(value, str):
        return ""
    hostile = {"Cc", "Cs", "Zl", "Zp"}
    kept = (
        sign
        for sign in value[:MOST]
        if unicodedata.category(sign) not in hostile and sign not in OVERRIDES
    )
    return "".join(kept)


OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Bidirectional embeddings, overrides and isolates (UAX 9)."""


def _with(opened: Opened, identity: dict[str, str], error: str) -> Opened:
    return Opened(opened.id, opened.start, opened.end, opened.state, opened.moved, identity, error)
