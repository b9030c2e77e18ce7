"""Making, rotating, restoring and removing keys: nothing half done, nothing lost, nobody misled."""

import os
import shutil
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser

from booking_endpoint.envelope import (
    SEED,
    BadKey,
    fingerprint,
    key_from,
    open_envelope,
    public_text,
    seal,
    unlock_key,
)
from booking_endpoint.practice import Practice
from booking_endpoint.reading import read_practice
from booking_endpoint.words import Language
from desk.keyring import UNFINISHED, Keyring, Unsafe
from desk.keys import Stopped, Workshop
from desk.paper import Paper, words_of
from desk.printing import shown
from desk.talk import Talk
from tests.desk.cast import exported
from tests.serving import ROOT

ENGLISH = Language("en", {})
TODAY = date(2026, 11, 23)
OWN = (
    "the quick brown foxes jump over my lazy dog while eleven wizards vex a sphinx of quartz, 1938"
)
"""A passphrase of one's own that is long enough."""


class Gone(BaseException):
    """The person, or the power, is gone in the middle."""


Answer = str | Callable[["Person"], str]


@dataclass
class Person:
    """Somebody at the terminal, who answers by what is asked and reads the page that is shown."""

    answers: dict[str, Sequence[Answer]]
    """What a question begins with, and the answers to give it, in turn; the last one again."""
    heard: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    """The words of the page that is open."""
    drawn: str = ""

    def __post_init__(self) -> None:
        self._left = {start: list(answers) for start, answers in self.answers.items()}

    def answer(self, question: str) -> str:
        self.heard.append(question)
        for start, left in self._left.items():
            if " ".join(question.split()).startswith(start):
                answer = left.pop(0) if len(left) > 1 else left[0]
                return answer if isinstance(answer, str) else answer(self)
        raise AssertionError(f"nobody told what to answer to {question!r}")

    def hear(self, text: str) -> None:
        self.heard.append(text)
        if text.startswith("    ") and text.count(" ") == 4 + 7:
            self.drawn = text.strip()

    @contextmanager
    def page(self, paper: Paper) -> Iterator[str]:
        with shown(ENGLISH, paper) as address:
            page = LexborHTMLParser(httpx.get(address).text)
            self.words = [word.text() for word in page.css(".words__word")]
            yield address

    @property
    def told(self) -> str:
        return " ".join(" ".join(self.heard).split())


def gone(_: Person) -> str:
    raise Gone


READS_BACK: Answer = lambda person: " ".join(person.words)  # noqa: E731
REPEATS: Answer = lambda person: person.drawn  # noqa: E731
MAKES: dict[str, Sequence[Answer]] = {
    "A passphrase": [""],
    "Type it once": [REPEATS],
    "Type the 24": [READS_BACK],
}


@dataclass
class Home:
    """A doctor's machine: the facts, the folder of keys, and chance that can be told."""

    facts: Path
    folder: Path
    drawn: int = 0
    log: list[str] = field(default_factory=list)

    def workshop(self, person: Person) -> Workshop:
        talk = Talk(ENGLISH, person.answer, person.answer, person.hear)
        keyring = Keyring(self.folder)
        chance, draw, log = self.chance, self.draw, self.log.append
        return Workshop(self.facts, keyring, talk, person.page, chance, draw, TODAY, log)

    def chance(self, count: int) -> bytes:
        """Another seed each time, known beforehand."""
        assert count == SEED
        self.drawn += 1
        return bytes([self.drawn]) * SEED

    def draw(self, below: int) -> int:
        self.drawn += 7
        return self.drawn % below

    @property
    def practice(self) -> Practice:
        return read_practice(self.facts.read_text("utf-8"))

    @property
    def named(self) -> dict[str, str]:
        """The public key of each role, by the facts."""
        return {one.role: one.key for one in self.practice.recipients}

    @property
    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.glob("*")) if self.folder.exists() else []

    def lying_about(self) -> list[str]:
        return sorted(path.name for path in self.facts.parent.iterdir())


@pytest.fixture
def home(tmp_path: Path) -> Home:
    facts = tmp_path / "site" / "practice.toml"
    facts.parent.mkdir()
    shutil.copy(ROOT / "content" / "practice.toml", facts)
    return Home(facts, tmp_path / "keys")


def made(home: Home, role: str = "doctor") -> Person:
    person = Person(MAKES)
    home.workshop(person).make(role)
    return person


# --- The first day --------------------------------------------------------------------------------


