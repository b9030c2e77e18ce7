"""An upload becomes a release: every file is one that was announced, with the digest announced."""

import errno
import hashlib
import json
import os
import select
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from deploy.server.outcomes import Outcome, Stopped
from deploy.server.release import BadRelease, Release
from deploy.server.room import Room, manifest

PIECE = 64 * 1024
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def receive(room: Room, name: str, digest: str, stream: IO[bytes], silence: int) -> Path:
    """The release in the room for what is coming, whole and checked; raises Stopped otherwise.

    `stream` is a tar of release.json and of what the current release lacks. Nothing that is
    served is touched.
    """
    archive = room.coming / "upload"
    with told_when_full():
        if spool(stream, archive, silence) != digest:
            raise damaged("what arrived is not what was sent: the line was cut")
        release = room.coming / name
        with tarfile.open(archive) as upload:
            described = unpack(upload, release, name)
        complete(release, described, room.current)
        os.sync()
        archive.unlink()
    return release


def spool(stream: IO[bytes], archive: Path, silence: int) -> str:
    """All that comes, in a file; its SHA-256."""
    digest = hashlib.sha256()
    with archive.open("wb") as file:
        while select.select([stream], [], [], silence)[0]:
            piece = os.read(stream.fileno(), PIECE)
            if not piece:
                return digest.hexdigest()
            digest.update(piece)
            file.write(piece)
    raise damaged(f"nothing came for {silence} seconds")


def unpack(upload: tarfile.TarFile, release: Path, name: str) -> Release:
    """Write the files that came. A name is looked up among those announced, never followed."""
    first = upload.next()
    if first is None or first.name != "release.json":
        raise damaged("it does not begin with its description")
    content = contents(upload, first)
    try:
        described = Release.read(json.loads(content))
    except (ValueError, BadRelease) as error:
        raise damaged(str(error)) from None
    if described.id != name:
        raise damaged("it describes another release")
    release.mkdir()
    (release / "release.json").write_bytes(content)
    for member in iter(upload.next, None):
        if member.name not in described.files:
            raise damaged(f"{member.name!r} was not announced")
        written = contents(upload, member)
        if hashlib.sha256(written).hexdigest() != described.files[member.name]:
            raise damaged(f"{member.name!r} is not what was announced")
        path = release / member.name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(written)
    return described


def contents(upload: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """The bytes of a plain file; no link, no device and no folder is taken."""
    file = upload.extractfile(member) if member.isreg() else None
    if file is None:
        raise damaged(f"{member.name!r} is no plain file")
    return file.read()


def complete(release: Path, described: Release, current: Path | None) -> None:
    """Take over what has not changed, under a second name: no copy, and its time stays as it was.

    So a file has a new time when, and only when, it has new bytes: a web server tells by the time.
    """
    there = manifest(current)
    for path, sha in described.files.items():
        wanted = release / path
        if wanted.exists():
            continue
        if current is None or there.get(path) != sha:
            raise damaged(f"{path!r} is missing: somebody else has published meanwhile")
        wanted.parent.mkdir(parents=True, exist_ok=True)
        os.link(current / path, wanted)


@contextmanager
def told_when_full() -> Iterator[None]:
    try:
        yield
    except tarfile.TarError:
        raise damaged("it is no archive") from None
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise Stopped(
            Outcome.FULL, "the server's disk is full. Nothing was switched; make room there first"
        ) from None


def damaged(why: str) -> Stopped:
    return Stopped(Outcome.DAMAGED, f"{why}. Nothing was switched; publish again")
