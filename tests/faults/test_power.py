"""The power is cut: whatever was acknowledged before is there when the machine starts again.

Nothing is really cut. The shim wrote down what the store asked of the disk and what it said to
patients, in order; the tests go through that up to a point, let what was not synced survive by
chance, sector by sector, and open what is left.
"""

import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from tests.faults.busy_day import DATABASE, MARKS, Fate, Mark, cells_at, envelope_of, slot_at
from tests.faults.disk import SECTOR, Act, Disk, Kind, Shim, read_journal
from tests.serving import ROOT

CUTS = 1000

Fates = dict[bytes, set[Fate]]
"""Of each booking, where it may stand: as was last told, or as was wished since."""


def busy_day(shim: Shim, folder: Path, *words: str) -> list[Act]:
    """All that a day's bookings asked of the disk."""
    folder.mkdir()
    subprocess.run(
        [sys.executable, "-m", "tests.faults.busy_day", str(folder), *words],
        cwd=ROOT,
        env={**os.environ, **shim.environ(folder)},
        check=True,
        timeout=60,
    )
    return read_journal(shim.journal)


def power_cuts(acts: list[Act], cuts: int, chance: random.Random) -> Iterator[tuple[Disk, Fates]]:
    """The disk and what patients know, at so many moments of the day."""
    disk, fates = Disk(), Fates()
    moments = sorted(chance.randrange(1, len(acts) + 1) for _ in range(cuts))
    done = 0
    for moment in moments:
        for act in acts[done:moment]:
            if act.file == MARKS:
                note(fates, Mark.of(act.data))
            else:
                disk.do(act)
        done = moment
        yield disk, fates


def note(fates: Fates, mark: Mark) -> None:
    if mark.told:
        fates[mark.id] = {mark.fate}
    else:
        fates.setdefault(mark.id, {None}).add(mark.fate)


def lay_out(files: dict[str, bytes], folder: Path) -> None:
    """What the disk holds; shared memory is gone with the machine's own."""
    for path in folder.iterdir():
        path.unlink()
    for name, content in files.items():
        if not name.endswith("-shm"):
            (folder / name).write_bytes(content)


def lost(found: dict[bytes, Fate], fates: Fates) -> list[str]:
    """The bookings of which patients were told something else."""
    return [
        f"{name.hex()}: {found.get(name)} is none of {allowed}"
        for name, allowed in fates.items()
        if found.get(name) not in allowed
    ] + [f"{name.hex()}: nobody asked for it" for name in found.keys() - fates.keys()]


def opened(folder: Path) -> tuple[dict[bytes, Fate], list[str]]:
    """The bookings in the file, and what is wrong with it: pages, halves, overlaps."""
    with closing(sqlite3.connect(folder / DATABASE)) as database:
        wrong = [row[0] for row in database.execute("PRAGMA integrity_check") if row[0] != "ok"]
        if not database.execute("PRAGMA user_version").fetchone()[0]:
            return {}, wrong
        rows = database.execute("SELECT id, start, end, state, envelope FROM bookings").fetchall()
        cells: dict[bytes, set[int]] = {}
        for cell, booking in database.execute("SELECT cell, booking FROM occupied"):
            cells.setdefault(booking, set()).add(cell)
    last = 0
    for name, start, end, state, envelope in sorted(rows, key=lambda row: row[1]):
        standing = state != "cancelled"
        if (end, envelope) != (slot_at(start).end, envelope_of(name)):
            wrong.append(f"{name.hex()} is half a booking")
        if cells.pop(name, set()) != (cells_at(start) if standing else set()):
            wrong.append(f"{name.hex()} has not the cells of its time")
        if standing and start < last:
            wrong.append(f"{name.hex()} begins before another ends")
        last = max(last, end) if standing else last
    wrong += [f"{name.hex()} has cells and is not there" for name in cells]
    return {name: (start, state) for name, start, _end, state, _envelope in rows}, wrong


def test_what_was_acknowledged_survives_a_power_cut(shim: Shim, tmp_path: Path) -> None:
    """A thousand cuts into one day: the file is sound, and nobody was told what is not so."""
    chance = random.Random(1122)  # noqa: S311  # the same cuts each time
    acts = busy_day(shim, tmp_path / "day")
    found = tmp_path / "found"
    found.mkdir()
    most = 0
    for disk, fates in power_cuts(acts, CUTS, chance):
        lay_out(disk.after_power_cut(chance), found)
        kept, wrong = opened(found)
        assert wrong + lost(kept, fates) == []
        most = max(most, len(kept))
    assert most > 100
    told = [act for act in acts if act.file == MARKS and Mark.of(act.data).told]
    syncs = [act for act in acts if act.file.endswith("-wal") and act.kind is Kind.SYNC]
    assert len(syncs) < len(told) / 4, "no transaction was shared"


def test_after_syncs_that_failed_no_later_yes_is_lost(shim: Shim, tmp_path: Path) -> None:
    """What a failed sync left behind is not on the disk, though whoever reads it finds it.

    A write-ahead log that is continued behind such a gap ends, after a power cut, at the gap.
    """
    chance = random.Random(1122)  # noqa: S311  # the same cuts each time
    acts = busy_day(shim, tmp_path / "day", "--bad-syncs")
    found = tmp_path / "found"
    found.mkdir()
    for disk, fates in power_cuts(acts, CUTS // 3, chance):
        lay_out(disk.after_power_cut(chance), found)
        kept, wrong = opened(found)
        assert wrong + lost(kept, fates) == []


def test_without_a_sync_for_each_commit_bookings_are_lost(shim: Shim, tmp_path: Path) -> None:
    """So the test above has teeth: with `synchronous=NORMAL` it fails, and the file is sound."""
    chance = random.Random(1122)  # noqa: S311  # the same cuts each time
    acts = busy_day(shim, tmp_path / "day", "--careless")
    found = tmp_path / "found"
    found.mkdir()
    losses = 0
    for disk, fates in power_cuts(acts, CUTS // 10, chance):
        lay_out(disk.after_power_cut(chance), found)
        kept, wrong = opened(found)
        assert wrong == []
        losses += bool(lost(kept, fates))
    assert losses > CUTS // 50


def test_the_disk_keeps_what_was_synced_and_any_part_of_the_rest() -> None:
    """The simulation itself: two sectors written after a sync are old or new, each by itself."""
    chance = random.Random(1122)  # noqa: S311  # the same cuts each time
    disk = Disk()
    disk.do(Act(Kind.WRITE, "file", 0, b"o" * 1024))
    disk.do(Act(Kind.SYNC, "file", 0, b""))
    disk.do(Act(Kind.WRITE, "file", 0, b"n" * 1024))
    found = {disk.after_power_cut(chance)["file"] for _ in range(99)}
    assert found == {a * SECTOR + b * SECTOR for a in (b"o", b"n") for b in (b"o", b"n")}

    disk.do(Act(Kind.UNLINK, "file", 0, b""))
    assert {bool(disk.after_power_cut(chance)) for _ in range(99)} == {True, False}
    disk.do(Act(Kind.SYNC, "", 0, b""))
    assert disk.after_power_cut(chance) == {}
