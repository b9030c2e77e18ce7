"""The verbs of the evening before: how `desk remind`, `sheet` and `numbers` are started."""

import sys

from invoke.context import Context
from invoke.tasks import task

from deploy.calendar_verbs import DATABASE, DESK, KEY, PRACTICE, SERVER
from deploy.commands import become
from deploy.key_verbs import server_at

TOLD = DESK | SERVER


def start(act: str, key: str, practice: str, server: list[str], *words: str) -> None:
    """One act of the evening, at this terminal."""
    told = ("--key", key, "--practice", practice, *server, *words)
    become(sys.executable, "-m", "desk", act, *told)


@task(
    help=TOLD
    | {
        "day": "the day of the visits, such as 2026-11-24; tomorrow unless said",
        "dry-run": "send nothing, say how many",
        "account": "name the e-mail account anew",
    }
)
def remind(
    _: Context,
    day: str = "tomorrow",
    dry_run: bool = False,
    account: bool = False,
    key: str = KEY,
    practice: str = PRACTICE,
    database: str = DATABASE,
    host: str = "",
) -> None:
    """Remind by e-mail those who asked for it, from your own account; then show whom to call."""
    words = [f"--for={day}", *(["--dry-run"] if dry_run else [])]
    words += ["--account"] if account else []
    start("remind", key, practice, server_at(database, host), *words)


@task(help=TOLD | {"day": "the day, such as 2026-11-24; tomorrow unless said", "week": "its week"})
def sheet(
    _: Context,
    day: str = "tomorrow",
    week: bool = False,
    key: str = KEY,
    practice: str = PRACTICE,
    database: str = DATABASE,
    host: str = "",
) -> None:
    """A sheet of paper of who comes, for the day on which the line is down."""
    length = "week" if week else "day"
    start("sheet", key, practice, server_at(database, host), f"--{length}={day}")


@task(help=TOLD)
def numbers(
    _: Context,
    key: str = KEY,
    practice: str = PRACTICE,
    database: str = DATABASE,
    host: str = "",
) -> None:
    """How many bookings there are by visit, day, hour and state, as a picture without persons."""
    start("numbers", key, practice, server_at(database, host))
