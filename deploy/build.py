"""The site from content and facts: nothing when nothing has changed, else what has.

Without Pelican until it is sure that there is something to do: importing it takes longer than
looking.
"""

import argparse
import gc
import json
import os
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from booking_endpoint.reading import BadPractice, read_practice
from deploy.reminders import remind
from deploy.writer import told
from theme.plugins.kept import ROOT, Shelf, digest, digest_of_code, digest_of_files

KEPT = ROOT / ".cache" / "kept"
"""As in pelicanconf.py."""


def main(arguments: Sequence[str]) -> int:
    """0 when the site is there, 1 when it could not be built, 2 without facts to read."""
    asked = parser().parse_args(arguments)
    gc.set_threshold(20_000)  # much is made and little dropped; looking took a tenth
    os.chdir(ROOT)
    facts = Path(os.environ.get("BOOKING_PRACTICE", "content/practice.toml"))
    try:
        remind(read_practice(facts.read_text("utf-8"), str(facts)), date.today())  # noqa: DTZ011 -- the day of whoever builds
    except (BadPractice, OSError, UnicodeDecodeError) as error:
        print(told(error, facts), file=sys.stderr)
        return 2
    made_by = digest_of_code()
    built = Shelf(None if asked.cold else asked.kept, "built", asked.output, made_by)
    files = (asked.content, facts, ROOT / "theme", ROOT / asked.settings)
    made_of = digest(str(asked).encode(), digest_of_files(files))
    if asked.output.is_dir() and built.read() == (made_of, digest_of_files([asked.output])):
        print("Nothing has changed since the last build.")
        return 0
    code = build(asked)
    if not code:
        built.write((made_of, digest_of_files([asked.output])))
    return code


def build(asked: argparse.Namespace) -> int:
    """Pelican's exit code."""
    from pelican import main as pelican

    words = [str(asked.content), "-s", asked.settings, "-o", str(asked.output), "-e"]
    try:
        with TemporaryDirectory(prefix="souspli-") as nothing:
            kept = {"KEPT": "" if asked.cold else str(asked.kept)}
            pictures = {"PICTURE_CACHE": nothing} if asked.cold else {}
            said = [f"{name}={json.dumps(value)}" for name, value in (kept | pictures).items()]
            pelican([*words, *said])
    except SystemExit as stopped:
        if stopped.code and not isinstance(stopped.code, int):
            print(stopped.code, file=sys.stderr)
            return 1
        return stopped.code or 0
    return 0


def parser() -> argparse.ArgumentParser:
    described = argparse.ArgumentParser(prog="build", description=__doc__)
    described.add_argument("--content", type=Path, default=Path("content"))
    described.add_argument("--output", type=Path, default=Path("output"))
    described.add_argument("--settings", default="pelicanconf.py", help="Pelican's settings")
    described.add_argument("--kept", type=Path, default=KEPT, help="where builds keep things")
    described.add_argument("--cold", action="store_true", help="use nothing kept of other builds")
    return described


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
