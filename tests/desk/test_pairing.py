"""A desk in one file: what is in it, whom it opens to, and a whole day with it over a real sshd."""

import json
import os
import re
import secrets
import shutil
import signal
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from getpass import getuser
from pathlib import Path

import httpx
import pytest
from invoke.exceptions import Exit

from booking_endpoint.envelope import (
    SEED,
    PrivateKey,
    key_from,
    lock_key,
    public_text,
    unlock_key,
)
from booking_endpoint.practice import Recipient
from deploy.verbs import invite
from desk.arguments import as_typed
from desk.joining import Home, Joining
from desk.keyring import Keyring
from desk.keys import Stopped
from desk.pair_command import Invitation
from desk.pairing import (
    CODE,
    COST,
    Damaged,
    Pairing,
    Reach,
    WrongCode,
    new_code,
    read_code,
    read_sealed,
    seal_pairing,
)
from desk.paper import LISTS, words_of
from desk.ssh import Unknown, reach_of
from desk.talk import CLEAR, Talk
from tests.desk.cast import MONDAY, store_booking
from tests.desk.cast import NAME as PATIENT
from tests.desk.sshd import Machine
from tests.desk.terminal import Terminal
from tests.desk.test_keys import ENGLISH, Answer, Person
from tests.serving import facts_with, wait_until

WORDS = "abaisser abandon abdiquer abeille abolir aborder"
KNOWN = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample"
REACH = Reach("rdv.dr-example.fr", "cabinet", 22, (KNOWN,))
SEED_OF_HERS = b"\x07" * SEED
PASSPHRASE = "les carottes du jardin voisin poussent mieux quand la lune dort, dit Albertine 1938"


@pytest.fixture(scope="module", autouse=True)
def cheap() -> Iterator[None]:
    """scrypt costs a thousandth within this process; what real commands do keeps its price."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("desk.pairing.COST", 1 << 7)
        yield


@pytest.fixture(scope="module")
def hers() -> PrivateKey:
    """The secretary's key."""
    return key_from(SEED_OF_HERS)


@pytest.fixture(scope="module")
def facts(key: PrivateKey, hers: PrivateKey) -> str:
    """The demo practice, which seals to both."""
    return facts_with(key) + "\n" + Recipient("secretary", public_text(hers)).to_toml()


@pytest.fixture(scope="module")
def pairing(facts: str, hers: PrivateKey) -> Pairing:
    locked = lock_key(hers, WORDS).decode()
    return Pairing("2026-11-23T08:00:00Z", "secretary", facts, REACH, locked)


def text_of(pairing: Pairing) -> str:
    return seal_pairing(pairing, WORDS, "fr", secrets.token_bytes)


@dataclass
class Computer:
    """The secretary's, and what she answers; nothing is known of ssh but its own programs."""

    folder: Path

    @property
    def home(self) -> Home:
        return Home(self.folder / "souspli-desk")

    def join(self, text: str, **answers: Answer) -> Person:
        """She opens a file of this content."""
        file = self.folder / "cabinet.souspli-desk"
        file.write_text(text, "utf-8")
        said: dict[str, Sequence[Answer]] = {
            "The six words": [answers.get("code", WORDS)],
            "A passphrase": [PASSPHRASE],
            "Type it once": [PASSPHRASE],
        }
        person = Person(said | {"Type the 24": [answers.get("paper", "")]})
        self.joining(person).join(file)
        return person

    def joining(self, person: Person) -> Joining:
        talk = Talk(ENGLISH, person.answer, person.answer, person.hear)
        return Joining(self.home, talk, secrets.randbelow)


@pytest.fixture
def computer(tmp_path: Path) -> Computer:
    return Computer(tmp_path)


# --- the file ----------------------------------------------------------------------------------


def test_what_was_put_in_comes_out_with_the_code(pairing: Pairing) -> None:
    assert read_sealed(text_of(pairing)).open(WORDS) == pairing


def test_nothing_in_it_can_be_read_without_the_code(pairing: Pairing, facts: str) -> None:
    text = text_of(pairing)
    assert set(json.loads(text)) == {"souspli-desk", "language", "salt", "sealed", "check"}
    for told in ("rdv.dr-example.fr", "PRIVATE KEY", "abaisser", facts[:40]):
        assert told not in text
    with pytest.raises(WrongCode):
        read_sealed(text).open(WORDS.replace("abolir", "absence"))


