"""From the deployer's machine: the verbs over a real ssh, and what patients see meanwhile."""

import re
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from deploy.server.outcomes import Outcome
from deploy.server.room import manifest
from tests.publish.machine import MAIN, PAGE, Machine, edited, with_facts, with_page
from tests.serving import ROOT, free_port, nginx, nginx_user, wait_until
from theme.plugins.integrity import integrity_of

Content = dict[str, bytes]
Environ = Mapping[str, str]

STYLE = re.compile(r'href="(/theme/[^"]+/site\.css)" integrity="([^"]+)"')


@pytest.fixture(scope="module")
def line(machine: Machine) -> Iterator[Environ]:
    """In this environment `ssh full` reaches the machine with the full key, and so on."""
    with machine.reachable() as environ:
        yield environ


@pytest.fixture
def mine(site: Path, tmp_path: Path) -> Path:
    """The deployer's built site, which a test may change."""
    return Path(shutil.copytree(site, tmp_path / "site"))


def verb(environ: Environ, *words: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "deploy.publishing", *words]
    done = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=120
    )
    return done.returncode, done.stdout, done.stderr


def publish(environ: Environ, host: str, facts: Path, site: Path, *more: str) -> tuple[int, str]:
    words = ("publish", host, "--practice", str(facts), "--site", str(site), *more)
    code, out, said = verb(environ, *words)
    return code, out + said


def change(site: Path, word: str) -> None:
    page = site / "index.html"
    page.write_bytes(page.read_bytes() + f"<!--{word}-->".encode())


def test_a_line_that_dies_switches_nothing_and_the_next_publication_goes_on(
    machine: Machine, line: Environ, facts: Path, mine: Path
) -> None:
    """The first one of all is cut, in the middle; then it goes through."""
    relay = f"{sys.executable} {Path(__file__).with_name('cut.py')} %p 200000"
    cut = {**line, "SOUSPLI_SSH": f"{line['SOUSPLI_SSH']} -o 'ProxyCommand {relay}'"}
    code, said = publish(cut, "full", facts, mine, "--yes")
    assert (code, "Publish again" in said) == (9, True), said
    assert machine.current == ""
    wait_until(lambda: machine.releases.at_work() is None)
    code, said = publish(line, "full", facts, mine, "--yes")
    assert (code, f"serving {machine.current}" in said) == (0, True), said
    assert (machine.room / "srv" / "current" / PAGE).read_bytes() == (
        mine / "index.html"
    ).read_bytes()


def test_what_would_change_is_shown_and_nothing_happens_without_a_yes(
    machine: Machine, line: Environ, facts: Path, mine: Path
) -> None:
    before = machine.current, manifest(machine.releases.current)
    change(mine, "shown")
    (mine / "new.txt").write_text("new", "utf-8")
    (mine / "404.html").unlink()
    for more, ends in (("--dry-run", 0), ("", 1)):
        code, said = publish(line, "full", facts, mine, *filter(None, [more]))
        assert code == ends, said
        assert {"- site/404.html", "~ site/index.html", "+ site/new.txt"} <= set(said.splitlines())
    assert (machine.current, manifest(machine.releases.current)) == before


def test_many_pages_do_not_go_by_mistake(
    machine: Machine, line: Environ, facts: Path, mine: Path, bundle: Content
) -> None:
    many = {f"site/x/{number}.html": b"<html></html>" for number in range(60)}
    assert machine.publish({**bundle, **many})[0] == 0
    before = machine.current
    code, said = publish(line, "full", facts, mine, "--yes")
    assert (code, "--delete-many" in said, machine.current) == (1, True, before), said
    assert publish(line, "full", facts, mine, "--yes", "--delete-many")[0] == 0


def test_a_key_for_pages_publishes_pages(
    machine: Machine, line: Environ, facts: Path, mine: Path, tmp_path: Path
) -> None:
    change(mine, "by the content key")
    code, said = publish(line, "content", facts, mine, "--yes")
    assert code == 0, said
    other = tmp_path / "practice.toml"
    other.write_text(facts.read_text("utf-8") + "\n# another endpoint\n", "utf-8")
    before = machine.current
    code, said = publish(line, "content", other, mine, "--yes")
    assert (code, machine.current) == (Outcome.REFUSED, before), said
    assert "this key may change pages only" in said


def test_what_is_wrong_with_the_line_is_said(line: Environ, machine: Machine) -> None:
    port = free_port()
    code, _out, said = verb({**line, "SOUSPLI_SSH": f"ssh -p {port}"}, "status", "127.0.0.1")
    assert (code, "cannot be reached" in said) == (9, True), said
    known = machine.room / "ssh" / "known"
    saved = known.read_text("ascii")
    other = (machine.room / "ssh" / "full.pub").read_text("ascii").split()[:2]
    known.write_text(" ".join([saved.split()[0], *other]) + "\n", "ascii")
    code, _out, said = verb(line, "status", "full")
    known.write_text(saved, "ascii")
    assert (code, "shows another key" in said) == (9, True), said
    code, _out, said = verb(line, "status", "desk")
    assert (code, "may not do that" in said) == (Outcome.REFUSED, True), said


