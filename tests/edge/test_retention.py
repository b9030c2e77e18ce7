"""What was forgotten, or is too old, is in no file of the server any more, in any writing."""

import base64
import json
import os
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from booking_endpoint.envelope import SIZE, from_text
from booking_endpoint.instants import DAY, Slot
from booking_endpoint.store import State, Store
from tests.edge.patient import Patient
from tests.edge.test_store import with_store
from tests.edge.test_traces import run, watched
from tests.edge.traces import shapes_of_bytes
from tests.serving import Practice, wait_until

PIECE, STEP = 40, 150
"""An envelope lies on several pages, so it is looked for in pieces; the end of a page cuts few."""


def pieces(envelope: bytes) -> list[bytes]:
    return [envelope[at : at + PIECE] for at in range(1, SIZE - PIECE, STEP)]


def holders(secret: list[bytes], *folders: Path) -> dict[str, int]:
    """The files that hold one of these, raw, in hexadecimal or in base64; and how many of them."""
    wanted = [shapes_of_bytes(one) for one in secret]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    found = {}
    for path in files:
        content = path.read_bytes()
        if held := sum(any(shape in content for shape in shapes) for shapes in wanted):
            found[path.name] = held
    return found


def whole(secret: list[bytes], path: Path) -> bool:
    """Whether nearly all of it is there: else a search that finds nothing would prove nothing."""
    return sum(piece in path.read_bytes() for piece in secret) >= len(secret) - 2


def booked(practice: Practice, patient: Patient, nth: int) -> tuple[bytes, list[bytes]]:
    """A booking that was moved once; its id, and what must be gone with it."""
    times = patient.times()
    manage = patient.booked(times[-2 * nth - 1])["manage"]
    assert patient.move(manage, times[-2 * nth - 2]).status_code == 200
    known = [json.loads(line) for line in run(practice, "export").splitlines()]
    [line] = [line for line in known if line["start"] == times[-2 * nth - 2]]
    name = bytes.fromhex(line["id"])
    return name, [name, *pieces(from_text(line["envelope"]))]


def test_what_is_forgotten_is_in_no_file_of_a_running_server(
    practice: Practice, tmp_path: Path
) -> None:
    """Database, log, its index, second name, lock, audit log, temporary files, a backup made later.

    Seen to fail without the emptying of the log, and with neither VACUUM nor secure_delete.
    """
    with watched(practice, tmp_path / "room"), Patient(practice) as patient:
        gone, secret = booked(practice, patient, 0)
        _kept, other = booked(practice, patient, 1)
        assert holders(secret, tmp_path).keys() >= {"bookings.db-wal"}
        run(practice, "forget", gone.hex())
        run(practice, "backup", str(tmp_path / "copy.db"))
        left = {path.name for path in practice.folder.iterdir()}
        assert {"bookings.db", "bookings.db-wal", "bookings.db-shm", "bookings.db.audit"} <= left
        assert holders(secret, tmp_path) == {}
        assert whole(other, practice.folder / "copy.db")
    assert holders(secret, tmp_path) == {}
    assert whole(other, practice.folder / "bookings.db")


def test_what_is_too_old_is_in_no_file_of_a_running_server(
    practice: Practice, tmp_path: Path
) -> None:
    """The clock does it, when the server starts and every hour; the log names no booking."""
    now = int(time.time())
    name, envelope, young = secrets.token_bytes(16), os.urandom(SIZE), os.urandom(SIZE)
    secret = [name, *pieces(envelope)]

    async def fill(store: Store) -> None:
        for booking, start, content in ((name, now - 9 * DAY, envelope), (bytes(16), now, young)):
            slot = Slot(start // 1800 * 1800, start // 1800 * 1800 + 1800)
            await store.book([booking], slot, slot.cells(), State.CONFIRMED, content)

    with_store(practice.database, fill)
    assert whole(secret, practice.folder / "bookings.db")
    log = practice.folder / "bookings.db.audit"
    with watched(practice, tmp_path / "room"):
        wait_until(lambda: "purge" in log.read_text("ascii"))
        assert holders(secret, tmp_path) == {}
    assert holders(secret, tmp_path) == {}
    assert whole(pieces(young), practice.folder / "bookings.db")


def writings(secret: bytes) -> Iterator[bytes]:
    yield secret
    yield secret.hex().encode()
    for before in range(3):
        yield base64.b64encode(b"x" * before + secret + b"y")
        yield base64.urlsafe_b64encode(b"x" * before + secret + b"y")


def test_the_search_finds_an_envelope_however_it_is_written(tmp_path: Path) -> None:
    """In free pages of a database, too, where nothing points to it any more."""
    envelope = os.urandom(SIZE)
    for nth, written in enumerate(writings(envelope)):
        (tmp_path / f"{nth}.bin").write_bytes(b"\0" * 7 + written)
    found = holders(pieces(envelope), tmp_path)
    assert found == dict.fromkeys((f"{nth}.bin" for nth in range(8)), len(pieces(envelope)))

    with closing(sqlite3.connect(tmp_path / "careless.db")) as database:
        database.executescript("PRAGMA secure_delete=0; CREATE TABLE notes (told BLOB)")
        database.execute("INSERT INTO notes VALUES (?)", (envelope,))
        database.commit()
        database.execute("DELETE FROM notes")
        database.commit()
    assert holders(pieces(envelope), tmp_path)["careless.db"] > len(pieces(envelope)) / 2
