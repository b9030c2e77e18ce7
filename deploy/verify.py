"""Is a live site what the doctor published? Fetches every file of it and compares, byte for byte.

Shows what this machine is served now. It cannot show what somebody else is served.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from email.message import Message
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import HTTPRedirectHandler, Request, build_opener

from booking_endpoint.envelope import fingerprint
from booking_endpoint.headers import HEADERS, headers_of_pages
from booking_endpoint.practice import Practice
from booking_endpoint.reading import BadPractice, read_practice
from deploy.reminders import remind
from deploy.writer import told

ROOT = Path(__file__).parents[1]
WAIT = 20
"""Seconds for one file."""

BARE = (
    "This host sends no headers of ours. The policy that each page carries holds. Not held without"
    " headers: that nobody frames a page, that browsers come by HTTPS alone, that types are not"
    " guessed. A host that reads _headers, or one that lets you set headers, does better."
)

AT_ONCE = 8
SEALED_TO = re.compile(rb'data-(?:recipients|hybrid)="([^"]*)"')
LEADS_ON = re.compile(rb'<meta http-equiv="refresh"[^>]*>\s*<link rel="canonical" href="([^"]+)">')
NOT_SERVED = "shell/"
"""The endpoint's own pages are made around these; no web server needs to show them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said; status 0 when it said nothing that can be read."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Fetch = Callable[[str], Answer]


def main(arguments: Sequence[str]) -> int:
    """0 when all is as published, 1 when something differs, 2 when nothing can be compared."""
    asked = parser().parse_args(arguments)
    try:
        practice = read_practice(asked.practice.read_text("utf-8"), str(asked.practice))
    except (BadPractice, OSError, UnicodeDecodeError) as error:
        print(told(error, asked.practice), file=sys.stderr)
        return 2
    remind(practice, date.today())  # noqa: DTZ011 -- the day of whoever asks
    with tempfile.TemporaryDirectory() as folder:
        site = asked.site or build(asked.practice, Path(folder) / "site")
        if site is None or not (site / "index.html").is_file():
            print(f"{site or asked.practice}: there is no site to compare with", file=sys.stderr)
            return 2
        return report(practice, site, asked.url.rstrip("/"), fetch)


def parser() -> argparse.ArgumentParser:
    described = argparse.ArgumentParser(prog="verify", description=__doc__)
    described.add_argument("url", help="the live site, such as https://dr-example.fr")
    described.add_argument("--practice", type=Path, default=ROOT / "content" / "practice.toml")
    described.add_argument("--site", type=Path, help="a built site, instead of building it anew")
    return described


def build(facts: Path, site: Path, content: Path = ROOT / "content") -> Path | None:
    """The site as `publish` builds it; None when it cannot be built, which Pelican has said."""
    words = (str(content.resolve()), "-s", "publishconf.py", "-o", str(site))
    command = [sys.executable, "-m", "pelican", *words]
    environ = {**os.environ, "BOOKING_PRACTICE": str(facts.resolve())}
    done = subprocess.run(command, cwd=ROOT, env=environ, check=False)
    return site if done.returncode == 0 else None


def report(practice: Practice, site: Path, url: str, fetch: Fetch) -> int:
    """Compare, and say on one screen what came out."""
    files = addresses(site)
    print(f"Comparing {len(files)} files with {url} …", flush=True)
    with ThreadPoolExecutor(AT_ONCE) as together:
        answers = dict(zip(files, together.map(lambda path: fetch(url + path), files), strict=True))
    if not any(answer.status for answer in answers.values()):
        print(f"{url} does not answer. Check the address and your line.", file=sys.stderr)
        return 2
    bare = served_bare(practice, answers.values())
    wanted = {} if bare else headers_of_pages(practice.legal.booking_url)
    wrong = [
        *(
            line
            for path, file in files.items()
            for line in differences(path, file, answers[path], wanted)
        ),
        *wrong_keys(practice, answers),
        *wrong_endpoint(practice, url, fetch),
    ]
    for line in wrong[:20]:
        print(f"  {line}")
    if len(wrong) > 20:
        print(f"  and {len(wrong) - 20} more")
    for recipient in practice.recipients:
        print(f"The key of the {recipient.role}: {fingerprint(recipient.key)}")
    if wrong:
        print("NOT as published. Until you know why, take bookings by phone, and publish again.")
        return 1
    print("As published: pages, scripts, headers, keys and the endpoint's facts.")
    if bare:
        print(BARE)
    print("This is what you are served, here and now; somebody else may be served something else.")
    return 0


