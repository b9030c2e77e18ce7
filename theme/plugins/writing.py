"""Pelican's writer, which writes what changed, on all cores, and takes away what is no page now.

Only what it can prove to be the same stays: the page's inputs, and the bytes of its file.
"""

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Template
from pelican.writers import FileOverwriteFailedError, Writer

from theme.plugins.inputs import Inputs
from theme.plugins.kept import Remembered
from theme.plugins.packed import Packed
from theme.plugins.pictures import Album, Picture
from theme.plugins.together import spread

FRAME = "FRAME"
"""Under this name the shared context holds what the page that is written next is told."""


@dataclass(frozen=True, slots=True)
class Page(Packed):
    """One file as it was written last."""

    inputs: bytes | None
    bytes: bytes
    """Their digest."""
    pictures: Mapping[str, Picture]


@dataclass(frozen=True, slots=True)
class Waiting:
    """One page to render."""

    name: str
    template: Template
    context: dict[str, Any]
    told: dict[str, Any]
    inputs: bytes | None


class PatientWriter(Writer):  # type: ignore[misc]  # pelican has no types
    """Gathers pages until `flush`, then renders those that changed."""

    def __init__(self, output_path: str, settings: dict[str, Any]) -> None:
        super().__init__(output_path, settings)
        self._output = Path(output_path)
        self._album: Album = settings["ALBUM"]
        self._known: Remembered = settings["PAGES"]
        self._processes: int = settings["PROCESSES"]
        self._waiting: list[Waiting] = []
        self.names: set[str] = set()
        """Every file of this build."""

    def write_file(
        self, name: str, template: Template, context: dict[str, Any], *_: Any, **told: Any
    ) -> None:
        """Render later what is not there already; without a name there is no page."""
        if not name:
            return
        self.claim(name)
        told = context.get(FRAME, {}) | told
        inputs: Inputs = context["INPUTS"]
        made_of = inputs.of(template.name or "", context | told)
        if not self._stands(name, made_of):
            self._waiting.append(Waiting(name, template, context, told, made_of))

    def write_feed(
        self, elements: Sequence[Any], context: dict[str, Any], path: str, **told: Any
    ) -> None:
        """The same of a feed, at once."""
        self.claim(path)
        shown = elements[: self.settings["FEED_MAX_ITEMS"]]
        about = context["SITEURL"], context["feed_link"], sorted(told.items())
        made_of = context["INPUTS"].of_feed(about, shown)
        if not self._stands(path, made_of):
            super().write_feed(elements, context, path, **told)
            self._known.put(path, Page(made_of, digest_of(self._output / path), {}))

    def write_bytes(self, name: str, data: bytes) -> None:
        """A file that was made elsewhere."""
        self.claim(name)
        path = self._output / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def claim(self, name: str) -> None:
        """Raise when two pages want to be one file."""
        if name in self.names:
            raise FileOverwriteFailedError(f"two pages want to be {name}: give one another slug")
        self.names.add(name)

    def flush(self) -> None:
        """Render all that waits."""
        waiting, self._waiting = self._waiting, []
        for page, written in zip(
            waiting, spread(self._render, waiting, self._processes), strict=True
        ):
            self._album.has(written.pictures)
            self._known.put(page.name, written)

    def _render(self, page: Waiting) -> Page:
        with self._album.noting() as pictures:
            super().write_file(page.name, page.template, page.context, **page.told)
        return Page(page.inputs, digest_of(self._output / page.name), pictures)

    def _stands(self, name: str, inputs: bytes | None) -> bool:
        known: Page | None = self._known.get(name)
        if known is None or inputs is None or known.inputs != inputs:
            return False
        same = digest_of(self._output / name) == known.bytes
        return same and self._album.has(known.pictures)

    def bytes_of(self, name: str) -> bytes:
        """The digest of a file that was written or found."""
        known: Page = self._known.get(name)
        return known.bytes


def digest_of(path: Path) -> bytes:
    """The digest of a file's bytes; of none, when there is no file."""
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return b""


def prune(output: str, names: Iterable[str]) -> None:
    """Take away every file of the output but these, and the folders that are empty then."""
    wanted = {os.path.join(output, name) for name in names}  # noqa: PTH118 -- as `walk` says them
    for folder, folders, found in os.walk(output, topdown=False):
        inside = [os.path.join(folder, name) for name in (*found, *folders)]  # noqa: PTH118
        for path in inside[: len(found)]:
            if path not in wanted:
                os.unlink(path)  # noqa: PTH108
        for path in inside[len(found) :]:
            if os.path.islink(path):  # noqa: PTH114
                os.unlink(path)  # noqa: PTH108
            elif not os.listdir(path):  # noqa: PTH208
                os.rmdir(path)  # noqa: PTH106
