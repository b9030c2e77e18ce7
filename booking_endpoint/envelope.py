"""Seal and open: the one door to cryptography. Knows no form, no clock, no disk.

Formats 1 and 2, written down in docs/DESIGN.md: a version byte, then one HPKE sealing
(RFC 9180, base mode, single shot) of the padded content for each recipient, then zeros up
to one size for both.

A public key is a text: a P-256 point in base64url and, after a dot, its hybrid half
(ML-KEM-768 and X25519, together `MLKEM768-X25519`, draft-ietf-hpke-pq).
"""

import hashlib
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, mlkem, x25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from booking_endpoint.practice import RECIPIENTS

ROOM, POINT, HYBRID, TAG = 2048, 65, 1184 + 32, 16
SEED = 32
"""Bytes that a private key grows from: what is printed on paper."""


@dataclass(frozen=True, slots=True)
class Format:
    """What a version byte stands for."""

    suite: Suite
    info: bytes
    enc: int
    """Bytes of the encapsulated key, with which a sealing begins."""

    @property
    def sealing(self) -> int:
        return self.enc + ROOM + TAG

    @property
    def filled(self) -> int:
        """Bytes of an envelope up to the zeros."""
        return 1 + RECIPIENTS * self.sealing


FORMATS = {
    1: Format(Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM), b"souspli envelope 1", POINT),
    2: Format(
        Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM),
        b"souspli envelope 2",
        1088 + 32,
    ),
}
SIZE = max(format.filled for format in FORMATS.values())


class BadEnvelope(ValueError):
    """Bytes that no page of ours can have sealed."""


class TooLong(ValueError):
    """More to say than an envelope holds."""


class BadKey(ValueError):
    """A key that is none of ours, or a key file that this passphrase does not open."""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class PrivateKey:
    """What opens envelopes: a P-256 key, and its hybrid half unless it is older than format 2.

    Has no repr: a traceback must never hold a key.
    """

    curve: ec.EllipticCurvePrivateKey
    lattice: mlkem.MLKEM768PrivateKey | None = None
    montgomery: x25519.X25519PrivateKey | None = None

    def opening(self, version: int) -> Any:
        """What HPKE opens a sealing of this version with, or None where this key has no such."""
        if version == 1:
            return self.curve
        if self.lattice is None or self.montgomery is None:
            return None
        return MLKEM768X25519PrivateKey(self.lattice, self.montgomery)


def seal(content: bytes, recipients: Sequence[str]) -> bytes:
    """Seal the content once for each recipient's public key, all in one format.

    Format 2 where every recipient has a hybrid half, format 1 otherwise. Padded to one size
    first: a length would tell a short name from a long one.
    """
    if len(recipients) != RECIPIENTS:
        raise ValueError(f"an envelope has {RECIPIENTS} recipients")
    if len(content) > ROOM:
        raise TooLong
    keys = [halves(key) for key in recipients]
    hybrids = [hybrid for _, hybrid in keys if hybrid]
    version = 2 if len(hybrids) == RECIPIENTS else 1
    format, padded = FORMATS[version], content.ljust(ROOM)
    chosen = hybrids if version == 2 else [point for point, _ in keys]
    sealings = [format.suite.encrypt(padded, key, format.info) for key in chosen]
    return _filled(bytes([version]) + b"".join(sealings))


def open_envelope(envelope: bytes, keys: Iterable[PrivateKey]) -> bytes | None:
    """The content, or None when it was sealed to none of these keys.

    Raises BadEnvelope for bytes of another shape. What comes out is hostile text
    until it was read: anybody can seal anything to a public key.
    """
    format = check_envelope(envelope)
    sealings = [
        envelope[at : at + format.sealing] for at in range(1, format.filled, format.sealing)
    ]
    for private in filter(None, (key.opening(envelope[0]) for key in keys)):
        for sealing in sealings:
            try:
                return format.suite.decrypt(sealing, private, format.info).rstrip(b" ")
            except (InvalidTag, ValueError):
                continue
    return None


def check_envelope(envelope: bytes) -> Format:
    """Its format; raises BadEnvelope unless version and size are as they must be.

    All that can be checked without a private key: in format 1 also that every point lies
    on the curve. Any bytes are an encapsulated key of format 2 (FIPS 203, section 7.3).
    """
    format = FORMATS.get(envelope[0]) if envelope else None
    if format is None or len(envelope) not in (format.filled, SIZE):
        raise BadEnvelope
    if any(envelope[format.filled :]):
        raise BadEnvelope
    if format.enc == POINT:
        for at in range(1, format.filled, format.sealing):
            try:
                _point(envelope[at : at + POINT])
            except ValueError:
                raise BadEnvelope from None
    return format


