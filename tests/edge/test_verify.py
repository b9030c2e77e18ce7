"""Whoever changes what patients are served is found out by whoever published it."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from booking_endpoint.envelope import public_text
from deploy.verify import main
from tests.keys import new_key
from tests.serving import ROOT, Practice, free_port, serving, theme_in

PAGE = "rendez-vous/index.html"


@pytest.fixture
def published(practice: Practice, tmp_path: Path) -> Path:
    """The site as it was built; what is served is a copy, which somebody may change."""
    built = practice.site
    practice.site = Path(shutil.copytree(built, tmp_path / "served"))
    return built


def verified(
    practice: Practice, published: Path, capsys: pytest.CaptureFixture[str], url: str = ""
) -> tuple[int, str]:
    facts = str(practice.folder / "practice.toml")
    code = main([url or practice.origin, "--practice", facts, "--site", str(published)])
    printed = capsys.readouterr()
    return code, printed.out + printed.err


def change(practice: Practice, path: str, edit: Callable[[bytes], bytes]) -> None:
    file = practice.site / path
    file.write_bytes(edit(file.read_bytes()))


def test_an_honest_site_is_as_published(
    practice: Practice, published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(practice):
        code, said = verified(practice, published, capsys)
    assert (code, "As published" in said, "NOT" in said) == (0, True, False), said


def test_one_changed_character_in_a_script_is_named_with_its_line(
    practice: Practice, published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = (theme_in(practice.site) / "js" / "envelope.js").relative_to(practice.site).as_posix()
    lines = (practice.site / script).read_bytes().split(b"\n")
    change(practice, script, lambda text: text.replace(lines[4], lines[4] + b" ", 1))
    with serving(practice):
        code, said = verified(practice, published, capsys)
    assert code == 1
    assert f"/{script}: differs from line 5 on" in said
    assert "NOT as published" in said


@pytest.mark.parametrize("half", [0, 1])
def test_a_page_that_seals_to_another_key_is_shouted(
    practice: Practice, published: Path, capsys: pytest.CaptureFixture[str], half: int
) -> None:
    halves = zip(*(public_text(key).split(".") for key in (practice.key, new_key())), strict=True)
    mine, theirs = list(halves)[half]
    change(practice, PAGE, lambda text: text.replace(mine.encode(), theirs.encode()))
    with serving(practice):
        code, said = verified(practice, published, capsys)
    assert code == 1
    assert "/rendez-vous/: SEALS TO OTHER KEYS" in said


def test_a_page_that_is_gone_is_named(
    practice: Practice, published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (practice.site / PAGE).unlink()
    with serving(practice):
        code, said = verified(practice, published, capsys)
    assert code == 1
    assert "/rendez-vous/: 404 instead of the file" in said


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def bare_server(published: Path) -> Iterator[str]:
    """The right files from a server that knows no header, and without an endpoint."""
    handler = partial(Quiet, directory=published)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_server_without_headers_and_endpoint_is_told_so(
    practice: Practice, published: Path, bare_server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = verified(practice, published, capsys, bare_server)
    assert code == 1
    assert "/: served without Content-Security-Policy" in said


def test_a_site_that_does_not_answer_is_no_difference(
    practice: Practice, published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = verified(practice, published, capsys, f"http://127.0.0.1:{free_port()}")
    assert code == 2
    assert "does not answer" in said


def test_without_a_built_site_it_builds_what_would_be_published(practice: Practice) -> None:
    """The public address stands in the pages: what is served for a trial differs, and is told."""
    command = [sys.executable, "-m", "deploy.verify", practice.origin]
    facts = str(practice.folder / "practice.toml")
    with serving(practice):
        told = subprocess.run(
            [*command, "--practice", facts], cwd=ROOT, capture_output=True, text=True, check=False
        )
    assert told.returncode == 1, told.stderr
    assert "/: differs from line" in told.stdout
    assert "/js/envelope.js" not in told.stdout
