"""What is installed: asked for by name in pyproject.toml, and locked, every file by its hash."""

import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.tree import ROOT, files, imported, python_files

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
RUN, TEST = "requirements.txt", "tests/requirements.txt"
SERVER = "booking_endpoint/requirements.txt"
LOCKS = (RUN, TEST, SERVER)
GROUPS = PROJECT["dependency-groups"]
WHOLE = PROJECT["project"]["dependencies"] + GROUPS["endpoint"] + GROUPS["site"]
ASKED = {
    RUN: WHOLE,
    TEST: WHOLE + GROUPS["test"],
    SERVER: GROUPS["endpoint"] + [one for one in GROUPS["server"] if isinstance(one, str)],
}

Lock = dict[str, tuple[str, frozenset[str]]]
"""Name -> its version, and the hashes of the files that may be installed for it."""

PINNED = re.compile(
    r"(?P<name>[a-z0-9-]+)==(?P<version>[^\s;]+)"
    r"(?: ; (?P<where>[^\\#]+?))?"
    r"(?P<hashes>(?: --hash=sha256:[0-9a-f]{64})+)"
)


def without_comments(text: str) -> list[str]:
    """One line for each package: its hashes stand behind it, comments are gone."""
    joined = re.sub(r" *\\\n *", " ", text)
    return [line for line in joined.splitlines() if not line.lstrip().startswith("#")]


def read_lock(name: str) -> Lock:
    """The lock's packages. A line that is not a pinned, hashed package is refused."""
    lock: Lock = {}
    for line in without_comments((ROOT / name).read_text("utf-8")):
        pinned = PINNED.fullmatch(line)
        assert pinned, f"{name}: not a version with its hashes: {line}"
        lock[pinned["name"]] = (pinned["version"], frozenset(pinned["hashes"].split()))
    return lock


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_all_that_is_asked_for(name: str) -> None:
    lock = read_lock(name)
    for wanted in map(Requirement, ASKED[name]):
        assert canonicalize_name(wanted.name) in lock
        assert lock[canonicalize_name(wanted.name)][0] in wanted.specifier


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_place_to_download_from(name: str) -> None:
    """Where packages come from is the business of the machine that installs them."""
    text = (ROOT / name).read_text("utf-8")
    assert not re.search(r"://|^-|--(extra-)?index|--find-links| @ ", text, re.MULTILINE)


def test_the_checks_run_on_what_the_server_runs() -> None:
    """`python3 tasks.py test` installs the test lock alone, as it holds the run lock."""
    run, test = read_lock(RUN), read_lock(TEST)
    assert {name: test.get(name) for name in run} == run


def test_the_server_installs_a_part_of_what_the_site_is_built_with() -> None:
    """The same versions, the same files, and nothing that only builds or prints."""
    run, server = read_lock(RUN), read_lock(SERVER)
    assert {name: run.get(name) for name in server} == server
    assert not {"pelican", "pillow", "invoke", "markdown"} & server.keys()


@pytest.mark.parametrize("name", LOCKS)
def test_what_the_code_imports_is_asked_for_by_name(name: str) -> None:
    """Else it stays away on the day that the package which brought it along no longer does."""
    sources = [path for path in python_files() if is_run_with(name, path.parts[0])]
    used = {module.split(".")[0] for path in sources for module in imported(path)}
    own = {path.parts[0].removesuffix(".py") for path in files()}
    brought_by = packages_distributions()
    asked = {canonicalize_name(Requirement(wanted).name) for wanted in ASKED[name]}
    for module in used - own - sys.stdlib_module_names:
        assert asked & {canonicalize_name(package) for package in brought_by[module]}, module


def is_run_with(lock: str, folder: str) -> bool:
    """Whether the code of a folder runs where this lock is installed."""
    if lock == SERVER:
        return folder == "booking_endpoint"
    return lock == TEST or folder != "tests"
