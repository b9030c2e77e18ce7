"""An address of the older site leads to its page: by a page of its own, or by a real nginx."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from booking_endpoint.facts import BadPractice
from booking_endpoint.headers import HEADERS
from deploy import verify
from tests.serving import ROOT, free_port, nginx, nginx_user
from tests.site.document import Document
from tests.site.moved import MIRROR, complete, move, move_export
from tests.site.test_build import build
from theme.plugins.addresses import Addresses
from theme.plugins.redirects import as_pages, for_nginx, read_redirects

ORIGIN = "https://dr-valombreuse.example"
ADDRESSES = Addresses(
    ("fr", "he"),
    {
        "cabinet": {"fr": "/cabinet/", "he": "/he/cabinet/"},
        "articles/hpv": {"fr": "/articles/hpv/"},
    },
)

SERVER = """
daemon off; master_process off; pid {room}/nginx.pid; error_log {room}/error.log;
events {{ worker_connections 64; }}
http {{
    client_body_temp_path {room}/a; proxy_temp_path {room}/b; fastcgi_temp_path {room}/c;
    uwsgi_temp_path {room}/d; scgi_temp_path {room}/e; access_log off;
    server {{
        listen 127.0.0.1:{port}; root {site};
        include {booking}; include {redirects};
    }}
}}
"""


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory, site: Path) -> Path:
    """The site of a doctor who moved in from both fixtures and completed every head."""
    room = tmp_path_factory.mktemp("moved")
    content = room / "content"
    shutil.copytree(ROOT / "content" / "images", content / "images")
    move_export(content)
    assert move(MIRROR, content)[0] == 0
    complete(content)
    assert verify.build(site.parent / "practice.toml", room / "site", content)
    return room / "site"


def nginx_of(site: Path) -> Path:
    return site.with_name(f"{site.name}-redirects.conf")


def read(text: str) -> dict[str, str]:
    found = read_redirects(text, "redirects.toml", ADDRESSES, "/rdv")
    return {redirect.old: redirect.to for redirect in found}


@pytest.mark.parametrize(
    ("old", "to", "lang"),
    [
        ("2019/05/frottis/index.html", "/articles/frottis/", "fr"),
        ("2021/01/frottis/index.html", "/articles/le-frottis-encore/", "fr"),
        ("he/המרפאה/index.html", "/he/cabinet/", "he"),
        ("en/pain.html", "/en/pain/", "en"),
        ("mentions-legales-2/index.html", "/mentions-legales/", "fr"),
    ],
)
def test_an_old_address_answers_in_its_language_and_leads_on(
    moved: Path, old: str, to: str, lang: str
) -> None:
    """Without a script, for a reader whose browser does not follow by itself, too."""
    page = Document((moved / old).read_text("utf-8"))
    html = page.one("html").attributes
    assert (html["lang"], html["dir"]) == (lang, "rtl" if lang == "he" else "ltr")
    refresh = page.one("meta", **{"http-equiv": "refresh"}).attributes["content"]
    assert refresh == f"0; url={to}"
    assert [link.attributes["href"] for link in page.all("a") if link.within(tag="main")] == [to]
    assert page.one("link", rel="canonical").attributes["href"].endswith(to)
    assert page.one("meta", name="robots").attributes["content"] == "noindex"
    assert list(page.all("script")) == []
    assert (moved / to.lstrip("/") / "index.html").exists()


def test_an_address_that_stayed_is_the_page_itself(moved: Path) -> None:
    page = (moved / "le-cabinet" / "index.html").read_text("utf-8")
    assert "http-equiv" not in page
    assert "Bienvenue au cabinet." in page


def test_pages_that_lead_on_are_listed_nowhere(moved: Path) -> None:
    listed = (moved / "sitemap.xml").read_text("utf-8")
    assert "/articles/frottis/" in listed
    assert "2019" not in listed
    assert all("2019/05" not in file.read_text("utf-8") for file in moved.glob("search/*.json"))


def test_nothing_of_the_web_server_is_published(moved: Path, site: Path) -> None:
    """Who can publish cannot change how the web server is set up. Without redirects, no file."""
    assert nginx_of(moved).exists()
    assert list(moved.rglob("*.conf")) == []
    assert not nginx_of(site).exists()


@pytest.fixture(scope="module")
def front(moved: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A real nginx before the site, with what the build made for it and our own booking.conf."""
    room, port = tmp_path_factory.mktemp("nginx"), free_port()
    told = {"room": room, "port": port, "site": moved, "redirects": nginx_of(moved)}
    booking = ROOT / "deploy" / "nginx" / "booking.conf"
    config = nginx_user() + SERVER.format(**told, booking=booking)
    with (
        nginx(room, config, port),
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("old", "to"),
    [
        ("/2019/05/frottis/", "/articles/frottis/"),
        ("/2019/05/frottis", "/articles/frottis/"),
        ("/2019/05/frottis/?fbclid=x", "/articles/frottis/"),
        ("/?p=41", "/articles/frottis/"),
        ("/?page_id=90", "/he/page-90/"),
        ("/he/%d7%94%d7%9e%d7%a8%d7%a4%d7%90%d7%94/", "/he/cabinet/"),
        ("/contact.php", "/contact/"),
        ("/en/pain.html", "/en/pain/"),
    ],
)
def test_nginx_leads_on_at_once(front: httpx.Client, old: str, to: str) -> None:
    answer = front.get(old)
    assert answer.status_code == 301
    assert re.sub(r"^https://[^/]+", "", answer.headers["Location"]) == to


