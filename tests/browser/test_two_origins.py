"""Pages with any host of static files, the endpoint with another: two origins, a real browser.

The pages lie where no header of ours is sent; what guards them is what they carry themselves.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, expect

from booking_endpoint.envelope import PrivateKey
from booking_endpoint.headers import headers_of_pages
from booking_endpoint.reading import read_practice
from deploy.demo import build
from deploy.publishing.bundle import gather
from deploy.publishing.folder import write
from deploy.verify import fetch, report
from tests.browser.conftest import Clock
from tests.browser.patient import Answers, Patient, desk_opens, kept
from tests.looks import served_from
from tests.serving import ROOT, Practice, facts_with, free_port, serving

ANSWERS = Answers("יעל O’Connor", "+33 6 39 98 77 66")
CODE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}")
LATER = 8
"""Far enough down the list that the visit may still be changed."""

POST = """async ([url, kind]) => {
    const asked = { method: "POST", headers: { "Content-Type": kind }, body: "{}" }
    return fetch(url, asked).then((answer) => answer.status, () => "refused")
}"""
READ = "(url) => fetch(url).then((answer) => answer.text(), () => 'refused')"


@dataclass(frozen=True)
class Apart:
    """The endpoint on its server, and where the pages are."""

    practice: Practice
    pages: str
    built: Path

    @property
    def endpoint(self) -> str:
        return f"{self.practice.origin}/rdv"


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory, key: PrivateKey) -> Iterator[Apart]:
    """As it is published: a folder for the pages' host, a bundle for the endpoint's."""
    folder, mine, theirs = tmp_path_factory.mktemp("apart"), free_port(), free_port()
    content, facts, site = folder / "content", folder / "practice.toml", folder / "site"
    content.mkdir()
    (content / "images").symlink_to(ROOT / "content" / "images")
    pages = f"http://127.0.0.2:{theirs}"
    address = 'site_url = "https://dr-valombreuse.example"'
    named = f'site_url = "{pages}"\nbooking_url = "http://127.0.0.1:{mine}"'
    facts.write_text(facts_with(key, (address, named)), "utf-8")
    build(facts, site, content)
    told = read_practice(facts.read_text("utf-8"), str(facts))
    write(told, site, folder / "pages")
    for name, data in gather(told, facts, site).items():
        if name.startswith("site/"):
            (folder / "server" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "server" / name).write_bytes(data)
    shell = {"BOOKING_SHELL": str(site / "shell")}
    practice = Practice(folder, key, folder / "server" / "site", mine, shell)
    with serving(practice, Clock()), served_from(folder / "pages", "127.0.0.2", theirs):
        yield Apart(practice, pages, site)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Of a browser that has never been there."""
    context = browser.new_context(locale="en-GB", timezone_id="Europe/Paris")
    yield context.new_page()
    context.close()


@pytest.fixture
def elsewhere(tmp_path: Path, page: Page) -> Page:
    """A page of a third origin, whose scripts may ask whom they like."""
    (tmp_path / "index.html").write_text("<!doctype html><title>x</title>", "utf-8")
    with served_from(tmp_path) as address:
        page.goto(address)
    return page


def somebody(browser: Browser, apart: Apart, *, scripts: bool) -> Patient:
    context = browser.new_context(
        java_script_enabled=scripts, locale="en-GB", timezone_id="Europe/Paris"
    )
    context.set_default_timeout(10_000)
    patient = Patient(context.new_page(), apart.practice, "fr", scripts=scripts)
    patient.origin = apart.pages
    return patient


