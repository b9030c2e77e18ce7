"""The endpoint's command line as the desk reaches it: what it gives, how it fails."""

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from booking_endpoint.envelope import PrivateKey
from desk.acts import Act, place
from desk.opening import open_all, read_list
from desk.server import Server, Unreachable
from tests.desk.cast import MONDAY, NAME, at, printing, running, store_booking
from tests.serving import wait_until


def test_export_cancel_and_accept_reach_the_real_command_line(
    tmp_path: Path, key: PrivateKey
) -> None:
    """What a booking becomes is in the database, and what is exported stays sealed."""
    database = tmp_path / "bookings.db"
    kept = store_booking(database, key, MONDAY, requested=True)
    gone = store_booking(database, key, at("10:00"))
    server = Server.here(database)
    outcomes = server.acts([act(kept, MONDAY, "requested", "confirmed"), act(gone, at("10:00"))])
    assert outcomes == ["done", "done"]
    lines = server.export()

    opened, strange = open_all(lines, [key])
    assert [(one.id, one.state) for one in opened] == [(kept, "confirmed"), (gone, "cancelled")]
    assert [one.identity["name"] for one in opened] == [NAME, NAME]
    assert strange == 0
    assert NAME not in "".join(lines)


def act(name: str, start: datetime, seen: str = "confirmed", wanted: str = "cancelled") -> Act:
    """That this booking of half an hour become another state."""
    times = place(start, start + timedelta(minutes=30))
    places = {"seen": {**times, "state": seen}, "wanted": {**times, "state": wanted}}
    return {"act": "put", "id": name, "before": 0, "after": 0, **places}


def test_a_booking_that_is_gone_cannot_be_cancelled(tmp_path: Path) -> None:
    assert Server.here(tmp_path / "bookings.db").acts([act("0" * 32, MONDAY)]) == ["unknown"]


@pytest.mark.parametrize("said", ["", "Welcome!", "{}", '{"outcome": "perhaps"}', "[]"])
def test_an_outcome_that_is_none_is_no_answer(said: str) -> None:
    """An act counts as done only once the server said so."""
    with pytest.raises(Unreachable):
        running(f"print({said!r})").acts([act("0" * 32, MONDAY)])


def test_the_list_names_nobody_and_what_is_fetched_is_what_was_asked_for(
    tmp_path: Path, key: PrivateKey
) -> None:
    database = tmp_path / "bookings.db"
    wanted = store_booking(database, key, MONDAY)
    store_booking(database, key, at("10:00"))
    server = Server.here(database)
    listed = read_list(server.listing())
    assert len(listed.bookings) == 2
    assert "envelope" not in "".join(server.listing())
    [line] = server.fetch([wanted])
    assert wanted in line


def test_many_ids_reach_a_server_that_does_not_listen(tmp_path: Path) -> None:
    """More than a pipe holds; whoever reads none of it is no reason to wait for ever."""
    ids = [f"{number:032x}" for number in range(5000)]
    assert list(printing(tmp_path, "{}").fetch(ids)) == ["{}\n"]


def test_a_fetch_that_breaks_off_is_not_taken_for_all(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="gone"):
        list(running("import sys; print('{}'); sys.exit('gone')").fetch(["0" * 32]))


def test_a_failure_is_told_by_its_last_words() -> None:
    words = "first line\\nssh: no such host " + "x" * 1000
    with pytest.raises(Unreachable) as failed:
        running(f"import sys; print('some output'); sys.exit('{words}')").export()
    assert str(failed.value) == "x" * 300


def test_a_failure_without_a_word_is_a_failure() -> None:
    with pytest.raises(Unreachable):
        running("import sys; sys.exit(1)").export()


def test_last_words_in_no_known_script_are_still_words() -> None:
    """Windows speaks its own encoding."""
    said = "import sys; sys.stderr.buffer.write(b'h\\xf4te inconnu'); sys.exit(255)"
    with pytest.raises(Unreachable, match="te inconnu"):
        running(said).export()


def test_a_program_that_is_not_there_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        Server(("no-such-program",), {}).export()


def test_an_answer_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desk.server.PATIENCE", 0.2)
    with pytest.raises(Unreachable, match="Timeout"):
        running("import time; time.sleep(20)").export()


def test_over_ssh_it_is_the_same_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The host comes before `--`, what it shall run after it; nothing in between."""
    ssh = tmp_path / "ssh"
    ssh.write_text(f'#!{sys.executable}\nimport sys\nprint("\\n".join(sys.argv[1:]))\n')
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Server.over_ssh("cabinet").export() == ["cabinet", "--", "booking_endpoint", "export"]
    assert Server.over_ssh("cabinet", Path("own")).export()[:3] == ["-F", "own", "cabinet"]


def test_who_closes_the_desk_waits_for_no_server() -> None:
    """A line that hangs is cut, and what was asked counts as not answered."""
    server = running("import time; time.sleep(60)")
    with ThreadPoolExecutor() as thread:
        asked = thread.submit(server.listing)
        wait_until(lambda: len(server._running) == 1)
        server.end()
        with pytest.raises(Unreachable):
            asked.result(10)
