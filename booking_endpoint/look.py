"""What pages look like: three looks, and colours that can be read. Values; knows no CSS."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NewType

from booking_endpoint.mistakes import Mistake

Colour = NewType("Colour", str)
"""`#rrggbb`, in small letters, in sRGB."""

TEXT = 4.5
"""How much letters must stand out at least (WCAG 2.2, 1.4.3, level AA)."""

BLACK, WHITE = Colour("#000000"), Colour("#ffffff")
STEPS = 100


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one scheme, by day or in the dark."""

    paper: Colour
    """What everything stands on; also the letters on a button."""
    leaf: Colour
    """Cards, notices and fields."""
    ink: Colour
    soft: Colour
    """Letters that matter less."""
    rule: Colour
    """Lines that only part."""
    edge: Colour
    """Lines that say: here one can write or choose."""
    accent: Colour
    """Links, buttons, and the lines of the door sign."""
    warning: Colour

    @property
    def grounds(self) -> tuple[Colour, Colour]:
        """What letters may stand on."""
        return self.paper, self.leaf


@dataclass(frozen=True, slots=True)
class Look:
    """All that a practice may choose of how its pages look."""

    day: Palette
    dark: Palette
    letters: str
    """Of names and headings, one of LETTERS."""
    size: str
    """Of all letters, one of SIZES."""
    frame: str
    """Around the door sign and the receipt, one of FRAMES."""
    corners: int
    """How round, in pixels."""
    portrait: str
    """One of PORTRAITS."""


LETTERS = ("serif", "sans")
SIZES = ("normal", "large", "larger")
FRAMES = ("double", "single")
PORTRAITS = ("straight", "arch", "round")
ROUNDEST = 24


def palette(*colours: str) -> Palette:
    return Palette(*map(Colour, colours))


PLATE = "plate"
LOOKS: Mapping[str, Look] = {
    PLATE: Look(
        palette(
            *("#f7f2e8", "#fffcf5", "#261e15", "#574a3a"),
            *("#cfc0a5", "#84704f", "#75400f", "#8c1c13"),
        ),
        palette(
            *("#1a1612", "#241e18", "#f0e7d9", "#bdae98"),
            *("#4d4233", "#98866a", "#e6b677", "#ffa793"),
        ),
        *("serif", "normal", "double", 3, "straight"),
    ),
    "garden": Look(
        palette(
            *("#f2f5ee", "#fcfefa", "#1b241b", "#455145"),
            *("#c2ceba", "#6a7a66", "#25562f", "#8c1c13"),
        ),
        palette(
            *("#131915", "#1b231d", "#e6eee3", "#b0bfac"),
            *("#3b4a3d", "#83967f", "#a5d3a6", "#ffa793"),
        ),
        *("serif", "normal", "single", 14, "arch"),
    ),
    "clear": Look(
        palette(
            *("#ffffff", "#f2f6fa", "#131f2a", "#425060"),
            *("#c3cfda", "#66768a", "#0b4a80", "#8c1c13"),
        ),
        palette(
            *("#10161c", "#19222b", "#e8eef4", "#b0bdc9"),
            *("#384653", "#8294a6", "#96c7f2", "#ffa793"),
        ),
        *("sans", "large", "single", 4, "round"),
    ),
}
"""Engraved on good paper; green and round; large, in blue on white. The first is the usual."""


def read_colour(text: str) -> Colour:
    """A colour as `#7d4410`; raises Mistake with what to write instead."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise Mistake("'{text}' is not a colour such as #7d4410: # and six of 0-9, a-f", text=text)
    return Colour(text.lower())


def channels(colour: Colour) -> tuple[int, ...]:
    """Red, green and blue, 0 to 255."""
    return tuple(bytes.fromhex(colour[1:]))


def luminance(colour: Colour) -> float:
    """How bright it is, from 0 to 1 (WCAG 2.2, relative luminance)."""
    red, green, blue = map(linear, channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(channel: int) -> float:
    share = channel / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def contrast(one: Colour, other: Colour) -> float:
    """How much two colours stand out from each other, from 1 to 21 (WCAG 2.2, contrast ratio)."""
    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


def least_contrast(colour: Colour, grounds: Iterable[Colour]) -> float:
    return min(contrast(colour, ground) for ground in grounds)


def readable(colour: Colour, grounds: tuple[Colour, ...]) -> Colour:
    """The colour itself where it can be read on these grounds, else the next darker or brighter."""
    end = max((BLACK, WHITE), key=lambda one: least_contrast(one, grounds))
    mixed = (mix(colour, end, step / STEPS) for step in range(STEPS + 1))
    return next(one for one in mixed if least_contrast(one, grounds) >= TEXT)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """A colour with a share of another, 0 to 1."""
    pairs = zip(channels(one), channels(other), strict=True)
    return Colour("#" + bytes(round(a + (b - a) * share) for a, b in pairs).hex())
