"""The verbs of who deploys: how each is started."""

import sys

from invoke.context import Context
from invoke.tasks import task

from deploy.commands import become
from deploy.key_verbs import FACTS

HOST = "the server, as ssh knows it; SERVER in publishconf.py unless said"


def start(verb: str, host: str, *words: str) -> None:
    become(sys.executable, "-m", "deploy.publishing", verb, *([host] if host else []), *words)


@task(
    help={
        "host": HOST,
        "dry-run": "build and check, and say what would change",
        "yes": "do not ask",
        "delete-many": "also where more than a quarter of the pages go",
        "practice": "the facts file",
    },
)
def publish(
    _: Context,
    host: str = "",
    dry_run: bool = False,
    yes: bool = False,
    delete_many: bool = False,
    practice: str = FACTS,
) -> None:
    """Check, build, show what changes, send it, switch at once; back by itself when not well."""
    said = {"--dry-run": dry_run, "--yes": yes, "--delete-many": delete_many}
    words = [word for word, wanted in said.items() if wanted]
    start("publish", host, "--practice", practice, *words)


@task(help={"host": HOST, "to": "a certain release that is kept, by its id"})
def rollback(_: Context, host: str = "", to: str = "") -> None:
    """Serve the release before again, endpoint and all; bookings stay as they are."""
    start("rollback", host, *(["--to", to] if to else []))


@task(help={"host": HOST, "json": "for a program"})
def status(_: Context, host: str = "", json: bool = False) -> None:
    """How the server is: what is wrong first, each with what to do. Ends with 8 on anything red."""
    start("status", host, *["--json"] * json)


@task(help={"host": HOST, "json": "for a program"})
def logs(_: Context, host: str = "", json: bool = False) -> None:
    """What happened on the server: answers by day, failures by place. Counts, and no person."""
    start("logs", host, *["--json"] * json)
