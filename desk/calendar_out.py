"""Opened bookings -> a calendar for the doctor's own programs (RFC 5545). Pure.

It says when the doctor is busy and no more, unless names were asked for. Each event follows its
booking: one UID for good, and a SEQUENCE that grows whenever anything of it changes.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from icalendar import Calendar, Event

from booking_endpoint.booking import mark
from booking_endpoint.practice import Practice
from booking_endpoint.words import Language
from desk.opening import Opened

_ = mark

STATUS = {"confirmed": "CONFIRMED", "requested": "TENTATIVE", "cancelled": "CANCELLED"}


@dataclass(frozen=True, slots=True)
class Sent:
    """How an event stood in the calendar that was written last."""

    start: int
    end: int
    """UTC seconds, as below."""
    sequence: int
    stamp: int
    """When it came to stand so."""
    digest: str
    """SHA-256 of all that it said."""


def host_of(practice: Practice) -> str:
    """The host of the practice's site, which ends the UID of every event of ours."""
    return urlsplit(practice.legal.site_url).hostname or ""


def is_ours(uid: str, host: str) -> bool:
    """Whether an event is a booking of this practice that came back from a calendar."""
    return bool(re.fullmatch(rf"[0-9a-f]{{32}}@{re.escape(host)}", uid))


def calendar_of(
    bookings: Iterable[Opened],
    practice: Practice,
    language: Language,
    sent: Mapping[str, Sent],
    now: int,
    *,
    names: bool = False,
) -> tuple[bytes, dict[str, Sent]]:
    """The calendar of all bookings, and what to remember of it for the next one.

    The same bookings give the same bytes. What was sent before, lies ahead and is gone from the
    server is told as cancelled: a calendar does not forget by itself what it once took in.
    """
    told = {booking.id: told_of(booking, practice, language, names=names) for booking in bookings}
    free = language.say(_("Free"))
    for name, one in sent.items():
        if name not in told and one.end > now:
            told[name] = Told(one.start, one.end, "cancelled", free)
    remembered = {name: follow(sent.get(name), one, now) for name, one in sorted(told.items())}
    calendar, host = Calendar(), host_of(practice)
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Souspli//Desk//EN")
    calendar.add("method", "PUBLISH")
    for name, one in remembered.items():
        calendar.add_component(event(f"{name}@{host}", told[name], one))
    return calendar.to_ical(), remembered


@dataclass(frozen=True, slots=True, repr=False)
class Told:
    """What an event says. Has no repr: the title may be a name."""

    start: int
    end: int
    state: str
    title: str

    @property
    def digest(self) -> str:
        return sha256(f"{self.start} {self.end} {self.state} {self.title}".encode()).hexdigest()


def told_of(booking: Opened, practice: Practice, language: Language, *, names: bool) -> Told:
    """What the event of a booking says. A cancelled one names nobody, whatever was asked for."""
    cancelled = booking.state == "cancelled"
    title = title_of(booking.identity, practice, language) if names and not cancelled else ""
    plain = language.say(_("Free")) if cancelled else language.say(_("Busy"))
    start, end = (int(moment.timestamp()) for moment in (booking.start, booking.end))
    return Told(start, end, booking.state, title or plain)


def title_of(identity: Mapping[str, str], practice: Practice, language: Language) -> str:
    """Name and visit; the name alone where the visit is discreet, or unknown and may be."""
    name, visit = identity.get("name", ""), practice.visit(identity.get("visit", ""))
    return f"{name} – {visit.label[language.code]}" if visit and not visit.discreet else name


def follow(before: Sent | None, told: Told, now: int) -> Sent:
    """What to remember of an event: as before, or with the next number where it says another."""
    if before and before.digest == told.digest:
        return before
    sequence = before.sequence + 1 if before else 0
    return Sent(told.start, told.end, sequence, now, told.digest)


def event(uid: str, told: Told, sent: Sent) -> Event:
    """RFC 5545, section 3.6.1; the library folds and escapes."""
    made = Event()
    values: dict[str, Any] = {
        "uid": uid,
        "sequence": sent.sequence,
        "dtstamp": datetime.fromtimestamp(sent.stamp, UTC),
        "dtstart": datetime.fromtimestamp(told.start, UTC),
        "dtend": datetime.fromtimestamp(told.end, UTC),
        "summary": told.title,
        "status": STATUS[told.state],
        "transp": "TRANSPARENT" if told.state == "cancelled" else "OPAQUE",
        "class": "PRIVATE",
    }
    for name, value in values.items():
        made.add(name, value)
    return made
