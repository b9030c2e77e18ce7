"""One question to a calendar's host, over https alone. Bounded in size and time; keeps nothing."""

import ssl
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from socket import SHUT_RDWR
from threading import Timer
from time import monotonic
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from booking_endpoint.booking import mark

_ = mark

PATIENCE, LONGEST = 20, 60
"""Seconds without a word, and for the whole answer."""
MOST = 10_000_000
"""Bytes of a calendar."""
HOPS = 5
"""Addresses in a row that each lead on to another."""

HERE = ("127.0.0.1", "::1", "localhost")
"""Hosts that may be asked without https: nobody stands between."""

LEADS_ON = (301, 302, 303, 307, 308)


class Unread(Exception):
    """A calendar that could not be read. The message is for the catalogues, its values beside it;
    neither holds an address, which is a secret."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message)
        self.message, self.values = message, values


@dataclass(frozen=True, slots=True)
class Login:
    """A user name, and a password made for one program. Has no repr: it is in no traceback."""

    user: str
    password: str

    def __repr__(self) -> str:
        return "Login()"

    @property
    def header(self) -> str:
        """Basic authentication (RFC 7617)."""
        return f"Basic {b64encode(f'{self.user}:{self.password}'.encode()).decode()}"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a host, wherever it leads on to."""

    method: str = "GET"
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


def ask(
    question: Question, address: str, login: Login | None, trust: ssl.SSLContext
) -> tuple[int, bytes]:
    """Status and content of the answer; raises Unread where there is none.

    An address may lead on to another one, by https or on the same host. The password goes to the
    host it was typed for, and to no other.
    """
    first = parts = read_address(address)
    for _hop in range(HOPS):
        known = origin(parts) == origin(first)
        secret = {"Authorization": login.header} if login and known else {}
        status, leads, content = answer(
            question, parts, {**dict(question.headers), **secret}, trust
        )
        if status not in LEADS_ON:
            return status, content
        following = read_address(urljoin(parts.geturl(), leads))
        if following.scheme != "https" and origin(following) != origin(parts):
            raise Unread(_("{host} leads on to an address without https."), host=parts.hostname)
        parts = following
    raise Unread(_("{host} leads from one address to the next."), host=first.hostname)


def read_address(address: str) -> SplitResult:
    """An address that may be asked; `webcal` is https by another name. Raises Unread."""
    try:
        parts = urlsplit(address.strip())
        parts = parts._replace(scheme="https") if parts.scheme in ("webcal", "webcals") else parts
        safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in HERE)
        if parts.hostname and safe and origin(parts):
            return parts
    except ValueError:  # a port that is no number, a broken IPv6 address
        pass
    raise Unread(_("The address of a calendar begins with https:// or webcal://."))


def origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    """Whom an address speaks to (RFC 6454)."""
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}[parts.scheme]


def answer(
    question: Question, parts: SplitResult, headers: Mapping[str, str], trust: ssl.SSLContext
) -> tuple[int, str, bytes]:
    """Status, where it leads, content: from one host, in the time it has."""
    host = parts.hostname or ""
    connection = (
        HTTPSConnection(host, parts.port, timeout=PATIENCE, context=trust)
        if parts.scheme == "https"
        else HTTPConnection(host, parts.port, timeout=PATIENCE)
    )
    late = Timer(LONGEST, hang_up, [connection])
    late.daemon = True
    late.start()
    end = monotonic() + LONGEST
    path = quote(parts.path or "/", "/%:@!$&'()*+,;=~") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.connect()
        be_in_time(end)
        connection.request(question.method, path, question.body or None, dict(headers))
        told = connection.getresponse()
        content = told.read(MOST + 1)
        be_in_time(end)
    except ssl.SSLCertVerificationError:
        raise Unread(_("{host} does not prove that it is itself."), host=host) from None
    except (OSError, HTTPException, ValueError, AttributeError):
        raise Unread(_("{host} does not answer."), host=host) from None
    finally:
        late.cancel()
        connection.close()
    if len(content) > MOST:
        raise Unread(_("{host} sends more than a calendar."), host=host)
    return told.status, told.getheader("Location", ""), content


def be_in_time(end: float) -> None:
    """Raise TimeoutError after the end: whom we hung up on may have said half of it."""
    if monotonic() >= end:
        raise TimeoutError


def hang_up(connection: HTTPConnection) -> None:
    """End a conversation that takes too long, whatever it waits for."""
    with suppress(OSError, AttributeError):  # it ends by itself just now
        connection.sock.shutdown(SHUT_RDWR)
