"""A key as words on paper: 32 bytes -> 24 words, and back. Pure, but for the lists of words.

BIP-39: 24 words of a list of 2,048 hold 256 bits and eight of a checksum. Written without
accents, and known by their first four letters: the lists were made for that.
"""

import re
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

import segno
from mnemonic import Mnemonic

WORDS = 24
LANGUAGES = {"fr": "french", "it": "italian", "en": "english"}
"""The languages of a list; the others take the English one."""


@dataclass(frozen=True, slots=True, repr=False)
class Paper:
    """What one sheet tells. Has no repr: a traceback must never hold a key."""

    whose: str
    role: str
    day: date
    words: list[str]
    fingerprint: str


class BadPaper(ValueError):
    """What was typed is not what was printed; says where, as far as that can be told."""

    def __init__(self, count: int, place: int = 0, word: str = "", near: Sequence[str] = ()):
        super().__init__()
        self.count = count
        """How many words were typed."""
        self.place, self.word, self.near = place, word, near
        """The first that stands in no list, from 1 on, and words that look like it; or 0."""


def without_accents(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def plain_words(text: str) -> list[str]:
    """The words of a text, without accents, numbers and what stands between them."""
    return re.findall(r"[^\W\d_]+", without_accents(text))


MNEMONICS = {code: Mnemonic(name) for code, name in LANGUAGES.items()}
LISTS = {
    code: [without_accents(word) for word in mnemonic.wordlist]
    for code, mnemonic in MNEMONICS.items()
}
BEGINNINGS = {
    code: {word[:4]: place for place, word in enumerate(words)} for code, words in LISTS.items()
}
"""Where a word stands, by its first four letters, which it shares with no other of its list."""


def words_of(seed: bytes, language: str) -> list[str]:
    """The 24 words of a seed, in the language's list or the English one, without accents."""
    return plain_words(MNEMONICS.get(language, MNEMONICS["en"]).to_mnemonic(seed))


def seed_of(text: str) -> bytes:
    """The seed of 24 words as somebody typed or scanned them; raises BadPaper.

    Capitals, accents, numbers before the words and all but four letters of a word do not matter.
    """
    typed = plain_words(text)
    read = {code: [place_of(word, code) for word in typed] for code in LISTS}
    for code, places in read.items():
        found = [place for place in places if place is not None]
        if len(found) == len(typed) == WORDS:
            mnemonic = MNEMONICS[code]
            with suppress(ValueError):  # the checksum
                return bytes(mnemonic.to_entropy([mnemonic.wordlist[place] for place in found]))
    code, places = min(read.items(), key=lambda tried: tried[1].count(None))
    if None in places:
        place = places.index(None)
        near = get_close_matches(typed[place], LISTS[code], 3)
        raise BadPaper(len(typed), place + 1, typed[place], near)
    raise BadPaper(len(typed))


def place_of(word: str, code: str) -> int | None:
    """Where in a list a word stands, from its first four letters or more; None for no word."""
    place = BEGINNINGS[code].get(word[:4])
    return place if place is not None and LISTS[code][place].startswith(word) else None


def picture(words: list[str]) -> str:
    """The words as a QR code (ISO/IEC 18004), in SVG; a scanner that types, types them."""
    code = segno.make(" ".join(words).upper(), error="m", micro=False)
    return str(code.svg_inline(scale=4, border=4, omitsize=True, dark="#000", light="#fff"))
