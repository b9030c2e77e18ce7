"""The booking pictured on the privacy page: nobody's, sealed once, so that every build is the same.

`tests/vectors/example-1.json` holds the whole envelope, and the keys that open it.
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
        "AQRirsCvmYMtNSCVNQ4YxbdSyNI2apEs4DfG8G3PN70iRMpq_Us1lsJO3gDnIf7ovJ"
        "jYdpPpPwxySaAqAHS0y6alQ7fkevCZ_tcdnAiAE5-UJyFgLxEm25MzNYL5wmCoUCln"
    ),
    size=SIZE,
)
