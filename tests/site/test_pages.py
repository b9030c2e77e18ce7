"""Every page: in its language, whole, linked, and asking nobody else for anything."""

import json
import re
from collections import Counter
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

from booking_endpoint.claims import claims_in
from booking_endpoint.practice import Practice
from booking_endpoint.words import Language
from tests.serving import theme_in
from tests.site.document import Document, address_of

Documents = dict[str, Document]

LOADS = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "video": "src",
    "audio": "src",
    "embed": "src",
    "object": "data",
    "use": "href",
    "form": "action",
}
"""What an element fetches, or where it sends, by itself."""


def language_at(where: str, facts: Practice) -> str:
    first = where.split("/")[1]
    return first if first in facts.languages[1:] else facts.languages[0]


def loaded(page: Document) -> list[str]:
    """Every address a browser follows without being asked to."""
    elements = [
        candidate.split()[0]
        for element in page.elements
        for name in (LOADS.get(element.tag, ""), "srcset")
        for candidate in element.attributes.get(name, "").split(", ")
        if candidate
    ]
    links = [
        link.attributes["href"]
        for link in page.all("link")
        if link.attributes["rel"] not in ("canonical", "alternate")
    ]
    return elements + links


def test_every_page_says_its_language_and_direction(pages: Documents, facts: Practice) -> None:
    for where, page in pages.items():
        code = language_at(where, facts)
        attributes = page.one("html").attributes
        assert attributes == {"lang": code, "dir": Language(code, {}).direction}, where


def test_every_page_has_one_title_and_one_main_heading(pages: Documents) -> None:
    for where, page in pages.items():
        assert len(list(page.all("title"))) == 1, where
        shown = [h for h in page.all("h1") if not any("hidden" in e.attributes for e in h.around)]
        assert len(shown) == 1, where


def test_no_two_pages_of_a_language_share_a_title(pages: Documents, facts: Practice) -> None:
    titles = Counter(
        (language_at(where, facts), text)
        for where, page in pages.items()
        for text, at in page.texts
        if at.tag == "title"
    )
    assert [title for title, count in titles.items() if count > 1] == []


def test_nothing_is_asked_of_anyone_else(documents: Documents) -> None:
    for where, page in documents.items():
        assert [url for url in loaded(page) if urlsplit(url).netloc] == [], where


def test_no_page_carries_a_style_or_a_script_of_its_own(documents: Documents) -> None:
    """A strict policy would refuse them; JSON-LD is data and not run."""
    for where, page in documents.items():
        for element in page.elements:
            assert element.tag != "style", where
            assert not [n for n in element.attributes if n == "style" or n.startswith("on")], where
            if element.tag == "script" and element.attributes["type"] != "application/ld+json":
                assert element.attributes["type"] == "module", where
                assert re.match(r"/theme/\w+/js/", element.attributes["src"]), where


def test_no_file_of_the_site_keeps_anything_on_the_device(site: Path) -> None:
    """No cookie, no storage: so there is nothing to consent to, and no banner."""
    keeps = re.compile(rb"document\.cookie|localStorage|sessionStorage|indexedDB|serviceWorker")
    for file in filter(Path.is_file, site.rglob("*")):
        assert not keeps.search(file.read_bytes()), file


def test_the_style_sheet_loads_nothing(site: Path) -> None:
    assert not re.search(
        r"url\(|@import|@font-face", (theme_in(site) / "site.css").read_text("utf-8")
    )


def test_the_style_sheet_knows_no_left_or_right(site: Path) -> None:
    """It serves Hebrew with the same rules. Nor ids, nor `!important`."""
    css = (theme_in(site) / "site.css").read_text("utf-8")
    assert not re.search(r"\b(left|right)\b", css)
    assert not re.search(r"^[^{}]*#[a-z]|!important", css.replace(": #", ":"), re.MULTILINE)


