"""The booking pictured on the privacy page: nobody's, sealed once, so that every build is the same.

`tests/vectors/example-2.json` holds the whole envelope, and the keys that open it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from booking_endpoint.envelope import SIZE


@dataclass(frozen=True, slots=True)
class Example:
    """One booking that never was, as typed and as kept."""

    name: str
    phone: str
    start: datetime
    end: datetime
    id: str
    envelope: str
    """Its first signs."""
    size: int


EXAMPLE = Example(
    name="Camille Exemple",
    phone="06 39 98 47 00",
    start=datetime(2026, 12, 1, 8, 0, tzinfo=UTC),
    end=datetime(2026, 12, 1, 8, 30, tzinfo=UTC),
    id="08b967cca5c548f3f48afb3806de568c",
    envelope=(
        "AjFKEOEWbp1cTEXECb6Xau_BhCHMOKLhxYiL_VnEoWZeSw9olwgsqvdifN5OvZtqKa"
        "eZQwsZ1Hzo_PN7XcNqeiOIle1Y0gseLI_T9gQk0_64RxTwnNbOPwntFEQTQW_W7QwO"
    ),
    size=SIZE,
)
