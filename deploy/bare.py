"""What a bare Python can do: run commands, bring .venv into being. Standard library only."""

import hashlib
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from typing import NoReturn
from venv import EnvBuilder

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "locks.sha256"
RUN_LOCK = ROOT / "requirements.txt"
TEST_LOCK = ROOT / "tests" / "requirements.txt"
"""All that the run lock holds, and the checks' tools."""

Word = str | Path


def say(message: str) -> None:
    print(f"souspli: {message}", flush=True)


def call(*command: Word) -> int:
    """Run a command to its end; its exit code. Ctrl-C reaches it too: let it finish."""
    with subprocess.Popen(command, cwd=ROOT) as running:
        while True:
            try:
                code = running.wait()
            except KeyboardInterrupt:
                continue
            return code if code >= 0 else 128 - code  # ended by a signal: as a shell says it


def become(*command: Word) -> NoReturn:
    """End as this command: the terminal, its signals and the exit code are the command's own."""
    if os.name == "nt":  # exec there hands the terminal back before the command has ended
        sys.exit(call(*command))
    sys.stdout.flush()
    os.chdir(ROOT)
    os.execv(command[0], command)  # noqa: S606 -- no shell is wanted


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