def addresses(site: Path) -> dict[str, Path]:
    """Every file of a built site, by the address it is served at."""
    found = {}
    for file in sorted(path for path in site.rglob("*") if path.is_file()):
        path = file.relative_to(site).as_posix()
        if not path.startswith(NOT_SERVED):
            found["/" + quote(path.removesuffix("index.html"))] = file
    return found


def served_bare(practice: Practice, answers: Iterable[Answer]) -> bool:
    """Whether a host of pages alone sends no header of ours at all: it cannot, or was not told.

    Where the endpoint has the same origin, somebody has set up that server, and it must.
    """
    names = {name.lower() for name in HEADERS}
    return practice.apart and not any(names & answer.headers.keys() for answer in answers)


def differences(path: str, file: Path, answer: Answer, headers: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with one file as it is served."""
    if answer.status == 301 and answer.headers.get("location") == leads_on(file):
        return  # the web server was told to, as the page itself would
    if answer.status != 200:
        yield f"{path}: {answer.status or 'no answer'} instead of the file"
        return
    wanted = file.read_bytes()
    if answer.body != wanted:
        yield f"{path}: differs from line {first_difference(wanted, answer.body)} on"
    missing = [name for name, value in headers.items() if answer.headers.get(name.lower()) != value]
    if missing:
        yield f"{path}: served without {', '.join(missing)}"


def leads_on(file: Path) -> str | None:
    """Where a page of an older address leads; None for any other file."""
    found = LEADS_ON.search(file.read_bytes())
    return found[1].decode() if found else None


def first_difference(one: bytes, other: bytes) -> int:
    """The first line, counted from one, in which two files differ."""
    lines, others = one.split(b"\n"), other.split(b"\n")
    same = (line == their for line, their in zip(lines, others, strict=False))
    return next((number for number, equal in enumerate(same, 1) if not equal), len(others))


def wrong_keys(practice: Practice, answers: Mapping[str, Answer]) -> Iterator[str]:
    """Pages that seal to other keys than the practice's: the worst there is, so said by name."""
    wanted = {
        " ".join(one.point for one in practice.sealed_to),
        " ".join(one.hybrid for one in practice.sealed_to),
    }
    for path, answer in answers.items():
        if {found.decode("utf-8", "replace") for found in SEALED_TO.findall(answer.body)} - wanted:
            yield f"{path}: SEALS TO OTHER KEYS than those of the practice"


def wrong_endpoint(practice: Practice, url: str, fetch: Fetch) -> Iterator[str]:
    """What the endpoint says that the facts do not, for the first visit; or that there is one."""
    online, visit = practice.rules.online_booking, practice.visits[0]
    if online and not practice.recipients:
        return
    path = f"{practice.endpoint}/availability?visit={visit.id}&days=1"
    answer = fetch(path if practice.legal.booking_url else url + path)
    if not online:
        if answer.status == 200:
            yield f"{path}: AN ENDPOINT ANSWERS, though this practice takes no bookings online"
        return
    try:
        told = json.loads(answer.body) if answer.status == 200 else {}
    except ValueError:
        told = {}
    wanted = {"visit": visit.id, "zone": practice.zone.key, "minutes": visit.minutes}
    if not isinstance(told, dict) or {name: told.get(name) for name in wanted} != wanted:
        yield f"{path}: the endpoint does not answer as the facts say ({answer.status})"


class Stays(HTTPRedirectHandler):
    """A page that sends elsewhere is not the page that was published."""

    def redirect_request(self, *_: object) -> None:
        return None


def fetch(url: str) -> Answer:
    """One address, as a browser without a script asks for it."""
    if not url.startswith(("https://", "http://")):
        return Answer(0, {}, b"")
    request = Request(url, headers={"Accept-Encoding": "identity"})  # noqa: S310 -- see above
    try:
        with build_opener(Stays).open(request, timeout=WAIT) as told:
            return Answer(told.status, lowered(told.headers), told.read())
    except HTTPError as error:
        return Answer(error.code, lowered(error.headers), error.read())
    except (OSError, HTTPException):
        return Answer(0, {}, b"")


def lowered(headers: Message) -> dict[str, str]:
    """Headers by their names in small letters, in which HTTP/2 sends them."""
    return {name.lower(): value for name, value in headers.items()}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
