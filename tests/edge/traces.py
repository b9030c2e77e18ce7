"""Looks for a text in bytes, in every shape in which a program may have left it there.

Also as a hash of it: a phone number has so few values that its hash is as good as the number.
"""

import base64
import hashlib
import json
import os
import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from html import escape
from pathlib import Path
from urllib.parse import quote, quote_plus

LEAST = 6
"""Fewer bytes than this turn up by chance in sealed bytes."""


HASHES = ("md5", "sha1", "sha256", "sha512", "sha3_256", "blake2b", "blake2s")
FEW = 8
"""Bytes of a hash that are enough to know it by: programs like to cut them short."""


@cache
def shapes(text: str) -> set[bytes]:
    """The bytes to look for: the text as it is, and as encoders write it."""
    found: set[bytes] = set()
    for form in {text, *(unicodedata.normalize(kind, text) for kind in ("NFC", "NFD"))}:
        for encoded in encodings(form):
            found |= shapes_of_bytes(encoded) | {*percent_of(encoded)}
        found |= {quote_plus(form, safe="").encode(), escape(form).encode()}
        for written in (json.dumps(form)[1:-1], ascii(form)[1:-1], repr(form.encode())[2:-1]):
            found |= {written.encode(), written.upper().replace("\\U", "\\u").encode()}
        found |= {form.casefold().encode(), form.upper().encode()}
    found = {shape for shape in found if len(shape) >= LEAST}
    return found | {shape for whole in variants(text) for shape in hashed(whole.encode())}


def variants(text: str) -> set[str]:
    """The text as a program may make it uniform before it hashes it."""
    forms = {unicodedata.normalize(kind, text) for kind in ("NFC", "NFD", "NFKC", "NFKD")}
    forms |= {"".join(sign for sign in form if not unicodedata.combining(sign)) for form in forms}
    forms |= {re.sub(r"[\s.-]", "", form) for form in forms}
    forms |= {f"+33{form[1:]}" for form in forms if re.fullmatch(r"0\d{9}", form)}
    cased = [{form, form.casefold(), form.lower(), form.upper()} for form in {text, *forms}]
    return {form for forms in cased for form in (*forms, *(f"{one}\n" for one in forms))}


def hashed(data: bytes) -> Iterator[bytes]:
    """The beginnings of what the usual hashes make of it; of BLAKE2b also the shorter one."""
    digests = [hashlib.new(name, data).digest() for name in HASHES]
    for digest in [*digests, hashlib.blake2b(data, digest_size=32).digest()]:
        few = digest[:FEW]
        yield from (few, few.hex().encode(), few.hex().upper().encode())
        in_base64 = base64.b64encode(digest)[:10]
        yield from (in_base64, in_base64.replace(b"+", b"-").replace(b"/", b"_"))


def shapes_of_bytes(data: bytes) -> set[bytes]:
    """The same for bytes, such as an id or an envelope."""
    hexed = data.hex()
    return {data, hexed.encode(), hexed.upper().encode(), *base64_of(data)}


def encodings(text: str) -> Iterator[bytes]:
    yield text.encode()
    yield text.encode("utf-16-le")
    yield text.encode("utf-16-be")
    for name in ("latin-1", "cp1255"):
        yield text.encode(name, "replace") if encodable(text, name) else text.encode()


def encodable(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def base64_of(data: bytes) -> Iterator[bytes]:
    """What base64 makes of these bytes wherever they begin, in both alphabets.

    Signs at the edges, which depend on the bytes beside them, are left out.
    """
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + data)
        first = (0, 2, 3)[before]
        last = (len(data) + before) * 8 // 6
        shape = whole[first:last]
        yield shape
        yield shape.replace(b"+", b"-").replace(b"/", b"_")


def percent_of(data: bytes) -> Iterator[bytes]:
    """As in addresses and forms: signs that need it, or every byte, in both cases of hex."""
    for whole in (quote(data, safe=""), "".join(f"%{byte:02X}" for byte in data)):
        yield whole.encode()
        yield whole.lower().encode()


def traces(texts: Iterable[str], data: bytes) -> dict[str, bytes]:
    """Of these texts, those that the bytes hold, and the shape found."""
    return {text: shape for text in texts for shape in shapes(text) if shape in data}


def traces_in(texts: Iterable[str], *folders: Path) -> dict[str, dict[str, bytes]]:
    """The files below these folders that hold one of the texts, in name or content."""
    texts = list(texts)
    files = [path for folder in folders for path in sorted(folder.rglob("*"))]
    return {
        str(path): found
        for path in files
        if (found := traces(texts, path.name.encode() + b"\n" + content(path)))
    }


def content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


@contextmanager
def watching_processes() -> Iterator[set[bytes]]:
    """Arguments and environment of every process that the test starts meanwhile, and theirs.

    As any user of the machine reads the arguments with `ps`, and its administrator both.
    """
    seen: set[bytes] = set()
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.02):
            for process in below(str(os.getpid())):
                with suppress(OSError):
                    told = [Path(f"/proc/{process}/{name}") for name in ("cmdline", "environ")]
                    seen.add(b"\n".join(file.read_bytes() for file in told))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def below(process: str) -> Iterator[str]:
    """The numbers of the processes that one has started, and of those that they have."""
    with suppress(OSError):  # it has just ended
        for children in Path(f"/proc/{process}/task").glob("*/children"):
            for child in children.read_text("ascii").split():
                yield child
                yield from below(child)
