"""What the desk keeps from one day to the next, in one file sealed to the doctor's own keys.

The server's last words, acts that still wait for it, and what concerns this desk alone. Whoever
copies the file without a key and its passphrase reads nothing of it but its size.
"""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from booking_endpoint.envelope import PrivateKey

FORMAT = b"souspli drawer 1"
NONCE, SIZE = 12, 1 << 16
"""A nonce of AES-GCM; the content is padded to a multiple of `SIZE` bytes."""


class StaysClosed(ValueError):
    """A drawer that none of these keys opens: it was sealed to another one, or damaged."""


class Drawer:
    """One file, read and replaced whole."""

    def __init__(self, file: Path, randomness: Callable[[int], bytes]) -> None:
        self.file, self._randomness = file, randomness

    def open(self, keys: Sequence[PrivateKey]) -> dict[str, Any]:
        """What was put in last; nothing where there is no file. Raises StaysClosed, OSError."""
        try:
            sealed = self.file.read_bytes()
        except FileNotFoundError:
            return {}
        nonce, rest = sealed[:NONCE], sealed[NONCE:]
        for key in keys:
            try:
                return dict(json.loads(AESGCM(secret_of(key)).decrypt(nonce, rest, FORMAT)))
            except (InvalidTag, ValueError):
                continue
        raise StaysClosed(self.file.name)

    def shut(self, content: dict[str, Any], keys: Sequence[PrivateKey]) -> None:
        """Put this in instead, sealed to the first key, on the disk for good. Raises OSError."""
        text = json.dumps(content, ensure_ascii=False).encode()
        padded = text.ljust(-(-len(text) // SIZE) * SIZE)
        nonce = self._randomness(NONCE)
        sealed = nonce + AESGCM(secret_of(keys[0])).encrypt(nonce, padded, FORMAT)
        write_private_file(self.file, sealed)


def write_private_file(file: Path, content: bytes) -> None:
    """The content in the place of the old, on the disk for good; nobody else may read it."""
    beside = file.with_name(file.name + ".new")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(file)
        keep_name(file.parent)
    finally:
        beside.unlink(missing_ok=True)


def keep_name(folder: Path) -> None:
    """The new name on the disk too, where a folder can be synced (not on Windows)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def secret_of(key: PrivateKey) -> bytes:
    """A key for AES that only whoever holds the private key can derive (RFC 5869)."""
    number = key.curve.private_numbers().private_value.to_bytes(32)
    return HKDF(SHA256(), 32, salt=None, info=FORMAT).derive(number)
