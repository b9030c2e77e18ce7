"""The facts file: the demo practice reads, and a bad fact is refused by file, line and key."""

import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking_endpoint.envelope import public_text, to_text
from booking_endpoint.facts import read_facts
from booking_endpoint.practice import RECIPIENTS, Practice, Recipient
from booking_endpoint.reading import read_practice
from booking_endpoint.timetable import Weekday
from booking_endpoint.values import read_rpps
from tests.core.cast import DEMO, FACTS
from tests.core.refusals import HERE, changed, marked_line, refusal
from tests.keys import new_key

KEY = public_text(new_key())
POINT, HYBRID = KEY.split(".")


def recipient(key: str, role: str = "doctor", mark: str = "", *, late: str = "") -> str:
    """A table; with its mark at the point, and what is said of the hybrid half after it."""
    point, _, hybrid = key.partition(".")
    half = f'hybrid = "{hybrid}"  {late}\n' if hybrid else ""
    return f'\n[[recipients]]\nrole = "{role}"\nkey = "{point}"  {mark}\n{half}'


# --- What is read ---------------------------------------------------------------------------------


def test_the_demo_practice_is_read() -> None:
    assert DEMO.doctor.name == "Dr Hélène Valombreuse"
    assert DEMO.zone.key == "Europe/Paris"
    assert DEMO.languages == ("fr", "en", "he", "it")
    assert [visit.id for visit in DEMO.visits] == [
        "consultation",
        "pregnancy",
        "visit-3",
        "colposcopy",
        "hysteroscopy",
        "teleconsultation",
    ]


def test_a_time_on_the_door_becomes_minutes_after_midnight() -> None:
    """Monday is open from nine to half past twelve and from two to half past six."""
    monday = [hours for hours in DEMO.hours if hours.weekday is Weekday.MONDAY]
    assert [(hours.opens, hours.closes) for hours in monday] == [(540, 750), (840, 1110)]


def test_a_price_without_a_range_has_one_amount() -> None:
    prices = [visit.price for visit in DEMO.visits[:2]]
    assert [str(price.least) for price in prices] == ["70.00", "70.00"]
    assert [str(price.most) for price in prices] == ["90.00", "70.00"]
    assert all(type(price.least) is Decimal for price in prices)


def test_days_are_read_as_days() -> None:
    assert (DEMO.closures[0].first, DEMO.closures[0].last) == (
        date(2026, 12, 24),
        date(2027, 1, 3),
    )


def test_what_may_be_left_out_is_empty() -> None:
    """No preparation for contraception, no buffer for a consultation, no key in the demo."""
    visits = {visit.id: visit for visit in DEMO.visits}
    assert set(visits["visit-3"].preparation.values()) == {""}
    assert (visits["consultation"].before, visits["consultation"].after) == (0, 0)
    assert not visits["consultation"].asks_birth_date
    assert DEMO.sealed_to == ()


def test_a_teleconsultation_has_no_door() -> None:
    remote = DEMO.visit("teleconsultation")
    assert remote
    assert remote.remote
    assert DEMO.place(remote.place) is None


def test_a_phone_number_is_dialled_without_its_spaces() -> None:
    assert DEMO.places[0].dial == "0199004711"


def with_keys(count: int) -> tuple[Practice, list[str]]:
    keys = [public_text(new_key()) for _ in range(count)]
    return read_practice(FACTS + "".join(recipient(key) for key in keys)), keys


@pytest.mark.parametrize(("count", "order"), [(1, [0, 0, 0]), (2, [0, 1, 0]), (3, [0, 1, 2])])
def test_an_envelope_is_sealed_as_often_whoever_can_open_it(count: int, order: list[int]) -> None:
    practice, keys = with_keys(count)
    assert [recipient.key for recipient in practice.sealed_to] == [keys[place] for place in order]
    assert len(practice.sealed_to) == RECIPIENTS


