"""What doctor and secretary do at the desk, over real HTTP and on a real database."""

import gc
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser

from booking_endpoint.envelope import PrivateKey, public_text
from booking_endpoint.practice import Practice, Recipient
from desk.acts import close, offer, put
from desk.opening import Opened, open_all, read_list
from desk.server import Server
from tests.desk.cast import (
    MONDAY,
    NAME,
    PHONE,
    TOKEN,
    Beside,
    Reader,
    at,
    at_desk,
    facts,
    running,
    store_booking,
)
from tests.keys import new_key
from tests.serving import wait_until

DAY = "?day=2026-11-23&view=day"


class Clock:
    """The desk's clock, moved by hand."""

    def __init__(self) -> None:
        self.now = MONDAY

    def __call__(self) -> float:
        return self.now.timestamp()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(tmp_path: Path) -> Beside:
    return Beside.at(tmp_path / "bookings.db")


@pytest.fixture(scope="module")
def secretary() -> PrivateKey:
    return new_key()


@pytest.fixture(scope="module")
def practice(key: PrivateKey, secretary: PrivateKey) -> Practice:
    """The demo practice with two who may read; no calendar hours but those of the facts."""
    alone = facts(key)
    recipients = (*alone.recipients[:1], Recipient("secretary", public_text(secretary)))
    return Practice(**{**{f: getattr(alone, f) for f in alone.__slots__}, "recipients": recipients})


Sit = Callable[..., Reader]


@pytest.fixture
def sit(
    tmp_path: Path, practice: Practice, key: PrivateKey, server: Beside, clock: Clock
) -> Iterator[Sit]:
    """Sits down at an unlocked desk; at another one if it has another drawer."""
    with ExitStack() as served:

        def down(drawer: str = "desk.drawer", with_key: PrivateKey = key) -> Reader:
            there = at_desk(practice, with_key, server, drawer=tmp_path / drawer, clock=clock)
            reader = served.enter_context(there)
            reader.unlock()
            reader.get()
            return reader

        yield down


@pytest.fixture
def visit(tmp_path: Path, key: PrivateKey, server: Beside) -> str:
    """Somebody at nine on Monday."""
    return store_booking(Path(server.words[0]), key)


def follow(reader: Reader, path: str, **fields: str) -> httpx.Response:
    answer = reader.post(path, **fields)
    assert answer.status_code == 303, answer.text
    return reader.http.get(answer.headers["Location"])


def fields_of(answer: httpx.Response, action: str) -> dict[str, str]:
    """The hidden fields of the first form that leads there."""
    form = LexborHTMLParser(answer.text).css_first(f'form[action="/{TOKEN}/{action}"]')
    assert form is not None, answer.text
    hidden = form.css("input[type=hidden], button[name]")
    return {str(one.attributes["name"]): str(one.attributes["value"]) for one in hidden}


def texts(answer: httpx.Response, selector: str) -> list[str]:
    said = LexborHTMLParser(answer.text).css(selector)
    return [" ".join(node.text().replace("\N{NO-BREAK SPACE}", " ").split()) for node in said]


def stands(server: Server) -> dict[str, tuple[datetime, str]]:
    listing = read_list(server.listing())
    return {one.id: (one.start, one.state) for one in listing.bookings}


def closures(server: Server) -> list[tuple[datetime, datetime]]:
    return [(one.start, one.end) for one in read_list(server.listing()).closed]


def offered(server: Server) -> list[tuple[str, str, tuple[str, ...]]]:
    zone = ZoneInfo("Europe/Paris")
    return [
        (f"{one.start.astimezone(zone):%H:%M}", f"{one.end.astimezone(zone):%H:%M}", one.visits)
        for one in read_list(server.listing()).offered
    ]


# --- cancel, decline, undo -----------------------------------------------------------------------


