"""The verbs: `python3 tasks.py VERB` on any machine, `invoke VERB` inside .venv.

Knows how .venv comes to be; the verbs are in deploy/verbs.py. All but the last line runs on a
bare Python, with the standard library only.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 -- an older Python does get as far as this line
    sys.exit(
        "Souspli needs Python 3.11 or newer; this is Python %d.%d.\n"  # noqa: UP031 -- for it too
        "Start it with a newer one (python3.13 tasks.py demo), or let uv bring one:\n"
        "uv run --no-project --python 3.13 tasks.py demo" % sys.version_info[:2]
    )

import hashlib
import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from typing import NoReturn
from venv import EnvBuilder

from deploy.commands import ROOT, Word, become, call, say

VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "locks.sha256"
RUN_LOCK = ROOT / "requirements.txt"
TEST_LOCK = ROOT / "tests" / "requirements.txt"
"""All that the run lock holds, and the checks' tools."""
AT_HOST = ("publish", "rollback", "status", "logs")
"""Verbs whose first word may be the server's name."""


def digest(lock: Path) -> str:
    """What .venv is made from: a lock, and the Python that installs it."""
    return hashlib.sha256(b"%d.%d " % sys.version_info[:2] + lock.read_bytes()).hexdigest()


def prepare(lock: Path) -> None:
    """See that .venv holds what the lock names; at once, if the stamp says that it does.

    The stamp goes first and comes back last, so an install that was interrupted has none.
    Without the run lock's digest in it, .venv is made anew: nothing old or half done stays.
    """
    installed = STAMP.read_text().split() if STAMP.exists() else []
    if PYTHON.exists() and digest(lock) in installed:
        return
    started, uv = monotonic(), shutil.which("uv")
    STAMP.unlink(missing_ok=True)
    if Path(sys.prefix).resolve() != VENV:  # else we run inside it: keep it
        make_venv(uv, anew=digest(RUN_LOCK) not in installed)
    say(f"installing {lock.relative_to(ROOT).as_posix()}, every file checked against its hash")
    if uv:
        pip: list[Word] = [uv, "pip", "install", "--python", PYTHON]
    else:
        pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install"]
    must(*pip, "--require-hashes", "-r", lock)
    STAMP.write_text("\n".join({digest(RUN_LOCK), digest(lock)}))
    say(f"ready after {monotonic() - started:.0f} s; the next start is instant")


def make_venv(uv: str | None, *, anew: bool) -> None:
    if anew:
        say(f"making .venv with Python {sys.version.split()[0]}")
    if uv:
        kept = "--clear" if anew else "--allow-existing"
        must(uv, "venv", "--quiet", kept, "--python", sys.executable, VENV)
    elif find_spec("ensurepip"):
        EnvBuilder(clear=anew, symlinks=os.name != "nt", with_pip=True).create(VENV)
    else:
        sys.exit(
            "This Python cannot put pip into .venv. On Debian or Ubuntu, as root:\n"
            "apt install python3-venv"
        )


def must(*command: Word) -> None:
    """Run a step of the install; without it there is no going on."""
    code = call(*command)
    if code:
        say("stopped before .venv was ready; the same command begins it anew")
        sys.exit(code)


def as_invoke_says(words: list[str]) -> list[str]:
    """`keys rotate` is one verb to a person, and `keys.rotate` to invoke.

    So is a host that need not be named: invoke knows no word that may be left out.
    """
    if words[:1] in (["keys"], ["calendar"]) and words[1:] and not words[1].startswith("-"):
        return [f"{words[0]}.{words[1]}", *words[2:]]
    if words[:1] and words[0] in AT_HOST and words[1:] and not words[1].startswith("-"):
        return [words[0], "--host", *words[1:]]
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
from deploy.verbs import chromium, namespace  # noqa: E402

__all__ = ["as_invoke_says", "chromium", "namespace"]