def test_a_key_is_made_and_named_and_opens(home: Home) -> None:
    person = made(home)
    public = home.named["doctor"]
    [file] = home.folder.glob("*.pem")
    key = unlock_key(file.read_bytes(), person.drawn)
    assert public_text(key) == public
    envelope = seal(b"who comes", [one.key for one in home.practice.sealed_to])
    assert envelope[0] == 2
    assert open_envelope(envelope, [key]) == b"who comes"
    assert fingerprint(public) in person.told


def test_only_recipients_are_changed_in_the_facts(home: Home) -> None:
    """The doctor's comments and order stay as they are."""
    before = home.facts.read_text("utf-8")
    made(home)
    made(home, "recovery")
    assert home.facts.read_text("utf-8").startswith(before)
    assert [one.role for one in home.practice.recipients] == ["doctor", "recovery"]


def test_nobody_else_may_read_the_key(home: Home) -> None:
    made(home)
    [file] = home.folder.glob("*.pem")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.folder.stat().st_mode) == 0o700


def test_a_recovery_key_lies_on_paper_alone(home: Home) -> None:
    person = made(home, "recovery")
    assert home.files == []
    assert "recovery" in home.named
    assert "passphrase" not in person.told


def test_the_words_on_paper_are_the_key(home: Home) -> None:
    person = made(home)
    assert person.words == words_of(bytes([home.drawn]) * SEED, "en")
    assert home.named["doctor"] == public_text(key_from(bytes([home.drawn]) * SEED))


def test_a_key_must_not_lie_in_a_repository(home: Home) -> None:
    """It would be pushed, published, or copied with the site."""
    (home.facts.parent / ".git").mkdir()
    with pytest.raises(Unsafe, match="part of a repository"):
        Keyring(home.facts.parent / "keys")


def test_a_second_key_for_a_role_is_a_rotation(home: Home) -> None:
    made(home)
    before = home.facts.read_bytes(), home.files
    with pytest.raises(Stopped, match=r"keys rotate"):
        home.workshop(Person(MAKES)).make("doctor")
    assert (home.facts.read_bytes(), home.files) == before


# --- Nothing before the paper was read back -------------------------------------------------------


def other_paper(person: Person) -> str:
    return " ".join(words_of(b"\xaa" * SEED, "en"))


def test_words_of_another_paper_are_not_taken(home: Home) -> None:
    person = Person(MAKES | {"Type the 24": [other_paper, gone]})
    with pytest.raises(Gone):
        home.workshop(person).make("doctor")
    assert "another paper" in person.told
    assert (home.files, home.named) == ([], {})


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (lambda person: " ".join(person.words[:23]), "23 were typed"),
        (
            lambda person: " ".join([*person.words[:6], "abandn", *person.words[7:]]),
            "Word 7, abandn,",
        ),
        (lambda person: " ".join([*person.words[1:], person.words[0]]), "changed places"),
        (lambda person: "", "0 were typed"),
    ],
    ids=["a word too few", "a word misread", "a word at another place", "nothing"],
)
def test_a_slip_of_the_hand_is_said_and_asked_again(home: Home, typed: Answer, said: str) -> None:
    home.chance = lambda count: bytes(range(count))  # type: ignore[method-assign]
    person = Person(MAKES | {"Type the 24": [typed, READS_BACK]})
    home.workshop(person).make("doctor")
    assert said in person.told
    assert "doctor" in home.named


def test_a_weak_passphrase_is_refused_with_what_it_is_worth(home: Home) -> None:
    person = Person(MAKES | {"A passphrase": ["Valombreuse1938!", OWN], "Type it once": [OWN]})
    home.workshop(person).make("doctor")
    assert "bits at most, and 80 are wanted" in person.told
    [file] = home.folder.glob("*.pem")
    assert public_text(unlock_key(file.read_bytes(), OWN)) == home.named["doctor"]


def test_a_passphrase_typed_two_ways_is_asked_again(home: Home) -> None:
    answers: dict[str, Sequence[Answer]] = {"A passphrase": [OWN], "Type it once": ["another", OWN]}
    person = Person(MAKES | answers)
    home.workshop(person).make("doctor")
    assert "two different ones" in person.told


def test_no_secret_stays_on_the_screen(home: Home) -> None:
    """After what was shown or typed in clear, the screen is emptied."""
    person = made(home)
    last_secret = max(
        at for at, text in enumerate(person.heard) if person.drawn in text or "24 words" in text
    )
    assert any("\033[3J" in text for text in person.heard[last_secret:])


# --- Interrupted anywhere -------------------------------------------------------------------------

STEPS = ["A passphrase", "Type it once", "Type the 24"]


@pytest.mark.parametrize("step", STEPS)
def test_whoever_leaves_at_a_question_leaves_nothing(home: Home, step: str) -> None:
    before = home.facts.read_bytes()
    with pytest.raises(Gone):
        home.workshop(Person(MAKES | {step: [gone]})).make("doctor")
    assert home.facts.read_bytes() == before
    assert home.files == []


