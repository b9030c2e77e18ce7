"""What whoever runs the server can see, told in plain words. Holds no key, and asks for none."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from booking_endpoint.config import BadConfig
from booking_endpoint.envelope import to_text
from booking_endpoint.instants import CELL, rfc3339
from booking_endpoint.store import Store

MOST = 20
"""So many of a table's rows, and of a log's lines, are shown; the others are counted."""

SHORT, BEGINNING = 16, 30
"""Bytes up to which all are shown in hexadecimal, and of longer ones the first, in base64."""

LINE = 48
"""Signs up to which a value stands beside others; a longer one has a line of its own."""

TIMES = {"start": 1, "end": 1, "cell": CELL}
"""Columns that hold an instant, and how many seconds their unit has."""

NOTES = {
    "bookings": "This is all: name, phone, reason are inside, and the key is not here.",
    "occupied": "Each line tells five minutes of a booking's time once more, and its id.",
    "openings": "Hours that the doctor offers besides, and for which visits; empty means all.",
    "closures": "The id is what was typed after `close --id`: never put a person's name there.",
}

AT_REST = """\
This is what is read by whoever runs this computer, and by whoever takes its disk or a backup of it.
It was taken from the database as it is now, not from the documents: what stands in it, stands here.
"""

WORKED_OUT = """\
What can be worked out from that
  That somebody comes to this practice at these times, and what the practice treats.
  The length of a booking may hint at the kind of visit, where few visits share a length.
  No line says when a booking was made. But the files say when the last one was; their inner order
  and the write-ahead log (-wal) may order those made since the file was last rewritten, which is
  done hourly; and two copies of the disk tell what came between them.
  In which hours the doctor looked, cancelled or accepted; and that a visit ended so many days
  before an hour in which the clock purged.
  With the signing secrets the host can cancel or move a booking, as in the file, but not open it.
"""

LIVE = """\
What a live host sees besides, for a moment; the endpoint keeps none of it
  The network address and the browser's headers of whoever asks, and the time.
  How often each network asked today, under a number made anew each day, in memory alone.
  With each booking the id of the visit that was asked for: it is needed to check the rules.
  Of a patient without JavaScript the whole form, name and phone included, until it is sealed in
  memory. With JavaScript the form is sealed on the patient's device, and never arrives in clear.
  A host that turns hostile could keep all of this, and could change the page that seals, where it
  serves the page too. Sealing protects what is stored; no more than that.
"""


@dataclass(frozen=True, slots=True)
class Table:
    """One table as it lies on the disk, for whoever copies the file."""

    name: str
    columns: tuple[str, ...]
    count: int
    rows: list[dict[str, object]]
    """The first of them, in the order of the first column: ours is the key."""


async def tables(store: Store, most: int) -> list[Table]:
    """All that the file holds, by its own schema: no table and no column can be left out."""
    names = await store.read("SELECT name FROM sqlite_schema WHERE type = 'table'")
    return [await read_table(store, row["name"], most) for row in names]


async def read_table(store: Store, name: str, most: int) -> Table:
    quoted = '"' + name.replace('"', '""') + '"'
    columns = await store.read("SELECT name FROM pragma_table_xinfo(?)", (name,))
    [count] = await store.read(f"SELECT count(*) FROM {quoted}")  # noqa: S608  # quoted
    rows = await store.read(f"SELECT * FROM {quoted} ORDER BY 1 LIMIT ?", (most,))  # noqa: S608  # quoted
    named = tuple(row["name"] for row in columns)
    return Table(name, named, count[0], [dict(row) for row in rows])


@dataclass(frozen=True, slots=True)
class File:
    """A file as a listing of its folder tells it."""

    name: str
    size: int
    changed: int


@dataclass(frozen=True, slots=True)
class Log:
    """A log file: how many lines it has, and the last of those that name no network address."""

    name: str
    lines: int
    with_address: int
    last: tuple[str, ...]


def host_view(
    tables: Sequence[Table],
    files: Iterable[File],
    settings: Iterable[str],
    audit: Log | None,
    logs: Iterable[Log],
) -> Iterator[str]:
    """Everything, line by line. Of the settings only the names are asked for."""
    yield "What the host can see\n"
    yield AT_REST
    for table in tables:
        yield from table_lines(table)
    yield "Files"
    for file in files:
        told = f"{file.size:,} bytes, last changed {rfc3339(file.changed)}"
        yield f"  {visible(file.name)}: {told}"
    yield "\nSettings, by name; their values are not shown here, but the host reads them all"
    yield from (f"  {visible(name)}" for name in sorted(settings) if name.startswith("BOOKING_"))
    yield ""
    if audit:
        yield from audit_lines(audit)
    for log in logs:
        yield from log_lines(log)
    yield WORKED_OUT
    yield LIVE.rstrip()


def table_lines(table: Table) -> Iterator[str]:
    """A table's name, its columns and its first rows, whatever columns it has."""
    yield f"Table {visible(table.name)}: {table.count:,}"
    yield f"  Columns: {visible(', '.join(table.columns))}"
    if table.name in NOTES:
        yield f"  {NOTES[table.name]}"
    for row in table.rows:
        told = [visible(f"{name} {value_told(name, value)}") for name, value in row.items()]
        short = [one for one in told if len(one) <= LINE]
        yield f"  - {', '.join(short)}"
        yield from (f"    {one}" for one in told if len(one) > LINE)
    if more := table.count - len(table.rows):
        yield f"  and {more:,} more"
    yield ""


