"""The verbs of calendars: how each act of `desk calendar` is started."""

import sys

from invoke.collection import Collection
from invoke.context import Context
from invoke.tasks import task

from deploy.commands import become
from deploy.key_verbs import server_at

KEY, PRACTICE, DATABASE = ".demo/key.pem", ".demo/practice.toml", ".demo/bookings.db"
DESK = {
    "key": "a private key, or a folder of them; the demo's unless said",
    "practice": "the facts file; the demo's unless said",
}
SERVER = {
    "database": "the endpoint's database on this machine; the demo's unless said",
    "host": "the endpoint's server, as ssh knows it, instead of a database",
}


def start(act: str, key: str, practice: str, *words: str) -> None:
    """One act on the doctor's calendars, at this terminal."""
    told = ("--key", key, "--practice", practice, *words)
    become(sys.executable, "-m", "desk", "calendar", act, *told)


@task(default=True, help=DESK)
def show(_: Context, key: str = KEY, practice: str = PRACTICE) -> None:
    """Your other calendars, by name and host."""
    start("list", key, practice)


@task(help=DESK)
def add(_: Context, key: str = KEY, practice: str = PRACTICE) -> None:
    """One more calendar whose busy times close the booking page: a file, an address or CalDAV."""
    start("add", key, practice)


@task(help=DESK)
def remove(_: Context, key: str = KEY, practice: str = PRACTICE) -> None:
    """Forget a calendar; what it closed is opened by the next pull."""
    start("remove", key, practice)


@task(help=DESK | SERVER)
def pull(
    _: Context,
    key: str = KEY,
    practice: str = PRACTICE,
    database: str = DATABASE,
    host: str = "",
) -> None:
    """Read your calendars and close their busy times; the server learns times and nothing else."""
    start("pull", key, practice, *server_at(database, host))


@task(
    help=DESK
    | SERVER
    | {
        "output": "the calendar to write, such as bookings.ics",
        "with-names": "who comes and for which visit, after a warning; without, only Busy",
    }
)
def export(
    _: Context,
    output: str,
    key: str = KEY,
    practice: str = PRACTICE,
    database: str = DATABASE,
    host: str = "",
    with_names: bool = False,
) -> None:
    """Write the bookings as a calendar file for your own calendar."""
    words = ("--output", output, *(["--with-names"] if with_names else []))
    start("export", key, practice, *server_at(database, host), *words)


calendar = Collection(add, remove, pull, export)
calendar.add_task(show, name="list", default=True)