@pytest.mark.parametrize("scripts", [True, False])
def test_a_visit_is_booked_moved_and_cancelled_across_origins(
    browser: Browser, apart: Apart, scripts: bool
) -> None:
    patient = somebody(browser, apart, scripts=scripts)
    wrong: list[str] = []

    def note(said: ConsoleMessage) -> None:
        if said.type == "error":
            wrong.append(said.text)

    patient.page.on("console", note)
    patient.arrive()
    patient.ask()
    patient.choose_visit()
    start = patient.choose_time(LATER)
    patient.fill(ANSWERS)
    patient.send()
    patient.sees_receipt()
    assert (start, "confirmed") in kept(apart.practice)
    assert desk_opens(apart.practice)[-1]["name"] == ANSWERS.name
    code = patient.page.get_by_text(CODE).filter(visible=True).inner_text()
    link = patient.link("Cancel or move this visit").get_attribute("href") or ""
    assert link.startswith(f"{'' if scripts else apart.pages}/gerer/")
    patient.type_code(code)
    patient.button("Choose another time").click()
    patient.choose_visit()
    expect(patient.times().first).to_be_visible()
    moved = patient.times().nth(LATER + 1).input_value()
    patient.times().nth(LATER + 1).check()
    patient.button("Continue").click()
    expect(patient.heading("Your visit has been moved")).to_be_visible()
    assert (moved, "confirmed") in kept(apart.practice)
    patient.page.get_by_text(patient.say("Cancel this visit"), exact=True).click()
    patient.button("Yes, cancel this visit").click()
    expect(patient.heading("Your visit is cancelled")).to_be_visible()
    assert (moved, "cancelled") in kept(apart.practice)
    patient.link("Book another visit").click()
    expect(patient.heading("What is the visit for?")).to_be_visible()
    assert patient.page.url.startswith(f"{apart.pages}/rendez-vous/")
    assert wrong == []
    patient.page.context.close()


def test_the_plain_form_says_from_where_it_comes_whatever_the_host_sends(
    browser: Browser, apart: Apart
) -> None:
    """Our own `Referrer-Policy` would make it send `Origin: null`, but for what the page says."""
    patient = somebody(browser, apart, scripts=False)

    def with_headers(route: Route) -> None:
        answer = route.fetch()
        headers = answer.headers | headers_of_pages(apart.practice.origin)
        route.fulfill(response=answer, headers=headers)

    patient.page.route(f"{apart.pages}/**", with_headers)
    patient.type_code("7KQ2M9XTB4HD")
    expect(patient.page).to_have_url(f"{apart.endpoint}/bookings/show")
    message = "We do not find this visit. Check the code on your receipt, or call {phone}."
    said = patient.say(message, phone=patient.facts.phone)
    expect(patient.page.get_by_text(said, exact=True)).to_be_visible()
    patient.page.context.close()


def test_the_home_page_tells_the_next_free_time_from_the_other_origin(
    browser: Browser, apart: Apart
) -> None:
    patient = somebody(browser, apart, scripts=True)
    patient.arrive()
    words = re.compile(" ".join(patient.say("Next free time: {when}").split()[:3]))
    expect(patient.page.get_by_role("link", name=words)).to_be_visible()
    patient.page.context.close()


def test_a_third_origin_may_neither_read_nor_post(elsewhere: Page, apart: Apart) -> None:
    """Neither with a question beforehand (JSON), nor without one (a form)."""
    before = kept(apart.practice)
    for kind in ("application/json", "application/x-www-form-urlencoded"):
        url = f"{apart.endpoint}/tickets"
        assert elsewhere.evaluate(POST, [url, kind]) == "refused"
    listing = f"{apart.endpoint}/availability?visit=consultation"
    assert elsewhere.evaluate(READ, listing) == "refused"
    assert kept(apart.practice) == before


def test_a_form_of_a_third_origin_is_refused_in_words(elsewhere: Page, apart: Apart) -> None:
    elsewhere.set_content(f'<form method="post" action="{apart.endpoint}/tickets"><button>')
    with elsewhere.expect_navigation() as gone:
        elsewhere.get_by_role("button").click()
    assert gone.value is not None
    assert gone.value.status == 403


PREFLIGHT = {"Access-Control-Request-Method": "POST"}


