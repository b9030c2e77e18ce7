"""The built site as documents, and as a browser sees it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from booking_endpoint.practice import Practice
from booking_endpoint.reading import read_practice
from tests.looks import served_from
from tests.serving import ROOT
from tests.site.document import Document, address_of


@pytest.fixture(scope="session")
def facts() -> Practice:
    """The demo practice, read once more for what the pages must say."""
    return read_practice((ROOT / "content" / "practice.toml").read_text("utf-8"))


@pytest.fixture(scope="session")
def documents(site: Path) -> dict[str, Document]:
    """Every HTML file of the site by its address, shells and the 404 page included."""
    return {
        address_of(file, site): Document(file.read_text("utf-8"))
        for file in sorted(site.rglob("*.html"))
    }


@pytest.fixture(scope="session")
def pages(documents: dict[str, Document]) -> dict[str, Document]:
    """Every page that a reader finds by its own address."""
    return {where: page for where, page in documents.items() if where.endswith("/")}


@pytest.fixture(scope="session")
def served(site: Path) -> Iterator[str]:
    """The site's files over HTTP, without an endpoint."""
    with served_from(site) as address:
        yield address
