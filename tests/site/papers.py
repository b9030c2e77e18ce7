"""What a practice's facts say, on the site and on paper: every notice, without a whole build."""

import runpy
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader

from booking_endpoint.pages import FRAGMENTS
from booking_endpoint.practice import Practice
from booking_endpoint.reading import read_practice
from deploy.documents import documents
from tests.serving import ROOT
from tests.site.document import Document
from theme.plugins.addresses import GENERATED, HOME, Addresses, generated_address
from theme.plugins.words import read_languages

DAY = date(2026, 11, 20)
UNSEEN = str.maketrans({"\u2068": "", "\u2069": "", "\N{NO-BREAK SPACE}": " "})
"""Signs that a reader does not see: they keep numbers in order and on one line."""


def said(text: str, folder: Path) -> dict[str, str]:
    """All that these facts say: `privacy.fr`, `short.he`, `registre` … -> what is read there."""
    practice = read_practice(text)
    made = {
        name.removesuffix(".html"): page for name, page in documents(practice, "0", DAY).items()
    }
    site = site_of(text, folder)
    made["security.txt"] = site("security.txt", practice.languages[0], "")
    for code in practice.languages:
        made[f"privacy.{code}"] = site("privacy.html", code, "confidentialite")
        made[f"legal.{code}"] = site("legal.html", code, "mentions")
        made[f"booking.{code}"] = site("booking.html", code, "rendez-vous")
        made[f"short.{code}"] = site("short.html", code, "rendez-vous")
    return {name: read(page) for name, page in made.items()}


def read(page: str) -> str:
    """The words of a page, and where its links lead."""
    document = Document(page if "<" in page else f"<p>{page}</p>")
    links = [anchor.attributes.get("href", "") for anchor in document.all("a")]
    return " ".join(" ".join([document.words, *links]).translate(UNSEEN).split())


def site_of(text: str, folder: Path) -> Any:
    """Renders the site's own templates, with what Pelican's settings tell them of these facts."""
    file = folder / "practice.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BOOKING_PRACTICE", str(file))
        settings = runpy.run_path(str(ROOT / "pelicanconf.py"))
    practice: Practice = settings["PRACTICE"]
    codes = practice.languages
    found = {
        key: {code: generated_address(key, code, codes[0]) for code in codes} for key in GENERATED
    }
    addresses, languages = Addresses(codes, found), catalogues(codes)

    def render(name: str, code: str, key: str) -> str:
        templates().globals.update(settings["JINJA_GLOBALS"])  # a partial knows no other words
        return (
            templates()
            .get_template(name)
            .render(
                languages=languages,
                prefix=practice.rules.prefix,
                SITEURL="",
                lang=code,
                language=languages[code],
                key=key,
                address="/",
                alternates={},
                homes=addresses.of(HOME),
                links=addresses.links(code),
                articles=[],
                menu=[],
                card={"address": "/card.png", "width": 1200, "height": 630},
            )
        )

    return render


catalogues = cache(read_languages)


@cache
def templates() -> Environment:
    settings = runpy.run_path(str(ROOT / "pelicanconf.py"))
    loader = FileSystemLoader([ROOT / "theme" / "templates", FRAGMENTS])
    environment = Environment(loader=loader, **settings["JINJA_ENVIRONMENT"])  # noqa: S701 -- set
    environment.filters.update(settings["JINJA_FILTERS"])
    environment.globals["integrity"] = settings["JINJA_GLOBALS"]["integrity"]  # of no facts
    return environment