def test_nginx_serves_the_new_site_and_the_endpoint_as_before(front: httpx.Client) -> None:
    """502: nobody listens behind it here."""
    assert front.get("/le-cabinet/").status_code == 200
    assert front.get("/?p=4").status_code == front.get("/").status_code == 200
    assert front.get("/rdv/").status_code == 502


def test_verify_takes_a_redirect_for_the_page_that_leads_there_and_for_no_other(
    front: httpx.Client, moved: Path
) -> None:
    """Whoever sends a reader anywhere else is found out."""
    files = verify.addresses(moved)
    answers = {path: verify.fetch(f"{front.base_url}{path}") for path in files}
    led = {path for path, answer in answers.items() if answer.status == 301}
    assert {"/2019/05/frottis/", "/en/pain.html"} <= led
    assert any("%D7" in path for path in led)
    assert [
        one for path in led for one in verify.differences(path, files[path], answers[path], {})
    ] == []
    path = "/2019/05/frottis/"
    for bent in ("https://other.example/articles/frottis/", ""):
        answer = verify.Answer(301, {"location": bent}, b"")
        assert list(verify.differences(path, files[path], answer, {})) == [
            f"{path}: 301 instead of the file"
        ]
    page = moved / "articles" / "frottis" / "index.html"
    assert list(verify.differences("/articles/frottis/", page, answers[path], HEADERS))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('"/a/" = "cabinett.fr"', "there is no page 'cabinett.fr'; such as cabinet.fr"),
        ('"/a/" = "cabinet"', "there is no page 'cabinet'"),
        ('"/a/" = "articles/hpv.he"', "there is no page 'articles/hpv.he'"),
        ('"/cabinet" = "articles/hpv.fr"', "is an address of this site"),
        ('"/cabinet/index.html" = "articles/hpv.fr"', "is an address of this site"),
        ('"/rdv/x" = "cabinet.fr"', "is an address of this site"),
        ('"/%72dv/x" = "cabinet.fr"', "is an address of this site"),
        ('"a" = "cabinet.fr"', "is no address that can be redirected"),
        ('"/a b" = "cabinet.fr"', "is no address that can be redirected"),
        ('"/../a" = "cabinet.fr"', "is no address that can be redirected"),
        ('"/%2e%2e/a" = "cabinet.fr"', "is no address that can be redirected"),
        ('\'/a"; return 200 "x\' = "cabinet.fr"', "is no address that can be redirected"),
        ('"/a%22%7D" = "cabinet.fr"', "is no address that can be redirected"),
        ('"/?p=$uri" = "cabinet.fr"', "is no address that can be redirected"),
        ('"/a" = 3', "must be a text"),
    ],
)
def test_a_line_that_cannot_stand_is_refused_with_its_number(line: str, said: str) -> None:
    with pytest.raises(BadPractice) as refused:
        read(f'# Mine.\n"/b/" = "cabinet.he"\n{line}\n')
    assert said in str(refused.value)
    assert str(refused.value).startswith("redirects.toml, line 3, ") or line.startswith("'")


def test_a_bad_line_ends_the_build(site: Path, tmp_path: Path) -> None:
    content = tmp_path / "content"
    shutil.copytree(ROOT / "content" / "images", content / "images")
    (content / "redirects.toml").write_text('"/a/" = "cabinet.fr"\n', "utf-8")
    code, said = build(site.parent / "practice.toml", tmp_path / "site", str(content))
    assert code == 1
    assert "redirects.toml, ligne 1, /a/\N{NO-BREAK SPACE}: il n’y a pas de page" in said


def test_old_addresses_are_read_as_they_are_typed_or_sent() -> None:
    assert read('"/%d7%a7/" = "cabinet.he"\n"/?p=1" = "cabinet.fr"') == {
        "/ק/": "/he/cabinet/",
        "/?p=1": "/cabinet/",
    }
    assert read('"/cabinet/" = "cabinet.fr"\n"/cabinet/index.html" = "cabinet.fr"') == {}


def test_only_what_a_host_serves_as_a_page_becomes_one() -> None:
    text = '"/a" = "cabinet.fr"\n"/b.php" = "cabinet.fr"\n"/?p=1" = "cabinet.fr"\n'
    found = read_redirects(f'{text}"/c.htm" = "cabinet.fr"', "", ADDRESSES, "/rdv")
    assert list(as_pages(found)) == ["a/index.html", "c.htm"]
    assert for_nginx(found, ORIGIN).count("return 301") == 5
