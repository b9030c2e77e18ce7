"""The desk installs by itself: from a wheel, with what it asks for, where there is no tree."""

import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path
from venv import EnvBuilder

import httpx
import pytest
from packaging.requirements import Requirement

from booking_endpoint.envelope import PrivateKey, lock_key
from tests.house.tree import ROOT
from tests.serving import facts_with

PASSPHRASE = "un long secret"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `pipx install .` would make it, without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [file] = folder.glob("*.whl")
    return file


def asked_for(name: str) -> Iterator[str]:
    """What a distribution needs, and what that needs, where it is needed on this machine."""
    waiting, seen = [name], set[str]()
    while waiting:
        for text in distribution(waiting.pop()).requires or ():
            need = Requirement(text)
            if need.name not in seen and (
                need.marker is None or need.marker.evaluate({"extra": ""})
            ):
                seen.add(need.name)
                waiting.append(need.name)
                yield need.name


def needs_of(wheel: Path) -> set[str]:
    """All that the wheel asks for, first and second hand."""
    with zipfile.ZipFile(wheel) as content:
        [metadata] = [name for name in content.namelist() if name.endswith("/METADATA")]
        text = content.read(metadata).decode()
    first = {Requirement(line).name for line in re.findall(r"^Requires-Dist: (.+)$", text, re.M)}
    return first | {need for name in first for need in asked_for(name)}


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command, in an environment that holds what the wheel asks for and nothing else."""
    room = tmp_path_factory.mktemp("pipx")
    EnvBuilder(symlinks=os.name != "nt").create(room)
    python = room / "bin" / "python"
    [packages] = (room / "lib").glob("python*/site-packages")
    for name in needs_of(wheel):
        found = distribution(name)
        for top in {file.parts[0] for file in found.files or ()} - {"..", "__pycache__"}:
            link = packages / top
            if not link.exists():
                link.symlink_to(Path(str(found.locate_file(top))))
    uv = shutil.which("uv")
    pip = [uv, "pip"] if uv else [sys.executable, "-m", "pip"]
    words = ["install", "--no-deps", "--no-index", "--python", str(python), str(wheel)]
    if not uv:
        words = ["--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run([*pip, *words], check=True, capture_output=True)
    return room / "bin" / "souspli-desk"


def test_the_wheel_holds_the_desk_and_what_it_stands_on(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as content:
        names = content.namelist()
    tops = {name.split("/")[0] for name in names if "dist-info" not in name}
    assert tops == {"booking_endpoint", "deploy", "desk"}
    of_deploy = {name for name in names if name.startswith("deploy/")}
    assert {Path(name).parent.name for name in of_deploy} == {"deploy", "translations"}
    assert {name for name in of_deploy if name.endswith(".py")} == {
        "deploy/__init__.py",
        "deploy/far.py",
        "deploy/writer.py",
    }
    assert {"desk/templates/agenda.html", "desk/static/desk.js", "desk/translations/he.po"} <= set(
        names
    )


def test_it_asks_for_nothing_of_site_and_endpoint(wheel: Path) -> None:
    assert needs_of(wheel) & {"pelican", "pillow", "markdown", "invoke", "altcha"} == set()


def test_installed_by_itself_the_desk_opens(
    installed: Path, key: PrivateKey, tmp_path: Path
) -> None:
    """Outside of every tree, with a home that holds nothing."""
    (tmp_path / "key.pem").write_bytes(lock_key(key, PASSPHRASE))
    (tmp_path / "practice.toml").write_text(facts_with(key), encoding="utf-8")
    (tmp_path / "home").mkdir()
    environ = {"HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    told = subprocess.run(
        [installed, "--help"], cwd=tmp_path, env=environ, capture_output=True, check=True
    )
    assert b"pair" in told.stdout
    words = ["serve", "--key", "key.pem", "--practice", "practice.toml", "--host", "localhost"]
    with subprocess.Popen(
        [installed, *words, "--no-open"],
        cwd=tmp_path,
        env=environ,
        stdout=subprocess.PIPE,
        text=True,
    ) as desk:
        assert desk.stdout
        try:
            with httpx.Client(base_url=desk.stdout.readline().split()[-1], timeout=30) as http:
                assert "Phrase de passe" in http.get("").text
                assert http.get("desk.css").status_code == 200
                assert http.post("unlock", data={"passphrase": PASSPHRASE}).status_code == 303
                assert "Agenda" in http.get("").text
        finally:
            desk.send_signal(signal.SIGINT)
            desk.communicate(timeout=20)
    assert desk.returncode == 0
