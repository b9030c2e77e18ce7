"""A built site and a running endpoint for the tests: real Pelican, real uvicorn, real SQLite."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn

from booking_endpoint.app import create_app
from booking_endpoint.config import Config
from booking_endpoint.envelope import PrivateKey, public_text
from booking_endpoint.practice import Recipient
from booking_endpoint.storage import ServerUrl, Where
from deploy.one_origin import one_origin

ROOT = Path(__file__).parents[1]
SECRET = "a secret of thirty-two characters!"  # for tests alone


def facts_with(key: PrivateKey, *changes: tuple[str, str]) -> str:
    """The demo practice's facts with a recipient, and with some texts replaced."""
    text = (ROOT / "content" / "practice.toml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, f"the facts do not hold {old!r}"
        text = text.replace(old, new)
    return f"{text}\n{Recipient('doctor', public_text(key)).to_toml()}"


def theme_in(site: Path) -> Path:
    """Where a built site's style and scripts lie: the folder is named for what they are."""
    [folder] = (site / "theme").iterdir()
    return folder


@dataclass
class Practice:
    """A folder with facts, a key, a built site and a database: what an endpoint runs on."""

    folder: Path
    key: PrivateKey
    site: Path
    port: int = field(default_factory=lambda: free_port())
    settings: dict[str, str] = field(default_factory=dict)
    """What the endpoint is told beside what it must know."""

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> Path:
        return self.folder / "bookings.db"

    @property
    def where(self) -> Where:
        """Where the bookings are kept: in the folder's file, unless a setting says otherwise."""
        told = self.settings.get("BOOKING_DATABASE")
        return ServerUrl(told) if told else self.database

    def keep_at(self, where: Where) -> None:
        """Keep the bookings on a server, where it is one."""
        if isinstance(where, ServerUrl):
            self.settings["BOOKING_DATABASE"] = written(where)
            self.settings["BOOKING_AUDIT"] = str(self.folder / "bookings.db.audit")

    @property
    def environ(self) -> dict[str, str]:
        """What `python -m booking_endpoint` needs to know, on top of the test's own environment."""
        return {
            **os.environ,
            "BOOKING_DATABASE": str(self.database),
            "BOOKING_PRACTICE": str(self.folder / "practice.toml"),
            "BOOKING_SECRET": SECRET,
            "BOOKING_ORIGIN": self.origin,
            "BOOKING_SHELL": str(self.site / "shell"),
            **self.settings,
        }


def written(where: Where) -> str:
    """As BOOKING_DATABASE has it."""
    return where.text if isinstance(where, ServerUrl) else str(where)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def practice_in(folder: Path, site: Path, key: PrivateKey, *changes: tuple[str, str]) -> Practice:
    """A fresh practice in a folder, with some of its facts changed; the site is built already."""
    (folder / "practice.toml").write_text(facts_with(key, *changes), encoding="utf-8")
    return Practice(folder, key, site)


@contextmanager
def serving(
    practice: Practice, clock: Callable[[], float] = time.time, *, with_site: bool = True
) -> Iterator[Practice]:
    """Endpoint (and site, on one origin) over real HTTP in a thread, until the block ends."""
    config = Config.read(practice.environ)
    app = create_app(config, clock, secrets.token_bytes)
    served = one_origin(app, config.prefix, practice.site) if with_site else app
    settings = uvicorn.Config(
        served, port=practice.port, http="httptools", access_log=False, log_level="warning"
    )
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started or not thread.is_alive())
    try:
        yield practice
    finally:
        server.should_exit = True
        thread.join(20)


@contextmanager
def serving_workers(practice: Practice, workers: int) -> Iterator[subprocess.Popen[bytes]]:
    """The endpoint's own command line, with so many processes on one database."""
    words = ["serve", "--port", str(practice.port), "--workers", str(workers)]
    command = [sys.executable, "-m", "booking_endpoint", *words]
    with subprocess.Popen(
        command, cwd=ROOT, env=practice.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as running:
        wait_until(lambda: answers(practice.port))
        try:
            yield running
        finally:
            running.terminate()
            running.wait(20)


def answers(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def wait_until(ready: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for a fact; fail the test when it does not come true."""
    until = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)


class NoNginx(RuntimeError):
    """What stands in front of site and endpoint is tested with the real thing."""


def nginx_user() -> str:
    """What a configuration begins with: else root's worker cannot write into the room."""
    return "user root;" if os.geteuid() == 0 else ""


@contextmanager
def nginx(room: Path, config: str, port: int) -> Iterator[None]:
    """A real nginx that answers on this port; all that it prints lies in the room, too."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        raise NoNginx("no nginx: apt-get install -y nginx")
    (room / "nginx.conf").write_text(config, "utf-8")
    where: list[str | Path] = ["-p", room, "-c", room / "nginx.conf", "-e", room / "first.log"]
    with (
        (room / "printed").open("wb") as printed,
        subprocess.Popen([program, *where], stdout=printed, stderr=printed) as running,
    ):
        try:
            wait_until(lambda: answers(port) or running.poll() is not None)
            yield
        finally:
            running.terminate()
            running.wait(20)
