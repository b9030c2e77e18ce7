"""Opened bookings -> the days of an agenda. Pure: knows no page, no clock, no server."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from booking_endpoint.availability import rfc3339
from booking_endpoint.practice import Practice
from desk.opening import Opened


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """One line of the agenda, in the practice's own time."""

    booking: Opened
    start: datetime
    end: datetime
    visit: str
    age: int | None
    doubt: str
    """Why to look twice: `slot` (sealed for another time), or the error of its envelope."""

    @property
    def cancelled(self) -> bool:
        return self.booking.state == "cancelled"

    @property
    def requested(self) -> bool:
        return self.booking.state == "requested"

    @property
    def dial(self) -> str:
        """The phone as a `tel:` address (RFC 3966): digits and a leading plus, nothing else."""
        phone = self.booking.identity.get("phone", "")
        return "".join(sign for sign in phone if sign in "+0123456789")


@dataclass(frozen=True, slots=True, repr=False)
class Day:
    """One day of the agenda."""

    date: date
    entries: list[Entry]
    today: bool


def week_of(
    day: date, bookings: Iterable[Opened], practice: Practice, language: str, today: date
) -> list[Day]:
    """The week (Monday to Sunday) that holds this day, each day with its entries in order."""
    monday = day - timedelta(days=day.weekday())
    return [
        day_of(monday + timedelta(days=offset), bookings, practice, language, today)
        for offset in range(7)
    ]


def day_of(
    day: date, bookings: Iterable[Opened], practice: Practice, language: str, today: date
) -> Day:
    """One day, its entries in the order of their start; cancelled ones are kept, marked."""
    entries = [entry_of(booking, practice, language, day) for booking in bookings]
    mine = [entry for entry in entries if entry.start.date() == day]
    mine.sort(key=lambda entry: (entry.start, entry.cancelled, entry.booking.id))
    return Day(day, mine, day == today)


def entry_of(booking: Opened, practice: Practice, language: str, day: date) -> Entry:
    identity = booking.identity
    visit = practice.visit(identity.get("visit", ""))
    sealed_for = identity.get("start", "")
    wanders = sealed_for != rfc3339(int(booking.start.timestamp())) and not booking.moved
    return Entry(
        booking,
        booking.start.astimezone(practice.zone),
        booking.end.astimezone(practice.zone),
        visit.label[language] if visit else identity.get("visit", ""),
        age_on(day, identity.get("birth_date", "")),
        booking.error or ("slot" if wanders else ""),
    )


def age_on(day: date, birth_date: str) -> int | None:
    """Whole years of age on a day, or None without a date of birth."""
    try:
        born = date.fromisoformat(birth_date)
    except ValueError:
        return None
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def next_day_with_entries(day: date, bookings: Iterable[Opened], practice: Practice) -> date:
    """This day, or the first after it with somebody coming; this day when nobody is."""
    days = (
        booking.start.astimezone(practice.zone).date()
        for booking in bookings
        if booking.state != "cancelled"
    )
    return min((found for found in days if found >= day), default=day)
