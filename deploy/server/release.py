"""One release as a list of files and their digests. Pure; both sides of a publication share it."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Self

LOCK = "endpoint/booking_endpoint/requirements.txt"
"""What the endpoint's virtual environment is made from."""

PARTS = ("site", "endpoint")
ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")
DIGEST = re.compile(r"[0-9a-f]{64}")

Files = Mapping[str, str]
"""A path inside the release -> the SHA-256 of the file."""


class BadRelease(ValueError):
    """A description of a release that contradicts itself, or reaches out of its room."""


@dataclass(frozen=True, slots=True)
class Release:
    """What release.json tells."""

    made: str
    """When, by the clock of whoever published: 20261122T171500Z."""
    kit: str
    """The version of Souspli."""
    locked: str
    """The day on which the endpoint's lock was last changed, YYYY-MM-DD; empty when unknown."""
    files: Files

    @property
    def id(self) -> str:
        """The instant, and eight digits of all that it holds."""
        return f"{self.made}-{digest(self.files)[:8]}"

    @property
    def endpoint(self) -> str:
        """The digest of the endpoint's part; empty where a practice takes no bookings online."""
        return digest(self.files, "endpoint") if self.part("endpoint") else ""

    @property
    def lock(self) -> str:
        return self.files.get(LOCK, "")

    def part(self, name: str) -> list[str]:
        return [path for path in self.files if path.startswith(f"{name}/")]

    def told(self) -> dict[str, Any]:
        """As release.json holds it."""
        hashes = {"site": digest(self.files, "site"), "endpoint": self.endpoint, "lock": self.lock}
        described = {"id": self.id, "made": self.made, "kit": self.kit, "locked": self.locked}
        return {**described, "hashes": hashes, "files": dict(sorted(self.files.items()))}

    @classmethod
    def read(cls, told: object) -> Self:
        """From release.json; raises BadRelease for anything else."""
        if not isinstance(told, dict) or not isinstance(told.get("files"), dict):
            raise BadRelease("this is no description of a release")
        for path, sha in told["files"].items():
            if not (is_inside(path) and isinstance(sha, str) and DIGEST.fullmatch(sha)):
                raise BadRelease(f"a release cannot hold {path!r}")
        made, kit, locked = (str(told.get(name, "")) for name in ("made", "kit", "locked"))
        release = cls(made, kit, locked, told["files"])
        if not ID.fullmatch(release.id) or release.told() != told:
            raise BadRelease("the description of the release contradicts itself")
        return release


def is_inside(path: str) -> bool:
    """Whether a path names a file below site/ or endpoint/, written in the one way there is."""
    parts = path.split("/")
    plain = PurePosixPath(path).as_posix() == path and not {"", ".", ".."} & set(parts)
    return plain and len(parts) > 1 and parts[0] in PARTS and path.isprintable()


def digest(files: Files, part: str = "") -> str:
    """One digest for all files, or those of one part, whatever their order."""
    lines = (f"{sha}  {path}\n" for path, sha in sorted(files.items()) if path.startswith(part))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
