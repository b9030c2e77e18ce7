"""What a browser is told by the server that `bootstrap` makes: its own nginx, over TLS."""

import os
import re
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from booking_endpoint.envelope import PrivateKey
from booking_endpoint.headers import EVERYWHERE, HEADERS
from deploy.bootstrap.__main__ import texts
from deploy.bootstrap.wanted import BOOKING, SITE, Settings, wanted
from deploy.publishing.bundle import pages_of
from tests.edge.observatory import Seen, rules, score
from tests.serving import Practice, free_port, nginx, nginx_user, practice_in, serving, theme_in

DOMAIN = "dr-valombreuse.example"
CALLER = "127.0.0.78"
"""An address of this machine that nobody else here has: it must be found nowhere."""

MODULES = Path("/usr/lib/nginx/modules/ngx_http_brotli_static_module.so")

DEBIAN = """
load_module {module};
daemon off; master_process on; worker_processes 1; pid {room}/nginx.pid; error_log {room}/error.log;
{user}
events {{ worker_connections 256; }}
http {{
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;
    access_log {room}/access.log;
    gzip on;
    client_body_temp_path {room}/body; proxy_temp_path {room}/proxy;
    fastcgi_temp_path {room}/fastcgi; uwsgi_temp_path {room}/uwsgi; scgi_temp_path {room}/scgi;
    include {room}/site.conf;
}}
"""
"""As Debian ships it, where that matters: what is not said here must be said by our site."""


@dataclass(frozen=True)
class Front:
    """nginx before the endpoint, on ports of its own."""

    room: Path
    http: int
    https: int
    trusted: ssl.SSLContext

    def named(self, path: str) -> str:
        """With the name of the theme's folder, which is a digest."""
        return path.replace("THEME", theme_in(self.room / "current" / "site").name)

    @contextmanager
    def browser(
        self, source: str = "127.0.0.1", encoding: str = "identity"
    ) -> Iterator[httpx.Client]:
        """Somebody who knows the site by its name."""
        line = httpx.HTTPTransport(local_address=source, verify=self.trusted)
        told = {"Host": DOMAIN, "Accept-Encoding": encoding}
        base = f"https://127.0.0.1:{self.https}"
        with httpx.Client(base_url=base, transport=line, headers=told) as client:
            client.event_hooks["request"] = [named]
            yield client


def named(request: httpx.Request) -> None:
    request.extensions["sni_hostname"] = DOMAIN


def certificate(room: Path) -> ssl.SSLContext:
    """One made here and now, and a browser's trust in it."""
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    made = [*words.split(), "-subj", "/CN=test", "-addext", f"subjectAltName=DNS:{DOMAIN}"]
    out = ["-keyout", str(room / "key.pem"), "-out", str(room / "certificate.pem")]
    subprocess.run([*made, *out], check=True, capture_output=True)
    return ssl.create_default_context(cafile=str(room / "certificate.pem"))


def site_here(
    settings: Settings, room: Path, http: int, https: int, endpoint: int
) -> tuple[str, str]:
    """Both files of nginx as they lie on a server, moved to this room and these ports."""
    files = {one.path: one.text for one in wanted(settings, texts()).files}
    site = re.sub(r"^\s*listen \[::\].*\n", "", files[SITE], flags=re.MULTILINE)
    moved = {
        "listen 80": f"listen 127.0.0.1:{http}",
        "listen 443": f"listen 127.0.0.1:{https}",
        "/etc/souspli/tls": str(room),
        "/etc/nginx/souspli-booking.conf": f"{room}/booking.conf",
        "/srv/souspli": str(room),
        "/var/log/nginx/souspli.log": f"{room}/pages.log",
    }
    for old, new in moved.items():
        assert old in site, old
        site = site.replace(old, new)
    booking = files[BOOKING].replace("unix:/run/souspli.sock:", f"127.0.0.1:{endpoint}")
    less = [re.sub(r"(client_\w+_timeout) 10s", r"\1 3s", text) for text in (site, booking)]
    return less[0], less[1]  # to wait less


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory, site: Path, key: PrivateKey) -> Practice:
    made = practice_in(tmp_path_factory.mktemp("served"), site, key)
    made.settings = {"BOOKING_ORIGIN": f"https://{DOMAIN}", "BOOKING_CLIENT_HEADER": "X-Real-IP"}
    return made


