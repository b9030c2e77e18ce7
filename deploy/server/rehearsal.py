"""A new endpoint is tried before anything is switched: what it needs, and the database's copy."""

import os
import subprocess
from pathlib import Path

from deploy.server.outcomes import Outcome, Stopped
from deploy.server.release import LOCK
from deploy.server.room import Room, read
from deploy.server.settings import Settings

PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet", "install")
ONLY = ("--no-cache-dir", "--only-binary", ":all:", "--require-hashes", "--requirement")
MINUTES = 10
"""In which packages must have come; a rehearsal must have ended."""


def furnish(room: Room, settings: Settings, release: Path) -> None:
    """Link the release's virtual environment; make it where the lock is new. Raises Stopped."""
    lock = read(release).lock
    if not lock:
        return
    venv = room.venvs / lock[:12]
    if not venv.exists():
        fresh = room.coming / venv.name
        run("python3-venv is missing there", settings.python, "-m", "venv", str(fresh))
        python = str(fresh / "bin" / "python")
        run("its packages did not come", python, *PIP, *ONLY, str(release / LOCK))
        os.sync()
        fresh.rename(venv)
    (release / "venv").symlink_to(Path("..", "..", "venvs", venv.name))


def rehearse(settings: Settings, release: Path) -> None:
    """Start it but for listening, on a copy of the database, migrations included; or Stopped."""
    words = ("--release", release.name, "check", "--copy")
    run("its endpoint failed the rehearsal", *settings.run_endpoint, *words)


def run(wrong: str, *command: str) -> None:
    environ = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}
    pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    try:
        done = subprocess.run(
            command,
            env=environ | pip,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=60 * MINUTES,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Stopped(Outcome.UNFIT, f"{wrong} ({type(error).__name__})") from None
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip() or "no word").splitlines()
        why = next((line for line in lines if line.startswith("ERROR: ")), lines[-1])
        plain = "".join(sign for sign in why[:300] if sign.isprintable())
        raise Stopped(Outcome.UNFIT, f"{wrong}: {plain}. Nothing was switched")
