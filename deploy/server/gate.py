"""The only door to the server for who deploys, and for the desk: the forced command of each key.

`gate ROLE` reads what was asked from SSH_ORIGINAL_COMMAND. A key of the role `content` changes
pages, `full` the endpoint, too; `desk` reaches the bookings, sealed, and changes no file. Both take
a backup, sealed. No shell sees a word of it.
"""

import argparse
import json
import os
import shlex
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, NoReturn

from deploy.server import rehearsal, telling
from deploy.server.health import Unwell, settle
from deploy.server.outcomes import Outcome, Stopped
from deploy.server.receiving import receive
from deploy.server.release import DIGEST, ID
from deploy.server.room import BAD, Room, manifest, read
from deploy.server.settings import BadSettings, Settings

DESK = (
    *(("list",), ("acts",), ("watch",), ("export",), ("export", "--only")),
    *(("audit",), ("host-view",)),
)
"""What the desk asks of the endpoint's command line."""

LAST_PATIENCE = 90
"""Seconds for what was well before: there is nothing else to go to."""


def main(arguments: Sequence[str], environ: Mapping[str, str], stdin: IO[bytes]) -> int:
    """Do what was asked, where the role may; an Outcome."""
    asked = parser().parse_args(arguments)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # what was begun is ended, whoever still listens
    os.umask(0o022)
    try:
        words = shlex.split(environ.get("SSH_ORIGINAL_COMMAND", ""))
        settings = Settings.read(asked.settings)
        if words == ["backup"] and asked.role != "content":
            return become_endpoint(settings, "backup", "--sealed")
        if asked.role == "desk":
            return desk(settings, words)
        return Gate(asked.role, settings, stdin).do(words)
    except (BadSettings, ValueError) as error:
        print(error, file=sys.stderr)
        return Outcome.REFUSED
    except Stopped as stopped:
        print(stopped, file=sys.stderr)
        return stopped.outcome


def parser() -> argparse.ArgumentParser:
    described = argparse.ArgumentParser(prog="gate", description=__doc__)
    described.add_argument("role", choices=["content", "full", "desk"])
    described.add_argument("--settings", type=Path, default=Path("/etc/souspli/gate.toml"))
    return described


def refused(words: Sequence[str]) -> Stopped:
    word = "".join(sign for sign in " ".join(words[:1])[:40] if sign.isprintable())
    return Stopped(Outcome.REFUSED, f"not allowed: {word or 'a shell'}")


def desk(settings: Settings, words: Sequence[str]) -> int:
    """Become the endpoint's command line, as its own user; the desk asks for no more than this."""
    if words[:1] != ["booking_endpoint"] or tuple(words[1:]) not in DESK:
        raise refused(words[1:] if words[:1] == ["booking_endpoint"] else words)
    return become_endpoint(settings, *words[1:])


def become_endpoint(settings: Settings, *words: str) -> NoReturn:
    """End as a command of the endpoint's: its answer goes straight out."""
    os.execv(settings.run_endpoint[0], [*settings.run_endpoint, *words])  # noqa: S606