@contextmanager
def served(settings: Settings, room: Path, endpoint: int) -> Iterator[Front]:
    """nginx as these settings ask for it, before what was published into this room."""
    http, https, trusted = free_port(), free_port(), certificate(room)
    both = site_here(settings, room, http, https, endpoint)
    for name, text in zip(("site", "booking"), both, strict=True):
        (room / f"{name}.conf").write_text(text, "utf-8")
    with nginx(room, DEBIAN.format(room=room, user=nginx_user(), module=MODULES), https):
        yield Front(room, http, https, trusted)


SHOWN = ("index.html", "404.html", "rendez-vous/index.html", "gerer/index.html")


@pytest.fixture(scope="module")
def front(practice: Practice) -> Iterator[Front]:
    room = practice.folder / "front"
    published = room / "current" / "site"
    picture = next((practice.site / "images").iterdir())
    themes = [path for path in (practice.site / "theme").rglob("*") if path.is_file()]
    shown = [*(practice.site / name for name in SHOWN), picture, *themes]
    few = {path.relative_to(practice.site).as_posix(): path.read_bytes() for path in shown}
    for name, content in pages_of(few).items():
        (published / name).parent.mkdir(parents=True, exist_ok=True)
        (published / name).write_bytes(content)
    with serving(practice, with_site=False), served(Settings(DOMAIN), room, practice.port) as here:
        yield here


JSON = {"Content-Type": "application/json", "Origin": f"https://{DOMAIN}"}
ASKED: dict[str, tuple[str, str, dict[str, object], int]] = {
    "home": ("GET", "/", {}, 200),
    "booking page": ("GET", "/rendez-vous/", {}, 200),
    "a folder without its slash": ("GET", "/rendez-vous", {}, 301),
    "style": ("GET", "/theme/THEME/site.css", {}, 200),
    "script": ("GET", "/theme/THEME/js/flow.js", {}, 200),
    "no page": ("GET", "/nothing/", {}, 404),
    "no picture": ("GET", "/images/nothing.webp", {}, 404),
    "what begins with a point": ("GET", "/.git/config", {}, 404),
    "a page, written to": ("POST", "/", {}, 405),
    "a page, deleted": ("DELETE", "/rendez-vous/", {}, 405),
    "free times": ("GET", "/rdv/availability?visit=consultation", {}, 200),
    "times as a page": ("GET", "/rdv/availability", {"headers": {"Accept": "text/html"}}, 422),
    "a ticket": ("POST", "/rdv/tickets", {"headers": JSON, "content": b"{}"}, 200),
    "from elsewhere": ("POST", "/rdv/tickets", {"content": b"{}"}, 403),
    "no address of ours": ("GET", "/rdv/nothing", {}, 404),
    "the wrong method": ("DELETE", "/rdv/bookings", {}, 405),
    "too large": ("POST", "/rdv/bookings", {"headers": JSON, "content": b"x" * 17_000}, 413),
    "too large for a page": ("POST", "/", {"content": b"x" * 17_000}, 413),
}


@pytest.fixture(scope="module")
def answers(front: Front) -> dict[str, httpx.Response]:
    """Every kind of answer: pages, files, errors of nginx's own, the endpoint's."""
    with front.browser() as http:
        found = {
            name: http.request(m, front.named(path), **more)  # type: ignore[arg-type]
            for name, (m, path, more, _) in ASKED.items()
        }
        picture = next((front.room / "current" / "site" / "images").iterdir()).name
        return {**found, "a picture": http.get(f"/images/{picture}")}


@pytest.mark.parametrize("name", ASKED)
def test_each_is_answered_as_it_should(answers: dict[str, httpx.Response], name: str) -> None:
    assert answers[name].status_code == ASKED[name][3]


