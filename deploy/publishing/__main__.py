"""`python -m deploy.publishing publish | rollback | backup | status | logs`: what a person sees.

Ends with an Outcome: 0 done, 1 not fit to be published or not agreed to, 2 refused, 3 somebody is
at it, 4 damaged on the way, 5 failed its rehearsal, 6 rolled back, 7 disk full, 8 not well,
9 no line.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from booking_endpoint.practice import Practice
from booking_endpoint.reading import BadPractice, read_practice
from deploy.far import Far, NotAllowed, Unreachable
from deploy.publishing.asking import Server, amount, host_named, progress
from deploy.publishing.bringing import FOLDER, bring, file_for, forget_old
from deploy.publishing.bundle import ROOT, describe, gather
from deploy.publishing.difference import Difference
from deploy.publishing.folder import HEADER_FILE, write
from deploy.publishing.state import Light, judge
from deploy.publishing.upload import archive
from deploy.server.outcomes import Outcome, Stopped
from deploy.writer import told as said

SITE = ROOT / ".cache" / "publish" / "site"
NOT_FIT, NO_LINE = 1, 9


def main(arguments: Sequence[str]) -> int:
    """One verb; the exit code."""
    asked = parser().parse_args(arguments)
    if asked.verb == "publish" and asked.static:
        return to_folder(asked)
    host = asked.host or host_named()
    if not host:
        print("Which server? Name it, or write SERVER into publishconf.py.", file=sys.stderr)
        return 2
    server = Server(host)
    try:
        match asked.verb:
            case "publish":
                return publish(asked, server, datetime.now(UTC))
            case "rollback":
                print(server.switch(asked.to) if asked.to else server.roll_back(), end="")
                return 0
            case "backup":
                return backup(asked, server, datetime.now(UTC))
            case "status":
                return status(server, as_json=asked.json)
            case _:
                return logs(server.told("logs"), as_json=asked.json)
    except NotAllowed as error:
        print(error, file=sys.stderr)
        return Outcome.REFUSED
    except Far as error:
        print(error, file=sys.stderr)
        return NO_LINE
    except Stopped as stopped:
        print(stopped, file=sys.stderr)
        return stopped.outcome


def parser() -> argparse.ArgumentParser:
    described = argparse.ArgumentParser(prog="publishing", description=__doc__)
    verbs = described.add_subparsers(dest="verb", required=True)
    publishing = verbs.add_parser("publish", help="check, build, show what changes, and do it")
    back = verbs.add_parser("rollback", help="serve the release before again")
    backing = verbs.add_parser("backup", help="bring home a sealed backup of the bookings")
    looking = verbs.add_parser("status", help="how the server is")
    reading = verbs.add_parser("logs", help="what happened there, in counts")
    for verb in (publishing, back, backing, looking, reading):
        verb.add_argument("host", nargs="?", default="", help="as ssh knows it")
    for verb in (looking, reading):
        verb.add_argument("--json", action="store_true", help="for a program")
    back.add_argument("--to", default="", metavar="ID", help="a certain release that is kept")
    publishing.add_argument("--static", type=Path, metavar="FOLDER", help="no server: pages alone")
    backing.add_argument("--output", type=Path, help="this file, and no other goes")
    backing.add_argument("--folder", type=Path, default=FOLDER, help=f"where they lie ({FOLDER})")
    backing.add_argument("--keep", type=int, default=8, metavar="N", help="the last N stay (8)")
    publishing.add_argument("--dry-run", action="store_true", help="only show what would change")
    publishing.add_argument("--yes", action="store_true", help="do not ask")
    publishing.add_argument("--delete-many", action="store_true", help="also where many pages go")
    publishing.add_argument("--practice", type=Path, default=ROOT / "content" / "practice.toml")
    publishing.add_argument("--site", type=Path, help="a built site, instead of building it anew")
    return described


def publish(asked: argparse.Namespace, server: Server, now: datetime) -> int:
    """Nothing reaches the server that was not checked, built and shown."""
    found = fit(asked)
    return send(asked, server, *found, now) if found else NOT_FIT


def to_folder(asked: argparse.Namespace) -> int:
    """The same pages for a host that somebody else looks after, who puts them there."""
    found = fit(asked)
    if not found:
        return NOT_FIT
    try:
        count = write(*found, asked.static)
    except OSError as error:
        print(error, file=sys.stderr)
        return NOT_FIT
    print(f"{count} files in {asked.static}: put all of them on the host of your pages.")
    print(
        f"A host that reads {HEADER_FILE} sends our headers. On another, verify says what it lacks."
    )
    if found[0].legal.booking_url:
        print(f"Bookings go to {found[0].endpoint}: publish to that server, too.")
    return 0


def fit(asked: argparse.Namespace) -> tuple[Practice, Path] | None:
    """The facts and the built site, once both were checked; what is wrong has been said."""
    try:
        practice = read_practice(asked.practice.read_text("utf-8"), str(asked.practice))
    except (BadPractice, OSError, UnicodeDecodeError) as error:
        print(said(error, asked.practice), file=sys.stderr)
        return None
    site = asked.site or build(asked.practice)
    if site is None or not checked(asked.practice, site):
        print("Nothing was published: mend what is named above, then try again.", file=sys.stderr)
        return None
    return practice, site


def build(facts: Path) -> Path | None:
    """The site with its public address; None when it cannot be built, which the build has said."""
    words = ("--settings", "publishconf.py", "--output", str(SITE))
    environ = {**os.environ, "BOOKING_PRACTICE": str(facts.resolve())}
    SITE.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "deploy.build", *words], cwd=ROOT, env=environ, check=False
    )
    return SITE if done.returncode == 0 else None


def checked(facts: Path, site: Path) -> bool:
    words = ("--practice", str(facts.resolve()), "--site", str(site.resolve()))
    done = subprocess.run([sys.executable, "-m", "deploy.check", *words], cwd=ROOT, check=False)
    return done.returncode == 0


def send(
    asked: argparse.Namespace, server: Server, practice: Practice, site: Path, now: datetime
) -> int:
    """Show what changes, ask, send what the server lacks."""
    bundle = gather(practice, asked.practice, site)
    release = describe(bundle, now)
    there = server.told("manifest")
    files: Mapping[str, str] = there["files"]
    difference = Difference.between(files, release.files)
    for line in difference.lines():
        print(line)
    if not difference and there["settled"]:
        print(f"{server.host} serves this already.")
        return 0
    lacking = (*difference.new, *difference.changed)
    packet = archive(release, bundle, lacking)
    print(f"{len(lacking)} files to send ({amount(len(packet))}), {len(difference.gone)} to go.")
    if asked.dry_run:
        return 0
    if difference.takes_much_away(files) and not asked.delete_many:
        print("Many pages would go. If you mean it: --delete-many", file=sys.stderr)
        return NOT_FIT
    if not (asked.yes or agreed(f"Publish this on {server.host}? [y/N] ")):
        print("Nothing was published.", file=sys.stderr)
        return NOT_FIT
    digest = sha256(packet).hexdigest()
    try:
        print(server.publish(release, packet, digest, progress(len(packet))), end="")
    except Unreachable as error:
        print(f"\n{error}", file=sys.stderr)
        print(
            "Patients are served the old release or the new one, whole. Publish again: it goes on."
        )
        return NO_LINE
    return 0


def agreed(question: str) -> bool:
    """A yes from a person at a terminal; nobody there is no yes."""
    return sys.stdin.isatty() and input(question).strip().lower() in ("y", "yes")


def backup(asked: argparse.Namespace, server: Server, now: datetime) -> int:
    """Bring one home; then the oldest go, unless it was to be a certain file."""
    folder = asked.folder.expanduser()
    file = asked.output or file_for(folder, server.host, now)
    try:
        said = bring(server.backup, file)
        print(f"{file}: {file.stat().st_size / 1e6:.1f} MB, {said}")
        if not asked.output:
            for old in forget_old(folder, server.host, max(asked.keep, 1)):
                print(f"deleted: {old}")
    except OSError as error:
        print(f"{error.filename or file}: {error.strerror}", file=sys.stderr)
        return NOT_FIT
    return 0


def status(server: Server, *, as_json: bool) -> int:
    """0 when nothing is red, else 8."""
    before = datetime.now(UTC)
    told = server.told("status")
    now = before + (datetime.now(UTC) - before) / 2
    findings = judge(told, now)
    if as_json:
        lights = [{"light": one.light.name.lower(), "name": one.name} for one in findings]
        print(json.dumps({**told, "findings": lights}, ensure_ascii=False, indent=1))
    else:
        print("\n".join(one.line() for one in findings))
    return 8 if any(one.light is Light.RED for one in findings) else 0


def logs(told: dict[str, Any], *, as_json: bool) -> int:
    if as_json:
        print(json.dumps(told, ensure_ascii=False, indent=1))
        return 0
    for day, answers in told["pages"].items():
        print(f"{day}  " + ", ".join(f"{status}: {count:,}" for status, count in answers.items()))
    for failure, count in told["failures"].items():
        print(f"{count:,} times {failure}")
    print(f"{told['others']:,} lines of another kind, which are not shown")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
