"""The installation guide, in two languages: the same commands, and messages that are said."""

import ast
import re
from collections.abc import Iterator

import pytest
from invoke.parser import Parser

from deploy.far import SIGNS
from deploy.publishing.state import Light, judge
from tasks import as_invoke_says, namespace
from tests.house.tree import ROOT
from tests.publish.test_pure import NOW, WELL

FRENCH = (ROOT / "docs" / "guide-deployeur.md").read_text("utf-8")
ENGLISH = (ROOT / "docs" / "guide-deployer.en.md").read_text("utf-8")
SAID_IN = ("deploy/far.py", "deploy/bootstrap", "deploy/publishing", "deploy/server", "deploy/kit")
FINDINGS = {"release", "endpoint", "certificate", "backup", "disk", "updates", "at work"} | {
    *("packages", "clock")
}


def blocks(guide: str, kind: str = "sh") -> list[str]:
    """What stands between the fences of a kind."""
    return re.findall(rf"^```{kind}\n(.+?)^```$", guide, re.MULTILINE | re.DOTALL)


def commands(guide: str) -> list[str]:
    """Every line that is to be typed, in its order."""
    return [line for block in blocks(guide) for line in block.splitlines()]


def explained(guide: str) -> list[str]:
    return re.findall(r"^\| `(.+?)` \|", guide, re.MULTILINE)


def words(path_name: str) -> Iterator[str]:
    """Every text in the programs of a folder, or in one."""
    path = ROOT / path_name
    for one in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
        for node in ast.walk(ast.parse(one.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_both_guides_have_the_same_commands_and_the_same_parts() -> None:
    assert commands(FRENCH) == commands(ENGLISH)
    assert blocks(FRENCH, "text") == blocks(ENGLISH, "text")
    headings = [re.findall(r"^(#+) ", guide, re.MULTILINE) for guide in (FRENCH, ENGLISH)]
    assert headings[0] == headings[1]
    assert explained(FRENCH) == explained(ENGLISH)
    assert len(commands(FRENCH)) > 10


VERBS = re.findall(r"python3 tasks\.py ([^`\n]+)", FRENCH + ENGLISH)


@pytest.mark.parametrize("typed", sorted(set(VERBS)))
def test_what_the_guide_tells_to_type_exists(typed: str) -> None:
    """Raises for a verb or an option that is none."""
    verb, *rest = as_invoke_says(typed.split())
    context = Parser(namespace.to_contexts()).parse_argv([verb, *rest])[0]
    assert context.name == verb or verb in context.aliases


def test_a_message_that_is_explained_is_one_that_is_said() -> None:
    told = [text for name in SAID_IN for text in words(name)]
    assert [one for one in explained(FRENCH) if not any(one in text for text in told)] == []


def test_everything_that_status_can_show_red_or_amber_is_explained() -> None:
    bad = {
        **WELL,
        "release": {**WELL["release"], "locked": "2025-01-01"},
        "endpoint": {"wanted": "a", "running": "b", "status": 200},
        "backup": None,
        "certificate": None,
        "disk": {"free": 1, "total": 100},
        "updates": 3,
        "lock": {"who": "Ada", "since": "2026-11-22T10:00:00+00:00"},
        "now": "2026-11-22T16:00:00+00:00",
    }
    found = [*judge(bad, NOW), *judge({**bad, "release": None}, NOW)]
    names = {one.name for one in found if one.light is not Light.GREEN}
    assert names == FINDINGS
    assert names <= set(explained(FRENCH))


def test_everything_that_ssh_can_refuse_is_explained() -> None:
    lines = explained(FRENCH)
    assert [
        means for _kind, means in SIGNS.values() if not any(line in means for line in lines)
    ] == []