CALLS = ["open", "fsync", "chmod", "replace"]
"""What touches the disk. The power goes at each of their calls in turn."""


@pytest.mark.parametrize("act", ["make", "rotate"])
def test_when_the_power_fails_the_next_start_finds_all_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    """At whichever touch of the disk: either the old state, or a key that is named and opens."""
    outcomes = set()
    for cut in range(1, 40):
        folder = tmp_path / f"{act}-{cut}"
        folder.mkdir()
        shutil.copy(ROOT / "content" / "practice.toml", folder / "practice.toml")
        home = Home(folder / "practice.toml", folder / "keys")
        passphrase = ""
        if act == "rotate":
            passphrase = made(home).drawn
        before, old = home.facts.read_bytes(), home.files
        person = Person(MAKES | {"The passphrase of": [passphrase], "Type yes": ["yes"]})
        touched = 0

        def failing(real: Callable[..., object]) -> Callable[..., object]:
            def call(*words: object, **more: object) -> object:
                nonlocal touched
                touched += 1
                if touched == cut:  # noqa: B023 -- called within this turn
                    raise Gone
                return real(*words, **more)

            return call

        with monkeypatch.context() as patch:
            for name in CALLS:
                patch.setattr(os, name, failing(getattr(os, name)))
            workshop = home.workshop(person)
            try:
                workshop.make("doctor") if act == "make" else workshop.rotate("doctor", None)
                done = True
            except Gone:
                done = False
        if done and touched < cut:
            break
        Keyring(home.folder).tidy(home.practice.recipients)
        assert not [name for name in home.files if UNFINISHED in name]
        assert home.lying_about() == ["keys", "practice.toml"][not home.folder.exists() :]
        if home.facts.read_bytes() == before:
            assert home.files == old
            outcomes.add("as before")
            continue
        [named] = [file for file in home.folder.glob("*.pem") if file.name not in old]
        key = unlock_key(named.read_bytes(), passphrase or person.drawn)
        assert public_text(key) == home.named["doctor"]
        outcomes.add("done")
    else:
        pytest.fail("the disk is touched without end")
    assert outcomes == {"as before", "done"}


# --- Rotation -------------------------------------------------------------------------------------


def rotated(
    home: Home, passphrase: str, export: Callable[[], list[str]] | None, **said: Answer
) -> Person:
    answers: dict[str, Sequence[Answer]] = {
        "The passphrase of": [passphrase],
        "Type yes": [said.get("agrees", "yes")],
    }
    person = Person(MAKES | answers)
    home.workshop(person).rotate("doctor", export)
    return person


def test_after_a_rotation_both_keys_open_under_one_passphrase(home: Home) -> None:
    passphrase = made(home).drawn
    old = home.named["doctor"]
    rotated(home, passphrase, lambda: [])
    new = home.named["doctor"]
    assert old != new
    opened = {
        public_text(unlock_key(file.read_bytes(), passphrase)) for file in home.folder.iterdir()
    }
    assert opened == {old, new}
    assert [one.role for one in home.practice.recipients] == ["doctor"]


def test_a_rotation_collects_first(home: Home) -> None:
    """And says what of the server opens here, before anything changes."""
    passphrase = made(home).drawn
    [file] = home.folder.iterdir()
    key = unlock_key(file.read_bytes(), passphrase)
    person = rotated(home, passphrase, lambda: [exported(key), exported(key, number=2)])
    assert "2 bookings, of which 0 do not open here" in person.told


def test_a_booking_that_does_not_open_stops_a_rotation(home: Home) -> None:
    passphrase = made(home).drawn
    before = home.facts.read_bytes(), home.files
    foreign = exported(key_from(b"\xcc" * SEED))
    with pytest.raises(Stopped, match="Nothing was changed"):
        rotated(home, passphrase, lambda: [foreign], agrees="no")
    assert (home.facts.read_bytes(), home.files) == before


def test_a_rotation_says_until_when_the_old_key_is_needed(home: Home) -> None:
    """90 days ahead a visit may be booked, and 7 days after it the server forgets it."""
    passphrase = made(home).drawn
    assert "until 28 February 2027" in rotated(home, passphrase, lambda: []).told


def test_a_lost_file_does_not_stop_a_rotation_and_is_said(home: Home) -> None:
    made(home)
    for file in home.folder.iterdir():
        file.unlink()
    old = home.named["doctor"]
    person = Person(MAKES | {"Type yes": ["yes"]})
    home.workshop(person).rotate("doctor", None)
    assert "old key" in person.told
    assert home.named["doctor"] != old


