"""Our own words are held against the table of claims: what we forbid a doctor, we do not write."""

from pathlib import Path

import pytest

from booking_endpoint.claims import claims_in
from booking_endpoint.words import read_language
from tests.house.tree import ROOT

TEMPLATES = sorted(
    path
    for folder in ("theme/templates", "booking_endpoint/fragments", "desk/templates", "deploy")
    for path in (ROOT / folder).rglob("*.html")
)


@pytest.mark.parametrize("folder", ["theme", "booking_endpoint", "desk"])
@pytest.mark.parametrize("code", ["fr", "he", "it"])
def test_no_message_makes_a_claim_that_cannot_be_kept(folder: str, code: str) -> None:
    catalogue = read_language(code, ROOT / folder / "translations").catalogue
    assert catalogue
    texts = [text for message, said in catalogue.items() for text in (message, said)]
    assert [str(found) for text in texts for found in claims_in(text)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_template_makes_a_claim_that_cannot_be_kept(path: Path) -> None:
    assert [str(found) for found in claims_in(path.read_text("utf-8"))] == []
