"""A site without online booking: what is left out of it."""

from pathlib import Path

SCRIPTS = ("booking", "calendar", "details", "envelope", "flow", "manage", "next", "proof", "times")
"""What only booking and managing a visit need."""


def leave_out_booking(output: Path) -> None:
    """Take the scripts of booking out of a built site, where Pelican has put all of the theme's."""
    for name in SCRIPTS:
        (output / "theme" / "js" / f"{name}.js").unlink(missing_ok=True)