def test_every_answer_has_every_header_once(answers: dict[str, httpx.Response]) -> None:
    """nginx's own errors too, which no endpoint has made."""
    wanted = {name.lower(): value for name, value in (HEADERS | EVERYWHERE).items()}
    for name, answer in answers.items():
        told = {header: answer.headers.get_list(header) for header in wanted}
        assert told == {header: [value] for header, value in wanted.items()}, name


def test_no_answer_tells_a_version_or_sets_a_cookie(answers: dict[str, httpx.Response]) -> None:
    for name, answer in answers.items():
        assert answer.headers.get("server", "nginx") == "nginx", name
        assert {"set-cookie", "x-powered-by", "x-release"}.isdisjoint(answer.headers), name
        assert not re.search(r"nginx/\d", answer.text), name


@pytest.mark.parametrize(
    ("page", "points"), [("home", 155), ("booking page", 155), ("no page", 150)]
)
def test_the_observatory_would_give_150_or_more(
    front: Front, answers: dict[str, httpx.Response], page: str, points: int
) -> None:
    """Five more where a script is held to its bytes; nothing for a list of browsers (preload)."""
    plain = httpx.get(f"http://127.0.0.1:{front.http}/", headers={"Host": DOMAIN})
    seen = Seen(
        answers[page].headers, answers[page].text, (plain.status_code, plain.headers["location"])
    )
    assert len(dict(rules(seen))) == 12
    assert score(seen) == points


def test_the_same_rules_see_what_is_missing() -> None:
    """A bare server: no policy -25, no HSTS -20, no redirect -20, types -5, frames -20."""
    assert score(Seen({}, "<p>", (200, ""))) == 10


def test_plain_http_leads_to_https_and_keeps_no_path_of_ours(front: Front) -> None:
    answer = httpx.get(f"http://127.0.0.1:{front.http}/tarifs/", headers={"Host": DOMAIN})
    assert (answer.status_code, answer.headers["location"]) == (301, f"https://{DOMAIN}/tarifs/")


