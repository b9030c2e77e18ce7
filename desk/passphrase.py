"""A passphrase: drawn by lot, or one of one's own with what it is worth. Pure."""

import math
import re
import unicodedata
from collections.abc import Callable

from desk.paper import LISTS, plain_words

ENOUGH = 80
"""Bits that a password which is the only safeguard must have (CNIL, délibération 2022-100)."""

DRAWN = 8
"""Different words of a list of 2,048: 11 bits each, 87.98 in all."""

A_LETTER = 1.3
"""Bits of a letter of ordinary text at most (Shannon, Prediction and Entropy of Printed English,
1951)."""

Draw = Callable[[int], int]
"""A number below the one given, by lot: `secrets.randbelow`."""


def drawn(language: str, draw: Draw, count: int = DRAWN) -> str:
    """Different words by lot from the list of a language or the English one, without accents."""
    words, chosen = LISTS.get(language, LISTS["en"]), dict[str, None]()
    while len(chosen) < count:  # a word twice would be worth less
        chosen[words[draw(len(words))]] = None
    return " ".join(chosen)


def bits(passphrase: str) -> int:
    """What it is worth at least, in bits, to whoever knows how people choose.

    Different words of one of our lists count as drawn by lot: nobody picks eight of them
    by chance. Anything else counts as text, its repetitions once; a digit or another sign
    as a digit drawn by lot.
    """
    words = set(plain_words(passphrase))
    if words and any(words <= set(known) for known in LISTS.values()):
        return len(words) * int(math.log2(2048))
    text = "".join(dict.fromkeys(unicodedata.normalize("NFC", passphrase).casefold().split()))
    once = re.sub(r"(.+?)\1+", r"\1", text)
    letters = sum(sign.isalpha() for sign in once)
    return int(letters * A_LETTER + (len(once) - letters) * math.log2(10))


def strong(passphrase: str) -> bool:
    return bits(passphrase) >= ENOUGH
