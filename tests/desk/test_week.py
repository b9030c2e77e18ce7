"""A week at a practice, from Thursday to Wednesday: whatever happens, all who look see the same.

Bookings by real browsers and by phone, hours closed, a night on which the clocks change and a
holiday after it, a server that is down for an afternoon, a key file lost and restored from paper.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect
from selectolax.lexbor import LexborHTMLParser, LexborNode

from booking_endpoint.envelope import PrivateKey
from booking_endpoint.instants import rfc3339
from desk.opening import open_all
from desk.paper import words_of
from desk.server import Server
from tests.desk.cast import PASSPHRASE
from tests.desk.ledger import paris
from tests.desk.terminal import Terminal
from tests.desk.test_keys import OWN
from tests.desk.town import PHONE, SOON, Chair, Town, books, cancels, moves

THURSDAY, FRIDAY, TUESDAY, AFTER = "2027-03-25", "2027-03-26", "2027-03-30", "2027-04-01"
"""The clocks go forward on Sunday the 28th; Monday is a holiday."""


@pytest.fixture(scope="module")
def town(
    tmp_path_factory: pytest.TempPathFactory, site: Path, key: PrivateKey, browser: Browser
) -> Iterator[Town]:
    """The practice at the end of that week."""
    expect.set_options(timeout=SOON)
    town = Town(tmp_path_factory.mktemp("week"), site, key, browser)
    try:
        week(town)
        yield town
    finally:
        town.close()


def week(town: Town) -> None:
    """Everything that happens, each thing written into the ledger as it does."""
    town.clock.turn(f"{THURSDAY} 08:30")
    town.start()
    doctor, secretary = town.chair("doctor"), town.chair("secretary")
    code_of_ada, code_of_claire = thursday_people_book(town)
    thursday_at_the_desks(town, doctor, secretary)
    offers_what_the_ledger_leaves(town)

    friday_morning(town, doctor, secretary, code_of_claire)
    offers_what_the_ledger_leaves(town)
    friday_without_the_server(town, doctor, code_of_ada)
    offers_what_the_ledger_leaves(town)

    tuesday_after_the_clocks_changed(town, doctor)
    wednesday_without_the_key_file(town)
    town.clock.turn("2027-03-31 12:00")
    secretary.books(
        town.ledger.book("Hana Fictive", "06 39 98 20 08", "consultation", f"{AFTER} 10:00")
    )


def thursday_people_book(town: Town) -> tuple[str, str]:
    """On a phone, without scripts, in Hebrew; two ask for what waits for a yes."""
    book = town.ledger.book
    ada = book("Ada Exemple", "06 39 98 20 01", "consultation", f"{TUESDAY} 10:00")
    claire = book("Claire Modèle", "06 39 98 20 02", "consultation", f"{TUESDAY} 09:30")
    noa = book("נועה לדוגמה", "06 39 98 20 03", "consultation", f"{FRIDAY} 10:00")
    ines = book("Inès Échantillon", "06 39 98 20 04", "pregnancy", f"{TUESDAY} 11:30", "requested")
    judith = book("Judith Sample", "06 39 98 20 05", "pregnancy", f"{AFTER} 09:00", "requested")
    code_of_ada = books(town.patient(**PHONE), ada)
    code_of_claire = books(town.patient(scripts=False), claire)
    books(town.patient("he"), noa)
    books(town.patient(scripts=False, **PHONE), ines)
    books(town.patient("it"), judith)
    return code_of_ada, code_of_claire


def thursday_at_the_desks(town: Town, doctor: Chair, secretary: Chair) -> None:
    """Two callers, a visit moved, an afternoon closed and reopened, its last hours closed."""
    ledger = town.ledger
    secretary.books(
        ledger.book("Dora Fictive", "06 39 98 20 06", "consultation", f"{FRIDAY} 09:30")
    )
    eve = ledger.book("Eve Modèle", "06 39 98 20 07", "colposcopy", f"{TUESDAY} 14:00")
    doctor.books(eve, born="27 3 1958")
    doctor.follow("Déplacer – Eve Modèle")
    ledger.move("Eve Modèle", f"{AFTER} 15:00")
    doctor.type_time(eve.when)
    doctor.click("Déplacer le rendez-vous")
    doctor.hears("Déplacé : jeudi 1er avril 2027, 15:00 · Eve Modèle")

    doctor.look(f"close?day={AFTER}&view=day")
    doctor.click("L’après-midi")
    expect(doctor.page.locator(".deed")).to_contain_text(["Eve Modèle"])
    doctor.click("Fermer ces heures")
    doctor.hears("Fermé :")
    ledger.closed = [(paris(f"{AFTER} 12:00"), paris("2027-04-02 00:00"))]
    offers_what_the_ledger_leaves(town)
    doctor.click("Défaire")
    doctor.hears("Rouvert :")
    secretary.closes(AFTER, "16:00", "18:30")
    ledger.closed = [(paris(f"{AFTER} 16:00"), paris(f"{AFTER} 18:30"))]


def friday_morning(town: Town, doctor: Chair, secretary: Chair, code_of_claire: str) -> None:
    """Somebody does not come, somebody cancels from home, a request is declined."""
    town.clock.turn(f"{FRIDAY} 09:05")
    cancels(town.patient(scripts=False), code_of_claire)
    town.ledger.of("Claire Modèle").state = "cancelled"
    secretary.day(AFTER)
    secretary.click("Refuser – Judith Sample")
    secretary.hears("Refusé :")
    town.ledger.of("Judith Sample").state = "cancelled"

    town.clock.turn(f"{FRIDAY} 10:20")
    doctor.day(FRIDAY)
    doctor.click("Non venu(e) – נועה לדוגמה")
    town.ledger.of("נועה לדוגמה").absent = True
    doctor.shows(town.ledger.day(FRIDAY, marks=True))


def friday_without_the_server(town: Town, doctor: Chair, code_of_ada: str) -> None:
    """What is done meanwhile waits; what a patient did just before is not written over."""
    ledger = town.ledger
    town.clock.turn(f"{FRIDAY} 13:50")
    doctor.day(TUESDAY)
    doctor.follow("Déplacer – Ada Exemple")
    moves(town.patient(), code_of_ada, ledger.of("Ada Exemple"), f"{TUESDAY} 11:00")
    town.stop()
    doctor.type_time(paris(f"{TUESDAY} 12:00"))
    doctor.click("Déplacer le rendez-vous")
    doctor.hears("dès que le serveur répondra")
    doctor.day(TUESDAY)
    doctor.click("Accepter – Inès Échantillon")
    doctor.hears("dès que le serveur répondra")
    doctor.books(ledger.book("Flore Modèle", "06 39 98 20 09", "consultation", f"{TUESDAY} 10:30"))
    waits = "Pas encore sur le serveur"
    doctor.shows(
        [
            ("09:30", "Claire Modèle", ["Annulé"]),
            ("10:30", "Flore Modèle", [waits]),
            ("11:30", "Inès Échantillon", [waits]),
            ("12:00", "Ada Exemple", ["Déplacé", waits]),
        ]
    )

    town.clock.turn(f"{FRIDAY} 17:00")
    town.start()
    ledger.move("Ada Exemple", f"{TUESDAY} 11:00")
    ledger.of("Inès Échantillon").state = "confirmed"
    doctor.day(TUESDAY)
    doctor.shows(ledger.day(TUESDAY, marks=True))
    refused = doctor.page.get_by_role("alert")
    expect(refused).to_contain_text("Pas fait : Déplacé : mardi 30 mars 2027, 12:00 · Ada Exemple")
    expect(refused).to_contain_text("Il est maintenant à : mardi 30 mars 2027, 11:00")
    doctor.click("Compris")
    expect(refused).to_have_count(0)


def tuesday_after_the_clocks_changed(town: Town, doctor: Chair) -> None:
    """The doctor is late: who is still expected is called, in order."""
    town.clock.turn(f"{TUESDAY} 10:40")
    doctor.day(TUESDAY)
    expect(doctor.page.locator(".now")).to_contain_text("10:40")
    doctor.follow("J’ai du retard")
    expected = ["Flore Modèle", "Ada Exemple", "Inès Échantillon"]
    expect(doctor.page.locator(".deed strong")).to_have_text(expected)
    for name in expected:
        doctor.click(f"Prévenu(e) – {name}")
        told = doctor.page.get_by_role("button", name=f"Prévenu(e) – {name}")
        expect(told).to_have_attribute("aria-pressed", "true")
    expect(doctor.page.locator(".deed--told")).to_have_count(3)


def wednesday_without_the_key_file(town: Town) -> None:
    """The machine was dropped; the paper is in the drawer of the desk."""
    town.clock.turn("2027-03-31 07:30")
    town.key_file("doctor").unlink()
    words = ["-m", "desk", "keys", "restore", "--no-open", f"--folder={town.keys}"]
    terminal = Terminal([*words, f"--practice={town.folder / 'practice.toml'}"], town.folder)
    for answer in (" ".join(words_of(town.seed, "fr")), OWN, OWN):
        terminal.until(r"> $")
        terminal.type(f"{answer}\n")
    terminal.until(r"\Z(?!)")
    assert terminal.ended() == 0
    [restored] = town.keys.glob("doctor-*.pem")
    restored.rename(town.key_file("doctor"))


# --- all who look --------------------------------------------------------------------------------


def offers_what_the_ledger_leaves(town: Town) -> None:
    """The endpoint, asked as a page asks."""
    asked = f"{town.practice.origin}/rdv/availability?visit=consultation&from={THURSDAY}&days=21"
    days = httpx.get(asked).json()["days"]
    offered = {day["date"]: day["starts"] for day in days if day["starts"]}
    assert offered == town.ledger.free(THURSDAY, 21, town.clock.now)


def test_both_desks_show_it(town: Town) -> None:
    """The doctor's from the key restored from paper; marks of her own are still in its drawer."""
    for role, passphrase in (("doctor", OWN), ("secretary", PASSPHRASE)):
        chair = town.chair(role, passphrase)
        for day in (FRIDAY, TUESDAY, AFTER):
            chair.day(day)
            chair.shows(town.ledger.day(day, marks=role == "doctor"))
        expect(chair.page.locator(".closure")).to_contain_text(["16:00 – 18:30"])
        expect(chair.page.get_by_role("alert")).to_have_count(0)


