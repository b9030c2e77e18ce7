"""Opened bookings -> a table for a spreadsheet (CSV, RFC 4180). Pure.

What a patient typed is text there, too: a cell that a spreadsheet would take for a formula begins
with an apostrophe (OWASP, CSV injection).
"""

import csv
from collections.abc import Iterable
from io import StringIO

from booking_endpoint.booking import mark
from booking_endpoint.words import Language
from desk.agenda import Entry

_ = mark

COLUMNS = (
    *(_("Day"), _("Begins"), _("Ends"), _("Name"), _("Phone"), _("E-mail"), _("Born")),
    *(_("Visit"), _("Caller"), _("State")),
)

STATES = {
    "confirmed": "",
    "requested": _("waits for your yes"),
    "cancelled": _("Cancelled"),
}

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # as wide


def table_of(entries: Iterable[Entry], language: Language) -> bytes:
    """The table in UTF-8 with a mark in front, cells parted as this language's spreadsheets do.

    A discreet visit is not named: such files lie about. A cancelled one names nobody.
    """
    written = StringIO(newline="")
    sign = "," if language.code in ("en", "he") else ";"
    rows = csv.writer(written, delimiter=sign, quoting=csv.QUOTE_ALL)
    rows.writerow([language.say(column) for column in COLUMNS])
    for entry in entries:
        rows.writerow([safe(cell) for cell in cells(entry, language)])
    return written.getvalue().encode("utf-8-sig")


def cells(entry: Entry, language: Language) -> list[str]:
    """One booking, in the order of the columns; times on the practice's own clock."""
    state = STATES[entry.booking.state]
    who = {} if entry.cancelled else entry.booking.identity
    return [
        *(str(entry.start.date()), f"{entry.start:%H:%M}", f"{entry.end:%H:%M}"),
        *(who.get(field, "") for field in ("name", "phone", "email", "birth_date")),
        "" if entry.discreet or entry.cancelled else entry.visit,
        who.get("caller", ""),
        language.say(state) if state else "",
    ]


def safe(cell: str) -> str:
    """A cell that is read as text and nothing else."""
    return f"'{cell}" if cell.lstrip().startswith(FORMULA) or cell.startswith(FORMULA) else cell
