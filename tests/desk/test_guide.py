"""The doctor's guides: what they tell to type exists, what they explain is what is said."""

import re

import pytest
from babel.messages.extract import extract
from invoke.parser import Parser

from booking_endpoint.words import read_language
from desk.__main__ import TRANSLATIONS
from tasks import as_invoke_says, namespace
from tests.serving import ROOT

GUIDE = (ROOT / "docs" / "guide-cles.md").read_text("utf-8")
DESK = (ROOT / "docs" / "guide-bureau.md").read_text("utf-8")
BACKUPS = (ROOT / "docs" / "guide-sauvegarde.md").read_text("utf-8")
COMMAND = re.compile(r"python3 tasks\.py ([^`\n|]+)")
TYPED = sorted({one.strip() for one in COMMAND.findall(GUIDE + DESK + BACKUPS)})
EXPLAINED = re.findall(r"^\| (.+?) \|", GUIDE.partition("| message |")[2], re.MULTILINE)


def said(*modules: str) -> list[str]:
    """What these modules say, in French as the guide writes it."""
    catalogue, found = read_language("fr", TRANSLATIONS).catalogue, set()
    for name in modules:
        with (ROOT / "desk" / name).open("rb") as module:
            marked = extract("python", module, {"_": None}, options={"encoding": "utf-8"})
            found |= {catalogue[str(message)] for _line, message, _notes, _context in marked}
    return sorted(
        re.sub(r"\{\w+\}", "…", text.replace("\N{NO-BREAK SPACE}", " ")) for text in found
    )


@pytest.mark.parametrize("typed", TYPED)
def test_what_the_guide_tells_to_type_exists(typed: str) -> None:
    """Raises for a verb or an option that is none."""
    verb, *rest = as_invoke_says(typed.split())
    [context] = Parser(namespace.to_contexts()).parse_argv([verb, *rest])
    assert context.name == verb or verb in context.aliases


def test_the_guide_speaks_of_every_verb_of_the_keys() -> None:
    typed = [one for one in TYPED if one.startswith("keys")]
    acts = {one.removeprefix("keys").strip().partition(" ")[0] for one in typed}
    assert {"", "rotate", "restore", "remove"} <= acts


def test_the_messages_explained_are_those_that_are_said() -> None:
    """Each by its beginning; none twice, none missing."""
    messages = said("asking.py", "keys.py")
    begun = {text: [one for one in EXPLAINED if text.startswith(one)] for text in messages}
    assert [text for text, ones in begun.items() if len(ones) != 1] == []
    assert sorted(one for [one] in begun.values()) == sorted(EXPLAINED)


def test_the_messages_of_a_restore_that_are_explained_are_said() -> None:
    explained = re.findall(r"^\| (.+?) \|", BACKUPS.partition("| message |")[2], re.MULTILINE)
    messages = said("restore_command.py")
    begun = [one for one in explained if not one.startswith("-")]
    assert begun
    assert [one for one in begun if not any(text.startswith(one) for text in messages)] == []


def test_the_messages_of_a_second_desk_are_explained_too() -> None:
    """All that its terminals say, and what the page says of its server."""
    chapter = DESK.partition("| message | que faire |")[2].partition("\n## ")[0]
    explained = re.findall(r"^\| (.+?) \|", chapter, re.MULTILINE)
    terminals = said("joining.py", "pair_command.py", "serving.py")
    for text in terminals:
        assert len([one for one in explained if text.startswith(one)]) == 1, text
    page = [one for one in explained if not any(text.startswith(one) for text in terminals)]
    french = read_language("fr", TRANSLATIONS).catalogue.values()
    shown = [text.replace("\N{NO-BREAK SPACE}", " ") for text in french]
    assert [one for one in page if not any(text.startswith(one) for text in shown)] == []
    assert len(page) == 3


def test_what_the_guide_quotes_from_the_desk_is_said_there() -> None:
    french = read_language("fr", TRANSLATIONS).catalogue.values()
    whole = " ".join(french).replace("\N{NO-BREAK SPACE}", " ")
    quoted = [one.replace("\n", " ") for one in re.findall(r"dit : « ([^»]+) »", GUIDE)]
    assert len(quoted) == 3
    assert [one for one in quoted if re.sub(r"\d+", "{count}", one) not in whole] == []


def test_an_anchor_leads_to_a_heading() -> None:
    headings = re.findall(r"^## (.+)$", GUIDE, re.MULTILINE)
    named = [re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings]
    anchors = re.findall(r"\]\(#(.+?)\)", GUIDE)
    assert anchors[: len(named)] == named
    assert set(anchors) == set(named)


def test_the_guide_speaks_of_every_verb_of_the_desk_and_quotes_what_is_said() -> None:
    acts = {one.split()[1] for one in TYPED if one.startswith("calendar")}
    assert acts == {"add", "list", "remove", "pull", "export"}
    assert {"remind", "sheet", "numbers"} <= {one.split()[0] for one in TYPED}
    said = " ".join(read_language("fr", TRANSLATIONS).catalogue.values())
    whole = said.replace("\N{NO-BREAK SPACE}", " ").replace("’", "'").casefold()
    quoted = re.findall(r"^\| « ([^»]+) » \|", DESK, re.MULTILINE)
    assert len(quoted) == 12
    assert [one for one in quoted if one.casefold() not in whole] == []
