"""What the doctor and the deployer do is written down; what patients do is not."""

import hashlib
import json
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

from booking_endpoint.audit import append, user, verify
from booking_endpoint.instants import DAY, HOUR, rfc3339
from tests.edge.patient import Clock, Patient, plus
from tests.edge.test_commands import NOTHING, TUESDAY, exported, here, process, store_in
from tests.edge.traces import shapes_of_bytes
from tests.serving import ROOT, Practice, answers, serving, wait_until

ID = "ab" * 16
NOON = 1_796_040_000


def log_of(practice: Practice) -> Path:
    return practice.folder / "bookings.db.audit"


def entries(practice: Practice) -> list[dict[str, str]]:
    """The lines of a log that must be sound."""
    content = log_of(practice).read_bytes() if log_of(practice).exists() else b""
    assert verify(content) == []
    return [json.loads(line) for line in content.splitlines()]


def acts(practice: Practice) -> list[str]:
    return [entry["what"] for entry in entries(practice)]


# --- what leaves a line --------------------------------------------------------------------------

CLOSING = ("close", TUESDAY, plus(TUESDAY, hours=2))


def test_every_command_leaves_one_line_of_what_was_asked_and_no_more(practice: Practice) -> None:
    """No id, no word somebody chose, no file: what is public alone. Seen to fail with an id."""
    store_in(practice, (0xAB, NOON))
    asked = [
        ("export",),
        ("accept", ID),
        ("cancel", ID),
        (*CLOSING, "--id", "conference"),
        ("open", "conference"),
        ("check",),
        ("host-view",),
        ("backup", str(practice.folder / "conference.db")),
        ("forget", ID, "cd" * 16),
        ("purge",),
        ("cancel", ID),
    ]
    for words in asked:
        here(practice, *words, BOOKING_ACTOR="anna")
    assert acts(practice) == [
        *("export", "accept", "cancel", f"close {CLOSING[1]} {CLOSING[2]}", "open", "check"),
        *("host-view", "backup", "forget", "purge", "cancel"),
    ]
    assert {entry["who"] for entry in entries(practice)} == {"anna"}
    content = log_of(practice).read_bytes()
    assert [shape for shape in shapes_of_bytes(bytes.fromhex(ID)) if shape in content] == []
    assert b"conference" not in content


def test_a_desk_that_lies_open_leaves_one_line_an_hour(tmp_path: Path) -> None:
    """It reads every two minutes; another hour, person or act leaves a line of its own."""
    path = tmp_path / "log"
    told = [
        (NOON, "anna", "export"),
        (NOON + 120, "anna", "export"),
        (NOON + HOUR, "anna", "export"),
    ]
    told += [(NOON + HOUR, "berthe", "export"), (NOON + HOUR, "anna", "cancel")]
    told += [(NOON + HOUR, "anna", "export"), (NOON + HOUR + 120, "anna", "export")]
    for now, who, what in told:
        append(path, who, what, now, again=False)
    assert verify(path.read_bytes()) == []
    assert len(path.read_bytes().splitlines()) == 5


def test_without_a_name_the_line_names_the_systems_user_and_the_hour(practice: Practice) -> None:
    before = int(time.time()) // HOUR * HOUR
    process(practice, "check")
    [entry] = entries(practice)
    assert entry["who"] == user()
    assert entry["when"] in (rfc3339(before), rfc3339(before + HOUR))


def test_what_is_mistyped_leaves_no_line(practice: Practice) -> None:
    for words in (("cancel", "xyz"), ("close", TUESDAY, TUESDAY), ("nothing",), ("audit", "x")):
        assert here(practice, *words)[0] == 2
    assert not log_of(practice).exists()


def test_what_patients_do_leaves_no_line(practice: Practice, clock: Clock) -> None:
    """A line at each booking would tell when each was made. Seen to fail with one."""
    with serving(practice, clock, with_site=False), Patient(practice) as patient:
        booked = patient.booked(TUESDAY)
        patient.move(booked["manage"], plus(TUESDAY, minutes=30))
        patient.post("/bookings/cancel", {"manage": booked["manage"]})
        assert patient.book("nonsense").status_code == 422
    assert entries(practice) == []


