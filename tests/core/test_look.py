"""The look of the pages: what can be chosen, and that no choice makes them hard to read."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking_endpoint.look import (
    LOOKS,
    PLATE,
    TEXT,
    Colour,
    Look,
    Palette,
    contrast,
    least_contrast,
    readable,
)
from booking_endpoint.reading import read_practice
from tests.core.cast import DEMO, FACTS
from tests.core.refusals import HERE, marked_line, refusal

READABLE = 7
"""What WCAG 2.2 asks for at level AAA (1.4.6): the readers are old, and so are their phones."""

TO_BE_SEEN = 3
"""The bounds of a field (1.4.11)."""

BLACK, WHITE, GREY = Colour("#000000"), Colour("#ffffff"), Colour("#767676")

colours = st.binary(min_size=3, max_size=3).map(lambda three: Colour(f"#{three.hex()}"))
palettes = list(chain.from_iterable((look.day, look.dark) for look in LOOKS.values()))


def facts(*lines: str) -> str:
    return FACTS.replace("[doctor]\n", "\n".join(("[look]", *lines, "", "[doctor]", "")), 1)


def look(*lines: str) -> Look:
    return read_practice(facts(*lines)).look


def test_black_on_white_stands_out_most_and_this_grey_just_enough() -> None:
    """WCAG 2.2 gives 21 to 1 for the first; #767676 is the brightest grey of 4.5 on white."""
    assert contrast(BLACK, WHITE) == contrast(WHITE, BLACK) == pytest.approx(21)
    assert contrast(WHITE, WHITE) == pytest.approx(1)
    assert contrast(GREY, WHITE) >= TEXT > contrast(Colour("#777777"), WHITE)


@pytest.mark.parametrize("palette", palettes, ids=repr)
def test_all_letters_of_every_look_can_be_read_by_tired_eyes(palette: Palette) -> None:
    for name in ("ink", "soft", "accent", "warning"):
        assert least_contrast(getattr(palette, name), palette.grounds) >= READABLE, name


@pytest.mark.parametrize("palette", palettes, ids=repr)
def test_the_bounds_of_a_field_are_seen(palette: Palette) -> None:
    assert least_contrast(palette.edge, palette.grounds) >= TO_BE_SEEN


def test_a_practice_that_says_nothing_has_the_plate() -> None:
    assert DEMO.look == LOOKS[PLATE]


@pytest.mark.parametrize("name", LOOKS)
def test_one_line_chooses_a_look(name: str) -> None:
    assert look(f'name = "{name}"') == LOOKS[name]


def test_an_accent_of_ones_own_leaves_the_rest_of_the_look() -> None:
    chosen = look('name = "clear"', 'accent = "#5B2A86"', "corners = 0", 'portrait = "arch"')
    assert chosen.day.accent == "#5b2a86"
    assert (chosen.corners, chosen.portrait) == (0, "arch")
    assert chosen.day.paper == LOOKS["clear"].day.paper
    assert (chosen.letters, chosen.size) == (LOOKS["clear"].letters, LOOKS["clear"].size)


def test_an_accent_for_the_day_gives_one_for_the_dark() -> None:
    """It is brighter, and can be read."""
    chosen = look('accent = "#5b2a86"')
    assert least_contrast(chosen.dark.accent, chosen.dark.grounds) >= TEXT
    assert contrast(chosen.dark.accent, BLACK) > contrast(chosen.day.accent, BLACK)
    assert look('accent = "#5b2a86"', 'accent_dark = "#d9b8ff"').dark.accent == "#d9b8ff"


@given(colour=colours, at=st.sampled_from(palettes))
def test_near_any_colour_there_is_one_that_can_be_read(colour: Colour, at: Palette) -> None:
    """And a colour that can be read is left as it is."""
    grounds = at.grounds
    found = readable(colour, grounds)
    assert least_contrast(found, grounds) >= TEXT
    assert readable(found, grounds) == found


@pytest.mark.parametrize(
    ("line", "key", "said"),
    [
        ('name = "modern"', "name", "must be one of plate, garden, clear, not 'modern'"),
        ('accent = "brown"', "accent", "'brown' is not a colour such as #7d4410"),
        ('accent = "#7d441"', "accent", "is not a colour such as #7d4410"),
        ('accent = "#ffcc00"', "accent", "take a darker one, such as #"),
        ('accent_dark = "#333333"', "accent_dark", "take a brighter one, such as #"),
        ('letters = "Comic Sans"', "letters", "must be one of serif, sans"),
        ('size = "small"', "size", "must be one of normal, large, larger"),
        ('frame = "none"', "frame", "must be one of double, single"),
        ("corners = 40", "corners", "must be between 0 and 24, not 40"),
        ('portrait = "star"', "portrait", "must be one of straight, arch, round"),
        ('paper = "#000000"', "paper", "is not a known key"),
    ],
)
def test_a_bad_look_is_refused_by_file_line_and_key(line: str, key: str, said: str) -> None:
    text = facts(f"{line}  {HERE}")
    told = refusal(text)
    assert told.startswith(f"practice.toml, line {marked_line(text)}, look.{key}: ")
    assert said in told


@pytest.mark.parametrize("key", ["accent", "accent_dark"])
def test_the_colour_that_a_refusal_proposes_is_taken(key: str) -> None:
    told = refusal(facts(f'{key} = "#7f7f7f"'))
    proposed = told.rpartition("such as ")[2]
    chosen = look(f'{key} = "{proposed}"')
    assert proposed in (chosen.day.accent, chosen.dark.accent)
