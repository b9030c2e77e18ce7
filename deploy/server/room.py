"""The releases on the disk: which is served, which was, which is kept, and who is at work."""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from deploy.server.outcomes import Outcome, Stopped
from deploy.server.release import ID, BadRelease, Release

KEPT = 5
"""Releases that stay, those that are linked among them."""

BAD = "BAD"
"""The file in a release that failed, with the reason: nothing goes back to such a one."""


class Room:
    """The folder in which releases lie, written by one user alone, in turn."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.releases, self.venvs, self.coming = (
            root / name for name in ("releases", "venvs", "coming")
        )

    @property
    def current(self) -> Path | None:
        return self._linked("current")

    @property
    def previous(self) -> Path | None:
        return self._linked("previous")

    def all(self) -> list[Path]:
        """Every release, oldest first."""
        there = self.releases.iterdir() if self.releases.is_dir() else ()
        return sorted(path for path in there if ID.fullmatch(path.name))

    def before(self) -> Path | None:
        """Where a rollback leads: the previous release, or the newest other that was well."""
        current = self.current
        older = [one for one in self.all() if current and one.name < current.name]
        linked = [one] if (one := self.previous) else []
        well = [one for one in (*older, *linked) if one != current and not (one / BAD).exists()]
        return well[-1] if well else None

    def switch(self, release: Path) -> None:
        """Serve this one. What was served is `previous` first, so that no page lacks its style."""
        current = self.current
        if current and current != release:
            self.link("previous", current)
        self.link("current", release)

    def link(self, name: str, release: Path) -> None:
        """One step for whoever reads: the old link, or the new one."""
        fresh = self.root / f".{name}"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(release.relative_to(self.root))
        fresh.rename(self.root / name)

    def prune(self) -> None:
        """Forget the oldest releases, and environments that no release uses."""
        linked = {self.current, self.previous}
        others = [one for one in self.all() if one not in linked]
        spare = KEPT - len(linked - {None})
        for release in others[: max(0, len(others) - spare)]:
            shutil.rmtree(release, ignore_errors=True)
        used = {(one / "venv").resolve() for one in self.all()}
        for venv in self.venvs.iterdir() if self.venvs.is_dir() else ():
            if venv.resolve() not in used:
                shutil.rmtree(venv, ignore_errors=True)

    def sweep(self) -> None:
        """Take away what an act that was cut off has left."""
        shutil.rmtree(self.coming, ignore_errors=True)
        self.coming.mkdir(parents=True)
        self.releases.mkdir(exist_ok=True)
        self.venvs.mkdir(exist_ok=True)

    @contextmanager
    def turn(self, who: str, now: datetime) -> Iterator[None]:
        """Ours alone until the end; raises Stopped when somebody else is at work."""
        with (self.root / "lock").open("a+", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = self.at_work() or {"who": "somebody", "since": "just now"}
                raise Stopped(
                    Outcome.LOCKED,
                    f"{holder['who']} has been at work here since {holder['since']}."
                    " Nothing was changed; try again in a minute",
                ) from None
            lock.truncate(0)
            since = now.isoformat(timespec="seconds")
            lock.write(json.dumps({"who": who, "since": since}))
            lock.flush()
            try:
                self.sweep()
                yield
            finally:
                lock.truncate(0)

    def at_work(self) -> dict[str, str] | None:
        """Who holds the lock, and since when; None when nobody does."""
        with suppress(OSError, ValueError), (self.root / "lock").open(encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                told = json.loads(lock.read())
                return {"who": str(told["who"]), "since": str(told["since"])}
        return None

    def _linked(self, name: str) -> Path | None:
        link = self.root / name
        return self.releases / link.readlink().name if link.is_symlink() and link.exists() else None


def read(release: Path) -> Release:
    """What a release on the disk says of itself; raises Stopped when it cannot."""
    try:
        return Release.read(json.loads((release / "release.json").read_text("utf-8")))
    except (OSError, ValueError, BadRelease):
        raise Stopped(Outcome.DAMAGED, f"{release.name}: its release.json cannot be read") from None


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def manifest(release: Path | None) -> dict[str, str]:
    """Every file that lies there now, and its digest: what is sent is what differs from these."""
    if release is None:
        return {}
    found = {}
    for part in ("site", "endpoint"):
        for folder, _folders, names in os.walk(release / part):
            for name in names:
                path = Path(folder, name)
                if path.suffix != ".pyc":
                    found[path.relative_to(release).as_posix()] = sha256(path)
    return dict(sorted(found.items()))
