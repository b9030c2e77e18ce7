"""Files, addresses and CalDAV: read within bounds, and never by a way that shows the password."""

import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from booking_endpoint.instants import DAY, Slot
from desk.calendar_in import busy
from desk.calendar_sources import Kind, Source, calendar_data, found, texts
from desk.calendar_web import Login, Unread, read_address
from tests.desk.calendars import calendar, lasting, slot
from tests.desk.cast import at
from tests.serving import answers, free_port, wait_until

NOW = int(at("08:00").timestamp())
WINDOW = Slot(NOW, NOW + 60 * DAY)
LOGIN = Login("anna", "pass:wörd of Anna")
NINE = calendar(lasting("20261123T090000", "20261123T100000"))


Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Host:
    """A calendar's host: how it answers, and how it was asked."""

    origin: str = ""
    told: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    """Each path, with what authorization."""


@contextmanager
def hosting(certificate: Path | None = None) -> Iterator[Host]:
    """A host on this machine; over https where it has a certificate."""
    host = Host()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host.asked.append((self.path, self.headers["Authorization"]))
            status, headers, body = host.told[self.path]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(OSError):  # who heard enough hangs up
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Who does not believe a certificate hangs up."""

    with Server(("127.0.0.1", 0), Handler) as server:
        host.origin = f"http{'s' if certificate else ''}://127.0.0.1:{server.server_port}"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield host
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def host(certificate: Path) -> Iterator[Host]:
    with hosting(certificate) as host:
        host.told["/nine.ics"] = (200, {}, NINE.encode())
        yield host


def address(host: Host, path: str = "/nine.ics", login: Login | None = None) -> Source:
    user, password = (login.user, login.password) if login else ("", "")
    return Source("mine", Kind.ADDRESS, host.origin + path, user, password)


# --- Files ----------------------------------------------------------------------------------------


def test_a_file_is_read_where_it_lies(tmp_path: Path, trust: ssl.SSLContext) -> None:
    """Programs of Windows begin it with a mark."""
    (tmp_path / "nine.ics").write_bytes(b"\xef\xbb\xbf" + NINE.encode())
    source = found("mine", str(tmp_path / "nine.ics"), None, trust)
    assert texts(source, WINDOW, trust) == [NINE]
    assert source.where == "nine.ics"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, trust: ssl.SSLContext) -> None:
    source = found("mine", str(tmp_path / "nine.ics"), None, trust)
    with pytest.raises(Unread) as failed:
        texts(source, WINDOW, trust)
    assert failed.value.values == {"file": "nine.ics"}


# --- Addresses ------------------------------------------------------------------------------------


def test_an_address_is_read_over_https(host: Host, trust: ssl.SSLContext) -> None:
    assert texts(address(host), WINDOW, trust) == [NINE]
    assert host.asked == [("/nine.ics", None)]


def test_webcal_is_https_by_another_name(host: Host, trust: ssl.SSLContext) -> None:
    webcal = host.origin.replace("https", "webcal") + "/nine.ics"
    source = found("mine", webcal, None, trust)
    assert texts(source, WINDOW, trust) == [NINE]


@pytest.mark.parametrize(
    "bad",
    [
        "http://calendar.example/a.ics",
        "file:///etc/passwd",
        "ftp://calendar.example/a.ics",
        "https://",
        "https://calendar.example:port/",
        "https://[::1/",
    ],
)
def test_only_https_is_asked(bad: str) -> None:
    """Whoever carries a plain address over the network reads it, and it may be all it takes."""
    with pytest.raises(Unread, match="begins with https"):
        read_address(bad)


def test_a_host_that_nobody_vouches_for_is_not_asked(host: Host) -> None:
    """And told nothing: neither the path, which is secret, nor the password."""
    with pytest.raises(Unread, match="does not prove"):
        texts(address(host, login=LOGIN), WINDOW, ssl.create_default_context())
    assert host.asked == []


def test_a_name_and_a_password_are_sent_to_the_host_they_were_typed_for_alone(
    host: Host, certificate: Path, trust: ssl.SSLContext
) -> None:
    """Seen to fail where every host on the way was given them."""
    with hosting(certificate) as other:
        host.told["/moved.ics"] = (302, {"Location": "/away.ics"}, b"")
        host.told["/away.ics"] = (307, {"Location": f"{other.origin}/nine.ics"}, b"")
        other.told["/nine.ics"] = (200, {}, NINE.encode())
        assert texts(address(host, "/moved.ics", LOGIN), WINDOW, trust) == [NINE]
        assert [bool(secret) for _path, secret in host.asked] == [True, True]
        assert other.asked == [("/nine.ics", None)]


@pytest.mark.parametrize("away", ["http", "file:///etc/passwd", "webcal://x.invalid:x/"])
def test_nobody_is_led_from_https_to_anything_less(
    host: Host, trust: ssl.SSLContext, away: str
) -> None:
    """Not even to this machine, where plain addresses are read: it has doors of its own.

    Seen to fail where only the scheme of the first address was looked at.
    """
    with hosting() as plain:
        plain.told["/nine.ics"] = (200, {}, NINE.encode())
        leads = f"{plain.origin}/nine.ics" if away == "http" else away
        host.told["/moved.ics"] = (301, {"Location": leads}, b"")
        with pytest.raises(Unread):
            texts(address(host, "/moved.ics"), WINDOW, trust)
        assert plain.asked == []


def test_a_circle_of_addresses_has_an_end(host: Host, trust: ssl.SSLContext) -> None:
    host.told["/round.ics"] = (301, {"Location": "/round.ics"}, b"")
    with pytest.raises(Unread, match="from one address to the next"):
        texts(address(host, "/round.ics"), WINDOW, trust)


def test_what_is_larger_than_a_calendar_is_not_read_to_its_end(
    host: Host, trust: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.calendar_web.MOST", 1000)
    host.told["/long.ics"] = (200, {}, NINE.encode() * 10)
    with pytest.raises(Unread, match="more than a calendar"):
        texts(address(host, "/long.ics"), WINDOW, trust)


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\n"], ids=["nothing", "a word at a time"])
def test_a_host_that_never_finishes_is_not_waited_for(
    trust: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    """Seen to fail without the limit for the whole answer."""
    monkeypatch.setattr("desk.calendar_web.LONGEST", 0.3)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        over = threading.Event()

        def drip() -> None:
            caller, _ = listener.accept()
            with caller, suppress(OSError):
                caller.sendall(said)
                while said and not over.wait(0.05):
                    caller.sendall(b"X: y\r\n")
                over.wait(10)

        thread = threading.Thread(target=drip)
        thread.start()
        slow = Source("mine", Kind.ADDRESS, f"http://127.0.0.1:{listener.getsockname()[1]}/")
        started = time.monotonic()
        with pytest.raises(Unread, match="does not answer"):
            texts(slow, WINDOW, trust)
        over.set()
        thread.join()
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(("status", "said"), [(401, "lets nobody in"), (404, "no calendar")])
def test_what_a_host_refuses_is_said_in_words(
    host: Host, trust: ssl.SSLContext, status: int, said: str
) -> None:
    host.told["/nine.ics"] = (status, {}, b"secret reasons")
    with pytest.raises(Unread, match=said) as failed:
        texts(address(host), WINDOW, trust)
    assert failed.value.values["host"] == "127.0.0.1"
    assert "nine" not in repr(failed.value)


def test_neither_a_source_nor_a_login_shows_itself() -> None:
    """A traceback must hold neither an address nor a password."""
    source = Source("mine", Kind.CALDAV, "https://x.example/secret", "anna", "hunter2")
    shown = f"{source!r} {source.login!r} {Unread('{host}', host=source.where)!r}"
    assert [secret for secret in ("secret", "hunter2", "anna") if secret in shown] == []


def test_what_the_drawer_keeps_of_a_source_is_all_of_it() -> None:
    source = Source("mine", Kind.CALDAV, "https://x.example/", "anna", "hunter2")
    assert Source.from_json(source.to_json()) == source


# --- CalDAV ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real CalDAV server with one calendar of Anna's; the address of that calendar."""
    folder, port = tmp_path_factory.mktemp("radicale"), free_port()
    (folder / "users").write_text(f"{LOGIN.user}:{LOGIN.password}\n", encoding="utf-8")
    settings = {
        "server-hosts": f"127.0.0.1:{port}",
        "auth-type": "htpasswd",
        "auth-htpasswd-filename": folder / "users",
        "auth-htpasswd-encryption": "plain",
        "auth-delay": 0,
        "storage-filesystem-folder": folder / "collections",
        "logging-level": "error",
    }
    words = [f"--{name}={value}" for name, value in settings.items()]
    with subprocess.Popen([sys.executable, "-m", "radicale", *words]) as running:
        try:
            wait_until(lambda: answers(port))
            base = f"http://127.0.0.1:{port}/anna/"
            with httpx.Client(auth=(LOGIN.user, LOGIN.password.encode())) as http:
                assert http.request("MKCALENDAR", f"{base}own/").status_code == 201
                for number, told in enumerate(EVENTS):
                    put = http.put(f"{base}own/{number}.ics", content=calendar(told).encode())
                    assert put.status_code == 201
            yield f"{base}own/"
        finally:
            running.terminate()