def value_told(name: str, value: object) -> str:
    """One value as a person reads it: an instant in UTC, bytes by their beginning and length."""
    if isinstance(value, bytes):
        if len(value) <= SHORT:
            return value.hex()
        return f"{to_text(value[:BEGINNING])}… ({len(value):,} bytes)"
    if name in TIMES and isinstance(value, int):
        return rfc3339(value * TIMES[name])
    if name == "moved":
        return "yes" if value else "no"
    return str(value)


def audit_lines(log: Log) -> Iterator[str]:
    yield f"Audit log {visible(log.name)}: {log.lines:,} lines"
    yield "  What the doctor and whoever deploys did, to the hour; no patient and no booking."
    yield from last_lines(log)


def log_lines(log: Log) -> Iterator[str]:
    yield f"Log {visible(log.name)}: {log.lines:,} lines"
    yield "  What the endpoint logs names no person. What other programs log, you have to judge."
    if log.with_address:
        yield f"  {log.with_address:,} lines name a network address. The endpoint writes none:"
        yield "  look into the settings of what stands before it. They are not shown here."
    yield from last_lines(log)


def last_lines(log: Log) -> Iterator[str]:
    yield from (f"  | {visible(line)}" for line in log.last)
    if more := log.lines - log.with_address - len(log.last):
        yield f"  and {more:,} more before these"
    yield ""


def visible(text: str) -> str:
    """Without the signs that a terminal would obey."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


# --- read from the disk --------------------------------------------------------------------------


def files_beside(database: Path) -> list[File]:
    """The database and what SQLite and the endpoint keep beside it, under its name."""
    found = [path for path in sorted(database.parent.iterdir()) if path.is_file()]
    return [
        File(path.name, path.stat().st_size, int(path.stat().st_mtime))
        for path in found
        if path.name.startswith(database.name)
    ]


def read_log(path: Path) -> Log:
    """A log, however long; raises BadConfig when it cannot be read."""
    last: deque[str] = deque(maxlen=MOST)
    lines = with_address = 0
    try:
        with path.open(encoding="utf-8", errors="replace") as stream:
            for line in stream:
                lines += 1
                if names_address(line):
                    with_address += 1
                else:
                    last.append(line.rstrip())
    except OSError as error:
        raise BadConfig(f"--log: {path} cannot be read ({type(error).__name__})") from None
    return Log(path.name, lines, with_address, tuple(last))


def names_address(line: str) -> bool:
    """Whether a line names a network address, this computer's own to itself aside."""
    return any(is_address(word) for word in re.findall(r"[0-9a-fA-F:.]{3,}", line))


def is_address(word: str) -> bool:
    """With or without a port behind it, as logs write it."""
    for candidate in (word, word.rstrip(".:"), word.rpartition(":")[0]):
        try:
            found = ip_address(candidate)
        except ValueError:
            continue
        if not (found.is_loopback or found.is_unspecified):
            return True
    return False