def test_the_same_desk_twice_is_two_files(pairing: Pairing) -> None:
    first, second = (
        json.loads(seal_pairing(pairing, WORDS, "fr", secrets.token_bytes)) for _ in range(2)
    )
    assert first["salt"] != second["salt"]
    assert first["sealed"][:16] != second["sealed"][:16]


def test_a_code_is_six_different_words_of_two_thousand() -> None:
    """66 bits; less than the 80 of a passphrase, since each guess costs 128 MiB of scrypt."""
    drawn = [new_code("fr", secrets.randbelow).split() for _ in range(50)]
    assert {len(set(words)) for words in drawn} == {CODE} == {6}
    assert {word for words in drawn for word in words} <= set(LISTS["fr"])
    assert len(LISTS["fr"]) == 2048
    assert 128 * 8 * COST == 128 << 20  # bytes: RFC 7914, section 2


@pytest.mark.parametrize(
    "typed", ["Abaisser ABANDON abdiquer abeille abolir aborder", "abai aban abdi abei abol abor"]
)
def test_a_code_is_read_as_people_type(typed: str) -> None:
    assert read_code(typed, "fr") == WORDS


@pytest.mark.parametrize("typed", ["", "abaisser", f"{WORDS} absence", "nope " * 6])
def test_what_is_no_code_is_none(typed: str) -> None:
    with pytest.raises(WrongCode):
        read_code(typed, "fr")


@pytest.mark.parametrize("place", ["salt", "sealed", "check", "language", "souspli-desk"])
def test_a_damaged_file_is_told_from_a_wrong_code(pairing: Pairing, place: str) -> None:
    told = json.loads(text_of(pairing))
    told[place] = "QUJD" if isinstance(told[place], str) else 2
    with pytest.raises(Damaged):
        read_sealed(json.dumps(told))


@pytest.mark.parametrize("text", ["", "[]", "7", "{}", "{", '{"souspli-desk": 1}', "[" * 100_000])
def test_what_is_none_of_our_files_is_damaged(text: str) -> None:
    with pytest.raises(Damaged):
        read_sealed(text)


def test_the_language_on_the_outside_cannot_be_changed(pairing: Pairing) -> None:
    told = json.loads(text_of(pairing)) | {"language": "en"}
    with pytest.raises(WrongCode):
        read_sealed(json.dumps(told)).open(WORDS)


@pytest.mark.parametrize(
    "bad",
    [
        {"host": "x\n  ProxyCommand rm -rf ~"},
        {"host": "-oProxyCommand=x"},
        {"host": ""},
        {"user": 'a"\nProxyCommand x'},
        {"user": "-l"},
        {"port": 0},
        {"port": 1 << 16},
        {"known": ()},
        {"known": (f"{KNOWN}\nother {KNOWN}",)},
        {"known": ("@cert-authority * x",)},
    ],
)
def test_what_would_run_a_command_is_no_way_to_a_server(bad: dict[str, object]) -> None:
    """Whoever makes a file, and talks somebody into opening it, gets no line of their own."""
    told = {"host": "rdv", "user": "cabinet", "port": 22, "known": (KNOWN,)} | bad
    with pytest.raises(Damaged):
        Reach(**told)  # type: ignore[arg-type]  # that is the point


# --- the secretary's computer ----------------------------------------------------------------


def test_a_file_unfolds_into_one_folder_that_nobody_else_reads(
    computer: Computer, pairing: Pairing, hers: PrivateKey
) -> None:
    os.umask(0)  # the most careless there is
    try:
        person = computer.join(text_of(pairing))
    finally:
        os.umask(0o022)
    home = computer.home
    there = [home.folder, *home.folder.rglob("*")]
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in there}
    assert {modes[path] for path in there if path.is_dir()} == {0o700}
    public = home.ssh / "id_ed25519.pub"
    assert {path for path in there if path.is_file() and modes[path] != 0o600} <= {public}
    [file] = home.keys.glob("*.pem")
    assert public_text(unlock_key(file.read_bytes(), PASSPHRASE)) == public_text(hers)
    assert home.facts.read_text("utf-8") == pairing.facts
    line = home.line.read_text()
    assert line.startswith("restrict ssh-ed25519 ")
    assert line.strip() in person.told
    assert "Delete" in person.told
    content = b"".join(path.read_bytes() for path in there if path.is_file())
    assert WORDS.encode() not in content


