"""Free times found the slow way: every minute of some days is asked whether a slot starts there.

Shares nothing with `availability` but the facts: it never turns a wall time into an instant.
It walks through UTC, looks at what the practice's clock shows, and decides by plain rules.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from booking_endpoint.practice import Practice, Visit

Clock = dict[int, datetime]
"""Each UTC minute of some days, and what the practice's clock shows then."""


def clock_of(days: Sequence[date], zone: ZoneInfo) -> Clock:
    """The minutes of these days, and of those around them."""
    midnight = datetime(days[0].year, days[0].month, days[0].day, tzinfo=UTC) - timedelta(days=1)
    minutes = (midnight + timedelta(minutes=n) for n in range((len(days) + 3) * 24 * 60))
    return {int(at.timestamp()): at.astimezone(zone).replace(tzinfo=None) for at in minutes}


def starts(
    days: Sequence[date], practice: Practice, visit: Visit, busy: frozenset[int], now: int
) -> list[int]:
    """When a slot of this visit starts, on days that follow one another, in their order."""
    clock = clock_of(days, practice.zone)
    shown_first: dict[datetime, int] = {}
    for moment, wall in clock.items():
        shown_first.setdefault(wall, moment)
    working = {day for day in days if works_on(day, practice)}
    return [
        moment
        for wall, moment in shown_first.items()
        if practice.rules.notice_hours * 3600 <= moment - now
        and moment - now <= practice.rules.horizon_days * 86400
        and wall.date() in working
        and begins(moment, clock, practice, visit)
        and is_free(moment, visit, busy)
    ]


def begins(moment: int, clock: Clock, practice: Practice, visit: Visit) -> bool:
    """Whether a slot begins now, and the clock does not reach closing time before its end."""
    wall, midnight = clock[moment], clock[moment].replace(hour=0, minute=0)
    for hours in practice.hours:
        opens, closes = (midnight + timedelta(minutes=at) for at in (hours.opens, hours.closes))
        asked_for = hours.place == visit.place and visit.id in (hours.visits or {visit.id})
        if asked_for and hours.weekday == wall.weekday() and opens <= wall < closes:
            on_grid = (wall - opens) % timedelta(minutes=visit.minutes + visit.buffer)
            visiting = range(moment, moment + visit.minutes * 60, 60)
            return not on_grid and all(clock[minute] < closes for minute in visiting)
    return False


def is_free(moment: int, visit: Visit, busy: frozenset[int]) -> bool:
    minutes = range(visit.minutes + visit.buffer)
    return not any((moment + 60 * minute) // 300 in busy for minute in minutes)


def works_on(day: date, practice: Practice) -> bool:
    closed = any(closure.first <= day <= closure.last for closure in practice.closures)
    return not closed and not (practice.rules.holidays_country and rests_in_france(day))


def rests_in_france(day: date) -> bool:
    """The eleven days of article L3133-1 of the code du travail."""
    moving = {easter(day.year) + timedelta(days=after) for after in (1, 39, 50)}
    fixed = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}
    return day in moving or (day.month, day.day) in fixed


def easter(year: int) -> date:
    """Gauss's rule, with its constants for the years 1900 to 2099."""
    moon = (19 * (year % 19) + 24) % 30
    sunday = (2 * (year % 4) + 4 * (year % 7) + 6 * moon + 5) % 7
    after = moon + sunday
    if after == 35 or (moon == 28 and sunday == 6 and year % 19 > 10):
        after -= 7
    return date(year, 3, 22) + timedelta(days=after)
