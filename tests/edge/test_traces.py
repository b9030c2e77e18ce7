"""The promise: who came and why is in no byte the server leaves behind.

A rare name goes in by every door, and every file, log and temporary folder is searched for it.
"""

import base64
import hashlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from unicodedata import normalize
from urllib.parse import quote, urlencode

import httpx
import pytest
from starlette.routing import Route

from booking_endpoint import app, plain
from booking_endpoint.app import Api, Door, create_app
from booking_endpoint.config import Config
from booking_endpoint.envelope import FORMATS, ROOM, SIZE, TAG, from_text
from booking_endpoint.pages import Pages
from booking_endpoint.plain import Plain
from booking_endpoint.shelf import Shelf
from booking_endpoint.store import Store
from tests.edge.patient import Browser, Clock, Page, Patient, opened
from tests.edge.traces import HASHES, shapes, traces, traces_in, watching_processes
from tests.serving import ROOT, SECRET, Practice, answers, serving, serving_workers, wait_until

NAME = "Zwölfkind Quetzalcóatl-Ñandú"
HEBREW = "צפריר גינתוני"
MARKS = "Ze\N{COMBINING ACUTE ACCENT}phyrine Ǹ\N{COMBINING DOT BELOW}o\N{COMBINING DIAERESIS}mdlovu"
EMOJI = "Ottoline 🦔🪿 Featherstonehaugh"
PHONE = "06 39 98 47 13"
EMAIL = "quetzalcoatl.zwolfkind@nowhere.example"
BIRTH = {"birth_day": "27", "birth_month": "novembre", "birth_year": "1931"}
BORN = ("1931-11-27", "27 novembre 1931", "27/11/1931", "27 11 1931")

SENTINELS = (NAME, *NAME.split(), HEBREW, *HEBREW.split(), MARKS, EMOJI, "🦔🪿", PHONE)
SENTINELS += (PHONE.replace(" ", ""), EMAIL, "zwolfkind", *BORN)
"""What must be found nowhere: wholes and parts."""

WHO = {"name": NAME, "phone": PHONE, "email": EMAIL, "whom": "child"}


# --- the search has teeth ------------------------------------------------------------------------

WORDS = EMOJI.encode()
DIGITS = PHONE.replace(" ", "")


def hashed(how: str, text: str) -> bytes:
    return hashlib.new(how, text.encode()).digest()


WRITTEN: dict[str, bytes] = {
    "raw": NAME.encode(),
    "decomposed": normalize("NFD", NAME).encode(),
    "utf-16-le": f"x{NAME}".encode("utf-16-le"),
    "utf-16-be": f"x{NAME}".encode("utf-16-be"),
    "latin-1": NAME.encode("latin-1"),
    "json": json.dumps({"name": NAME}).encode(),
    "json in json": json.dumps(json.dumps({"name": NAME}, ensure_ascii=False)).encode(),
    "repr of bytes": repr(NAME.encode()).encode(),
    "percent": quote(NAME).encode(),
    "percent, lower case": quote(NAME).lower().encode(),
    "form": urlencode({"name": NAME}).encode(),
    "hex": f"ff{NAME.encode().hex()}".encode(),
    "HEX": NAME.encode().hex().upper().encode(),
    "hex of utf-16": NAME.encode("utf-16-le").hex().encode(),
    **{f"base64 after {n}": base64.b64encode(b"x" * n + NAME.encode() + b"yy") for n in range(4)},
    **{f"base64url after {n}": base64.urlsafe_b64encode(b"x" * n + WORDS) for n in range(4)},
    "base64 of utf-16": base64.b64encode(b"x" + NAME.encode("utf-16-le")),
    "hebrew": HEBREW.encode(),
    "hebrew in utf-16-le": f"x{HEBREW}".encode("utf-16-le"),
    "hebrew in utf-16-be": f"x{HEBREW}".encode("utf-16-be"),
    "hebrew in json": json.dumps(HEBREW).encode(),
    "hebrew in cp1255": HEBREW.encode("cp1255"),
    "combining marks": MARKS.encode(),
    "combining marks, composed": normalize("NFC", MARKS).encode(),
    "emoji in json": json.dumps(EMOJI).encode(),
    "phone": PHONE.encode(),
    "phone in base64": base64.b64encode(b"tel" + PHONE.replace(" ", "").encode() + b"."),
    "phone in a form": urlencode({"phone": PHONE}).encode(),
    "birth date": b'"birth_date":"1931-11-27"',
    **{f"{how} of the phone": hashed(how, DIGITS) for how in HASHES},
    "sha256 of the mail, in hex": hashed("sha256", EMAIL).hex().encode(),
    "md5 of the mail, cut short": hashed("md5", EMAIL).hex()[:16].encode(),
    "sha1 of a line": hashed("sha1", f"{NAME}\n").hex().upper().encode(),
    "blake2b of the name, in base64": base64.b64encode(hashed("blake2b", NAME)),
    "sha512 of the name in small letters": hashed("sha512", NAME.lower())[:8],
    "sha256 without accents": hashed("sha256", "zwolfkind quetzalcoatl-nandu"),
    "sha256 of the whole number": hashed("sha256", "+33639984713").hex().encode(),
    "one word": "… Quetzalcóatl-Ñandú …".encode(),
    "upper case": NAME.upper().encode(),
}


