"""Seal a whole file, such as a backup, and open it again. Knows no database, no clock, no disk.

Version 1, written down in docs/DESIGN.md: a line that names it; the format of the sealings (that
of envelopes, 1 or 2) and how many there are; the file's own key, sealed by HPKE to each recipient;
the content in numbered pieces under AES-256-GCM, the last of which says that it is the last; and
the SHA-256 of all that, by which also who has no key can tell a whole file from a cut one.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from booking_endpoint.envelope import FORMATS, TAG, PrivateKey, halves

MAGIC = b"souspli sealed file 1\n"
INFO = b"souspli sealed file 1 key"
SECRET, DIGEST = 32, 32
PIECE = 1 << 16
"""Bytes of content in a piece; only the last may hold fewer."""


class BadFile(ValueError):
    """Bytes that are no sealed file: cut off, altered, or something else altogether."""


def seal_file(content: bytes, recipients: Sequence[str], secret: bytes) -> Iterator[bytes]:
    """The sealed file, piece by piece. `secret` is 32 random bytes, never used for another file.

    Raises ValueError for a bad key, or none.
    """
    keys = [halves(key) for key in recipients]
    hybrids = [hybrid for _, hybrid in keys if hybrid]
    version = 2 if len(hybrids) == len(keys) else 1
    if not keys or len(secret) != SECRET:
        raise ValueError("a sealed file needs a recipient and a secret of 32 bytes")
    chosen = hybrids if version == 2 else [point for point, _ in keys]
    sealings = [FORMATS[version].suite.encrypt(secret, key, INFO) for key in chosen]
    head = MAGIC + bytes([version, len(sealings)]) + b"".join(sealings)
    cipher, digest = AESGCM(secret), sha256(head)
    yield head
    for number, start in enumerate(range(0, max(len(content), 1), PIECE)):
        last = start + PIECE >= len(content)
        piece = cipher.encrypt(nonce(number, last), content[start : start + PIECE], head)
        digest.update(piece)
        yield piece
    yield digest.digest()


def check_whole(sealed: bytes) -> None:
    """Raise BadFile unless this is a sealed file to its last byte; asks for no key."""
    read_head(sealed)
    if sha256(sealed[:-DIGEST]).digest() != sealed[-DIGEST:]:
        raise BadFile("cut off, or altered")


def open_file(sealed: bytes, keys: Iterable[PrivateKey]) -> bytes | None:
    """The content, or None when it was sealed to none of these keys.

    Raises BadFile for a file that is not whole, or not as it was sealed. Anybody can seal a file to
    a public key: what comes out is not to be trusted before it was looked through.
    """
    check_whole(sealed)
    head, sealings = read_head(sealed)
    secret = open_secret(head[len(MAGIC)], sealings, keys)
    if secret is None:
        return None
    cipher, body = AESGCM(secret), memoryview(sealed)[len(head) : -DIGEST]
    pieces = list[bytes]()
    for number, start in enumerate(range(0, max(len(body), 1), PIECE + TAG)):
        last = start + PIECE + TAG >= len(body)
        try:
            piece = cipher.decrypt(nonce(number, last), body[start : start + PIECE + TAG], head)
        except InvalidTag:
            raise BadFile("its end is missing, or it was altered") from None
        pieces.append(piece)
    return b"".join(pieces)


def open_secret(
    version: int, sealings: Sequence[bytes], keys: Iterable[PrivateKey]
) -> bytes | None:
    """The file's own key, from whichever sealing one of these keys opens."""
    format = FORMATS[version]
    for private in filter(None, (key.opening(version) for key in keys)):
        for sealing in sealings:
            try:
                return bytes(format.suite.decrypt(sealing, private, INFO))
            except (InvalidTag, ValueError):
                continue
    return None


def read_head(sealed: bytes) -> tuple[bytes, list[bytes]]:
    """All that stands before the pieces, and the sealings in it; raises BadFile."""
    at = len(MAGIC) + 2
    if not sealed.startswith(MAGIC) or len(sealed) < at or sealed[at - 2] not in FORMATS:
        raise BadFile("not a sealed file of a version known here")
    size = FORMATS[sealed[at - 2]].enc + SECRET + TAG
    end = at + sealed[at - 1] * size
    if len(sealed) < end + TAG + DIGEST:
        raise BadFile("cut off, or altered")
    return sealed[:end], [sealed[start : start + size] for start in range(at, end, size)]


def nonce(number: int, last: bool) -> bytes:
    """A piece's number, and whether it is the last: none can be left out, moved or added."""
    return number.to_bytes(11) + bytes([last])
