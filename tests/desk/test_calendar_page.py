"""Other calendars at the running desk: read by themselves, added, forgotten; one to take away."""

import secrets
import sqlite3
import ssl
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import pytest
from icalendar import Calendar

from booking_endpoint.envelope import PrivateKey
from desk.calendars import Calendars
from desk.drawer import Drawer
from desk.errands import EVERY, Rounds
from tests.desk.calendars import TITLE, calendar, lasting
from tests.desk.cast import MONDAY, NAME, PHONE, Beside, Reader, at_desk, facts, store_booking
from tests.edge.traces import traces_in
from tests.serving import wait_until

NINE = calendar(lasting("20261124T090000", "20261124T100000"))
TEN = calendar(lasting("20261124T100000", "20261124T110000"))


@dataclass
class Machine:
    """The doctor's machine, a calendar on it, and a real database with one visit."""

    folder: Path
    key: PrivateKey
    clock: float = MONDAY.timestamp()

    def __post_init__(self) -> None:
        self.file, self.database = self.folder / "own-secret.ics", self.folder / "bookings.db"
        self.file.write_text(NINE, encoding="utf-8")
        self.server = Beside.at(self.database)
        (self.folder / "keys").mkdir()

    @property
    def calendars(self) -> Calendars:
        drawer = Drawer(self.folder / "keys" / "calendars.sealed", secrets.token_bytes)
        told = (facts(self.key), drawer, [self.key], int(self.clock), secrets.token_bytes)
        return Calendars(*told, ssl.create_default_context())

    @property
    def closed(self) -> list[tuple[int, int]]:
        """Closures of ours at the endpoint: seconds from Tuesday at nine, and how many."""
        with closing(sqlite3.connect(self.database)) as file:
            found = "SELECT start - ?, end - start FROM closures WHERE id LIKE 'calendar-%'"
            return file.execute(found, (int(MONDAY.timestamp()) + 86_400,)).fetchall()


@pytest.fixture
def machine(tmp_path: Path, key: PrivateKey) -> Machine:
    store_booking(tmp_path / "bookings.db", key)
    return Machine(tmp_path, key)


@pytest.fixture
def reader(machine: Machine) -> Iterator[Reader]:
    """The desk on this machine, locked."""
    place = machine.folder / "keys" / "desk.drawer"
    with at_desk(facts(machine.key), machine.key, machine.server, drawer=place) as reader:
        yield reader


def read(reader: Reader) -> None:
    wait_until(lambda: not reader.get("progress?of=calendars").text)


def said(reader: Reader, path: str = "") -> str:
    return reader.get(path).text.replace("\N{NO-BREAK SPACE}", " ")


def test_calendars_that_are_known_are_read_when_the_desk_is_opened(
    machine: Machine, reader: Reader
) -> None:
    """And the page says when. Seen to fail where nothing looked."""
    machine.calendars.add("privé", str(machine.file), None)
    reader.unlock()
    wait_until(lambda: machine.closed == [(0, 3600)])
    read(reader)
    assert "Calendriers : à jour à 09:00" in said(reader)
    assert "Calendriers : à jour à 09:00" in said(reader, "calendars")
    wait_until(lambda: "d’après votre calendrier" in said(reader, "?day=2026-11-24&view=day"))


def test_where_none_is_known_nothing_is_touched_and_nothing_said(
    machine: Machine, reader: Reader
) -> None:
    """What is closed there may be another machine's."""
    word = f"calendar-{1:016x}"
    told = {"act": "close", "word": word, "start": "2026-11-24T08:00:00Z"}
    machine.server.acts([{**told, "end": "2026-11-24T09:00:00Z"}])
    reader.unlock()
    read(reader)
    assert machine.closed == [(0, 3600)]
    assert "Calendriers :" not in said(reader)


def test_a_calendar_that_cannot_be_read_is_named_with_what_to_do_and_keeps_what_it_closed(
    machine: Machine, reader: Reader
) -> None:
    machine.calendars.add("privé", str(machine.file), None)
    reader.unlock()
    wait_until(lambda: machine.closed == [(0, 3600)])
    read(reader)
    machine.file.unlink()
    reader.post("pull")
    read(reader)
    assert "Calendriers qui n’ont pas pu être lus à 09:00 : privé." in said(reader)
    page = said(reader, "calendars")
    assert "Le fichier own-secret.ics ne peut pas être lu." in page
    assert "oubliez-le ici et ajoutez-le de nouveau" in page
    assert machine.closed == [(0, 3600)]


def test_without_the_server_it_is_said_that_nothing_was_closed(
    machine: Machine, reader: Reader
) -> None:
    machine.calendars.add("privé", str(machine.file), None)
    machine.server.away(gone=True)
    reader.unlock()
    read(reader)
    assert "Calendriers : échec à 09:00, rien n’a été changé." in said(reader)
    assert "Le serveur ne répond pas" in said(reader, "calendars")


