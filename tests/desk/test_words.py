"""The desk's words: every message is said in every language, and nothing else is."""

from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.extract import extract

from booking_endpoint.words import read_language

DESK = Path(__file__).parents[2] / "desk"
READER = "jinja2.ext:babel_extract"

in_every_language = pytest.mark.parametrize("code", ["fr", "he", "it"])


@cache
def used() -> frozenset[str]:
    """What desk and terminal say. A file that cannot be read is an error, not a page of none."""
    said = set()
    for path in (DESK / "templates").glob("*.html"):
        with path.open("rb") as template:
            found = extract(READER, template, {"_": None}, options={"silent": "false"})
            said |= {str(message) for _line, message, _notes, _context in found}
    for path in DESK.glob("*.py"):
        with path.open("rb") as module:
            found = extract("python", module, {"_": None}, options={"encoding": "utf-8"})
            said |= {str(message) for _line, message, _notes, _context in found}
    return frozenset(said)


def fields(text: str) -> list[str]:
    return sorted(name for _text, name, _format, _conversion in Formatter().parse(text) if name)


def test_the_desk_says_something() -> None:
    assert "Cancel" in used()


@in_every_language
def test_every_message_is_translated(code: str) -> None:
    catalogue = read_language(code, DESK / "translations").catalogue
    assert sorted(message for message in used() if not catalogue.get(message)) == []


@in_every_language
def test_a_translation_is_filled_with_what_its_message_is_filled_with(code: str) -> None:
    catalogue = read_language(code, DESK / "translations").catalogue
    assert {one for one, said in catalogue.items() if fields(one) != fields(said)} == set()


@in_every_language
def test_the_catalogue_holds_nothing_that_is_never_said(code: str) -> None:
    assert sorted(read_language(code, DESK / "translations").catalogue.keys() - used()) == []


@in_every_language
def test_a_catalogue_is_in_alphabetical_order_and_tells_of_no_machine(code: str) -> None:
    text = (DESK / "translations" / f"{code}.po").read_text("utf-8")
    messages = [line[7:-1] for line in text.splitlines() if line.startswith("msgid ")]
    assert messages == sorted(messages)
    assert not [line for line in text.splitlines() if line.startswith("#")]
    head = text.split("\n\n")[0].splitlines()[2:]
    assert {line.strip('"').split(":")[0] for line in head} == {"Language", "Content-Type"}


@in_every_language
def test_apostrophes_are_those_of_a_printer(code: str) -> None:
    said = read_language(code, DESK / "translations").catalogue.values()
    assert [text for text in said if "'" in text] == []


def test_no_line_of_french_can_begin_with_a_colon_or_a_question_mark() -> None:
    french = read_language("fr", DESK / "translations").catalogue.values()
    apart = [text for text in french for sign in ":;?!" if f" {sign}" in text]
    assert apart == []
    assert [
        text for text in french if text[-1] in ":;?!" and text[-2] != "\N{NO-BREAK SPACE}"
    ] == []