def test_every_internal_link_leads_somewhere(
    documents: Documents, site: Path, facts: Practice
) -> None:
    there = {address_of(file, site) for file in site.rglob("*.*")}
    for where, page in documents.items():
        for url in [*loaded(page), *(a.attributes.get("href", "#") for a in page.all("a"))]:
            parts = urlsplit(url)
            if parts.scheme or parts.path.startswith(facts.rules.prefix + "/"):
                continue
            assert not parts.path or unquote(parts.path) in there, f"{where} -> {url}"
            if parts.fragment and not parts.path:
                assert list(page.all(next_tag(page, parts.fragment), id=parts.fragment)), where


def next_tag(page: Document, name: str) -> str:
    """The tag that carries this id; none at all when nothing does."""
    return next((e.tag for e in page.elements if e.attributes.get("id") == name), "")


def test_no_link_is_left_as_it_was_written(documents: Documents) -> None:
    for where, page in documents.items():
        for anchor in page.all("a"):
            assert not re.search(r"\.md\b|[{}]", anchor.attributes.get("href", "")), where


def test_no_id_is_used_twice(documents: Documents) -> None:
    for where, page in documents.items():
        ids = Counter(e.attributes["id"] for e in page.elements if "id" in e.attributes)
        assert [name for name, count in ids.items() if count > 1] == [], where


def alternates(page: Document) -> dict[str, str]:
    return {
        link.attributes["hreflang"]: link.attributes["href"]
        for link in page.all("link", rel="alternate")
        if "hreflang" in link.attributes
    }


def test_every_page_names_itself_in_every_language_and_they_agree(
    pages: Documents, facts: Practice
) -> None:
    """Alternates that do not point back are ignored by those who read them."""
    for where, page in pages.items():
        named = alternates(page)
        assert set(named) == {*facts.languages, "x-default"}, where
        assert named[language_at(where, facts)] == where
        assert named["x-default"] == named[facts.languages[0]]
        for other in named.values():
            assert alternates(pages[other]) == named, f"{where} -> {other}"


def test_the_language_switch_stays_on_the_page(pages: Documents, facts: Practice) -> None:
    for where, page in pages.items():
        named = alternates(page)
        switch = {
            link.attributes["lang"]: link.attributes["href"]
            for link in page.all("a")
            if "hreflang" in link.attributes
        }
        mine = language_at(where, facts)
        assert switch == {code: named[code] for code in facts.languages if code != mine}, where


