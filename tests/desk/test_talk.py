"""Asking in a terminal: nothing to copy is broken, yes is a whole word, no secret stays behind."""

from itertools import repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking_endpoint.words import read_language
from desk.__main__ import TRANSLATIONS
from desk.talk import Talk

FINGERPRINT = "95ef e2a0 78de 4ed8 98f1 36ac 2207 7a4d"
COMMAND = "python3 tasks.py keys restore"
LOST = (
    "This passphrase does not open the key. If it is lost, take the paper and run "
    "`python3 tasks.py keys restore`."
)
REPLACED = "The facts already name a key for this role, {fingerprint}. To replace it: {command}"
YES = {"fr": "oui", "en": "yes", "he": "כן", "it": "sì"}

in_every_language = pytest.mark.parametrize("code", YES)


def told(code: str, message: str, **values: object) -> list[str]:
    """The lines on the screen."""
    lines = list[str]()
    Talk(read_language(code, TRANSLATIONS), input, input, lines.append).tell(message, **values)
    return "".join(lines).splitlines()


def agrees(code: str, *answers: str) -> list[bool]:
    """What each answer to a question is taken for."""
    typed = iter(answers)
    talk = Talk(read_language(code, TRANSLATIONS), lambda _: next(typed), input, lambda _: None)
    return [talk.agrees(question) for question in repeat("Sure?", len(answers))]


@in_every_language
def test_what_is_to_be_copied_stays_on_one_line(code: str) -> None:
    """In a terminal of eighty signs, which is what a new one has."""
    assert any(COMMAND in line for line in told(code, LOST))
    command = "python3 tasks.py keys rotate --role secretary"
    lines = told(code, REPLACED, fingerprint=FINGERPRINT, command=command)
    assert any(FINGERPRINT in line for line in lines)
    assert any(command in line for line in lines)
    assert max(map(len, lines)) <= 80


@given(st.lists(st.text("ab-", min_size=1, max_size=30), min_size=1).map(" ".join))
def test_whatever_is_said_fits_a_terminal_and_loses_nothing(text: str) -> None:
    lines = told("en", text)
    assert " ".join(lines).strip() == text
    assert max(map(len, lines)) <= 80


def test_a_path_that_is_longer_than_a_line_is_not_cut() -> None:
    path = "/home/doctor/" + "a-long-folder/" * 9 + "practice.toml"
    message = "The public half stands in {facts}. Publish the site now."
    assert any(path in line for line in told("en", message, facts=path))


@in_every_language
def test_the_word_for_yes_is_a_yes(code: str) -> None:
    yes = YES[code]
    assert all(agrees(code, yes, f" {yes} ", yes.upper()))


@in_every_language
def test_anything_else_is_a_no(code: str) -> None:
    """One letter is typed by chance, a word is not."""
    others = [word for language, word in YES.items() if language != code]
    assert not any(agrees(code, "", " ", "y", "o", "s", YES[code] * 2, "no", *others))


def test_yes_may_lack_its_accent_or_carry_it_apart() -> None:
    """A keyboard without ì; a terminal that sends the letter and its accent as two signs."""
    assert all(agrees("it", "si", "SI", "sì", "si\N{COMBINING GRAVE ACCENT}"))


def test_clearing_empties_the_screen_and_what_was_scrolled_away() -> None:
    """ED 2 and 3 of ECMA-48 and xterm: words that stay above the screen can be read there."""
    written = list[str]()
    Talk(read_language("en", TRANSLATIONS), input, input, written.append).clear()
    assert {"\033[2J", "\033[3J"} <= {f"\033{part}" for part in written[0].split("\033")}
