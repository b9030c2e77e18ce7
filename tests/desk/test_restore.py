"""`restore` at the desk: opened in memory, tried without a name, sent only after a yes."""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from secrets import token_bytes

import pytest

from booking_endpoint.backup import Backup
from booking_endpoint.envelope import PrivateKey, key_from, lock_key, public_text
from booking_endpoint.sealed_file import seal_file
from booking_endpoint.sqlite_file import copy_in_memory
from booking_endpoint.words import Language
from deploy.far import Done, Unreachable
from desk.arguments import parser
from desk.paper import words_of
from desk.restore_command import Restoring
from desk.talk import Talk
from tests.desk.cast import MONDAY, NAME, facts, store_booking
from tests.desk.terminal import Terminal
from tests.edge.traces import traces_in
from tests.keys import new_key
from tests.serving import ROOT

MADE = "2026-11-29T23:30:00Z"
"""Half past midnight in Paris, on Monday."""


@pytest.fixture(scope="module")
def backup(tmp_path_factory: pytest.TempPathFactory, key: PrivateKey) -> Backup:
    path = tmp_path_factory.mktemp("server") / "bookings.db"
    for day in range(2):
        store_booking(path, key, MONDAY + timedelta(days=day))
    return Backup(copy_in_memory(path), b"", ("a secret of thirty-two characters!",), MADE)


def sealed(backup: Backup | bytes, *keys: PrivateKey) -> bytes:
    content = backup if isinstance(backup, bytes) else backup.to_bytes()
    return b"".join(seal_file(content, [public_text(key) for key in keys], token_bytes(32)))


@dataclass
class Doctor:
    """Somebody with a backup, some keys, and a server that says how it ended."""

    file: Path
    keys: Sequence[PrivateKey]
    ends: Done = field(default_factory=lambda: Done(0, "2 bookings are in place", ""))
    breaks: bool = False
    answer: str = "yes"
    heard: list[str] = field(default_factory=list)
    sent: list[tuple[str, bytes, bool]] = field(default_factory=list)

    def restores(self, *words: str) -> int:
        def send(host: str, content: bytes, forget: bool) -> Done:
            self.sent.append((host, content, forget))
            if self.breaks:
                raise Unreachable("the line to dr-example.fr")
            return self.ends

        talk = Talk(Language("en", {}), self.reply, self.reply, self.heard.append)
        told = ["restore", str(self.file), *words, "--practice", "unread", "--key", "unread"]
        restoring = Restoring(facts(self.keys[0]), talk, lambda: self.keys, send)
        return restoring.do(parser().parse_args(told))

    def reply(self, question: str) -> str:
        self.heard.append(question)
        return self.answer

    @property
    def told(self) -> str:
        return " ".join(" ".join(self.heard).split())


@pytest.fixture
def doctor(tmp_path: Path, backup: Backup, key: PrivateKey) -> Doctor:
    file = tmp_path / "b.souspli"
    file.write_bytes(sealed(backup, key))
    return Doctor(file, [key])


def test_a_drill_tells_what_would_be_there_and_sends_nothing(doctor: Doctor) -> None:
    assert doctor.restores("--drill") == 0
    assert "backup of 30 November 2026, 00:30: 2 bookings, 2 not cancelled" in doctor.told
    assert "One booking was opened, to try the key, and not shown" in doctor.told
    assert "nothing was changed" in doctor.told
    assert doctor.sent == []


def test_a_drill_names_nobody_and_leaves_nothing_behind(doctor: Doctor) -> None:
    before = set(doctor.file.parent.iterdir())
    doctor.restores("--drill")
    assert NAME not in doctor.told
    assert set(doctor.file.parent.iterdir()) == before
    assert traces_in([NAME], doctor.file.parent) == {}


def test_only_a_yes_sends_it(doctor: Doctor, backup: Backup) -> None:
    doctor.answer = "perhaps"
    assert doctor.restores("dr-example.fr") == 1
    assert "Stopped. Nothing was changed" in doctor.told
    assert doctor.sent == []
    doctor.answer = "yes"
    assert doctor.restores("dr-example.fr", "--forget-receipts") == 0
    assert doctor.sent == [("dr-example.fr", backup.to_bytes(), True)]
    assert "what was forgotten since is there again" in doctor.told
    assert "they have to telephone" in doctor.told


@pytest.mark.parametrize(
    ("ends", "says"),
    [
        (Done(127, "", "sh: 1: no such file"), "run `bootstrap`, publish, then restore"),
        (Done(6, "", "it does not answer. Everything was put back as it was"), "was put back"),
    ],
)
def test_a_server_that_did_not_take_it_is_told(doctor: Doctor, ends: Done, says: str) -> None:
    doctor.ends = ends
    assert doctor.restores("dr-example.fr") == 1
    assert says in doctor.told
    assert "the endpoint is well" not in doctor.told


def test_a_line_that_breaks_is_not_told_as_nothing_changed(doctor: Doctor) -> None:
    """By then the server may have all of it, and goes on by itself."""
    doctor.breaks = True
    assert doctor.restores("dr-example.fr") == 1
    assert "all is as it was, or all is restored" in doctor.told
    assert "Nothing was changed" not in doctor.told


def newer(content: bytes) -> bytes:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as file:
        file.deserialize(content)
        file.execute("PRAGMA user_version=99")
        return file.serialize()


@pytest.mark.parametrize("wrong", ["key", "random", "cut", "altered", "content", "newer"])
def test_what_is_not_sound_is_refused_before_anything_is_sent(
    doctor: Doctor, backup: Backup, key: PrivateKey, wrong: str
) -> None:
    whole = doctor.file.read_bytes()
    made = {
        "key": (sealed(backup, new_key()), "sealed to other keys"),
        "random": (os.urandom(9_999), "not a sealed file"),
        "cut": (whole[:-100], "cut off, or altered"),
        "altered": (whole[:5_000] + b"?" + whole[5_001:], "cut off, or altered"),
        "content": (sealed(b"something else", key), "something else than a backup"),
        "newer": (sealed(replace(backup, database=newer(backup.database)), key), "schema 99"),
    }
    content, says = made[wrong]
    doctor.file.write_bytes(content)
    assert doctor.restores("dr-example.fr") == 1
    assert says in doctor.told
    assert doctor.sent == []


def test_the_words_of_a_paper_or_a_key_file_open_it_at_the_terminal(
    tmp_path: Path, backup: Backup, key: PrivateKey
) -> None:
    """A recovery key has no file: its 24 words are typed, and do not stay on the screen."""
    practice, file, seed = tmp_path / "practice.toml", tmp_path / "b.souspli", token_bytes(32)
    practice.write_text((ROOT / "content" / "practice.toml").read_text("utf-8"), "utf-8")
    file.write_bytes(sealed(backup, key, key_from(seed)))
    (tmp_path / "key.pem").write_bytes(lock_key(key, "a passphrase"))
    words = ["-m", "desk", "restore", str(file), "--drill", "--practice", str(practice)]
    terminal = Terminal(words, tmp_path)
    terminal.until("> $")
    terminal.type(" ".join(words_of(seed, "fr")) + "\n")
    assert "2 rendez-vous" in terminal.until("exercice")
    assert terminal.ended() == 0
    terminal = Terminal([*words, "--key", str(tmp_path / "key.pem")], tmp_path)
    terminal.until("Passphrase: $")
    terminal.type("a passphrase\n")
    assert "essayer la clé" in terminal.until("exercice")
    assert terminal.ended() == 0
