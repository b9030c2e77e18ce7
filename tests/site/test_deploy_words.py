"""What is said to who writes: every message in every language, and none that is never said."""

import ast
from collections.abc import Iterator
from functools import cache
from string import Formatter

import pytest

from booking_endpoint.mistakes import LINE, SAYS
from booking_endpoint.words import read_language
from deploy.writer import TRANSLATIONS
from tests.serving import ROOT

IMPORTING = ("__main__", "mirror", "places", "plan", "report", "there", "tree", "wordpress")
SAYING = (
    *(f"deploy/{name}.py" for name in ("new", "serve", "writer")),
    *(f"deploy/importing/{name}.py" for name in IMPORTING),
    *(
        f"theme/plugins/{name}.py"
        for name in (
            *("heads", "images", "pictured", "pictures", "plans", "reading", "redirects", "site"),
            "strict",
            *("syntax", "topics"),
        )
    ),
)
FACTS = tuple(f"booking_endpoint/{path.name}" for path in (ROOT / "booking_endpoint").glob("*.py"))
"""What these mark with `_` is said to patients; what they say of the facts, to who writes."""
MARKS = {name: {"_": 0} for name in SAYING} | {
    name: {"to_writer": 0, "Mistake": 0, "wrong": 1} for name in FACTS
}
"""For each module, which calls hold a message, and as which of their arguments."""

in_every_language = pytest.mark.parametrize("code", ["fr", "he", "it"])


def messages(name: str) -> Iterator[ast.expr]:
    """What a module hands to the calls that take a message."""
    for node in ast.walk(ast.parse((ROOT / name).read_text("utf-8"))):
        if isinstance(node, ast.Call):
            place = MARKS[name].get(ast.unparse(node.func).rpartition(".")[2])
            if place is not None:
                yield node.args[place]


@cache
def said() -> frozenset[str]:
    texts = [one for name in MARKS for one in messages(name) if isinstance(one, ast.Constant)]
    return frozenset([LINE, SAYS, *(str(one.value) for one in texts)])


@pytest.mark.parametrize("name", MARKS)
def test_no_message_is_put_together_before_it_is_translated(name: str) -> None:
    """What a message is filled with goes along by itself: no catalogue holds every filling."""
    put_together = (ast.JoinedStr, ast.BinOp, ast.Call)
    assert [ast.unparse(one) for one in messages(name) if isinstance(one, put_together)] == []


def gaps(text: str) -> set[str]:
    return {name for _text, name, _format, _conversion in Formatter().parse(text) if name}


@in_every_language
def test_the_catalogue_holds_what_is_said_and_nothing_else(code: str) -> None:
    catalogue = read_language(code, TRANSLATIONS).catalogue
    assert sorted(said() ^ {message for message, text in catalogue.items() if text}) == []


@in_every_language
def test_a_translation_fills_the_same_gaps(code: str) -> None:
    catalogue = read_language(code, TRANSLATIONS).catalogue
    assert [one for one, text in catalogue.items() if gaps(one) != gaps(text)] == []
