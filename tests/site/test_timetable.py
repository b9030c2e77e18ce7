"""The door sign, the list of visits and the facts for machines, where a practice has many rules."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from booking_endpoint.envelope import PrivateKey
from booking_endpoint.practice import Practice
from booking_endpoint.reading import read_practice
from deploy.demo import build
from tests.serving import facts_with
from tests.site.document import Document
from theme.plugins.doorsign import Days, week

MORNINGS = 'weekdays = ["monday", "tuesday", "thursday"]\nopens = "09:00"\ncloses = "12:30"\n'
AFTERNOONS = 'weekdays = ["monday", "thursday"]\nopens = "14:00"\ncloses = "18:30"\n'
VIDEO = 'weekdays = ["wednesday"]\n'
HOLIDAYS = "first = 2026-12-24\nlast = 2027-01-03\n"

RULES = f"""{HOLIDAYS}
[[closures]]
first = 2027-04-12
until = "10:00"

[[closures]]
first = 2027-03-01
last = 2027-03-05
from = "09:00"
until = "10:30"

[[closures]]
first = 2027-02-11
from = "13:00"

[[openings]]
date = 2027-05-08
place = "teleconsultation"
opens = "10:00"
closes = "12:00"

[[openings]]
date = 2027-02-01
place = "tilleuls"
opens = "19:00"
closes = "20:00"
visits = ["consultation"]
"""
"""Written out of order: the door sign sorts them. On 1 February the weekly hours hold too."""

CHANGES = (
    (MORNINGS, f"{MORNINGS}first = 2027-01-04\nlast = 2027-06-30\n"),
    (AFTERNOONS, f'{AFTERNOONS}weeks = "odd"\n'),
    (VIDEO, f"{VIDEO}every_second_from = 2027-01-06\n"),
    ('weekdays = ["friday"]\n', 'weekdays = ["friday"]\nlast = 2027-12-31\n'),
    (HOLIDAYS, RULES),
    (
        'id = "consultation"\n',
        'id = "consultation"\npatients = "new"\nlanguages = ["fr", "en", "it"]\n',
    ),
    (
        'id = "teleconsultation"\n',
        'id = "teleconsultation"\nminimum_age = 18\npatients = "known"\n',
    ),
    ('id = "pregnancy"\n', 'id = "pregnancy"\nminimum_age = 1\n'),
)


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory, key: PrivateKey) -> Path:
    """The site of a practice with many rules."""
    folder = tmp_path_factory.mktemp("ruled")
    (folder / "practice.toml").write_text(facts_with(key, *CHANGES), encoding="utf-8")
    build(folder / "practice.toml", folder / "site")
    return folder / "site"


def page(site: Path, where: str) -> Document:
    return Document((site / where / "index.html").read_text("utf-8"))


def changed(key: PrivateKey, *changes: tuple[str, str]) -> Practice:
    return read_practice(facts_with(key, *changes))


def rows(page: Document) -> list[str]:
    """The door sign, a line for each row."""
    said: dict[int, list[str]] = {}
    for text, at in page.texts:
        if at.within(tag="table", **{"aria-labelledby": "hours"}):
            (row,) = (one for one in (at, *at.around) if one.tag == "tr")
            said.setdefault(id(row), []).append(text)
    return [plain(" ".join(texts)) for texts in said.values()]


def notices(page: Document) -> list[str]:
    """What is said of single days, a text for each paragraph."""
    said: dict[int, list[str]] = {}
    for text, at in page.texts:
        if at.within(tag="div", **{"class": "notice"}):
            (paragraph,) = (one for one in (at, *at.around) if one.tag == "p")
            said.setdefault(id(paragraph), []).append(text)
    return [plain("".join(texts)) for texts in said.values()]


def plain(text: str) -> str:
    """Without the signs that keep a direction, and with one kind of space."""
    return " ".join(text.translate({0x2068: None, 0x2069: None, 0xA0: " "}).split())


def lines(days: list[Days]) -> list[tuple[int, int]]:
    return [(one.first.weekday(), one.last.weekday()) for one in days]


# --- the door sign -------------------------------------------------------------------------------


def test_hours_stand_on_the_door_with_the_weeks_and_days_they_hold_in(ruled: Path) -> None:
    assert rows(page(ruled, "")) == [
        "Lundi 09:00 – 12:30 du 4 janvier 2027 au 30 juin 2027 14:00 – 18:30 semaines impaires",
        "Mardi 09:00 – 12:30 du 4 janvier 2027 au 30 juin 2027 14:00 – 17:30",
        "Mercredi 09:00 – 12:00 en vidéo une semaine sur deux, dont celle du lundi 4 janvier 2027",
        "Jeudi 09:00 – 12:30 du 4 janvier 2027 au 30 juin 2027 14:00 – 18:30 semaines impaires",
        "Vendredi 08:30 – 13:00 jusqu’au 31 décembre 2027",
        "Samedi et dimanche fermé",
    ]


def test_days_share_a_line_only_when_times_and_weeks_are_the_same(key: PrivateKey) -> None:
    """Otherwise Tuesday would promise what only Monday keeps."""
    same = 'weekdays = ["saturday", "sunday"]\n'
    shared = changed(key, ('weekdays = ["friday"]\n', same))
    assert lines(week(shared))[-1] == (5, 6)
    for note in ('weeks = "even"', "every_second_from = 2027-01-04", "first = 2027-01-04"):
        noted = f'{same}{note}\nplace = "tilleuls"\nopens = "08:30"\ncloses = "13:00"\n'
        one, other = noted.replace(', "sunday"', ""), same.replace('"saturday", ', "")
        apart = changed(
            key,
            (
                'place = "tilleuls"\nweekdays = ["friday"]\n',
                f'{one}\n[[hours]]\n{other}place = "tilleuls"\n',
            ),
        )
        assert lines(week(apart))[-2:] == [(5, 5), (6, 6)], note


def test_a_second_week_is_named_by_its_monday(key: PrivateKey) -> None:
    """Whichever of its days the doctor wrote."""
    for day in ("2027-01-04", "2027-01-06", "2027-01-10"):
        practice = changed(key, (VIDEO, f"{VIDEO}every_second_from = {day}\n"))
        (wednesday,) = (days for days in week(practice) if days.first.weekday() == 2)
        assert wednesday.stretches[0].second == date(2027, 1, 4)


def test_what_changes_on_single_days_stands_below_in_the_order_of_the_calendar(
    ruled: Path,
) -> None:
    assert notices(page(ruled, ""))[:6] == [
        "Le cabinet est aussi ouvert le lundi 1er février 2027, 19:00 – 20:00.",
        "Le cabinet reçoit aussi le samedi 8 mai 2027, 10:00 – 12:00, en vidéo.",
        "Le cabinet est fermé du jeudi 24 décembre 2026 au dimanche 3 janvier 2027.",
        "Le cabinet est fermé le jeudi 11 février 2027, à partir de 13:00.",
        "Du lundi 1er mars 2027 au vendredi 5 mars 2027, le cabinet est fermé chaque jour"
        " de 09:00 à 10:30.",
        "Le cabinet est fermé le lundi 12 avril 2027, jusqu’à 10:00.",
    ]


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("en", "The practice is closed on Monday 12 April 2027, until 10:00."),
        ("en", "Also open on Saturday 8 May 2027, 10:00 – 12:00, by video."),
        ("he", "המרפאה סגורה: יום חמישי, 11 בפברואר 2027, החל בשעה 13:00."),
        ("it", "Lo studio riceve anche sabato 8 maggio 2027, 10:00 – 12:00, in video."),
    ],
)
def test_single_days_are_told_in_every_language(ruled: Path, where: str, said: str) -> None:
    assert said in notices(page(ruled, where))


def test_a_practice_without_closures_has_no_empty_notice(tmp_path: Path, key: PrivateKey) -> None:
    facts = facts_with(key, (f"[[closures]]\n{HOLIDAYS}", ""))
    (tmp_path / "practice.toml").write_text(facts, encoding="utf-8")
    build(tmp_path / "practice.toml", tmp_path / "site")
    assert len(notices(page(tmp_path / "site", ""))) == 1, "the emergency numbers alone"


# --- what one comes for --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "there"),
    [("rendez-vous", True), ("gerer", True), ("he/appointment", False), ("he/manage", False)],
)
def test_a_visit_is_offered_on_the_pages_of_its_languages(
    ruled: Path, where: str, there: bool
) -> None:
    radios = {one.attributes["value"] for one in page(ruled, where).all("input", name="visit")}
    assert ("consultation" in radios) is there
    assert "pregnancy" in radios


def test_the_next_free_time_is_that_of_a_visit_offered_in_the_language(ruled: Path) -> None:
    asked = [next(page(ruled, where).all("p", **{"class": "sign__next"})) for where in ("", "he")]
    assert [one.attributes["data-visit"] for one in asked] == ["consultation", "pregnancy"]


@pytest.mark.parametrize(
    ("where", "visit", "said"),
    [
        ("rendez-vous", "consultation", "30 minutes, pour une première visite uniquement"),
        ("rendez-vous", "pregnancy", "30 minutes, à partir d’un an"),
        ("rendez-vous", "colposcopy", "40 minutes"),
        (
            "rendez-vous",
            "teleconsultation",
            "20 minutes, en vidéo, pour les personnes déjà suivies au cabinet, à partir de 18 ans",
        ),
        ("he/appointment", "pregnancy", "30 דקות, מגיל שנה"),
        ("it/appuntamento", "pregnancy", "30 minuti, a partire da 1 anno"),
        (
            "en/appointment",
            "teleconsultation",
            "20 minutes, by video, for patients the doctor already knows, from the age of 18",
        ),
    ],
)
def test_a_patient_is_told_for_whom_a_visit_is(
    ruled: Path, where: str, visit: str, said: str
) -> None:
    """Nobody checks it, so it stands beside the choice and not behind it."""
    told = [
        text for text, at in page(ruled, where).texts if at.attributes.get("id") == f"{visit}-hint"
    ]
    assert plain("".join(told)) == said


@pytest.mark.parametrize("where", ["", "tarifs"])
def test_home_page_and_fees_say_for_whom_a_visit_is(ruled: Path, where: str) -> None:
    """A visit that is not booked in this language is listed all the same: one may phone."""
    assert "Pour une première visite uniquement" in page(ruled, where).words
    assert "ביקור אצל רופאת נשים" in page(ruled, "he").words


# --- facts for machines --------------------------------------------------------------------------


def told(site: Path) -> dict[str, Any]:
    (text,) = [text for text, at in page(site, "").texts if at.tag == "script"]
    found: dict[str, Any] = json.loads(text)
    return found


def brief(found: list[dict[str, str]]) -> list[tuple[str, ...]]:
    keys = ("dayOfWeek", "opens", "closes", "validFrom", "validThrough")
    return [
        tuple(one[key].removeprefix("https://schema.org/") for key in keys if key in one)
        for one in found
    ]


def test_machines_are_told_only_the_hours_they_have_words_for(ruled: Path) -> None:
    """Nothing of odd, even or second weeks, which would be read as every week."""
    spring = ("2027-01-04", "2027-06-30")
    assert brief(told(ruled)["openingHoursSpecification"]) == [
        ("Monday", "09:00", "12:30", *spring),
        ("Tuesday", "09:00", "12:30", *spring),
        ("Tuesday", "14:00", "17:30"),
        ("Thursday", "09:00", "12:30", *spring),
        ("Friday", "08:30", "13:00", "2027-12-31"),
    ]


def test_machines_are_told_a_special_day_whole(ruled: Path) -> None:
    """What is special replaces the week's hours, so these are repeated; half days are not told.

    1 February 2027 lies in week 5, an odd one.
    """
    day = ("2027-02-01", "2027-02-01")
    assert brief(told(ruled)["specialOpeningHoursSpecification"]) == [
        ("00:00", "00:00", "2026-12-24", "2027-01-03"),
        ("09:00", "12:30", *day),
        ("14:00", "18:30", *day),
        ("19:00", "20:00", *day),
    ]
