"""A whole booking, from the home page to the receipt, told by what the browser did on the way.

Each journey is made once, and then asked one question after another.
"""

import base64
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Route, expect

from booking_endpoint.envelope import PrivateKey
from tests.browser.conftest import Clock, Come
from tests.browser.patient import LANGUAGES, WITH_BIRTH_DATE, Answers, Patient, desk_opens
from tests.browser.record import Record, layout_shift
from tests.edge.traces import traces, traces_in
from tests.serving import Practice, practice_in, serving, theme_in

SIGNS = "יעל O’Connor-Ńg\u0303uyễn e\u0301\u0323 مريم 李 👩🏽\N{ZERO WIDTH JOINER}⚕️ “\"\\&<b>' "
TYPED = Answers(
    name=(SIGNS * 4)[:159] + "Z",  # 160 signs: as long as a name may be
    phone="+33 6 39 98 77 66",
    email="yael.oconnor+rdv@exemple.example",
    birth=("27", "3", "1958"),
    whom="For my child",
    reminder=True,
    caller="Ñandú Sentinelle",
)
SECRETS = (
    *("O’Connor", "יעל O", "مريم", "👩🏽", "Sentinelle", "yael.oconnor"),
    *("+33 6 39 98 77 66", "33639987766", "6 39 98 77 66"),
    *("1958-03-27", "27/3/1958", "27 3 1958", "27-3-1958"),
)
"""What no address, no body and no file may hold."""

FIRST_SCRIPTS = ("/booking.js", "/flow.js")

KEPT = """async () => ({
    cookies: document.cookie,
    local: localStorage.length,
    session: sessionStorage.length,
    databases: (await indexedDB.databases()).length,
    caches: (await caches.keys()).length,
    workers: (await navigator.serviceWorker.getRegistrations()).length,
})"""


@dataclass
class Journey:
    """One booking: who made it and when for, what the browser did, and what it kept."""

    patient: Patient
    record: Record
    start: str = ""
    loads: dict[str, int] = field(default_factory=dict)
    shifts: dict[str, float] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)

    @property
    def practice(self) -> Practice:
        return self.patient.practice

    def rest(self, name: str) -> None:
        """Wait until the page has come to rest, and note what it took."""
        self.patient.page.wait_for_load_state("networkidle")
        self.loads[name] = len(self.record.asked) - sum(self.loads.values())
        self.shifts[name] = layout_shift(self.patient.page)
        self.record.read_answers()

    @property
    def identity(self) -> dict[str, str]:
        """What the envelope must hold, but for its random number."""
        return {
            "name": TYPED.name,
            "phone": TYPED.phone,
            "email": TYPED.email,
            "birth_date": "1958-03-27",
            "whom": "child",
            "caller": TYPED.caller,
            "reminder": "yes",
            "visit": WITH_BIRTH_DATE,
            "start": self.start,
            "language": self.patient.language.code,
        }


def travel(browser: Browser, practice: Practice, code: str, *, scripts: bool = True) -> Journey:
    """Book a visit on a telephone and note everything; the browser is left at the receipt."""
    context = browser.new_context(
        java_script_enabled=scripts,
        timezone_id="Europe/Paris",
        viewport={"width": 360, "height": 740},
    )
    record = Record.of(context)
    journey = Journey(Patient(context.new_page(), practice, code, scripts=scripts), record)
    patient = journey.patient
    rest: Callable[[str], None] = journey.rest if scripts else lambda name: None
    patient.arrive()
    rest("home")
    patient.ask()
    rest("booking")
    patient.choose_visit(WITH_BIRTH_DATE)
    journey.start = patient.choose_time()
    patient.fill(TYPED)
    patient.send()
    patient.sees_receipt()
    rest("receipt")
    if scripts:
        journey.kept = patient.page.evaluate(KEPT) | {"other cookies": context.cookies()}
    return journey


def integrity(file: Path) -> str:
    """What a page says a script must be."""
    digest = hashlib.sha256(file.read_bytes()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


Fresh = Callable[..., Practice]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory, site: Path, key: PrivateKey) -> Fresh:
    """Another practice with a database of its own, and with a site that may be another, too."""
    return lambda pages=site: practice_in(tmp_path_factory.mktemp("practice"), pages, key)


@pytest.fixture(scope="module", params=LANGUAGES)
def journey(request: pytest.FixtureRequest, browser: Browser, fresh: Fresh) -> Iterator[Journey]:
    """With scripts, in each of the languages."""
    with serving(fresh(), Clock()) as practice:
        made = travel(browser, practice, request.param)
        yield made
        made.patient.page.context.close()


@pytest.fixture(scope="module", params=LANGUAGES)
def plain(request: pytest.FixtureRequest, browser: Browser, fresh: Fresh) -> Iterator[Journey]:
    """The same without scripts."""
    with serving(fresh(), Clock()) as practice:
        made = travel(browser, practice, request.param, scripts=False)
        yield made
        made.patient.page.context.close()


def test_the_doctor_reads_exactly_what_was_typed(journey: Journey) -> None:
    (identity,) = desk_opens(journey.practice)
    assert len(bytes.fromhex(identity.pop("number"))) == 16
    assert identity == journey.identity


