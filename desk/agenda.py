"""Opened bookings -> the days of an agenda. Pure: knows no page, no clock, no server."""

from calendar import Calendar
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from booking_endpoint.availability import Extra, doors, within_hours
from booking_endpoint.instants import Slot, rfc3339
from booking_endpoint.instants import day_of as instants_day
from booking_endpoint.practice import Practice
from desk.opening import Closed, Offered, Opened

Hours = TypeVar("Hours", Closed, Offered)


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
    """Whether the hours, as they are now, do not hold it: older than they are, or put by hand."""

    @property
    def cancelled(self) -> bool:
        return self.booking.state == "cancelled"

    @property
    def requested(self) -> bool:
        return self.booking.state == "requested"

    @property
    def seen(self) -> str:
        """What a page shows of it, for the form that goes back: nothing is done unseen."""
        return seen_of(self.booking)

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
    day: date,
    bookings: Sequence[Opened],
    practice: Practice,
    language: str,
    today: date,
    extra: Sequence[Extra] = (),
) -> list[Day]:
    """Monday to Friday of the week that holds this day, each day with its entries in order.

    Of the weekend, the days on which the practice is open or somebody comes.
    """
    monday = day - timedelta(days=day.weekday())
    begins, ends = (
        datetime.combine(monday + timedelta(days=days), time.min, practice.zone) for days in (-1, 8)
    )
    near = [booking for booking in bookings if begins < booking.start < ends]
    week = [
        day_of(monday + timedelta(days=offset), near, practice, language, today, extra)
        for offset in range(7)
    ]
    return [one for one in week if one.date.weekday() < 5 or one.open or one.entries]


def day_of(
    day: date,
    bookings: Iterable[Opened],
    practice: Practice,
    language: str,
    today: date,
    extra: Sequence[Extra] = (),
) -> Day:
    """One day, its entries in the order of their start; cancelled ones are kept, marked."""
    entries = [
        entry_of(booking, practice, language, extra)
        for booking in bookings
        if date_of(booking, practice) == day
    ]
    entries.sort(key=lambda entry: (entry.booking.start, entry.cancelled, entry.booking.id))
    return Day(day, entries, day == today, is_open(day, practice, extra))


def is_open(day: date, practice: Practice, extra: Iterable[Extra]) -> bool:
    """Whether the facts open this day, or the desk."""
    opened = (instants_day(one.span.start, practice.zone) for one in extra)
    return bool(doors(day, practice)) or day in opened


@dataclass(frozen=True, slots=True)
class Square:
    """One day on the sheet of a month."""

    date: date
    inside: bool
    """Whether it belongs to the month itself."""
    today: bool
    open: bool
    count: int
    """Visits that stand."""
    waiting: int
    """Of these, those that wait for the doctor's yes."""


def month_of(
    day: date,
    bookings: Iterable[Opened],
    practice: Practice,
    today: date,
    extra: Sequence[Extra] = (),
) -> list[list[Square]]:
    """The weeks, Monday to Sunday, that hold the month of this day."""
    standing = [booking for booking in bookings if booking.state != "cancelled"]
    counts = Counter(date_of(booking, practice) for booking in standing)
    asked = Counter(date_of(one, practice) for one in standing if one.state == "requested")
    return [
        [
            Square(
                one,
                one.month == day.month,
                one == today,
                is_open(one, practice, extra),
                counts[one],
                asked[one],
            )
            for one in week
        ]
        for week in Calendar().monthdatescalendar(day.year, day.month)
    ]


def step(day: date, view: str, by: int) -> date:
    """The same place one view further on, or back."""
    if view == "month":
        return (day.replace(day=15) + timedelta(days=30 * by)).replace(day=1)
    return day + timedelta(days=by * (1 if view == "day" else 7))


def hours_on(day: date, hours: Iterable[Hours], practice: Practice) -> list[Hours]:
    """Of hours closed or offered at the desk, those that reach into this day."""
    begins, ends = (
        datetime.combine(day + timedelta(days=days), time.min, practice.zone) for days in (0, 1)
    )
    return sorted(
        (one for one in hours if one.start < ends and begins < one.end),
        key=lambda one: (one.start, one.word),
    )


def date_of(booking: Opened, practice: Practice) -> date:
    """The practice's day on which a booking starts."""
    return booking.start.astimezone(practice.zone).date()


def entry_of(
    booking: Opened, practice: Practice, language: str, extra: Sequence[Extra] = ()
) -> Entry:
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
        booking.state != "cancelled" and not within_hours(slot_of(booking), practice, visit, extra),
    )


def seen_of(booking: Opened) -> str:
    """A booking's times and state, as a form carries them."""
    times = (rfc3339(int(one.timestamp())) for one in (booking.start, booking.end))
    return " ".join((*times, booking.state))


def slot_of(booking: Opened | Closed | Offered) -> Slot:
    return Slot(int(booking.start.timestamp()), int(booking.end.timestamp()))


def extra_of(offered: Iterable[Offered]) -> tuple[Extra, ...]:
    """Hours offered at the desk, as those who look for free times know them."""
    return tuple(Extra(slot_of(one), one.visits) for one in offered)


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
