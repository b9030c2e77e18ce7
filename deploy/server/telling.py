"""How the server is, and what happened: figures and names of errors, never a person."""

import json
import re
import shutil
import ssl
import subprocess
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from socket import create_connection
from typing import Any

from deploy.server.health import ask
from deploy.server.outcomes import Stopped
from deploy.server.room import BAD, Room, read
from deploy.server.settings import Settings

WAIT = 60
"""Seconds for a command that tells something."""

PAGE = re.compile(r"(\d{4}-\d\d-\d\d)T\d\d [A-Z]{3,7} ([1-5]\d\d)")
"""A line of the pages' log, as nginx is told to write it: the hour, the method, the status."""
FAILURE = re.compile(r"([A-Za-z]\w{0,60}) at ([\w<>]{1,60}(?:\.py)?:\d{1,6})")
"""All of a line with which the endpoint logs a failure: its class and its place."""
VALIDITY = re.compile(rb"\x30\x1e\x17\x0d\d{12}Z\x17\x0d(\d{12}Z)")
"""Validity in a DER certificate: two UTCTimes, until 2049 (RFC 5280, 4.1.2.5)."""


def status(room: Room, settings: Settings, now: datetime) -> dict[str, Any]:
    """All that `status` is told, as JSON; what cannot be found out is null."""
    current, previous = room.current, room.previous
    disk = shutil.disk_usage(room.root)
    return {
        "now": now.isoformat(timespec="seconds"),
        "release": described(current),
        "previous": previous.name if previous else None,
        "bad": [one.name for one in room.all() if (one / BAD).exists()],
        "endpoint": health(settings, current),
        "backup": last_backup(output(*settings.run_endpoint, "audit")),
        "certificate": certificate(settings),
        "disk": {"free": disk.free, "total": disk.total},
        "updates": updates(output(*settings.updates)),
        "reboot": settings.reboot.exists(),
        "lock": room.at_work(),
    }


def described(release: Path | None) -> dict[str, str] | None:
    if release is None:
        return None
    with suppress(Stopped):
        told = read(release)
        return {"id": release.name, "made": told.made, "kit": told.kit, "locked": told.locked}
    return {"id": release.name, "made": "", "kit": "", "locked": ""}


def health(settings: Settings, current: Path | None) -> dict[str, Any] | None:
    """What should run, what does, and how it answers; None where nothing should."""
    with suppress(Stopped):
        if current and (wanted := read(current).endpoint):
            answer = ask(settings, current)
            return {"wanted": wanted, "running": answer.release, "status": answer.status}
    return None


def settled(settings: Settings, current: Path | None) -> bool:
    """Whether the endpoint that runs is the one of the current release."""
    told = health(settings, current)
    return told is None or told["wanted"] == told["running"]


def last_backup(audit: Sequence[str] | None) -> str | None:
    """The hour of the last backup that was taken away whole, by the audit log."""
    hours = []
    for line in audit or ():
        with suppress(ValueError, LookupError, TypeError):
            told = json.loads(line)
            if told["what"] == "backup sent":
                hours.append(str(told["when"]))
    return hours[-1] if hours else None


def certificate(settings: Settings) -> dict[str, Any] | None:
    """Until when the certificate holds that a patient is shown now, and whether browsers trust it.

    None where none is shown for this server's name.
    """
    anyones = ssl.create_default_context()
    anyones.check_hostname, anyones.verify_mode = False, ssl.CERT_NONE  # one that has expired, too
    found = VALIDITY.search(shown(settings, anyones))
    if found is None:
        return None
    until = datetime.strptime(found[1].decode(), "%y%m%d%H%M%SZ").replace(tzinfo=UTC)
    trusted = shown(settings, ssl.create_default_context()) != b""
    return {"until": until.isoformat(), "trusted": trusted}


def shown(settings: Settings, context: ssl.SSLContext) -> bytes:
    """The certificate, as DER; nothing where there is none that this context takes."""
    host, _colon, port = settings.web.rpartition(":")
    with (
        suppress(OSError, ValueError),
        create_connection((host, int(port)), timeout=10) as line,
        context.wrap_socket(line, server_hostname=settings.domain or None) as tls,
    ):
        return tls.getpeercert(binary_form=True) or b""
    return b""


def updates(lines: Sequence[str] | None) -> int | None:
    return None if lines is None else sum(line.startswith("Inst ") for line in lines)


def logs(settings: Settings) -> dict[str, Any]:
    """Counts: of answers by day and status, of failures by class and place."""
    pages = (settings.page_log.with_name(settings.page_log.name + end) for end in (".1", ""))
    lines = [line for path in pages for line in read_lines(path)]
    return counted(lines, output(*settings.journal) or [])


def counted(pages: Iterable[str], journal: Iterable[str]) -> dict[str, Any]:
    """What may be told of two logs. A line that is not as it should be is counted, never shown."""
    days: dict[str, Counter[str]] = {}
    failures: Counter[str] = Counter()
    others = 0
    for line in pages:
        if found := PAGE.fullmatch(line.strip()):
            days.setdefault(found[1], Counter())[found[2]] += 1
        else:
            others += 1
    for line in journal:
        if found := FAILURE.fullmatch(line.strip()):
            failures[f"{found[1]} at {found[2]}"] += 1
        else:
            others += 1
    return {
        "pages": {day: dict(sorted(days[day].items())) for day in sorted(days)},
        "failures": dict(failures.most_common()),
        "others": others,
    }


def read_lines(path: Path) -> list[str]:
    with suppress(OSError):
        return path.read_text("utf-8", "replace").splitlines()
    return []


def output(*command: str) -> list[str] | None:
    """What a command prints; None when it cannot be run, or fails."""
    with suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=WAIT,
            check=False,
        )
        return done.stdout.splitlines() if done.returncode == 0 else None
    return None
