"""24 words of paper: what was printed comes back, and what was not is found out."""

import unicodedata
from contextlib import suppress

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from mnemonic import Mnemonic

from booking_endpoint.envelope import SEED
from desk.paper import LANGUAGES, LISTS, WORDS, BadPaper, seed_of, words_of

seeds = st.binary(min_size=SEED, max_size=SEED)
languages = st.sampled_from(["fr", "en", "he", "it"])


@given(seeds, languages)
def test_what_was_printed_comes_back(seed: bytes, language: str) -> None:
    words = words_of(seed, language)
    assert len(words) == WORDS
    assert seed_of(" ".join(words)) == seed


@given(seeds, languages)
def test_four_letters_of_each_word_are_enough(seed: bytes, language: str) -> None:
    assert seed_of(" ".join(word[:4] for word in words_of(seed, language))) == seed


@given(seeds)
def test_capitals_accents_numbers_and_lines_do_not_matter(seed: bytes) -> None:
    """As a scanner, a careful hand or a copied list would have it."""
    spelt = Mnemonic("french").to_mnemonic(seed).split()
    typed = "\n".join(f"{number}. {word.upper()}," for number, word in enumerate(spelt, 1))
    assert seed_of(unicodedata.normalize("NFC", typed)) == seed
    assert seed_of(unicodedata.normalize("NFD", typed)) == seed


def test_the_lists_are_those_of_bip_39() -> None:
    """The vector of the standard for all-zero entropy, and letters that no keyboard lacks."""
    assert words_of(bytes(32), "en") == ["abandon"] * 23 + ["art"]
    for words in LISTS.values():
        assert len({word[:4] for word in words}) == len(words) == 2048
        assert all(word.isascii() and word.isalpha() and word.islower() for word in words)


@given(seeds, languages, st.data())
def test_two_words_that_changed_places_are_never_the_same_key(
    seed: bytes, language: str, data: st.DataObject
) -> None:
    """The checksum has eight bits: one slip in 256 passes it, and then gives another key."""
    words = words_of(seed, language)
    one, other = data.draw(st.lists(st.integers(0, 23), min_size=2, max_size=2, unique=True))
    assume(words[one] != words[other])
    words[one], words[other] = words[other], words[one]
    with suppress(BadPaper):
        assert seed_of(" ".join(words)) != seed


def test_the_checksum_finds_all_but_one_slip_in_256() -> None:
    """2,047 other words at one place: with eight bits of checksum, eight or so pass."""
    words = words_of(bytes(range(32)), "fr")
    passed = 0
    for other in LISTS["fr"]:
        if other != words[5]:
            try:
                seed_of(" ".join([*words[:5], other, *words[6:]]))
                passed += 1
            except BadPaper:
                continue
    assert passed <= 24


@pytest.mark.parametrize(
    ("place", "typed"), [(1, "abaisssr"), (7, "zzzz"), (24, "aba"), (12, "abaissers")]
)
def test_a_word_of_no_list_is_named_with_its_place(place: int, typed: str) -> None:
    words = words_of(bytes(range(32)), "fr")
    words[place - 1] = typed
    with pytest.raises(BadPaper) as wrong:
        seed_of(" ".join(words))
    assert (wrong.value.place, wrong.value.word) == (place, typed)


def test_a_misread_word_brings_those_that_look_like_it() -> None:
    words = words_of(bytes(range(32)), "fr")
    words[3] = "abaiser"
    with pytest.raises(BadPaper) as wrong:
        seed_of(" ".join(words))
    assert "abaisser" in wrong.value.near


@pytest.mark.parametrize("count", [0, 1, 12, 23, 25, 48])
def test_too_few_and_too_many_words_are_counted(count: int) -> None:
    words = words_of(bytes(range(32)), "it")
    with pytest.raises(BadPaper) as wrong:
        seed_of(" ".join((words * 2)[:count]))
    assert (wrong.value.count, wrong.value.place) == (count, 0)


def test_words_of_two_lists_are_no_paper() -> None:
    french, english = (words_of(bytes(range(32)), code) for code in ("fr", "en"))
    with pytest.raises(BadPaper):
        seed_of(" ".join([*french[:12], *english[12:]]))


@given(st.text())
def test_whatever_is_typed_gives_a_seed_or_says_what_is_wrong(text: str) -> None:
    with suppress(BadPaper):
        assert len(seed_of(text)) == SEED


def test_every_language_of_a_practice_has_a_list() -> None:
    assert set(LANGUAGES) == {"fr", "en", "it"}
    assert words_of(bytes(32), "he") == words_of(bytes(32), "en")
