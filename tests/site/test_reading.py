"""What helps with long texts: parts, reading time, topics, what to read next, feeds, paper."""

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser

from booking_endpoint.practice import Practice
from tests.serving import ROOT
from tests.site.document import Document
from tests.site.test_heads import HEAD, LANGUAGES
from tests.site.test_pages import Documents, alternates, language_at
from theme.plugins.heads import ARTICLE, read_head
from theme.plugins.reading import WORDS_A_MINUTE, check_content, minutes
from theme.plugins.topics import slug_of, topic_slugs, topics_of

ATOM = "{http://www.w3.org/2005/Atom}"
LISTS = {"fr": "/articles/", "en": "/en/articles/", "he": "/he/articles/", "it": "/it/articoli/"}


def hrefs(page: Document, **around: str) -> list[str]:
    """Where the links lead that stand inside an element with these attributes."""
    return [a.attributes["href"] for a in page.all("a") if a.within(**around)]


def written(pages: Documents, code: str) -> list[str]:
    """The addresses of the articles of one language, as its list gives them."""
    return hrefs(pages[LISTS[code]], tag="article")


@pytest.mark.parametrize("code", LISTS)
def test_a_feed_has_every_article_of_its_language(site: Path, pages: Documents, code: str) -> None:
    """With absolute ids and dates that do not depend on the day of the build (RFC 4287)."""
    feed = ElementTree.parse(site / LISTS[code].strip("/") / "feed.xml").getroot()  # noqa: S314 -- ours
    assert feed.attrib["{http://www.w3.org/XML/1998/namespace}lang"] == code
    links = [link.attrib["href"] for link in feed.iterfind(f"{ATOM}entry/{ATOM}link")]
    assert sorted(links) == sorted(written(pages, code))
    assert len(links) >= 6
    assert str(feed.findtext(f"{ATOM}id")).endswith(LISTS[code])
    heads = [
        read_head(ARTICLE, file.name, file.read_text("utf-8"), LANGUAGES)[0]
        for file in (ROOT / "content" / "articles").glob(f"*.{code}.md")
    ]
    for entry in feed.iterfind(f"{ATOM}entry"):
        updated = str(entry.findtext(f"{ATOM}updated"))[:10]
        title = str(entry.findtext(f"{ATOM}title"))
        (head,) = [head for head in heads if " ".join(head.title.split()) == title]
        assert updated == str(head.reviewed)
        assert entry.findtext(f"{ATOM}author/{ATOM}name") == head.author
        assert [one.attrib["term"] for one in entry.iterfind(f"{ATOM}category")] == [head.topic]


def test_a_page_names_the_feed_of_its_language(
    site: Path, pages: Documents, facts: Practice
) -> None:
    """But for booking, where every byte is waited for."""
    booking = {"/rendez-vous/", *alternates(pages["/rendez-vous/"]).values()}
    for where in pages.keys() - booking:
        page = pages[where]
        feed = page.one("link", type="application/atom+xml").attributes["href"]
        assert feed == f"{LISTS[language_at(where, facts)]}feed.xml"
        assert (site / feed.lstrip("/")).exists()


def test_a_topic_leads_to_its_articles_and_each_of_them_back(pages: Documents) -> None:
    topics = [where for where in pages if re.search(r"/(themes|topics|temi)/.", where)]
    assert len(topics) == 8
    for where in topics:
        articles = hrefs(pages[where], tag="article")
        assert len(articles) > 1
        for article in articles:
            assert where in hrefs(pages[article], **{"class": "aside"}), article


def test_an_article_leads_to_others_of_its_topic_and_never_to_itself(
    pages: Documents, facts: Practice
) -> None:
    for code in facts.languages:
        for where in written(pages, code):
            (topic,) = hrefs(pages[where], **{"class": "aside"})
            related = [a for a in hrefs(pages[where], tag="nav") if a in written(pages, code)]
            assert set(related) == set(hrefs(pages[topic], tag="article")) - {where}


def test_a_topic_is_the_same_in_every_language(pages: Documents) -> None:
    """From one of its pages the others are found, like any page."""
    for where in ("/articles/themes/votre-sante/", "/he/articles/topics/votre-sante/"):
        assert len(set(alternates(pages[where]).values())) == 4


