"""Calendars as text (RFC 5545) -> busy times. Pure; no title, place or person comes out."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product
from math import prod
from typing import Any
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Component

from booking_endpoint.availability import doors
from booking_endpoint.booking import mark
from booking_endpoint.instants import CELL, DAY, Slot, day_of, days_between, edge
from booking_endpoint.practice import Practice
from booking_endpoint.timetable import MIDNIGHT
from desk.calendar_out import is_ours

_ = mark

OFTEN = 48
"""Times a day at most that one event may come back: more is a mistake, or meant to keep us busy."""


class Unreadable(ValueError):
    """No calendar, or one whose times cannot be known. The message is for the catalogues; it
    repeats nothing of the text."""


def busy(texts: Iterable[str], window: Slot, zone: ZoneInfo, host: str) -> tuple[Slot, ...]:
    """When these calendars say that the doctor is busy, in UTC seconds: merged, earliest first.

    Whole cells, rounded outward; what has ended before the window is left out, and so are events
    that are free, cancelled, or bookings of our own. A day and a time without a zone are the
    practice's. Raises Unreadable where any text is none: half an answer would leave gaps.
    """
    found = (
        outward(slot)
        for text in texts
        for calendar in read(text)
        for slot in times(calendar, window, zone, host)
    )
    return merged(slot for slot in found if slot.end > window.start and slot.start < window.end)


def read(text: str) -> list[Calendar]:
    """The calendars in a text. One that was cut off is none: its last events would be missing."""
    try:
        # as bytes: in a text of one line the library would see the name of a file, and open it
        calendars = Calendar.from_ical(text.encode(), multiple=True)
    except Exception:  # whoever wrote it may have meant harm, and the library fails in many ways
        raise Unreadable(_("This is not a calendar.")) from None
    whole = text.rstrip().upper().endswith("END:VCALENDAR")
    if not whole or not calendars or {calendar.name for calendar in calendars} != {"VCALENDAR"}:
        raise Unreadable(_("This is not a calendar, or it ends before its end."))
    return calendars


def times(calendar: Calendar, window: Slot, zone: ZoneInfo, host: str) -> list[Slot]:
    """Every time that is taken, as it is."""
    try:
        return [*events(calendar, window, zone, host), *free_busy(calendar, zone)]
    except Unreadable:
        raise
    except Exception:  # as above
        raise Unreadable(_("An event says no time that can be read.")) from None


def events(calendar: Calendar, window: Slot, zone: ZoneInfo, host: str) -> Iterator[Slot]:
    """Every occurrence of every event that takes time."""
    for event in calendar.walk("VEVENT"):
        check(event)
    day = timedelta(days=1)  # a time without a zone may lie on the other side of midnight
    start, end = (datetime.fromtimestamp(moment, UTC) for moment in (window.start, window.end))
    for event in recurring_ical_events.of(calendar).between(start - day, end + day):
        if takes_time(event, host):
            yield span(event["DTSTART"].dt, event["DTEND"].dt, zone)


def check(event: Component) -> None:
    """Raise Unreadable where an event would be read wrong, or read for ever."""
    for name in ("DTSTART", "DTEND", "RECURRENCE-ID"):
        said = event.get(name)
        if said is not None and "TZID" in said.params and getattr(said.dt, "tzinfo", 0) is None:
            raise Unreadable(_("An event is in a time zone that the calendar does not explain."))
    rules = event.get("RRULE", [])
    if any(map(too_often, rules if isinstance(rules, list) else [rules])):
        raise Unreadable(_("An event comes back many times a day."))


def too_often(rule: Any) -> bool:
    """Whether a rule may name more than `OFTEN` times a day (RFC 5545, section 3.3.10)."""
    every = rule.get("FREQ", [""])[0]
    if every in ("SECONDLY", "MINUTELY") or min(rule.get("INTERVAL", [1])) < 1:
        return True
    times = [len(rule.get(part, "1")) for part in ("BYHOUR", "BYMINUTE", "BYSECOND")]
    return prod([24, *times[1:]] if every == "HOURLY" else times) > OFTEN


def takes_time(event: Component, host: str) -> bool:
    """Whether an event is somebody's time: neither free, nor cancelled, nor a booking of ours."""
    free = str(event.get("TRANSP", "")).upper() == "TRANSPARENT"
    cancelled = str(event.get("STATUS", "")).upper() == "CANCELLED"
    return not (free or cancelled or is_ours(str(event.get("UID", "")), host))


def free_busy(calendar: Calendar, zone: ZoneInfo) -> Iterator[Slot]:
    """The busy periods of VFREEBUSY, tentative ones too (RFC 5545, section 3.2.9)."""
    for component in calendar.walk("VFREEBUSY"):
        said = component.get("FREEBUSY", [])
        for period in said if isinstance(said, list) else [said]:
            if period.params.get("FBTYPE", "BUSY").upper() != "FREE":
                yield span(period.start, period.end, zone)


def span(start: date, end: date, zone: ZoneInfo) -> Slot:
    """From the earliest instant that the start may mean to the latest that the end may mean."""
    return Slot(min(meant(start, zone)), max(meant(end, zone)))


def meant(moment: date, zone: ZoneInfo) -> list[int]:
    """The instants of a day's beginning, or of a time: two where the clocks change (PEP 495)."""
    if not isinstance(moment, datetime):
        return [edge(moment, MIDNIGHT, zone)]
    local = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return [int(local.replace(fold=fold).timestamp()) for fold in (0, 1)]


def outward(slot: Slot) -> Slot:
    """The whole cells that hold this slot; none where it takes no time."""
    if slot.end <= slot.start:
        return Slot(slot.start, slot.start)
    return Slot(slot.start // CELL * CELL, -(-slot.end // CELL) * CELL)


def merged(slots: Iterable[Slot]) -> tuple[Slot, ...]:
    """The same time in as few slots as there can be, earliest first."""
    joined = list[Slot]()
    for slot in sorted(slots):
        if joined and slot.start <= joined[-1].end:
            joined[-1] = Slot(joined[-1].start, max(joined[-1].end, slot.end))
        elif slot.start < slot.end:
            joined.append(slot)
    return tuple(joined)


def window_of(practice: Practice, now: int) -> Slot:
    """From now to the end of the last day on which anything can be booked."""
    return Slot(now, now + (practice.furthest_days + 1) * DAY)


def within_doors(
    slots: Iterable[Slot], practice: Practice, window: Slot, more: Iterable[Slot] = ()
) -> tuple[Slot, ...]:
    """What of these slots falls into opening times, or into `more` hours offered at the desk.

    Whoever lists the free times sees no more. Other evenings and Sundays are nobody's business,
    and nothing is offered on them anyway.
    """
    first, last = (day_of(moment, practice.zone) for moment in (window.start, window.end))
    open_times = (
        Slot(edge(day, door.opens, practice.zone), edge(day, door.closes, practice.zone))
        for day in days_between(first, last)
        for door in doors(day, practice)
    )
    pairs = product((*open_times, *more), tuple(slots))
    return merged(Slot(max(a.start, b.start), min(a.end, b.end)) for a, b in pairs)
