"""What a page weighs over the wire, cold, as brotli sends it."""

import re
from pathlib import Path

import brotli
import pytest

from tests.serving import theme_in
from tests.site.document import Document
from tests.site.test_pages import loaded

KILOBYTE = 1000


def weight(file: Path) -> int:
    return len(brotli.compress(file.read_bytes()))


def requests(site: Path, where: str, document: Document) -> list[Path]:
    """The page and every file it loads by itself, what its scripts import included."""
    files = [site / where.lstrip("/") / "index.html"]
    files += [site / url.lstrip("/") for url in loaded(document) if url.startswith("/theme/")]
    for file in files:
        if file.suffix == ".js":
            found = re.findall(r'from "\./([\w.]+)"', file.read_text("utf-8"))
            files += [other for name in found if (other := file.parent / name) not in files]
    return files


def test_the_style_sheet_is_small(site: Path) -> None:
    assert weight(theme_in(site) / "site.css") <= 4 * KILOBYTE


@pytest.mark.parametrize("where", ["/", "/en/", "/he/", "/it/"])
def test_the_home_page_is_small(site: Path, documents: dict[str, Document], where: str) -> None:
    files = requests(site, where, documents[where])
    assert sum(map(weight, files)) <= 14 * KILOBYTE


@pytest.mark.parametrize("where", ["/rendez-vous/", "/he/appointment/", "/gerer/"])
def test_a_booking_page_is_small(site: Path, documents: dict[str, Document], where: str) -> None:
    """Page and style; the scripts have their own budget."""
    page, *loads = requests(site, where, documents[where])
    assert weight(page) + sum(weight(file) for file in loads if file.suffix != ".js") <= 10_000


def test_no_page_makes_more_than_four_requests(site: Path, pages: dict[str, Document]) -> None:
    """The icon aside, which a browser fetches once for itself and for no page."""
    for where, document in pages.items():
        made = [file for file in requests(site, where, document) if file.name != "icon.svg"]
        assert len(made) <= 4, where
