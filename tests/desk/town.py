"""A practice whose clock is turned by hand: its site and server, its desks, its patients."""

import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_bytes
from typing import Any

from playwright.sync_api import Browser, Page, expect

from booking_endpoint.envelope import SEED, PrivateKey, key_from, lock_key, public_text
from booking_endpoint.markup import sentence
from booking_endpoint.practice import Practice as Facts
from booking_endpoint.practice import Recipient
from booking_endpoint.reading import read_practice
from tests.browser.patient import Answers, Patient
from tests.browser.test_coming_back import code_of, manages
from tests.desk.cast import PASSPHRASE, Beside, Reader, at_desk
from tests.desk.ledger import Ledger, Line, paris
from tests.keys import new_key
from tests.serving import Practice, practice_in, serving

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}
ASKED = ('id = "pregnancy"\n', 'id = "pregnancy"\napproval = true\n')
SOON = 15_000
"""Milliseconds; on an idle machine a page of the desk takes three seconds at most."""


class Clock:
    """The clock of practice and server. Whoever types takes some seconds between two looks."""

    def __init__(self) -> None:
        self.now, self._typed = datetime.now(UTC), 0

    def turn(self, when: str) -> None:
        self.now, self._typed = paris(when).astimezone(UTC), 0

    def desk(self) -> float:
        return self.now.timestamp()

    def server(self) -> float:
        self._typed += 4
        return self.now.timestamp() + self._typed


class Town:
    """Everything that a week at a practice needs, and the ledger of what should come of it."""

    def __init__(self, folder: Path, site: Path, sealed_to: PrivateKey, browser: Browser) -> None:
        self.seed, self.secretary = token_bytes(SEED), new_key()
        self.doctor = key_from(self.seed)
        self.folder, self.browser, self.ledger, self.clock = folder, browser, Ledger(), Clock()
        republish(site, folder / "site", sealed_to, self.doctor, self.secretary)
        self.practice: Practice = practice_in(folder, folder / "site", self.doctor, ASKED)
        file = folder / "practice.toml"
        with file.open("a", encoding="utf-8") as facts:
            facts.write(f"\n{Recipient('secretary', public_text(self.secretary)).to_toml()}")
        self.facts: Facts = read_practice(file.read_text("utf-8"), str(file))
        self.server = Beside.at(self.practice.database)
        self.keys = folder / "keys"
        self.keys.mkdir()
        self.key_file("doctor").write_bytes(lock_key(self.doctor, PASSPHRASE))
        self.key_file("secretary").write_bytes(lock_key(self.secretary, PASSPHRASE))
        self._open, self._serving = ExitStack(), ExitStack()

    def key_file(self, role: str) -> Path:
        return self.keys / f"{role}.pem"

    # --- the server ------------------------------------------------------------------------------

    def start(self) -> None:
        self.server.away(gone=False)
        self._serving.enter_context(serving(self.practice, self.clock.server))

    def stop(self) -> None:
        self._serving.close()
        self.server.away(gone=True)

    def close(self) -> None:
        self._open.close()
        self._serving.close()

    # --- people ----------------------------------------------------------------------------------

    def patient(self, code: str = "fr", *, scripts: bool = True, **options: Any) -> Patient:
        return Patient(
            self._page(java_script_enabled=scripts, **options), self.practice, code, scripts=scripts
        )

    def chair(self, role: str, passphrase: str = PASSPHRASE) -> "Chair":
        """Somebody's desk, with the key file that lies there now."""
        pem, drawer = self.key_file(role).read_bytes(), self.folder / f"{role}.drawer"
        desk = at_desk(self.facts, pem, self.server, drawer=drawer, clock=self.clock.desk)
        return Chair(self._page(), self._open.enter_context(desk), passphrase)

    def _page(self, **options: Any) -> Page:
        context = self.browser.new_context(timezone_id="Europe/Paris", **options)
        context.set_default_timeout(SOON)
        self._open.callback(context.close)
        return context.new_page()


def republish(
    site: Path, copy: Path, before: PrivateKey, doctor: PrivateKey, other: PrivateKey
) -> None:
    """The same site, sealing to these two instead: it is in the words of its pages alone."""
    shutil.copytree(site, copy)
    halves = zip(*(public_text(key).split(".") for key in (before, doctor, other)), strict=True)
    changes = [(f"{old} {old} {old}", f"{one} {two} {one}") for old, one, two in halves]
    for page in copy.rglob("*.html"):
        text = page.read_text("utf-8")
        for old, new in changes:
            text = text.replace(old, new)
        page.write_text(text, "utf-8")


# --- at the site ---------------------------------------------------------------------------------