def test_her_passphrase_is_rated_as_anybodys(computer: Computer, pairing: Pairing) -> None:
    person = Person({"A passphrase": ["secret", PASSPHRASE], "Type it once": [PASSPHRASE]})
    joining = computer.joining(person)
    computer.home.make()
    named = Recipient("secretary", public_text(key_from(SEED_OF_HERS)))
    joining._keep_key(named, key_from(SEED_OF_HERS))
    assert "This one is worth" in person.told


def test_a_wrong_code_is_said_and_asked_again(computer: Computer, pairing: Pairing) -> None:
    file = computer.folder / "file.souspli-desk"
    file.write_text(text_of(pairing), "utf-8")
    codes: list[Answer] = ["one two", WORDS.replace("abolir", "absence"), WORDS]
    person = Person({"The six words": codes, "A passphrase": [PASSPHRASE], "Type it": [PASSPHRASE]})
    computer.joining(person).join(file)
    assert person.told.count("This code does not open the file.") == 2


def test_a_key_that_was_not_in_the_file_comes_from_its_paper(
    computer: Computer, pairing: Pairing, hers: PrivateKey
) -> None:
    answers = " ".join(words_of(SEED_OF_HERS, "en"))
    computer.join(text_of(replace(pairing, key="")), paper=answers)
    [file] = computer.home.keys.glob("*.pem")
    assert public_text(unlock_key(file.read_bytes(), PASSPHRASE)) == public_text(hers)


def test_the_doctors_role_is_never_taken_from_a_file(computer: Computer, pairing: Pairing) -> None:
    with pytest.raises(Stopped, match="damaged"):
        computer.join(text_of(replace(pairing, role="doctor")))
    assert not computer.home.folder.exists()


@pytest.mark.parametrize("change", [{"facts": "zone = 1"}, {"key": "no key"}])
def test_a_file_that_opens_to_nothing_good_changes_nothing(
    computer: Computer, pairing: Pairing, change: dict[str, str]
) -> None:
    with pytest.raises(Stopped, match="damaged"):
        computer.join(text_of(replace(pairing, **change)))  # type: ignore[arg-type]  # as above
    assert not computer.home.folder.exists()


def test_a_file_that_was_cut_off_says_what_to_do(computer: Computer, pairing: Pairing) -> None:
    with pytest.raises(Stopped, match="Have it copied once more"):
        computer.join(text_of(pairing)[:-200])


def test_the_same_file_again_asks_nothing(computer: Computer, pairing: Pairing) -> None:
    text = text_of(pairing)
    computer.join(text)
    nobody = Person({})
    computer.joining(nobody).join(computer.folder / "cabinet.souspli-desk")
    assert "Delete" in nobody.told


def test_a_later_file_brings_facts_and_leaves_the_passphrase(
    computer: Computer, pairing: Pairing
) -> None:
    computer.join(text_of(pairing))
    [before] = [file.read_bytes() for file in computer.home.keys.glob("*.pem")]
    changed = pairing.facts.replace("Hélène", "Éléonore")
    assert changed != pairing.facts
    file = computer.folder / "later.souspli-desk"
    later = replace(pairing, made="2026-11-24T08:00:00Z", facts=changed)
    file.write_text(text_of(later), "utf-8")
    computer.joining(Person({"The six words": [WORDS]})).join(file)
    assert computer.home.facts.read_text("utf-8") == changed
    assert [file.read_bytes() for file in computer.home.keys.glob("*.pem")] == [before]


def test_older_facts_never_replace_newer_ones(computer: Computer, pairing: Pairing) -> None:
    computer.join(text_of(pairing))
    with pytest.raises(Stopped, match="older"):
        computer.join(text_of(replace(pairing, made="2026-11-22T08:00:00Z")))
    assert computer.home.facts.read_text("utf-8") == pairing.facts


def test_facts_can_be_brought_by_themselves_unless_they_are_anothers(
    computer: Computer, pairing: Pairing, key: PrivateKey
) -> None:
    computer.join(text_of(pairing))
    joining, facts = computer.joining(Person({})), computer.folder / "practice.toml"
    facts.write_text(pairing.facts.replace("Hélène", "Éléonore"), "utf-8")
    joining.bring(facts)
    assert "Éléonore" in computer.home.facts.read_text("utf-8")
    facts.write_text(facts_with(key), "utf-8")
    with pytest.raises(Stopped, match="does not name the key of this desk"):
        joining.bring(facts)
    assert "Éléonore" in computer.home.facts.read_text("utf-8")


