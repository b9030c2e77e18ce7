"""A look as custom properties, and the style sheet they begin. The rules are in site.css."""

from dataclasses import asdict
from pathlib import Path

from booking_endpoint.look import Look, Palette
from theme.plugins.integrity import STATIC

SHEET = "site.css"

LETTERS = {"serif": ("var(--serif)", "400"), "sans": ("var(--sans)", "600")}
"""Of names and headings, and how heavy: without serifs, size alone does not make a heading."""

SIZES = {"normal": "1", "large": "1.12", "larger": "1.25"}
FRAMES = {"double": "5px double var(--accent)", "single": "1px solid var(--edge)"}
PORTRAITS = {
    "straight": ("var(--corner)", "4 / 5"),
    "arch": ("50% 50% 0 0 / 40% 40% 0 0", "4 / 5"),
    "round": ("50%", "1"),
}
"""How its corners are cut, and how wide it is for its height."""


def sheet(look: Look) -> bytes:
    """What the site's style sheet is: the look, then the rules that are the same for all."""
    return properties(look).encode() + (STATIC / SHEET).read_bytes()


def publish(look: Look, folder: Path) -> None:
    """Put the style sheet where Pelican has put the rules alone."""
    (folder / SHEET).write_bytes(sheet(look))


def properties(look: Look) -> str:
    """What this look sets; the frame takes its colour from the scheme."""
    letters, weight = LETTERS[look.letters]
    corner, ratio = PORTRAITS[look.portrait]
    shape = {
        "letters": letters,
        "weight": weight,
        "size": SIZES[look.size],
        "frame": FRAMES[look.frame],
        "corner": f"{look.corners}px",
        "portrait": corner,
        "portrait-ratio": ratio,
    }
    day, dark = declared(shape | colours(look.day)), declared(colours(look.dark))
    in_the_dark = f"@media (prefers-color-scheme: dark) {{\n:root {{\n{dark}}}\n}}"
    return f":root {{\n{day}}}\n\n{in_the_dark}\n\n"


def colours(palette: Palette) -> dict[str, str]:
    return asdict(palette)


def declared(values: dict[str, str]) -> str:
    return "".join(f"  --{name}: {value};\n" for name, value in values.items())
