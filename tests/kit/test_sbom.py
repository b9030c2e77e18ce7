"""The bill of materials names what the locks name, and an audit without data says so."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.kit.packages import NoAnswer, read
from deploy.kit.sbom import FILES, bill, locks
from tests.house.test_locks import RUN, SERVER, TEST, read_lock, without_comments
from tests.house.tree import ROOT

PROJECT = (ROOT / "pyproject.toml").read_text("utf-8")


@pytest.mark.parametrize(("use", "lock"), [("site", RUN), ("endpoint", SERVER), ("checks", TEST)])
def test_the_bill_holds_every_package_of_a_lock_with_its_hashes(use: str, lock: str) -> None:
    told = {
        (one["name"], one["version"], frozenset(part["content"] for part in one["hashes"]))
        for one in json.loads(bill(locks(ROOT), PROJECT))["components"]
        if use in {part["value"] for part in one["properties"]}
    }
    assert len(told) == len(without_comments((ROOT / lock).read_text("utf-8")))
    for name, (version, hashes) in read_lock(lock).items():
        assert (name, version, frozenset(one.rpartition(":")[2] for one in hashes)) in told


def test_the_bill_is_the_same_bytes_each_time() -> None:
    """No hour and no number drawn by lot, whatever the hash seed: two who make it can compare."""
    made = {
        subprocess.run(
            [sys.executable, "-m", "deploy.kit", "sbom"],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert made == {bill(locks(ROOT), PROJECT).encode()}


def test_what_only_the_checks_use_is_told_apart() -> None:
    scopes = {
        one["name"]: one["scope"] for one in json.loads(bill(locks(ROOT), PROJECT))["components"]
    }
    assert (scopes["pytest"], scopes["starlette"]) == ("excluded", "required")


def test_an_audit_that_cannot_look_says_so_and_ends_with_three(tmp_path: Path) -> None:
    """Nobody takes silence for good news."""
    done = subprocess.run(
        [sys.executable, "-m", "deploy.kit", "audit-packages"],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "nothing is said of it: neither pip-audit nor uv is installed" in done.stderr


HOLE = {"id": "PYSEC-2026-1", "fix_versions": ["1.3"], "aliases": [], "description": ""}


def test_a_hole_is_told_with_the_version_that_mends_it() -> None:
    """In the shape that pip-audit's README shows for `--format json`."""
    good = {"name": "babel", "version": "2.18.0", "vulns": []}
    bad = {"name": "jinja2", "version": "1.2", "vulns": [HOLE]}
    told = read(json.dumps({"dependencies": [good, bad], "fixes": []}))
    assert list(told) == ["jinja2 1.2: PYSEC-2026-1; mended in 1.3"]


@pytest.mark.parametrize(
    "answer", ["", "[]", '{"dependencies": [{"name": "x", "skip_reason": "not found"}]}']
)
def test_half_an_answer_is_none(answer: str) -> None:
    with pytest.raises(NoAnswer):
        list(read(answer))


def test_every_lock_is_on_the_bill() -> None:
    there = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("**/requirements.txt")}
    assert set(FILES.values()) == {name for name in there if not name.startswith(".")}
