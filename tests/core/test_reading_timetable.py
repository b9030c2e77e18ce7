"""Hours, openings, closures, caps and rules: what is read, and what contradicts is refused."""

from collections.abc import Callable
from datetime import date

import pytest

from booking_endpoint.practice import Visit
from booking_endpoint.reading import read_practice
from booking_endpoint.timetable import Cap, Closure, Weeks
from tests.core.cast import CONSULTATION, DEMO, FACTS
from tests.core.refusals import HERE, changed, marked_line, refusal


def hours(more: str, place: str = "tilleuls") -> str:
    """Saturday mornings, on which the demo practice is shut; what is wanted comes before."""
    times = "" if "opens" in more else '\nopens = "09:00"\ncloses = "12:00"'
    days = "" if "weekdays" in more else '\nweekdays = ["saturday"]'
    return f'\n[[hours]]\nplace = "{place}"{days}{times}\n{more}\n'


def opening(day: str, opens: str = "09:00", closes: str = "12:00", mark: str = "") -> str:
    times = f'opens = "{opens}"  {mark}\ncloses = "{closes}"'
    return f'\n[[openings]]\nplace = "tilleuls"\ndate = {day}\n{times}\n'


def closure(more: str) -> str:
    return f"\n[[closures]]\nfirst = 2027-04-04\n{more}\n"


def cap(more: str) -> str:
    return f"\n[[caps]]\n{more}\n"


def rule(text: str) -> str:
    """The demo's facts with one more rule."""
    return changed(("\n[rules]", f"\n[rules]\n{text}"))


def consultation(text: str) -> str:
    """The demo's facts with one more fact about its first visit."""
    return changed(('id = "consultation"', f'id = "consultation"\n{text}'))


# --- What is read ---------------------------------------------------------------------------------


def test_a_rule_that_is_left_out_refuses_nothing_more_than_the_demo_does() -> None:
    rules, visit = DEMO.rules, CONSULTATION
    assert (rules.no_crumbs, rules.holidays_open, DEMO.caps, DEMO.openings) == (False, (), (), ())
    assert (rules.approval_above, rules.bookings_a_day, rules.network_bookings_a_day) == (
        *(30, 100, 10),
    )
    assert (visit.patients, visit.minimum_age, visit.languages) == ("all", 0, DEMO.languages)
    assert {(one.weeks, one.every_second_from) for one in DEMO.hours} == {(Weeks.EVERY, None)}


def test_a_visit_that_says_nothing_follows_the_rules_of_the_practice() -> None:
    rules = DEMO.rules
    for visit in DEMO.visits:
        assert (visit.notice_hours, visit.horizon_days) == (rules.notice_hours, rules.horizon_days)
        assert visit.approval is rules.approval


OWN: dict[str, tuple[str, Callable[[Visit], object], object]] = {
    "notice": ("notice_hours = 48", lambda visit: visit.notice_hours, 48),
    "horizon": ("horizon_days = 14", lambda visit: visit.horizon_days, 14),
    "approval": ("approval = true", lambda visit: visit.approval, True),
    "minutes kept free before": ("buffer_before = 10", lambda visit: visit.before, 10),
    "minutes kept free after": ("buffer_after = 15", lambda visit: visit.after, 15),
    "step": ("step = 15", lambda visit: visit.step, 15),
    "patients": ('patients = "new"', lambda visit: visit.patients, "new"),
    "age": ("minimum_age = 18", lambda visit: visit.minimum_age, 18),
    "languages": ('languages = ["he"]', lambda visit: visit.languages, ("he",)),
}


@pytest.mark.parametrize(("text", "fact", "value"), OWN.values(), ids=OWN)
def test_a_visit_may_have_its_own(
    text: str, fact: Callable[[Visit], object], value: object
) -> None:
    practice = read_practice(consultation(text))
    assert fact(practice.visits[0]) == value
    assert fact(practice.visits[1]) == fact(DEMO.visits[1])


