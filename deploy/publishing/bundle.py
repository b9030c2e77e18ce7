"""All that a release holds, as bytes: the built site, packed beforehand, and the endpoint."""

import gzip
import os
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import brotli

from booking_endpoint.practice import Practice
from deploy.server.release import LOCK, Release

ROOT = Path(__file__).parents[2]
ENDPOINT = ROOT / "booking_endpoint"
SHELL = "shell/"
"""The frames that the endpoint sets its pages into: part of it, and no page of the site."""

THEME = "theme/"
"""Style and scripts, which those pages load from their own origin."""

PACKED = {".html", ".css", ".js", ".json", ".svg", ".txt", ".xml", ".webmanifest"}
"""What becomes smaller; pictures are small already."""

Bundle = Mapping[str, bytes]
"""A path inside the release -> the file."""


def gather(practice: Practice, facts: Path, site: Path) -> dict[str, bytes]:
    """Everything that goes to the server.

    Without recipients nobody can book, and no endpoint goes; of pages that lie with another
    host, only what the endpoint's own pages are made of.
    """
    built = read_site(site)
    elsewhere = bool(practice.legal.booking_url)
    ours = {name: built[name] for name in built if name.startswith(THEME)} if elsewhere else built
    bundle = {f"site/{name}": content for name, content in pages_of(ours).items()}
    if not practice.open:
        return bundle
    frames = {f"endpoint/{name}": built[name] for name in built if name.startswith(SHELL)}
    code = {
        f"endpoint/{path.relative_to(ROOT).as_posix()}": path.read_bytes()
        for path in files_in(ENDPOINT)
        if "__pycache__" not in path.parts
    }
    return {**bundle, **frames, **code, "endpoint/practice.toml": facts.read_bytes()}


def pages_of(built: Bundle) -> dict[str, bytes]:
    """What a web server of these files shows, packed beforehand; the frames are not for it."""
    pages = {name: content for name, content in built.items() if not name.startswith(SHELL)}
    return {**pages, **packed(pages)}


def read_site(site: Path) -> dict[str, bytes]:
    """Every file of a built site, by its path there."""
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in files_in(site)}


def files_in(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def packed(pages: Bundle) -> dict[str, bytes]:
    """Beside each text its gzip and its brotli, where that is smaller; the same bytes each time."""
    texts = {name: content for name, content in pages.items() if Path(name).suffix in PACKED}
    with ThreadPoolExecutor(os.cpu_count()) as together:
        both = together.map(pack, texts.values())
    return {
        f"{name}{end}": smaller
        for (name, content), found in zip(texts.items(), both, strict=True)
        for end, smaller in zip((".gz", ".br"), found, strict=True)
        if len(smaller) < len(content)
    }


def pack(content: bytes) -> tuple[bytes, bytes]:
    return gzip.compress(content, 9, mtime=0), brotli.compress(content, mode=brotli.MODE_TEXT)


def describe(bundle: Bundle, made: datetime) -> Release:
    """The release that this becomes, at this instant."""
    files = {name: sha256(content).hexdigest() for name, content in sorted(bundle.items())}
    kit = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    locked = lock_day() if LOCK in files else ""
    return Release(f"{made.astimezone(UTC):%Y%m%dT%H%M%SZ}", kit, locked, files)


def lock_day() -> str:
    """The day on which the endpoint's lock was last changed, by git, or by the file's own time."""
    lock = ENDPOINT / "requirements.txt"
    words = ["git", "log", "-1", "--format=%cs", "--", str(lock)]
    try:
        asked = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
        day = asked.stdout.strip() if asked.returncode == 0 else ""
    except OSError:
        day = ""
    return day or f"{datetime.fromtimestamp(lock.stat().st_mtime, UTC):%Y-%m-%d}"
