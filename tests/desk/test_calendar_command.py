"""`calendar` at the terminal: what is asked, what is told, what is kept, and what stays untold."""

import json
import re
import secrets
import sqlite3
import ssl
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from icalendar import Calendar

from booking_endpoint.envelope import PrivateKey, lock_key
from booking_endpoint.instants import rfc3339
from booking_endpoint.words import Language
from desk.__main__ import main
from desk.calendar_command import CalendarTalk
from desk.calendar_push import Act
from desk.calendars import Calendars
from desk.drawer import Drawer
from desk.talk import Talk
from tests.desk.calendars import TITLE, calendar, lasting
from tests.desk.cast import MONDAY, NAME, PASSPHRASE, at, exported, facts, store_booking
from tests.desk.terminal import Terminal
from tests.edge.traces import traces_in
from tests.keys import new_key
from tests.serving import facts_with

NINE = calendar(lasting("20261123T090000", "20261123T100000"))
"""In the demo practice's opening hours."""
LATE = calendar(lasting("20261123T200000", "20261123T220000"))


@dataclass
class Machine:
    """The doctor's machine, with somebody who answers in turn, and an endpoint's closures."""

    folder: Path
    key: PrivateKey
    answers: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    closed: dict[str, Act] = field(default_factory=dict)
    clock: float = MONDAY.timestamp() - 3600

    def __post_init__(self) -> None:
        self.file = self.folder / "own.ics"
        self.drawer = Drawer(self.folder / "calendars.sealed", secrets.token_bytes)

    @property
    def calendars(self) -> CalendarTalk:
        talk = Talk(Language("en", {}), self.answer, self.answer, self.heard.append)
        trust = ssl.create_default_context()
        practice, chance = facts(self.key), secrets.token_bytes
        keys, now = [self.key], int(self.clock)
        return CalendarTalk(Calendars(practice, self.drawer, keys, now, chance, trust), talk)

    def answer(self, question: str) -> str:
        self.heard.append(question)
        return self.answers.pop(0)

    def add(self, text: str, label: str = "own") -> int:
        self.file.write_text(text, encoding="utf-8")
        self.answers = [label, str(self.file)]
        return self.calendars.add()

    def listed(self) -> list[str]:
        return [json.dumps(one) for one in self.closed.values()]

    def act(self, acts: Sequence[Act]) -> list[str]:
        for one in acts:
            if one["act"] == "close":
                self.closed[one["word"]] = one
            else:
                del self.closed[one["word"]]
        return ["done"] * len(acts)

    def pull(self) -> int:
        return self.calendars.pull(self.listed, self.act)

    @property
    def starts(self) -> list[str]:
        return sorted(one["start"] for one in self.closed.values())

    @property
    def told(self) -> str:
        return " ".join(" ".join(self.heard).split())


@pytest.fixture
def machine(tmp_path: Path, key: PrivateKey) -> Machine:
    return Machine(tmp_path, key)


AT_NINE = rfc3339(int(at("9:00").timestamp()))


def test_what_another_calendar_says_is_closed_and_opened_again(machine: Machine) -> None:
    assert machine.add(NINE) == 0
    assert machine.pull() == 0
    assert machine.starts == [AT_NINE]
    assert "Times closed: 1; opened again: 0; as before: 0." in machine.told
    machine.answers = ["own"]
    assert machine.calendars.remove() == 0
    assert machine.pull() == 0
    assert machine.starts == []


def test_an_evening_is_not_told_to_the_server(machine: Machine) -> None:
    machine.add(LATE)
    assert machine.pull() == 0
    assert machine.starts == []


@pytest.mark.parametrize(
    "broken", [None, "", NINE[:60], "<html>"], ids=["gone", "empty", "cut", "page"]
)
def test_a_calendar_that_cannot_be_read_keeps_what_it_closed(
    machine: Machine, broken: str | None
) -> None:
    """It is named, and the other is read all the same. Seen to fail where it counted as empty."""
    machine.add(NINE)
    machine.pull()
    if broken is None:
        machine.file.unlink()
    else:
        machine.file.write_text(broken, encoding="utf-8")
    assert machine.pull() == 1
    assert machine.starts == [AT_NINE]
    assert "own could not be read, and closes what it closed before" in machine.told


def test_what_is_over_is_opened_even_where_nothing_can_be_read(machine: Machine) -> None:
    machine.add(NINE)
    machine.pull()
    machine.file.unlink()
    machine.clock += 24 * 3600
    machine.pull()
    assert machine.starts == []


def test_where_no_calendar_was_ever_named_nothing_is_touched(machine: Machine) -> None:
    """The closures may be those of the other machine of the practice."""
    machine.closed["calendar-1"] = {"word": "calendar-1", "start": AT_NINE, "end": AT_NINE}
    assert machine.pull() == 1
    assert machine.starts == [AT_NINE]


def test_a_calendar_that_cannot_be_read_is_not_taken_in(machine: Machine) -> None:
    assert machine.add("<html>") == 1
    assert "This is not a calendar." in machine.told
    machine.calendars.show()
    assert machine.drawer.open([machine.key]) == {}


def test_two_calendars_of_one_name_are_refused(machine: Machine) -> None:
    machine.add(NINE)
    assert machine.add(NINE) == 1
    assert machine.add(NINE, label="") == 1


