"""The doctor's papers, and security.txt: whole, honest, printable, and of a day and of facts."""

import hashlib
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from booking_endpoint.reading import read_practice
from deploy.documents import DOCUMENTS, documents
from tests.axe import doubts
from tests.core.cast import DEMO, FACTS
from tests.serving import ROOT
from tests.site.document import Document
from tests.site.papers import DAY

LOG = {"class": "log"}


def pages() -> dict[str, str]:
    return dict(documents(read_practice(FACTS), "f" * 64, DAY))


def test_the_security_paper_has_the_four_headings_and_no_other() -> None:
    page = Document(pages()["securite.html"])
    headings = [text for text, at in page.texts if at.tag == "h2"]
    assert headings == ["Disponibilité", "Intégrité", "Confidentialité", "Auditabilité"]
    assert len([at for text, at in page.texts if at.tag == "h3" and text == "Limites"]) == 4


def test_the_breach_paper_names_what_sealing_does_not_excuse() -> None:
    words = read_words("violations.html")
    for word in (
        "72 heures",
        "33(5)",
        "34(3)(a)",
        "Clé privée volée",
        "Adresses réseau",
        "Un lien",
    ):
        assert word in words
    rows = [row for row in Document(pages()["violations.html"]).all("tr") if row.within(**LOG)]
    assert len(rows) == 1 + 8


def read_words(name: str) -> str:
    return Document(pages()[name]).words.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_paper_needs_nothing_else_and_says_of_which_day_and_facts_it_is(name: str) -> None:
    page = Document(pages()[name])
    assert [e.tag for e in page.elements if {"src", "srcset"} & set(e.attributes)] == []
    assert {e.tag for e in page.elements} & {"link", "script", "img", "iframe"} == set()
    assert not re.search(r"url\(|@import", page.source)
    assert "20 novembre 2026" in page.words
    assert "f" * 64 in page.words


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_line_of_a_paper_can_begin_with_a_colon(name: str) -> None:
    read = " ".join(text for text, at in Document(pages()[name]).texts if at.tag != "style")
    assert re.findall(r".{9} [:;?!»]", read) == []


def test_a_paper_fits_on_a4_and_breaks_no_rule_of_accessibility(
    browser: Browser, tmp_path: Path
) -> None:
    page = browser.new_page(viewport={"width": 658, "height": 900})  # A4 without its margins
    for name, text in pages().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        page.goto((tmp_path / name).as_uri())
        assert doubts(page) == [], name
        page.emulate_media(media="print")
        assert page.evaluate("document.documentElement.scrollWidth") <= 658, name
        page.emulate_media(media="screen")
    page.close()


def test_the_verb_writes_papers_of_the_day_it_is_told(tmp_path: Path) -> None:
    facts = tmp_path / "practice.toml"
    facts.write_text(FACTS, encoding="utf-8")
    words = ["--practice", str(facts), "--output", str(tmp_path / "out"), "--date", "2026-11-20"]
    done = subprocess.run(
        [sys.executable, "-m", "invoke", "documents", *words],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(DOCUMENTS)
    digest = hashlib.sha256(FACTS.encode()).hexdigest()
    assert [digest in path.read_text("utf-8") for path in (tmp_path / "out").iterdir()] == [
        True
    ] * 4
    assert str(tmp_path / "out" / "registre.html") in done.stdout


# --- security.txt ---------------------------------------------------------------------------------


def test_security_txt_is_what_rfc_9116_asks_for(site: Path) -> None:
    lines = (site / ".well-known" / "security.txt").read_text("utf-8").splitlines()
    fields = [line.split(": ", 1) for line in lines]
    assert sorted(name for name, _ in fields) == [
        "Canonical",
        "Contact",
        "Expires",
        "Preferred-Languages",
    ]
    told = dict(fields)
    assert told["Contact"] == f"mailto:{DEMO.doctor.email}"
    assert told["Preferred-Languages"] == "fr, en, he, it"
    assert told["Canonical"] == "https://dr-valombreuse.example/.well-known/security.txt"
    assert date.fromisoformat(told["Expires"].partition("T")[0]) == DEMO.legal.security_expires
