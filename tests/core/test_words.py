"""Dates, times and amounts as each language writes them, by what CLDR says and people expect."""

import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from booking_endpoint.words import OWN_WORDS, Language, read_language

LANGUAGES = {code: read_language(code) for code in ("fr", "en", "he", "it")}
FRENCH, ENGLISH, HEBREW, ITALIAN = LANGUAGES.values()

MONDAY = date(2026, 11, 23)
ISOLATED = "\u2068{}\u2069"
"""First strong isolate, and the sign that ends it (UAX 9)."""

NARROW, NO_BREAK, RIGHT_TO_LEFT = "\u202f", "\u00a0", "\u200f"


@pytest.mark.parametrize(
    ("code", "written"),
    [
        ("fr", "lundi 23 novembre 2026"),
        ("en", "Monday 23 November 2026"),
        ("he", "יום שני, 23 בנובמבר 2026"),
        ("it", "lunedì 23 novembre 2026"),
    ],
)
def test_a_day_is_written_in_full(code: str, written: str) -> None:
    assert LANGUAGES[code].day(MONDAY) == written


@pytest.mark.parametrize(
    ("code", "written"),
    [
        ("fr", "23 novembre 2026"),
        ("en", "23 November 2026"),
        ("he", "23 בנובמבר 2026"),
        ("it", "23 novembre 2026"),
    ],
)
def test_a_day_is_written_without_its_weekday(code: str, written: str) -> None:
    assert LANGUAGES[code].short_day(MONDAY) == written


def test_the_first_of_a_month_has_its_own_word_in_french_alone() -> None:
    """And the first alone: not the eleventh, nor the twenty-first, nor the year."""
    assert FRENCH.day(date(2026, 11, 1)) == "dimanche 1er novembre 2026"
    assert FRENCH.short_day(date(2026, 5, 1)) == "1er mai 2026"
    assert FRENCH.short_day(date(2026, 5, 11)) == "11 mai 2026"
    assert FRENCH.short_day(date(2031, 5, 21)) == "21 mai 2031"
    assert ITALIAN.short_day(date(2026, 5, 1)) == "1 maggio 2026"


@pytest.mark.parametrize(
    ("code", "written"), [("fr", "lundi"), ("en", "Monday"), ("he", "יום שני"), ("it", "lunedì")]
)
def test_a_weekday_has_its_name(code: str, written: str) -> None:
    assert LANGUAGES[code].weekday(MONDAY) == written


def test_a_time_is_written_on_24_hours_as_on_the_door() -> None:
    paris = ZoneInfo("Europe/Paris")
    for language in LANGUAGES.values():
        assert language.time(datetime(2026, 11, 23, 8, 20, tzinfo=UTC).astimezone(paris)) == "09:20"
        assert language.time(datetime(2026, 7, 13, 19, 5, tzinfo=UTC).astimezone(paris)) == "21:05"
        assert language.time(datetime(2026, 11, 23, 23, 0, tzinfo=UTC).astimezone(paris)) == "00:00"


@pytest.mark.parametrize(
    ("code", "amount", "written"),
    [
        ("fr", "70.00", f"70{NO_BREAK}€"),
        ("fr", "25.50", f"25,50{NO_BREAK}€"),
        ("fr", "1234.50", f"1{NARROW}234,50{NO_BREAK}€"),
        ("fr", "16.1", f"16,10{NO_BREAK}€"),
        ("en", "70.00", "€70"),
        ("en", "25.50", "€25.50"),
        ("en", "1234.50", "€1,234.50"),
        ("he", "70.00", f"{RIGHT_TO_LEFT}70{NO_BREAK}{RIGHT_TO_LEFT}€"),
        ("he", "25.50", f"{RIGHT_TO_LEFT}25.50{NO_BREAK}{RIGHT_TO_LEFT}€"),
        ("it", "70.00", f"70{NO_BREAK}€"),
        ("it", "25.50", f"25,50{NO_BREAK}€"),
        ("it", "1234.00", f"1.234{NO_BREAK}€"),
    ],
)
def test_an_amount_is_written_as_the_language_does(code: str, amount: str, written: str) -> None:
    """The sign's side, comma or point, no cents where there are none; never broken over a line."""
    assert LANGUAGES[code].euros(Decimal(amount)) == written