def test_a_cancelled_visit_keeps_its_note_and_comes_back(
    sit: Sit, server: Beside, visit: str
) -> None:
    reader = sit()
    asking = fields_of(reader.get(f"cancel?id={visit}"), "change")
    done = follow(reader, "change", **asking, note="a déménagé")
    assert stands(server)[visit] == (MONDAY, "cancelled")
    assert texts(done, ".entry--cancelled .entry__note") == ["a déménagé"]
    [banner] = texts(done, ".did")
    assert banner.startswith("Annulé : lundi 23 novembre 2026, 09:00")
    assert NAME in banner

    back = follow(reader, "undo", **fields_of(done, "undo"))
    assert stands(server)[visit] == (MONDAY, "confirmed")
    assert texts(back, ".did")[0].startswith("Rétabli :")
    assert not texts(back, ".entry--cancelled")


def test_a_request_is_declined_and_waits_again_when_that_is_undone(
    sit: Sit, server: Beside, key: PrivateKey
) -> None:
    asked = store_booking(Path(server.words[0]), key, requested=True)
    reader = sit()
    fields = {**fields_of(reader.get(DAY), "change"), "act": "decline"}
    done = follow(reader, "change", **fields)
    assert stands(server)[asked] == (MONDAY, "cancelled")
    assert texts(done, ".did")[0].startswith("Refusé :")
    follow(reader, "undo", **fields_of(done, "undo"))
    assert stands(server)[asked] == (MONDAY, "requested")


def test_each_of_the_last_deeds_can_be_undone_once(sit: Sit, server: Beside, visit: str) -> None:
    """Also after the desk was closed: they are in the drawer."""
    reader = sit()
    follow(reader, "change", **fields_of(reader.get(f"cancel?id={visit}"), "change"))
    again = sit()
    done = again.get("done")
    assert NAME in texts(done, ".deed")[0]
    undoing = fields_of(done, "undo")
    follow(again, "undo", **undoing)
    assert stands(server)[visit] == (MONDAY, "confirmed")
    follow(again, "undo", **undoing)
    assert stands(server)[visit] == (MONDAY, "confirmed")
    assert [text.split(" : ")[0].split()[-1] for text in texts(again.get("done"), ".deed")] == [
        "Rétabli",
        "Annulé",
    ]


@pytest.mark.parametrize("looked", [False, True])
def test_what_has_changed_meanwhile_is_told_and_not_overwritten(
    sit: Sit, server: Beside, visit: str, practice: Practice, looked: bool
) -> None:
    """The patient moved it while the page that asks was open: the desk says where it is now.

    Also when the desk has looked since, in another window: what counts is what the page had shown.
    """
    reader = sit()
    asking = fields_of(reader.get(f"cancel?id={visit}"), "change")
    [booking] = read_list(server.listing()).bookings
    server.acts([put(booking, practice, "confirmed", (at("11:00"), at("11:30")))])
    if looked:
        reader.get(DAY)
    told = follow(reader, "change", **asking)
    assert stands(server)[visit] == (at("11:00"), "confirmed")
    [trouble] = texts(told, ".trouble")
    assert trouble.startswith("Pas fait :")
    assert "Il est maintenant à : lundi 23 novembre 2026, 11:00." in trouble
    assert not texts(follow(reader, "read", **fields_of(told, "read")), ".trouble")


# --- move, book, close ---------------------------------------------------------------------------


def test_a_visit_is_moved_to_a_time_that_is_free(
    sit: Sit, server: Beside, key: PrivateKey, visit: str
) -> None:
    """The times of others are not offered, nor what is over."""
    store_booking(Path(server.words[0]), key, at("10:00"))
    reader = sit()
    page = reader.get(f"move?id={visit}")
    offered = texts(page, ".times__one")
    assert "10:00" not in offered[:5]
    assert offered[0] == "09:30"
    done = follow(reader, "put", **fields_of(page, "put"), start="2026-11-23T08:30:00Z", clock="")
    assert stands(server)[visit] == (at("09:30"), "confirmed")
    assert texts(done, ".did")[0].startswith("Déplacé : lundi 23 novembre 2026, 09:30")
    follow(reader, "undo", **fields_of(done, "undo"))
    assert stands(server)[visit] == (MONDAY, "confirmed")


