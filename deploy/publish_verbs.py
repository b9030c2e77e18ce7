"""The verbs of who deploys: how each is started. `publish HOST` is `publish --host HOST`."""

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
        "static": "no server: a new folder with the pages alone, for any host of static files",
        "dry-run": "build and check, and say what would change",
        "yes": "do not ask",
        "delete-many": "also where more than a quarter of the pages go",
        "practice": "the facts file",
    },
)
def publish(
    _: Context,
    host: str = "",
    static: str = "",
    dry_run: bool = False,
    yes: bool = False,
    delete_many: bool = False,
    practice: str = FACTS,
) -> None:
    """Check, build, show what changes, send it, switch at once; back by itself when not well."""
    said = {"--dry-run": dry_run, "--yes": yes, "--delete-many": delete_many}
    words = [word for word, wanted in said.items() if wanted]
    words += ["--static", static] if static else []
    start("publish", host, "--practice", practice, *words)


@task(help={"host": HOST, "to": "a certain release that is kept, by its id"})
def rollback(_: Context, host: str = "", to: str = "") -> None:
    """Serve the release before again, endpoint and all; bookings stay as they are."""
    start("rollback", host, *(["--to", to] if to else []))


@task(
    positional=["host"],
    help={
        "host": HOST,
        "output": "the file to write; then no older one is deleted",
        "folder": "where backups lie; ~/souspli-backups unless said",
        "keep": "how many of this server stay there (8)",
    },
)
def backup(_: Context, host: str = "", output: str = "", folder: str = "", keep: int = 8) -> None:
    """Bring home all bookings, the audit log and what signs receipts: one file, sealed."""
    said = {"--output": output, "--folder": folder}
    words = [word for name, value in said.items() if value for word in (name, value)]
    start("backup", host, *words, "--keep", str(keep))


@task(
    positional=["file", "host"],
    help={
        "file": "a backup",
        "host": "the server, as ssh knows it; as root unless it names a user",
        "drill": "only see that it opens, and what would be restored; needs no server",
        "key": "the doctor's key file or folder; unless said, the words of a paper are asked for",
        "forget-receipts": "links and codes given out before end (after a break-in)",
        "practice": "the facts file",
    },
)
def restore(
    _: Context,
    file: str,
    host: str = "",
    drill: bool = False,
    key: str = "",
    forget_receipts: bool = False,
    practice: str = FACTS,
) -> None:
    """Open a backup here, put it on a server that was published to, and see that it is well."""
    words = [file, *([host] if host else []), "--practice", practice]
    words += ["--drill"] * drill + ["--forget-receipts"] * forget_receipts
    words += ["--key", key] if key else []
    become(sys.executable, "-m", "desk", "restore", *words)


@task(positional=["host"], help={"host": HOST, "json": "for a program"})
def status(_: Context, host: str = "", json: bool = False) -> None:
    """How the server is: what is wrong first, each with what to do. Ends with 8 on anything red."""
    start("status", host, *["--json"] * json)


@task(help={"host": HOST, "json": "for a program"})
def logs(_: Context, host: str = "", json: bool = False) -> None:
    """What happened on the server: answers by day, failures by place. Counts, and no person."""
    start("logs", host, *["--json"] * json)