def test_one_start_follows_another_by_the_visit_and_what_is_kept_free_around_it() -> None:
    visit = read_practice(consultation("buffer_before = 10\nbuffer_after = 5")).visits[0]
    assert visit.step == 10 + 30 + 5


def test_a_visit_is_offered_on_the_pages_of_its_languages_alone() -> None:
    practice = read_practice(consultation('languages = ["fr", "he"]'))
    assert practice.visits[0] in practice.visits_in("he")
    assert practice.visits[0] not in practice.visits_in("it")


def test_a_closure_is_one_day_unless_it_says_more() -> None:
    practice = read_practice(FACTS + closure("") + closure('from = "14:00"'))
    assert practice.closures[1:] == (
        Closure(date(2027, 4, 4), date(2027, 4, 4)),
        Closure(date(2027, 4, 4), date(2027, 4, 4), begins=practice.hours[1].opens),
    )
    assert [one.whole for one in practice.closures[1:]] == [True, False]


def test_caps_are_read() -> None:
    text = FACTS + cap('per = "day"\nmost = 12') + cap('per = "week"\nmost = 3\nminutes = 40')
    assert read_practice(text).caps == (Cap("day", 12), Cap("week", 3, 40))


# --- Hours that may stand beside each other -------------------------------------------------------

APART = {
    "odd and even weeks": ['weeks = "odd"', 'weeks = "even"'],
    "one week and the next": [
        "every_second_from = 2027-01-02",
        "every_second_from = 2027-01-09",
    ],
    "before a day and from it on": ["last = 2027-03-26", "first = 2027-03-27"],
    "a range without any such weekday": ["", "first = 2027-03-21\nlast = 2027-03-26"],
    "odd weeks, and a fortnight’s while there is no odd one": [
        'weeks = "odd"',
        "every_second_from = 2027-01-16\nlast = 2027-12-25",
    ],
    "one after the other": ["", 'opens = "12:00"\ncloses = "13:00"'],
}


@pytest.mark.parametrize(("one", "other"), APART.values(), ids=APART)
def test_hours_that_never_meet_may_stand_at_the_same_time_of_day(one: str, other: str) -> None:
    """In either order, at two places."""
    for pair in ((one, other), (other, one)):
        text = FACTS + hours(pair[0]) + hours(pair[1], "teleconsultation")
        assert len(read_practice(text).hours) == len(DEMO.hours) + 2


TOGETHER = {
    # the two, and the first day on which both hold
    "odd weeks and every week": ('weeks = "odd"', "", "2024-01-06"),
    "a fortnight’s and the same two weeks later": (
        *("every_second_from = 2027-01-02", "every_second_from = 2027-01-16", "2027-01-16"),
    ),
    "odd weeks and a fortnight’s, which meet after the next week 53": (
        *('weeks = "odd"', "every_second_from = 2027-01-16", "2033-01-08"),
    ),
    "until a day and from it on": ("last = 2027-03-27", "first = 2027-03-27", "2027-03-27"),
    "a fortnight’s from a Sunday, on the day before": (
        *("every_second_from = 2027-01-10\nlast = 2027-01-10", "", "2027-01-09"),
    ),
    "five minutes": ("", 'opens = "11:55"\ncloses = "13:00"', "2024-01-06"),
}


@pytest.mark.parametrize(("one", "other", "day"), TOGETHER.values(), ids=TOGETHER)
def test_hours_that_meet_are_refused_with_a_day_on_which_they_do(
    one: str, other: str, day: str
) -> None:
    for pair in ((one, other), (other, one)):
        text = FACTS + hours(pair[0]) + hours(pair[1], "teleconsultation")
        assert f"hours.7.opens: overlaps other hours on saturday, as on {day};" in refusal(text)


def test_an_opening_may_stand_at_the_hours_of_a_holiday() -> None:
    """1 May 2028 is a Monday: its hours rest, so the doctor is free to open."""
    assert len(read_practice(FACTS + opening("2028-05-01")).openings) == 1