def test_a_file_alone_is_joined_and_nothing_opens_what_is_there() -> None:
    assert as_typed(["cabinet.souspli-desk"]) == ["join", "cabinet.souspli-desk"]
    assert as_typed([]) == ["join"]
    assert as_typed(["keys", "make"]) == ["keys", "make"]


THAT_DAY = "?day=2026-11-23&view=day"
OTHER_FACTS = "Le serveur ne suit pas le même practice.toml"

# --- with a real sshd --------------------------------------------------------------------------


@dataclass
class Practice:
    """A doctor's computer, a secretary's, and the server between them."""

    folder: Path
    server: Machine
    doctors: Path
    """The doctor's configuration of ssh."""

    @property
    def facts(self) -> Path:
        return self.folder / "practice.toml"

    @property
    def home(self) -> Home:
        return Home(self.folder / "secretary" / "souspli-desk")

    def terminal(self, *words: str) -> Terminal:
        return Terminal(["-m", "desk", *words], self.folder / "secretary")


@contextmanager
def sitting(terminal: Terminal) -> Iterator[httpx.Client]:
    """The desk that a terminal opens without a question, until Ctrl-C."""
    shown = terminal.until(r"http://\S+/\r?\n|> $")
    try:
        [address] = re.findall(r"http://\S+", shown)
        with httpx.Client(base_url=address, follow_redirects=True, timeout=30) as http:
            yield http
    finally:
        os.kill(terminal.pid, signal.SIGINT)
        terminal.until(r"\Z(?!)")
        terminal.stop()


@pytest.fixture
def practice(tmp_path: Path, facts: str, key: PrivateKey, hers: PrivateKey) -> Iterator[Practice]:
    for name in ("secretary", "doctor"):
        (tmp_path / name).mkdir()
    (tmp_path / "practice.toml").write_text(facts, "utf-8")
    keyring = Keyring(tmp_path / "doctor" / "souspli-keys")
    for role, private in (("doctor", key), ("secretary", hers)):
        keyring.finish(keyring.write(role, private, "for now"))
    store_booking(tmp_path / "bookings.db", hers, MONDAY)
    shutil.copy(tmp_path / "practice.toml", tmp_path / "served.toml")
    server = Machine(tmp_path / "server", tmp_path / "bookings.db", tmp_path / "served.toml")
    doctors = server.known_to(tmp_path / "doctor" / "ssh")
    with server.running():
        yield Practice(tmp_path, server, doctors)


def paired(practice: Practice) -> tuple[Path, str]:
    """The doctor makes a file; it, and its code."""
    file = practice.folder / "cabinet.souspli-desk"
    folder = practice.folder / "doctor" / "souspli-keys"
    words = ["pair", str(file), "--practice", str(practice.facts), "--folder", str(folder)]
    doctor = practice.terminal(*words, "--host", "rdv", "--ssh-config", str(practice.doctors))
    doctor.until(r"> $")
    doctor.type("for now\n")
    [code] = re.findall(r"^    (\w+(?: \w+){5})$", doctor.until(r"> $"), re.MULTILINE)
    doctor.type("\n")
    doctor.until(r"\Z(?!)")
    assert doctor.ended() == 0
    return file, code


def joined(practice: Practice) -> Terminal:
    """The secretary opens it, and types; the server lets her in. Her desk is about to open."""
    file, code = paired(practice)
    terminal = practice.terminal("join", str(file), "--no-open")
    terminal.until(r"> $")
    for typed in (code, PASSPHRASE, PASSPHRASE):
        terminal.type(f"{typed}\n")
        shown = terminal.until(r"> $|restrict .+\n")
    line = practice.home.line.read_text()
    assert line in shown
    practice.server.let_in.write_text(practice.server.let_in.read_text() + line)
    return terminal


def unlocked(http: httpx.Client) -> None:
    assert PATIENT not in http.get(THAT_DAY).text
    assert http.post("unlock", data={"passphrase": PASSPHRASE}).status_code in (200, 503)


def wait_for(http: httpx.Client, text: str) -> None:
    wait_until(lambda: text in said(http))


def said(http: httpx.Client) -> str:
    return http.get(THAT_DAY).text.replace("\N{NO-BREAK SPACE}", " ")


