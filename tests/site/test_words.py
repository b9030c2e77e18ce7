"""The theme's words: every one of them in every language, with the same gaps to fill."""

import re

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

from booking_endpoint.words import OWN_WORDS, read_language
from tests.serving import ROOT
from theme.plugins.words import TRANSLATIONS

TEMPLATES = TRANSLATIONS.parent / "templates"
LANGUAGES = ("fr", "he", "it")
ALIKE = {"Pages", "Source", "Sources", "Articles", "Profession", "E-mail", "{minutes} minutes"}
"""What is the same word in English and in another of our languages."""


def messages() -> set[str]:
    """Every message a template of the theme says, or a block of a text."""
    found: set[str] = set()
    for path in TEMPLATES.rglob("*.html"):
        with path.open("rb") as stream:
            for _, _, message, _ in babel_extract(stream, ("_",), (), {}):
                found.update(filter(None, [message] if isinstance(message, str) else message or ()))
        found.update(re.findall(r'tongue\.say\("([^"]+)"\)', path.read_text("utf-8")))
    with (TEMPLATES.parent / "plugins" / "blocks.py").open("rb") as module:
        found |= {str(message) for _, message, _, _ in extract("python", module, {"_": None})}
    return found


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_message_is_translated(code: str) -> None:
    catalogue = read_language(code, OWN_WORDS, TRANSLATIONS).catalogue
    assert sorted(message for message in messages() if not catalogue.get(message)) == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_translation_fills_the_same_gaps(code: str) -> None:
    for message, said in read_language(code, TRANSLATIONS).catalogue.items():
        gaps = [sorted(re.findall(r"\{\w+\}", text)) for text in (message, said)]
        assert gaps[0] == gaps[1], message


@pytest.mark.parametrize("code", LANGUAGES)
def test_nothing_was_left_in_english(code: str) -> None:
    catalogue = read_language(code, TRANSLATIONS).catalogue
    assert [m for m, said in catalogue.items() if said == m and m not in ALIKE] == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_catalogue_keeps_a_message_nobody_says(code: str) -> None:
    with (TRANSLATIONS / f"{code}.po").open("rb") as stream:
        known = {str(message.id) for message in read_po(stream) if message.id}
    assert sorted(known - messages()) == []


def test_an_article_of_law_keeps_its_order_in_hebrew() -> None:
    """Its brackets would change places: 6(1)(f) was read as (f)(1)6."""
    said = read_language("he", TRANSLATIONS).catalogue.values()
    assert [text for text in said if re.search(r"(?<!\u2066)\b\d+\(\d\)", text)] == []


def test_no_french_sign_begins_a_line() -> None:
    """A colon keeps to its word by a space that does not break; code between ` stays as typed."""
    rooms = ("booking_endpoint", "deploy", "deploy/check", "desk", "theme")
    for path in (ROOT / room / "translations" / "fr.po" for room in rooms):
        said = [line for line in path.read_text("utf-8").splitlines() if line.startswith("msgstr")]
        loose = [line for line in said if re.search(r'\w [:;?!»](?=[\s."]|$)|« ', line)]
        assert loose == [], path
