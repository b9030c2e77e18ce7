"""The web server in front of the endpoint leaves no trace of who came either: a real nginx.

Its main configuration is the most talkative one that a distribution might ship; what it must not
say is up to the file that the project ships.
"""

import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlencode

import httpx
import pytest

from booking_endpoint.web import MOST_BYTES
from tests.edge.patient import NO_TLS
from tests.edge.test_traces import (
    BIRTH,
    NAME,
    PHONE,
    SENTINELS,
    WHO,
    book_with_script,
    book_without_script,
    provoke,
    run,
    watched,
)
from tests.edge.traces import traces, traces_in
from tests.serving import ROOT, Practice, free_port, nginx, nginx_user

SNIPPET = ROOT / "deploy" / "nginx" / "booking.conf"
CALLER = "127.0.0.77"
"""An address of this machine that nobody else here has: it must be found nowhere."""

TALKATIVE = """
daemon off; master_process on; worker_processes 1;
pid {room}/nginx.pid; error_log {room}/error.log info;
{user}
events {{ worker_connections 64; }}
http {{
    log_format all '$remote_addr $request $http_referer $http_user_agent $request_body';
    access_log {room}/access.log all;
    client_body_temp_path {room}/body; proxy_temp_path {room}/proxy;
    fastcgi_temp_path {room}/fastcgi; uwsgi_temp_path {room}/uwsgi; scgi_temp_path {room}/scgi;
    server {{ listen 127.0.0.1:{port}; include {room}/booking.conf; }}
}}
"""


@contextmanager
def front(practice: Practice, room: Path, *changes: tuple[str, str]) -> Iterator[Practice]:
    """nginx before the practice's endpoint, with our file in its server block, some of it changed.

    Gives the practice as patients see it. All that nginx writes, it writes into the room.
    """
    seen, snippet = replace(practice, port=free_port()), SNIPPET.read_text("utf-8")
    practice.settings |= {"BOOKING_ORIGIN": seen.origin, "BOOKING_CLIENT_HEADER": "X-Real-IP"}
    for old, new in (("127.0.0.1:8001", f"127.0.0.1:{practice.port}"), *changes):
        assert old in snippet
        snippet = snippet.replace(old, new)
    room.mkdir()
    (room / "booking.conf").write_text(snippet, "utf-8")
    config = TALKATIVE.format(room=room, port=seen.port, user=nginx_user())
    with nginx(room, config, seen.port):
        yield seen


def written_in(room: Path) -> bytes:
    """All that nginx wrote and, while it runs, holds open in files that have no name any more."""
    files = [path for path in room.rglob("*") if path.is_file() and path.suffix != ".conf"]
    if (room / "nginx.pid").exists():
        master = (room / "nginx.pid").read_text("ascii").strip()
        workers = Path(f"/proc/{master}/task/{master}/children").read_text("ascii").split()
        held = [file for worker in workers for file in Path(f"/proc/{worker}/fd").iterdir()]
        files += [file for file in held if str(file.readlink()).endswith("(deleted)")]
    return b"".join(path.read_bytes() for path in files)


@contextmanager
def half_a_form(seen: Practice) -> Iterator[None]:
    """A patient on a bad line: the form has arrived but for its last bytes, and nginx waits."""
    form = urlencode({**WHO, **BIRTH, "note": "x" * 9000})
    head = f"POST /rdv/bookings HTTP/1.1\r\nHost: x\r\nContent-Length: {len(form) + 9}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", seen.port)) as line:
        line.sendall(f"{head}{form}".encode())
        time.sleep(0.3)
        yield


def provoke_proxy(seen: Practice) -> set[int]:
    """What goes wrong before the endpoint hears of it, from a caller of its own; the answers."""
    form = urlencode({**WHO, **BIRTH})
    kind = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": quote(NAME)}
    many = iter([form.encode()] * 99)
    line = httpx.HTTPTransport(local_address=CALLER, verify=NO_TLS)
    with httpx.Client(base_url=seen.origin, transport=line) as http:
        found = {
            http.get("/rdv/availability", params={"visit": NAME}).status_code,
            http.post("/rdv/bookings", content=form, headers=kind).status_code,
            http.post("/rdv/bookings", content=form * 99, headers=kind).status_code,
            http.post("/rdv/bookings", content=many, headers=kind).status_code,
            http.get(f"/{quote(NAME)}").status_code,
            http.get("/rdv/", headers={"X-Long": quote(NAME) * 999}).status_code,
        }
    for broken in (f"{NAME} / HTTP/9\r\n\r\n", f"GET /rdv/ HTTP/1.1\r\n{PHONE} {NAME}\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", seen.port), source_address=(CALLER, 0)) as raw:
            raw.settimeout(2)
            raw.sendall(broken.encode())
            with suppress(TimeoutError):
                found.add(int(raw.recv(4096).split()[1]))
    return found


def test_the_proxy_leaves_no_trace_of_who_came(practice: Practice, tmp_path: Path) -> None:
    """Both ways of booking, and all that goes wrong, with the endpoint behind it and without."""
    room = tmp_path / "front"
    with front(practice, room) as seen:
        with watched(practice, tmp_path / "behind"):
            book_without_script(seen, lambda: time.sleep(3.2))
            book_with_script(seen)
            provoke(seen)
            found = provoke_proxy(seen)
            with half_a_form(seen):
                assert traces(SENTINELS, written_in(room)) == {}
        found |= provoke_proxy(seen)
        assert traces_in(SENTINELS, tmp_path) == {}
    assert {400, 404, 413, 502} <= found
    assert traces_in(SENTINELS, tmp_path) == {}
    assert CALLER.encode() not in written_in(room)
    assert b"client" not in written_in(room)
    assert run(practice, "export").count("\n") == 8


LEAKS = {
    "a line for each request": ("access_log off;", ""),
    "errors in words": ("error_log /dev/null emerg;", ""),
    "forms in files": ("client_body_in_file_only off;", "client_body_in_file_only on;"),
    "a small buffer": ("client_body_buffer_size 32k;", "client_body_buffer_size 1k;"),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_the_same_search_finds_what_a_careless_proxy_writes(
    practice: Practice, tmp_path: Path, leak: str
) -> None:
    """Each line of our file is needed: without it, the search above finds the patient."""
    room = tmp_path / "front"
    with front(practice, room, LEAKS[leak]) as seen:
        provoke_proxy(seen)
        with half_a_form(seen):
            found = traces([*SENTINELS, CALLER], written_in(room))
    assert found


def test_a_form_that_the_endpoint_takes_fits_through_the_proxy() -> None:
    """And into its memory: the limit of both is one."""
    sizes = dict(re.findall(r"^(client_\w+) (\d+)k;", SNIPPET.read_text("utf-8"), re.MULTILINE))
    assert int(sizes["client_max_body_size"]) * 1024 == MOST_BYTES
    assert int(sizes["client_body_buffer_size"]) * 1024 > MOST_BYTES