def test_an_ordinary_shell_command_gets_nowhere(line: Environ) -> None:
    words = line["SOUSPLI_SSH"].split()
    for more in (["full", "cat", "/etc/passwd"], ["content"], ["desk", "sh"]):
        done = subprocess.run(
            [*words, *more], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
        assert (done.returncode, done.stdout) == (2, ""), more
        assert done.stderr.startswith("not allowed: ")


FRONT = """
daemon off; worker_processes 1; pid {room}/nginx.pid; error_log {room}/error.log;
{user}
events {{ worker_connections 256; }}
http {{
    include /etc/nginx/mime.types;
    client_body_temp_path {room}/body; proxy_temp_path {room}/proxy;
    fastcgi_temp_path {room}/fastcgi; uwsgi_temp_path {room}/uwsgi; scgi_temp_path {room}/scgi;
    server {{
        listen 127.0.0.1:{port}; root {srv}/current/site; gzip_static on;
        location /theme/ {{ root {srv}; try_files /current/site$uri /previous/site$uri =404; }}
        include {room}/booking.conf;
    }}
}}
"""


@contextmanager
def front(machine: Machine, room: Path) -> Iterator[str]:
    """nginx before pages and endpoint; the address patients know."""
    room.mkdir()
    port, snippet = free_port(), (ROOT / "deploy" / "nginx" / "booking.conf").read_text("utf-8")
    socket = f"http://unix:{machine.room}/endpoint.sock"
    changed = snippet.replace("http://127.0.0.1:8001", socket)
    (room / "booking.conf").write_text(changed, "utf-8")
    srv = machine.room / "srv"
    with nginx(room, FRONT.format(room=room, srv=srv, port=port, user=nginx_user()), port):
        yield f"http://127.0.0.1:{port}"


class Crowd(threading.Thread):
    """One of many patients, who asks again and again; counts what he was answered."""

    def __init__(self, origin: str) -> None:
        super().__init__(daemon=True)
        self.origin, self.enough = origin, threading.Event()
        self.answers: Counter[str] = Counter()

    def run(self) -> None:
        with httpx.Client(base_url=self.origin, timeout=60) as http:
            while not self.enough.is_set():
                page = self.note(http, "GET", "/")
                time.sleep(0.05)  # what a page needs is asked for a little later
                for style, vouched in STYLE.findall(page.text) if page else ():
                    sheet = self.note(http, "GET", style, "its style")
                    if sheet and integrity_of(sheet.content) != vouched:
                        self.answers["a style that no browser would use"] += 1
                self.note(http, "GET", "/rdv/availability?visit=consultation")
                self.note(http, "POST", "/rdv/tickets")

    def note(
        self, http: httpx.Client, method: str, path: str, called: str = ""
    ) -> httpx.Response | None:
        headers = {"Sec-Fetch-Site": "same-origin"}
        body: dict[str, str] | None = {} if method == "POST" else None
        answer = None
        try:
            answer = http.request(method, path, json=body, headers=headers)
            told = str(answer.status_code)
        except httpx.HTTPError as error:
            told = type(error).__name__
        self.answers[f"{method} {called or path.partition('?')[0]} {told}"] += 1
        return answer


def in_other_clothes(bundle: Content, folder: str) -> Content:
    """The same content in another style, as a build would: the sheet, its folder, its digest."""
    [name] = [path for path in bundle if path.endswith("/site.css")]
    was, sheet = Path(name).parent.name, bundle[name] + f"/* {folder} */".encode()
    words = {was: folder, integrity_of(bundle[name]): integrity_of(sheet)}

    def anew(path: str, text: bytes) -> bytes:
        for old, new in words.items() if path.endswith(".html") else ():
            text = text.replace(old.encode(), new.encode())
        return text

    site = {path for path in bundle if path.startswith("site/")}
    moved = {
        path.replace(was, folder): anew(path, bundle[path])
        for path in site
        if not path.endswith((".gz", ".br"))
    }
    rest = {path: text for path, text in bundle.items() if path not in site}
    return {**rest, **moved, name.replace(was, folder): sheet}


def test_ten_publications_two_of_them_bad_lose_no_patient(
    machine: Machine, bundle: Content, tmp_path: Path
) -> None:
    """Pages, style and endpoint change, one release cannot start, one only fails as it serves.

    Nor does a page, once it is there, find another style than its own.
    """
    machine.publish(bundle)
    cannot_start = edited(bundle, MAIN, "import asyncio", "import asyncio_of_tomorrow")
    start = '"""The application of one'
    fails = edited(bundle, MAIN, start, f"raise SystemExit(7)\n    {start}")
    pages = [with_page(bundle, str(number)) for number in range(6)]
    pages[2], pages[4] = (in_other_clothes(bundle, folder) for folder in ("velvet", "linen"))
    endpoints = [with_facts(bundle, str(number)) for number in range(2)]
    order = [pages[0], endpoints[0], cannot_start, endpoints[1], fails]
    order += pages[1:]
    wanted = [0, 0, Outcome.UNFIT, 0, Outcome.ROLLED_BACK, 0, 0, 0, 0, 0]
    with front(machine, tmp_path / "front") as origin:
        crowd = [Crowd(origin) for _ in range(4)]
        for one in crowd:
            one.start()
        ended = []
        for content in order:  # what must not come up is not waited for as what must
            machine.configure(patience=3 if content is fails else 60)
            ended.append(machine.publish(content)[0])
        for one in crowd:
            one.enough.set()
        for one in crowd:
            one.join(60)
    machine.configure()
    assert ended == wanted
    answers = sum((one.answers for one in crowd), Counter())
    assert {told.rpartition(" ")[2] for told in answers} == {"200"}, answers
    assert len(answers) == 4
    assert min(answers.values()) > 20
