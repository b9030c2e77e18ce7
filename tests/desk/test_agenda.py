"""The days of an agenda, in the practice's own time: order, marks, ages, doubts."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from booking_endpoint.envelope import PrivateKey
from booking_endpoint.instants import rfc3339
from booking_endpoint.practice import Practice
from desk.agenda import Day, Entry, day_of, next_day_with_entries, waiting_days, week_of
from desk.opening import Opened, open_line
from tests.desk.cast import MONDAY, NAME, at, exported, facts, identity
from tests.keys import new_key

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def paris(key: PrivateKey) -> Practice:
    return facts(key)


def booked(
    key: PrivateKey, start: datetime = MONDAY, number: int = 1, state: str = "confirmed", **who: Any
) -> Opened:
    content = identity(start, **who)
    return open_line(exported(key, start, content=content, number=number, state=state), [key])


def on(day: date, bookings: list[Opened], practice: Practice) -> Day:
    return day_of(day, bookings, practice, "fr", TODAY)


def only(day: Day) -> Entry:
    (entry,) = day.entries
    return entry


def times(day: Day) -> list[str]:
    return [f"{entry.start:%H:%M}–{entry.end:%H:%M}" for entry in day.entries]


def test_times_are_those_on_the_practices_door(key: PrivateKey, paris: Practice) -> None:
    assert times(on(TODAY, [booked(key)], paris)) == ["09:00–09:30"]


def test_the_day_is_the_practices_own(key: PrivateKey) -> None:
    """Half past one at night in Paris is still the evening before in Fort-de-France."""
    late = booked(key, datetime(2026, 11, 24, 0, 30, tzinfo=UTC))
    for zone, day in [("Europe/Paris", 24), ("America/Martinique", 23)]:
        practice = facts(key, ('zone = "Europe/Paris"', f'zone = "{zone}"'))
        assert [
            one.date.day for one in week_of(TODAY, [late], practice, "fr", TODAY) if one.entries
        ]
        assert only(on(date(2026, 11, day), [late], practice)).booking is late


def test_entries_come_in_the_order_of_the_day(key: PrivateKey, paris: Practice) -> None:
    clocks = ["11:00", "09:00", "14:30", "10:05"]
    bookings = [booked(key, at(clock), number) for number, clock in enumerate(clocks)]
    starts = [time.split("–")[0] for time in times(on(TODAY, bookings, paris))]
    assert starts == ["09:00", "10:05", "11:00", "14:30"]


@pytest.mark.parametrize(
    ("day", "moments", "shown"),
    [
        (date(2026, 10, 25), ["00:30", "01:10"], ["02:30–02:00", "02:10–02:40"]),
        (date(2026, 3, 29), ["00:45", "01:15"], ["01:45–03:15", "03:15–03:45"]),
        (date(2027, 3, 28), ["00:45", "01:15"], ["01:45–03:15", "03:15–03:45"]),
    ],
    ids=["clocks go back", "clocks go forward", "clocks go forward at Easter"],
)
def test_the_order_holds_on_the_days_on_which_the_clocks_change(
    key: PrivateKey, paris: Practice, day: date, moments: list[str], shown: list[str]
) -> None:
    """In the night of autumn half past two comes first, ends at two, and ten past two follows."""
    starts = [datetime.fromisoformat(f"{day}T{moment}:00+00:00") for moment in moments]
    bookings = [booked(key, start, number) for number, start in enumerate(starts)]
    assert times(on(day, bookings[::-1], paris)) == shown


def test_a_cancelled_visit_stays_where_it_was_after_the_one_that_took_its_time(
    key: PrivateKey, paris: Practice
) -> None:
    gone, new = booked(key, number=1, state="cancelled"), booked(key, number=2)
    entries = on(TODAY, [gone, new], paris).entries
    assert [entry.cancelled for entry in entries] == [False, True]


def test_a_requested_visit_is_marked(key: PrivateKey, paris: Practice) -> None:
    assert only(on(TODAY, [booked(key, state="requested")], paris)).requested


def test_an_envelope_sealed_for_another_time_is_in_doubt(key: PrivateKey, paris: Practice) -> None:
    """Somebody may have put one person's envelope on another's time."""
    assert only(on(TODAY, [booked(key)], paris)).doubt == ""
    for other in (rfc3339(int(at("10:00").timestamp())), "", "2026-11-23T09:00:00+01:00"):
        swapped = exported(key, content=identity(MONDAY, start=other))
        assert only(on(TODAY, [open_line(swapped, [key])], paris)).doubt == "slot"


def test_a_booking_older_than_a_rule_is_outside_the_hours(key: PrivateKey) -> None:
    """A rule that changes moves nobody: the doctor is told, and phones or does not."""
    shut = "first = 2026-12-24\nlast = 2027-01-03\n"
    rules = [
        ('zone = "Europe/Paris"', 'zone = "Europe/Paris"', False),
        ("first = 2026-12-24", "first = 2026-11-23", True),
        (shut, f'{shut}\n[[closures]]\nfirst = 2026-11-23\nuntil = "09:15"\n', True),
        (shut, f'{shut}\n[[closures]]\nfirst = 2026-11-23\nfrom = "09:30"\n', False),
        ('"thursday"]\nopens = "09:00"', '"thursday"]\nopens = "09:05"', True),
        ('"thursday"]\nopens = "09:00"', '"thursday"]\nweeks = "odd"\nopens = "09:00"', True),
        ('"thursday"]\nopens = "09:00"', '"thursday"]\nfirst = 2027-01-04\nopens = "09:00"', True),
    ]
    for old, new, outside in rules:
        assert only(on(TODAY, [booked(key)], facts(key, (old, new)))).outside is outside, new


def test_a_cancelled_visit_is_outside_nothing(key: PrivateKey) -> None:
    """There is nobody to call."""
    closed = facts(key, ("first = 2026-12-24", "first = 2026-11-23"))
    assert not only(on(TODAY, [booked(key, state="cancelled")], closed)).outside


def test_a_moved_visit_is_not_in_doubt(key: PrivateKey, paris: Practice) -> None:
    """Its envelope was sealed for the time before, and the server says so."""
    moved = exported(key, content=identity(at("10:00")), moved=True)
    assert only(on(TODAY, [open_line(moved, [key])], paris)).doubt == ""


@pytest.mark.parametrize("moved", [True, False])
def test_what_cannot_be_read_is_in_doubt_though_its_time_is_known(
    key: PrivateKey, paris: Practice, moved: bool
) -> None:
    lines = {
        "foreign": exported(new_key(), moved=moved),
        "shape": exported(key, envelope="AAAA", moved=moved),
        "text": exported(key, content=b"[]", moved=moved),
    }
    for error, line in lines.items():
        entry = only(on(TODAY, [open_line(line, [key])], paris))
        assert (entry.doubt, f"{entry.start:%H:%M}", entry.visit) == (error, "09:00", "")


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        ("1985-11-23", TODAY, 41),
        ("1985-11-24", TODAY, 40),
        ("2026-11-23", TODAY, 0),
        ("2008-02-29", date(2026, 2, 28), 17),
        ("2008-02-29", date(2026, 3, 1), 18),
        ("2026-11-24", TODAY, None),
        ("", TODAY, None),
        ("1985-02-30", TODAY, None),
        ("in May", TODAY, None),
    ],
)
def test_an_age_is_that_on_the_day_of_the_visit(
    key: PrivateKey, paris: Practice, born: str, day: date, age: int | None
) -> None:
    start = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    assert only(on(day, [booked(key, start, birth_date=born)], paris)).age == age


def test_a_visit_has_the_doctors_name_for_it(key: PrivateKey, paris: Practice) -> None:
    """A visit that the practice no longer offers keeps the word it was booked under."""
    label = {visit.id: visit.label["fr"] for visit in paris.visits}["colposcopy"]
    for visit, shown in [("colposcopy", label), ("massage", "massage"), ("", "")]:
        assert only(on(TODAY, [booked(key, visit=visit)], paris)).visit == shown


def test_a_language_is_told_when_it_is_not_the_doctors(key: PrivateKey, paris: Practice) -> None:
    for spoken, told in [("he", "he"), ("fr", ""), ("", ""), ("xx", ""), ("../..", "")]:
        assert only(on(TODAY, [booked(key, language=spoken)], paris)).language == told


@pytest.mark.parametrize(
    ("phone", "dial"),
    [
        ("06 39 98 77 66", "0639987766"),
        (" +33 (0)6.39.98.77.66", "+330639987766"),
        ("06+39*21#", "063921"),
        ("javascript:alert(1)", "1"),
        ("٠٦٣٩", ""),
        ("+", ""),
        ("", ""),
    ],
)
def test_a_phone_is_dialled_by_its_digits_alone(
    key: PrivateKey, paris: Practice, phone: str, dial: str
) -> None:
    assert only(on(TODAY, [booked(key, phone=phone)], paris)).dial == dial


def test_a_week_is_monday_to_friday(key: PrivateKey, paris: Practice) -> None:
    """Whichever of its days is asked for."""
    for day in (23, 25, 29):
        week = week_of(date(2026, 11, day), [booked(key)], paris, "fr", TODAY)
        assert [one.date.day for one in week] == [23, 24, 25, 26, 27]
        assert [len(one.entries) for one in week] == [1, 0, 0, 0, 0]
        assert [one.today for one in week] == [True, False, False, False, False]


def test_a_weekend_has_a_column_when_somebody_comes(key: PrivateKey, paris: Practice) -> None:
    saturday, sunday = booked(key, at("10:00", 5)), booked(key, at("10:00", 6))
    for bookings, days in [([saturday], [28]), ([sunday], [29]), ([saturday, sunday], [28, 29])]:
        week = week_of(TODAY, bookings, paris, "fr", TODAY)
        assert [one.date.day for one in week][5:] == days


def test_a_saturday_with_hours_has_a_column_always(key: PrivateKey) -> None:
    practice = facts(key, ('weekdays = ["friday"]', 'weekdays = ["friday", "saturday"]'))
    assert len(week_of(TODAY, [], practice, "fr", TODAY)) == 6


def test_a_closed_day_is_told_from_an_empty_one(paris: Practice) -> None:
    """All Saints' Day is a Sunday in 2026; the armistice is a Wednesday, on which she works."""
    for day, opens in [(TODAY, True), (date(2026, 11, 11), False), (date(2026, 11, 28), False)]:
        assert on(day, [], paris).open is opens