def books(patient: Patient, line: Line) -> str:
    """From the booking page to the receipt, for the visit that the ledger has; its code."""
    patient.until_times(line.visit)
    pick(patient, line.when)
    patient.fill(Answers(line.name, line.phone))
    patient.send()
    if line.state == "requested":
        expect(patient.heading("Your request has been received")).to_be_visible()
    else:
        patient.sees_receipt()
    return code_of(patient)


def pick(patient: Patient, when: datetime) -> None:
    """A time by the day above it, as this practice's clock tells it in the patient's language."""
    day = patient.page.get_by_role("group", name=sentence(patient.language.day(when.date())))
    expect(patient.times().first).to_be_visible()
    if not day.count():
        patient.button("Later dates").click()
    day.get_by_role("radio", name=f"{when:%H:%M}", exact=True).check()
    patient.button("Continue").click()


def moves(patient: Patient, code: str, line: Line, when: str) -> None:
    manages(patient, code)
    patient.button("Choose another time").click()
    patient.choose_visit(line.visit)
    pick(patient, paris(when))
    expect(patient.heading("Your visit has been moved")).to_be_visible()


def cancels(patient: Patient, code: str) -> None:
    manages(patient, code)
    patient.page.get_by_text(patient.say("Cancel this visit"), exact=True).click()
    patient.button("Yes, cancel this visit").click()
    expect(patient.heading("Your visit is cancelled")).to_be_visible()


# --- at a desk -----------------------------------------------------------------------------------


class Chair:
    """Somebody who sits at a desk, in front of a browser."""

    def __init__(self, page: Page, reader: Reader, passphrase: str) -> None:
        self.page, self._reader, self._passphrase = page, reader, passphrase

    def look(self, place: str) -> None:
        """Go there; with the passphrase, where the desk has locked itself meanwhile."""
        self.page.goto(self._reader.address + place)
        if self.page.get_by_label("Phrase de passe").is_visible():
            self.page.get_by_label("Phrase de passe").fill(self._passphrase)
            self.click("Ouvrir l’agenda")
            self.page.goto(self._reader.address + place)

    def day(self, day: str) -> None:
        self.look(f"?day={day}&view=day")

    def click(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str) -> None:
        self.page.get_by_role("link", name=name, exact=True).click()

    def books(self, line: Line, born: str = "") -> None:
        """Somebody is on the telephone."""
        self.look(f"book?visit={line.visit}&day={line.when.date()}&view=day")
        self.type_time(line.when)
        self.page.get_by_label("Nom de la personne qui vient").fill(line.name)
        self.page.get_by_label("Téléphone").fill(line.phone)
        if born:
            self.page.get_by_label("Date de naissance").fill(born)
        self.click("Noter ce rendez-vous")
        self.hears(f"Noté : {day_in_words(line.when)}")

    def type_time(self, when: datetime) -> None:
        self.page.locator("#date").fill(str(when.date()))
        self.page.locator("#clock").fill(f"{when:%H:%M}")

    def closes(self, day: str, begins: str, ends: str) -> None:
        self.look(f"close?day={day}&view=day")
        for name, text in {"from": day, "begins": begins, "until": day, "ends": ends}.items():
            self.page.locator(f"#{name}").fill(text)
        self.click("Voir qui s’y trouve")
        self.click("Fermer ces heures")
        self.hears("Fermé :")

    def hears(self, text: str) -> None:
        expect(self.page.locator(".did")).to_contain_text(text)

    def shows(self, wanted: list[tuple[str, str, list[str]]]) -> None:
        """That the agenda on the page says so, now or by itself soon after."""
        eventually(self._agenda, wanted)

    def _agenda(self) -> list[tuple[str, str, list[str]]]:
        said: list[tuple[str, str, list[str]]] = self.page.locator(".entry").evaluate_all(
            """all => all.map(one => [
                one.querySelector(".entry__start").textContent,
                one.querySelector(".entry__name").textContent.trim(),
                [...one.querySelectorAll(".entry__state:not(.entry__together)")]
                    .map(state => state.textContent.trim()),
            ])"""
        )
        return [(start, name, states) for start, name, states in said]


def day_in_words(when: datetime) -> str:
    days = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"]
    months = {3: "mars", 4: "avril"}
    day = "1er" if when.day == 1 else str(when.day)
    return f"{days[when.weekday()]} {day} {months[when.month]} 2027, {when:%H:%M}"


def eventually(read: Callable[[], Any], wanted: Any) -> None:
    """That it comes true soon; what was read last is in the failure."""
    until = time.monotonic() + SOON / 1000
    while (found := read()) != wanted and time.monotonic() < until:
        time.sleep(0.05)
    assert found == wanted, f"{found}, and not {wanted}"
