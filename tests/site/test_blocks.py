"""What a text may hold beside plain words: how it is built, and how a mistake in it is told."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown import Markdown
from playwright.sync_api import Browser, Page, expect

from booking_endpoint.envelope import PrivateKey
from booking_endpoint.practice import Practice
from booking_endpoint.reading import read_practice
from deploy.demo import build
from tests.axe import doubts
from tests.serving import ROOT, facts_with
from tests.site.document import Document
from tests.site.test_guide import BLOCKS
from tests.site.test_heads import HEAD, LANGUAGES
from theme.plugins.blocks import BlocksExtension
from theme.plugins.reading import check_content
from theme.plugins.syntax import KINDS

PICTURE = '![La façade](images/facade.jpg "Le cabinet vu de la rue | Souspli, CC0")'
WIDE = (
    "| Hystérosalpingographie | Échohystérosonographie | Anticoagulation |\n|---|---|---|\n|1|2|3|"
)
WHERE = {"fr": "/cabinet/", "en": "/en/cabinet/", "he": "/he/cabinet/", "it": "/it/cabinet/"}


def write(content: Path, text: str) -> None:
    """A content folder with this text on one page, in every language, and one article."""
    for folder in ("pages", "articles", "images"):
        (content / folder).mkdir(parents=True)
    for picture in (ROOT / "content" / "images").iterdir():
        shutil.copy(picture, content / "images")
    for code in LANGUAGES:
        page = content / "pages" / f"cabinet.{code}.md"
        page.write_text(f"Title: A\nSummary: B\n\n{text}\n", "utf-8")
        article = content / "articles" / f"colposcopie.{code}.md"
        article.write_text(f"{HEAD}\nTexte.\n", "utf-8")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, key: PrivateKey) -> Path:
    """A site whose one page holds every example of the guide, in every language."""
    folder = tmp_path_factory.mktemp("blocks")
    write(folder / "content", "\n\n".join([*BLOCKS, PICTURE]))
    examens = folder / "content" / "pages" / "examens.fr.md"
    examens.write_text(f"Title: A\nSummary: B\n\n{WIDE}\n", "utf-8")
    facts = folder / "practice.toml"
    facts.write_text(facts_with(key), "utf-8")
    build(facts, folder / "site", folder / "content")
    return folder / "site"


@pytest.fixture(scope="module")
def pages(written: Path) -> dict[str, Document]:
    return {
        code: Document((written / where.strip("/") / "index.html").read_text("utf-8"))
        for code, where in WHERE.items()
    }


def test_the_guide_shows_every_kind_of_block() -> None:
    shown = set(re.findall(r"^!!! ([a-z-]+)", "\n".join(BLOCKS), re.MULTILINE))
    assert shown == set(KINDS)


def test_nothing_of_the_syntax_is_left_on_a_page(pages: dict[str, Document]) -> None:
    for page in pages.values():
        assert "!!!" not in page.words
        assert "admonition" not in page.source
        assert "visit:" not in page.source


def test_an_emergency_box_always_says_whom_to_call(pages: dict[str, Document]) -> None:
    """Whatever the text in it: a number that was mistyped helps nobody."""
    for page in pages.values():
        called = [one.attributes["href"] for one in page.all("a") if one.within(**EMERGENCY)]
        assert called == ["tel:15", "tel:112"]


EMERGENCY = {"class": "notice notice--emergency"}


def test_fees_in_a_text_are_those_of_the_facts(pages: dict[str, Document], facts: Practice) -> None:
    for code, page in pages.items():
        told = " ".join(text for text, at in page.texts if at.within(tag="table"))
        wanted = facts.visit("colposcopy")
        assert wanted
        assert wanted.label[code] in told
        assert "110" in told
        assert "2026" in page.words


def test_a_quotation_names_who_said_it(pages: dict[str, Document]) -> None:
    for page in pages.values():
        captions = [text for text, at in page.texts if at.tag == "figcaption"]
        assert any(at.tag == "blockquote" for at in page.elements)
        assert len(captions) == 2


def test_a_picture_says_what_it_shows_and_whose_it_is(pages: dict[str, Document]) -> None:
    picture = pages["fr"].one("img", alt="La façade")
    assert picture.within(tag="figure")
    assert "Le cabinet vu de la rue Souspli, CC0" in pages["fr"].words


def test_the_contents_lead_to_every_heading(pages: dict[str, Document]) -> None:
    for page in pages.values():
        within = [one for one in page.all("a") if one.within(tag="nav", **{"class": CONTENTS})]
        led = [one.attributes["href"].removeprefix("#") for one in within]
        headings = [one.attributes.get("id") for one in page.elements if one.tag in ("h2", "h3")]
        assert led
        assert led == [one for one in headings if one]


CONTENTS = "block block--contents"


def test_questions_stand_one_beside_the_other() -> None:
    """Under the page's title as well as under a heading: never one below another."""
    md = Markdown(extensions=[BlocksExtension()])
    one = '!!! question "Un ?"\n    Oui.\n\n!!! question "Deux ?"\n    Non.\n\n'
    assert re.findall(r"<(h\d)", md.convert(f"{one}## Titre\n\n{one}")) == [
        *("h2", "h2"),
        *("h2", "h3", "h3"),
    ]


