"""What a second desk needs, in one file under a code of six words. Pure; knows no disk, no ssh.

The file is JSON: `souspli-desk` (its format, 1), `language`, and in base64 `salt` and `sealed`,
with `check`, the SHA-256 of both: so a damaged file is told from a wrong code. `sealed` is
AES-256-GCM of the JSON of a Pairing, under a key that scrypt (RFC 7914) makes of code and salt.
"""

import hashlib
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import asdict, dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from booking_endpoint.reading import KNOWN_LANGUAGES
from desk.paper import LISTS, place_of, plain_words
from desk.passphrase import Draw, drawn

FORMAT = 1
CODE = 6
"""Words of the code, 66 bits: whoever has the file may guess for years, and each guess costs what
scrypt costs. Written down in docs/decisions/0024-pairing.md."""

COST, SALT, NONCE = 1 << 17, 16, 12
"""scrypt's N, with r = 8 and p = 1: 128 MiB and some tenths of a second for one guess."""

HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:_-]{0,252}")
USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")
HOST_KEY = re.compile(r"(?:ssh|ecdsa|sk)-[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,2}")


class Damaged(ValueError):
    """Not a file of ours, or not the whole of it."""


class WrongCode(ValueError):
    """Not the code of this file."""


@dataclass(frozen=True, slots=True, repr=False)
class Reach:
    """How ssh reaches the server, and the keys by which it knows it again."""

    host: str
    user: str
    port: int
    known: tuple[str, ...]
    """Each `algorithm key`, as known_hosts has it."""

    def __post_init__(self) -> None:
        """Raises Damaged for what would say something else in a configuration of ssh."""
        sound = (
            HOST.fullmatch(self.host)
            and USER.fullmatch(self.user)
            and 0 < self.port < 1 << 16
            and self.known
            and all(HOST_KEY.fullmatch(key) for key in self.known)
        )
        if not sound:
            raise Damaged


@dataclass(frozen=True, slots=True, repr=False)
class Pairing:
    """What lies in the file. Has no repr: a traceback must never hold a key."""

    made: str
    """When, RFC 3339 UTC: facts are never replaced by older ones."""
    role: str
    facts: str
    reach: Reach
    key: str
    """The private key of that role, PKCS#8 in PEM under the same code; or nothing."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A file that is whole. Its language may be told before the code is known."""

    language: str
    salt: bytes
    content: bytes

    def open(self, code: str) -> Pairing:
        """What is in it. Raises WrongCode; Damaged for what no desk of ours has sealed."""
        nonce, rest = self.content[:NONCE], self.content[NONCE:]
        try:
            opened = AESGCM(key_of(code, self.salt)).decrypt(nonce, rest, bound(self.language))
        except InvalidTag:
            raise WrongCode from None
        try:
            told = json.loads(opened)
            reach = told.pop("reach")
            known = tuple(str(key) for key in reach.pop("known"))
            pairing = Pairing(**told, reach=Reach(**reach, known=known))
        except (ValueError, TypeError, KeyError, AttributeError):
            raise Damaged from None
        if any(type(text) is not str for text in (pairing.made, pairing.facts, pairing.key)):
            raise Damaged
        return pairing


def new_code(language: str, draw: Draw) -> str:
    """Six different words by lot, from the list of a language or the English one."""
    return drawn(language, draw, CODE)


def read_code(text: str, language: str) -> str:
    """The code that somebody typed: capitals, accents and all but four letters do not matter.

    Raises WrongCode for what is not six words of the list.
    """
    code = language if language in LISTS else "en"
    places = [place_of(word, code) for word in plain_words(text)]
    found = [LISTS[code][place] for place in places if place is not None]
    if not len(found) == len(places) == CODE:
        raise WrongCode
    return " ".join(found)


def seal_pairing(pairing: Pairing, code: str, language: str, chance: Callable[[int], bytes]) -> str:
    """The text of the file."""
    salt, nonce = chance(SALT), chance(NONCE)
    content = json.dumps(asdict(pairing)).encode()
    sealed = nonce + AESGCM(key_of(code, salt)).encrypt(nonce, content, bound(language))
    told = {
        "souspli-desk": FORMAT,
        "language": language,
        "salt": b64encode(salt).decode(),
        "sealed": b64encode(sealed).decode(),
        "check": check_of(salt, sealed),
    }
    return json.dumps(told, indent=1) + "\n"


def read_sealed(text: str) -> Sealed:
    """The file, seen to be whole; raises Damaged."""
    try:
        told = json.loads(text)
        language = told["language"]
        salt = b64decode(told["salt"], validate=True)
        sealed = b64decode(told["sealed"], validate=True)
        whole = told["souspli-desk"] == FORMAT and told["check"] == check_of(salt, sealed)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Damaged from None
    if not whole or len(salt) != SALT or language not in KNOWN_LANGUAGES:
        raise Damaged
    return Sealed(language, salt, sealed)


def key_of(code: str, salt: bytes) -> bytes:
    return Scrypt(salt, 32, COST, 8, 1).derive(code.encode())


def check_of(salt: bytes, sealed: bytes) -> str:
    return hashlib.sha256(salt + sealed).hexdigest()


def bound(language: str) -> bytes:
    """What the seal vouches for beside the content."""
    return f"souspli desk {FORMAT} {language}".encode()