def test_a_secretary_is_removed_and_the_others_stay(home: Home) -> None:
    passphrase = made(home).drawn
    made(home, "secretary")
    made(home, "recovery")
    text = home.facts.read_text("utf-8")
    person = Person({"The passphrase of": [passphrase], "Type yes": ["yes"]})
    home.workshop(person).remove("secretary", lambda: [])
    assert sorted(home.named) == ["doctor", "recovery"]
    assert len(home.practice.sealed_to) == 3
    gone_lines = set(text.splitlines()) - set(home.facts.read_text("utf-8").splitlines())
    assert {line.split(" =")[0] for line in gone_lines} == {"role", "key", "hybrid"}


def test_the_doctor_is_never_removed(home: Home) -> None:
    made(home)
    with pytest.raises(Stopped, match="secretary or of recovery"):
        home.workshop(Person({})).remove("doctor", None)


@pytest.mark.parametrize("role", ["secretary", "recovery"])
def test_a_role_without_a_file_here_is_rotated_with_the_doctors_key(home: Home, role: str) -> None:
    """Else everything on the server would seem closed."""
    passphrase = made(home).drawn
    [file] = home.folder.iterdir()
    key = unlock_key(file.read_bytes(), passphrase)
    made(home, role)
    for other in home.folder.glob("secretary-*.pem"):
        other.unlink()
    person = Person(MAKES | {"The passphrase of": [passphrase], "Type yes": ["yes"]})
    home.workshop(person).rotate(role, lambda: [exported(key)])
    assert "1 bookings, of which 0 do not open here" in person.told


def test_what_was_done_is_written_down_with_role_and_fingerprints(home: Home) -> None:
    passphrase = made(home).drawn
    old = fingerprint(home.named["doctor"])
    rotated(home, passphrase, lambda: [])
    new = fingerprint(home.named["doctor"])
    assert home.log == [f"keys make doctor {old}", f"keys rotate doctor {old} {new}"]


# --- From paper -----------------------------------------------------------------------------------


def restored(home: Home, seed: bytes, **answers: Sequence[Answer]) -> Person:
    words = " ".join(words_of(seed, "fr"))
    person = Person(MAKES | {"Type the 24": [words], "Type yes": ["yes"], **answers})
    home.workshop(person).restore()
    return person


def test_a_key_comes_back_from_its_paper_on_a_new_machine(home: Home) -> None:
    made(home)
    seed, public = bytes([home.drawn]) * SEED, home.named["doctor"]
    shutil.rmtree(home.folder)
    person = restored(home, seed)
    [file] = home.folder.glob("doctor-*.pem")
    assert public_text(unlock_key(file.read_bytes(), person.drawn)) == public


def test_a_forgotten_passphrase_is_replaced_from_paper(home: Home) -> None:
    forgotten = made(home).drawn
    before = home.files
    person = restored(home, bytes([home.drawn]) * SEED)
    assert home.files == before
    [file] = home.folder.iterdir()
    assert public_text(unlock_key(file.read_bytes(), person.drawn)) == home.named["doctor"]
    with pytest.raises(BadKey):
        unlock_key(file.read_bytes(), forgotten)


def test_an_older_key_comes_back_into_its_own_file(home: Home) -> None:
    """Under today's passphrase: not beside itself, as a file that no passphrase opens."""
    passphrase = made(home).drawn
    old = bytes([1 + 7 * 8]) * SEED
    rotated(home, passphrase, lambda: [])
    before = home.files
    person = restored(home, old)
    assert home.files == before
    file = home.folder / next(name for name in before if short_of(old) in name)
    assert public_text(unlock_key(file.read_bytes(), person.drawn)) == public_text(key_from(old))


def short_of(seed: bytes) -> str:
    return fingerprint(public_text(key_from(seed))).replace(" ", "")[:8]


def test_a_paper_of_another_key_is_said_and_kept_as_an_old_one(home: Home) -> None:
    made(home)
    facts = home.facts.read_bytes()
    person = restored(home, b"\xdd" * SEED)
    told = fingerprint(public_text(key_from(b"\xdd" * SEED)))
    assert f"This paper is of the key {told}, which is none of those the facts name" in person.told
    assert [name.partition("-")[0] for name in home.files] == ["doctor", "old"]
    assert home.facts.read_bytes() == facts


def test_a_paper_of_another_key_is_not_kept_against_the_doctors_will(home: Home) -> None:
    made(home)
    before = home.files
    words = " ".join(words_of(b"\xdd" * SEED, "en"))
    person = Person(MAKES | {"Type the 24": [words], "Type yes": ["no"]})
    with pytest.raises(Stopped):
        home.workshop(person).restore()
    assert home.files == before
