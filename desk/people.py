"""Who is to be called, and who holds several times. Pure: knows no page and no clock."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from desk.opening import Opened


def together(bookings: Iterable[Opened], now: datetime) -> dict[str, list[Opened]]:
    """The coming visits of people who hold several, by the id of each of them.

    One person is the same name and the same phone, however they were written.
    """
    held = defaultdict[tuple[str, str], list[Opened]](list)
    for booking in bookings:
        if booking.start > now and booking.state != "cancelled" and (who := person(booking)):
            held[who].append(booking)
    several = (sorted(found, key=lambda one: one.start) for found in held.values())
    return {one.id: found for found in several if len(found) > 1 for one in found}


def person(booking: Opened) -> tuple[str, str] | None:
    """A name and a phone without what people write differently; None when one is missing."""
    name = " ".join(booking.identity.get("name", "").casefold().split())
    digits = "".join(filter(str.isdecimal, booking.identity.get("phone", "")))
    return (name, digits[-9:]) if name and digits else None


def to_call(bookings: Iterable[Opened], since: datetime, until: datetime) -> list[Opened]:
    """Whose visit is not over between these instants, in the order in which they come."""
    standing = (one for one in bookings if one.state != "cancelled")
    found = (one for one in standing if one.end > since and one.start < until)
    return sorted(found, key=lambda one: (one.start, one.id))