def test_a_calendar_is_added_and_forgotten_on_the_page(machine: Machine, reader: Reader) -> None:
    """Nothing is kept of one that cannot be read; the page shows no address, the disk no word."""
    reader.unlock()
    bad = machine.folder / "bad.ics"
    bad.write_text("<html>", encoding="utf-8")
    assert reader.post("add", label="privé", address=str(bad)).status_code == 422
    assert machine.calendars.sources() is None
    assert reader.post("add", label="privé", address=str(machine.file)).status_code == 303
    wait_until(lambda: machine.closed == [(0, 3600)])
    read(reader)
    assert reader.post("add", label="privé", address=str(machine.file)).status_code == 422
    page = said(reader, "calendars")
    assert "privé" in page
    assert str(machine.folder) not in page
    secret = [TITLE, "oncologue", "privé", "own-secret.ics", NAME, PHONE]
    assert traces_in(secret, machine.folder / "keys") == {}

    asked = said(reader, "calendars?forget=0")
    assert "Oublier privé ?" in asked
    assert machine.closed == [(0, 3600)]
    reader.post("forget", label="privé")
    wait_until(lambda: machine.closed == [])


@pytest.mark.parametrize("chosen", ["1", "-1", "x", "é", "9" * 5000])
def test_nothing_else_is_a_calendar_to_forget(
    machine: Machine, reader: Reader, chosen: str
) -> None:
    machine.calendars.add("privé", str(machine.file), None)
    reader.unlock()
    assert "Oublier privé ?" not in said(reader, f"calendars?forget={chosen}")
    reader.post("forget", label=chosen)
    assert [one.label for one in machine.calendars.sources() or ()] == ["privé"]


def test_what_is_taken_away_says_busy_unless_the_warning_was_ticked(
    machine: Machine, reader: Reader
) -> None:
    """Seen to fail where nothing had to be ticked."""
    reader.unlock()
    for fields in ({}, {"what": "busy", "sure": "yes"}, {"sure": "yes"}):
        answer = reader.post("export", **fields)
        assert answer.headers["Content-Disposition"] == 'attachment; filename="agenda.ics"'
        [event] = Calendar.from_ical(answer.content).walk("VEVENT")
        assert event["SUMMARY"] == "Occupé"
        assert NAME not in answer.text
    refused = reader.post("export", what="names")
    assert (refused.status_code, NAME in refused.text) == (422, False)
    assert NAME in reader.post("export", what="names", sure="yes").text
    machine.server.away(gone=True)
    assert reader.post("export").status_code == 503, "who is gone would be told as cancelled"


class Slow(Beside):
    """Says what it holds once it is let."""

    asked, let = Event(), Event()

    def listing(self) -> list[str]:
        self.asked.set()
        self.let.wait(30)
        return super().listing()


def test_what_is_asked_while_they_are_read_is_read_after_that(machine: Machine) -> None:
    """A calendar that is added then is not left for ten minutes. Seen to fail without."""
    machine.calendars.add("privé", str(machine.file), None)
    server = Slow.at(machine.database)
    rounds = Rounds(lambda: machine.calendars, server, lambda: machine.clock)
    rounds.look()
    assert Slow.asked.wait(30)
    other = machine.folder / "other.ics"
    other.write_text(TEN, encoding="utf-8")
    machine.calendars.add("garde", str(other), None)
    rounds.look(at_once=True)
    Slow.let.set()
    wait_until(lambda: not rounds.under_way)
    assert machine.closed == [(0, 7200)]


def test_they_are_read_again_after_ten_minutes_and_not_once_the_desk_is_locked(
    machine: Machine,
) -> None:
    """By the machine's own clock. Seen to fail where the lock stopped nothing."""
    machine.calendars.add("privé", str(machine.file), None)
    told = (lambda: machine.calendars), machine.server, (lambda: machine.clock)
    rounds = Rounds(*told)

    def look() -> list[tuple[int, int]]:
        rounds.look()
        wait_until(lambda: not rounds.under_way)
        return machine.closed

    assert look() == [(0, 3600)]
    machine.file.write_text(TEN, encoding="utf-8")
    machine.clock += EVERY - 1
    assert look() == [(0, 3600)]
    machine.clock += 1
    assert look() == [(3600, 3600)]
    machine.file.write_text(NINE, encoding="utf-8")
    rounds.stop()
    machine.clock += EVERY
    assert look() == [(3600, 3600)]
    locked = iter([True, False])  # between reading and closing
    pull = machine.calendars.pull
    assert pull(machine.server.listing, machine.server.acts, lambda: next(locked)) is None
    assert machine.closed == [(3600, 3600)]