@pytest.mark.parametrize(
    ("hour", "doubt"),
    [
        ("21:00", "Cette heure est hors de vos horaires."),
        ("08:00", "Cette heure est passée."),
        ("11:00", "Vous avez fermé ces heures."),
        ("10:10", "Quelqu’un d’autre a maintenant cette heure. Choisissez-en une autre."),
    ],
)
def test_a_time_of_ones_own_is_asked_twice_where_something_speaks_against_it(
    sit: Sit, server: Beside, key: PrivateKey, visit: str, hour: str, doubt: str
) -> None:
    store_booking(Path(server.words[0]), key, at("10:00"))
    server.acts([close("desk-1", at("11:00"), at("12:00"))])
    reader = sit()
    asking = fields_of(reader.get(f"move?id={visit}"), "put")
    fields = {**asking, "date": "2026-11-23", "clock": hour}
    twice = reader.post("put", **fields)
    assert twice.status_code == 422
    assert any(doubt in said for said in texts(twice, ".trouble"))
    assert stands(server)[visit] == (MONDAY, "confirmed")

    told = follow(reader, "put", **fields, sure="yes")
    if hour == "10:10":
        assert "Quelqu’un d’autre a maintenant cette heure" in texts(told, ".trouble")[0]
        assert stands(server)[visit] == (MONDAY, "confirmed")
    else:
        assert stands(server)[visit] == (at(hour), "confirmed")


@pytest.mark.parametrize(
    "time",
    [{}, {"start": "x"}, {"date": "2027-03-28", "clock": "02:30"}, {"date": "x", "clock": "9"}],
)
def test_a_time_that_does_not_exist_is_asked_for_again(
    sit: Sit, server: Beside, visit: str, time: dict[str, str]
) -> None:
    """Half past two is skipped on the night on which the clocks go forward."""
    reader = sit()
    answer = reader.post("put", **fields_of(reader.get(f"move?id={visit}"), "put"), **time)
    assert answer.status_code == 422
    assert texts(answer, ".wrong")
    assert stands(server)[visit] == (MONDAY, "confirmed")


CALLER = {
    "visit": "consultation",
    "start": "2026-11-23T09:00:00Z",
    "name": "Ada Appelante",
    "phone": "07 11 22 33 44",
    "whom": "child",
    "day": "2026-11-23",
    "view": "day",
}


def test_who_called_is_booked_and_everybody_who_may_read_it_can(
    sit: Sit, server: Beside, key: PrivateKey, secretary: PrivateKey
) -> None:
    """The line to the server carries an envelope, and no name."""
    reader = sit()
    done = follow(reader, "take", **CALLER)
    assert "Ada Appelante" in texts(done, ".entry__name")
    assert texts(done, ".did")[0].startswith("Noté : lundi 23 novembre 2026, 10:00")
    [name] = stands(server)
    lines = list(server.fetch([name]))
    assert "Appelante" not in "".join(lines)
    for reads in (key, secretary):
        [opened], _strange = open_all(lines, [reads])
        assert opened.identity["name"] == "Ada Appelante"
        assert opened.identity["whom"] == "child"
        assert opened.identity["visit"] == "consultation"
    follow(reader, "undo", **fields_of(done, "undo"))
    assert stands(server)[name] == (at("10:00"), "cancelled")


def test_a_call_without_name_phone_or_time_is_asked_for_again(sit: Sit, server: Beside) -> None:
    """With every wrong answer said beside its question, and every good one kept."""
    reader = sit()
    missing = {
        **CALLER,
        "visit": "colposcopy",
        "name": "",
        "phone": "1",
        "start": "",
        "caller": "Sophie",
    }
    answer = reader.post("take", **missing)
    assert answer.status_code == 422
    page = LexborHTMLParser(answer.text)
    wrong = {str(one.attributes["id"]) for one in page.css("[aria-invalid]")}
    assert wrong == {"name", "phone", "birth_day"}
    assert page.css('#caller[value="Sophie"]')
    assert stands(server) == {}
    good = {
        **missing,
        "name": "Ada",
        "phone": "07 11 22 33 44",
        "birth_day": "27 3 1958",
        "start": "2026-11-23T09:30:00Z",
    }
    follow(reader, "take", **good)
    assert len(stands(server)) == 1


