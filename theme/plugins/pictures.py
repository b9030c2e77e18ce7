"""Pictures of the content folder -> the files that pages show: sizes, formats, nothing but pixels.

Originals are never published: a telephone writes into them where and when they were taken.
"""

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import PIL
from PIL import Image, ImageCms, ImageOps

from booking_endpoint.booking import mark
from booking_endpoint.mistakes import Mistake
from theme.plugins.kept import Remembered, keep
from theme.plugins.packed import Packed

_ = mark

WIDTHS = (400, 800, 1200)
"""In pixels; a smaller picture is never enlarged."""

FORMATS: Mapping[str, Mapping[str, Any]] = {
    "avif": {"quality": 60, "speed": 6, "max_threads": 1},  # one thread: the same bytes each time
    "webp": {"quality": 78, "method": 6},
}
"""The best first. Every browser since 2020 knows the last."""

RECIPE = hashlib.sha256(Path(__file__).read_bytes() + PIL.__version__.encode()).digest()
"""What a picture is made by: kept ones are made anew after any change of it."""


class BadPicture(Mistake):
    """A picture that cannot be shown: names the file and says what to do."""


@dataclass(frozen=True, slots=True)
class Picture(Packed):
    """One picture as it is published."""

    key: str
    """What its addresses begin with: a digest of the original and of how it was made."""
    width: int
    """Of the largest size, in pixels."""
    height: int

    @property
    def widths(self) -> list[int]:
        return widths(self.width)

    def address(self, width: int, kind: str) -> str:
        return f"/images/{self.key}-{width}.{kind}"

    def addresses(self, kind: str) -> str:
        """A `srcset` of one format."""
        return ", ".join(f"{self.address(width, kind)} {width}w" for width in self.widths)


def widths(width: int) -> list[int]:
    """The sizes of a picture this wide."""
    return sorted({min(width, one) for one in WIDTHS})


class Album:
    """The pictures of one build, converted once and kept in a cache outside the content."""

    def __init__(self, content: Path, cache: Path, known: Remembered | None = None) -> None:
        self._content, self._cache = content, cache
        self._known = Remembered() if known is None else known
        self._pictures: dict[str, Picture] = {}
        self._made: dict[str, bytes] = {}
        self._noted: list[dict[str, Picture]] = []

    def picture(self, file: str) -> Picture:
        """The picture `images/….jpg` of the content folder; raises BadPicture."""
        if file not in self._pictures:
            self._pictures[file] = self._kept(self._content / file)
        for noted in self._noted:
            noted[file] = self._pictures[file]
        return self._pictures[file]

    @contextmanager
    def noting(self) -> Iterator[dict[str, Picture]]:
        """The pictures that are asked for until the block ends, by file."""
        noted: dict[str, Picture] = {}
        self._noted.append(noted)
        try:
            yield noted
        finally:
            self._noted.pop()

    def has(self, noted: Mapping[str, Picture]) -> bool:
        """Whether these pictures are still the same; they count as asked for."""
        return all(self.picture(file) == shown for file, shown in noted.items())

    def add(self, data: bytes, ending: str) -> str:
        """Publish bytes that were made here, as they are; gives back their address."""
        name = f"{hashlib.sha256(data).hexdigest()[:16]}.{ending}"
        self._made[name] = data
        return f"/images/{name}"

    def publish(self, output: Path) -> list[str]:
        """Write every picture that a page has asked for; gives back their names in the output."""
        folder = output / "images"
        names = [
            Path(picture.address(width, kind)).name
            for picture in {picture.key: picture for picture in self._pictures.values()}.values()
            for width in picture.widths
            for kind in FORMATS
        ]
        if names or self._made:
            folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            shutil.copyfile(self._cache / name, folder / name)
        for name, data in self._made.items():
            (folder / name).write_bytes(data)
        return [f"images/{name}" for name in (*names, *self._made)]

    def _kept(self, path: Path) -> Picture:
        """The picture of a file, converted now unless the cache has it already."""
        try:
            data = path.read_bytes()
            key = hashlib.sha256(RECIPE + data).hexdigest()[:16]
            width, height = self._size(key, data)
        except (OSError, ValueError, Image.DecompressionBombError):
            message = _("{file}: there is no picture here that can be read")
            raise BadPicture(message, file=path) from None
        picture = Picture(key, width, height)
        names = [Path(picture.address(w, kind)).name for w in picture.widths for kind in FORMATS]
        if not all((self._cache / name).exists() for name in names):
            self._cache.mkdir(parents=True, exist_ok=True)
            for name, converted in zip(names, convert(data), strict=True):
                keep(self._cache / name, converted)
        return picture

    def _size(self, key: str, data: bytes) -> tuple[int, int]:
        """As `size`, without reading a picture again that is known."""
        if self._known.get(("size", key)) is None:
            self._known.put(("size", key), size(data))
        known: tuple[int, int] = self._known.get(("size", key))
        return known


def size(data: bytes) -> tuple[int, int]:
    """Width and height of the largest size that is published, upright."""
    with Image.open(BytesIO(data)) as opened:
        wide, high = ImageOps.exif_transpose(opened).size
    return fitting(wide, high, widths(wide)[-1])


def fitting(wide: int, high: int, width: int) -> tuple[int, int]:
    return width, max(1, round(high * width / wide))


def convert(data: bytes) -> Iterator[bytes]:
    """The picture in each size and, within a size, in each format."""
    whole = pixels(data)
    for width in widths(whole.width):
        resized = whole.resize(fitting(*whole.size, width), Image.Resampling.LANCZOS)
        for kind, options in FORMATS.items():
            written = BytesIO()
            resized.save(written, kind, **options)
            yield written.getvalue()


def pixels(data: bytes) -> Image.Image:
    """The picture upright and in sRGB, in a new image: nothing else of the file comes along."""
    with Image.open(BytesIO(data)) as opened:
        profile = opened.info.get("icc_profile")
        upright = ImageOps.exif_transpose(opened)
    colours = in_srgb(upright, profile)
    plain = Image.new("RGB", upright.size)
    plain.paste(colours)
    if upright.has_transparency_data:
        plain.putalpha(upright.convert("RGBA").getchannel("A"))
    return plain


def in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The colours as a browser shows them that is told of no profile."""
    if not profile:
        return image.convert("RGB")
    told = image if image.mode in ("RGB", "CMYK", "L") else image.convert("RGB")
    try:
        source, screen = ImageCms.getOpenProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
        transform = ImageCms.buildTransform(source, screen, told.mode, "RGB")
        return transform.apply(told)
    except (OSError, ImageCms.PyCMSError):
        return image.convert("RGB")
