"""The picture that goes along when the address of a page is sent to somebody (Open Graph). Pure.

A sealed envelope on a door plate, without a word: the only font that comes with Pillow has no
accents and no Hebrew, and one found on this machine would draw another picture on the next. The
words go along as text, in the language of the page.
"""

from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw

from booking_endpoint.look import Palette

WIDTH, HEIGHT = 1200, 630

FINER = 2
"""Drawn so many times larger, and then made smaller: no edge is jagged."""


@cache
def card(colours: Palette) -> bytes:
    """The picture as a PNG in the colours of the site, the same on every machine."""
    image = Image.new("RGB", (WIDTH * FINER, HEIGHT * FINER), colours.paper)
    draw = ImageDraw.Draw(image)

    def box(left: int, top: int, width: int) -> None:
        corners = (left, top, WIDTH - left, HEIGHT - top)
        draw.rectangle([FINER * at for at in corners], colours.leaf, colours.accent, FINER * width)

    def line(*points: tuple[int, int]) -> None:
        draw.line([(FINER * x, FINER * y) for x, y in points], colours.accent, FINER * 6, "curve")

    box(36, 36, 6)
    box(52, 52, 3)
    box(380, 180, 6)
    line((383, 183), (600, 340), (817, 183))
    line((383, 447), (548, 303))
    line((817, 447), (652, 303))
    draw.circle((FINER * 600, FINER * 336), FINER * 34, colours.accent)
    draw.circle((FINER * 600, FINER * 336), FINER * 22, colours.accent, colours.leaf, FINER * 2)
    small = image.resize((WIDTH, HEIGHT), Image.Resampling.BOX)
    written = BytesIO()
    small.quantize(16, dither=Image.Dither.NONE).save(written, "PNG")
    return written.getvalue()