def test_an_afternoon_is_closed_after_one_saw_who_stands_in_it(
    sit: Sit, server: Beside, key: PrivateKey, visit: str
) -> None:
    store_booking(Path(server.words[0]), key, at("15:00"), who={"name": "Ada Exemple"})
    reader = sit()
    ready = fields_of(reader.get("close?day=2026-11-23"), "close")
    preview = reader.get("close", params=ready)
    assert [text for text in texts(preview, ".deed") if "Ada Exemple" in text and PHONE in text]
    assert NAME not in preview.text
    assert closures(server) == []

    done = follow(reader, "shut", **fields_of(preview, "shut"))
    assert closures(server) == [(at("12:00"), at("24:00"))]
    assert len(stands(server)) == 2, "nobody is moved or cancelled by closing"
    assert texts(done, ".did")[0].startswith("Fermé : lundi 23 novembre 2026, 12:00")
    [shut] = texts(reader.get(DAY), ".closure")
    assert shut.startswith("Rien n’est proposé")
    follow(reader, "reopen", **fields_of(reader.get(DAY), "reopen"))
    assert closures(server) == []


@pytest.mark.parametrize(
    "change", [{"until": "2026-11-22"}, {"begins": "x"}, {"until": "2029-01-01"}, {"from": ""}]
)
def test_hours_that_are_none_are_not_closed(
    sit: Sit, server: Beside, change: dict[str, str]
) -> None:
    reader = sit()
    span = {"from": "2026-11-23", "begins": "12:00", "until": "2026-11-23", "ends": "20:00"}
    answer = reader.get("close", params={**span, **change})
    assert answer.status_code == 422
    assert texts(answer, ".wrong")
    reader.post("shut", **{**span, **change})
    assert closures(server) == []


def test_an_hour_is_offered_after_one_saw_what_could_be_booked_in_it(
    sit: Sit, server: Beside, visit: str
) -> None:
    """On a Sunday, for one visit of all; it stands in the agenda until it is withdrawn."""
    reader, sunday = sit(), "2026-11-29"
    asked = {"on": sunday, "begins": "10:00", "ends": "11:00", "visit-consultation": "on"}
    preview = reader.get("offer", params=asked)
    assert [text for text in texts(preview, ".deed") if "10:00, 10:30" in text]
    assert len(texts(preview, ".deed")) == 1
    assert offered(server) == []
    done = follow(reader, "offered", **fields_of(preview, "offered"))
    assert offered(server) == [("10:00", "11:00", ("consultation",))]
    assert texts(done, ".did")[0].startswith("Proposé en plus : dimanche 29 novembre 2026, 10:00")
    whole_week = reader.get(f"?day={sunday}&view=week")
    assert [one for one in texts(whole_week, ".closure") if one.startswith("Proposé en plus 10:00")]
    follow(reader, "undo", **fields_of(done, "undo"))
    assert offered(server) == []
    follow(reader, "offered", **fields_of(preview, "offered"))
    follow(reader, "withdraw", **fields_of(reader.get(f"?day={sunday}&view=day"), "withdraw"))
    assert offered(server) == []


def test_who_is_put_into_an_offered_hour_is_not_outside_the_hours(
    sit: Sit, server: Beside, visit: str
) -> None:
    day = read_list(server.listing()).bookings[0].start
    server.acts([offer("desk-1", at("19:00"), at("20:00"), [])])
    reader = sit()
    move = fields_of(reader.get(f"move?id={visit}"), "put")
    moved = follow(reader, "put", **{**move, "date": "2026-11-23", "clock": "19:00"})
    assert "hors de vos horaires" not in moved.text
    assert read_list(server.listing()).bookings[0].start != day


