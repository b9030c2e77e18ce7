"""The evening at the running desk: sheets, reminders, the account; before a real e-mail server."""

import re
import secrets
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from booking_endpoint.envelope import PrivateKey
from desk.drawer import Drawer
from tests.desk.cast import (
    NAME,
    PHONE,
    Beside,
    Reader,
    at,
    at_desk,
    exported,
    facts,
    identity,
    printing,
    store_booking,
)
from tests.desk.post import PASSWORD, REFUSED, SENDER, USER, Box, post_office
from tests.desk.test_looks import tab_to
from tests.desk.test_page import held
from tests.edge.traces import traces_in
from tests.keys import new_key
from tests.serving import wait_until

EMAIL, OTHER = "zoe.sentinelle@example.org", "other@example.org"
TUESDAY = "2026-11-24"


@dataclass
class Evening:
    """A desk on Monday at nine, and what lies beside its keys."""

    folder: Path
    key: PrivateKey
    trust: ssl.SSLContext
    served: ExitStack

    @property
    def drawer(self) -> Drawer:
        return Drawer(self.folder / "keys" / "reminders.sealed", secrets.token_bytes)

    def knows(self, box: Box) -> None:
        self.drawer.shut({"account": asdict(box.account)}, [self.key])

    def line(self, number: int, clock: str, day: int = 1, **wrote: str) -> str:
        content = identity(at(clock, day), **{"email": EMAIL, "reminder": "yes", **wrote})
        return exported(self.key, at(clock, day), content=content, number=number)

    def opened(self, *lines: str, **more: Any) -> Reader:
        (self.folder / "keys").mkdir(exist_ok=True)
        server = more.pop("server", None) or printing(self.folder, *lines)
        place = self.folder / "keys" / "desk.drawer"
        told: dict[str, Any] = {"drawer": place, "trust": self.trust, **more}
        reader = self.served.enter_context(at_desk(facts(self.key), self.key, server, **told))
        reader.unlock()
        return reader

    @property
    def log(self) -> str:
        file = self.folder / "keys" / "reminders.log"
        return file.read_text("ascii") if file.exists() else ""

    def send(self, reader: Reader) -> None:
        """As the button does, and wait until it is over."""
        assert reader.post("remind", **{"for": TUESDAY}).status_code == 303
        wait_until(lambda: not reader.get("progress").text)


@pytest.fixture
def evening(tmp_path: Path, key: PrivateKey, trust: ssl.SSLContext) -> Iterator[Evening]:
    with ExitStack() as served:
        (tmp_path / "keys").mkdir()
        yield Evening(tmp_path, key, trust, served)


@pytest.fixture
def box(certificate: Path) -> Iterator[Box]:
    with post_office(certificate) as office:
        yield office


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


# --- reminders -----------------------------------------------------------------------------------


def test_who_asked_gets_one_message_from_the_page_and_never_a_second(
    evening: Evening, box: Box
) -> None:
    """Clicked again while it runs and afterwards, after the desk was locked, and at the terminal.

    Seen to fail where nothing was remembered, and where a second click began a second sending.
    """
    evening.knows(box)
    box.happens = lambda _server: time.sleep(0.2)
    lines = [evening.line(1, "09:00"), evening.line(2, "10:00", email=OTHER)]
    reader = evening.opened(*lines, evening.line(3, "11:00", reminder=""))
    shown = plain(reader.get("reminders").text)
    assert "Envoyer 2 rappels" in shown
    assert "N’a pas demandé de rappel" in shown
    for _click in range(3):
        reader.post("remind", **{"for": TUESDAY})
    evening.send(reader)
    reader.post("lock")
    reader.unlock()
    evening.send(reader)
    assert box.to == [[EMAIL], [OTHER]]
    assert evening.log.splitlines()[0] == (
        f"{TUESDAY} sent=2 cancelled=0 refused=0 perhaps=0 unsent=0 call=1"
    )
    assert "Déjà prévenus : 2" in plain(reader.get("reminders").text)