@given(st.integers(0, 10), st.integers(1, 9))
def test_one_wrong_digit_of_an_rpps_number_is_found(place: int, more: int) -> None:
    """Luhn's key finds every single wrong digit: 10000000009 is right, 1 and 9 make ten."""
    digits = [int(sign) for sign in read_rpps("10000000009")]
    digits[place] = (digits[place] + more) % 10
    with pytest.raises(ValueError, match="RPPS"):
        read_rpps("".join(map(str, digits)))


# --- What is refused ------------------------------------------------------------------------------

WRONG: dict[str, tuple[str, list[tuple[str, str]]]] = {
    # what is wrong: the key at fault, and the changes that make it so
    "a key nobody knows": (
        "visits.1.minuets",
        [("minutes = 30", f"minutes = 30\nminuets = 30  {HERE}")],
    ),
    "a key nobody knows, before all tables": (
        "zoom",
        [("demonstration = true", f'zoom = "Europe/Paris"  {HERE}\ndemonstration = true')],
    ),
    "a key nobody knows in a list of tables": (
        "legal.hosts.2.fax",
        [('role = "booking"', f'role = "booking"\nfax = "none"  {HERE}')],
    ),
    "a missing key": (
        "doctor.insurance",
        [("[doctor]", f"[doctor]  {HERE}"), ("\ninsurance = ", "\n# insurance = ")],
    ),
    "a missing table": (
        "places.1.door",
        [("[[places]]", f"[[places]]  {HERE}"), ("[places.door]", "[payment.door]")],
    ),
    "a missing translation": (
        "visits.1.label.he",
        [("[visits.label]", f"[visits.label]  {HERE}"), ('he = "ביקור אצל רופאת נשים"\n', "")],
    ),
    "a missing translation in one line": (
        "visits.2.label.it",
        [
            ('[visits.label]\nfr = "Suivi de grossesse"', "[x]"),
            ('id = "pregnancy"', f'id = "pregnancy"\nlabel = {{fr="a", en="b", he="c"}} {HERE}'),
        ],
    ),
    "an empty translation": (
        "visits.1.label.he",
        [('he = "ביקור אצל רופאת נשים"', f'he = " "  {HERE}')],
    ),
    "an empty text": ("places.1.town", [('town = "Paris"', f'town = ""  {HERE}')]),
    "a language without words": (
        "languages",
        [('["fr", "en", "he", "it"] ', f'["fr", "de"]  {HERE}')],
    ),
    "a text for a number": ("doctor.sector", [("sector = 2", f'sector = "2"  {HERE}')]),
    "a number for yes or no": ("doctor.optam", [("optam = false", f"optam = 0  {HERE}")]),
    "yes or no for a number": (
        "visits.1.minutes",
        [("minutes = 30", f"minutes = true  {HERE}")],
    ),
    "a text for a table": (
        "doctor.specialty",
        [("[doctor.specialty]", "[x]"), ("sector = 2", f'sector = 2\nspecialty = "none"  {HERE}')],
    ),
    "one table for a list of them": (
        "closures",
        [("[[closures]]", f"[closures]  {HERE}")],
    ),
    "an id with a capital": ("places.1.id", [('id = "tilleuls"', f'id = "Tilleuls"  {HERE}')]),
    "an id too long for an envelope": (
        "visits.1.id",
        [('id = "consultation"', f'id = "{"a" * 41}"  {HERE}')],
    ),
    "an id used twice": (
        "visits.2.id",
        [('id = "pregnancy"', f'id = "consultation"  {HERE}')],
    ),
    "a place named as the one without a door": (
        "places.1.id",
        [('id = "tilleuls"', f'id = "teleconsultation"  {HERE}')],
    ),
    "a zone that is none": ("zone", [('"Europe/Paris"', f'"Europe/Lutetia"  {HERE}')]),
    "a zone out of its folder": ("zone", [('"Europe/Paris"', f'"../Europe/Paris"  {HERE}')]),
    "a country by its name": ("places.1.country", [('country = "FR"', f'country = "F"  {HERE}')]),
    "a country that is none": (
        "rules.holidays_country",
        [('holidays_country = "FR" ', f'holidays_country = "XX"  {HERE}')],
    ),
    "a part of the country that is none": (
        "rules.holidays_subdivision",
        [("[payment]", f'holidays_subdivision = "Alsace"  {HERE}\n[payment]')],
    ),
    "a number out of bounds": (
        "rules.horizon_days",
        [("horizon_days = 90", f"horizon_days = 0  {HERE}")],
    ),
    "an address prefix without a slash": ("rules.prefix", [('"/rdv"', f'"rdv"  {HERE}')]),
    "a visit at an unknown place": (
        "visits.1.place",
        [('id = "consultation"\nplace = "tilleuls"', f'id = "x"\nplace = "tilleul"  {HERE}')],
    ),
    "minutes that are no multiple of five": (
        "visits.1.minutes",
        [("minutes = 30", f"minutes = 32  {HERE}")],
    ),
    "a buffer that is no multiple of five": (
        "visits.3.buffer_after",
        [("minutes = 20\nbuffer_after = 5", f"minutes = 20\nbuffer_after = 7  {HERE}")],
    ),
    "a range of prices without a reason": (
        "visits.2.price.criteria",
        [
            (
                "[visits.price]\nleast = 70.00\ncovered",
                f"[visits.price]  {HERE}\nleast = 70.00\nmost = 90.00\ncovered",
            )
        ],
    ),
    "a highest price below the lowest": (
        "visits.1.price.most",
        [("most = 90.00", f"most = 69.99  {HERE}")],
    ),
    "a price that is no number": ("visits.1.price.least", [("70.00", f"nan  {HERE}")]),
    "a price without an end": ("visits.1.price.most", [("90.00", f"inf  {HERE}")]),
    "an unknown means of payment": (
        "payment.methods",
        [('["card", "cheque", "cash"]', f'["card", "gold"]  {HERE}')],
    ),
    "a wrong RPPS check digit": ("doctor.rpps", [('"10000000009"', f'"10000000008"  {HERE}')]),
    "an RPPS number too short": ("doctor.rpps", [('"10000000009"', f'"1000000009"  {HERE}')]),
    "hours at an unknown place": (
        "hours.1.place",
        [
            (
                'place = "tilleuls"\nweekdays',
                f'place = "tilleul"  {HERE}\nweekdays',
            )
        ],
    ),
    "hours for an unknown visit": (
        "hours.3.visits",
        [('["colposcopy", "hysteroscopy"]', f'["colposcopie"]  {HERE}')],
    ),
    "hours on an unknown day": (
        "hours.4.weekdays",
        [('["wednesday"]', f'["mercredi"]  {HERE}')],
    ),
    "hours that overlap others of another table": (
        "hours.2.opens",
        [('opens = "14:00"', f'opens = "12:25"  {HERE}')],
    ),
    "hours that overlap others at another place": (
        "hours.4.opens",
        [('["wednesday"]\nopens = "09:00"', f'["thursday"]\nopens = "10:00"  {HERE}')],
    ),
    "hours twice on one day": (
        "hours.1.opens",
        [
            (
                '["monday", "tuesday", "thursday"]\nopens = "09:00"',
                f'["monday", "monday"]\nopens = "09:00"  {HERE}',
            )
        ],
    ),
    "hours that close before they open": (
        "hours.1.closes",
        [('closes = "12:30"', f'closes = "08:30"  {HERE}')],
    ),
    "hours that close as they open": (
        "hours.1.closes",
        [('closes = "12:30"', f'closes = "09:00"  {HERE}')],
    ),
    "a closure that ends before it begins": (
        "closures.1.last",
        [("last = 2027-01-03", f"last = 2026-12-23  {HERE}")],
    ),
    "a closure from noon on": (
        "closures.1.first",
        [("first = 2026-12-24", f"first = 2026-12-24T12:00:00  {HERE}")],
    ),
    "a closure written as a text": (
        "closures.1.first",
        [("first = 2026-12-24", f'first = "2026-12-24"  {HERE}')],
    ),
    "an unknown way of hosting": (
        "legal.hosting_mode",
        [('hosting_mode = "practice" ', f'hosting_mode = "cloud"  {HERE}')],
    ),
    "an HDS host without its certificate": (
        "legal.hds_certificate",
        [("[legal]", f"[legal]  {HERE}"), ('hosting_mode = "practice"', 'hosting_mode = "hds"')],
    ),
    "a discreet visit whose id tells": (
        "visits.3.id",
        [('id = "visit-3"', f'id = "contraception"  {HERE}'), ('"pregnancy", "visit-3"]', "]")],
    ),
    "a way out that is no address": (
        "quick_exit",
        [("# quick_exit = ", f'quick_exit = "javascript:alert(1)"  {HERE} ')],
    ),
    "nobody who hosts the booking": (
        "legal.hosts",
        [("[legal]", f"[legal]  {HERE}"), ('role = "booking"', 'role = "site"')],
    ),
    "a host of something else": (
        "legal.hosts.2.role",
        [('role = "booking"', f'role = "bookings"  {HERE}')],
    ),
} | {
    f"the time {time!r}": ("hours.1.opens", [('"09:00"', f'"{time}"  {HERE}')])
    for time in ("9:00", "09:03", "24:05", "09:60", "9h00", "09:00:00", "-9:00", "noon")
}