def test_the_doctor_reads_exactly_what_was_typed_without_scripts(plain: Journey) -> None:
    (identity,) = desk_opens(plain.practice)
    assert len(bytes.fromhex(identity.pop("number"))) == 16
    assert identity == plain.identity


def test_nothing_the_browser_sends_tells_who_comes(journey: Journey) -> None:
    """No address, header or body, in any form: so the endpoint's memory cannot hold it either."""
    assert traces(SECRETS, journey.record.sent()) == {}


def test_nothing_the_browser_is_answered_tells_who_comes(journey: Journey) -> None:
    """Pages, scripts, lists and the receipt: what a cache on the way might keep."""
    assert len(journey.record.answered) > 5
    secrets = [secret for secret in SECRETS if secret != "27 3 1958"]  # the page's own example
    assert traces(secrets, b"\n".join(journey.record.answered)) == {}


def test_without_scripts_who_comes_is_sent_once_and_in_no_address(plain: Journey) -> None:
    """In the body of one form. The page of the last yes carries what that form was sealed to."""
    assert traces(SECRETS, plain.record.asked_for()) == {}
    forms, bodies = plain.record.posted("/bookings"), plain.record.bodies
    assert [bool(traces(SECRETS, form)) for form in forms] == [True, False]
    assert sum(bool(traces(SECRETS, body)) for body in bodies) == 1


def test_a_booking_is_sent_as_time_visit_envelope_and_ticket_and_nothing_else(
    journey: Journey,
) -> None:
    (body,) = journey.record.posted("/bookings")
    assert set(json.loads(body)) == {"visit", "start", "envelope", "ticket", "proof"}


def test_no_file_of_the_endpoint_tells_who_comes(journey: Journey) -> None:
    assert traces_in(SECRETS, journey.practice.folder) == {}


def test_no_file_of_the_endpoint_tells_who_comes_without_scripts(plain: Journey) -> None:
    """The endpoint saw the form for a moment; its disk never did."""
    assert traces_in(SECRETS, plain.practice.folder) == {}


def test_the_search_finds_a_name_that_was_not_sealed(
    browser: Browser, fresh: Fresh, site: Path, tmp_path: Path
) -> None:
    """A page that only seems to seal is found out, in what it sends and on the endpoint's disk."""
    leaky = tmp_path / "site"
    shutil.copytree(site, leaky)
    script = theme_in(leaky) / "js" / "envelope.js"
    sealing = "await subtle.encrypt("
    text = script.read_text("utf-8")
    assert sealing in text
    leak = "(async (_how, _key, data) => join(data, new Uint8Array(16)))("
    vouched = integrity(script)
    script.write_text(text.replace(sealing, f"await {leak}"), "utf-8")
    for page in leaky.rglob("*.html"):  # whoever changes a script on the server changes these too
        page.write_text(page.read_text("utf-8").replace(vouched, integrity(script)), "utf-8")
    with serving(fresh(leaky), Clock()) as practice:
        made = travel(browser, practice, "fr")
        made.patient.page.context.close()
        assert "O’Connor" in traces(SECRETS, made.record.sent())
        (found,) = traces_in(SECRETS, practice.folder).values()
        assert "1958-03-27" in found


def test_the_browser_keeps_nothing(journey: Journey) -> None:
    """No cookie, no storage, no cache of ours, no service worker: nothing to ask consent for."""
    assert [name for name, found in journey.kept.items() if found] == []
    assert len(journey.kept) == 7


def test_the_console_stays_silent(journey: Journey) -> None:
    """The policy is never broken, nothing fails, nobody left a note."""
    assert journey.record.said == []


def test_nobody_else_is_asked_for_anything(journey: Journey) -> None:
    assert journey.record.hosts == {f"127.0.0.1:{journey.practice.port}"}


def test_a_page_loads_with_four_requests_at_most(journey: Journey) -> None:
    """On a bad line each one is a second."""
    assert journey.loads["home"] <= 4
    assert journey.loads["booking"] <= 4


def test_the_first_scripts_are_small(journey: Journey) -> None:
    """All that a booking page must have read before its first button works."""
    first = [body for url, body in journey.record.weighed.items() if url.endswith(FIRST_SCRIPTS)]
    assert len(first) == 2
    assert sum(first) <= 4000


def test_a_whole_booking_is_light(journey: Journey) -> None:
    assert len(journey.record.asked) <= 20
    assert sum(journey.record.weighed.values()) <= 30_000


def test_nothing_jumps(journey: Journey) -> None:
    assert max(journey.shifts.values()) <= 0.01


@pytest.mark.parametrize("path", ["/", "/rendez-vous/", "/gerer/"])
def test_a_planted_script_does_not_run(come: Come, path: str) -> None:
    """Whoever slips a script into a page's text has gained nothing: the policy refuses it."""
    page = come().page
    record = Record.of(page.context)

    def plant(route: Route) -> None:
        response = route.fetch()
        planted = '<script>document.title = "planted"</script><img src="x" onerror="alert(1)">'
        route.fulfill(
            response=response, body=response.text().replace("</main>", f"{planted}</main>")
        )

    page.route(f"**{path}", plant)
    page.goto(come().practice.origin + path)
    expect(page.get_by_role("main")).to_be_visible()
    assert page.title() != "planted"
    assert any("Content Security Policy" in message for message in record.said)
