"""The doctor's guide of the desk: what it names in italics is written on the desk so."""

import re

from booking_endpoint.words import read_language
from desk.__main__ import TRANSLATIONS
from tests.serving import ROOT

GUIDE = (ROOT / "docs" / "guide-bureau.md").read_text("utf-8")


def test_what_is_to_be_clicked_is_called_so_on_the_desk() -> None:
    french = {
        said.replace("\N{NO-BREAK SPACE}", " ")
        for said in read_language("fr", TRANSLATIONS).catalogue.values()
    }
    apostrophes = GUIDE.replace("'", "\N{RIGHT SINGLE QUOTATION MARK}").replace("\n", " ")
    named = set(re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", apostrophes))
    assert len(named) > 15
    assert sorted(named - french) == []


def test_an_anchor_leads_to_a_heading() -> None:
    headings = re.findall(r"^## (.+)$", GUIDE, re.MULTILINE)
    named = [re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings]
    assert re.findall(r"\]\(#(.+?)\)", GUIDE) == named


def test_its_pictures_are_there() -> None:
    pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", GUIDE)
    assert len(pictures) == 4
    assert all((ROOT / "docs" / name).is_file() for name in pictures)
