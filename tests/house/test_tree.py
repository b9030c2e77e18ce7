"""What the repository may hold: known names at the top, small rooms, no trace of a machine."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import ROOT, files, python_files

TOP = {
    "content",
    "theme",
    "booking_endpoint",
    "desk",
    "deploy",
    "docs",
    "tests",
    "pelicanconf.py",
    "publishconf.py",
    "tasks.py",
    "pyproject.toml",
    "requirements-postgres.txt",
    "requirements.txt",
    "Makefile",
    "README.md",
    "LICENSE",
}
"""All that a reader meets first. Beside it, names that begin with a dot."""

MOST_LINES = 350

# What stands in brackets matches itself, and keeps the pattern from matching this file.
MACHINES = [r"/[w]ork/", r"/[r]oot/", r"[/]tmp/dev\b", r"/opt/[w]heels"]
REGISTRIES = [r"[p]ypi\.org", r"[f]iles\.pythonhosted\.org", r"[r]egistry\.npmjs\.org"]
LEFT_OVERS = [r"\b[T]ODO\b", r"\b[F]IXME\b", r"\b[X]XX\b"]
UNWANTED = re.compile("|".join(MACHINES + REGISTRIES + LEFT_OVERS))


def texts() -> Iterator[tuple[Path, str]]:
    """Every file that is text, with its text."""
    for path in files():
        try:
            yield path, (ROOT / path).read_text("utf-8")
        except UnicodeDecodeError:
            continue


def test_the_top_of_the_repository_stays_as_designed() -> None:
    top = {path.parts[0] for path in files()}
    assert {name for name in top if not name.startswith(".")} <= TOP


def test_no_room_is_too_long_to_be_read_at_once() -> None:
    rooms = [path for path in python_files() if path.parts[0] != "tests"]
    long = {path: len((ROOT / path).read_text("utf-8").splitlines()) for path in rooms}
    assert {path: lines for path, lines in long.items() if lines > MOST_LINES} == {}


def test_nothing_in_the_repository_tells_of_a_machine_or_of_work_left_over() -> None:
    """A path or a registry of one machine fails on the next; what is left to do is an issue."""
    found = [
        f"{path}:{text.count(chr(10), 0, hit.start()) + 1}: {hit[0]}"
        for path, text in texts()
        for hit in UNWANTED.finditer(text)
    ]
    assert found == []
