"""What the doctor and the deployer did: a file of lines, each holding the digest of the one before.

Knows no booking and no patient. Whole hours, no ids, no counts: decision 12 says why.
"""

import errno
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from getpass import getuser
from io import FileIO
from pathlib import Path
from typing import Any

from booking_endpoint.instants import HOUR, rfc3339
from booking_endpoint.sqlite_file import take_turn

BEGINNING = "0" * 64
"""What the first line names as the digest before it."""

CLOCK = "the clock"
"""Who purges when nobody does."""

MOST = 200
"""Signs of a name or of an act; what is longer is cut."""

KEYS = ("number", "when", "who", "what", "previous", "digest")

WHAT_TO_DO = (
    "Keep the file as it is, compare it with a copy made earlier, and ask who can write to it."
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Where a chain is broken, and how; `line` is 0 where the whole of it is to blame."""

    line: int
    what: str


# --- the chain, pure -----------------------------------------------------------------------------


def line_of(number: int, now: int, who: str, what: str, previous: str) -> bytes:
    """One entry as a line of JSON; of `now`, in UTC seconds, it tells the hour.

    Its digest is the SHA-256 of the line as it would be without one.
    """
    told: dict[str, Any] = {"number": number, "when": rfc3339(now // HOUR * HOUR)}
    told |= {"who": who[:MOST], "what": what[:MOST], "previous": previous}
    return written(told | {"digest": digest_of(told)})


def written(told: Mapping[str, Any]) -> bytes:
    """In ASCII: no terminal obeys it, and no encoding on the way changes it."""
    return json.dumps(told).encode()


def digest_of(told: Mapping[str, Any]) -> str:
    return hashlib.sha256(written(told)).hexdigest()


def read_line(line: bytes) -> dict[str, Any] | None:
    """The entry of a line that is as it was written, to the last sign; None of any other."""
    try:
        told = json.loads(line)
        whole = tuple(told) == KEYS and type(told["number"]) is int and written(told) == line
        rest = {key: told[key] for key in KEYS[:-1]}
        return told if whole and told["digest"] == digest_of(rest) else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def link(line: bytes) -> str:
    """What the next line holds of this one: its digest; of a line that is no entry, its own.

    So the chain goes on after a line that a power cut left half written, and holds it fast.
    """
    entry = read_line(line)
    return entry["digest"] if entry else hashlib.sha256(line).hexdigest()


def lines_of(content: bytes) -> list[bytes]:
    """The lines, the last one also where no line break ends it."""
    return content.removesuffix(b"\n").split(b"\n") if content else []


def verify(content: bytes, holds: str = "") -> list[Fault]:
    """Every place at which the chain is broken; none where each line is as it was written.

    `holds` is a digest seen before, which must still be there: only whoever kept one can tell
    that the end was cut off, or that all was written anew.
    """
    faults = list(broken_lines(content))
    if holds and holds not in [BEGINNING, *map(link, lines_of(content))]:
        what = "was seen before and is gone: the end was cut off, or all was written anew"
        faults.append(Fault(0, f"the digest {holds} {what}"))
    return faults


def broken_lines(content: bytes) -> Iterator[Fault]:
    previous, number = BEGINNING, 0
    for place, line in enumerate(lines_of(content), 1):
        entry = read_line(line)
        if entry is None:
            yield Fault(place, "was changed, or a power cut left it half written")
        elif (entry["previous"], entry["number"]) != (previous, number + 1):
            yield Fault(place, "does not follow the line before it: removed, added or moved")
        previous, number = link(line), entry["number"] if entry else number + 1
    if content and not content.endswith(b"\n"):
        yield Fault(len(lines_of(content)), "does not end: its writer was stopped, or it was cut")


def last_digest(content: bytes) -> str:
    """What to remember of a chain, so that a cut end is seen."""
    return link(lines_of(content)[-1]) if content else BEGINNING


def report(name: str, content: bytes, holds: str = "") -> tuple[bool, str]:
    """Whether the chain is whole, and the words that say it, or say where it is broken."""
    faults = verify(content, holds)
    if not faults:
        return True, f"sound; {len(lines_of(content))} lines; last digest {last_digest(content)}"
    at = [f"{name}, line {fault.line}: " if fault.line else f"{name}: " for fault in faults]
    told = [place + fault.what for place, fault in zip(at, faults, strict=True)]
    return False, "\n".join([*told, WHAT_TO_DO])


# --- the file ------------------------------------------------------------------------------------


def append(path: Path, who: str, what: str, now: int, *, again: bool = True) -> None:
    """Add one line, on the disk before this returns; raises OSError when it could not be.

    Any program may keep such a file, in turn with others that write to it. `who` and `what`
    must name no patient, and nothing from which one could be told; `now` is UTC seconds.
    Without `again`, a line that would only repeat the last one is left out.
    """
    with FileIO(path, "a+", opener=private) as file:
        take_turn(file)
        file.seek(0)
        content = file.read()
        number, previous = len(lines_of(content)) + 1, last_digest(content)
        line = line_of(number, now, who, what, previous)
        if not again and content and repeats(line, lines_of(content)[-1]):
            return
        line += b"\n"
        if content and not content.endswith(b"\n"):  # half written, when the power went
            line = b"\n" + line
        try:
            if file.write(line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(file.fileno())
        except OSError:
            file.truncate(len(content))
            raise


def repeats(line: bytes, last: bytes) -> bool:
    """Whether a line tells of the same hour, person and act as the last one."""
    one, other = read_line(line) or {}, read_line(last) or {}
    return all(one.get(key) == other.get(key) for key in ("when", "who", "what"))


def private(path: str, flags: int) -> int:
    """Opens for this user alone."""
    return os.open(path, flags, 0o600)


def user() -> str:
    """Who runs this program, as the operating system calls them."""
    try:
        return getuser()
    except (OSError, KeyError):  # a user without a name, as containers have
        return f"user {os.getuid()}"
