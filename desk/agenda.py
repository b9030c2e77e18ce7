"""Opened bookings -> the days of an agenda. Pure: knows no page, no clock, no server."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from booking_endpoint.availability import doors, within_hours
from booking_endpoint.instants import Slot, rfc3339
from booking_endpoint.practice import Practice
from desk.opening import Opened


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """One line of the agenda, in the practice's own time."""

    booking: Opened
    start: datetime
    end: datetime
    visit: str
    born: date | None
    age: int | None
    """In whole years, on the day of the visit."""
    language: str
    """The language the booking was made in, when it is not the doctor's own."""
    doubt: str
    """Why to look twice: `slot` (sealed for another time), or the error of its envelope."""
    discreet: bool
    """Whether nobody but the patient may hear of it."""
    outside: bool
    """Whether the hours, as they are now, do not hold it: the booking is older than the rule."""

    @property
    def cancelled(self) -> bool:
        return self.booking.state == "cancelled"

    @property
    def requested(self) -> bool:
        return self.booking.state == "requested"

    @property
    def dial(self) -> str:
        """The phone as a `tel:` address (RFC 3966): digits and a leading plus, nothing else."""
        phone = self.booking.identity.get("phone", "").strip()
        digits = "".join(sign for sign in phone if sign in "0123456789")
        return f"+{digits}" if phone.startswith("+") and digits else digits


@dataclass(frozen=True, slots=True, repr=False)
class Day:
    """One day of the agenda."""

    date: date
    entries: list[Entry]
    today: bool
    open: bool
    """Whether the practice receives on this day."""


def week_of(
    day: date, bookings: Sequence[Opened], practice: Practice, language: str, today: date
) -> list[Day]:
    """Monday to Friday of the week that holds this day, each day with its entries in order.

    Of the weekend, the days on which the practice is open or somebody comes.
    """
    monday = day - timedelta(days=day.weekday())
    week = [
        day_of(monday + timedelta(days=offset), bookings, practice, language, today)
        for offset in range(7)
    ]
    return [one for one in week if one.date.weekday() < 5 or one.open or one.entries]


def day_of(
    day: date, bookings: Iterable[Opened], practice: Practice, language: str, today: date
) -> Day:
    """One day, its entries in the order of their start; cancelled ones are kept, marked."""
    entries = [
        entry_of(booking, practice, language)
        for booking in bookings
        if date_of(booking, practice) == day
    ]
    entries.sort(key=lambda entry: (entry.booking.start, entry.cancelled, entry.booking.id))
    return Day(day, entries, day == today, bool(doors(day, practice)))


def date_of(booking: Opened, practice: Practice) -> date:
    """The practice's day on which a booking starts."""
    return booking.start.astimezone(practice.zone).date()


def entry_of(booking: Opened, practice: Practice, language: str) -> Entry:
    identity = booking.identity
    visit = practice.visit(identity.get("visit", ""))
    born = read_date(identity.get("birth_date", ""))
    spoken = identity.get("language", "")
    sealed_for = identity.get("start", "")
    wanders = sealed_for != rfc3339(int(booking.start.timestamp())) and not booking.moved
    return Entry(
        booking,
        booking.start.astimezone(practice.zone),
        booking.end.astimezone(practice.zone),
        visit.label[language] if visit else identity.get("visit", ""),
        born,
        age_on(date_of(booking, practice), born),
        spoken if spoken in practice.languages and spoken != language else "",
        booking.error or ("slot" if wanders else ""),
        bool(visit and visit.discreet),
        booking.state != "cancelled" and not within_hours(slot_of(booking), practice, visit),
    )


def slot_of(booking: Opened) -> Slot:
    return Slot(int(booking.start.timestamp()), int(booking.end.timestamp()))


def read_date(text: str) -> date | None:
    """A date as identities and addresses write it; None for any other text."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def age_on(day: date, born: date | None) -> int | None:
    """Whole years of age on a day; None without a date of birth, or before it."""
    if born is None or day < born:
        return None
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def waiting_days(bookings: Iterable[Opened], practice: Practice, today: date) -> list[date]:
    """The days, from today on, with a booking that waits for the doctor's yes."""
    days = {date_of(booking, practice) for booking in bookings if booking.state == "requested"}
    return sorted(day for day in days if day >= today)


def next_day_with_entries(day: date, bookings: Iterable[Opened], practice: Practice) -> date | None:
    """This day, or the first after it with somebody coming; None when nobody is."""
    days = (date_of(booking, practice) for booking in bookings if booking.state != "cancelled")
    return min((found for found in days if found >= day), default=None)
