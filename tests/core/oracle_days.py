"""Which days are holidays and which weeks odd, worked out by rules of old and by counting."""

from datetime import date, timedelta


def monday_of(day: date) -> date:
    while day.strftime("%u") != "1":
        day -= timedelta(days=1)
    return day


def week_number(day: date) -> int:
    """Its week's place on the calendar: week 1 is the one with the year's first Thursday."""
    thursday = monday_of(day) + timedelta(days=3)
    return (thursday - date(thursday.year, 1, 1)).days // 7 + 1


def second_week(since: date, day: date) -> bool:
    """Whether one arrives in this day's week by steps of a fortnight from the week of `since`."""
    monday = monday_of(since)
    while monday < monday_of(day):
        monday += timedelta(days=14)
    return monday == monday_of(day)


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
