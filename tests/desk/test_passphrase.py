"""What a passphrase is worth, told without flattery."""

import math
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.paper import LISTS
from desk.passphrase import DRAWN, ENOUGH, bits, drawn, strong


@given(st.sampled_from(["fr", "en", "he", "it"]), st.integers(0, 2**32))
def test_what_is_drawn_is_always_strong_enough(language: str, start: int) -> None:
    """Also when chance gives a word twice: then another is drawn."""
    chance = (start + at // 2 * 7 for at in count())
    text = drawn(language, lambda below: next(chance) % below)
    assert len(text.split()) == DRAWN
    assert bits(text) == 88
    assert strong(text)


def test_each_word_is_drawn_from_the_whole_list() -> None:
    asked = list[int]()

    def draw(below: int) -> int:
        asked.append(below)
        return below - len(asked)

    assert drawn("fr", draw) == " ".join(LISTS["fr"][:-9:-1])
    assert asked == [2048] * 8
    assert DRAWN * math.log2(2048) >= ENOUGH


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "motdepasse",
        "Valombreuse1938!",
        "Tr0ub4dor&3",
        "correct horse battery staple",
        "0123456789",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "motdepasse" * 12,
        "mon mon mon mon mon mon mon mon mon mon mon mon mon mon mon mon mon mon mon mon mon",
        "Le chien de ma voisine aime les croquettes",
        "יש לי כלב קטן ולבן",
    ],
)
def test_what_people_choose_is_not_enough(text: str) -> None:
    assert not strong(text), bits(text)


@pytest.mark.parametrize(
    "text",
    [
        "Au printemps les hirondelles reviennent toujours sous le toit de la ferme de Camille",
        "48151623421729384756019283",
        "abandon ability able about above absent absorb abstract",
    ],
)
def test_what_is_long_enough_or_drawn_is_enough(text: str) -> None:
    assert strong(text), bits(text)


@given(st.text(max_size=60))
def test_nothing_is_worth_more_said_twice(text: str) -> None:
    assert bits(f"{text} {text}") <= max(bits(text), 11 * len(text.split())) + 4


@given(st.text(max_size=40))
def test_a_letter_is_never_worth_more_than_a_digit_drawn(text: str) -> None:
    assert bits(text) <= max(len(text) * math.log2(10), 11 * len(text.split())) + 1