def test_one_file_makes_a_desk_that_opens_bookings_over_ssh(
    practice: Practice, key: PrivateKey
) -> None:
    """From `pair` to a name on the page; opened again, only the passphrase is asked for, on the
    page. The doctor's key is not on her computer. Facts that change on the server are told."""
    with sitting(joined(practice)) as http:
        unlocked(http)
        wait_for(http, PATIENT)
    for file in practice.home.keys.glob("*.pem"):
        assert public_text(unlock_key(file.read_bytes(), PASSPHRASE)) != public_text(key)

    with sitting(practice.terminal("join", "--no-open")) as http:
        unlocked(http)
        wait_for(http, PATIENT)
        time.sleep(1.5)  # the server tells its facts once a second
        assert OTHER_FACTS not in said(http)
        later = f"{practice.facts.read_text('utf-8')}\n# later\n"
        practice.server.facts.write_text(later, "utf-8")
        wait_for(http, OTHER_FACTS)


def test_a_door_that_stays_shut_says_why_and_what_to_do(practice: Practice) -> None:
    """Not let in, then another machine's key: nothing is asked, nothing is sent."""
    with sitting(joined(practice)) as http:
        practice.server.let_in.write_text("")
        unlocked(http)
        wait_for(http, "donnez ce qui est dans for-the-server.txt")
        practice.server.let_in.write_text(practice.home.line.read_text())
        practice.server.becomes_another()
        wait_for(http, "Le serveur montre une autre clé que celle connue ici")
        assert PATIENT not in http.get(THAT_DAY).text


def test_a_server_never_spoken_to_is_in_no_file(practice: Practice) -> None:
    """Its key would be anybody's: the doctor compares it once, at a terminal."""
    practice.doctors.with_name("known").write_text("")
    with pytest.raises(Unknown):
        reach_of("rdv", practice.doctors)


def test_the_way_to_the_server_is_the_doctors_own(practice: Practice) -> None:
    public = practice.server.host_key.with_suffix(".pub").read_text().split()[:2]
    reach = reach_of("rdv", practice.doctors)
    assert reach == Reach("127.0.0.1", getuser(), practice.server.port, (" ".join(public),))


# --- the doctor's computer -------------------------------------------------------------------


def invited(practice: Practice, **answers: Sequence[Answer]) -> tuple[Path, Person]:
    """The doctor makes a file; nothing but Enter is typed, unless something else is said."""
    person = Person({"Press Enter": [""], **answers})
    talk = Talk(ENGLISH, person.answer, person.answer, person.hear)
    keyring = Keyring(practice.folder / "doctor" / "souspli-keys")
    chance, draw = secrets.token_bytes, secrets.randbelow
    invitation = Invitation(practice.facts, keyring, talk, chance, draw, 1_795_420_800, print)
    file = practice.folder / "cabinet.souspli-desk"
    invitation.write(file, "rdv", practice.doctors)
    return file, person


def opened(file: Path, person: Person) -> tuple[Pairing, str]:
    shown = [text.strip() for text in person.heard if text.startswith("    ")]
    [code] = [text for text in shown if len(text.split()) == CODE]
    return read_sealed(file.read_text("utf-8")).open(code), code


def test_what_goes_along_is_the_secretarys_key_and_never_the_doctors(
    practice: Practice, hers: PrivateKey
) -> None:
    """Both lie in one folder, under one passphrase here."""
    file, person = invited(practice, **{"The passphrase": ["for now"]})
    pairing, code = opened(file, person)
    assert public_text(unlock_key(pairing.key.encode(), code)) == public_text(hers)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert code not in file.read_text("utf-8")
    assert person.heard.index(f"    {code}\n") < person.heard.index(CLEAR)
    assert "secretary-" in person.heard[-1]


def test_the_verb_wants_to_know_which_server() -> None:
    with pytest.raises(Exit, match="--host"):
        invite("cabinet.souspli-desk", "", "", "")


def test_a_key_that_is_not_on_this_computer_is_not_asked_for(practice: Practice) -> None:
    for file in (practice.folder / "doctor" / "souspli-keys").glob("secretary-*"):
        file.unlink()
    pairing, _code = opened(*invited(practice))
    assert pairing.key == ""
    assert pairing.made == "2026-11-23T08:00:00Z"


def test_who_has_no_secretary_and_who_never_reached_the_server_is_told_what_to_do(
    practice: Practice, key: PrivateKey
) -> None:
    practice.doctors.with_name("known").write_text("")
    with pytest.raises(Stopped, match=r"never spoken to that server.* ssh rdv"):
        invited(practice)
    practice.facts.write_text(facts_with(key), "utf-8")
    with pytest.raises(Stopped, match=r"no key for the secretary.* keys --role secretary"):
        invited(practice)
    assert not (practice.folder / "cabinet.souspli-desk").exists()