@pytest.mark.parametrize(
    "change", [{"ends": "09:00"}, {"begins": "x"}, {"begins": "10:02"}, {"on": ""}, {"only": ""}]
)
def test_hours_that_are_none_are_not_offered(
    sit: Sit, server: Beside, change: dict[str, str]
) -> None:
    """Nor those of no visit."""
    reader = sit()
    visits = {} if "only" in change else {"visit-consultation": "on"}
    asked = {"on": "2026-11-29", "begins": "10:00", "ends": "11:00", **visits, **change}
    answer = reader.get("offer", params=asked)
    assert answer.status_code == 422
    assert texts(answer, ".wrong")
    reader.post("offered", **asked)
    assert offered(server) == []


def test_hours_in_which_nobody_could_book_are_not_offered(sit: Sit) -> None:
    """What the hours hold already, what is closed; and a page that says why."""
    reader = sit()
    for begins, ends in (("09:00", "10:00"), ("18:00", "18:10")):
        asked = {"on": "2026-11-30", "begins": begins, "ends": ends, "visit-consultation": "on"}
        answer = reader.get("offer", params=asked)
        assert "n’y trouveraient rien de plus" in answer.text
        assert "/offered" not in answer.text


def test_what_a_calendar_closed_is_the_calendars(sit: Sit, server: Beside) -> None:
    server.acts([close("calendar-1", at("11:00"), at("12:00"))])
    reader = sit()
    answer = reader.get(DAY)
    assert "d’après votre calendrier" in texts(answer, ".closure")[0]
    assert "reopen" not in answer.text
    reader.post("reopen", word="calendar-1")
    assert len(closures(server)) == 1


# --- people --------------------------------------------------------------------------------------


def test_several_times_of_one_person_are_released_and_brought_back_together(
    sit: Sit, server: Beside, key: PrivateKey
) -> None:
    """However the phone was written; somebody else with the same name is left alone."""
    written = [PHONE, "+33 6 39 98 77 66", "0639987766"]
    database = Path(server.words[0])
    ids = [
        store_booking(database, key, at("09:00", day), who={"phone": phone})
        for day, phone in enumerate(written, 1)
    ]
    other = store_booking(database, key, at("10:00", 1), who={"phone": "01 02 03 04 05"})
    reader = sit()
    assert texts(reader.get("?day=2026-11-24&view=day"), ".entry__together") == [
        "A 3 rendez-vous à venir"
    ]
    page = LexborHTMLParser(reader.get(f"together?id={ids[0]}").text)
    ticks = {
        str(one.attributes["name"]): str(one.attributes["value"])
        for one in page.css("input[type=checkbox]")
    }
    assert [*ticks] == ids
    done = follow(reader, "release", **{name: ticks[name] for name in ids[1:]})
    states = {name: state for name, (_start, state) in stands(server).items()}
    assert states == {
        ids[0]: "confirmed",
        **dict.fromkeys(ids[1:], "cancelled"),
        other: "confirmed",
    }
    follow(reader, "undo", **fields_of(done, "undo"))
    assert {state for _start, state in stands(server).values()} == {"confirmed"}


@pytest.mark.parametrize("why", ["late", "home"])
def test_whom_to_call_is_in_order_and_ticked_when_told(
    sit: Sit, server: Beside, key: PrivateKey, clock: Clock, why: str
) -> None:
    """Not who has gone, nor who comes tomorrow; a tick is this list's alone."""
    database = Path(server.words[0])
    for hour, name in [("11:00", "Deux"), ("09:00", "Parti"), ("10:00", "Un")]:
        store_booking(database, key, at(hour), who={"name": name})
    store_booking(database, key, at("09:00", 1), who={"name": "Demain"})
    clock.now = at("09:45")
    reader = sit()
    page = reader.get(f"calls?why={why}")
    assert texts(page, ".deed strong") == ["Un", "Deux"]
    assert len(LexborHTMLParser(page.text).css(".deed a[href^='tel:']")) == 2
    told = follow(reader, "called", **fields_of(page, "called"))
    assert [" ".join(text.split()) for text in texts(told, ".deed--told strong")] == ["Un"]
    other = {"late": "home", "home": "late"}[why]
    assert not texts(reader.get(f"calls?why={other}"), ".deed--told")
    assert len(stands(server)) == 4
    assert {state for _start, state in stands(server).values()} == {"confirmed"}