EVENTS = (
    lasting("20261123T090000", "20261123T100000", uid="one"),
    lasting("20260901T140000", "20260901T143000", "RRULE:FREQ=WEEKLY;BYDAY=TU", uid="weekly"),
    lasting("20261123T160000", "20261123T170000", "TRANSP:TRANSPARENT", uid="free"),
    lasting("20200101T090000", "20200101T100000", uid="long ago"),
)


def test_a_caldav_calendar_is_known_as_one_and_read(radicale: str, trust: ssl.SSLContext) -> None:
    """What is over and does not come back is not even fetched."""
    source = found("mine", radicale, LOGIN, trust)
    assert source.kind is Kind.CALDAV
    window = Slot(NOW, NOW + 9 * DAY)
    read = texts(source, window, trust)
    assert len(read) == 3
    assert busy(read, window, ZoneInfo("Europe/Paris"), "dr.example") == (
        slot("9:00", "10:00"),
        slot("14:00", "14:30", day=1),
        slot("14:00", "14:30", day=8),
    )


def test_a_wrong_password_is_said(radicale: str, trust: ssl.SSLContext) -> None:
    with pytest.raises(Unread, match="lets nobody in"):
        texts(Source("mine", Kind.CALDAV, radicale, "anna", "wrong"), WINDOW, trust)