@pytest.mark.parametrize("how", WRITTEN)
def test_the_search_finds_a_name_however_it_is_written(tmp_path: Path, how: str) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "left.bin").write_bytes(b"\x00\xff" * 99 + WRITTEN[how] + b"\xfe" * 99)
    assert traces_in(SENTINELS, tmp_path)


def test_the_search_reads_names_of_files_too(tmp_path: Path) -> None:
    (tmp_path / f"{PHONE}.txt").touch()
    assert traces_in(SENTINELS, tmp_path)


def test_the_search_finds_nothing_in_chance() -> None:
    assert traces(SENTINELS, os.urandom(300_000)) == {}
    assert min(len(shape) for text in SENTINELS for shape in shapes(text)) >= 6


# --- every door ----------------------------------------------------------------------------------

PATHS = ("/tickets", "/bookings", "/bookings/show", "/bookings/cancel", "/bookings/move")


@contextmanager
def watched(practice: Practice, room: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The server's own command line; all it prints goes to files, its temporary files to `room`."""
    environ = {**practice.environ, "TMPDIR": str(room / "tmp"), "SQLITE_TMPDIR": str(room / "tmp")}
    (room / "tmp").mkdir(parents=True)
    command = [sys.executable, "-X", "dev", "-m", "booking_endpoint", "serve"]
    command += ["--port", str(practice.port)]
    with (
        (room / "stdout").open("wb") as out,
        (room / "stderr").open("wb") as err,
        subprocess.Popen(command, cwd=ROOT, env=environ, stdout=out, stderr=err) as running,
    ):
        try:
            wait_until(lambda: answers(practice.port))
            yield running
        finally:
            running.terminate()
            running.wait(20)


def fill(browser: Browser, nth: int, **who: str) -> Page:
    """The no-JavaScript way: the page of the last yes, after a form that was sent back once."""
    page = browser.open("/rdv/availability?visit=colposcopy&lang=fr")
    form = page.form("/tickets")
    details = browser.send(form, start=form.choices("start")[-1 - nth])
    refused = browser.send(details.form("/bookings"), **{**WHO, **BIRTH, **who, "phone": "-"})
    assert who.get("name", NAME) in refused.form("/bookings").held().values()
    confirm = browser.send(refused.form("/bookings"), phone=PHONE)
    assert confirm.status == 200
    return confirm


def book_without_script(practice: Practice, wait: Callable[[], object]) -> bytes:
    """Four patients, and a fifth who leaves before the end; the pages after they were sealed."""
    with Browser(practice) as browser:
        names = [{"name": name} for name in (NAME, HEBREW, MARKS, EMOJI)]
        pages = [fill(browser, nth, **who) for nth, who in enumerate(names)]
        fill(browser, len(names), name=NAME, caller=HEBREW)
        wait()
        receipts = [browser.send(page.form("/bookings")) for page in pages]
        assert [receipt.status for receipt in receipts] == [201] * len(names)
        return b"".join(page.response.content for page in (*pages, *receipts))


def book_with_script(practice: Practice) -> None:
    with Patient(practice) as patient:
        times = patient.times()
        for start, name in zip(times, (NAME, HEBREW, MARKS, EMOJI), strict=False):
            who = {"phone": PHONE, "email": EMAIL, "birth_date": BORN[0], "caller": name}
            assert patient.book(start, name=name, **who).status_code == 201
        assert patient.book(times[0], name=NAME, phone=PHONE).status_code == 409


def provoke(practice: Practice) -> None:
    """The name where it does not belong: in every field, header, path and broken request."""
    who = {**WHO, **BIRTH, "name": f"{NAME} {HEBREW} {MARKS} {EMOJI}", "birth_date": BORN[0]}
    form = urlencode({**who, "ticket": NAME, "start": NAME, "visit": NAME, "manage": NAME})
    text, many = json.dumps(who, ensure_ascii=False), "&".join([f"n={quote(NAME)}"] * 60)
    bodies: list[tuple[str, bytes]] = [
        ("application/json", text.encode()),
        ("application/json", text.encode()[:-1]),
        ("application/json", json.dumps([NAME]).encode()),
        ("application/json", json.dumps({NAME: 1, PHONE: None}).encode()),
        ("application/json", json.dumps({"name": NAME + "\ud800"}).encode()),
        ("application/json", text.encode("utf-16")),
        ("application/json", text.encode() * 200),
        ("application/x-www-form-urlencoded", form.encode()),
        ("application/x-www-form-urlencoded", many.encode()),
        ("application/x-www-form-urlencoded", NAME.encode("latin-1")),
        ("application/x-www-form-urlencoded", form.encode() * 40),
        (f"multipart/form-data; boundary={quote(NAME)}", text.encode()),
        ("text/plain", text.encode()),
        ("", text.encode()),
    ]
    with Patient(practice) as patient:
        fields = ("visit", "start", "envelope", "ticket", "proof", "manage", "lang", "moved")
        for name in fields:
            fixed = {**patient.request("2030-01-01T08:00:00Z"), "manage": "0000-0000-0000"}
            bodies.append(("application/json", json.dumps({**fixed, name: NAME}).encode()))
        for accept in ("application/json", "text/html"):
            for path in PATHS:
                for kind, body in bodies:
                    headers = {"Content-Type": kind, "Accept": accept, "Cookie": quote(NAME)}
                    headers |= {"User-Agent": quote(NAME), "Referer": f"http://x/{quote(NAME)}"}
                    answer = patient.http.post(path, content=body, headers=headers)
                    assert 200 <= answer.status_code < 500, (path, kind, body[:99])
        patient.http.get("/availability", params={"visit": NAME, "from": PHONE, "lang": HEBREW})
        patient.http.get(f"/{quote(NAME)}")
        patient.http.get("/bookings", params=who)
        patient.post("/tickets", **{"Origin": f"https://{quote(NAME)}"})
    for broken in (
        f"POST /rdv/{quote(NAME)} HTTP/1.1\r\nHost: x\r\n{PHONE}\r\n\r\n",
        f"{NAME} /rdv/bookings HTTP/9\r\n\r\n",
        "POST /rdv/bookings HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Sec-Fetch-Site: same-origin\r\nContent-Length: 999\r\n\r\n{text}",
        "POST /rdv/bookings HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Sec-Fetch-Site: same-origin\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{text}zz",
    ):
        with socket.create_connection(("127.0.0.1", practice.port)) as line:
            line.settimeout(0.3)
            line.sendall(broken.encode())
            with suppress(TimeoutError):
                line.recv(4096)


def run(practice: Practice, *words: str) -> str:
    """A command of the server's, beside the server; what it printed."""
    command = [sys.executable, "-m", "booking_endpoint", *words]
    done = subprocess.run(
        command, cwd=ROOT, env=practice.environ, capture_output=True, check=True, text=True
    )
    return done.stdout + done.stderr


SLOW = "Executing <"
"""What asyncio says in its developer's mode when the machine is busy."""


def test_who_came_and_why_is_in_no_byte_left_behind(practice: Practice, tmp_path: Path) -> None:
    """While the server runs, in its write-ahead log; after it stopped; in a copy; in the logs."""
    room, backup = tmp_path / "room", tmp_path / "backup.db"
    practice.settings |= {"BOOKING_SECRET": "", "BOOKING_SECRET_FILE": str(tmp_path / "secret")}
    (tmp_path / "secret").write_text(SECRET, "ascii")
    with watching_processes() as processes, watched(practice, room):
        pages = book_without_script(practice, lambda: time.sleep(3.2))
        book_with_script(practice)
        provoke(practice)
        printed = run(practice, "export")
        run(practice, "backup", str(backup))
        running = sorted(path.name for path in practice.folder.iterdir() if path.is_file())
        assert traces_in(SENTINELS, tmp_path) == {}
    assert {"bookings.db", "bookings.db-wal", "bookings.db-shm", "backup.db"} <= set(running)
    assert traces_in(SENTINELS, tmp_path) == {}
    assert traces(SENTINELS, printed.encode() + pages) == {}
    ran = b"\n".join(processes)
    assert all(
        f"booking_endpoint\0{word}".encode() in ran for word in ("serve", "export", "backup")
    )
    assert traces([*SENTINELS, SECRET], ran) == {}
    assert (room / "stdout").read_bytes() == b""
    lines = (room / "stderr").read_text("utf-8").splitlines()
    complaints = {line for line in lines if not line.startswith(SLOW)}
    assert complaints == {"WARNING:  Invalid HTTP request received."}
    assert [*(room / "tmp").rglob("*")] == []
    sealed = [from_text(json.loads(line)["envelope"]) for line in printed.splitlines()]
    told = [opened(envelope, practice.key) for envelope in sealed]
    assert sorted(one["name"] for one in told) == sorted([NAME, HEBREW, MARKS, EMOJI] * 2)
    assert {one["phone"] for one in told} == {PHONE}
    assert {one["birth_date"] for one in told} == {BORN[0]}


def left_open(content: bytes, recipients: Sequence[str]) -> bytes:
    """An envelope of the right shape that seals nothing."""
    sealing = bytes(FORMATS[2].enc) + content.ljust(ROOM) + bytes(TAG)
    return (b"\x02" + sealing * len(recipients)).ljust(SIZE, b"\0")


def test_the_same_search_finds_an_envelope_that_was_not_sealed(
    practice: Practice, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A search that finds nothing proves something only if it would find it."""
    monkeypatch.setattr(plain, "seal", left_open)
    with serving(practice, clock, with_site=False):
        book_without_script(practice, lambda: clock.pass_by(seconds=9))
    [found] = traces_in(SENTINELS, practice.folder).values()
    assert {NAME, HEBREW, MARKS, EMOJI, PHONE, EMAIL, BORN[0]} <= found.keys()


def test_a_server_that_crashes_leaves_no_picture_of_its_memory(practice: Practice) -> None:
    """Nor do its workers: a core dump would hold the form of whoever has no script."""
    with serving_workers(practice, 2) as parent:
        children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
        wait_until(lambda: len(children.read_text("ascii").split()) >= 2)
        processes = [str(parent.pid), *children.read_text("ascii").split()]
        limits = [Path(f"/proc/{name}/limits").read_text("ascii") for name in processes]
    sizes = [line.split()[4:6] for text in limits for line in text.splitlines() if "core" in line]
    assert sizes == [["0", "0"]] * len(processes)


# --- when something breaks -----------------------------------------------------------------------


class Quoted(Exception):
    """What a library may raise: an error that repeats what it was given."""


def breaks(*_given: object, **_named: object) -> None:
    raise Quoted(f"cannot handle {NAME!r}, {PHONE}, {HEBREW}") from ValueError(EMAIL)


async def breaks_later(*_given: object, **_named: object) -> None:
    breaks()


BROKEN = {
    "the store finds": (Store, "mark", breaks_later),
    "the store books": (Store, "book", breaks_later),
    "the store looks": (Store, "busy", breaks_later),
    "the envelope": (plain, "seal", breaks),
    "the form": (plain, "read_identity", breaks),
    "the page": (Pages, "page", breaks),
    "the words": (Pages, "say", breaks),
}


@pytest.mark.parametrize("what", BROKEN)
def test_an_error_that_quotes_the_patient_is_not_repeated(
    practice: Practice,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    what: str,
) -> None:
    """Class, file and line are logged, never the message; the answer says to phone."""
    with serving(practice, clock, with_site=False), Patient(practice) as patient:
        request = patient.request(patient.times()[0], name=NAME)
        form = ticket_form(practice, clock)
        where, name, how = BROKEN[what]
        monkeypatch.setattr(where, name, how)
        answers = [patient.post("/bookings", request), *both_ways(practice, form)]
        monkeypatch.undo()
    failed = [answer for answer in answers if answer.status_code >= 500]
    assert {(answer.status_code, answer.headers["retry-after"]) for answer in failed} == {
        (503, "60")
    }
    for answer in failed:
        assert traces(SENTINELS, answer.content) == {}
        assert "0199004711" in "".join(filter(str.isdigit, answer.text))
    printed = capfd.readouterr()
    logged = printed.out + printed.err + caplog.text
    assert traces(SENTINELS, logged.encode()) == {}
    assert "Quoted at test_traces.py:" in logged


HANDLERS = [
    ("GET", "/availability", "get_availability"),
    ("POST", "/tickets", "post_ticket"),
    ("POST", "/bookings", "post_booking"),
    ("POST", "/bookings/show", "show_booking"),
    ("POST", "/bookings/cancel", "cancel_booking"),
    ("POST", "/bookings/move", "move_booking"),
]
"""Every route, and the method that answers it, to a program and to a person."""

AROUND = [
    (Shelf, "find", breaks),
    (Shelf, "keep", breaks),
    (Door, "_language", breaks),
    (Door, "_answer", breaks_later),
    (Pages, "say", breaks),
    (app, "finished", breaks),
]
"""What stands before and behind every handler."""


def test_an_error_in_any_route_is_not_repeated(
    practice: Practice,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A fault in every handler, and in what stands before and behind it, for program and person.

    Even where nobody foresaw it, and the server below would print the whole of it.
    """
    broken = [(where, name, breaks_later) for *_, name in HANDLERS for where in (Api, Plain)]
    with serving(practice, clock, with_site=False) as served, Patient(served) as patient:
        for where, name, how in [*broken, *AROUND]:
            monkeypatch.setattr(where, name, how)
            found = [
                patient.http.request(
                    method, path, headers={"Accept": accept}, **sent_to(method, name)
                )
                for method, path, _name in (*HANDLERS, ("GET", f"/{quote(NAME)}", ""))
                for accept in ("application/json", "text/html")
            ]
            monkeypatch.undo()
            failed = [answer for answer in found if answer.status_code >= 500]
            assert {answer.status_code for answer in failed} == {503}, name
            assert traces(SENTINELS, b"".join(answer.content for answer in failed)) == {}, name
    assert {path for _method, path, _name in HANDLERS} == {*routes(practice)}
    printed = capfd.readouterr()
    logged = printed.out + printed.err + caplog.text
    assert traces(SENTINELS, logged.encode()) == {}
    assert "Traceback" not in logged


def sent_to(method: str, once: str) -> dict[str, Any]:
    """A question that was not asked before: no list of times is kept for it."""
    who = {"visit": "colposcopy", "manage": NAME, "name": NAME, "phone": PHONE, "once": once}
    return {"params" if method == "GET" else "json": who}


def routes(practice: Practice) -> Iterator[str]:
    """The addresses the endpoint really has, so that a new one cannot be forgotten here."""
    config = Config.read(practice.environ)
    for route in create_app(config, time.time, secrets.token_bytes).routes:
        assert isinstance(route, Route)
        yield route.path.removeprefix(config.prefix)


def ticket_form(practice: Practice, clock: Clock) -> list[tuple[str, str]]:
    """The details form of a no-JavaScript page, filled."""
    with Browser(practice) as browser:
        times = browser.open("/rdv/availability?visit=colposcopy").form("/tickets")
        page = browser.send(times, start=times.choices("start")[-1])
    clock.pass_by(seconds=20)
    return page.form("/bookings").filled({**WHO, **BIRTH})


def both_ways(practice: Practice, form: list[tuple[str, str]]) -> list[httpx.Response]:
    """The form sent as a browser does: to book, and once more with a mistake in it."""
    with Browser(practice) as browser:
        return [
            browser.http.post("/rdv/bookings", data=dict(form)),
            browser.http.post("/rdv/bookings", data={**dict(form), "phone": "-"}),
        ]