@pytest.mark.parametrize(("key", "changes"), WRONG.values(), ids=WRONG)
def test_a_bad_fact_is_refused_by_file_line_and_key(
    key: str, changes: list[tuple[str, str]]
) -> None:
    text = changed(*changes)
    assert refusal(text).startswith(f"practice.toml, line {marked_line(text)}, {key}: ")


COMPRESSED = to_text(b"\x02" + bytes(32))
BAD_KEYS = {
    "too short": POINT[:-4],
    "too long": f"{POINT}AAAA",
    "compressed": COMPRESSED,
    "not a point": to_text(b"\x05" + bytes(64)),
    "not on the curve": to_text(b"\x04" + bytes(63) + b"\x01"),
    "padded": f"{POINT}=",
    "with a sign of plain base64": f"{POINT[:40]}+{POINT[41:]}",
    "with a space in it": f"{POINT[:40]} {POINT[40:]}",
    "with a letter of another alphabet": f"{POINT[:40]}é{POINT[41:]}",
    "a word": "key",
}


@pytest.mark.parametrize("key", BAD_KEYS.values(), ids=BAD_KEYS)
def test_a_bad_recipient_key_is_refused_by_file_line_and_key(key: str) -> None:
    """Else every patient would meet the mistake, and nobody else."""
    text = FACTS + recipient(key, mark=HERE)
    assert refusal(text).startswith(f"practice.toml, line {marked_line(text)}, recipients.1.key: ")


