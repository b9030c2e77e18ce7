"""What each file of the theme must be, byte for byte, for a browser to use it (W3C SRI)."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from theme.plugins.kept import files_in

STATIC = Path(__file__).parents[1] / "static"

LATER = ("times", "details", "envelope", "proof", "calendar", "exit")
"""The modules that a step of booking loads when it needs them."""


@cache
def integrity(name: str) -> str:
    """The `integrity` attribute of a file of the theme, by its path in `static/`."""
    return integrity_of((STATIC / name).read_bytes())


def integrity_of(data: bytes) -> str:
    """What W3C SRI calls these bytes."""
    return f"sha256-{base64.b64encode(hashlib.sha256(data).digest()).decode()}"


def place(made: Mapping[str, bytes]) -> str:
    """The folder of the theme's files in a site: another one whenever one of them is another.

    So a browser may keep them for good, and a page of the last release finds its own.
    """
    found = hashlib.sha256()
    for name, path in sorted(files_in(STATIC)):
        data = made[name] if name in made else Path(path).read_bytes()
        found.update(f"{name} {len(data)}\n".encode() + data)
    return f"theme/{found.hexdigest()[:8]}"


def later_modules() -> str:
    """Each module loaded later and what it must be, as `load` in flow.js reads them."""
    return " ".join(f"{name} {integrity(f'js/{name}.js')}" for name in LATER)


def vouching(made: Mapping[str, bytes]) -> Callable[[str], str]:
    """`integrity` for templates; of files that the build makes, what it made."""
    return lambda name: integrity_of(made[name]) if name in made else integrity(name)
