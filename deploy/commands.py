"""Other programs, run from the project's folder. Standard library only: a bare Python has it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]

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
