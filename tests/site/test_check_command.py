"""`check` as somebody runs it: what it prints, in which language, and how it ends."""

import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.extract import extract

from booking_endpoint.words import read_language
from deploy.check.__main__ import TRANSLATIONS, main
from deploy.check.catalogue import BY_ID, RULES
from deploy.check.context import Finding
from deploy.check.report import RED, Verdict, explained, lines
from deploy.check.rule import Severity
from tests.serving import ROOT

DAY = ("--today", "2026-11-22")


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """The demo's content, to be changed."""
    return Path(shutil.copytree(ROOT / "content", tmp_path / "content"))


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def run(content: Path, *words: str) -> int:
    where = ("--content", str(content), "--practice", str(content / "practice.toml"))
    return main([*where, *DAY, *words])


def test_it_builds_the_demo_and_finds_nothing_wrong() -> None:
    """The whole verb, in a process of its own, as on the first day."""
    done = subprocess.run(
        [sys.executable, "-m", "deploy.check", *DAY],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    nothing = ("Erreurs", "Avertissements")
    assert all(f"{what}\N{NO-BREAK SPACE}: 0." in done.stdout for what in nothing)


def line_of_price(visit: str, facts: Path) -> int:
    """The line on which the price of a visit begins."""
    text = facts.read_text("utf-8")
    start = text.index("[visits.price]", text.index(f'id = "{visit}"'))
    return 1 + text.count("\n", 0, start)


def test_an_error_fails_and_is_told_first_with_its_place_what_to_do_and_its_name(
    content: Path, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, facts = content / "pages" / "tarifs.fr.md", content / "practice.toml"
    change(facts, 'rule = "fees-base"', 'rule = "superlative"')
    change(page, "\n\n", "\n\nRésultat garanti.\n\nLa pose coûte 130 €.\n\n")
    assert run(content, "--site", str(site)) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[:4] == [
        str(page),
        f"  {page}:7: erreur [amount]",
        "      N’écrivez aucun montant dans un texte\N{NO-BREAK SPACE}: les montants sont dans "
        "practice.toml, avec une date et une source.",
        "      > 130 €",
    ]
    assert told[4] == f"  {page}:5: avertissement [guarantee]"
    warned = f"  {facts}:{line_of_price('colposcopy', facts)}: avertissement [fees-base]"
    assert warned in told[8:]


def test_what_the_build_would_refuse_is_told_and_nothing_is_built(
    content: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """All of it at once: the head that cannot be read, and the claim in another file."""
    change(content / "pages" / "acces.fr.md", "Title:", "Titel:")
    change(content / "pages" / "cabinet.fr.md", "\n\n", "\n\nVos données sont anonymes.\n\n")
    assert run(content) == 1
    told = capfd.readouterr().out
    assert "acces.fr.md: erreur [refused]" in told
    assert "> «\xa0Titel\xa0» n’est pas connu ici" in told
    assert "cabinet.fr.md:5: erreur [claim]" in told
    assert "Le site n’a pas été construit" in told
    assert "Processed" not in told
    assert run(content, "--only", "link") == 1
    assert "cabinet.fr.md:5: erreur [claim]" in capfd.readouterr().out


def test_one_rule_can_look_alone(
    content: Path, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(content / "pages" / "tarifs.fr.md", "\n\n", "\n\nLa pose coûte 130 €.\n\n")
    assert run(content, "--site", str(site), "--only", "reviews") == 0
    assert run(content, "--site", str(site), "--only", "amount") == 1
    assert "[fees-base]" not in capsys.readouterr().out


def test_an_error_set_aside_with_a_reason_is_counted_and_does_not_fail(
    content: Path, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = content / "pages" / "tarifs.fr.md"
    change(page, "\n\n", "\n\nLa pose coûte 130 €.\n\n")
    change(page, "Slug:", "Allow: amount because ce montant est celui d’un exemple\nSlug:")
    assert run(content, "--site", str(site), "--only", "amount") == 0
    assert "Écartés avec une raison\N{NO-BREAK SPACE}: 1." in capsys.readouterr().out


@pytest.mark.parametrize("table", ['rule = "amount"', 'rule = "amount"\nwhy = ""'])
def test_a_rule_set_aside_without_a_reason_is_refused_by_its_line(
    content: Path, capsys: pytest.CaptureFixture[str], table: str
) -> None:
    change(content / "practice.toml", "\n[rules]\n", f"\n[[allowed]]\n{table}\n\n[rules]\n")
    text = (content / "practice.toml").read_text("utf-8")
    line = text[: text.index("[[allowed]]")].count("\n") + table.count("\n") * 2 + 1
    assert run(content) == 1
    assert f"ligne {line}, allowed.1.why\xa0: dites en une phrase" in capsys.readouterr().err


def test_every_rule_explains_itself() -> None:
    """Who asks it and where that is written, what to do and why, and how to set it aside."""
    french = read_language("fr", TRANSLATIONS)
    for rule in RULES:
        told = "\n".join(explained(rule, french))
        for words in (rule.source, rule.jurisdiction, french.say(rule.say), french.say(rule.why)):
            assert words in told
        shown = f"Allow: {rule.id} because" in told, f'rule = "{rule.id}"' in told
        assert shown == (not rule.firm, not rule.firm)


def test_the_guide_names_every_rule_under_its_severity() -> None:
    guide = (ROOT / "docs" / "guide-medecin.md").read_text("utf-8")
    table = guide.partition("| sujet | erreurs | avertissements |")[2].partition("\n\n")[0]
    cells = [line.split(" | ") for line in table.splitlines() if line.startswith("| ")]
    for column, severity in ((1, Severity.ERROR), (2, Severity.WARNING)):
        named = {name for cell in cells for name in re.findall(r"`([a-z-]+)`", cell[column])}
        assert named == {rule.id for rule in RULES if rule.severity is severity}


def test_the_verb_explains_in_the_language_of_the_facts(
    content: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(content / "practice.toml", '["fr", "en", "he", "it"]', '["it", "en", "he", "fr"]')
    assert run(content, "--explain", "comparison") == 0
    told = capsys.readouterr().out
    assert told.startswith("comparison: avviso, in Francia (FR)\nNon si paragoni")
    assert "R.4127-19-1 I" in told


def test_a_rule_that_nobody_knows_is_said_to_be_none(capsys: pytest.CaptureFixture[str]) -> None:
    for asked in ("--explain", "--only"):
        assert main([asked, "fees"]) == 2
        assert "fees-linked" in capsys.readouterr().err


def test_only_an_error_that_stands_is_red() -> None:
    """Colours are for a terminal; a file or a pipe gets none."""
    found = [Verdict(rule, Finding("a.md", 1, "x")) for rule in RULES]
    french = read_language("fr", TRANSLATIONS)
    errors = sum(rule.severity is Severity.ERROR for rule in RULES)
    assert "".join(lines(found, french, colour=True)).count(RED) == errors
    assert "\x1b" not in "".join(lines(found, french, colour=False))


@cache
def used() -> frozenset[str]:
    """Every message that the code says."""
    said = set()
    for path in TRANSLATIONS.parent.glob("*.py"):
        with path.open("rb") as module:
            found = extract("python", module, {"_": None}, options={"encoding": "utf-8"})
            said |= {str(message) for _line, message, _notes, _context in found}
    return frozenset(said)


def test_what_the_rules_say_is_among_the_messages() -> None:
    assert {text for rule in BY_ID.values() for text in (rule.say, rule.why)} <= used()


@pytest.mark.parametrize("code", ["fr", "he", "it"])
def test_every_message_is_translated_and_no_other(code: str) -> None:
    catalogue = read_language(code, TRANSLATIONS).catalogue
    assert sorted(catalogue) == sorted(used())
    assert [text for text, said in catalogue.items() if not said or said == text] == []
    for text, said in catalogue.items():
        assert gaps(text) == gaps(said), text


def gaps(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name)


@pytest.mark.parametrize("code", ["fr", "he", "it"])
def test_a_catalogue_is_in_alphabetical_order_and_set_as_by_a_printer(code: str) -> None:
    text = (TRANSLATIONS / f"{code}.po").read_text("utf-8")
    messages = [line[7:-1] for line in text.splitlines() if line.startswith("msgid ")]
    assert messages == sorted(messages)
    said = read_language(code, TRANSLATIONS).catalogue.values()
    assert [one for one in said if "'" in one] == []
    assert [one for one in said for sign in ":;?!" if code == "fr" and f" {sign}" in one] == []