def test_an_opening_may_stand_in_the_half_of_a_day_that_is_not_closed() -> None:
    text = FACTS + opening("2027-04-04") + closure('from = "12:00"')
    assert len(read_practice(text).openings) == 1


# --- What is refused ------------------------------------------------------------------------------

WRONG = {
    # what is wrong: the key at fault, the whole text, and what its writer is told
    "hours on no day": (
        "hours.6.weekdays",
        FACTS + hours(f"weekdays = []  {HERE}"),
        "at least one",
    ),
    "hours for a visit of another place": (
        "hours.6.visits",
        FACTS + hours(f'visits = ["teleconsultation"]  {HERE}'),
        "takes place at 'teleconsultation', not here",
    ),
    "hours in weeks of a third kind": (
        "hours.6.weeks",
        FACTS + hours(f'weeks = "third"  {HERE}'),
        "one of every, odd, even",
    ),
    "two ways of counting weeks": (
        "hours.6.weeks",
        FACTS + hours(f'weeks = "odd"  {HERE}\nevery_second_from = 2027-01-02'),
        "leave it out",
    ),
    "hours that end before they begin to hold": (
        "hours.6.last",
        FACTS + hours(f"first = 2027-01-02\nlast = 2027-01-01  {HERE}"),
        "comes before the first day",
    ),
    "hours of another millennium": (
        "hours.6.first",
        FACTS + hours(f"first = 0227-01-02  {HERE}"),
        "check the year",
    ),
    "an opening at the hours of its day": (
        "openings.1.opens",
        FACTS + opening("2027-04-26", "12:25", "13:00", HERE),
        "overlaps other hours",
    ),
    "an opening at the hours of a holiday that is worked": (
        "openings.1.opens",
        rule("holidays_open = [2028-05-01]") + opening("2028-05-01", mark=HERE),
        "overlaps other hours",
    ),
    "two openings at a time": (
        "openings.2.opens",
        FACTS + opening("2027-04-25") + opening("2027-04-25", "11:00", "13:00", HERE),
        "the doctor is one person",
    ),
    "an opening while the practice is closed": (
        "openings.1.date",
        FACTS + opening(f"2026-12-26  {HERE}"),
        "closed on 2026-12-26, see closures",
    ),
    "an opening in the half of a day that is closed": (
        "openings.1.date",
        FACTS + opening(f"2027-04-04  {HERE}") + closure('from = "11:55"'),
        "closed on 2027-04-04",
    ),
    "an opening without a day": (
        "openings.1.date",
        FACTS + opening("2027-04-25").replace("]]", f"]]  {HERE}").replace("date =", "# "),
        "is missing",
    ),
    "an opening that comes back": (
        "openings.1.weekdays",
        FACTS + opening("2027-04-25") + f'weekdays = ["sunday"]  {HERE}',
        "known here: closes, date, opens, place, visits",
    ),
    "a closure that ends before it begins": (
        "closures.2.until",
        FACTS + closure(f'from = "14:00"\nuntil = "12:00"  {HERE}'),
        "must come after `from`",
    ),
    "a closure that ends as it begins": (
        "closures.2.until",
        FACTS + closure(f'from = "14:00"\nuntil = "14:00"  {HERE}'),
        "must come after `from`",
    ),
    "a closure of some minutes past the hour": (
        "closures.2.from",
        FACTS + closure(f'from = "14:02"  {HERE}'),
        "in steps of five minutes",
    ),
    "a cap of a length that no visit has": (
        "caps.1.minutes",
        FACTS + cap(f'per = "day"\nmost = 2\nminutes = 35  {HERE}'),
        "no visit takes 35 minutes",
    ),
    "a cap a month": ("caps.1.per", FACTS + cap(f'most = 9\nper = "month"  {HERE}'), "day, week"),
    "a cap of none": ("caps.1.most", FACTS + cap(f'per = "day"\nmost = 0  {HERE}'), "between 1"),
    "a holiday that is none": (
        "rules.holidays_open",
        rule(f"holidays_open = [2027-05-08, 2027-05-09]  {HERE}"),
        "2027-05-09 is no public holiday",
    ),
    "holidays written as texts": (
        "rules.holidays_open",
        rule(f'holidays_open = ["2027-05-08"]  {HERE}'),
        "a list of dates",
    ),
    "a part of a country, and no country": (
        "rules.holidays_country",
        changed(('holidays_country = "FR"', 'holidays_subdivision = "57"')).replace(
            "\n[rules]", f"\n[rules]  {HERE}"
        ),
        "say which country",
    ),
    "a worked holiday of no country": (
        "rules.holidays_country",
        changed(('holidays_country = "FR"', "holidays_open = [2027-05-08]")).replace(
            "\n[rules]", f"\n[rules]  {HERE}"
        ),
        "say which country",
    ),
    "a number for yes or no": ("rules.no_crumbs", rule(f"no_crumbs = 1  {HERE}"), "true or false"),
    "no booking in an hour": ("rules.approval_above", rule(f"approval_above = 0  {HERE}"), "1"),
    "no booking a day": ("rules.bookings_a_day", rule(f"bookings_a_day = 0  {HERE}"), "between 1"),
    "no booking a day for anybody": (
        "rules.network_bookings_a_day",
        rule(f"network_bookings_a_day = 0  {HERE}"),
        "between 1",
    ),
    "a language twice": (
        "languages",
        changed(('"it"]', f'"it", "fr"]  {HERE} ')),
        "lists a language twice",
    ),
    "a visit in a language without pages": (
        "visits.1.languages",
        consultation(f'languages = ["de"]  {HERE}'),
        "one or more of fr, en, he, it",
    ),
    "a visit in no language": (
        "visits.1.languages",
        consultation(f"languages = []  {HERE}"),
        "one or more of fr, en, he, it",
    ),
    "the buffer of earlier versions": (
        "visits.1.buffer",
        consultation(f"buffer = 5  {HERE}"),
        "buffer_after, buffer_before",
    ),
    "a negative price": (
        "visits.1.price.least",
        changed(("least = 70.00", f"least = -70.00  {HERE}")),
        "below zero",
    ),
    "a negative base": (
        "visits.1.price.base",
        changed(("base = 23.00", f"base = -23.00  {HERE}")),
        "below zero",
    ),
    "a negative rate": (
        "visits.1.price.rate",
        changed(("rate = 0.70", f"rate = -0.70  {HERE}")),
        "below zero",
    ),
    "a negative participation": (
        "payment.participation",
        changed(("participation = 2.00", f"participation = -2.00  {HERE}")),
        "below zero",
    ),
} | {
    f"a visit with {text}": (f"visits.1.{text.split()[0]}", consultation(f"{text}  {HERE}"), told)
    for text, told in (
        ("buffer_before = 7", "a multiple of 5 minutes"),
        ("buffer_after = -5", "between 0 and 480"),
        ("step = 12", "a multiple of 5 minutes"),
        ("step = 0", "between 5 and 1440"),
        ("notice_hours = -1", "between 0"),
        ("horizon_days = 0", "between 1 and 730"),
        ('approval = "yes"', "true or false"),
        ('patients = "old"', "one of all, new, known"),
        ("minimum_age = 121", "between 0 and 120"),
    )
}


@pytest.mark.parametrize(("key", "text", "told"), WRONG.values(), ids=WRONG)
def test_a_bad_rule_is_refused_by_file_line_and_key_with_what_to_do(
    key: str, text: str, told: str
) -> None:
    said = refusal(text)
    assert said.startswith(f"practice.toml, line {marked_line(text)}, {key}: ")
    assert told in said.split(f"{key}: ")[1]
