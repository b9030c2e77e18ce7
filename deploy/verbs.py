"""The verbs of tasks.py: how each is started; what it does is known elsewhere."""

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from time import monotonic

from invoke.collection import Collection
from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import task

from deploy.bootstrap_verb import bootstrap
from deploy.calendar_verbs import calendar
from deploy.commands import become, call, say
from deploy.evening_verbs import numbers, remind, sheet
from deploy.key_verbs import FACTS, keys, server_at
from deploy.kit_verbs import audit_packages, release, sbom, upgrade, verify_release
from deploy.publish_verbs import backup, logs, publish, restore, rollback, status


@task(
    help={
        "output": "the folder to write",
        "cold": "make everything anew, whatever earlier builds have kept",
    }
)
def build(_: Context, output: str = "output", cold: bool = False) -> None:
    """Turn content/ into the static site; what has not changed is not made again."""
    become(sys.executable, "-m", "deploy.build", "--output", output, *["--cold"] * cold)


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


@task(
    name="import",
    positional=["source"],
    help={
        "source": "a WordPress export (.xml), or a folder of HTML pages (wget --mirror)",
        "lang": "the language of pages that name none, such as fr",
        "pictures": "the folder wp-content/uploads, for a WordPress export",
        "dry-run": "say what would be written, and write nothing",
    },
)
def move_in(
    _: Context, source: str, lang: str = "", pictures: str = "", dry_run: bool = False
) -> None:
    """An older site moves in: its pages as Markdown to complete, its addresses as redirects."""
    told = {"--lang": lang, "--pictures": pictures}
    words = [word for name, text in told.items() if text for word in (name, text)]
    trial = ["--dry-run"] if dry_run else []
    become(sys.executable, "-m", "deploy.importing", source, *words, *trial)


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
        "lock-after": "minutes without anybody after which it locks itself",
        "open": "show it in the browser",
        "pair": "the file to write for the secretary's computer, instead of opening; wants `host`",
    }
)
def desk(
    _: Context,
    key: str = "",
    practice: str = "",
    database: str = ".demo/bookings.db",
    host: str = "",
    lock_after: int = 15,
    open: bool = True,
    pair: str = "",
) -> None:
    """The doctor's local page: opens the sealed bookings with the private key. Ctrl-C ends it."""
    if pair:
        return invite(pair, key, practice, host)
    key = key or ".demo/key.pem"
    if not Path(key).exists():
        raise Exit(f"there is no key at {key}; for the demo's, start `demo` once", code=2)
    quiet = [] if open else ["--no-open"]
    facts = practice or ".demo/practice.toml"
    words = ("--key", key, "--practice", facts, *server_at(database, host), *quiet)
    become(sys.executable, "-m", "desk", "serve", *words, "--lock-after", str(lock_after))


def invite(file: str, folder: str, practice: str, host: str) -> None:
    """A file that makes a desk of the secretary's computer."""
    if not host:
        raise Exit("say which server the desk shall reach, as ssh knows it: --host NAME", code=2)
    words = [*(["--folder", folder] if folder else []), "--practice", practice or FACTS]
    become(sys.executable, "-m", "desk", "pair", file, *words, "--host", host)


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
    words = ("--seen", seen or ".demo/audit.seen", *server_at(database, host))
    become(sys.executable, "-m", "desk", "audit", *words)


@task(
    help={
        "url": "the live site, such as https://dr-example.fr",
        "site": "a built site, instead of building it anew",
        "practice": "the facts file",
    }
)
def verify(_: Context, url: str, site: str = "", practice: str = FACTS) -> None:
    """Compare a live site with what would be published from here, byte for byte."""
    built = ("--site", site) if site else ()
    become(sys.executable, "-m", "deploy.verify", url, "--practice", practice, *built)


@task(
    help={
        "explain": "a rule, by its id: what it asks, why, and how to set it aside",
        "only": "a rule, by its id, to look with alone",
        "site": "a built site, instead of building it anew",
        "practice": "the facts file",
    }
)
def check(
    _: Context,
    explain: str = "",
    only: str = "",
    site: str = "",
    practice: str = "content/practice.toml",
) -> None:
    """What law, ethics and care ask of facts, texts and site; ends with 1 on errors."""
    words = {"explain": explain, "only": only, "site": site, "practice": practice}
    told = [word for name, value in words.items() if value for word in (f"--{name}", value)]
    become(sys.executable, "-m", "deploy.check", *told)


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
    practice: str = FACTS,
    date: str = "",
) -> None:
    """The doctor's papers in French, from the facts: register, DPIA, breaches, security."""
    dated = ("--date", date) if date else ()
    words = ("--output", output, "--practice", practice, *dated)
    become(sys.executable, "-m", "deploy.documents", *words)


EVERY_CORE = ("-n", str((os.cpu_count() or 1) + 1), "--dist", "loadfile", "--no-loadscope-reorder")
"""One more than there are cores, since many a test waits; what a file sets up is set up once."""


@task(help={"only": "the tests to run, a folder or a file, after all other checks"})
def test(_: Context, only: str = "tests") -> None:  # noqa: PT028 -- a verb, not a test
    """Every check, as CI runs them: ruff, mypy, pytest. The first that fails ends it."""
    if not find_spec("pytest"):
        raise Exit("The checks' tools are not in .venv yet: python3 tasks.py test", code=1)
    chromium()
    passes("ruff check")
    passes("ruff format --check")
    passes("mypy")
    passes("pytest", *(EVERY_CORE if only == "tests" else ()), only)


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
    move_in,
    desk,
    check,
    verify,
    audit,
    remind,
    sheet,
    numbers,
    documents,
    bootstrap,
    publish,
    rollback,
    backup,
    restore,
    status,
    logs,
    upgrade,
    sbom,
    audit_packages,
    release,
    verify_release,
    test,
    bench,
    keys=keys,
    calendar=calendar,
)


def passes(module: str, *words: str) -> None:
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