def test_locking_in_the_middle_ends_after_the_message_under_way_and_loses_nothing(
    evening: Evening, box: Box
) -> None:
    """The others are sent by the next click. Seen to fail where locking stopped nothing."""
    evening.knows(box)
    lines = [evening.line(1, "09:00"), evening.line(2, "10:00", email=OTHER)]
    reader = evening.opened(*lines)
    box.happens = lambda _server: (reader.post("lock"), None)[1]
    reader.post("remind", **{"for": TUESDAY})
    wait_until(lambda: bool(evening.log))
    assert (box.to, "unsent=1" in evening.log) == ([[EMAIL]], True)
    wait_until(lambda: held(NAME) == [])
    box.happens = lambda _server: None
    reader.unlock()
    evening.send(reader)
    assert box.to == [[EMAIL], [OTHER]]


def test_who_is_refused_is_called_and_who_is_not_sure_is_not_written_to_again(
    evening: Evening, box: Box
) -> None:
    """Both stand on the list to print."""
    evening.knows(box)
    reader = evening.opened(
        evening.line(1, "09:00", email=REFUSED, name="Ada Refusée"),
        evening.line(2, "10:00", name="Grace Incertaine"),
    )
    box.happens = lambda server: server.transport.abort()
    evening.send(reader)
    told = plain(reader.get("reminders").text)
    assert "À appeler : 2" in told
    sheet = reader.get(f"sheet?calls={TUESDAY}").text
    assert "Ada Refusée" in sheet
    assert "Grace Incertaine" in sheet
    box.happens = lambda _server: None
    evening.send(reader)
    assert box.to == [[EMAIL]]


def test_nothing_is_sent_of_what_the_server_did_not_confirm(evening: Evening, box: Box) -> None:
    """A visit may be cancelled since. Seen to fail where what was known was enough."""
    evening.knows(box)
    database = evening.folder / "bookings.db"
    who = {"email": EMAIL, "reminder": "yes"}
    store_booking(database, evening.key, at("09:00", 1), who=who)
    server = Beside.at(database)
    reader = evening.opened(server=server)
    assert NAME in reader.get("reminders").text
    server.away(gone=True)
    assert reader.post("remind", **{"for": TUESDAY}).status_code == 503
    assert NAME in reader.get("sheet?day=2026-11-24&view=day").text, "paper is for such days"
    server.away(gone=False)
    assert (box.to, evening.log) == ([], "")


def test_the_evening_before_a_closed_weekend_is_for_the_monday(evening: Evening) -> None:
    """On Friday 27 November, nobody receives before Monday."""
    reader = evening.opened(evening.line(1, "09:00", 7), clock=at("18:00", 4).timestamp)
    shown = reader.get("reminders").text
    assert 'value="2026-11-30"' in shown
    assert NAME in shown


def test_an_account_is_kept_only_if_it_lets_us_in_and_its_password_is_never_shown(
    evening: Evening, certificate: Path
) -> None:
    with post_office(certificate, "plain") as box:
        reader = evening.opened(evening.line(1, "09:00"))
        asked = reader.post("remind", **{"for": TUESDAY})
        assert asked.headers["Location"].endswith(f"account?for={TUESDAY}")
        told = {"host": "127.0.0.1", "port": str(box.account.port), "sender": SENDER, "user": USER}
        for wrong in (
            {"password": "not-this-one"},
            {"password": PASSWORD, "port": "x"},
            {"password": PASSWORD, "host": "smtp.example.org", "port": "25"},
            {"password": PASSWORD, "sender": "Ada <a@b.fr>"},
        ):
            answer = reader.post("keep", **{**told, **wrong})
            assert answer.status_code == 422
            assert wrong["password"] not in answer.text
        assert evening.drawer.open([evening.key]) == {}
        assert reader.post("keep", **told, password=PASSWORD).status_code == 303
        evening.send(reader)
        assert box.to == [[EMAIL]]
        assert SENDER in reader.get("account").text
        assert PASSWORD not in reader.get("account").text
    secret = [NAME, PHONE, EMAIL, PASSWORD, SENDER]
    assert traces_in(secret, evening.folder / "keys") == {}