def test_who_cannot_be_read_is_among_those_to_call(sit: Sit, server: Beside, clock: Clock) -> None:
    """Somebody comes, whoever it is; the list of the others must not fail over it."""
    store_booking(Path(server.words[0]), new_key(), at("11:00"))
    reader = sit()
    for place in ("calls?why=late", "calls?why=home"):
        assert texts(reader.get(place), ".deed__who") == ["11:00 Illisible"]
    asking = {"from": "2026-11-23", "begins": "10:00", "until": "2026-11-24", "ends": "00:00"}
    closing = reader.get("close", params=asking)
    assert texts(closing, ".deed__who") == ["11:00 Illisible"]
    assert texts(closing, ".card__day") == ["Lundi 23 novembre 2026, 10:00 – 24:00"]


def test_who_did_not_come_is_marked_here_and_the_server_is_not_told(
    sit: Sit, server: Beside, visit: str, clock: Clock
) -> None:
    before = server.listing()
    reader = sit()
    clock.now = at("09:10")
    marked = follow(reader, "absent", **fields_of(reader.get(DAY), "absent"))
    assert texts(marked, ".entry__state") == ["Non venu(e)"]
    assert server.listing() == before
    again = sit()
    assert texts(again.get(DAY), ".entry__state") == ["Non venu(e)"]
    assert not texts(
        follow(again, "absent", **fields_of(again.get(DAY), "absent")), ".entry__state"
    )


def test_nobody_is_missed_before_the_time(sit: Sit, visit: str, clock: Clock) -> None:
    clock.now = at("08:30")
    reader = sit()
    assert not texts(follow(reader, "absent", id=visit, day="2026-11-23"), ".entry__state")


# --- the server, away ----------------------------------------------------------------------------


def test_without_the_server_the_last_state_opens_from_the_drawer(
    sit: Sit, server: Beside, visit: str
) -> None:
    sit()
    server.away(gone=True)
    answer = sit().get(DAY)
    assert answer.status_code == 503
    assert texts(answer, ".entry__name") == [NAME]
    assert "Voici ce qui était connu à 09:00" in texts(answer, ".trouble")[0]


def test_what_is_done_without_the_server_waits_in_the_drawer_and_is_sent(
    sit: Sit, server: Beside, visit: str
) -> None:
    """Shown as it will be, said to be waiting, and sent by the next desk that reaches it."""
    reader = sit()
    server.away(gone=True)
    done = follow(reader, "change", **fields_of(reader.get(f"cancel?id={visit}"), "change"))
    assert "Pas encore sur le serveur" in texts(done, ".entry--cancelled .entry__state")
    assert "dès que le serveur répondra" in texts(done, ".did")[0]
    booked = follow(reader, "take", **CALLER)
    assert "Ada Appelante" in texts(booked, ".entry__name")

    later = sit()
    assert "Ada Appelante" in texts(later.get(DAY), ".entry__name")
    server.away(gone=False)
    wait_until(lambda: later.get(DAY).status_code == 200)  # what was asked before may come first
    answer = later.get(DAY)
    assert "Pas encore sur le serveur" not in answer.text
    assert stands(server)[visit] == (MONDAY, "cancelled")
    assert len(stands(server)) == 2


def test_what_was_never_sent_can_be_withdrawn(sit: Sit, server: Beside, visit: str) -> None:
    reader = sit()
    server.away(gone=True)
    done = follow(reader, "change", **fields_of(reader.get(f"cancel?id={visit}"), "change"))
    assert not texts(follow(reader, "undo", **fields_of(done, "undo")), ".entry--cancelled")
    server.away(gone=False)
    reader.get()
    assert stands(server)[visit] == (MONDAY, "confirmed")


