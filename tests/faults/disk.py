"""A disk on which things go wrong: processes whose calls are recorded or refused, power cuts.

Knows no booking and no SQLite: only what a process asked of the files in one folder.
"""

import random
import shutil
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

SHIM = Path(__file__).with_name("shim.c")
SECTOR = 512
"""Bytes that a disk writes whole or not at all."""

HEAD = struct.Struct("=cxHIq")
"""The shim's record: kind, length of the name, number of bytes, offset."""


class NoCompiler(RuntimeError):
    """The shim is C, and is compiled for every run."""


def compile_shim(folder: Path, source: Path = SHIM) -> Path:
    """The library that stands between a process and the disk, fit for this machine."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise NoCompiler("no C compiler: apt-get install gcc libc6-dev")
    library = folder / "shim.so"
    words = ["-shared", "-fPIC", "-O1", "-o", str(library), str(source)]
    subprocess.run([compiler, *words], check=True)
    return library


@dataclass(frozen=True, slots=True)
class Shim:
    """The library, and beside it the journal it writes and the word it obeys."""

    library: Path

    @property
    def journal(self) -> Path:
        return self.library.with_name("journal")

    @property
    def control(self) -> Path:
        return self.library.with_name("control")

    def environ(self, folder: Path) -> dict[str, str]:
        """What a process must be started with so that the shim watches over this folder."""
        return {
            "LD_PRELOAD": str(self.library),
            "SHIM_FOLDER": str(folder.resolve()),
            "SHIM_JOURNAL": str(self.journal),
            "SHIM_CONTROL": str(self.control),
        }

    def obey(self, word: str) -> None:
        """From the process's next call on. Replaced whole: it is read at any moment."""
        draft = self.control.with_suffix(".draft")
        draft.write_text(word, encoding="ascii")
        draft.replace(self.control)


# --- what was asked of the disk ------------------------------------------------------------------


class Kind(Enum):
    """What can be asked of a disk."""

    WRITE = b"w"
    TRUNCATE = b"t"
    SYNC = b"s"
    FAILED_SYNC = b"f"
    UNLINK = b"u"
    RENAME = b"r"


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that a process asked of the disk, and that was done."""

    kind: Kind
    file: str
    offset: int
    data: bytes

    def sectors(self) -> Iterator["Act"]:
        """The parts of a write that reach the disk each by itself; else the act as it is."""
        at, end = self.offset, self.offset + len(self.data)
        if self.kind is not Kind.WRITE:
            yield self
            return
        while at < end:
            until = min(end, (at // SECTOR + 1) * SECTOR)
            part = self.data[at - self.offset : until - self.offset]
            yield Act(Kind.WRITE, self.file, at, part)
            at = until

    def done_to(self, content: bytearray | None) -> bytearray | None:
        """What this makes of a file's content; None is a file that is not there."""
        if self.kind is Kind.UNLINK:
            return None
        content = bytearray() if content is None else content
        end = self.offset + len(self.data)
        content.extend(bytes(max(0, end - len(content))))
        if self.kind is Kind.WRITE:
            content[self.offset : end] = self.data
        elif self.kind is Kind.TRUNCATE:
            del content[self.offset :]
        return content


def read_journal(path: Path) -> list[Act]:
    """Every act of a process, in the order in which they happened."""
    journal, at, acts = path.read_bytes(), 0, list[Act]()
    while at < len(journal):
        kind, name, size, offset = HEAD.unpack_from(journal, at)
        text, data = at + HEAD.size, at + HEAD.size + name
        at = data + size
        acts.append(Act(Kind(kind), journal[text:data].decode(), offset, journal[data:at]))
    return acts


# --- what is left of it --------------------------------------------------------------------------


@dataclass(slots=True)
class Disk:
    """The files of a folder: what was synced, and what the disk may still hold in its cache."""

    synced: dict[str, bytearray] = field(default_factory=dict)
    cached: dict[str, list[Act]] = field(default_factory=dict)

    def do(self, act: Act) -> None:
        """One act more. A sync makes sure of all that was asked of its file before.

        A folder's sync makes sure of the names in it, not of what is in the files. A sync that
        fails loses what it was asked to keep, as Linux does: the process still reads it, no
        later sync tries it again, and it is not on the disk.
        """
        if act.kind is Kind.RENAME:
            self._rename(act.file, act.data.decode())
        elif act.kind is Kind.FAILED_SYNC:
            acts = self.cached.pop(act.file, [])
            self.cached[act.file] = [one for one in acts if one.kind is not Kind.WRITE]
        elif act.kind is not Kind.SYNC:
            self.cached.setdefault(act.file, []).append(act)
        elif act.file:
            self._keep(act.file, len(self.cached.get(act.file, [])))
        else:
            for name, acts in list(self.cached.items()):
                gone = [at for at, one in enumerate(acts) if one.kind is Kind.UNLINK]
                self._keep(name, gone[-1] + 1 if gone else 0)

    def after_power_cut(self, chance: random.Random) -> dict[str, bytes]:
        """The files as the machine finds them: of what was not synced, any part may be missing."""
        luck, found = chance.random(), dict[str, bytes]()
        for name in sorted(self.synced.keys() | self.cached.keys()):
            content = bytearray(self.synced[name]) if name in self.synced else None
            for act in self.cached.get(name, []):
                for part in act.sectors():
                    if chance.random() < luck:
                        content = part.done_to(content)
            if content is not None:
                found[name] = bytes(content)
        return found

    def _keep(self, name: str, many: int) -> None:
        """The first so many acts on a file can no longer be lost."""
        acts, content = self.cached.pop(name, []), self.synced.pop(name, None)
        for act in acts[:many]:
            content = act.done_to(content)
        if content is not None:
            self.synced[name] = content
        if acts[many:]:
            self.cached[name] = acts[many:]

    def _rename(self, old: str, new: str) -> None:
        """Done at once: no file that was synced goes by two names here."""
        content, acts = self.synced.pop(old, None), self.cached.pop(old, [])
        self.synced.pop(new, None)
        self.cached[new] = acts
        if content is not None:
            self.synced[new] = content
