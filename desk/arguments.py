"""What the desk's command line takes."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from desk.evening_command import add_commands
from desk.joining import ENDING

DESK = "The doctor's desk: `open` at the terminal, `serve` the local page, and the others."

KEYS = Path("~/souspli-keys")
"""Where key files lie unless something else is said: outside every repository."""


HOME = Path("~/souspli-desk")
"""Where a desk lies that came in a file."""


def as_typed(words: Sequence[str]) -> Sequence[str]:
    """A file alone is joined, as a double click would have it; nothing opens what was joined."""
    alone = len(words) == 1 and words[0].endswith(ENDING)
    return ["join", *words] if alone or not words else words


def parser() -> argparse.ArgumentParser:
    """Every command of the desk, and what each must be told."""
    described = argparse.ArgumentParser(prog="desk", description=DESK)
    commands = described.add_subparsers(dest="command", required=True)
    opening = commands.add_parser("open", help="open `export` lines from standard input")
    serving = commands.add_parser("serve", help="the agenda, on a page of this machine alone")
    calendar = commands.add_parser("calendar", help="other calendars, and one of the bookings")
    acting = calendar.add_subparsers(dest="act", required=True)
    known = [acting.add_parser(act) for act in ("add", "list", "remove")]
    pulling = acting.add_parser("pull", help="close the busy times of the other calendars")
    exporting = acting.add_parser("export", help="write a calendar of the bookings")
    exporting.add_argument("--output", type=Path, required=True, help="the file to write")
    exporting.add_argument("--with-names", action="store_true", help="who comes; after a warning")
    calendars = (*known, pulling, exporting)
    evenings = add_commands(commands)
    restoring = commands.add_parser("restore", help="open a backup, and put it on a server")
    restoring.add_argument("file", type=Path)
    restoring.add_argument("host", nargs="?", default="", help="as ssh knows it; as root")
    restoring.add_argument("--drill", action="store_true", help="only see that all would be there")
    restoring.add_argument("--key", type=Path, action="append", help="else a paper's words")
    restoring.add_argument("--forget-receipts", action="store_true", help="after a break-in")
    for asks in (restoring, opening, *calendars, *evenings):
        asks.add_argument("--passphrase-file", type=Path, help="instead of asking for it")
    for reads in (opening, serving, *calendars, *evenings):
        reads.add_argument(
            "--key",
            type=Path,
            action="append",
            required=True,
            help="a private key (PKCS#8), or a folder of them; may be given several times",
        )
    serving.add_argument("--drawer", type=Path, help="what it keeps, sealed (beside the key)")
    keys = commands.add_parser("keys", help="make, rotate, restore or remove a key")
    keys.add_argument("act", choices=["make", "rotate", "restore", "remove"])
    keys.add_argument("--role", choices=["doctor", "secretary", "recovery"], default="doctor")
    keys.add_argument("--folder", type=Path, default=KEYS, help="where the key files lie")
    pairing = commands.add_parser("pair", help="one file that makes a desk for the secretary")
    pairing.add_argument("file", type=Path, help=f"the file to write, such as cabinet{ENDING}")
    pairing.add_argument("--folder", type=Path, default=KEYS, help="where the key files lie")
    joining = commands.add_parser("join", help="the desk that came in such a file")
    joining.add_argument("file", type=Path, nargs="?", help="the file, the first time")
    joining.add_argument("--home", type=Path, default=HOME, help="its folder (~/souspli-desk)")
    joining.add_argument("--facts", type=Path, dest="practice", help="newer facts to go by")
    for sits in (serving, joining):
        sits.add_argument(
            "--lock-after", type=int, default=15, metavar="MINUTES", help="without anybody (15)"
        )
    auditing = commands.add_parser("audit", help="whether the server's audit log was changed")
    auditing.add_argument("--seen", type=Path, required=True, help="keeps its last digest, here")
    for knows in (serving, keys, pairing, restoring, *calendars, *evenings):
        knows.add_argument("--practice", type=Path, required=True, help="practice.toml")
    for shows in (serving, joining, keys, *evenings):
        shows.add_argument("--no-open", action="store_true", help="do not open the browser")
    pairing.add_argument("--host", required=True, help="the endpoint's server, as `ssh` knows it")
    pairing.add_argument("--ssh-config", type=Path, help="instead of that of this user")
    for reaches, needed in (
        (serving, True),
        (auditing, True),
        (pulling, True),
        (exporting, True),
        (keys, False),
        *((evening, True) for evening in evenings),
    ):
        where = reaches.add_mutually_exclusive_group(required=needed)
        where.add_argument("--database", type=Path, help="the endpoint's, on this machine")
        where.add_argument("--host", help="the endpoint's server, as `ssh` knows it")
        reaches.add_argument("--ssh-config", type=Path, help="instead of that of this user")
    return described
