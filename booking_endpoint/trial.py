"""A release is tried before it serves: all of it but the listening, on a copy of the database."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from booking_endpoint.app import create_app
from booking_endpoint.config import Config, database_path
from booking_endpoint.rooms import Clock, Randomness
from booking_endpoint.sqlite_file import copy_file
from booking_endpoint.store import Store


async def rehearse(environ: Mapping[str, str], clock: Clock, randomness: Randomness) -> None:
    """Raise what would keep this release from serving, as `serve` would.

    The copy gets the newest schema, is looked through and thrown away; the database is only read.
    """
    create_app(Config.read(environ), clock, randomness)
    database = database_path(environ)
    trial = f"{database.name}.trial-"
    for left in database.parent.glob(f"{trial}*"):  # by one that was cut off
        shutil.rmtree(left)
    with TemporaryDirectory(prefix=trial, dir=database.parent) as folder:
        copy = Path(folder, "copy.db")
        if database.exists():
            copy_file(database, copy)
        store = Store(copy)
        try:
            await store.open()
            await store.check()
        finally:
            await store.close()
