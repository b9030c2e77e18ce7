"""Calendars of somebody who does not exist, line by line (RFC 5545)."""

from booking_endpoint.instants import Slot
from tests.desk.cast import at

TITLE = "Zoé chez l’oncologue"
"""What must never leave the machine."""


def calendar(*events: str, name: str = "VCALENDAR") -> str:
    """A whole calendar; each event, or other component, is lines between its BEGIN and END."""
    lines = [f"BEGIN:{name}", "VERSION:2.0", "PRODID:-//x//y//EN", *events, f"END:{name}", ""]
    return "\r\n".join(lines).replace("\n\n", "\n")


def event(*lines: str, uid: str = "dentist@elsewhere") -> str:
    """One event, with a title and a place that nobody may learn."""
    head = ["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260101T000000Z", f"SUMMARY:{TITLE}"]
    return "\r\n".join([*head, f"LOCATION:{TITLE}", *lines, "END:VEVENT"])


def lasting(start: str, end: str, *lines: str, uid: str = "dentist@elsewhere") -> str:
    """An event from one wall time in Paris to another: `20261123T090000`."""
    zone = ";TZID=Europe/Paris:"
    return event(f"DTSTART{zone}{start}", f"DTEND{zone}{end}", *lines, uid=uid)


def slot(start: str, end: str, day: int = 0) -> Slot:
    """From one time on the door to another, so many days after the Monday of the cast."""
    return Slot(int(at(start, day).timestamp()), int(at(end, day).timestamp()))