def test_the_agenda_opens_where_somebody_comes_next(key: PrivateKey, paris: Practice) -> None:
    gone, thursday = booked(key, at("09:00", 1), 1, "cancelled"), booked(key, at("09:00", 3), 2)
    bookings = [thursday, gone, booked(key, at("09:00", -3), 3)]
    assert next_day_with_entries(TODAY, bookings, paris) == date(2026, 11, 26)
    assert next_day_with_entries(date(2026, 11, 27), bookings, paris) is None


def test_days_on_which_somebody_waits_for_a_yes_are_known(key: PrivateKey, paris: Practice) -> None:
    asked = [booked(key, at("09:00", day), day + 9, "requested") for day in (-1, 8, 0, 8)]
    waiting = waiting_days([*asked, booked(key, at("09:00", 2))], paris, TODAY)
    assert waiting == [TODAY, date(2026, 12, 1)]


def test_an_entry_says_nothing_of_itself(key: PrivateKey, paris: Practice) -> None:
    """A traceback shows values as they write themselves."""
    day = on(TODAY, [booked(key)], paris)
    assert NAME not in repr(day)
    assert NAME not in repr(day.entries)


def test_two_who_stand_in_one_time_are_both_in_doubt(key: PrivateKey, paris: Practice) -> None:
    """No server of ours gives a time twice; one that was cancelled takes none."""
    bookings = [
        booked(key, at("09:00"), 1),
        booked(key, at("09:20"), 2),
        booked(key, at("09:50"), 3),
        booked(key, at("11:00"), 4),
        booked(key, at("11:00"), 5, "cancelled"),
    ]
    assert [entry.doubt for entry in on(TODAY, bookings, paris).entries] == ["twice"] * 2 + [""] * 3


@pytest.mark.parametrize(("rule", "told"), [("new", "new"), ("known", "known"), ("", "all")])
def test_whether_it_is_a_first_visit_is_told_where_the_facts_know(
    key: PrivateKey, rule: str, told: str
) -> None:
    line = 'id = "consultation"\n'
    more = f'{line}patients = "{rule}"\n' if rule else line
    assert only(on(TODAY, [booked(key)], facts(key, (line, more)))).patients == told