def test_the_site_map_lists_every_page_and_nothing_else(site: Path, pages: Documents) -> None:
    root = ElementTree.parse(site / "sitemap.xml").getroot()  # noqa: S314 -- our own file
    listed = [loc.text for loc in root.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert sorted(filter(None, listed)) == sorted(pages)


def test_a_shell_leaves_room_for_what_the_endpoint_answers(site: Path, facts: Practice) -> None:
    for code in facts.languages:
        shell = (site / "shell" / f"{code}.html").read_text("utf-8")
        assert "<title><!--title--></title>" in shell
        assert re.search(r"<main.*<!--main-->.*</main>", shell, re.DOTALL)
        assert '<meta name="robots" content="noindex">' in shell
        links = re.search(r"<!--links (\{.*?\})-->", shell)
        assert links
        assert {"accueil", "rendez-vous", "gerer", "confidentialite"} <= set(json.loads(links[1]))


def test_a_lost_reader_is_answered_in_every_language(documents: Documents, facts: Practice) -> None:
    lost = documents["/404.html"]
    sections = [section.attributes["lang"] for section in lost.all("section")]
    assert sections == list(facts.languages)
    assert list(lost.all("meta", content="noindex"))


def test_every_phone_number_keeps_its_order_in_every_script(
    documents: Documents, facts: Practice
) -> None:
    """A number in Hebrew text is isolated, or its groups change places."""
    number = re.compile(facts.phone.replace(" ", r"\s"))
    for where, page in documents.items():
        for text, at in page.texts:
            if at.tag in ("script", "title") or not number.search(text):
                continue
            marked = re.search("\u2068" + number.pattern + "\u2069", text)
            assert at.within(dir="ltr") or marked or at.within(tag="html", dir="ltr"), where


def test_every_call_link_dials_the_practice_or_help(documents: Documents, facts: Practice) -> None:
    dialled = {
        anchor.attributes["href"]
        for page in documents.values()
        for anchor in page.all("a")
        if anchor.attributes.get("href", "").startswith("tel:")
    }
    assert dialled == {"tel:15", "tel:112", *(f"tel:{place.dial}" for place in facts.places)}


def test_phone_and_emergency_numbers_are_on_every_page(
    documents: Documents, facts: Practice
) -> None:
    for where, page in documents.items():
        assert facts.phone in page.words, where
        assert {"15", "112", "114"} <= set(re.findall(r"\b\d+\b", page.words)), where


def test_every_page_leads_to_what_the_law_wants_found(documents: Documents) -> None:
    """Fees, legal notice, privacy, the Order's directory, and the way to book."""
    for where, page in documents.items():
        there = {anchor.attributes.get("href", "") for anchor in page.all("a")}
        assert "https://www.conseil-national.medecin.fr/annuaire" in there, where
        assert there & {"/tarifs/", "/en/fees/", "/he/fees/", "/it/onorari/"}, where
        assert there & {"/confidentialite/", "/en/privacy/", "/he/privacy/", "/it/privacy/"}, where


def test_every_e_mail_address_stands_beside_a_warning(documents: Documents) -> None:
    warned = ("n’est pas confidentiel", "not confidential", "אינו חסוי", "non è riservata")
    for where, page in documents.items():
        if any(a.attributes.get("href", "").startswith("mailto:") for a in page.all("a")):
            assert any(warning in page.words for warning in warned), where


def test_a_demonstration_says_so_on_every_page(documents: Documents) -> None:
    for where, page in documents.items():
        assert list(page.all("p", **{"class": "demonstration"})), where


def test_no_page_makes_a_claim_that_cannot_be_kept(documents: Documents) -> None:
    """In whatever parts a page is made of: the table is held against what is read in the end."""
    found = [
        f"{where}: {one}" for where, page in documents.items() for one in claims_in(page.words)
    ]
    assert found == []


def data(page: Document) -> dict[str, object]:
    (text,) = [text for text, at in page.texts if at.tag == "script"]
    found: dict[str, object] = json.loads(text)
    return found


def test_machines_are_told_the_same_facts(pages: Documents, facts: Practice) -> None:
    for where in ("/", "/en/", "/he/", "/it/"):
        told = data(pages[where])
        assert told["@type"] == "Physician"
        assert told["name"] == facts.doctor.name
        assert told["telephone"] == facts.phone
        assert told["description"] == facts.doctor.specialty[language_at(where, facts)]
        assert not {"aggregateRating", "review", "isAcceptingNewPatients"} & set(told)


def test_an_article_tells_machines_when_and_by_whom_it_was_reviewed(pages: Documents) -> None:
    articles = [
        page for where, page in pages.items() if re.search(r"/artico?l[a-z]+/[^/]+/$", where)
    ]
    assert articles
    for page in articles:
        told = data(page)
        assert told["@type"] == "MedicalWebPage"
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", str(told["lastReviewed"]))
        assert told["reviewedBy"]
        assert told["citation"]


WAYS = {
    "fr": ("/questions/", "/urgences/"),
    "en": ("/en/questions/", "/en/emergency/"),
    "he": ("/he/questions/", "/he/emergency/"),
    "it": ("/it/domande/", "/it/emergenze/"),
}


def test_every_page_leads_to_the_questions_and_to_emergencies(documents: Documents) -> None:
    """In its own language; who is lost finds them in all."""
    for where, page in documents.items():
        (html,) = page.all("html")
        known = {a.attributes.get("href") for a in page.all("a")}
        codes = WAYS if where == "/404.html" else [html.attributes["lang"]]
        assert {way for code in codes for way in WAYS[code]} <= known, where
