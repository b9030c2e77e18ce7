"""The rules of practice.toml -> hours, openings, closures, caps; refuses what contradicts."""

from collections.abc import Sequence
from datetime import date
from itertools import combinations

import holidays

from booking_endpoint.facts import Facts
from booking_endpoint.mistakes import to_writer
from booking_endpoint.practice import Visit
from booking_endpoint.rest_days import is_holiday, public_holidays
from booking_endpoint.timetable import (
    Cap,
    Closure,
    Hours,
    Opening,
    Rules,
    Stretch,
    Weekday,
    Weeks,
    meeting,
)
from booking_endpoint.values import read_prefix, read_wall

DAYS = [day.name.lower() for day in Weekday]
FIRST_YEAR, LAST_YEAR = 2000, 2199
MOST = 1_000_000
"""Bookings: as good as no limit."""

LAST_FIRST = to_writer("{last} comes before the first day, {first}")


def read_week(facts: Facts, places: Sequence[str], visits: Sequence[Visit]) -> tuple[Hours, ...]:
    """The weekly hours. A doctor is at one place at a time: overlaps are refused."""
    week: list[tuple[Hours, Facts]] = []
    for table in facts.tables("hours"):
        stretch = read_stretch(table, places, visits)
        first, last = read_span(table)
        weeks = Weeks(table.choice("weeks", [one.value for one in Weeks], "every"))
        since = read_date(table, "every_second_from", date.min)
        if since > date.min and "weeks" in table:
            raise table.wrong("weeks", "leave it out: every_second_from counts the weeks itself")
        for weekday in read_weekdays(table):
            hours = Hours(
                place=stretch.place,
                opens=stretch.opens,
                closes=stretch.closes,
                visits=stretch.visits,
                weekday=weekday,
                weeks=weeks,
                every_second_from=since if since > date.min else None,
                first=first,
                last=last,
            )
            week.append((hours, table))
        table.done()
    for (one, _), (other, table) in combinations(week, 2):
        if crosses(one, other) and (day := meeting(one, other)):
            name = one.weekday.name.lower()
            message = to_writer(
                "overlaps other hours on {name}, as on {day}; the doctor is one person"
            )
            raise table.wrong("opens", message, name=name, day=day)
    return tuple(sorted((hours for hours, _ in week), key=lambda one: (one.weekday, one.opens)))


def read_stretch(table: Facts, places: Sequence[str], visits: Sequence[Visit]) -> Stretch:
    """Where and when the door is open, and for which visits."""
    place = table.choice("place", places)
    opens, closes = table.parsed("opens", read_wall), table.parsed("closes", read_wall)
    if opens >= closes:
        raise table.wrong("closes", "must come after the opening time")
    received = table.texts("visits", ())
    known = {visit.id: visit for visit in visits}
    for name in received:
        if name not in known:
            raise table.wrong("visits", "'{name}' is the id of no visit", name=name)
        if known[name].place != place:
            message = to_writer("'{name}' takes place at '{place}', not here")
            raise table.wrong("visits", message, name=name, place=known[name].place)
    return Stretch(place=place, opens=opens, closes=closes, visits=frozenset(received))


def read_weekdays(table: Facts) -> list[Weekday]:
    names = table.texts("weekdays")
    days = ", ".join(DAYS)
    if unknown := [name for name in names if name not in DAYS]:
        raise table.wrong("weekdays", "'{name}' is none of {days}", name=unknown[0], days=days)
    if not names:
        raise table.wrong("weekdays", "name at least one of {days}", days=days)
    return [Weekday(DAYS.index(name)) for name in names]


def read_date(table: Facts, key: str, default: date | None = None) -> date:
    day = table.get(key, date, default)
    if key in table and not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise table.wrong(key, "check the year of {day}", day=day)
    return day


def read_span(table: Facts) -> tuple[date, date]:
    """The first and the last day of hours; from ever and for ever where they are left out."""
    first, last = read_date(table, "first", date.min), read_date(table, "last", date.max)
    if last < first:
        raise table.wrong("last", LAST_FIRST, last=last, first=first)
    return first, last


def crosses(one: Stretch, other: Stretch) -> bool:
    """Whether their times of day overlap."""
    return one.opens < other.closes and other.opens < one.closes


