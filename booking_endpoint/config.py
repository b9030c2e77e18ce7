"""The endpoint's settings, read once from the environment and named when missing."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from booking_endpoint.practice import Practice
from booking_endpoint.reading import read_practice
from booking_endpoint.storage import ServerUrl, Where


class BadConfig(ValueError):
    """A setting that is missing or cannot be used: says which, and what to do."""


@dataclass(frozen=True, slots=True, repr=False)
class Config:
    """Everything `serve` needs. Has no repr: the secrets must reach no log."""

    database: Where
    practice: Practice
    secrets: tuple[str, ...]
    origin: str
    site: str
    """The origin of the pages, where that is another one; else empty."""
    prefix: str
    client_header: str
    """The header in which our own proxy names the caller's address; empty without one."""
    audit: Path
    """Where the acts of the doctor and the deployer are written down."""
    shells: Mapping[str, str]
    """The page Pelican built around the endpoint's answers, for each language."""

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Self:
        """Read all settings, or raise BadConfig or BadPractice at the first that is wrong."""
        practice = read_facts_file(environ)
        if not practice.rules.online_booking:
            raise BadConfig("BOOKING_PRACTICE: these facts say online_booking = false: no endpoint")
        return cls(
            database=database_at(environ),
            practice=practice,
            secrets=read_secrets(environ),
            origin=required(environ, "BOOKING_ORIGIN").rstrip("/"),
            site=practice.legal.site_url if practice.legal.booking_url else "",
            prefix=environ.get("BOOKING_PREFIX") or practice.rules.prefix,
            client_header=environ.get("BOOKING_CLIENT_HEADER", "").lower(),
            audit=audit_path(environ),
            shells=read_shells(Path(required(environ, "BOOKING_SHELL")), practice.languages),
        )


def required(environ: Mapping[str, str], name: str) -> str:
    if not environ.get(name):
        raise BadConfig(f"set {name} before starting")
    return environ[name]


def database_at(environ: Mapping[str, str]) -> Where:
    """The database's file, or the server that `postgresql://` names."""
    told = required(environ, "BOOKING_DATABASE")
    return server_url(told) if is_url(told) else database_path(Path(told))


def database_file(environ: Mapping[str, str]) -> Path:
    """The database's file; raises BadConfig where a server keeps the bookings."""
    where = database_at(environ)
    if not isinstance(where, Path):
        raise BadConfig("BOOKING_DATABASE: use the server's own pg_dump and pg_restore")
    return where


def is_url(told: str) -> bool:
    """Whether libpq takes it for the address of a server."""
    return told.startswith(("postgresql://", "postgres://"))


def server_url(told: str) -> ServerUrl:
    """A server's address, which is not repeated where it is wrong: it may hold a password."""
    try:
        from psycopg import ProgrammingError  # only where a server is asked for
        from psycopg.conninfo import conninfo_to_dict
    except ImportError:
        mend = "install it as requirements-postgres.txt has it"
        raise BadConfig(f"BOOKING_DATABASE: PostgreSQL needs psycopg: {mend}") from None
    try:
        conninfo_to_dict(told)
    except ProgrammingError:
        form = "postgresql://practice@host/database?sslmode=verify-full"
        raise BadConfig(f"BOOKING_DATABASE: libpq cannot read this address; write {form}") from None
    return ServerUrl(told)


def database_path(path: Path) -> Path:
    """The database's file, whose folder must exist and be writable: it is never made by guess."""
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise BadConfig(f"BOOKING_DATABASE: {path.parent} is not a folder that can be written to")
    if path.exists() and not (path.is_file() and os.access(path, os.R_OK | os.W_OK)):
        raise BadConfig(f"BOOKING_DATABASE: {path} is not a file that can be read and written")
    return path


def audit_path(environ: Mapping[str, str]) -> Path:
    """The audit log's file: beside the database's, unless a setting says where."""
    database = required(environ, "BOOKING_DATABASE")
    if is_url(database) and not environ.get("BOOKING_AUDIT"):
        raise BadConfig("BOOKING_AUDIT: name a file, since a database server has none beside it")
    return Path(environ.get("BOOKING_AUDIT") or f"{database}.audit")


def read_facts_file(environ: Mapping[str, str]) -> Practice:
    path = required(environ, "BOOKING_PRACTICE")
    return read_practice(read_text("BOOKING_PRACTICE", Path(path)), path)


def facts_digest(environ: Mapping[str, str]) -> str:
    """The SHA-256 of the facts file as it stands: tells whether anything in it has changed."""
    return hashlib.sha256(Path(required(environ, "BOOKING_PRACTICE")).read_bytes()).hexdigest()


def read_release(environ: Mapping[str, str]) -> str:
    """What runs here, by the digest that BOOKING_RELEASE (a release.json) tells; empty without."""
    path = environ.get("BOOKING_RELEASE")
    if not path:
        return ""
    try:
        return str(json.loads(read_text("BOOKING_RELEASE", Path(path)))["hashes"]["endpoint"])
    except (ValueError, LookupError, TypeError):
        raise BadConfig(f"BOOKING_RELEASE: {path} does not tell which release this is") from None


def read_secrets(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The signing secrets, newest first; from a file when BOOKING_SECRET_FILE names one."""
    file = environ.get("BOOKING_SECRET_FILE")
    text = (
        read_text("BOOKING_SECRET_FILE", Path(file))
        if file
        else required(environ, "BOOKING_SECRET")
    )
    secrets = tuple(filter(None, (secret.strip() for secret in text.split(","))))
    if not secrets or any(len(secret) < 32 for secret in secrets):
        raise BadConfig("BOOKING_SECRET: use at least 32 random characters each")
    return secrets


def read_shells(folder: Path, languages: tuple[str, ...]) -> dict[str, str]:
    return {code: read_text("BOOKING_SHELL", folder / f"{code}.html") for code in languages}


def read_text(setting: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig(f"{setting}: {path} cannot be read ({type(error).__name__})") from None
