"""A site without online booking: what is left out of it."""

from pathlib import Path

SCRIPTS = ("booking", "calendar", "details", "envelope", "flow", "manage", "next", "proof", "times")
"""What only booking and managing a visit need."""


def leave_out_booking(folder: Path) -> None:
    """Take the scripts of booking out of the theme's files, all of which Pelican has put there."""
    for name in SCRIPTS:
        (folder / "js" / f"{name}.js").unlink(missing_ok=True)
