"""Each look on a built site: its colours as the style sheet has them, and a page as one sees it."""

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser

from booking_endpoint.envelope import PrivateKey
from booking_endpoint.look import FRAMES, LETTERS, LOOKS, PLATE, PORTRAITS, SIZES, Look
from booking_endpoint.reading import BadPractice, read_practice
from deploy.demo import build
from tests.axe import doubts
from tests.core.cast import FACTS
from tests.core.refusals import FRENCH, refusal
from tests.looks import PICTURES, dress, served_from
from tests.serving import ROOT, facts_with, theme_in
from theme.plugins.card import card
from theme.plugins.look import SHEET, properties, sheet

DARK = "@media (prefers-color-scheme: dark)"
Scheme = Literal["light", "dark"]

WITH_GROUND = {
    ("ink", "paper"): 7,
    ("ink", "leaf"): 7,
    ("soft", "paper"): 7,
    ("soft", "leaf"): 7,
    ("accent", "paper"): 4.5,
    ("accent", "leaf"): 4.5,
    ("warning", "paper"): 4.5,
    ("warning", "leaf"): 4.5,
    ("edge", "paper"): 3,
    ("edge", "leaf"): 3,
}
"""How much what is written stands out at least (WCAG 2.2: 1.4.6, 1.4.3, 1.4.11)."""

OWN = read_practice(
    FACTS.replace("[doctor]\n", '[look]\naccent = "#8a1f5c"\nsize = "larger"\n\n[doctor]\n', 1)
).look


def colours(css: str, scheme: Scheme) -> dict[str, str]:
    """The colours of a style sheet, by the name of their property; in the dark, what stays too."""
    by_day, dark, rest = css.partition(DARK)
    assert dark
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", by_day))
    night = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", rest.partition("}")[0]))
    return found | (night if scheme == "dark" else {})


def bright(colour: str) -> float:
    """Relative luminance, from the text of WCAG 2.2 and not from our own code."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ratio(one: str, other: str) -> float:
    high, low = sorted((bright(one), bright(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def faint(found: Mapping[str, str]) -> list[tuple[str, str]]:
    return [
        (letters, ground)
        for (letters, ground), least in WITH_GROUND.items()
        if ratio(found[letters], found[ground]) < least
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("look", [*LOOKS.values(), OWN], ids=[*LOOKS, "own accent"])
def test_every_colour_of_the_style_sheet_stands_out(look: Look, scheme: Scheme) -> None:
    assert faint(colours(sheet(look).decode(), scheme)) == []


def test_the_site_is_built_in_the_look_of_its_facts(site: Path) -> None:
    """And what the rules ask for, the look has said: no property is left without a value."""
    css = (theme_in(site) / SHEET).read_text("utf-8")
    assert css.startswith(properties(LOOKS[PLATE]))
    prose = (theme_in(site) / "prose.css").read_text("utf-8")
    assert set(re.findall(r"var\(--([\w-]+)", css + prose)) <= set(re.findall(r"--([\w-]+):", css))


def test_no_look_makes_the_style_sheet_much_heavier() -> None:
    """One request, whatever is chosen."""
    sizes = [len(sheet(look)) for look in LOOKS.values()]
    assert max(sizes) - min(sizes) < 100


def test_the_picture_sent_around_has_the_colours_of_the_look() -> None:
    assert len({card(look.day) for look in LOOKS.values()}) == len(LOOKS)


@pytest.fixture(scope="module", params=[name for name in LOOKS if name != PLATE])
def dressed(
    request: pytest.FixtureRequest, site: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The site in each look but the one it has, with which all other tests look at it."""
    copy = tmp_path_factory.mktemp("dressed") / "site"
    shutil.copytree(site, copy)
    dress(copy, LOOKS[request.param], was=(theme_in(site) / SHEET).read_bytes())
    with served_from(copy) as address:
        yield address


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_look_breaks_a_rule_of_accessibility(
    browser: Browser, dressed: str, scheme: Scheme
) -> None:
    """On a telephone; letters, shapes and colours, in one language of each direction."""
    page = browser.new_page(color_scheme=scheme, viewport={"width": 360, "height": 740})
    found = {}
    for where in ("/he/practice/", "/rendez-vous/"):
        page.goto(dressed + where)
        assert page.evaluate("getComputedStyle(document.body).marginTop") == "0px", "no style"
        found[where] = doubts(page)
    page.close()
    assert {where: broken for where, broken in found.items() if broken} == {}


def test_every_look_fits_a_window_of_320_pixels(browser: Browser, dressed: str) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 256})
    wide = {}
    for where in ("/", "/tarifs/", "/acces/", "/rendez-vous/", "/it/", "/he/privacy/", "/404.html"):
        page.goto(dressed + where)
        wide[where] = page.evaluate("document.documentElement.scrollWidth")
    page.close()
    assert {where: width for where, width in wide.items() if width > 320} == {}


def test_a_template_of_ones_own_goes_before_the_theme_and_builds_on_it(
    tmp_path: Path, key: PrivateKey
) -> None:
    """It lies with the texts, so a new version of the theme does not overwrite it."""
    content, facts = tmp_path / "content", tmp_path / "practice.toml"
    shutil.copytree(ROOT / "content" / "images", content / "images")
    facts.write_text(facts_with(key), encoding="utf-8")
    (content / "templates").mkdir()
    (content / "templates" / "missing.html").write_text(
        '{% extends "!theme/missing.html" %}\n'
        "{% block main %}{{ super() }}<p>Le cabinet a déménagé.</p>{% endblock %}\n",
        encoding="utf-8",
    )
    build(facts, tmp_path / "site", content)
    page = (tmp_path / "site" / "404.html").read_text("utf-8")
    assert "<h1>404</h1>" in page
    assert "<p>Le cabinet a déménagé.</p>" in page
    assert not list((tmp_path / "site").rglob("templates"))


GUIDE = (ROOT / "docs" / "guide-theme.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```toml\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


def looking(example: str) -> str:
    """The facts with such a table."""
    return FACTS.replace("[doctor]\n", f"{example}\n[doctor]\n", 1)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_the_guide_can_be_copied(example: str) -> None:
    assert read_practice(looking(example)).look != LOOKS[PLATE]


def test_the_guide_shows_every_look_and_explains_every_key() -> None:
    for name in LOOKS:
        assert f"**`{name}`" in GUIDE
        assert f"](pictures/look-{name}.png)" in GUIDE
        assert (PICTURES / f"look-{name}.png").stat().st_size <= 60_000
    values = [*LETTERS, *SIZES, *FRAMES, *PORTRAITS]
    assert [one for one in values if f'`"{one}"`' not in GUIDE] == []
    keys = re.findall(r"known here: (.+)", refusal(looking("[look]\nthing = 1\n")))
    assert [key for key in keys[0].split(", ") if not re.search(rf"^\W*{key}\b", GUIDE, re.M)] == []


def test_the_refusal_that_the_guide_explains_is_the_one_that_is_said() -> None:
    """Whatever the line, and however wide the spaces."""
    [explained] = re.findall(r"^```text\n(.*)\n```", GUIDE, re.MULTILINE)
    with pytest.raises(BadPractice) as refused:
        read_practice(looking('[look]\naccent = "#ffcc00"\n'), "content/practice.toml")
    said = re.sub(r"ligne \d+", "ligne 15", refused.value.said(FRENCH))
    assert explained == said.replace("\N{NO-BREAK SPACE}", " ")
