"""What each file of the theme must be, byte for byte, for a browser to use it (W3C SRI)."""

import base64
import hashlib
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parents[1] / "static"

LATER = ("times", "details", "envelope", "proof", "calendar", "exit")
"""The modules that a step of booking loads when it needs them."""


@cache
def integrity(name: str) -> str:
    """The `integrity` attribute of a file of the theme, by its path in `static/`."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def later_modules() -> str:
    """Each module loaded later and what it must be, as `load` in flow.js reads them."""
    return " ".join(f"{name} {integrity(f'js/{name}.js')}" for name in LATER)
