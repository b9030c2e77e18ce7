"""Who writes is told in the language of the practice what is wrong, whatever verb is run."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from booking_endpoint.envelope import PrivateKey
from booking_endpoint.mistakes import Mistake
from booking_endpoint.reading import BadPractice, read_practice
from booking_endpoint.words import read_language
from deploy import documents, new, reminders, verify
from deploy.check import __main__ as check
from deploy.writer import TRANSLATIONS, machines_language, told, writers_language
from desk import __main__ as desk
from tests.serving import ROOT, facts_with
from tests.site.test_build import build

FACTS = (ROOT / "content" / "practice.toml").read_text("utf-8")
LANGUAGES = next(line for line in FACTS.splitlines() if line.startswith("languages = "))
BAD = ('opens = "09:00"', 'opens = "9h"')
SAID = (
    "hours.1.opens\N{NO-BREAK SPACE}: «\N{NO-BREAK SPACE}9h\N{NO-BREAK SPACE}» n’est pas une heure"
)

Verb = Callable[[str], int]
VERBS: dict[str, Verb] = {
    "build": lambda facts: reminders.main([facts]),
    "check": lambda facts: check.main(["--practice", facts]),
    "documents": lambda facts: documents.main(["--practice", facts]),
    "keys": lambda facts: desk.main(["keys", "make", "--practice", facts]),
    "new": lambda facts: new.main(["page", "--practice", facts], date(2026, 12, 1)),
    "verify": lambda facts: verify.main(["http://127.0.0.1:9", "--practice", facts]),
}


def written(folder: Path, *changes: tuple[str, str]) -> Path:
    """The demo's facts in a file of their own, changed."""
    text = FACTS
    for old, new_text in changes:
        assert old in text
        text = text.replace(old, new_text, 1)
    file = folder / "practice.toml"
    file.write_text(text, "utf-8")
    return file


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_that_reads_the_facts_says_in_french_what_is_wrong(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the file and the line, as the doctor will look for them. Seen to fail in English."""
    facts = written(tmp_path, BAD)
    assert VERBS[verb](str(facts)) in (1, 2)
    line = 1 + FACTS[: FACTS.index(BAD[0])].count("\n")
    said = capsys.readouterr().err
    assert said.startswith(f"{facts}, ligne {line}, {SAID}")


def test_facts_that_are_not_there_are_missed_in_french(tmp_path: Path) -> None:
    facts = tmp_path / "practice.toml"
    with pytest.raises(FileNotFoundError) as missing:
        facts.read_text("utf-8")
    assert told(missing.value, facts, {}) == f"{facts}\xa0: ce fichier n’existe pas"


def test_facts_that_are_not_utf_8_are_refused_in_their_language(tmp_path: Path) -> None:
    facts = tmp_path / "practice.toml"
    facts.write_bytes('languages = ["it"]\n# perché'.encode("latin-1"))
    with pytest.raises(UnicodeDecodeError) as unreadable:
        facts.read_text("utf-8")
    assert told(unreadable.value, facts, {}) == f"{facts}: salvi il file in UTF-8"


@pytest.mark.parametrize("code", ["fr", "en", "he", "it"])
def test_the_language_is_the_first_of_the_facts_however_bad_the_rest(
    code: str, tmp_path: Path
) -> None:
    """Also where the file is no TOML any more, and whatever the machine speaks."""
    facts = written(tmp_path, (LANGUAGES, f'languages = [\n  "{code}",\n]'), ('"09:00"', '"09:00'))
    assert writers_language(facts, {"LANG": "it_IT.UTF-8"}).code == code


@pytest.mark.parametrize(
    ("environ", "code"),
    [
        ({}, "fr"),
        ({"LANG": "C.UTF-8"}, "fr"),
        ({"LANG": "de_DE.UTF-8"}, "fr"),
        ({"LANG": "it_IT.UTF-8"}, "it"),
        ({"LANG": "it_IT.UTF-8", "LC_MESSAGES": "he_IL"}, "he"),
        ({"LANG": "it_IT.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
    ],
)
def test_facts_without_a_language_are_told_in_the_machines_else_in_french(
    environ: dict[str, str], code: str, tmp_path: Path
) -> None:
    facts = written(tmp_path, (LANGUAGES, 'languages = ["latin"]'))
    assert machines_language(environ) == writers_language(facts, environ).code == code


def test_what_was_typed_keeps_its_order_in_hebrew() -> None:
    """Key, file and value are isolated (UAX 9), and the line begins where Hebrew begins."""
    with pytest.raises(BadPractice) as refused:
        read_practice(FACTS.replace(*BAD, 1), "practice.toml")
    said = refused.value.said(read_language("he", TRANSLATIONS))
    line = 1 + FACTS[: FACTS.index(BAD[0])].count("\n")
    apart = [f"\u2068{typed}\u2069" for typed in ("practice.toml", line, "hours.1.opens", "9h")]
    assert [said.count(typed) for typed in apart] == [1, 1, 1, 1]
    assert sorted(apart, key=said.index) == apart
    assert said.startswith("\u200f")


def test_a_phrase_within_a_message_is_said_in_the_same_language() -> None:
    """A claim brings its reason and its law along. Seen to fail when they stayed in English."""
    with pytest.raises(Mistake) as refused:
        read_practice(FACTS.replace('fr = "Apportez vos', 'fr = "Des données anonymes, vos', 1))
    said = refused.value.said(read_language("fr", TRANSLATIONS))
    assert "une réservation appartient à une personne" in said
    assert "RGPD, considérant 26" in said


def test_what_only_the_build_finds_is_told_in_french_too(tmp_path: Path, key: PrivateKey) -> None:
    """A plan is looked at when its page is made. Seen to fail in English."""
    facts = tmp_path / "practice.toml"
    facts.write_text(facts_with(key, ('"images/plan.svg"', '"images/no.svg"')), "utf-8")
    code, said = build(facts, tmp_path / "site")
    assert code == 1
    assert "images/no.svg\N{NO-BREAK SPACE}: ce fichier n’existe pas" in said


def test_what_runs_out_is_told_in_french(capsys: pytest.CaptureFixture[str]) -> None:
    """It stops no build; seen to fail in English."""
    reminders.remind(read_practice(FACTS), date(2099, 1, 1))
    said = capsys.readouterr().err
    assert said.startswith("Veuillez regarder [legal] security_expires\N{NO-BREAK SPACE}: le ")
    assert said.endswith(" est passé\N{NO-BREAK SPACE}; renouvelez\n")