@pytest.mark.parametrize(
    "hybrid",
    [HYBRID[:-4], f"{HYBRID}A", POINT, f"A{HYBRID[1:]}=", "key"],
    ids=["too short", "too long", "a point", "padded", "a word"],
)
def test_a_bad_hybrid_half_is_refused_by_its_own_line(hybrid: str) -> None:
    text = FACTS + recipient(f"{POINT}.{hybrid}", late=HERE)
    assert refusal(text).startswith(
        f"practice.toml, line {marked_line(text)}, recipients.1.hybrid: "
    )


@pytest.mark.parametrize(
    ("first", "second"), [(KEY, POINT), (POINT, KEY)], ids=["first alone", "second alone"]
)
def test_a_hybrid_half_is_given_to_every_recipient_or_to_none(first: str, second: str) -> None:
    """Else envelopes would fall back to the older format, and nobody would notice."""
    text = FACTS + recipient(first) + recipient(second, "recovery")
    assert "every recipient or to none" in refusal(text)


def test_a_recipient_writes_the_table_it_is_read_from() -> None:
    for key in (KEY, POINT):
        told = read_practice(FACTS + Recipient("recovery", key).to_toml()).recipients
        assert told == (Recipient("recovery", key),)


def test_a_recipient_too_many_is_refused_where_it_begins() -> None:
    text = FACTS + recipient(KEY) * 3 + recipient(KEY).replace("]]", f"]]  {HERE}")
    assert refusal(text).startswith(f"practice.toml, line {marked_line(text)}, recipients.4: ")


