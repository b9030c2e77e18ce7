"""Who may import whom: the endpoint one way only, its rules no I/O, nobody the desk."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT, imported, name, python_files, syntax

PACKAGE = "booking_endpoint"

ORDER = (
    "mistakes",
    "claims",
    "facts",
    "timetable",
    "look",
    "practice",
    "headers",
    "instants",
    "envelope",
    "sealed_file",
    "values",
    "rest_days",
    "reading_legal",
    "reading_look",
    "reading_timetable",
    "reading",
    "reminders",
    "words",
    "markup",
    "availability",
    "limits",
    "booking",
    "tickets",
    "storage",
    "sqlite_file",
    "audit",
    "database",
    "schema",
    "postgres_schema",
    "postgres",
    "rows",
    "store",
    "acts",
    "lines",
    "backup",
    "restoring",
    "config",
    "backup_commands",
    "arguments",
    "host_view",
    "pages",
    "web",
    "cors",
    "rooms",
    "plain",
    "shelf",
    "protocol",
    "app",
    "trial",
    "__main__",
)
"""A module imports only what stands before it."""

CHECK = (
    "document",
    "context",
    "lexicon",
    "facts",
    "content",
    "shown",
    "built",
    "rule",
    "catalogue",
    "report",
    "gather",
    "__main__",
)
"""The same of `deploy.check`; all but the last two are pure."""

PURE = (
    "mistakes",
    "claims",
    "facts",
    "timetable",
    "look",
    "practice",
    "headers",
    "instants",
    "values",
    "rest_days",
    "reading_legal",
    "reading_look",
    "reading_timetable",
    "reading",
    "reminders",
    "availability",
    "limits",
    "booking",
    "envelope",
    "sealed_file",
)

HARMLESS = {
    "abc",
    "base64",
    "binascii",
    "bisect",
    "calendar",
    "collections",
    "cryptography",
    "dataclasses",
    "datetime",
    "decimal",
    "enum",
    "functools",
    "hashlib",
    "hmac",
    "holidays",
    "ipaddress",
    "itertools",
    "json",
    "math",
    "operator",
    "re",
    "string",
    "struct",
    "tomllib",
    "types",
    "typing",
    "unicodedata",
    "urllib.parse",
    "zoneinfo",
}
"""What a pure module may import: none of it opens a file, asks the clock or draws by chance."""

EDGE = {"open", "print", "input", "now", "utcnow", "today", "getenv"}
"""Calls that reach the disk, the terminal or the clock through what HARMLESS lets in."""

ENDPOINT = [path for path in python_files() if path.parts[0] == PACKAGE]


def room(path: Path) -> str:
    """The name of a module inside the package; `` for the package itself."""
    return name(path).removeprefix(PACKAGE).lstrip(".")


def rooms_used(path: Path) -> set[str]:
    """The package's modules that a file imports, by their names in the order."""
    inside = [used.split(".") for used in imported(path) if used.split(".")[0] == PACKAGE]
    return {used[1] for used in inside if len(used) > 1}


def within(used: str, allowed: set[str]) -> bool:
    parts = used.split(".")
    return any(".".join(parts[:length]) in allowed for length in range(1, len(parts) + 1))


def test_every_module_of_the_endpoint_has_its_place_in_the_order() -> None:
    assert ENDPOINT
    assert {room(path) for path in ENDPOINT} - {""} <= set(ORDER)


@pytest.mark.parametrize("path", ENDPOINT, ids=name)
def test_a_module_imports_only_what_stands_before_it(path: Path) -> None:
    """So data flows one way, and every room can be read with only those above it in mind."""
    place = ORDER.index(room(path)) if room(path) else 0
    assert rooms_used(path) <= set(ORDER[:place])


@pytest.mark.parametrize("path", [path for path in ENDPOINT if room(path) in PURE], ids=name)
def test_a_pure_module_knows_no_disk_no_network_no_clock(path: Path) -> None:
    """What it needs of them comes in as an argument, so that a test can stand on any day."""
    strangers = [used for used in imported(path) if not within(used, HARMLESS)]
    assert [used for used in strangers if not used.startswith(f"{PACKAGE}.")] == []
    assert rooms_used(path) <= set(PURE)


@pytest.mark.parametrize("path", [path for path in ENDPOINT if room(path) in PURE], ids=name)
def test_a_pure_module_calls_nothing_that_reaches_outside(path: Path) -> None:
    calls = [node.func for node in ast.walk(syntax(path)) if isinstance(node, ast.Call)]
    called = {ast.unparse(function).split(".")[-1] for function in calls}
    assert called & EDGE == set()


@pytest.mark.parametrize("module", CHECK)
def test_a_module_of_the_check_imports_only_what_stands_before_it(module: str) -> None:
    """And asks no disk and no clock before `gather`, so that a rule can be tried on any site."""
    path = Path("deploy", "check", f"{module}.py")
    place = CHECK.index(module)
    used = [one.split(".") for one in imported(path) if one.startswith("deploy.check.")]
    assert {one[2] for one in used} <= set(CHECK[:place])
    if place < CHECK.index("gather"):
        outside = {"os", "pathlib", "subprocess", "shutil", "tempfile", "sys", "time"}
        assert outside & {one.split(".")[0] for one in imported(path)} == set()


def test_every_module_of_the_check_has_its_place_in_the_order() -> None:
    there = {path.stem for path in python_files() if path.parts[:2] == ("deploy", "check")}
    assert there == {*CHECK, "__init__"}


@pytest.mark.parametrize("module", ["practice", "reading"])
def test_the_facts_are_read_without_any_server_library(module: str) -> None:
    """The site's build loads the practice too, and serves nothing."""
    program = f"import sys, {PACKAGE}.{module}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout.split()
    servers = {"starlette", "uvicorn", "httptools", "aiosqlite", "itsdangerous", "asyncio"}
    assert servers & set(loaded) == set()


def test_nothing_that_is_deployed_imports_the_desk() -> None:
    """The desk alone can open an envelope, and it never leaves the doctor's machine."""
    for path in python_files():
        if path.parts[0] in ("desk", "tests") or path == Path("deploy/demo.py"):
            continue
        assert [used for used in imported(path) if used.split(".")[0] == "desk"] == [], path


CORES = ("calendar_in", "calendar_out", "calendar_push", "reminding", "counts")


@pytest.mark.parametrize("module", CORES)
def test_a_core_of_the_desk_knows_no_disk_no_network_no_clock(module: str) -> None:
    """Whatever a calendar or a booking holds, reading it reaches nothing."""
    path = Path("desk", f"{module}.py")
    outside = {
        "http",
        "smtplib",
        "os",
        "pathlib",
        "secrets",
        "socket",
        "ssl",
        "subprocess",
        "sys",
        "time",
    }
    assert outside & {one.split(".")[0] for one in imported(path)} == set()
    calls = [node.func for node in ast.walk(syntax(path)) if isinstance(node, ast.Call)]
    assert {ast.unparse(function).split(".")[-1] for function in calls} & EDGE == set()


def test_the_gate_needs_nothing_but_the_standard_library() -> None:
    """It runs as the system's own Python, beside no package, and is installed by copying."""
    for path in python_files():
        if path.parts[:2] == ("deploy", "server"):
            used = {one for one in imported(path) if not one.startswith("deploy.server.")}
            assert {one.split(".")[0] for one in used} <= sys.stdlib_module_names, path