def test_hebrew_alone_runs_from_right_to_left() -> None:
    directions = {code: language.direction for code, language in LANGUAGES.items()}
    assert directions == {"fr": "ltr", "en": "ltr", "he": "rtl", "it": "ltr"}


def test_a_language_names_itself() -> None:
    names = [language.own_name for language in LANGUAGES.values()]
    assert names == ["Français", "English", "עברית", "Italiano"]


# --- The names of months --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "march", "december"),
    [
        ("fr", "mars", "décembre"),
        ("en", "march", "december"),
        ("he", "מרץ", "דצמבר"),
        ("it", "marzo", "dicembre"),
    ],
)
def test_each_month_has_a_name_of_its_own_language(code: str, march: str, december: str) -> None:
    names = LANGUAGES[code].months()
    assert {name for name, number in names if number == 3} >= {march}
    assert {name for name, number in names if number == 12} >= {december}
    assert {number for _name, number in names} == set(range(1, 13))
    assert {is_hebrew(name) for name, _number in names} == {code == "he"}


FRESH = """
from booking_endpoint.words import read_language
read_language("he").months()
print({name for name, number in read_language("it").months() if name > "z"})
"""


def test_no_month_has_the_name_of_a_language_asked_before() -> None:
    """Babel's own tables do: in a fresh process, Hebrew's names become Italy's stand-alone ones."""
    run = subprocess.run(
        [sys.executable, "-c", FRESH],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=True,
        text=True,
    )
    assert run.stdout.strip() == "set()"


def is_hebrew(name: str) -> bool:
    return "א" <= name[0] <= "ת"


def test_a_month_s_name_means_one_month_in_all_languages() -> None:
    """A patient may type any of them on any page."""
    meant: dict[str, set[int]] = {}
    for language in LANGUAGES.values():
        for name, number in language.months():
            meant.setdefault(name, set()).add(number)
    assert {name: numbers for name, numbers in meant.items() if len(numbers) > 1} == {}


# --- Messages -------------------------------------------------------------------------------------

CALL = "Call {phone}, or {other}."


def test_a_message_is_said_in_the_language() -> None:
    italian = Language("it", {"Choose a time.": "Scelga un orario."})
    assert italian.say("Choose a time.") == "Scelga un orario."


def test_a_message_without_translation_stays_in_english() -> None:
    assert Language("fr", {}).say(CALL, phone="15", other="112") == "Call 15, or 112."
    assert Language("fr", {CALL: ""}).say(CALL, phone="15", other="112") == "Call 15, or 112."


def test_what_fills_a_hebrew_message_keeps_its_own_direction() -> None:
    """Else the groups of a phone number change places between Hebrew words."""
    hebrew = Language("he", {CALL: "חייגו {phone} או {other}."})
    phone, other = ISOLATED.format("01 99 00 47 11"), ISOLATED.format("Valombreuse")
    said = hebrew.say(CALL, phone="01 99 00 47 11", other="Valombreuse")
    assert said == f"חייגו {phone} או {other}."


@pytest.mark.parametrize("code", ["fr", "en", "it"])
def test_what_fills_any_other_message_stands_as_it_is(code: str) -> None:
    """In those an isolate would be an invisible sign more to copy with a phone number."""
    said = Language(code, {}).say(CALL, phone="01 99 00 47 11", other="112")
    assert said == "Call 01 99 00 47 11, or 112."


def test_a_message_that_nothing_fills_may_hold_braces() -> None:
    assert Language("fr", {}).say("{} and {braces}") == "{} and {braces}"


def test_what_fills_a_message_is_not_filled_itself() -> None:
    assert Language("fr", {}).say("Hello {name}", name="{phone}") == "Hello {phone}"


def test_the_words_of_a_later_folder_win(tmp_path: Path) -> None:
    """The theme may say a thing of the endpoint's in its own way."""
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    for folder, choose in (("one", "Choisissez."), ("two", "Faites votre choix.")):
        (tmp_path / folder).mkdir()
        words = f'{head}msgid "Choose a time."\nmsgstr "{choose}"\n'
        (tmp_path / folder / "fr.po").write_text(words, "utf-8")
    both = read_language("fr", tmp_path / "one", tmp_path / "two", tmp_path / "none")
    assert both.say("Choose a time.") == "Faites votre choix."


def test_english_needs_no_catalogue() -> None:
    assert read_language("en", OWN_WORDS).say("Choose a time.") == "Choose a time."