def handshake(front: Front, version: ssl.TLSVersion, name: str = DOMAIN) -> str | None:
    """What was agreed on, by somebody who would take any certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")  # else this side would refuse the old ones
    context.minimum_version = context.maximum_version = version
    with (
        socket.create_connection(("127.0.0.1", front.https), 5) as raw,
        context.wrap_socket(raw, server_hostname=name) as line,
    ):
        return line.version()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tls_12_and_13_alone(front: Front) -> None:
    assert handshake(front, ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
    assert handshake(front, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"
    for old in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            handshake(front, old)


def test_who_asks_for_another_name_sees_no_certificate(front: Front) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        handshake(front, ssl.TLSVersion.TLSv1_3, "other.example")


@pytest.mark.parametrize("path", ["/", "/theme/THEME/site.css", "/theme/THEME/js/flow.js"])
@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_texts_come_packed_as_they_were_published(front: Front, path: str, encoding: str) -> None:
    path = front.named(path)
    name = path.lstrip("/") or "index.html"
    end = {"br": "br", "gzip": "gz"}[encoding]
    packed = (front.room / "current" / "site" / f"{name}.{end}").stat().st_size
    with front.browser(encoding=encoding) as http:
        answer = http.get(path)
    assert answer.headers["content-encoding"] == encoding
    assert answer.headers["content-length"] == str(packed)
    assert "Accept-Encoding" in answer.headers["vary"]
    assert answer.content == (front.room / "current" / "site" / name).read_bytes()


def test_what_never_changes_is_kept_for_a_year_and_nothing_else(
    answers: dict[str, httpx.Response],
) -> None:
    kept = {name: answers[name].headers["cache-control"] for name in ("home", "style", "a picture")}
    immutable = "public, max-age=31536000, immutable"
    assert kept == {"home": "no-cache", "style": immutable, "a picture": immutable}


@pytest.mark.parametrize(
    "half",
    [
        "GET / HTTP/1.1\r\nX: ",
        "POST /rdv/tickets HTTP/1.1\r\nHost: {}\r\nContent-Length: 9\r\n\r\n",
    ],
)
def test_who_never_finishes_asking_is_hung_up_on(front: Front, half: str) -> None:
    with (
        socket.create_connection(("127.0.0.1", front.https), 9) as raw,
        front.trusted.wrap_socket(raw, server_hostname=DOMAIN) as line,
    ):
        line.sendall(half.format(DOMAIN).encode())
        began = time.monotonic()
        while line.recv(4096):
            pass
    assert time.monotonic() - began < 8


def test_a_flood_is_told_429_with_every_header_and_leaves_no_address(front: Front) -> None:
    """After sixty at once; counted by nginx in its memory, and written nowhere."""
    with front.browser(CALLER) as http:
        told = [http.post("/rdv/tickets", headers=JSON, content=b"{}") for _ in range(75)]
        http.get("/tarifs/?nom=Kerouedan")
    many = [answer for answer in told if answer.status_code == 429 and "error" not in answer.text]
    assert many
    wanted = {name.lower() for name in HEADERS | EVERYWHERE}
    assert all(wanted <= set(answer.headers) for answer in many)
    written = b"".join(path.read_bytes() for path in front.room.glob("*.log"))
    assert written
    assert CALLER.encode() not in written
    assert b"Kerouedan" not in written
    lines = (front.room / "pages.log").read_text("ascii").splitlines()
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d [A-Z]+ \d{3}", line) for line in lines)


def test_an_endpoint_that_is_gone_leaves_the_headers(front: Front, practice: Practice) -> None:
    """nginx's own 502, as a browser sees it while the endpoint starts anew."""
    booking = (front.room / "booking.conf").read_text("utf-8")
    with closing(socket.socket()) as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        gone = booking.replace(f"http://127.0.0.1:{practice.port}", f"http://127.0.0.1:{port}")
        assert gone != booking
        (front.room / "booking.conf").write_text(gone, "utf-8")
        pid = int((front.room / "nginx.pid").read_text("ascii"))
        try:
            reload(pid)
            with front.browser() as http:
                answer = http.get("/rdv/availability")
        finally:
            (front.room / "booking.conf").write_text(booking, "utf-8")
            reload(pid)
    assert answer.status_code == 502
    for name, value in (HEADERS | EVERYWHERE).items():
        assert answer.headers.get_list(name) == [value]


def reload(pid: int) -> None:
    """As systemd does it; the new workers are there before the old ones go."""
    os.kill(pid, signal.SIGHUP)
    time.sleep(0.6)


def asked(front: Front, *paths: str) -> list[httpx.Response]:
    with front.browser() as http:
        answers = [http.get(path) for path in paths]
    assert all("strict-transport-security" in answer.headers for answer in answers)
    return answers


def test_the_first_page_of_an_endpoint_alone_leads_to_the_site(tmp_path: Path) -> None:
    """Whose pages lie with another host: somebody may still type this name."""
    (tmp_path / "current" / "site").mkdir(parents=True)
    alone = Settings(DOMAIN, endpoint=f"https://{DOMAIN}", pages="https://www.dr-x.example")
    with served(alone, tmp_path, free_port()) as front:
        first, times, other = asked(front, "/", "/rdv/availability", "/nothing/")
    assert (first.status_code, first.headers["location"]) == (302, "https://www.dr-x.example/")
    assert [times.status_code, other.status_code] == [502, 404]  # no endpoint runs in this test


def test_a_server_of_pages_alone_passes_nothing_on(tmp_path: Path) -> None:
    (tmp_path / "current" / "site").mkdir(parents=True)
    (tmp_path / "current" / "site" / "index.html").write_text("here", "utf-8")
    with served(Settings(DOMAIN, online=False), tmp_path, free_port()) as front:
        answers = asked(front, "/", "/rdv/availability", "/nothing/")
    assert [answer.status_code for answer in answers] == [200, 404, 404]