def test_what_to_read_next_is_named_in_the_language_of_the_page(
    pages: dict[str, Document],
) -> None:
    for code, page in pages.items():
        address = {"fr": "/articles/", "it": "/it/articoli/"}.get(code, f"/{code}/articles/")
        (link,) = [one for one in page.all("a") if one.within(**{"class": "block block--read-on"})]
        assert link.attributes["href"] == f"{address}colposcopie/"


@pytest.fixture
def page(browser: Browser, written: Path) -> Iterator[Page]:
    """A browser to which the folder of the site is a site of its own."""
    context = browser.new_context(color_scheme="dark", viewport={"width": 320, "height": 700})
    context.route("**/*", lambda route: route.fulfill(path=file_of(written, route.request.url)))
    yield context.new_page()
    context.close()


def file_of(site: Path, url: str) -> Path:
    path = site / url.partition("souspli.test/")[2].partition("#")[0]
    return path / "index.html" if path.is_dir() else path


@pytest.mark.parametrize("code", ["fr", "he"])
def test_blocks_break_no_rule_of_accessibility_and_fit_a_small_window(
    page: Page, code: str
) -> None:
    """In the dark, too, and in a script that runs from right to left."""
    page.goto(f"https://souspli.test{WHERE[code]}")
    assert doubts(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_wide_table_is_moved_by_keyboard_and_not_the_page(page: Page) -> None:
    page.goto("https://souspli.test/examens/")
    page.get_by_role("group", name="Tableau").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.activeElement.scrollLeft > 0")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_link_to_a_visit_leads_to_that_visit(pages: dict[str, Document], written: Path) -> None:
    """Without a script: it ends at the choice of that name. No server is told which it was."""
    for code, page in pages.items():
        links = [one.attributes["href"] for one in page.all("a") if "#colposcopy" in str(one)]
        (address, _, named) = links[0].partition("#")
        booking = Document((file_of(written, f"souspli.test{address}")).read_text("utf-8"))
        assert booking.one("input", id=named).attributes["value"] == "colposcopy", code


def test_with_scripts_the_visit_of_the_link_is_chosen(page: Page) -> None:
    page.goto("https://souspli.test/rendez-vous/#colposcopy")
    expect(page.get_by_role("radio", name="Colposcopie")).to_be_checked()
    page.goto("https://souspli.test/rendez-vous/#main")
    page.reload()
    expect(page.get_by_role("radio", checked=True)).to_have_count(0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('!!! conseil "Bon"\n    Texte.', "line 6: 'conseil' is no block; use advice, emergency"),
        ("!!!advice\n    Texte.", "line 6: a block begins at the edge of the line"),
        ("    !!! advice\n    Texte.", "line 6: a block begins at the edge of the line"),
        ("!!! advice “Bon”\n    Texte.", "line 6: a block begins at the edge of the line"),
        ("!!! advice\nTexte.", "line 6: write the text of `advice` below it"),
        ("!!! question\n    Texte.", "line 6: say more in quotation marks, such as `!!! question"),
        ("!!! contents\n\n    Texte.", "line 6: `contents` has no text of its own"),
        ('!!! read-on "hpv"', "line 6: 'hpv' is no article in this language; use colposcopie"),
        ('!!! fees "botox"', "line 6: 'botox' is no visit that can be booked here; use consult"),
        ("Un [lien](visit:botox).", "line 6: 'botox' is no visit that can be booked here"),
    ],
)
def test_a_mistake_is_told_with_its_file_its_line_and_what_to_write(
    tmp_path: Path, facts: Practice, text: str, said: str
) -> None:
    write(tmp_path, "Un.")
    page = tmp_path / "pages" / "cabinet.fr.md"
    page.write_text(f"Title: A\nSummary: B\n\nUn.\n\n{text}\n", "utf-8")
    (line,) = check_content(tmp_path, LANGUAGES, facts.visits)
    assert line.startswith(f"{page}, {said}")


def test_a_visit_that_cannot_be_booked_in_a_language_is_not_linked_in_it(
    tmp_path: Path, key: PrivateKey
) -> None:
    some = ('id = "colposcopy"\n', 'id = "colposcopy"\nlanguages = ["fr", "en"]\n')
    write(tmp_path, "[Réserver](visit:colposcopy)")
    wrong = check_content(tmp_path, LANGUAGES, read_practice(facts_with(key, some)).visits)
    assert [Path(line.partition(",")[0]).name for line in wrong] == [
        "cabinet.he.md",
        "cabinet.it.md",
    ]


def test_a_page_that_books_does_not_carry_the_style_of_texts(written: Path) -> None:
    """It has no room for it."""
    for place, more in (("cabinet", ["prose.css"]), ("rendez-vous", [])):
        page = Document((written / place / "index.html").read_text("utf-8"))
        styles = [one.attributes["href"] for one in page.all("link", rel="stylesheet")]
        assert [Path(style).name for style in styles] == ["site.css", *more]


def test_the_style_of_texts_is_small_and_knows_no_left_or_right() -> None:
    css = (ROOT / "theme" / "static" / "prose.css").read_text("utf-8")
    assert not re.search(r"\b(left|right)\b|!important", css)