def test_the_contents_name_every_heading_of_a_long_text(documents: Documents) -> None:
    found = 0
    for where, page in documents.items():
        named = [
            one.lstrip("#") for one in hrefs(page, tag="nav", **{"class": "contents no-print"})
        ]
        headings = [h.attributes["id"] for h in page.all("h2") if "id" in h.attributes]
        if named:
            found += 1
            assert named == [name for name in headings if name.startswith("-")], where
            assert len(named) > 2, where
    assert found > 40


def test_reading_time_is_words_by_the_minute_and_never_nothing() -> None:
    for words, expected in [(0, 1), (WORDS_A_MINUTE, 1), (WORDS_A_MINUTE + 1, 2), (1000, 6)]:
        assert minutes(f'<p class="a b c">{"<b>mot</b> " * words}</p>') == expected


def test_every_article_says_how_long_it_takes(pages: Documents, facts: Practice) -> None:
    says = {"fr": "de lecture", "en": "to read", "he": "זמן קריאה", "it": "di lettura"}
    for code in facts.languages:
        for where in written(pages, code):
            assert says[code] in pages[where].words, where


def test_no_amount_is_written_beside_the_facts() -> None:
    """A fee has a date and a source there; in a text it would grow old unseen."""
    for path in (ROOT / "content").rglob("*.md"):
        assert not re.search(r"€|\b\d+ euros?\b", path.read_text("utf-8")), path


def test_paper_has_no_menu_and_tells_whom_to_call(browser: Browser, served: str) -> None:
    """Also where the page is discreet, and its head with the doctor's name is gone."""
    page = browser.new_page()
    page.emulate_media(media="print")
    for where in ("/urgences/", "/he/emergency/", "/articles/preparer-une-colposcopie/"):
        page.goto(served + where)
        seen = {
            name: page.locator(name).first.is_visible()
            for name in (".ways", ".foot", ".contents", ".exit__way", ".paper .phone")
        }
        assert [name for name, shown in seen.items() if shown] == [".paper .phone"], where
        assert page.locator(".paper").get_by_text("112").is_visible()
    page.close()


def test_a_page_for_the_fridge_is_one_sheet(browser: Browser, served: str) -> None:
    page = browser.new_page()
    for where in ("/urgences/", "/en/emergency/", "/he/emergency/", "/it/emergenze/"):
        page.goto(served + where)
        pdf = page.pdf(format="A4", margin={"top": "18mm", "bottom": "18mm"})
        assert len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf)) == 1, where
    page.close()


class Told:
    """An article as topics know it."""

    def __init__(self, key: str, lang: str, topic: str) -> None:
        line = f"Topic: {topic}\n" if topic else ""
        self.head, _ = read_head(ARTICLE, f"{key}.{lang}.md", f"{HEAD}{line}\nA.\n", LANGUAGES)


def test_a_topic_of_one_article_has_no_page() -> None:
    articles = [Told("a", "fr", "Deux"), Told("b", "fr", "Un"), Told("c", "fr", "Deux")]
    slugs = topic_slugs((one.head for one in articles), "fr")
    found = topics_of(articles, slugs)
    assert list(found) == ["deux"]
    assert found["deux"].articles == [articles[0], articles[2]]


def test_an_address_is_made_of_latin_letters_without_accents() -> None:
    assert slug_of("Examens & dépistage") == "examens-depistage"
    assert slug_of("המידע שלכם") == ""


@pytest.mark.parametrize(
    ("topics", "said"),
    [
        ({"a.fr": "Santé", "a.en": "Health", "b.fr": "Santé", "b.en": "Health"}, ""),
        ({"a.fr": "", "a.en": "Health"}, "into the original (fr)"),
        ({"a.fr": "Santé", "b.fr": "Sante"}, "'Sante' is called 'Santé' in another"),
        (
            {"a.fr": "Santé", "a.en": "Health", "b.fr": "Santé", "b.en": "Care"},
            "'Care' is called 'Health'",
        ),
        (
            {"a.fr": "Santé", "a.en": "Health", "b.fr": "Soins", "b.en": "Health"},
            "'Health' translates two topics",
        ),
    ],
)
def test_a_topic_has_one_name_in_each_language(
    tmp_path: Path, topics: dict[str, Any], said: str
) -> None:
    (tmp_path / "articles").mkdir()
    for name, topic in topics.items():
        line = f"Topic: {topic}\n" if topic else ""
        file = tmp_path / "articles" / f"{name}.md"
        file.write_text(f"{HEAD}{line}\nA.\n", encoding="utf-8")
    wrong = check_content(tmp_path, LANGUAGES)
    assert len(wrong) == bool(said)
    assert all(said in line for line in wrong)