def test_a_server_writes_down_its_start_its_facts_and_its_end(practice: Practice) -> None:
    """So a changed fact is in the log, though not what it is; and a start without an end shows."""
    facts = practice.folder / "practice.toml"
    told = []
    for end in (signal.SIGTERM, signal.SIGINT):
        facts.write_text(facts.read_text("utf-8") + "\n", "utf-8")
        digest = hashlib.sha256(facts.read_bytes()).hexdigest()
        told += [f"serve start, facts {digest}", "serve stop"]
        command = [sys.executable, "-m", "booking_endpoint", "serve", "--port", str(practice.port)]
        with subprocess.Popen(
            command, cwd=ROOT, env=practice.environ, stderr=subprocess.PIPE
        ) as running:
            wait_until(lambda: answers(practice.port))
            running.send_signal(end)
            assert running.communicate(timeout=20)[1] == b""
        assert running.returncode == 0
    assert acts(practice) == told
    assert told[0] != told[2]


def test_the_clock_leaves_a_line_when_it_purged_something(practice: Practice, clock: Clock) -> None:
    """Without a person and without a number: the log is kept longer than what it speaks of."""
    now = int(clock())
    store_in(practice, (0xAB, now - 9 * DAY), (2, now - 8 * DAY), (3, now + DAY))
    for _start in range(2):
        with serving(practice, clock, with_site=False), Patient(practice) as patient:
            patient.post("/tickets")
    [entry] = entries(practice)
    assert (entry["who"], entry["what"]) == ("the clock", "purge")
    assert entry["when"] == rfc3339(now // HOUR * HOUR)


# --- a log that cannot be written ----------------------------------------------------------------


def test_what_cannot_be_written_down_is_not_done(practice: Practice) -> None:
    """And says so, with the file's name and what to do. Seen to fail where it was only warned."""
    store_in(practice, (0xAB, NOON))
    nowhere = {"BOOKING_AUDIT": str(practice.folder / "no" / "log")}
    for words in (("cancel", ID), ("accept", ID), CLOSING, ("forget", ID), ("purge",), ("check",)):
        status, out, complaint = here(practice, *words, **nowhere)
        assert (status, out) == (2, "")
        assert complaint.startswith(f"BOOKING_AUDIT: {nowhere['BOOKING_AUDIT']} cannot be written")
        assert "nothing was done: make room there" in complaint
    [left] = exported(practice)
    assert left["state"] == "confirmed"
    assert here(practice, "open", "conference") == (1, NOTHING, "")


def test_the_practice_sees_who_comes_even_so(practice: Practice) -> None:
    """On a full disk, too, patients come; and a backup is wanted most on a disk that fails."""
    store_in(practice, (0xAB, NOON))
    nowhere = {"BOOKING_AUDIT": str(practice.folder)}
    for words in (("export",), ("backup", str(practice.folder / "copy.db")), ("host-view",)):
        status, out, complaint = here(practice, *words, **nowhere)
        assert (status, bool(out)) == (0, True)
        assert f"`{words[0]}` is not in it" in complaint


def test_no_patient_waits_for_it(practice: Practice, clock: Clock) -> None:
    """Nor does the clock: what is too old goes, though nobody can write it down."""
    practice.settings["BOOKING_AUDIT"] = str(practice.folder)
    store_in(practice, (0xAB, int(clock()) - 9 * DAY))
    with serving(practice, clock, with_site=False), Patient(practice) as patient:
        patient.booked(TUESDAY)
    assert [line["start"] for line in map(json.loads, process(practice, "export")[1].splitlines())]
    assert ID not in process(practice, "export")[1]


def test_a_line_that_does_not_fit_is_taken_back(tmp_path: Path) -> None:
    """On a disk that is full in the middle of it. Seen to fail without the taking back."""
    log = tmp_path / "log"
    append(log, "anna", "export", NOON)
    before = log.read_bytes()
    program = f"""
import resource
from pathlib import Path
from booking_endpoint.audit import append
resource.setrlimit(resource.RLIMIT_FSIZE, ({len(before) + 99}, {resource.RLIM_INFINITY}))
try:
    append(Path({str(log)!r}), "anna", "cancel", 0)
except OSError as error:
    print(error.errno)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True, text=True
    )
    assert done.stdout.strip().isdecimal()
    assert log.read_bytes() == before
    append(log, "anna", "cancel", NOON)
    assert verify(log.read_bytes()) == []


def test_after_a_power_cut_in_a_line_the_log_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "log"
    append(log, "anna", "export", NOON)
    torn = log.read_bytes() * 2
    log.write_bytes(torn[:-50])
    append(log, "anna", "cancel", NOON)
    append(log, "anna", "export", NOON)
    assert [fault.line for fault in verify(log.read_bytes())] == [2]
    assert len(log.read_bytes().splitlines()) == 4


# --- at once, and later --------------------------------------------------------------------------


def test_who_appends_at_once_appends_in_turn(tmp_path: Path) -> None:
    """Seen to fail without the lock."""
    log, each = tmp_path / "log", 60
    program = f"""
from pathlib import Path
from booking_endpoint.audit import append
for nth in range({each}):
    append(Path({str(log)!r}), "anna", "export", 0)
"""
    started = [subprocess.Popen([sys.executable, "-c", program], cwd=ROOT) for _ in range(3)]
    assert [process.wait(60) for process in started] == [0, 0, 0]
    content = log.read_bytes()
    assert len(content.splitlines()) == 3 * each
    assert verify(content) == []


def test_the_log_is_for_its_own_user_alone(tmp_path: Path) -> None:
    append(tmp_path / "log", "anna", "make a key", NOON)
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600


def test_audit_prints_the_log_and_leaves_no_line(practice: Practice) -> None:
    here(practice, "check", BOOKING_ACTOR="Zoé \x1b[2J")
    content = log_of(practice).read_text("ascii")
    for _twice in range(2):
        assert process(practice, "audit") == (0, content, "")
    assert "\x1b" not in content


def test_verify_says_where_the_chain_is_broken_and_what_to_do(practice: Practice) -> None:
    for _act in range(3):
        here(practice, "check", BOOKING_ACTOR="anna")
    status, said, _complaint = process(practice, "audit", "verify")
    assert status == 0
    found = re.fullmatch(r"sound; 3 lines; last digest ([0-9a-f]{64})\n", said)
    assert found
    log = log_of(practice)
    lines = log.read_bytes().splitlines(keepends=True)

    log.write_bytes(lines[0] + lines[1].replace(b"anna", b"root") + lines[2])
    status, said, _complaint = process(practice, "audit", "verify")
    assert status == 1
    assert said.startswith("bookings.db.audit, line 2: was changed")
    assert said.rstrip().endswith("ask who can write to it.")

    log.write_bytes(lines[0] + lines[1])
    assert process(practice, "audit", "verify")[0] == 0
    status, said, _complaint = process(practice, "audit", "verify", "--holds", found[1])
    assert status == 1
    assert f"{found[1]} was seen before and is gone" in said


def test_before_anything_was_done_the_log_is_empty_and_sound(practice: Practice) -> None:
    """And one that is gone is missed by whoever has seen it."""
    assert here(practice, "audit", "verify")[:2] == (0, f"sound; 0 lines; last digest {'0' * 64}\n")
    here(practice, "check")
    [line] = log_of(practice).read_bytes().splitlines()
    seen = json.loads(line)["digest"]
    log_of(practice).unlink()
    status, said, _complaint = here(practice, "audit", "verify", "--holds", seen)
    assert status == 1
    assert f"{seen} was seen before and is gone" in said


def test_a_log_that_cannot_be_read_is_named(practice: Practice) -> None:
    log_of(practice).mkdir()
    status, out, complaint = here(practice, "audit", "verify")
    assert (status, out) == (2, "")
    assert complaint.startswith(f"BOOKING_AUDIT: {log_of(practice)} cannot be read")
    assert here(practice, "audit", "verify", "--holds", "short")[0] == 2


def test_the_hosts_view_shows_the_log(practice: Practice) -> None:
    store_in(practice, (0xAB, NOON))
    here(practice, "cancel", ID, BOOKING_ACTOR="anna")
    status, out, _complaint = process(practice, "host-view")
    assert status == 0
    told = out.split("\nAudit log bookings.db.audit: 2 lines\n")[1].split("\n\n")[0]
    assert '"who": "anna", "what": "cancel"' in told
    assert "bookings.db.audit" in out.split("\nFiles\n")[1].split("\n\n")[0]
