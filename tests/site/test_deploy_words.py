"""What is said to who writes: every message in every language, and none that is never said."""

from functools import cache
from string import Formatter

import pytest
from babel.messages.extract import extract

from booking_endpoint.words import read_language
from deploy.draft import TRANSLATIONS
from tests.serving import ROOT

IMPORTING = ("__main__", "mirror", "places", "plan", "report", "there", "tree", "wordpress")
SAYING = (
    *(f"deploy/{name}.py" for name in ("draft", "new", "serve")),
    *(f"deploy/importing/{name}.py" for name in IMPORTING),
    *(f"theme/plugins/{name}.py" for name in ("heads", "reading", "syntax")),
)

in_every_language = pytest.mark.parametrize("code", ["fr", "he", "it"])


@cache
def said() -> frozenset[str]:
    found = set()
    for name in SAYING:
        with (ROOT / name).open("rb") as module:
            messages = extract("python", module, {"_": None}, options={"encoding": "utf-8"})
            found |= {str(message) for _line, message, _notes, _context in messages}
    return frozenset(found)


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
