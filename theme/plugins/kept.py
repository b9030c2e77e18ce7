"""What one build leaves for the next, under `.cache/`: a value whole and true, or nothing.

Nobody may notice it but by the clock: what is missing, half written, changed by hand or made by
other code is made anew.
"""

import hashlib
import os
import pickle
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

ROOT = Path(__file__).parents[2]
CODE = ("pelicanconf.py", "theme/plugins", "theme/translations", "booking_endpoint")

SEAL = hashlib.sha256().digest_size
ENDING = ".kept"


def digest(*parts: bytes) -> bytes:
    """One digest of several texts; where one ends and the next begins counts too."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "big") + part)
    return whole.digest()


def digest_of_files(paths: Iterable[Path]) -> bytes:
    """The names and bytes of files, and of all that lies in folders; not the times."""
    whole = hashlib.sha256()
    for path in paths:
        for name, file in sorted(files_in(path) if path.is_dir() else [(path.name, str(path))]):
            data = Path(file).read_bytes()
            whole.update(f"{name}\0{len(data)}\0".encode() + data)
        whole.update(b"\0")
    return whole.digest()


def files_in(folder: Path | str, above: str = "") -> Iterator[tuple[str, str]]:
    """Every file below a folder: its name from there, and its path; what Python compiles is not."""
    with os.scandir(folder) as found:
        entries = list(found)
    for entry in entries:
        if entry.is_file():
            yield f"{above}{entry.name}", entry.path
        elif entry.is_dir() and entry.name != "__pycache__":
            yield from files_in(entry.path, f"{above}{entry.name}/")


def digest_of_code() -> bytes:
    """Python, every library by its version, and all of ours that has a say in a page."""
    places = (Path(place) for place in sys.path if Path(place).is_dir())
    libraries = sorted(one.name for place in places for one in place.glob("*.dist-info"))
    code = digest_of_files(ROOT / name for name in CODE)
    return digest(sys.version.encode(), *map(str.encode, libraries), code)


class Shelf:
    """One value that belongs to a folder: the texts of a content, or the pages of an output.

    `made_by` is a digest of all code that has a say in the value. The bytes carry a digest over
    it and themselves, looked at before anything is unpacked.
    """

    def __init__(self, cache: Path | None, kind: str, belongs: Path, made_by: bytes) -> None:
        self._belongs = str(belongs.resolve())
        name = digest(kind.encode(), self._belongs.encode()).hex()[:32]
        self._file = cache / f"{name}{ENDING}" if cache else None
        self._made_by = made_by

    def read(self) -> Any:
        """What was written, or None."""
        if self._file is None:
            return None
        try:
            data = self._file.read_bytes()
        except OSError:
            return None
        sealed, told = data[:SEAL], data[SEAL:]
        if sealed != digest(self._made_by, told):
            return None
        return pickle.loads(told[told.index(b"\0") + 1 :])  # noqa: S301 -- our own, by its seal

    def write(self, value: object) -> None:
        """Keep the value; throw away what belongs to folders that are gone."""
        if self._file is None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        told = self._belongs.encode() + b"\0" + pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        keep(self._file, digest(self._made_by, told) + told)
        for other in self._file.parent.glob(f"*{ENDING}"):
            if orphaned(other):
                other.unlink(missing_ok=True)


def orphaned(file: Path) -> bool:
    """Whether the folder that a shelf belongs to is gone."""
    try:
        with file.open("rb") as opened:
            begins = opened.read(SEAL + 4096)
    except OSError:
        return False
    return not os.path.exists(begins[SEAL:].partition(b"\0")[0])  # noqa: PTH110 -- bytes, as kept


def keep(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: two builds may share a cache."""
    with NamedTemporaryFile(dir=path.parent, delete=False) as half:
        half.write(data)
    os.replace(half.name, path)  # noqa: PTH105 -- the temporary file has a name, no Path


class Remembered:
    """A table kept from build to build; what a build did not ask for is forgotten at its end."""

    def __init__(self, shelf: Shelf | None = None) -> None:
        self._shelf = shelf
        self._before: dict[Any, Any] = (shelf.read() if shelf else None) or {}
        self._now: dict[Any, Any] = {}
        self._new = False

    def get(self, key: object) -> Any:
        """What is known under this key, or None."""
        if key not in self._now and key in self._before:
            self._now[key] = self._before[key]
        return self._now.get(key)

    def put(self, key: object, value: object) -> None:
        self._now[key] = value
        self._new = True

    def save(self) -> None:
        """Keep it for the next build, unless nothing has changed."""
        if self._shelf and (self._new or self._now.keys() != self._before.keys()):
            self._shelf.write(self._now)

    def again(self) -> "Remembered":
        """The same table for the next build of this process, which has no need of the disk."""
        table = Remembered()
        table._before = self._before | self._now if self._new else self._before
        return table


Tables = dict[tuple[str, str, bytes], Remembered]
"""By kind, by the folder they belong to, and by the code that made them."""