def preflight(apart: Apart, path: str = "/bookings", **headers: str) -> httpx.Response:
    asked = PREFLIGHT | {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.options(apart.endpoint + path, headers=asked)


def granted(answer: httpx.Response) -> dict[str, str]:
    return {name: told for name, told in answer.headers.items() if name.startswith("access-")}


def test_the_sites_question_beforehand_is_answered_and_no_more_granted(apart: Apart) -> None:
    answer = preflight(apart, Origin=apart.pages, Access_Control_Request_Headers="content-type")
    assert answer.status_code == 204
    assert granted(answer) == {
        "access-control-allow-origin": apart.pages,
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": "Content-Type",
        "access-control-max-age": "7200",
    }


@pytest.mark.parametrize(
    "origin",
    ["https://other.example", "null", "http://127.0.0.2", "http://127.0.0.2:1", "{pages}.example"],
)
def test_a_question_from_elsewhere_gets_nothing(apart: Apart, origin: str) -> None:
    answer = preflight(apart, Origin=origin.format(pages=apart.pages))
    assert (answer.status_code, granted(answer)) == (405, {})


@pytest.mark.parametrize(
    ("path", "method"), [("/nothing", "POST"), ("/bookings", "DELETE"), ("/availability", "POST")]
)
def test_only_the_routes_answer_a_question_beforehand(apart: Apart, path: str, method: str) -> None:
    told = {"Origin": apart.pages, "Access_Control_Request_Method": method}
    answer = preflight(apart, path, **told)
    assert answer.status_code in (404, 405)
    assert granted(answer) == {}


def test_every_answer_names_the_site_alone_and_never_allows_credentials(apart: Apart) -> None:
    """Whoever asks: so an answer that somebody keeps is right for everybody."""
    as_site, asked = {"Origin": apart.pages}, {"params": {"visit": "consultation"}}
    listing = f"{apart.endpoint}/availability"
    answers = [
        httpx.get(listing, params=asked["params"]),
        httpx.get(listing, params=asked["params"], headers={"Origin": "https://other.example"}),
        httpx.post(f"{apart.endpoint}/tickets", json={}, headers=as_site),
        httpx.post(f"{apart.endpoint}/bookings", json={}, headers=as_site),
        httpx.post(f"{apart.endpoint}/bookings", json={}, headers={"Origin": "null"}),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 403, 403]
    named = {"access-control-allow-origin": apart.pages}
    assert [granted(answer) for answer in answers] == [named] * len(answers)


ORIGINS: dict[str, tuple[dict[str, str], int]] = {
    "the site": ({"Sec-Fetch-Site": "cross-site", "Origin": "{pages}"}, 200),
    "the site, from an older browser": ({"Origin": "{pages}"}, 200),
    "the endpoint's own pages": ({"Sec-Fetch-Site": "same-origin", "Origin": "{mine}"}, 200),
    "a neighbour": ({"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:1"}, 403),
    "a stranger": ({"Sec-Fetch-Site": "cross-site", "Origin": "https://other.example"}, 403),
    "nobody": ({}, 403),
    "a page that hides": ({"Sec-Fetch-Site": "cross-site", "Origin": "null"}, 403),
}


@pytest.mark.parametrize("who", ORIGINS)
def test_who_may_post(apart: Apart, who: str) -> None:
    headers, status = ORIGINS[who]
    told = {
        name: value.format(pages=apart.pages, mine=apart.practice.origin)
        for name, value in headers.items()
    }
    answer = httpx.post(f"{apart.endpoint}/tickets", json={}, headers=told)
    assert answer.status_code == status


INJECTED = """() => new Promise((told) => {
    addEventListener("securitypolicyviolation", (event) => told(event.effectiveDirective))
    const image = new Image()
    image.src = "https://other.example/x.png"
    setTimeout(() => told("nothing"), 3000)
})"""


def test_pages_without_headers_carry_their_policy(page: Page, apart: Apart) -> None:
    """And it names the endpoint's origin where pages send, nowhere else."""
    answer = page.goto(f"{apart.pages}/")
    assert answer is not None
    assert "content-security-policy" not in answer.headers
    assert page.evaluate(INJECTED) == "img-src"
    policy = page.locator("meta[http-equiv=Content-Security-Policy]").get_attribute("content")
    rules = dict(rule.split(" ", 1) for rule in (policy or "").split("; "))
    sends = {name for name, value in rules.items() if apart.practice.origin in value.split()}
    assert sends == {"connect-src", "form-action"}


def test_the_endpoints_server_shows_no_page_of_the_site(apart: Apart) -> None:
    """Only what its own pages are made of: else the same text would stand at two addresses."""
    files = {path.suffix for path in apart.practice.site.rglob("*") if path.is_file()}
    assert files == {".css", ".js", ".svg", ".gz", ".br"}
    assert httpx.get(f"{apart.practice.origin}/").status_code == 404


def test_verify_says_what_a_host_without_headers_does_not_hold(
    apart: Apart, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = apart.practice.folder / "practice.toml"
    told: Any = read_practice(facts.read_text("utf-8"), str(facts))
    assert report(told, apart.built, apart.pages, fetch) == 0
    assert "sends no headers of ours" in capsys.readouterr().out
