"""`keys` at a real terminal: what is typed, what is shown, what is left on the disk."""

import re
import shutil
from pathlib import Path

import httpx
import pytest

from booking_endpoint.audit import report
from booking_endpoint.envelope import fingerprint, public_text, unlock_key
from booking_endpoint.reading import read_practice
from tasks import as_invoke_says
from tests.desk.terminal import Terminal
from tests.serving import ROOT

MAKE = ["-m", "desk", "keys", "make", "--no-open"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "content" / "practice.toml", tmp_path / "practice.toml")
    return tmp_path


def test_a_key_is_made_at_the_terminal_and_no_secret_is_echoed(home: Path) -> None:
    facts = home / "practice.toml"
    terminal = Terminal([*MAKE, "--practice", str(facts)], home)
    terminal.until(r"> $")
    terminal.type("\n")
    [drawn] = re.findall(r"^    (\S+(?: \S+){7})$", terminal.until(r"> $"), re.MULTILINE)
    terminal.type(f"{drawn}\n")
    shown = terminal.until(r"http:[\s\S]+> $")
    assert drawn not in shown
    [address] = re.findall(r"http://\S+", shown)
    words = re.findall(r'words__word">(\w+)<', httpx.get(address).text)
    terminal.type(f"{' '.join(word[:4] for word in words).upper()}\n")
    terminal.until(r"\Z(?!)")
    assert terminal.ended() == 0
    [file] = (home / "souspli-keys").glob("*.pem")
    log = (home / "souspli-keys" / "keys.audit").read_bytes()
    assert report("keys.audit", log)[0]
    assert f"keys make doctor {fingerprint(public_text(unlock_key(file.read_bytes(), drawn)))}" in (
        log.decode()
    )
    [recipient] = read_practice(facts.read_text("utf-8")).recipients
    assert public_text(unlock_key(file.read_bytes(), drawn)) == recipient.key
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)


def test_ctrl_c_leaves_nothing_and_says_so(home: Path) -> None:
    before = (home / "practice.toml").read_bytes()
    terminal = Terminal([*MAKE, "--practice", str(home / "practice.toml")], home)
    terminal.until(r"> $")
    terminal.type("\x03")
    told = terminal.until(r"\Z(?!)")
    assert terminal.ended() == 130
    assert "Traceback" not in told
    assert [path.name for path in home.iterdir()] == ["practice.toml"]
    assert (home / "practice.toml").read_bytes() == before


def test_an_act_on_keys_is_one_verb_to_a_person() -> None:
    assert as_invoke_says(["keys", "rotate", "--role", "recovery"]) == [
        "keys.rotate",
        "--role",
        "recovery",
    ]
    assert as_invoke_says(["keys"]) == ["keys"]
    assert as_invoke_says(["keys", "--role", "recovery"]) == ["keys", "--role", "recovery"]
    assert as_invoke_says(["demo"]) == ["demo"]