def read_openings(
    facts: Facts,
    places: Sequence[str],
    visits: Sequence[Visit],
    week: Sequence[Hours],
    closures: Sequence[Closure],
    rules: Rules,
) -> tuple[Opening, ...]:
    """The extra openings; none may overlap what holds on its day, or lie in a closure."""
    openings: list[Opening] = []
    for table in facts.tables("openings"):
        stretch = read_stretch(table, places, visits)
        opening = Opening(
            place=stretch.place,
            opens=stretch.opens,
            closes=stretch.closes,
            visits=stretch.visits,
            day=read_date(table, "date"),
        )
        table.done()
        weekly = () if is_holiday(opening.day, rules) else week
        others: tuple[Hours | Opening, ...] = (*weekly, *openings)
        if any(one.holds_on(opening.day) and crosses(opening, one) for one in others):
            raise table.wrong("opens", "overlaps other hours of this day; the doctor is one person")
        for closure in closures:
            shut = opening.day in closure
            if shut and closure.begins < opening.closes and opening.opens < closure.ends:
                message = to_writer("the practice is closed on {day}, see closures")
                raise table.wrong("date", message, day=opening.day)
        openings.append(opening)
    return tuple(openings)


def read_closure(table: Facts) -> Closure:
    """Whole days, or a part of each: `from` and `until` are times of day."""
    first = read_date(table, "first")
    closure = Closure(
        first,
        read_date(table, "last", first),
        table.parsed("from", read_wall, "00:00"),
        table.parsed("until", read_wall, "24:00"),
    )
    if closure.last < closure.first:
        raise table.wrong("last", LAST_FIRST, last=closure.last, first=closure.first)
    if closure.ends <= closure.begins:
        raise table.wrong("until", "must come after `from`")
    table.done()
    return closure


def read_caps(facts: Facts, visits: Sequence[Visit]) -> tuple[Cap, ...]:
    """How many bookings a day or a week holds, of all visits or of one length."""
    caps = []
    for table in facts.tables("caps"):
        minutes = table.number("minutes", 5, 480, 5) if "minutes" in table else None
        if minutes and minutes not in [visit.minutes for visit in visits]:
            raise table.wrong("minutes", "no visit takes {minutes} minutes", minutes=minutes)
        per = table.choice("per", ["day", "week"])
        caps.append(Cap(per, table.number("most", 1, 1000), minutes))
        table.done()
    return tuple(caps)


def read_rules(table: Facts) -> Rules:
    rules = Rules(
        notice_hours=table.number("notice_hours", 0, 24 * 60),
        horizon_days=table.number("horizon_days", 1, 730),
        cancellation_hours=table.number("cancellation_hours", 0, 24 * 60),
        retention_days=table.number("retention_days", 0, 90, 7),
        approval=table.get("approval", bool, False),
        approval_above=table.number("approval_above", 1, MOST, 30),
        bookings_a_day=table.number("bookings_a_day", 1, MOST, 100),
        network_bookings_a_day=table.number("network_bookings_a_day", 1, MOST, 10),
        email_reminders=table.choice("email_reminders", ["no", "time", "visit"], "no"),
        no_crumbs=table.get("no_crumbs", bool, False),
        holidays_country=table.text("holidays_country", ""),
        holidays_subdivision=table.text("holidays_subdivision", ""),
        holidays_open=read_dates(table, "holidays_open"),
        prefix=table.parsed("prefix", read_prefix, "/rdv"),
        online_booking=table.get("online_booking", bool, True),
    )
    check_holidays(table, rules)
    table.done()
    return rules


def read_dates(table: Facts, key: str) -> tuple[date, ...]:
    days = table.get(key, list, [])
    if not all(type(day) is date for day in days):
        raise table.wrong(key, "must be a list of dates such as [2027-05-08]")
    return tuple(days)


def check_holidays(table: Facts, rules: Rules) -> None:
    country, subdivision = rules.holidays_country, rules.holidays_subdivision
    if not country:
        if "holidays_subdivision" in table or rules.holidays_open:
            raise table.wrong("holidays_country", "say which country's public holidays are meant")
        return
    known_country = getattr(holidays, country, None) if country.isupper() else None
    if getattr(known_country, "country", None) is None:  # asking for the list reads all of them
        message = to_writer("'{text}' is not a country code such as FR")
        raise table.wrong("holidays_country", message, text=country)
    subdivisions: tuple[str, ...] = getattr(known_country, "subdivisions", ())
    if subdivision and subdivision not in subdivisions:
        known = ", ".join(subdivisions)
        message = to_writer("must be one of {known}, or left out")
        raise table.wrong("holidays_subdivision", message, known=known)
    resting = public_holidays(country, subdivision)
    if strange := [day for day in rules.holidays_open if day not in resting]:
        raise table.wrong("holidays_open", "{day} is no public holiday", day=strange[0])