def test_each_key_opens_it_in_what_the_server_exports(town: Town) -> None:
    lines = Server.here(town.practice.database).export()
    for key in (town.doctor, town.secretary):
        bookings, strange = open_all(lines, [key])
        assert strange == 0
        assert {
            one.identity["name"]: (rfc(one.start), one.identity["visit"], one.state)
            for one in bookings
        } == town.ledger.opened()


def rfc(moment: datetime) -> str:
    return rfc3339(int(moment.timestamp()))


def test_the_site_offers_the_rest(town: Town) -> None:
    """To a program, and on the page of somebody without scripts, who sees the first of them."""
    offers_what_the_ledger_leaves(town)
    free = [one for day in town.ledger.free(AFTER, 21, town.clock.now).values() for one in day]
    patient = town.patient(scripts=False)
    patient.until_times()
    shown = [one.input_value() for one in patient.times().all()]
    assert len(shown) > 16
    assert shown == free[: len(shown)]


def test_it_stands_on_the_sheets(town: Town) -> None:
    """A day by the restored key, a week by the secretary's; each at the terminal."""
    day = printed(town, "doctor", OWN, f"--day={AFTER}")
    assert [
        row(one, ".lines__time", ".lines__name", ".lines__phone") for one in day.css("tbody tr")
    ] == (town.ledger.sheet(AFTER))
    week = printed(town, "secretary", PASSPHRASE, f"--week={TUESDAY}").css(".week__day")
    days = [f"2027-03-{day}" for day in (29, 30, 31)] + ["2027-04-01", "2027-04-02"]
    assert [
        [row(one, "b", ".week__name", ".week__phone") for one in column.css("li")]
        for column in week
    ] == [town.ledger.sheet(day) for day in days]


def printed(town: Town, role: str, passphrase: str, which: str) -> LexborHTMLParser:
    """The page that `sheet` offers."""
    phrase = town.folder / f"{role}.phrase"
    phrase.write_text(passphrase, encoding="utf-8")
    files = {
        "key": town.key_file(role),
        "practice": town.folder / "practice.toml",
        "passphrase-file": phrase,
        "database": town.practice.database,
    }
    told = [f"--{name}={file}" for name, file in files.items()]
    terminal = Terminal(["-m", "desk", "sheet", which, "--no-open", *told], town.folder)
    [address] = re.findall(r"http://127\.0\.0\.1:\d+/\S+/", terminal.until(r"> $"))
    page = LexborHTMLParser(httpx.get(address).text)
    terminal.type("\n")
    terminal.until(r"\Z(?!)")
    assert terminal.ended() == 0
    return page


def row(line: LexborNode, *cells: str) -> tuple[str, ...]:
    """The texts of a line on paper."""
    found = [line.css_first(cell) for cell in cells]
    return tuple(
        " ".join(one.text().replace("\N{NO-BREAK SPACE}", " ").split()) for one in found if one
    )
