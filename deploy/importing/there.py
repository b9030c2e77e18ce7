"""What lies in the content folder and in the source, read from the disk; and what is written."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from booking_endpoint.booking import mark
from booking_endpoint.practice import Practice
from deploy.importing.mirror import read_mirror
from deploy.importing.old import BadSource, OldPage, OldSite
from deploy.importing.places import There
from deploy.importing.plan import Plan
from deploy.importing.wordpress import read_wordpress
from deploy.new import word
from theme.plugins.addresses import (
    ARTICLES,
    FOLDERS,
    GENERATED,
    article_address,
    generated_at,
    written_address,
)
from theme.plugins.heads import ARTICLE, PAGE, BadHead, split
from theme.plugins.redirects import FILE

_ = mark

PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".avif"}
BEGINS = (b"<!doctype html", b"<html")
SIZED = re.compile(r"-\d+x\d+(?=\.\w+$)")
"""What WordPress adds to the name of a picture that it made smaller."""
RECORD = re.compile(r'^(?:# )?"([^"]+)" = "([^"]+)"', re.MULTILINE)
HEADER = """\
# The addresses of the site as it was, and the pages that answer there now: key and language, as
# the file is named. A line behind `#` leads nowhere; it tells the import what came here before.
"""


def read_source(source: Path) -> OldSite:
    """The old site: an export, or a folder. BadSource when it is neither."""
    if source.is_file():
        return read_wordpress(source.read_bytes(), source.name)
    if not source.is_dir():
        raise BadSource(_("there is no such file or folder"))
    root = root_of(source)
    found = (path for path in sorted(root.rglob("*")) if path.is_file() and inside(path, root))
    pages = {path.relative_to(root).as_posix(): path.read_bytes() for path in found if html(path)}
    if not pages:
        raise BadSource(_("there is no HTML page in this folder"))
    return read_mirror(pages, root.name)


def html(path: Path) -> bool:
    """Whether a file is a page: by its name, or by how it begins (`soins.php`)."""
    if path.suffix.lower() in (".html", ".htm"):
        return True
    with path.open("rb") as file:
        return file.read(512).lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(BEGINS)


def root_of(source: Path) -> Path:
    """The folder itself, or the one that `wget --mirror` has made in it for the host."""
    here = [path for path in source.iterdir() if not path.name.startswith(".")]
    return here[0] if len(here) == 1 and here[0].is_dir() else source


def inside(path: Path, folder: Path) -> bool:
    """Whether a file truly lies in a folder, symbolic links followed."""
    return path.resolve().is_relative_to(folder.resolve())


def read_there(content: Path, practice: Practice) -> There:
    """What must be neither overwritten nor brought twice."""
    default = practice.languages[0]
    made = generated_at((*GENERATED, ARTICLES), practice.languages)
    addresses = {place: f"{key}.{code}" for place, (key, code) in made.items()}
    addresses |= {f"/{folder}/": folder for folder in FOLDERS}
    keys, files = set(), set()
    for kind in (PAGE, ARTICLE):
        for path in sorted((content / kind).glob("*.md")):
            key, _point, lang = path.stem.rpartition(".")
            keys.add((kind, key))
            files.add(f"{kind}/{path.name}")
            slug = slug_in(path) or key
            if kind == ARTICLE:
                addresses[article_address(lang, slug, default)] = f"{ARTICLE}/{key}.{lang}"
            else:
                addresses[written_address(key, lang, slug, default)] = f"{key}.{lang}"
    file = content / FILE
    moved = (
        dict(RECORD.findall(file.read_bytes().decode("utf-8", "replace"))) if file.exists() else {}
    )
    return There(frozenset(keys), frozenset(files), addresses, moved)


def slug_in(path: Path) -> str:
    try:
        head, _body = split(path.read_text("utf-8"))
    except (BadHead, UnicodeDecodeError):
        return ""
    return " ".join(head.get("slug", []))


class Pictures:
    """Finds the pictures of the old site on this disk, never elsewhere, and names their copies."""

    def __init__(self, folder: Path | None, images: Path, *, uploads: bool) -> None:
        self._folder, self._images, self._uploads = folder, images, uploads
        self.copies: dict[Path, str] = {}
        """Each file found, and the name of its copy."""

    def find(self, page: OldPage, shown: str) -> str:
        """`images/x.jpg`, or empty: not there, no picture, or not inside the folder."""
        if self._folder is None or not shown or shown.startswith("data:"):
            return ""
        try:
            path = unquote(urlsplit(urljoin(page.url, shown)).path)
        except ValueError:
            return ""
        if self._uploads:
            path = path.partition("/uploads/")[2]
        for name in (SIZED.sub("", path), path):
            file = self._folder / name.lstrip("/")
            known = file.suffix.lower() in PICTURES and "\x00" not in name
            if name and known and file.is_file() and inside(file, self._folder):
                return f"images/{self._named(file)}"
        return ""

    def _named(self, file: Path) -> str:
        if file not in self.copies:
            stem, ending = word(file.stem) or "picture", file.suffix.lower()
            name, number = f"{stem}{ending}", 1
            while name in self.copies.values() or self._other(name, file):
                number += 1
                name = f"{stem}-{number}{ending}"
            self.copies[file] = name
        return self.copies[file]

    def _other(self, name: str, file: Path) -> bool:
        """Whether another picture lies there under this name."""
        there = self._images / name
        return there.exists() and there.read_bytes() != file.read_bytes()


def write_all(plan: Plan, content: Path, copies: Mapping[Path, str]) -> None:
    """Pages, pictures and redirects, beside what is there: no file is ever written over."""
    for file, name in copies.items():
        if not (content / "images" / name).exists():
            create(content / "images" / name, file.read_bytes())
    for page in plan.pages:
        if page.text:
            create(content / page.place.file, page.text.encode())
        record(content / FILE, page.redirects)  # at once: it tells a second run what is there


def record(file: Path, lines: Sequence[str]) -> None:
    """Lines at the end of the redirects, whatever stands there."""
    before = file.read_bytes() if file.exists() else HEADER.encode()
    text = "".join(f"{line}\n" for line in lines).encode()
    if lines:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(before + (b"" if before.endswith(b"\n") else b"\n") + text)


def create(path: Path, data: bytes) -> None:
    """A new file; FileExistsError where there is one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(data)


def free_report(folder: Path) -> Path:
    """Where the next report goes: an earlier one is kept."""
    path, number = folder / "import-report.md", 1
    while path.exists():
        number += 1
        path = folder / f"import-report-{number}.md"
    return path
