"""Where the doctor's other calendars lie: files, addresses, CalDAV collections (RFC 4791).

CalDAV takes two questions, written here by hand: a library would bring fourteen packages along.
"""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any, Self
from xml.etree import ElementTree

from booking_endpoint.booking import mark
from booking_endpoint.instants import DAY, Slot
from desk.calendar_web import MOST, Login, Question, Unread, ask, read_address

_ = mark

DAV, CALDAV = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}"
MULTISTATUS = 207
"""RFC 4918, section 11.1."""


class Kind(Enum):
    """How a calendar is read."""

    FILE = "file"
    ADDRESS = "address"
    CALDAV = "caldav"


@dataclass(frozen=True, slots=True)
class Source:
    """One calendar. Its address may be all it takes to read it: it has no repr."""

    label: str
    kind: Kind
    address: str
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"Source({self.kind.value})"

    @property
    def login(self) -> Login | None:
        return Login(self.user, self.password) if self.user else None

    @property
    def where(self) -> str:
        """What may be shown: a file's name, or a host."""
        if self.kind is Kind.FILE:
            return Path(self.address).name
        return read_address(self.address).hostname or ""

    def to_json(self) -> dict[str, str]:
        """What the drawer keeps."""
        told = {"label": self.label, "kind": self.kind.value, "address": self.address}
        return {**told, "user": self.user, "password": self.password}

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Self:
        """The same again."""
        return cls(**{**told, "kind": Kind(told["kind"])})


def found(label: str, address: str, login: Login | None, trust: ssl.SSLContext) -> Source:
    """The calendar at an address or in a file; it is asked what it is. Raises Unread."""
    if "://" not in address:
        file = Path(address).expanduser().resolve()
        return Source(label, Kind.FILE, str(file))
    read_address(address)
    if login is None:
        return Source(label, Kind.ADDRESS, address)
    kind = Kind.CALDAV if is_collection(address, login, trust) else Kind.ADDRESS
    return Source(label, kind, address, login.user, login.password)


def texts(source: Source, window: Slot, trust: ssl.SSLContext) -> list[str]:
    """What a calendar says of these times, and maybe more, as iCalendar texts. Raises Unread."""
    match source.kind:
        case Kind.FILE:
            return [decoded(read_file(Path(source.address)))]
        case Kind.ADDRESS:
            return [decoded(content_of(source, Question(), trust))]
        case Kind.CALDAV:
            report = Question("REPORT", query(window), XML)
            return calendar_data(content_of(source, report, trust, MULTISTATUS))


def read_file(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            content = stream.read(MOST + 1)
    except OSError:
        raise Unread(_("The file {file} cannot be read."), file=file.name) from None
    if len(content) > MOST:
        raise Unread(_("The file {file} is longer than a calendar."), file=file.name)
    return content


def content_of(source: Source, question: Question, trust: ssl.SSLContext, good: int = 200) -> bytes:
    status, content = ask(question, source.address, source.login, trust)
    if status in (401, 403):
        raise Unread(
            _("{host} lets nobody in with this address, name and password."), host=source.where
        )
    if status != good:
        told = {"host": source.where, "status": status}
        raise Unread(_("{host} has no calendar at this address (answer {status})."), **told)
    return content


def decoded(content: bytes) -> str:
    """RFC 5545, section 3.1.4: UTF-8 unless something else is said, and today nothing is."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unread(_("This is not a calendar.")) from None


# --- CalDAV --------------------------------------------------------------------------------------

XML = (("Content-Type", "application/xml; charset=utf-8"), ("Depth", "1"))
PROPFIND = Question(
    "PROPFIND",
    b'<propfind xmlns="DAV:"><prop><resourcetype/></prop></propfind>',
    (XML[0], ("Depth", "0")),
)


def is_collection(address: str, login: Login, trust: ssl.SSLContext) -> bool:
    """Whether a calendar collection lies at this address (RFC 4791, section 4.2)."""
    status, content = ask(PROPFIND, address, login, trust)
    if status != MULTISTATUS:
        return False
    return parsed(content).find(f".//{DAV}resourcetype/{CALDAV}calendar") is not None


def query(window: Slot) -> bytes:
    """Every event that touches these times (RFC 4791, section 7.8), and a day around them.

    The server may think a time without a zone to be in any zone.
    """
    start, end = (
        f"{datetime.fromtimestamp(moment, UTC):%Y%m%dT%H%M%SZ}"
        for moment in (window.start - DAY, window.end + DAY)
    )
    return (
        '<C:calendar-query xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'
        "<prop><C:calendar-data/></prop>"
        '<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">'
        f'<C:time-range start="{start}" end="{end}"/>'
        "</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"
    ).encode()


def calendar_data(content: bytes) -> list[str]:
    """The calendars of an answer. One that is not there, or an answer cut short, is an error."""
    responses = parsed(content).findall(f"{DAV}response")
    said = [one.findtext(f"{DAV}propstat/{DAV}prop/{CALDAV}calendar-data") for one in responses]
    if not all(said):
        raise Unread(_("The server does not give the whole calendar."))
    return [text for text in said if text]


def parsed(content: bytes) -> ElementTree.Element:
    """An XML answer. One that declares entities, which could swell for ever, is none."""
    text = decoded(content)
    try:
        root = ElementTree.fromstring(text) if "<!DOCTYPE" not in text else None  # noqa: S314  # bounded
    except ElementTree.ParseError:
        root = None
    if root is None or root.tag != f"{DAV}multistatus":
        raise Unread(_("The server answers, but not as CalDAV does."))
    return root
