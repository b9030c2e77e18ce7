"""The verbs: `python3 tasks.py VERB` on any machine, `invoke VERB` inside .venv.

Knows how each verb is started; what a verb does is known elsewhere, and in deploy/bare.py how
.venv comes to be.
The first half runs on a bare Python: until `invoke` is imported, the standard library only.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 -- an older Python does get as far as this line
    sys.exit(
        "Souspli needs Python 3.11 or newer; this is Python %d.%d.\n"  # noqa: UP031 -- for it too
        "Start it with a newer one (python3.13 tasks.py demo), or let uv bring one:\n"
        "uv run --no-project --python 3.13 tasks.py demo" % sys.version_info[:2]
    )

import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from typing import NoReturn

from deploy.bare import PYTHON, RUN_LOCK, TEST_LOCK, become, call, prepare, say


def as_invoke_says(words: list[str]) -> list[str]:
    """`keys rotate` is one verb to a person, and `keys.rotate` to invoke."""
    if words[:1] == ["keys"] and words[1:] and not words[1].startswith("-"):
        return [f"keys.{words[1]}", *words[2:]]
    return words


def start(words: list[str]) -> NoReturn:
    """From a bare Python to invoke in .venv; without a verb, to the list of verbs."""
    try:
        prepare(TEST_LOCK if {"test", "bench"} & set(words) else RUN_LOCK)
        become(PYTHON, "-m", "invoke", *(as_invoke_says(words) or ["--list"]))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    start(sys.argv[1:])

# What follows needs .venv, which a bare Python has just left for.
from invoke.collection import Collection  # noqa: E402
from invoke.context import Context  # noqa: E402
from invoke.exceptions import Exit  # noqa: E402
from invoke.tasks import task  # noqa: E402


@task(help={"output": "the folder to write"})
def build(_: Context, output: str = "output") -> None:
    """Turn content/ into the static site."""
    facts = os.environ.get("BOOKING_PRACTICE", "content/practice.toml")
    if code := call(sys.executable, "-m", "deploy.reminders", facts):
        raise Exit(code=code)
    words = ("content", "-s", "pelicanconf.py", "-o", output)
    code = call(sys.executable, "-m", "pelican", *words)
    if code:
        raise Exit(code=code)


@task(help={"port": "the port of 127.0.0.1 to serve on", "open": "show it in the browser"})
def serve(_: Context, port: int = 8000, open: bool = True) -> None:
    """The site while you write: built anew at each save, mistakes on the page. Ctrl-C ends it."""
    quiet = [] if open else ["--no-open"]
    become(sys.executable, "-m", "deploy.serve", "--port", str(port), *quiet)


@task(
    positional=["kind"],
    help={
        "kind": "page or article",
        "title": "its title; each of these is asked for unless said",
        "key": "the name of its file, without language and .md",
        "lang": "its language, such as fr; the practice's first unless said",
        "summary": "one sentence that says what it is about",
        "author": "who writes it",
        "topic": "what it stands under",
        "interests": "the author's links of interest, or none",
        "source": "one or several, each Title | Publisher | date | https://…",
    },
    iterable=["source"],
)
def new(
    _: Context,
    kind: str,
    source: list[str],
    title: str = "",
    key: str = "",
    lang: str = "",
    summary: str = "",
    author: str = "",
    topic: str = "",
    interests: str = "",
) -> None:
    """Begin a page or an article: asks a few things, and writes a file that builds at once."""
    told = {"title": title, "key": key, "lang": lang, "summary": summary, "author": author}
    said = {**told, "topic": topic, "interests": interests}
    words = [word for name, text in said.items() if text for word in (f"--{name}", text)]
    words += [word for text in source for word in ("--source", text)]
    become(sys.executable, "-m", "deploy.new", kind, *words)


@task(help={"port": "the port of 127.0.0.1 to serve on", "open": "show it in the browser"})
def demo(_: Context, port: int = 8080, open: bool = True) -> None:
    """Site and booking endpoint on this machine, to look at and to book in. Ctrl-C ends it."""
    quiet = [] if open else ["--no-open"]
    become(sys.executable, "-m", "deploy.demo", "--port", str(port), *quiet)


@task(
    help={
        "key": "a private key, or a folder of them; the demo's unless said",
        "practice": "the facts file; the demo's unless said",
        "database": "the endpoint's database on this machine; the demo's unless said",
        "host": "the endpoint's server, as ssh knows it, instead of a database",
        "open": "show it in the browser",
    }
)
def desk(
    _: Context,
    key: str = ".demo/key.pem",
    practice: str = ".demo/practice.toml",
    database: str = ".demo/bookings.db",
    host: str = "",
    open: bool = True,
) -> None:
    """The doctor's local page: opens the sealed bookings with the private key. Ctrl-C ends it."""
    if not Path(key).exists():
        raise Exit(f"there is no key at {key}; for the demo's, start `demo` once", code=2)
    where = ("--host", host) if host else ("--database", database)
    quiet = [] if open else ["--no-open"]
    words = ("--key", key, "--practice", practice, *where, *quiet)
    become(sys.executable, "-m", "desk", "serve", *words)


WORKSHOP = {
    "role": "whose key: doctor, secretary or recovery (which lies on paper alone)",
    "practice": "the facts file, which will name the public half",
    "folder": "where the key files lie; ~/souspli-keys unless said",
    "database": "the endpoint's database on this machine, to see first that every booking opens",
    "host": "the endpoint's server, as ssh knows it, for the same",
    "open": "show the page to print in the browser",
}
FACTS = "content/practice.toml"


