"""What one build leaves for the next changes how long it takes, and nothing else."""

import logging
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from jinja2 import DictLoader, Environment
from pelican.settings import read_settings
from PIL import Image

from booking_endpoint.envelope import PrivateKey
from tests.bench.generators import Ours
from tests.bench.texts import LANGUAGES
from tests.serving import ROOT, facts_with
from tests.site.test_build import files
from theme.plugins.inputs import Inputs, Templates
from theme.plugins.integrity import integrity
from theme.plugins.kept import Remembered, Shelf
from theme.plugins.pictures import BadPicture
from theme.plugins.reading import check_content
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
TRANSLATED = HEAD.replace("Topic: {topic}\n", "")
ACROSS = "\nVoir [l’hébreu]({filename}second.he.md).\n"
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
        self.write("articles/second.he.md", TRANSLATED.format(title="Shtayim") + "\nTexte.\n")
        self.write("pages/cabinet.fr.md", "Title: Cabinet\nSummary: Ici.\n\nBonjour.\n")
        monkeypatch.setenv("BOOKING_PRACTICE", str(self.facts))

    def write(self, name: str, text: str) -> None:
        (self.content / name).parent.mkdir(exist_ok=True)
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
        "articles/first.he.md", TRANSLATED.format(title="Echad") + "\nB.\n"
    ),
    "translation gone": lambda site: (site.content / "articles" / "second.he.md").unlink(),
    "page": lambda site: site.write("pages/tarifs.fr.md", "Title: T\nSummary: S.\n\nU.\n"),
    "menu": lambda site: site.write(
        "pages/propre.fr.md", "Title: P\nSummary: S.\nMenu: Propre\n\nU.\n"
    ),
    "an old address": lambda site: site.write("redirects.toml", '"/vieux/" = "tarifs.fr"\n'),
    "look": lambda site: site.change(
        "content/practice.toml", "\n[doctor]\n", '\n[look]\nname = "garden"\n\n[doctor]\n'
    ),
    "own template": lambda site: site.write(
        "templates/missing.html", '{% extends "!theme/missing.html" %}{# mine #}'
    ),
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


def test_a_page_that_is_gone_renamed_or_made_discreet_is_not_served_as_it_was(small: Site) -> None:
    """A stale page would tell what its doctor has taken back."""
    before = small.build("fast")
    for edit in ("slug", "discreet", "page gone"):
        EDITS[edit](small)
    after = small.build("fast")
    assert {"articles/second/index.html", "cabinet/index.html"} <= before.keys() - after.keys()
    assert b"data-exit" not in before["articles/second/index.html"]
    assert b"data-exit" in after["articles/ailleurs/index.html"]
    assert not (small.folder / "fast" / "cabinet").exists()
    told = b"".join(after.values())
    assert b'"/articles/second/' not in told
    assert b'"/cabinet/' not in told


def test_a_page_follows_an_address_that_changes_in_another_language(small: Site) -> None:
    """Pages of one language know the addresses of another only by the links of their texts."""
    small.write("articles/first.fr.md", HEAD.format(title="Un", topic="Soins") + ACROSS)
    small.build("fast")
    small.change("content/articles/second.he.md", "Summary:", "Slug: acher\nSummary:")
    assert b'href="/he/articles/acher/"' in small.same_as_cold()["articles/first/index.html"]


def test_what_is_as_it_was_is_not_written_again(small: Site) -> None:
    """Else all of this would be in vain."""
    small.build("fast")
    written = {path: path.stat().st_mtime_ns for path in (small.folder / "fast").rglob("*.html")}
    EDITS["body"](small)
    small.build("fast")
    new = {path for path, time in written.items() if path.stat().st_mtime_ns != time}
    assert {path.parent.name for path in new} == {"second", "recherche"}  # it names its index


def test_after_a_build_that_failed_the_next_good_one_is_whole(small: Site) -> None:
    small.build("fast")
    EDITS["title, which others read on to"](small)
    small.change("theme/templates/articles.html", "{{ listed(articles) }}", "{{ nobody() }}")
    with pytest.raises(Exception, match="nobody"):
        small.build("fast")
    small.change("theme/templates/articles.html", "{{ nobody() }}", "{{ listed(articles) }}")
    small.same_as_cold()


HARM: Mapping[str, Callable[[bytes], bytes]] = {
    "cut short": lambda data: data[:-9],
    "a letter changed": lambda data: data.replace(b"Bonjour", b"Bonsoir"),
}


@pytest.mark.parametrize("harm", HARM)
def test_what_was_kept_and_is_harmed_is_made_anew(small: Site, harm: str) -> None:
    """As by a power cut, or by hand: nothing of it is believed."""
    before = small.build("fast")
    shutil.rmtree(small.folder / "fast")
    kept = [(file, file.read_bytes()) for file in (small.folder / "kept").glob("*.kept")]
    assert len(kept) == 2
    assert any(HARM[harm](data) != data for _, data in kept)
    for file, data in kept:
        file.write_bytes(HARM[harm](data))
    assert small.build("fast") == before


