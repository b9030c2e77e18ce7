"""Whether a known hole is in a package of the locks: pip-audit, asked strictly.

It needs the network, and is a tool of its own: it is run by `uvx`, or as it is installed.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from deploy.kit.sbom import FILES

PIP_AUDIT = "pip-audit==2.10.1"
FOUND, UNKNOWN = 1, 3

STRICT = (
    "--strict",
    "--require-hashes",
    "--disable-pip",
    "--progress-spinner=off",
    "--format=json",
)
"""Without `--strict` it ends with 0 also where it could look nothing up."""


class NoAnswer(RuntimeError):
    """Nothing is known, neither good nor bad; says why."""


def look(root: Path) -> int:
    """Ask about all that is locked: 0 when nothing is known, 1 when a hole is, 3 without data."""
    try:
        holes = list(read(ask(root / FILES["checks"])))
    except NoAnswer as error:
        print(f"Not looked up, so nothing is said of it: {error}", file=sys.stderr)
        print("Try again where the network lets it through.", file=sys.stderr)
        return UNKNOWN
    for hole in holes:
        print(hole)
    print(f"{len(holes)} known holes in the packages of {FILES['checks']}.")
    return FOUND if holes else 0


def program() -> list[str]:
    """How pip-audit is started here. Raises NoAnswer where it cannot be."""
    if found := shutil.which("pip-audit"):
        return [found]
    if uvx := shutil.which("uvx"):
        return [uvx, PIP_AUDIT]
    raise NoAnswer("neither pip-audit nor uv is installed")


def ask(lock: Path) -> str:
    """What pip-audit prints; on a failure it prints nothing there, and NoAnswer is raised."""
    done = subprocess.run(
        [*program(), *STRICT, "--requirement", str(lock)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if not done.stdout.strip():
        raise NoAnswer((done.stderr.strip() or "pip-audit says nothing").splitlines()[-1])
    return done.stdout


def read(answer: str) -> Iterator[str]:
    """A line for each hole. Raises NoAnswer for what is no answer, or leaves a package out."""
    try:
        for package in json.loads(answer)["dependencies"]:
            for hole in package["vulns"]:
                mended = ", ".join(hole["fix_versions"]) or "no version yet"
                name = f"{package['name']} {package['version']}"
                yield f"{name}: {hole['id']}; mended in {mended}"
    except (ValueError, LookupError, TypeError):
        raise NoAnswer("pip-audit's answer cannot be read") from None