def test_what_is_above_a_calendar_is_not_taken_for_an_empty_one(
    radicale: str, trust: ssl.SSLContext
) -> None:
    """Seen to fail where every answer to a question of CalDAV was one of a calendar."""
    above = radicale.removesuffix("own/")
    assert found("mine", above, LOGIN, trust).kind is Kind.ADDRESS


DATA = "<C:calendar-data>BEGIN:VCALENDAR</C:calendar-data>"
RESPONSE = "<response><href>/a</href><propstat><prop>{}</prop></propstat></response>"


def multistatus(*responses: str, head: str = "") -> bytes:
    names = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
    return f"{head}<multistatus {names}>{''.join(responses)}</multistatus>".encode()


def test_an_empty_calendar_is_empty() -> None:
    assert calendar_data(multistatus()) == []
    assert calendar_data(multistatus(RESPONSE.format(DATA))) == ["BEGIN:VCALENDAR"]


@pytest.mark.parametrize(
    "content",
    [
        multistatus(
            RESPONSE.format(DATA), "<response><status>HTTP/1.1 507 Full</status></response>"
        ),
        multistatus(RESPONSE.format(DATA), RESPONSE.format("")),
        multistatus(
            RESPONSE.format(DATA.replace("VCALENDAR", "&a;")),
            head='<!DOCTYPE x [<!ENTITY a "aaaa">]>',
        ),
        multistatus(RESPONSE.format(DATA))[:-5],
        b"<html/>",
        b"\xff\xfe",
    ],
    ids=["cut short", "one is missing", "entities", "half", "a page", "no text"],
)
def test_half_an_answer_of_caldav_is_none(content: bytes) -> None:
    """Seen to fail where events that did not come were passed over."""
    with pytest.raises(Unread):
        calendar_data(content)
