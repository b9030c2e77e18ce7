"""Make a bare Debian the practice's server: show what would change, ask, and carry it out."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

from booking_endpoint.reading import BadPractice, read_practice
from deploy.bootstrap import there
from deploy.bootstrap.wanted import (
    BOOKING,
    PROGRAMS,
    ROLES,
    PublicKey,
    Role,
    Settings,
    Unfit,
    Wanted,
    wanted,
)
from deploy.far import Done, Far, run
from deploy.writer import told

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
NO_PYTHON = 127
"""What a shell ends with when it finds no such program (POSIX)."""

REFUSED, PLANNED = there.REFUSED, there.PLANNED


def main(arguments: Sequence[str]) -> int:
    """0 when all is as it shall be, 1 when a step failed, 2 when refused, 10 when only planned."""
    asked = parser().parse_args(arguments)
    try:
        practice = read_practice(asked.practice.read_text("utf-8"), str(asked.practice))
        address = practice.legal.booking_url or practice.legal.site_url
        settings = Settings(
            domain=asked.domain or urlsplit(address).hostname or "",
            prefix=practice.rules.prefix,
            online=practice.rules.online_booking,
            endpoint=practice.legal.booking_url,
            pages=practice.legal.site_url,
            keys=read_keys(asked),
            certificate=read(asked.certificate),
            certificate_key=read(asked.certificate_key),
            certbot=asked.certbot,
        )
        return settle(asked.host, settings, asked.apply)
    except (Unfit, Far) as error:
        print(error, file=sys.stderr)
    except (BadPractice, OSError, UnicodeDecodeError) as error:
        print(told(error, asked.practice), file=sys.stderr)
    return REFUSED


def parser() -> argparse.ArgumentParser:
    described = argparse.ArgumentParser(prog="bootstrap", description=__doc__)
    described.add_argument("host", help="as ssh knows it; root unless it names a user")
    described.add_argument(
        "--domain",
        default="",
        help="the site's, or the endpoint's where it has its own; else that of the facts",
    )
    described.add_argument("--certificate", type=Path, help="a PEM file, the chain included")
    described.add_argument("--certificate-key", type=Path, help="its private key, a PEM file")
    described.add_argument("--certbot", default="", metavar="MAIL", help="ask Let's Encrypt")
    for role in ROLES:
        what = f"a public key that may do what `{role}` may; may be given again"
        described.add_argument(f"--{role}-key", action="append", default=[], type=Path, help=what)
    described.add_argument("--apply", action="store_true", help="do not ask before changing it")
    described.add_argument("--practice", type=Path, default=ROOT / "content" / "practice.toml")
    return described


def read(path: Path | None) -> str:
    return path.read_text("utf-8") if path else ""


def read_keys(asked: argparse.Namespace) -> Mapping[Role, tuple[PublicKey, ...]]:
    paths = {role: getattr(asked, f"{role}_key") for role in ROLES}
    return {
        role: tuple(PublicKey.read(read(path), str(path)) for path in named)
        for role, named in paths.items()
    }


def texts() -> dict[str, str]:
    """The files that go to a server, by where they go."""
    etc = {path: Path("/etc", path.relative_to(HERE / "etc")) for path in tree(HERE / "etc")}
    ours = {
        path: Path(PROGRAMS, path.name if not path.suffix else path.relative_to(ROOT))
        for path in tree(ROOT / "deploy" / "server")
    }
    booking = {ROOT / "deploy" / "nginx" / "booking.conf": Path(BOOKING)}
    found = etc | ours | booking
    return {to.as_posix(): path.read_text("utf-8") for path, to in found.items()}


def tree(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return [path for path in found if "__pycache__" not in path.parts]


def settle(host: str, settings: Settings, at_once: bool) -> int:
    """Plan, ask, apply."""
    shall = wanted(settings, texts())
    for role, keys in settings.keys.items():
        for key in keys:
            print(f"key for {role}: {key.fingerprint}")
    plan = far(host, shall, "plan")
    if ended(plan) != PLANNED:
        return plan.code
    if not at_once and not yes(f"Change {host} in this way?"):
        return PLANNED
    print(f"Changing {host}; packages may take a minute …", flush=True)
    return ended(far(host, shall, "apply"))


def far(host: str, shall: Wanted, act: str) -> Done:
    """Send the program with what it shall see to; nothing of it is a word of a command."""
    user, _, _ = host.rpartition("@")
    command = "python3 -" if user in ("", "root") else "sudo -n python3 -"
    bundle = json.dumps(asdict(shall))
    program = (HERE / "there.py").read_text("utf-8")
    start = f"\nimport json, sys\nsys.exit(main(json.loads({bundle!r}), {act!r}))\n"
    return run(host if user else f"root@{host}", command, [(program + start).encode()])


def ended(done: Done) -> int:
    """Show what was said there; how it ended."""
    print(done.out, end="", flush=True)
    print(done.said, end="", file=sys.stderr)
    if done.code == NO_PYTHON:
        print("There: apt-get install -y python3. Then start this again.", file=sys.stderr)
    return done.code


def yes(question: str) -> bool:
    """Whether a person says so; nobody there means no."""
    try:
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        print("nobody to ask: say --apply")
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
