"""Writing with the site before one's eyes: a real process, a real save, a browser that sees it."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.serving import ROOT, answers, free_port, wait_until

BUSY = 60_000
"""Milliseconds that a build may take on a machine that does much else."""

PAGE = "pages/cabinet.fr.md"


class Writing:
    """A doctor's content in a folder of its own, served."""

    def __init__(self, folder: Path) -> None:
        self.content, self.port = folder / "content", free_port()
        shutil.copytree(ROOT / "content", self.content)
        facts = ("--practice", str(self.content / "practice.toml"))
        words = ["--port", str(self.port), "--no-open", "--content", str(self.content), *facts]
        self.running = subprocess.Popen(
            [sys.executable, "-m", "deploy.serve", *words],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        wait_until(lambda: answers(self.port) or self.running.poll() is not None)

    def save(self, name: str, old: str, new: str) -> None:
        """As an editor does, which empties the file first."""
        file = self.content / name
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), "utf-8")


@pytest.fixture(scope="module")
def writing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Writing]:
    writing = Writing(tmp_path_factory.mktemp("serve"))
    yield writing
    writing.running.kill()
    writing.running.communicate()


@pytest.fixture
def page(browser: Browser, writing: Writing) -> Iterator[Page]:
    """The page that is being written, open since the first build."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{writing.port}/cabinet/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Le cabinet", timeout=BUSY)
    yield page
    context.close()


def test_what_is_saved_is_seen_without_a_touch(page: Page, writing: Writing) -> None:
    """Under a second on an idle machine, says the bench; this one may be busy."""
    writing.save(PAGE, "\n\n", "\n\nUne phrase toute neuve.\n\n")
    expect(page.get_by_text("Une phrase toute neuve.")).to_be_visible(timeout=BUSY)


@pytest.mark.parametrize(
    ("name", "good", "bad", "said"),
    [
        (PAGE, "\n\n", "\n\n!!! conseil\n\n", "cabinet.fr.md, ligne 5"),
        (PAGE, "Summary:", "Sumary:", "Sumary\N{NO-BREAK SPACE}» n’est pas connu ici"),
        (
            "practice.toml",
            'opens = "09:00"',
            'opens = "9h"',
            "9h\N{NO-BREAK SPACE}» n’est pas une heure",
        ),
        (PAGE, "\n\n", '\n\n![Rue](images/no.jpg "| Souspli")\n\n', "il n’y a pas d’image"),
    ],
)
def test_a_mistake_is_told_on_the_page_and_goes_when_it_is_mended(
    page: Page, writing: Writing, name: str, good: str, bad: str, said: str
) -> None:
    """In the doctor's language, over the last good page; the second time as well as the first."""
    for _ in range(2 if "images" in bad else 1):
        writing.save(name, good, bad)
        told = page.get_by_role("alert")
        expect(told).to_contain_text(said, timeout=BUSY)
        page.reload()
        expect(told).to_contain_text("Ceci ne peut pas encore être publié")
        expect(page.get_by_role("heading", level=1)).to_have_text("Le cabinet")
        writing.save(name, bad, good)
        expect(told).to_have_count(0, timeout=BUSY)


def test_the_script_that_loads_a_page_anew_is_in_no_built_page(site: Path) -> None:
    """It asks every fifth of a second: on the published site it would be a nuisance and a hole."""
    published = [path for path in site.rglob("*") if path.is_file()]
    assert len(published) > 50
    assert [path for path in published if b"/.draft/" in path.read_bytes()] == []


def test_ctrl_c_ends_it_and_leaves_nothing(writing: Writing) -> None:
    writing.running.send_signal(signal.SIGINT)
    said, _ = writing.running.communicate(timeout=20)
    assert writing.running.returncode == 0, said
    assert said.endswith("Arrêté.\n")
    assert "Traceback" not in said
    assert [path.name for path in writing.content.parent.iterdir()] == ["content"]