def workshop(
    act: str, role: str, practice: str, folder: str, server: list[str], open: bool
) -> None:
    """One act on the keys of a practice, at this terminal."""
    words = [*(["--folder", folder] if folder else []), *server, *([] if open else ["--no-open"])]
    become(
        sys.executable, "-m", "desk", "keys", act, "--role", role, "--practice", practice, *words
    )


def server_at(database: str, host: str) -> list[str]:
    return ["--host", host] if host else ["--database", database] if database else []


@task(default=True, help={name: WORKSHOP[name] for name in ("role", "practice", "folder", "open")})
def make(
    _: Context, role: str = "doctor", practice: str = FACTS, folder: str = "", open: bool = True
) -> None:
    """Make a key: its file under a passphrase, its paper, and its public half in the facts."""
    workshop("make", role, practice, folder, [], open)


@task(help=WORKSHOP)
def rotate(
    _: Context,
    role: str = "doctor",
    practice: str = FACTS,
    folder: str = "",
    database: str = "",
    host: str = "",
    open: bool = True,
) -> None:
    """A new key in the place of an old one, which goes on opening what it opened."""
    workshop("rotate", role, practice, folder, server_at(database, host), open)


@task(help={name: WORKSHOP[name] for name in ("practice", "folder")})
def restore(_: Context, practice: str = FACTS, folder: str = "") -> None:
    """A key from its paper, under a new passphrase: computer lost, passphrase forgotten."""
    workshop("restore", "doctor", practice, folder, [], False)


@task(help={name: text for name, text in WORKSHOP.items() if name != "open"})
def remove(
    _: Context,
    role: str = "secretary",
    practice: str = FACTS,
    folder: str = "",
    database: str = "",
    host: str = "",
) -> None:
    """Seal to a role no more: the secretary who leaves, a recovery that is given up."""
    workshop("remove", role, practice, folder, server_at(database, host), False)


@task(
    help={
        "seen": "keeps the last digest on this machine; the demo's unless said",
        "database": "the endpoint's database on this machine; the demo's unless said",
        "host": "the endpoint's server, as ssh knows it; needs a `seen` of its own",
    }
)
def audit(_: Context, seen: str = "", database: str = ".demo/bookings.db", host: str = "") -> None:
    """Whether anybody changed the log of what the doctor and the deployer did."""
    if host and not seen:
        raise Exit("say where to keep the last digest of this server: --seen FILE", code=2)
    where = ("--host", host) if host else ("--database", database)
    become(sys.executable, "-m", "desk", "audit", "--seen", seen or ".demo/audit.seen", *where)


@task(
    help={
        "url": "the live site, such as https://dr-example.fr",
        "site": "a built site, instead of building it anew",
        "practice": "the facts file",
    }
)
def verify(_: Context, url: str, site: str = "", practice: str = "content/practice.toml") -> None:
    """Compare a live site with what would be published from here, byte for byte."""
    built = ("--site", site) if site else ()
    become(sys.executable, "-m", "deploy.verify", url, "--practice", practice, *built)


@task(
    help={
        "output": "the folder to write",
        "practice": "the facts file",
        "date": "the day they are dated, such as 2026-11-20; today unless said",
    }
)
def documents(
    _: Context,
    output: str = "documents",
    practice: str = "content/practice.toml",
    date: str = "",
) -> None:
    """The doctor's papers in French, from the facts: register, DPIA, breaches, security."""
    dated = ("--date", date) if date else ()
    words = ("--output", output, "--practice", practice, *dated)
    become(sys.executable, "-m", "deploy.documents", *words)


@task(help={"only": "the tests to run, a folder or a file, after all other checks"})
def test(_: Context, only: str = "tests") -> None:  # noqa: PT028 -- a verb, not a test
    """Every check, as CI runs them: ruff, mypy, pytest. The first that fails ends it."""
    if not find_spec("pytest"):
        raise Exit("The checks' tools are not in .venv yet: python3 tasks.py test", code=1)
    chromium()
    check("ruff check")
    check("ruff format --check")
    check("mypy")
    check("pytest", only)


@task(help={"only": "the one benchmark to run; its figures are printed, not written"})
def bench(_: Context, only: str = "") -> None:
    """Measure everything in one run and write docs/BENCH.md: six minutes on an idle machine."""
    code = call(sys.executable, "-m", "tests.bench", *(("--only", only) if only else ()))
    if code:
        raise Exit(code=code)


namespace = Collection(
    build,
    demo,
    serve,
    new,
    desk,
    verify,
    audit,
    documents,
    test,
    bench,
    keys=Collection(make, rotate, restore, remove),
)


def check(module: str, *words: str) -> None:
    started = monotonic()
    say(module)
    code = call(sys.executable, "-m", *module.split(), *words)
    say(f"{module}: {'not in order' if code else 'in order'}, {monotonic() - started:.1f} s")
    if code:
        raise Exit(code=code)


def chromium() -> str:
    """The browser that the checks drive: what CHROMIUM names, or one on the PATH."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not found:
        raise Exit(
            "The checks need Chromium. On Debian, as root:\n"
            "apt-get install -y chromium fonts-dejavu-core",
            code=1,
        )
    return found