def test_the_list_shows_neither_address_nor_password(machine: Machine) -> None:
    """Only what was called by name, how it is read, and where."""
    told = {"label": "own", "kind": "caldav", "address": "https://cloud.example/secret"}
    kept = {"sources": [{**told, "user": "anna", "password": "hunter2"}]}
    machine.drawer.shut(kept, [machine.key])
    assert machine.calendars.show() == 0
    assert machine.heard == ["    own (caldav, cloud.example)\n"]


def test_nothing_of_a_calendar_is_left_on_the_machine_or_sent_to_the_server(
    machine: Machine, tmp_path: Path
) -> None:
    """Neither title nor place nor address nor the name it was given; times are in the drawer.

    Seen to fail where the drawer was left open.
    """
    machine.add(NINE, label="Oncologie")
    machine.pull()
    machine.file.unlink()
    machine.pull()
    secret = [TITLE, "oncologue", "Oncologie", "own.ics", "dentist@elsewhere"]
    assert traces_in(secret, tmp_path) == {}
    sent = json.dumps(list(machine.closed.values()))
    assert [one for one in secret if one in sent] == []
    [only] = machine.closed.values()
    assert set(only) == {"act", "word", "start", "end"}


# --- Out ------------------------------------------------------------------------------------------


def test_a_calendar_is_written_for_this_user_alone_and_names_nobody(machine: Machine) -> None:
    output = machine.folder / "bookings.ics"
    assert machine.calendars.export([exported(machine.key)], output, names=False) == 0
    assert output.stat().st_mode & 0o777 == 0o600
    [event] = Calendar.from_ical(output.read_bytes()).walk("VEVENT")
    assert (event["SUMMARY"], event["SEQUENCE"]) == ("Busy", 0)
    moved = exported(machine.key, at("14:00"), moved=True)
    machine.calendars.export([moved], output, names=False)
    [event] = Calendar.from_ical(output.read_bytes()).walk("VEVENT")
    assert event["SEQUENCE"] == 1


@pytest.mark.parametrize(("answer", "written"), [("yes", True), ("y", False), ("", False)])
def test_names_are_written_only_after_a_warning_and_a_whole_yes(
    machine: Machine, answer: str, written: bool
) -> None:
    """Seen to fail where nobody was asked."""
    output, machine.answers = machine.folder / "bookings.ics", [answer]
    assert machine.calendars.export([exported(machine.key)], output, names=True) == int(not written)
    assert "This is health data" in machine.told
    assert output.exists() == written
    assert not written or NAME in output.read_text("utf-8")


# --- At a real terminal ---------------------------------------------------------------------------


def test_a_drawer_of_another_key_is_named_and_left_alone(
    tmp_path: Path, key: PrivateKey, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "doctor.pem").write_bytes(lock_key(key, PASSPHRASE))
    (tmp_path / "practice.toml").write_text(facts_with(key), encoding="utf-8")
    (tmp_path / "phrase").write_text(PASSPHRASE, encoding="utf-8")
    drawer = Drawer(tmp_path / "calendars.sealed", secrets.token_bytes)
    drawer.shut({"sources": []}, [new_key()])
    before = drawer.file.read_bytes()
    files = {"key": "doctor.pem", "practice": "practice.toml", "passphrase-file": "phrase"}
    words = [f"--{name}={tmp_path / file}" for name, file in files.items()]
    assert main(["calendar", "list", *words]) == 1
    assert "calendars.sealed" in capsys.readouterr().err
    assert drawer.file.read_bytes() == before


def test_the_path_of_a_calendar_is_not_echoed_and_its_times_reach_a_real_endpoint(
    tmp_path: Path, key: PrivateKey
) -> None:
    """A path or an address is asked for, so that no shell keeps it; and it is not shown."""
    keys, secret = tmp_path / "keys", tmp_path / "secret-token.ics"
    keys.mkdir()
    (keys / "doctor.pem").write_bytes(lock_key(key, PASSPHRASE))
    (tmp_path / "practice.toml").write_text(facts_with(key), encoding="utf-8")
    (tmp_path / "phrase").write_text(PASSPHRASE, encoding="utf-8")
    store_booking(tmp_path / "bookings.db", key, at("9:00"))
    secret.write_text(
        calendar(lasting("20200106T090000", "20200106T100000", "RRULE:FREQ=WEEKLY")),
        encoding="utf-8",
    )
    words = ["--key", str(keys), "--practice", str(tmp_path / "practice.toml")]
    words += ["--passphrase-file", str(tmp_path / "phrase")]
    adding = Terminal(["-m", "desk", "calendar", "add", *words], tmp_path)
    seen = adding.until(r"> $")
    adding.type("privé\n")
    seen += adding.until(r"> $")
    adding.type(f"{secret}\n")
    seen += adding.until(r"\Z(?!)")
    assert adding.ended() == 0
    assert "secret-token" not in seen
    database = tmp_path / "bookings.db"
    pulling = Terminal(
        ["-m", "desk", "calendar", "pull", *words, "--database", str(database)], tmp_path
    )
    told = pulling.until(r"\Z(?!)")
    assert pulling.ended() == 0
    with closing(sqlite3.connect(database)) as opened:
        rows = opened.execute("SELECT id, end - start FROM closures").fetchall()
        assert opened.execute("SELECT count(*) FROM bookings").fetchone() == (1,)
    assert {(re.sub("[0-9a-f]{16}$", "…", word), length) for word, length in rows} == {
        ("calendar-…", 3600)
    }
    assert str(len(rows)) in told
