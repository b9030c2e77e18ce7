"""The folder of key files: where a key lies, under which name, and who may read it.

A key that is being made lies there as `.unfinished` until the facts name it: whenever the power
fails, the next command knows whether to finish it or to forget it.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from booking_endpoint.envelope import (
    BadKey,
    PrivateKey,
    fingerprint,
    lock_key,
    public_text,
    unlock_key,
)
from booking_endpoint.practice import Recipient

UNFINISHED = ".unfinished"


class Unsafe(ValueError):
    """A folder in which a private key must not lie; the message says why."""


def short(public: str) -> str:
    """The first eight digits of a fingerprint, which name a file."""
    return fingerprint(public).replace(" ", "")[:8]


class Keyring:
    """The keys of one doctor on one machine."""

    def __init__(self, folder: Path) -> None:
        """Raises Unsafe for a folder inside a repository, which is published or copied about."""
        self.folder = folder.expanduser().resolve()
        if any((above / ".git").exists() for above in (self.folder, *self.folder.parents)):
            raise Unsafe(
                f"{self.folder} is part of a repository: keep keys elsewhere, with --folder"
            )

    def log(self) -> Path:
        """Where what was done with keys is written down, in a folder that is there."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self.folder / "keys.audit"

    def files(self) -> list[Path]:
        """Every key file, in the order of their names."""
        return sorted(self.folder.glob("*.pem"))

    def file(self, role: str, public: str) -> Path:
        return self.folder / f"{role}-{short(public)}.pem"

    def find(self, public: str) -> Path | None:
        """The file of a key, whatever role it had."""
        named = f"-{short(public)}.pem"
        return next((file for file in self.files() if file.name.endswith(named)), None)

    def write(self, role: str, key: PrivateKey, passphrase: str) -> Path:
        """The key as an unfinished file, on the disk for good; nobody else may read it."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        file = self.file(role, public_text(key))
        unfinished = file.with_name(file.name + UNFINISHED)
        unfinished.unlink(missing_ok=True)
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(lock_key(key, passphrase))
            stream.flush()
            os.fsync(stream.fileno())
        return unfinished

    def finish(self, unfinished: Path) -> Path:
        """Give it its name; a file of the same key, with another passphrase, is replaced."""
        return unfinished.replace(unfinished.with_name(unfinished.name.removesuffix(UNFINISHED)))

    def tidy(self, recipients: Iterable[Recipient]) -> None:
        """What an interruption left: finished where the facts name the key, else forgotten."""
        named = {short(recipient.key) for recipient in recipients}
        for unfinished in self.folder.glob(f"*.pem{UNFINISHED}"):
            if unfinished.name.removesuffix(f".pem{UNFINISHED}").rpartition("-")[2] in named:
                self.finish(unfinished)
            else:
                unfinished.unlink()


def unlock_all(pems: Iterable[bytes], passphrase: str) -> tuple[list[PrivateKey], int]:
    """The keys that this passphrase opens, and how many it does not; raises BadKey for none."""
    keys, closed = list[PrivateKey](), 0
    for pem in pems:
        try:
            keys.append(unlock_key(pem, passphrase))
        except BadKey:
            closed += 1
    if not keys:
        raise BadKey
    return keys, closed
