"""Seal and open: the one door to cryptography. Knows no form, no clock, no disk.

Format 1, written down in docs/DESIGN.md: a version byte, then one HPKE sealing
(RFC 9180, base mode, single shot) of the padded content for each recipient.
"""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Sequence

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from booking_endpoint.practice import RECIPIENTS

PrivateKey = ec.EllipticCurvePrivateKey

SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
INFO = b"souspli envelope 1"
VERSION = b"\x01"
ROOM, POINT, TAG = 2048, 65, 16
SEALING = POINT + ROOM + TAG
SIZE = len(VERSION) + RECIPIENTS * SEALING


class BadEnvelope(ValueError):
    """Bytes that no page of ours can have sealed."""


class TooLong(ValueError):
    """More to say than an envelope holds."""


class BadKey(ValueError):
    """A key that is none of ours, or a key file that this passphrase does not open."""


def seal(content: bytes, recipients: Sequence[str]) -> bytes:
    """Seal the content once for each recipient's public key (base64url points).

    Padded to one size first: a length would tell a short name from a long one.
    """
    if len(recipients) != RECIPIENTS:
        raise ValueError(f"an envelope has {RECIPIENTS} recipients")
    if len(content) > ROOM:
        raise TooLong
    padded = content.ljust(ROOM)
    return VERSION + b"".join(
        SUITE.encrypt(padded, _public(from_text(key)), INFO) for key in recipients
    )


def open_envelope(envelope: bytes, keys: Iterable[PrivateKey]) -> bytes | None:
    """The content, or None when it was sealed to none of these keys.

    Raises BadEnvelope for bytes of another shape. What comes out is hostile text
    until it was read: anybody can seal anything to a public key.
    """
    check_envelope(envelope)
    sealings = [envelope[at : at + SEALING] for at in range(1, SIZE, SEALING)]
    for key in keys:
        for sealing in sealings:
            try:
                return SUITE.decrypt(sealing, key, INFO).rstrip(b" ")
            except (InvalidTag, ValueError):
                continue
    return None


def check_envelope(envelope: bytes) -> None:
    """Raise BadEnvelope unless version, size and every encapsulated key are as they must be.

    All that can be checked without a private key.
    """
    if len(envelope) != SIZE or envelope[:1] != VERSION:
        raise BadEnvelope
    for at in range(1, SIZE, SEALING):
        try:
            _public(envelope[at : at + POINT])
        except ValueError:
            raise BadEnvelope from None


def check_key(public: str) -> None:
    """Raise BadKey unless this is a public key as `public_text` writes it."""
    try:
        _public(from_text(public))
    except ValueError:
        raise BadKey from None


def new_key() -> PrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def public_text(key: PrivateKey) -> str:
    """The public half, as practice.toml and the page carry it: a point in base64url."""
    return to_text(
        key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
    )


def fingerprint(public: str) -> str:
    """The same on the site, on paper and in the desk: SHA-256 of the point, in groups of four."""
    digest = hashlib.sha256(from_text(public)).hexdigest()[:32]
    return " ".join(digest[at : at + 4] for at in range(0, len(digest), 4))


def lock_key(key: PrivateKey, passphrase: str) -> bytes:
    """The private half as PKCS#8 PEM under a passphrase."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase.encode()),
    )


def unlock_key(pem: bytes, passphrase: str) -> PrivateKey:
    """The private half again; raises BadKey for a wrong passphrase or another kind of file."""
    try:
        key = serialization.load_pem_private_key(pem, passphrase.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise BadKey
    return key


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


def _public(point: bytes) -> ec.EllipticCurvePublicKey:
    if point[:1] != b"\x04":
        raise ValueError("not an uncompressed point")
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
