"""A practice that takes no bookings online: pages, phone and hours, and no trace of more."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from booking_endpoint.config import BadConfig, Config
from booking_endpoint.practice import Practice
from booking_endpoint.reading import BadPractice, read_practice
from booking_endpoint.words import OWN_WORDS, read_language
from deploy.check.__main__ import main as check
from deploy.demo import build
from deploy.publishing.bundle import gather
from deploy.publishing.folder import write
from deploy.verify import Answer, wrong_endpoint
from tests.serving import ROOT
from theme.plugins.addresses import ABOUT_BOOKING, NAMES
from theme.plugins.alone import SCRIPTS
from theme.plugins.words import TRANSLATIONS

LANGUAGES = ("fr", "en", "he", "it")
HOST = re.compile(r'\[\[legal\.hosts\]\]\nrole = "booking".*?\n\n', re.DOTALL)
DECLARED = re.compile(r"^(?:hosting_mode|legal_basis) = .*\n", re.MULTILINE)

CONTENT = """Title: Examens
Summary: Ce qui se fait au cabinet.
Reviewed: 2026-11-20

La [consultation](visit:consultation) dure une demi-heure.
"""

TRACES = re.compile(
    "|".join(
        [
            r"/rdv\b|\bshell\b|/(?:availability|tickets|bookings)\b",
            r"data-(?:booking|manage|prefix|recipients|hybrid|next|availability|modules|step)",
            rf"\b(?:{'|'.join(SCRIPTS)})\.js",
            *{f'/{name}/|"{name}"' for key in ABOUT_BOOKING for name in NAMES[key].values()},
            r"\bonline\b|\ben ligne\b|\bin linea\b|\bbookings\b|מקוון|באינטרנט",
            r"\bseal|\bencrypt|\bscell|\bchiffr|\bsigill|\bcifra|מוצפן|חתומ",
        ]
    ),
    re.IGNORECASE,
)
"""An address, a name in the code or a word that only belongs to bookings taken online."""

NOT_OF_BOOKING = re.compile(r'"og:image:alt" content="[^"]*"')
"""The kit's own sign is an envelope, and says so to who cannot see it."""


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Without keys, without a host of bookings, without what the law wants said of them."""
    text = (ROOT / "content" / "practice.toml").read_text("utf-8")
    text = DECLARED.sub("", HOST.sub("\n", text))
    path = tmp_path_factory.mktemp("alone") / "practice.toml"
    path.write_text(text.replace("\n[rules]\n", "\n[rules]\nonline_booking = false\n"), "utf-8")
    return path


@pytest.fixture(scope="module")
def practice(facts: Path) -> Practice:
    return read_practice(facts.read_text("utf-8"), str(facts))


@pytest.fixture(scope="module")
def alone(facts: Path) -> Path:
    content = facts.parent / "content"
    (content / "pages").mkdir(parents=True)
    (content / "images").symlink_to(ROOT / "content" / "images")
    (content / "pages" / "examens.fr.md").write_text(CONTENT, "utf-8")
    build(facts, facts.parent / "site", content)
    return facts.parent / "site"


def texts(site: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(site.rglob("*")):
        if path.is_file() and path.suffix not in (".webp", ".jpg", ".png", ".avif", ".gz", ".br"):
            yield path.relative_to(site).as_posix(), path.read_text("utf-8")


def test_nothing_in_the_whole_site_tells_of_bookings(alone: Path) -> None:
    found = [
        f"{name}: {text[max(0, hit.start() - 40) : hit.end() + 40]!r}"
        for name, text in texts(alone)
        for hit in TRACES.finditer(NOT_OF_BOOKING.sub("", text))
    ]
    assert found == []


def test_the_same_search_finds_them_where_bookings_are_taken(site: Path) -> None:
    told = dict(texts(site))
    for name in ("index.html", "robots.txt", "sitemap.xml", "rendez-vous/index.html", "404.html"):
        assert TRACES.search(told[name]), name


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_page_gives_the_phone_to_book_by_and_the_home_page_the_hours(
    alone: Path, practice: Practice, code: str
) -> None:
    language = read_language(code, OWN_WORDS, TRANSLATIONS)
    pages = {file: file.read_text("utf-8") for file in alone.rglob("index.html")}
    mine = {file: text for file, text in pages.items() if f'<html lang="{code}"' in text}
    assert len(mine) > 5
    for file, text in mine.items():
        assert language.say("To book, call") in text, file
        assert f'href="tel:{practice.places[0].dial}"' in text, file
    home = mine[alone / ("" if code == "fr" else code) / "index.html"]
    assert language.say("Appointments are made by phone, during these hours:") in home


def test_a_text_that_leads_to_a_visit_leads_to_the_phone(alone: Path) -> None:
    text = (alone / "examens" / "index.html").read_text("utf-8")
    assert '<a href="tel:0199004711">consultation</a>' in text


def test_its_pages_carry_their_policy_for_a_host_that_sends_none(alone: Path, site: Path) -> None:
    """Where one server has pages and endpoint, it sends the policy, and no page repeats it."""
    told = '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    assert all(told in page.read_text("utf-8") for page in alone.rglob("index.html"))
    assert told not in (site / "index.html").read_text("utf-8")


def test_it_is_published_as_pages_alone(
    alone: Path, facts: Path, practice: Practice, tmp_path: Path
) -> None:
    """To a server as to a folder; no endpoint goes, so a key that may change pages is enough."""
    assert {name.split("/")[0] for name in gather(practice, facts, alone)} == {"site"}
    write(practice, alone, tmp_path / "pages")
    headers = (tmp_path / "pages" / "_headers").read_text("utf-8")
    assert "form-action 'self';" in headers
    assert TRACES.search(headers) is None
    with pytest.raises(FileExistsError, match="is not empty"):
        write(practice, alone, tmp_path / "pages")


def test_a_link_to_the_endpoint_leads_nowhere_and_is_named(
    alone: Path, facts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--practice", str(facts), "--content", str(facts.parent / "content")]
    assert check([*asked, "--site", str(alone), "--only", "link"]) == 0
    (tmp_path / "index.html").write_text('<a href="/rdv/availability">x</a>', "utf-8")
    assert check([*asked, "--site", str(tmp_path), "--only", "link"]) == 1
    assert "/rdv/availability" in capsys.readouterr().out


def test_no_endpoint_starts_on_such_facts(facts: Path) -> None:
    with pytest.raises(BadConfig, match="online_booking = false"):
        Config.read({"BOOKING_PRACTICE": str(facts)})


@pytest.mark.parametrize(("status", "many"), [(200, 1), (404, 0)])
def test_verify_finds_an_endpoint_that_should_be_gone(
    practice: Practice, status: int, many: int
) -> None:
    answer = Answer(status, {}, b"{}")
    assert len(list(wrong_endpoint(practice, "https://x.example", lambda _: answer))) == many


def test_who_takes_bookings_online_must_declare_all_of_it(facts: Path) -> None:
    text = facts.read_text("utf-8").replace("online_booking = false", "online_booking = true")
    with pytest.raises(BadPractice, match="hosting_mode"):
        read_practice(text)


ADDRESSES = {
    "no scheme": ("rdv.example.fr", "is not the address of a host"),
    "a path": ("https://rdv.example.fr/rdv", "is not the address of a host"),
    "plain HTTP": ("http://rdv.example.fr", "is not the address of a host"),
    "more than one": ("https://a.fr https://b.fr", "is not the address of a host"),
    "a rule of its own": ("https://a.fr; script-src *", "is not the address of a host"),
    "the site's": ("https://dr-valombreuse.example", "is that of the site"),
}


@pytest.mark.parametrize("name", ADDRESSES)
def test_an_endpoint_elsewhere_has_the_address_of_a_host(name: str) -> None:
    """It stands in a header, so nothing else may stand in it."""
    written, says = ADDRESSES[name]
    text = (ROOT / "content" / "practice.toml").read_text("utf-8")
    table = f'\n[legal]\nbooking_url = "{written}"\n'
    with pytest.raises(BadPractice, match=says) as refused:
        read_practice(text.replace("\n[legal]\n", table))
    assert refused.value.line == text[: text.index("\n[legal]\n")].count("\n") + 3