def test_a_drawer_of_another_key_is_named_and_left_alone(evening: Evening) -> None:
    evening.drawer.shut({"account": {}}, [new_key()])
    before = evening.drawer.file.read_bytes()
    reader = evening.opened(evening.line(1, "09:00"))
    assert "reminders.sealed" in reader.get("reminders").text
    assert reader.post("remind", **{"for": TUESDAY}).status_code == 503
    assert evening.drawer.file.read_bytes() == before


@pytest.mark.parametrize("script", [True, False])
def test_how_far_it_is_is_shown_and_how_it_ended(
    evening: Evening, box: Box, browser: Browser, script: bool
) -> None:
    """By keyboard from the agenda; by itself, or by a link where there is no script."""
    evening.knows(box)
    box.happens = lambda _server: time.sleep(0.8 if script else 0.5)
    lines = [evening.line(one, f"{8 + one}:00".zfill(5), email=f"p{one}@x.fr") for one in (1, 2, 3)]
    reader = evening.opened(*lines)
    with browser.new_context(java_script_enabled=script) as context:
        page = context.new_page()
        page.goto(reader.address)
        tab_to(page, "Rappels")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Rappels")).to_be_visible()
        tab_to(page, "Envoyer 3 rappels")
        page.keyboard.press("Enter")
        expect(page.get_by_role("progressbar")).to_be_visible()
        expect(page.get_by_text("À appeler")).to_have_count(0)  # who is under way is not sure yet
        if script:
            expect(page.get_by_role("status")).to_contain_text("2 sur 3", timeout=10_000)
        else:
            wait_until(lambda: len(box.to) == 3 and not reader.get("progress").text)
            page.get_by_role("link", name="Actualiser").click()
        expect(page.get_by_role("status")).to_contain_text("Rappels envoyés : 3", timeout=10_000)
        expect(page.get_by_text("Déjà prévenus : 3")).to_be_visible()


# --- paper ---------------------------------------------------------------------------------------


def pages(page: Page) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True)))


def test_a_day_and_a_week_leave_the_desk_on_one_page_each_and_go_when_it_locks(
    evening: Evening, browser: Browser
) -> None:
    """By the links of the agenda and back. Seen to fail where no script looked for the lock."""
    lines = [
        evening.line(20 * day + number, f"{9 + number // 3:02}:{20 * (number % 3):02}", day)
        for day in range(5)
        for number in range(20)
    ]
    reader = evening.opened(*lines)
    with browser.new_context(viewport={"width": 390, "height": 844}) as context:
        page = context.new_page()
        for view in ("week", "day"):
            page.goto(f"{reader.address}?day=2026-11-23&view={view}")
            page.get_by_role("link", name="Imprimer").click()
            expect(page.get_by_text(NAME).first).to_be_visible()
            assert pages(page) == 1, view
            page.evaluate("() => { window.print = () => document.body.dataset.asked = 'yes' }")
            page.get_by_role("button", name="Imprimer").click()
            expect(page.locator("body")).to_have_attribute("data-asked", "yes")
            page.get_by_role("link", name="Retour à l’agenda").click()
            expect(page).to_have_url(f"{reader.address}?day=2026-11-23&view={view}")
        page.get_by_role("link", name="Chiffres").click()
        expect(page.get_by_role("heading", name="Les rendez-vous en chiffres")).to_be_visible()
        assert NAME not in page.content()
        page.goto(f"{reader.address}sheet?day=2026-11-23&view=day")
        reader.post("lock")
        expect(page.locator("input[type=password]")).to_be_visible(timeout=10_000)
        assert NAME not in page.content()
