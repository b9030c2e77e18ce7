"""practice.toml on the doctor's disk: read as it is, replaced whole or not at all."""

import hashlib
import os
from pathlib import Path


def read_facts_file(file: Path) -> str:
    """The text with its own ends of lines. Raises OSError or UnicodeDecodeError."""
    return file.read_bytes().decode("utf-8")


def digest(file: Path) -> str:
    """The SHA-256 of the facts as they stand, as the server tells its own. Raises OSError."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def write_facts_file(file: Path, text: str) -> None:
    """The new text in the place of the old, on the disk for good, with the same permissions."""
    beside = file.with_name(file.name + ".new")
    try:
        with beside.open("wb") as stream:
            stream.write(text.encode("utf-8"))
            stream.flush()
            os.fsync(stream.fileno())
        beside.chmod(file.stat().st_mode & 0o777)
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