def test_a_conflict_is_told_once_the_server_is_back(
    sit: Sit, server: Beside, key: PrivateKey
) -> None:
    """Somebody took the time meanwhile: who is to be called, and why, on one line each."""
    reader = sit()
    server.away(gone=True)
    follow(reader, "take", **CALLER)
    server.away(gone=False)
    store_booking(Path(server.words[0]), key, at("10:00"), who={"name": "Plus Rapide"})
    wait_until(lambda: texts(reader.get(DAY), ".entry__name") == ["Plus Rapide"])
    told = reader.get(DAY)
    assert texts(told, ".entry__name") == ["Plus Rapide"]
    [trouble] = texts(told, ".trouble")
    assert "Pas fait : Noté : lundi 23 novembre 2026, 10:00 · Ada Appelante" in trouble
    assert "Quelqu’un d’autre a maintenant cette heure. Choisissez-en une autre." in trouble
    again = sit()
    assert texts(again.get(DAY), ".trouble") == [trouble]


def test_a_drawer_of_another_key_is_put_aside_and_never_written_over(
    sit: Sit, tmp_path: Path, visit: str
) -> None:
    sit()
    sealed = (tmp_path / "desk.drawer").read_bytes()
    reader = sit(with_key=new_key())
    assert any("scellé pour une autre clé" in text for text in texts(reader.get(), ".trouble"))
    assert (tmp_path / "desk.drawer.closed").read_bytes() == sealed


def test_a_drawer_that_cannot_be_written_is_said(sit: Sit, tmp_path: Path, visit: str) -> None:
    reader = sit("missing/desk.drawer")
    assert any("inutilisable" in text for text in texts(reader.get(), ".trouble"))
    assert NAME in reader.get(DAY).text


def test_no_file_beside_the_desk_names_anybody(
    sit: Sit, tmp_path: Path, server: Beside, visit: str
) -> None:
    reader = sit()
    asking = fields_of(reader.get(f"cancel?id={visit}"), "change")
    follow(reader, "change", **asking, note="Sentinelle a déménagé")
    follow(reader, "take", **CALLER)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {"desk.drawer", "desk.drawer.sealed"} <= {path.name for path in files}
    written = b"".join(path.read_bytes() for path in files)
    for secret in (NAME, "Sentinelle", "Appelante", "07 11 22 33 44"):
        for encoded in (secret.encode(), json.dumps(secret).strip('"').encode()):
            assert encoded not in written


# --- new, late, two people -----------------------------------------------------------------------


def test_what_is_new_is_marked_until_somebody_has_seen_it(
    sit: Sit, server: Beside, key: PrivateKey, visit: str
) -> None:
    """On the first day nothing is; and the mark outlives the desk."""
    reader = sit()
    assert not texts(reader.get(DAY), ".entry__new")
    store_booking(Path(server.words[0]), key, at("11:00"))
    assert texts(reader.get(DAY), ".entry__new") == ["Nouveau"]
    again = sit()
    marked = again.get(DAY)
    assert texts(marked, ".fresh a") == ["lundi 23 novembre 2026"]
    assert not texts(follow(again, "seen", **fields_of(marked, "seen")), ".entry__new, .fresh")
    assert not texts(sit().get(DAY), ".entry__new")


def test_an_act_of_the_other_desk_is_seen_at_the_next_look(
    sit: Sit, server: Beside, visit: str, secretary: PrivateKey
) -> None:
    one, other = sit(), sit("other.drawer", secretary)
    before = one.get("changes").text
    follow(
        other,
        "shut",
        **{"from": "2026-11-23", "begins": "12:00", "until": "2026-11-24", "ends": "00:00"},
    )
    assert texts(one.get(DAY), ".closure")
    assert before != one.get("changes").text, "a page that lies open would not come anew"


def test_a_desk_at_which_nobody_sits_locks_itself(sit: Sit, visit: str, clock: Clock) -> None:
    """What a page asks for by itself is nobody; and the page that lies open is told."""
    reader = sit()
    for minutes in (10, 20, 30):
        clock.now = MONDAY + timedelta(minutes=minutes)
        assert NAME in reader.get(DAY).text
    clock.now += timedelta(minutes=14)
    assert NAME in reader.get(f"{DAY}&by=itself").text
    clock.now += timedelta(minutes=2)
    asked = reader.get("changes?by=itself")
    assert "Clear-Site-Data" in asked.headers
    assert NAME not in asked.text + reader.get(DAY).text


