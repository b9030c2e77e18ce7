"""A sealed file: opened whole by its recipients, and by nobody at all where a byte is not right."""

import hashlib
import json
from secrets import token_bytes

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from hypothesis import given, settings
from hypothesis import strategies as st

from booking_endpoint.envelope import key_from, public_text
from booking_endpoint.sealed_file import (
    DIGEST,
    MAGIC,
    PIECE,
    BadFile,
    check_whole,
    open_file,
    seal_file,
)
from tests.keys import new_key
from tests.serving import ROOT

DOCTOR, RECOVERY, STRANGER = (new_key() for _ in range(3))
PUBLIC = [public_text(key) for key in (DOCTOR, RECOVERY)]
POINTS = [public.partition(".")[0] for public in PUBLIC]
TAG, SEALING = 16, {1: 65 + 32 + 16, 2: 1120 + 32 + 16}
"""Bytes of each, as docs/DESIGN.md has them."""
LONG = bytes(range(256)) * 1024
"""Four pieces to the byte."""
VECTOR = json.loads((ROOT / "tests" / "vectors" / "sealed-file-1.json").read_text("ascii"))


def sealed(content: bytes, recipients: list[str] = PUBLIC) -> bytes:
    return b"".join(seal_file(content, recipients, token_bytes(32)))


def signed(content: bytes) -> bytes:
    """With the digest that a sealed file must end with: whoever forges one can reckon, too."""
    return content + hashlib.sha256(content).digest()


def head(file: bytes) -> int:
    return len(MAGIC) + 2 + file[len(MAGIC) + 1] * SEALING[file[len(MAGIC)]]


FILE = sealed(LONG)


@settings(max_examples=20)
@given(size=st.sampled_from([0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE]) | st.integers(0, 9))
def test_each_recipient_opens_it_and_nobody_else(size: int) -> None:
    content = token_bytes(size)
    file = sealed(content)
    check_whole(file)
    assert open_file(file, [DOCTOR]) == content
    assert open_file(file, [STRANGER, RECOVERY]) == content
    assert open_file(file, [STRANGER]) is None
    assert open_file(file, []) is None


def test_keys_without_a_hybrid_half_will_do() -> None:
    file = sealed(b"content", POINTS)
    assert file[len(MAGIC)] == 1
    assert open_file(file, [RECOVERY]) == b"content"


def test_nothing_is_sealed_to_nobody() -> None:
    with pytest.raises(ValueError, match="recipient"):
        sealed(b"content", [])


@settings(max_examples=60)
@given(at=st.integers(0, len(FILE) - 1), bit=st.integers(0, 7))
def test_every_single_bit_matters(at: int, bit: int) -> None:
    altered = bytearray(FILE)
    altered[at] ^= 1 << bit
    with pytest.raises(BadFile):
        check_whole(bytes(altered))
    with pytest.raises(BadFile):
        open_file(bytes(altered), [DOCTOR])


@settings(max_examples=60)
@given(at=st.integers(0, len(FILE) - 1))
def test_a_file_that_was_cut_off_is_seen_without_a_key(at: int) -> None:
    with pytest.raises(BadFile):
        check_whole(FILE[:at])


@pytest.mark.parametrize("kept", [0, 1, 2, 3])
def test_one_that_was_cut_between_two_pieces_and_signed_anew_is_refused(kept: int) -> None:
    """No piece of it was altered: only the mark of the last one is missing."""
    whole = FILE[: head(FILE) + kept * (PIECE + TAG)]
    with pytest.raises(BadFile):
        open_file(signed(whole), [DOCTOR])


def test_pieces_cannot_change_places_be_repeated_or_come_from_another_file() -> None:
    at, step = head(FILE), PIECE + TAG
    first, second = FILE[at : at + step], FILE[at + step : at + 2 * step]
    rest, other = FILE[at + 2 * step : -DIGEST], sealed(LONG)
    forged = [second + first + rest, first + first + second + rest, FILE[at:-DIGEST] + rest[-step:]]
    forged.append(other[head(other) : head(other) + step] + second + rest)
    for body in forged:
        with pytest.raises(BadFile):
            open_file(signed(FILE[:at] + body), [DOCTOR])


@pytest.mark.parametrize(
    "junk", [b"", b"x", MAGIC, MAGIC + b"\x02\xff", b"SQLite format 3\0" * 99, token_bytes(99_999)]
)
def test_what_is_no_sealed_file_is_refused(junk: bytes) -> None:
    for bytes_ in (junk, signed(junk), junk[:23]):
        with pytest.raises(BadFile):
            open_file(bytes_, [DOCTOR])


@pytest.mark.parametrize("vector", VECTOR, ids=lambda one: one["name"])
def test_a_file_of_yesterday_opens_tomorrow(vector: dict[str, str]) -> None:
    """Kept since the format is: a backup must open as long as its paper is there."""
    key, content = key_from(bytes.fromhex(vector["seed"])), bytes.fromhex(vector["content"])
    assert open_file(bytes.fromhex(vector["sealed"]), [key]) == content


def test_it_opens_by_what_the_design_says_and_nothing_more() -> None:
    """A second reader, of HPKE and AES-GCM alone."""
    file = sealed(LONG, POINTS)
    at, enc = len(MAGIC) + 2, Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    start = at + 2 * SEALING[1]
    info = b"souspli sealed file 1 key"
    secret = enc.decrypt(file[at : at + SEALING[1]], DOCTOR.curve, info)
    body, content = file[start:-32], b""
    for number in range(4):
        nonce = number.to_bytes(11, "big") + (b"\x01" if number == 3 else b"\x00")
        piece = body[number * 65552 : (number + 1) * 65552]
        content += AESGCM(secret).decrypt(nonce, piece, file[:start])
    assert content == LONG
    assert hashlib.sha256(file[:-32]).digest() == file[-32:]