def test_a_recipient_without_a_role_of_ours_is_refused() -> None:
    assert ", recipients.1.role: must be one of " in refusal(FACTS + recipient(KEY, "insurer"))


def test_a_file_that_is_not_toml_is_refused_by_its_line() -> None:
    text = changed(('zone = "Europe/Paris"', f"zone = Europe/Paris  {HERE}"))
    assert refusal(text).startswith(f"practice.toml, line {marked_line(text)}: cannot be read: ")


@pytest.mark.parametrize("table", ["places", "visits"])
def test_a_practice_without_places_or_visits_is_refused(table: str) -> None:
    """There is no line to name: nothing is there."""
    begins = FACTS.index(f"[[{table}]]")
    ends = FACTS.index("# --- Visits" if table == "places" else "# --- Weekly hours")
    assert refusal(FACTS[:begins] + FACTS[ends:]) == (
        f"practice.toml, {table}: write at least one [[{table}]] table"
    )


def test_lines_are_counted_past_texts_that_look_like_tables() -> None:
    """A text of several lines may hold anything: its lines count, its brackets do not."""
    text = changed(
        ('email = "secretariat', 'email = """\n[[visits]]\nminutes = 7\n[doctor]"""#"secretariat'),
        ("sector = 2", "sector = 4"),
        ("minutes = 30", f"minutes = 32  {HERE}"),
    ).replace("sector = 4", "sector = 2")
    assert refusal(text).startswith(f"practice.toml, line {marked_line(text)}, visits.1.minutes: ")


def test_a_mistake_names_what_would_be_right() -> None:
    assert "known here: " in refusal(changed(("minutes = 30", "minutes = 30\nminuets = 30")))
    assert "one of tilleuls, teleconsultation" in refusal(
        changed(('place = "tilleuls"\nminutes', 'place = "paris"\nminutes'))
    )


def test_every_table_and_key_knows_its_line() -> None:
    text = 'a = 1\n\n[b]  # comment\nc = 2\n[[d]]\ne = 3\n[d.f]\n"g" = 4\n[[d]]\ne = 5\n'
    facts = read_facts(text, "x.toml")
    second = facts.tables("d")[1]
    assert str(facts.wrong("a", "no")) == "x.toml, line 1, a: no"
    assert str(facts.table("b").wrong("c", "no")) == "x.toml, line 4, b.c: no"
    assert str(facts.table("b").wrong("z", "no")) == "x.toml, line 3, b.z: no"
    assert str(facts.tables("d")[0].table("f").wrong("g", "no")) == "x.toml, line 8, d.1.f.g: no"
    assert str(second.wrong("e", "no")) == "x.toml, line 10, d.2.e: no"
    assert str(second.wrong("", "no")) == "x.toml, line 9, d.2: no"


# --- What reading needs ---------------------------------------------------------------------------

WATCH = """
import sys
touched = []
def watch(event, details):
    code = event == "open" and str(details[0]).endswith((".py", ".pyc", ".so"))
    if event.partition(".")[0] in {"open", "socket", "subprocess", "os"} and not code:
        touched.append((event, *map(str, details[:1])))
import booking_endpoint
sys.addaudithook(watch)
import booking_endpoint.practice
sys.stdout.write(repr([entry for entry in touched if entry[0] != "os.listdir"]))
"""


def test_importing_the_practice_touches_nothing_but_code() -> None:
    """No file, no network, no other program: Python itself reports each of them."""
    run = subprocess.run(
        [sys.executable, "-c", WATCH],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=True,
        text=True,
    )
    assert run.stdout == "[]"
