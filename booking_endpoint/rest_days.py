"""On which days a country rests, and the practice with it. Knows no hours."""

from datetime import date
from functools import cache

import holidays

from booking_endpoint.timetable import Rules


@cache
def public_holidays(country: str, subdivision: str) -> holidays.HolidayBase:
    return holidays.country_holidays(country, subdiv=subdivision or None)


def is_holiday(day: date, rules: Rules) -> bool:
    """Whether the practice rests because its country does; computed for any year."""
    country = rules.holidays_country
    resting = bool(country) and day in public_holidays(country, rules.holidays_subdivision)
    return resting and day not in rules.holidays_open