@dataclass(frozen=True, slots=True)
class Gate:
    """The verbs of who deploys."""

    role: str
    settings: Settings
    stdin: IO[bytes]

    @property
    def room(self) -> Room:
        return Room(self.settings.root)

    def do(self, words: Sequence[str]) -> int:
        """One verb with its words."""
        match words:
            case ["manifest"]:
                tell(self.manifest())
            case ["status"]:
                tell(telling.status(self.room, self.settings, datetime.now(UTC)))
            case ["logs"]:
                tell(telling.logs(self.settings))
            case ["publish", name, sha, *who] if ID.fullmatch(name) and DIGEST.fullmatch(sha):
                with self.turn(who):
                    self.publish(name, sha)
            case ["rollback", *who]:
                with self.turn(who):
                    self.roll_back()
            case ["switch", name, *who] if ID.fullmatch(name):
                with self.turn(who):
                    self.switch(self.room.releases / name)
            case _:
                raise refused(words)
        return Outcome.DONE

    def turn(self, who: Sequence[str]) -> AbstractContextManager[None]:
        said = "".join(sign for sign in " ".join(who)[:60] if sign.isprintable())
        return self.room.turn(said or f"a key of the role {self.role}", datetime.now(UTC))

    def manifest(self) -> dict[str, object]:
        """What is served, and whether the endpoint that runs is that of the current release."""
        current = self.room.current
        return {
            "release": current.name if current else None,
            "settled": telling.settled(self.settings, current),
            "files": manifest(current),
        }

    def publish(self, name: str, sha: str) -> None:
        """Receive, rehearse, switch; whatever fails before the switch leaves no trace."""
        room, settings = self.room, self.settings
        coming = receive(room, name, sha, self.stdin, settings.silence)
        self.check_role(coming)
        rehearsal.furnish(room, settings, coming)
        release = room.releases / name
        if release.exists():
            raise Stopped(Outcome.DAMAGED, f"{name} is there already; publish again")
        mark_bad(coming, "its rehearsal did not end")
        coming.rename(release)
        try:
            self.rehearse(release)
        except Stopped as stopped:
            mark_bad(release, str(stopped))
            raise
        (release / BAD).unlink()
        self.change_to(release)
        room.prune()

    def roll_back(self) -> None:
        target = self.room.before()
        if target is None:
            raise Stopped(Outcome.REFUSED, "there is no earlier release that was well")
        self.switch(target)

    def switch(self, release: Path) -> None:
        """Serve a release that is kept here; one that no longer fits the database says so first."""
        if not release.is_dir():
            raise Stopped(Outcome.REFUSED, f"{release.name} is not kept here any more")
        self.check_role(release)
        self.rehearse(release)
        self.change_to(release)

    def rehearse(self, release: Path) -> None:
        """Raise Stopped where an endpoint that is not the current one could not serve."""
        if read(release).endpoint and not self.same_endpoint(release):
            rehearsal.rehearse(self.settings, release)
            say("rehearsed on a copy of the database")

    def check_role(self, release: Path) -> None:
        """A key for pages changes no endpoint, in whatever way it asks."""
        if self.role != "full" and not self.same_endpoint(release):
            raise Stopped(
                Outcome.REFUSED,
                "not allowed: this key may change pages only, and the endpoint, its facts or its"
                " frame differ. Nothing was switched; publish with the full key",
            )

    def same_endpoint(self, release: Path) -> bool:
        current = self.room.current
        return current is not None and read(current).endpoint == read(release).endpoint

    def change_to(self, release: Path) -> None:
        """Switch, restart what has changed, and look; back again where it is not well."""
        room, settings, was, before = (
            self.room,
            self.settings,
            self.room.current,
            self.room.previous,
        )
        room.switch(release)
        try:
            settle(settings, release)
        except Unwell as unwell:
            if was in (None, release):
                raise Stopped(
                    Outcome.UNWELL, f"switched to {release.name}, but its endpoint: {unwell}"
                ) from None
            mark_bad(release, str(unwell))
            self.back_to(was, before, f"{release.name} was not well: {unwell}")
        say(f"serving {release.name}")

    def back_to(self, was: Path, before: Path | None, why: str) -> None:
        if before:
            self.room.link("previous", before)
        self.room.link("current", was)
        try:
            settle(replace(self.settings, patience=LAST_PATIENCE), was)
        except Unwell as unwell:
            raise Stopped(
                Outcome.UNWELL, f"{why}; back to {was.name}, which is not well either: {unwell}"
            ) from None
        raise Stopped(Outcome.ROLLED_BACK, f"{why}. {was.name} is served again")


def mark_bad(release: Path, why: str) -> None:
    """Nothing goes back to it, whatever becomes of us."""
    (release / BAD).write_text(f"{why}\n", "utf-8")


def say(line: str) -> None:
    """One line for whoever waits, if anybody still does."""
    with suppress(OSError):
        print(line, flush=True)


def tell(answer: object) -> None:
    print(json.dumps(answer, ensure_ascii=False))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ, sys.stdin.buffer))
