"""What one build leaves for the next changes how long it takes, and nothing else."""

import logging
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pelican.settings import read_settings

from booking_endpoint.envelope import PrivateKey
from deploy import build as build_verb
from tests.serving import ROOT, facts_with
from tests.site.test_build import files
from theme.plugins.integrity import integrity
from theme.plugins.kept import Remembered, Shelf
from theme.plugins.together import spread

HEAD = """Title: {title}
Date: 2026-01-02
Reviewed: 2026-01-02
Author: Dr Exemple
Topic: {topic}
Interests: none
Sources: A | B | 2020 | https://example.org/
Summary: Une phrase sur {title}.
"""
FIRST = """
Voir [l’autre]({filename}second.fr.md) et [les tarifs](visit:consultation).

## Une partie

![Une rue](images/rue.png "| Personne")

!!! read-on "second"

!!! fees
"""


class Site:
    """A small content, a copy of the theme, and where they are built."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, facts: str) -> None:
        self.folder, self.content, self.theme = folder, folder / "content", folder / "theme"
        self.facts = self.content / "practice.toml"
        shutil.copytree(ROOT / "content" / "images", self.content / "images")
        for name in ("templates", "static"):
            shutil.copytree(ROOT / "theme" / name, self.theme / name)
        (self.content / "pages").mkdir()
        (self.content / "articles").mkdir()
        self.facts.write_text(facts, "utf-8")
        self.paint("navy")
        self.write("articles/first.fr.md", HEAD.format(title="Un", topic="Soins") + FIRST)
        self.write("articles/second.fr.md", HEAD.format(title="Deux", topic="Soins") + "\nTexte.\n")
        self.write("articles/second.he.md", HEAD.format(title="Shtayim", topic="T") + "\nTexte.\n")
        self.write("pages/cabinet.fr.md", "Title: Cabinet\nSummary: Ici.\n\nBonjour.\n")
        monkeypatch.setenv("BOOKING_PRACTICE", str(self.facts))

    def write(self, name: str, text: str) -> None:
        (self.content / name).write_text(text, "utf-8")

    def paint(self, colour: str) -> None:
        Image.new("RGB", (60, 40), colour).save(self.content / "images" / "rue.png")

    def change(self, name: str, old: str, new: str) -> None:
        file = self.folder / name
        text = file.read_text("utf-8")
        assert old in text, f"{name} does not hold {old!r}"
        file.write_text(text.replace(old, new), "utf-8")

    def build(self, output: str, **told: Any) -> dict[str, bytes]:
        """The site, from what was kept unless told otherwise."""
        integrity.cache_clear()
        paths = {"PATH": self.content, "THEME": self.theme, "OUTPUT_PATH": self.folder / output}
        settings = read_settings(
            str(ROOT / "pelicanconf.py"),
            override={
                **{name: str(path) for name, path in paths.items()},
                "KEPT": str(self.folder / "kept"),
                "PICTURE_CACHE": str(self.folder / "pictures"),
                "PROCESSES": 1,
                **told,
            },
        )
        settings["PELICAN_CLASS"](settings).run()
        return files(self.folder / output)

    def same_as_cold(self) -> dict[str, bytes]:
        """Built from what was kept, and found to be what a build from nothing gives."""
        fast = self.build("fast")
        shutil.rmtree(self.folder / "cold", ignore_errors=True)
        cold = self.build("cold", KEPT="")
        assert list(fast) == list(cold)
        assert [name for name in cold if fast[name] != cold[name]] == []
        return fast


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: PrivateKey) -> Site:
    return Site(tmp_path, monkeypatch, facts_with(key))


SECOND = "content/articles/second.fr.md"
EDITS: Mapping[str, Callable[[Site], object]] = {
    "body": lambda site: site.change(SECOND, "Texte.", "Texte, et plus."),
    "title, which others read on to": lambda site: site.change(SECOND, "Title: D", "Title: Les d"),
    "topic": lambda site: site.change(SECOND, "Topic: Soins", "Topic: Suites"),
    "discreet": lambda site: site.change(SECOND, "Topic:", "Discreet: yes\nTopic:"),
    "slug": lambda site: site.change(SECOND, "Topic:", "Slug: ailleurs\nTopic:"),
    "length": lambda site: site.change(SECOND, "Texte", "Un mot " * 400 + "Texte"),
    "translation": lambda site: site.write(
        "articles/first.he.md", HEAD.format(title="Echad", topic="T") + "\nB.\n"
    ),
    "translation gone": lambda site: (site.content / "articles" / "second.he.md").unlink(),
    "page": lambda site: site.write("pages/tarifs.fr.md", "Title: T\nSummary: S.\n\nU.\n"),
    "page gone": lambda site: (site.content / "pages" / "cabinet.fr.md").unlink(),
    "picture": lambda site: site.paint("olive"),
    "plan": lambda site: site.change("content/images/plan.svg", "</svg>", "<g></g></svg>"),
    "template": lambda site: site.change("theme/templates/base.html", "<main", "<main class='m'"),
    "partial": lambda site: site.change("theme/templates/partials/door.html", 'class="phone"', ""),
    "style": lambda site: site.change("theme/static/site.css", "\n:root", "\n\n:root"),
    "price": lambda site: site.change("content/practice.toml", "least = 60", "least = 59"),
    "facts": lambda site: site.change(
        "content/practice.toml", "retention_days = 7", "retention_days = 9"
    ),
    "a file of the output is changed": lambda site: site.change(
        "fast/articles/index.html", "<main", "<nomain"
    ),
    "a file of the output is gone": lambda site: (site.folder / "fast/robots.txt").unlink(),
    "a stranger in the output": lambda site: (site.folder / "fast" / "old.html").write_text("x"),
}


@pytest.mark.parametrize("seed", [1, 2])
def test_after_any_edits_the_site_is_what_a_build_from_nothing_gives(
    small: Site, seed: int
) -> None:
    """Byte for byte, several edits at a time, in an order drawn by lot."""
    lot, left = random.Random(seed), list(EDITS)  # noqa: S311 -- no secret
    lot.shuffle(left)
    small.build("fast")
    while left:
        edits = [left.pop() for _ in range(min(len(left), lot.randint(3, 5)))]
        for name in edits:
            try:
                EDITS[name](small)
            except FileNotFoundError:
                assert name == "a file of the output is changed"
        small.same_as_cold()