def test_a_shelf_is_empty_to_other_code_and_another_folder(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    Shelf(tmp_path, "pages", tmp_path / "a", b"code").write({"a": 1})
    assert Shelf(tmp_path, "pages", tmp_path / "a", b"code").read() == {"a": 1}
    assert Shelf(tmp_path, "pages", tmp_path / "a", b"other code").read() is None
    assert Shelf(tmp_path, "pages", tmp_path / "b", b"code").read() is None
    assert Shelf(tmp_path, "texts", tmp_path / "a", b"code").read() is None


def test_what_belongs_to_a_folder_that_is_gone_is_thrown_away(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        Shelf(tmp_path / "kept", "pages", tmp_path / name, b"").write(name)
    (tmp_path / "a").rmdir()
    Shelf(tmp_path / "kept", "pages", tmp_path / "b", b"").write("b")
    assert len(list((tmp_path / "kept").iterdir())) == 1


def test_what_a_build_did_not_ask_for_is_forgotten(tmp_path: Path) -> None:
    def table() -> Remembered:
        return Remembered(Shelf(tmp_path, "texts", tmp_path, b""))

    first = table()
    first.put("a", 1)
    first.put("b", 2)
    first.save()
    second = table()
    assert second.get("a") == 1
    second.save()
    assert (table().get("a"), table().get("b")) == (1, None)


def test_two_builds_at_once_with_one_cache_are_both_whole(small: Site) -> None:
    """They read and write the same kept files, and each works on all cores."""
    environ = {**os.environ, "BOOKING_PRACTICE": str(small.facts)}
    told = [f"KEPT={str(small.folder / 'kept')!r}".replace("'", '"')]
    words = [sys.executable, "-m", "pelican", str(small.content), "-s", "pelicanconf.py"]
    running = [
        subprocess.Popen(
            [*words, "-o", str(small.folder / name), "-e", *told],
            cwd=ROOT,
            env=environ,
            stdout=subprocess.DEVNULL,
        )
        for name in ("one", "two")
    ]
    assert [one.wait(120) for one in running] == [0, 0]
    alone = small.build("cold", KEPT="")
    assert files(small.folder / "one") == alone
    assert files(small.folder / "two") == alone


def test_a_template_that_chooses_another_as_it_is_rendered_is_always_rendered() -> None:
    """Nobody can tell beforehand what it will show; nor of a value that hides what it holds."""
    pages = {
        "a": "{% include name %}",
        "b": "{{ thing }}",
        "c": "{% include 'd' %}",
        "d": "{{ x }}",
    }
    inputs = Inputs(Templates(Environment(loader=DictLoader(pages)), Remembered(), b""), b"")  # noqa: S701 -- no page
    assert inputs.of("a", {"name": "b"}) is None
    assert inputs.of("b", {"thing": object()}) is None
    assert inputs.of("c", {"x": 1}) == inputs.of("c", {"x": 1, "y": 2})
    assert inputs.of("c", {"x": 1}) != inputs.of("c", {"x": 2})


def test_work_on_two_cores_gives_back_results_warnings_and_errors(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """As one process would: in order, none lost, and a mistake ends the build."""

    def work(number: int) -> int:
        if number == 77:
            raise BadPicture("seventy-seven")
        if number == 51:
            logging.getLogger("pelican").warning("look at %s", number)
        return number * number

    assert spread(work, range(70), 2) == [number**2 for number in range(70)]
    assert caplog.messages == ["look at 51"]
    with pytest.raises(BadPicture, match="seventy-seven"):
        spread(work, range(90), 2)


def test_a_process_that_dies_ends_the_build() -> None:
    def work(number: int) -> int:
        return os._exit(3) if number == 51 else number

    with pytest.raises(RuntimeError, match="ended before its work was done"):
        spread(work, range(70), 2)


def test_the_verb_does_nothing_when_nothing_has_changed_and_all_when_told(small: Site) -> None:
    """Nothing changed means: no file that goes in, and no file that came out."""
    output, kept = small.folder / "site", small.folder / "kept"
    words = ["--content", str(small.content), "--output", str(output), "--kept", str(kept)]

    def build(*more: str) -> str:
        command = [sys.executable, "-m", "deploy.build", *words, *more]
        environ = {**os.environ, "BOOKING_PRACTICE": str(small.facts)}
        return subprocess.run(
            command, cwd=ROOT, env=environ, check=True, capture_output=True, text=True
        ).stdout

    assert "Done" in build()
    first = files(output)
    assert build() == "Nothing has changed since the last build.\n"
    (output / "index.html").write_text("x", "utf-8")
    assert "Done" in build()
    assert files(output) == first
    EDITS["body"](small)
    assert "Done" in build()
    second = files(output)
    assert second != first
    assert "Done" in build("--cold")
    assert files(output) == second


def test_the_documents_of_the_benchmark_are_as_good_as_a_doctors(tmp_path: Path) -> None:
    """Else it would measure how fast a build says no."""
    ours = Ours("ours", tmp_path / "ours")
    ours.write(3)
    assert len(list((ours.folder / "content" / "articles").iterdir())) == 3 * len(LANGUAGES)
    assert check_content(ours.folder / "content", LANGUAGES) == []