def test_a_desk_that_nobody_asks_any_more_locks_itself_too(
    sit: Sit, visit: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The browser was closed: what was opened goes from memory all the same."""
    monkeypatch.setattr("desk.app.LOOK", 0.05)
    assert NAME in sit().get(DAY).text
    assert opened_here()
    clock.now += timedelta(minutes=16)
    wait_until(lambda: not opened_here())


def opened_here() -> list[Opened]:
    gc.collect()
    return [one for one in gc.get_objects() if isinstance(one, Opened) and one.identity]


def test_now_stands_between_who_came_and_who_comes(
    sit: Sit, server: Beside, key: PrivateKey, visit: str, clock: Clock
) -> None:
    store_booking(Path(server.words[0]), key, at("11:00"))
    clock.now = at("10:00")
    reader = sit()
    lines = LexborHTMLParser(reader.get(DAY).text).css(".entries > li")
    assert [(one.attributes["class"] or "").split()[0] for one in lines] == [
        "entry",
        "now",
        "entry",
    ]
    assert texts(reader.get(DAY), ".now") == ["Maintenant 10:00"]
    assert not texts(reader.get("?day=2026-11-24&view=day"), ".now")


def test_a_month_counts_who_comes(sit: Sit, server: Beside, key: PrivateKey, visit: str) -> None:
    database = Path(server.words[0])
    store_booking(database, key, at("09:00", 22), requested=True)
    reader = sit()
    assert texts(reader.get("?day=2026-11-05&view=month"), ".sheet__count") == ["1 rendez-vous"]
    december = reader.get("?day=2026-12-05&view=month")
    assert texts(december, ".sheet__waiting") == ["1 en attente"]
    assert texts(december, "h1") == ["Décembre 2026"]


def test_a_page_says_how_far_the_opening_is(
    server: Beside, key: PrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is there is shown at once, the rest when the page comes again by itself."""
    monkeypatch.setattr("desk.agenda_room.PATIENCE", 0.5)
    database = Path(server.words[0])
    for number in range(3):
        store_booking(database, key, at("09:00", number))
    slow = Halting(server.words, {})
    with at_desk(facts(key), key, slow) as reader:
        reader.unlock()
        wait = database.with_name("halt")
        wait.touch()
        answer = reader.http.get(f"{reader.base}{DAY}", timeout=60)
        assert "1 sur 3" in texts(answer, "[role=status]")[0]
        week = reader.http.get(f"{reader.base}?day=2026-11-23&view=week", timeout=60)
        assert texts(week, ".entry__name") == [NAME]
        assert not texts(week, ".day__nobody"), "who comes on the other days is still sealed"
        assert answer.headers["Refresh"] == "1"
        wait.unlink()


def test_a_server_that_takes_its_time_is_not_taken_for_an_empty_agenda(
    key: PrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody shall read "no visits" where nothing is known yet."""
    monkeypatch.setattr("desk.agenda_room.PATIENCE", 0.1)
    with at_desk(facts(key), key, running("import time; time.sleep(1.5)")) as reader:
        reader.unlock()
        answer = reader.get(DAY)
        assert "Le serveur est interrogé" in texts(answer, "[role=status]")[0]
        assert not texts(answer, ".nobody, .day__nobody, .asof")
        assert answer.headers["Refresh"] == "1"


class Halting(Beside):
    """Brings one envelope, then waits as long as there is a file `halt`."""

    def fetch(self, ids: Any) -> Iterator[str]:
        halt = Path(self.words[0]).with_name("halt")
        halt.touch()
        for line in super().fetch(ids):
            yield line
            while halt.exists():
                time.sleep(0.02)


def test_every_act_is_in_the_servers_database_and_no_name_is(
    sit: Sit, server: Beside, visit: str
) -> None:
    reader = sit()
    follow(reader, "take", **CALLER)
    with closing(sqlite3.connect(server.words[0])) as file:
        dump = "\n".join(file.iterdump())
    assert dump.count('INSERT INTO "bookings"') == 2
    assert "Appelante" not in dump
    assert b"Appelante".hex() not in dump.lower()
