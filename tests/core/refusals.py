"""Changed facts, and what the reader says of them."""

import pytest

from booking_endpoint.mistakes import ENGLISH
from booking_endpoint.reading import BadPractice, read_practice
from booking_endpoint.words import read_language
from deploy.writer import TRANSLATIONS
from tests.core.cast import FACTS

FRENCH = read_language("fr", TRANSLATIONS)

HERE = "# here"
"""Stands on the line that an error must name."""


def changed(*changes: tuple[str, str]) -> str:
    """The demo practice's facts, each old text replaced once by a new one."""
    text = FACTS
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def refusal(text: str) -> str:
    """What a server is told of bad facts; a doctor is told the same in French."""
    with pytest.raises(BadPractice) as error:
        read_practice(text, "practice.toml")
    assert error.value.what(FRENCH) != error.value.what(ENGLISH)
    return str(error.value)


def marked_line(text: str) -> int:
    [line] = [number for number, line in enumerate(text.splitlines(), 1) if HERE in line]
    return line
