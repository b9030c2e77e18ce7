"""The verbs of keys: how each act of `desk keys` is started."""

import sys

from invoke.collection import Collection
from invoke.context import Context
from invoke.tasks import task

from deploy.commands import become

WORKSHOP = {
    "role": "whose key: doctor, secretary or recovery (which lies on paper alone)",
    "practice": "the facts file, which will name the public half",
    "folder": "where the key files lie; ~/souspli-keys unless said",
    "database": "the endpoint's database on this machine, to see first that every booking opens",
    "host": "the endpoint's server, as ssh knows it, for the same",
    "open": "show the page to print in the browser",
}
FACTS = "content/practice.toml"


def workshop(
    act: str, role: str, practice: str, folder: str, server: list[str], open: bool
) -> None:
    """One act on the keys of a practice, at this terminal."""
    words = [*(["--folder", folder] if folder else []), *server, *([] if open else ["--no-open"])]
    become(
        sys.executable, "-m", "desk", "keys", act, "--role", role, "--practice", practice, *words
    )


def server_at(database: str, host: str) -> list[str]:
    return ["--host", host] if host else ["--database", database] if database else []


@task(default=True, help={name: WORKSHOP[name] for name in ("role", "practice", "folder", "open")})
def make(
    _: Context, role: str = "doctor", practice: str = FACTS, folder: str = "", open: bool = True
) -> None:
    """Make a key: its file under a passphrase, its paper, and its public half in the facts."""
    workshop("make", role, practice, folder, [], open)


@task(help=WORKSHOP)
def rotate(
    _: Context,
    role: str = "doctor",
    practice: str = FACTS,
    folder: str = "",
    database: str = "",
    host: str = "",
    open: bool = True,
) -> None:
    """A new key in the place of an old one, which goes on opening what it opened."""
    workshop("rotate", role, practice, folder, server_at(database, host), open)


@task(help={name: WORKSHOP[name] for name in ("practice", "folder")})
def restore(_: Context, practice: str = FACTS, folder: str = "") -> None:
    """A key from its paper, under a new passphrase: computer lost, passphrase forgotten."""
    workshop("restore", "doctor", practice, folder, [], False)


@task(help={name: text for name, text in WORKSHOP.items() if name != "open"})
def remove(
    _: Context,
    role: str = "secretary",
    practice: str = FACTS,
    folder: str = "",
    database: str = "",
    host: str = "",
) -> None:
    """Seal to a role no more: the secretary who leaves, a recovery that is given up."""
    workshop("remove", role, practice, folder, server_at(database, host), False)


keys = Collection(make, rotate, restore, remove)
