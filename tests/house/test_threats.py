"""What docs/THREATS.md promises is shown by a test that exists, and numbered without a gap."""

import ast
import re
from pathlib import Path

from tests.house.tree import ROOT, syntax

PAGE = (ROOT / "docs/THREATS.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))
THREATS = re.split(r"^### ", PAGE.split("\n## 2 ")[1].split("\n## 3 ")[0], flags=re.MULTILINE)[1:]


def named_in(path: str) -> set[str]:
    found = [node for node in ast.walk(syntax(Path(path))) if isinstance(node, ast.FunctionDef)]
    return {function.name for function in found if function.name.startswith("test_")}


def test_every_test_that_the_threats_name_exists() -> None:
    files = {path for path, _name in NAMED}
    assert {path for path in files if not (ROOT / path).is_file()} == set()
    there = {path: named_in(path) for path in files}
    assert [f"{path}::{name}" for path, name in NAMED if name not in there[path]] == []


def test_every_threat_says_what_stops_it_and_is_shown_by_a_test() -> None:
    assert THREATS
    for threat in THREATS:
        assert "**Stopped by**" in threat, threat[:40]
        assert re.search(r"Shown by `tests/", threat), threat[:40]


def test_threats_and_limits_are_numbered_without_a_gap() -> None:
    """So that a letter can speak of N3 or T9, and the page of both."""
    for sign, listed in (("N", r"^- \*\*N(\d+) "), ("T", r"^### T(\d+) ")):
        numbers = [int(number) for number in re.findall(listed, PAGE, re.MULTILINE)]
        assert numbers == list(range(1, len(numbers) + 1))
        assert {int(number) for number in re.findall(rf"\b{sign}(\d+)\b", PAGE)} == set(numbers)
