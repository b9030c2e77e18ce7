"""The [look] of the facts -> Look. Refuses colours that cannot be read."""

from dataclasses import replace

from booking_endpoint.facts import Facts
from booking_endpoint.look import (
    FRAMES,
    LETTERS,
    LOOKS,
    PLATE,
    PORTRAITS,
    ROUNDEST,
    SIZES,
    TEXT,
    Colour,
    Look,
    Palette,
    least_contrast,
    read_colour,
    readable,
)
from booking_endpoint.mistakes import to_writer

PALE = to_writer(
    "{colour} stands out only {found} to 1 from what it is written on; 4.5 is the least"
    " (WCAG 2.2, 1.4.3): take a darker one, such as {near}"
)
DIM = to_writer(
    "{colour} stands out only {found} to 1 from what it is written on in the dark; 4.5 is the least"
    " (WCAG 2.2, 1.4.3): take a brighter one, such as {near}"
)


def read_look(facts: Facts) -> Look:
    """One of the looks, with what the practice wants otherwise; raises BadPractice."""
    return read_table(facts.table("look")) if "look" in facts else LOOKS[PLATE]


def read_table(facts: Facts) -> Look:
    look = LOOKS[facts.choice("name", LOOKS, PLATE)]
    day, dark = look.day, look.dark
    if "accent" in facts:
        day = replace(day, accent=read_accent(facts, "accent", day, PALE))
        dark = replace(dark, accent=readable(day.accent, dark.grounds))
    if "accent_dark" in facts:
        dark = replace(dark, accent=read_accent(facts, "accent_dark", dark, DIM))
    chosen = Look(
        day=day,
        dark=dark,
        letters=facts.choice("letters", LETTERS, look.letters),
        size=facts.choice("size", SIZES, look.size),
        frame=facts.choice("frame", FRAMES, look.frame),
        corners=facts.number("corners", 0, ROUNDEST, look.corners),
        portrait=facts.choice("portrait", PORTRAITS, look.portrait),
    )
    facts.done()
    return chosen


def read_accent(facts: Facts, key: str, palette: Palette, message: str) -> Colour:
    colour = facts.parsed(key, read_colour)
    if (found := least_contrast(colour, palette.grounds)) < TEXT:
        near = readable(colour, palette.grounds)
        raise facts.wrong(key, message, colour=colour, found=f"{found:.1f}", near=near)
    return colour
