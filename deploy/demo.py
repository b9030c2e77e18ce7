"""The whole way on one machine: a key, a site, the endpoint, an agenda with a few visits."""

import argparse
import asyncio
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import webbrowser
from collections.abc import Sequence
from datetime import date
from itertools import islice
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from booking_endpoint import availability as calendar
from booking_endpoint.app import create_app
from booking_endpoint.booking import Identity, Request
from booking_endpoint.config import Config
from booking_endpoint.envelope import SEED, key_from, lock_key, public_text, seal, unlock_key
from booking_endpoint.instants import DAY, days_between, rfc3339
from booking_endpoint.practice import Practice, Recipient
from booking_endpoint.reading import BadPractice, read_practice
from booking_endpoint.store import State, Store
from deploy.one_origin import Site, one_origin
from deploy.reminders import remind
from deploy.writer import told

ROOT = Path(__file__).parents[1]
FACTS = ROOT / "content" / "practice.toml"
STATE = ROOT / ".demo"
PASSPHRASE = "demo"  # noqa: S105  # printed on the screen: this key guards nothing

BOOKING_URL = re.compile(r"^booking_url\s*=.*$", re.MULTILINE)
"""Left out of the demonstration's facts: all of it lies on one origin, this machine."""

PATIENTS = [
    ("Amandine Kerouédan-Exemple", "06 39 98 10 01", "self", "", "fr"),
    ("נועה לדוגמה", "06 39 98 10 02", "self", "", "he"),
    ("Giulia Esempio", "06 39 98 10 03", "self", "", "it"),
    ("Inès Modèle", "06 39 98 10 04", "child", "Sophie Modèle", "fr"),
    ("Grace Sample", "06 39 98 10 05", "self", "", "en"),
    ("Thérèse Fictive", "06 39 98 10 06", "relative", "Paul Fictif", "fr"),
    ("Maïa Échantillon", "06 39 98 10 07", "self", "", "fr"),
]
"""People who do not exist, with numbers kept for fiction."""


def main(arguments: Sequence[str]) -> int:
    """Prepare what is missing, serve until Ctrl-C; 2 when it cannot start."""
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("--port", type=int, default=8080, help="where to listen (8080)")
    parser.add_argument("--no-open", action="store_true", help="do not open the browser")
    asked = parser.parse_args(arguments)
    try:
        listener = listen(asked.port)
        app, practice = prepare(STATE, f"http://127.0.0.1:{asked.port}")
    except KeyboardInterrupt:
        return 130
    except (BadPractice, OSError, subprocess.CalledProcessError) as error:
        print(told(error, FACTS), file=sys.stderr)
        return 2
    address = f"http://127.0.0.1:{asked.port}/"
    print(f"\n  The site:   {address}")
    if practice.rules.online_booking:
        print(f"  The desk:   python3 tasks.py desk     (passphrase: {PASSPHRASE})")
    print(f"  Its state:  {STATE} (delete the folder to start afresh)")
    print("  Ctrl-C stops it.\n", flush=True)
    remind(practice, date.today())  # noqa: DTZ011 -- the day of whoever looks
    if not asked.no_open:
        webbrowser.open(address)
    serve(app, listener)
    print("Stopped.")
    return 0


def listen(port: int) -> socket.socket:
    """A socket on this machine alone; raises OSError that names the flag when it is busy."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name == "posix":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen()  # the browser may come before the server is up: it waits
    except OSError:
        listener.close()
        raise OSError(f"port {port} is busy: choose another, as in --port {port + 1}") from None
    return listener


def prepare(state: Path, origin: str) -> tuple[ASGIApp, Practice]:
    """Make the key, the facts, the secret and the site; fill a new database. What is served."""
    state.mkdir(exist_ok=True, mode=0o700)
    facts = state / "practice.toml"
    facts.write_text(demo_facts(state / "key.pem"), encoding="utf-8")
    secret = state / "secret"
    if not secret.exists():
        secret.write_text(secrets.token_urlsafe(32), encoding="utf-8")
    print("Building the site …", flush=True)
    build(facts, state / "site")
    practice = read_practice(facts.read_text("utf-8"), str(facts))
    if not practice.rules.online_booking:
        return Starlette(routes=[Mount("/", Site(state / "site"))]), practice
    config = Config.read(
        {
            "BOOKING_DATABASE": str(state / "bookings.db"),
            "BOOKING_PRACTICE": str(facts),
            "BOOKING_SECRET_FILE": str(secret),
            "BOOKING_ORIGIN": origin,
            "BOOKING_SHELL": str(state / "site" / "shell"),
        }
    )
    if isinstance(config.database, Path) and not config.database.exists():
        asyncio.run(fill(config))
    endpoint = create_app(config, time.time, secrets.token_bytes)
    return one_origin(endpoint, config.prefix, state / "site"), practice


def demo_facts(key_file: Path) -> str:
    """The practice's facts, with a recipient whose key was made on this machine."""
    if not key_file.exists():
        print("Making a key …", flush=True)
        key_file.write_bytes(lock_key(key_from(secrets.token_bytes(SEED)), PASSPHRASE))
        key_file.chmod(0o600)
    public = public_text(unlock_key(key_file.read_bytes(), PASSPHRASE))
    text = BOOKING_URL.sub("", FACTS.read_text(encoding="utf-8"))
    if read_practice(text, str(FACTS)).recipients:
        return text
    return f"{text}\n{Recipient('doctor', public).to_toml()}"


def build(facts: Path, site: Path, content: Path = Path("content")) -> None:
    words = ["-m", "pelican", str(content), "-s", "pelicanconf.py", "-o", str(site)]
    command = [sys.executable, *words]
    environ = {**os.environ, "BOOKING_PRACTICE": str(facts)}
    subprocess.run(command, cwd=ROOT, env=environ, check=True)


async def fill(config: Config) -> None:
    """A few sealed visits in the days to come, so that the desk has something to show."""
    store = Store(config.database)
    await store.open()
    try:
        for index, (name, phone, whom, caller, language) in enumerate(PATIENTS):
            email = "" if index % 2 else f"patient-{index}@example.org"
            identity = Identity(name, phone, email, None, whom, caller, reminder=bool(email))
            await book(store, config.practice, identity, language, index)
    finally:
        await store.close()


async def book(
    store: Store, practice: Practice, identity: Identity, language: str, index: int
) -> None:
    """Book one of the free times of one of the visits, further on for each patient."""
    now = int(time.time())
    visit = practice.visits[index % len(practice.visits)]
    first, last = calendar.horizon(practice, visit, now)
    busy = await store.busy(now, now + visit.horizon_days * DAY)
    free = (
        slot
        for day in days_between(first, last)
        for slot in calendar.offered_on(day, practice, visit, busy, now)
    )
    for slot in islice(free, 4 * index + 1, 4 * index + 2):
        start, number = rfc3339(slot.start), secrets.token_hex(16)
        request = Request(identity, visit.id, start, language, number)
        keys = [recipient.key for recipient in practice.sealed_to]
        envelope = seal(request.to_json(), keys)
        cells = slot.cells(visit.before, visit.after)
        await store.book([secrets.token_bytes(16)], slot, cells, State.CONFIRMED, envelope)


def serve(app: ASGIApp, listener: socket.socket) -> None:
    """Site and endpoint in one process, until told to stop."""
    settings = uvicorn.Config(app, http="httptools", access_log=False, log_level="warning")
    try:
        uvicorn.Server(settings).run(sockets=[listener])
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
