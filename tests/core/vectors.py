"""Test vectors as files: those of others, a whole envelope of ours, and the one that is pictured.

`python -m tests.core.vectors` writes those of format 2 that are missing. An envelope is sealed
with fresh randomness, so every run gives another one that is as good; each was made once, and
its file stays as it is, so that what was sealed long ago is seen to open still. The one of
format 1 was made by the code of its time.
"""

import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from booking_endpoint.envelope import PrivateKey, key_from, public_text, seal, to_text

FOLDER = Path(__file__).parents[1] / "vectors"

ENVELOPE, HYBRID_ENVELOPE, EXAMPLE = "envelope-1.json", "envelope-2.json", "example-2.json"

CONTENT = {
    "name": "יעל O’Connor-Valombreuse 👩🏽‍⚕️",
    "phone": "+33 1 99 00 12 34",
    "email": "yael@example.org",
    "birth_date": "1958-03-27",
    "whom": "child",
    "caller": "Siobhán O’Connor",
    "visit": "colposcopy",
    "start": "2026-12-01T08:00:00Z",
    "language": "he",
    "number": "000102030405060708090a0b0c0d0e0f",
}
"""An identity that does not exist, in several scripts."""

PICTURED = {
    "name": "Camille Exemple",
    "phone": "06 39 98 47 00",
    "email": "",
    "birth_date": "",
    "whom": "self",
    "caller": "",
    "visit": "first-visit",
    "start": "2026-12-01T08:00:00Z",
    "language": "fr",
    "number": "0f0e0d0c0b0a09080706050403020100",
}
"""Whom the privacy page pictures: she does not exist, and the number is kept for fiction."""


def read_vector(name: str) -> dict[str, Any]:
    vector: dict[str, Any] = json.loads((FOLDER / name).read_text("utf-8"))
    return vector


def private_key(scalar: str) -> PrivateKey:
    """A key older than the hybrid: the P-256 scalar alone, in hexadecimal."""
    return PrivateKey(ec.derive_private_key(int(scalar, 16), ec.SECP256R1()))


def new_envelope_vector(told: dict[str, str]) -> dict[str, Any]:
    """One envelope with all that it takes to open each of its sealings, and to check the key."""
    seeds = [bytes([recipient]) * 32 for recipient in (0x11, 0x22, 0x33)]
    keys = [public_text(key_from(seed)) for seed in seeds]
    content = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return {
        "source": "Souspli, envelope format 2, as docs/DESIGN.md writes it down",
        "info": b"souspli envelope 2".hex(),
        "room": 2048,
        "recipients": [
            {"seed": seed.hex(), "public": key} for seed, key in zip(seeds, keys, strict=True)
        ],
        "content": content,
        "envelope": to_text(seal(content.encode(), keys)),
    }


if __name__ == "__main__":
    for file, told in ((HYBRID_ENVELOPE, CONTENT), (EXAMPLE, PICTURED)):
        if not (FOLDER / file).exists():
            text = json.dumps(new_envelope_vector(told), ensure_ascii=False, indent=2)
            (FOLDER / file).write_text(f"{text}\n", encoding="utf-8")