def read_envelope(text: str) -> bytes:
    """An envelope as it travels, in the one size in which all are kept.

    Raises BadEnvelope for a text that none of our pages sends.
    """
    envelope = from_text(text)
    check_envelope(envelope)
    return _filled(envelope)


def check_key(public: str) -> None:
    """Raise BadKey unless this is a public key as `public_text` writes it."""
    try:
        halves(public)
    except ValueError:
        raise BadKey from None


def key_from(seed: bytes) -> PrivateKey:
    """The key that grows from 32 bytes, always the same; neither half tells of the other.

    A P-256 scalar as FIPS 186-5, A.2.1 draws it from 48 bytes, and the hybrid half as
    draft-ietf-hpke-pq expands its own 32.
    """
    drawn = int.from_bytes(_grown(seed, b"souspli key P-256", 48))
    order = ec.SECP256R1().group_order
    expanded = hashlib.shake_256(_grown(seed, b"souspli key MLKEM768-X25519", 32)).digest(96)
    return PrivateKey(
        ec.derive_private_key(drawn % (order - 1) + 1, ec.SECP256R1()),
        mlkem.MLKEM768PrivateKey.from_seed_bytes(expanded[:64]),
        x25519.X25519PrivateKey.from_private_bytes(expanded[64:]),
    )


def public_text(key: PrivateKey) -> str:
    """The public half: a point and, after a dot, the hybrid half where there is one."""
    point = key.curve.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    if key.lattice is None or key.montgomery is None:
        return to_text(point)
    halves = (key.lattice.public_key(), key.montgomery.public_key())
    hybrid = b"".join(half.public_bytes_raw() for half in halves)
    return f"{to_text(point)}.{to_text(hybrid)}"


def fingerprint(public: str) -> str:
    """The same on the site, on paper and in the desk: SHA-256 of the key, in groups of four."""
    digest = hashlib.sha256(b"".join(map(from_text, public.split(".")))).hexdigest()[:32]
    return " ".join(digest[at : at + 4] for at in range(0, len(digest), 4))


def lock_key(key: PrivateKey, passphrase: str) -> bytes:
    """The private half under a passphrase: PKCS#8 (RFC 5958) in PEM, one block for each part."""
    locked = serialization.BestAvailableEncryption(passphrase.encode())
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    parts = (key.curve, key.lattice, key.montgomery)
    return b"".join(part.private_bytes(pem, pkcs8, locked) for part in parts if part)


def unlock_key(pem: bytes, passphrase: str) -> PrivateKey:
    """The private half again; raises BadKey for a wrong passphrase or another kind of file."""
    try:
        parts = [
            serialization.load_pem_private_key(block, passphrase.encode())
            for block in re.findall(rb"-----BEGIN .+?-----END [^-]*-----\s?", pem, re.DOTALL)
        ]
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey from None
    match parts:
        case [ec.EllipticCurvePrivateKey() as curve, *others] if curve.curve.name == "secp256r1":
            match others:
                case []:
                    return PrivateKey(curve)
                case [mlkem.MLKEM768PrivateKey() as lattice, x25519.X25519PrivateKey() as other]:
                    return PrivateKey(curve, lattice, other)
    raise BadKey


def to_text(data: bytes) -> str:
    """base64url without padding (RFC 4648, section 5)."""
    return urlsafe_b64encode(data).decode().rstrip("=")


def from_text(text: str) -> bytes:
    """The bytes of a base64url text; raises BadEnvelope for one that `to_text` does not write."""
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise BadEnvelope from None
    if to_text(data) != text:
        raise BadEnvelope
    return data


def _filled(envelope: bytes) -> bytes:
    return envelope.ljust(SIZE, b"\0")


def _grown(seed: bytes, label: bytes, length: int) -> bytes:
    """HKDF (RFC 5869) with SHA-256, without salt: the seed is uniform."""
    return HKDF(SHA256(), length, salt=None, info=label).derive(seed)


def halves(public: str) -> tuple[ec.EllipticCurvePublicKey, MLKEM768X25519PublicKey | None]:
    """Both halves of a public key, in the order of the formats; raises ValueError."""
    point, dot, hybrid = public.partition(".")
    return _point(from_text(point)), _hybrid(from_text(hybrid)) if dot else None


def _point(point: bytes) -> ec.EllipticCurvePublicKey:
    if point[:1] != b"\x04":
        raise ValueError("not an uncompressed point")
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)


def _hybrid(hybrid: bytes) -> MLKEM768X25519PublicKey:
    if len(hybrid) != HYBRID:
        raise ValueError("not a hybrid key")
    lattice, montgomery = hybrid[:-32], hybrid[-32:]
    return MLKEM768X25519PublicKey(
        mlkem.MLKEM768PublicKey.from_public_bytes(lattice),
        x25519.X25519PublicKey.from_public_bytes(montgomery),
    )
