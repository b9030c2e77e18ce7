"""The endpoint's words: every message is said in every language, and nothing else is."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.extract import extract

from booking_endpoint.words import OWN_WORDS, read_language

ROOT = Path(__file__).parents[2]
PACKAGE, THEME = ROOT / "booking_endpoint", ROOT / "theme"
THEME_WORDS = THEME / "translations"

MARKS = ("_", "mark")
READER = "jinja2.ext:babel_extract"
SHARED = ("booking.html", "manage.html", "partials/times.html")
"""The theme's pages that are made of the endpoint's fragments and say the same things."""

AT_A_LINE_END = re.compile(r"(?<!\N{NO-BREAK SPACE})[:;?!](?!\S)")
"""Punctuation that French sets apart, where it could begin a line or is not set apart."""

in_every_language = pytest.mark.parametrize("code", ["fr", "he", "it"])


def marked(path: Path) -> Iterator[str]:
    """The messages of a module: whatever string is first in a call of `_` or `mark`."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(message)), *_rest]):
                if name in MARKS:
                    yield message


def said(path: Path) -> Iterator[str]:
    """The messages of a template. One that cannot be read is an error here, not a page of none."""
    with path.open("rb") as template:
        found = extract(READER, template, {"_": None}, options={"silent": "false"})
        for _line, message, _notes, _context in found:
            assert isinstance(message, str), f"{path.name}: one form, whatever the number"
            yield message


@cache
def answered() -> frozenset[str]:
    """What the endpoint says itself."""
    code = [message for path in PACKAGE.rglob("*.py") for message in marked(path)]
    fragments = [message for path in PACKAGE.glob("fragments/*.html") for message in said(path)]
    return frozenset(code + fragments)


@cache
def used() -> frozenset[str]:
    """What the endpoint says, and what the theme says on the pages both make."""
    pages = [message for name in SHARED for message in said(THEME / "templates" / name)]
    return answered() | frozenset(pages)


def fields(text: str) -> set[str]:
    return {name for _text, name, _format, _conversion in Formatter().parse(text) if name}


@in_every_language
def test_every_message_is_translated(code: str) -> None:
    language = read_language(code, OWN_WORDS, THEME_WORDS)
    assert [message for message in sorted(used()) if not language.catalogue.get(message)] == []


@in_every_language
def test_the_endpoint_speaks_without_the_theme(code: str) -> None:
    """Its own pages are filled from its own catalogue."""
    language = read_language(code, OWN_WORDS)
    assert [message for message in sorted(answered()) if not language.catalogue.get(message)] == []


@in_every_language
def test_a_translation_is_filled_with_what_its_message_is_filled_with(code: str) -> None:
    language = read_language(code, OWN_WORDS, THEME_WORDS)
    spoken = {message: language.say(message) for message in used()}
    assert {text for message, text in spoken.items() if fields(message) != fields(text)} == set()


@in_every_language
def test_the_catalogue_holds_nothing_that_is_never_said(code: str) -> None:
    assert sorted(read_language(code, OWN_WORDS).catalogue.keys() - used()) == []


@in_every_language
def test_theme_and_endpoint_say_a_message_alike(code: str) -> None:
    """A booking runs through pages of both. Spaces that break or do not are one here."""
    own, theme = (read_language(code, folder).catalogue for folder in (OWN_WORDS, THEME_WORDS))
    both = own.keys() & theme.keys()
    assert [(own[one], theme[one]) for one in both if own[one].split() != theme[one].split()] == []


def test_no_line_of_french_can_begin_with_a_colon_or_a_question_mark() -> None:
    french = read_language("fr", OWN_WORDS).catalogue.values()
    assert [text for text in french if AT_A_LINE_END.search(text)] == []
