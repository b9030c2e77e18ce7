"""The doctor's own e-mail account: how its server is reached, and what became of a message (SMTP).

Encrypted, with a certificate that is checked, or not at all; only this very machine may do
without. What the server answers is told by its class: its words may quote an address.
"""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage

from booking_endpoint.booking import mark

_ = mark

PATIENCE = 30
"""Seconds that a server may take to answer."""

HERE = "127.0.0.1"
OUR_NAME = f"[{HERE}]"
"""What we greet with (RFC 5321, 4.1.4): this machine's own name is nobody's business."""

PORTS = {"465": "tls", "587": "starttls"}


def is_safe(host: str, port: str) -> bool:
    """Whether a connection there is encrypted for certain, or never leaves this machine."""
    return port in PORTS or (host == HERE and port.isdecimal() and len(port) <= 5)


def security_of(port: str) -> str:
    """How a server is spoken to on this port, as `Account` has it."""
    return PORTS.get(port, "plain")


class NotSent(ValueError):
    """Nothing was sent; the message says why, in English, and `{host}` stands for the server."""


class Refused(ValueError):
    """The server answered that it does not take this message: it was not sent."""


class Lost(ConnectionError):
    """The server went silent in the middle: whether it took the message nobody knows."""


@dataclass(frozen=True, slots=True, repr=False)
class Account:
    """How the doctor's account is reached. Has no repr: it holds a password."""

    host: str
    port: int
    security: str
    """`tls` from the first byte, `starttls`, or `plain`."""
    user: str
    password: str
    sender: str
    """The address that patients see."""


class Post:
    """A server that let us in."""

    def __init__(self, server: smtplib.SMTP, sender: str) -> None:
        self._server, self._sender = server, sender

    def still_there(self) -> bool:
        """Whether the server answers: asked before a message is said to be about to be sent."""
        try:
            return self._server.noop()[0] == 250
        except (smtplib.SMTPException, OSError):
            return False

    def send(self, message: EmailMessage, to: str) -> None:
        """Hand over one message for one address; raises Refused, or Lost."""
        try:
            self._server.send_message(message, self._sender, [to])
        except (
            smtplib.SMTPRecipientsRefused,
            smtplib.SMTPResponseException,
            smtplib.SMTPNotSupportedError,
        ):
            raise Refused from None
        except (smtplib.SMTPException, OSError):
            raise Lost from None


@contextmanager
def connected(account: Account, trust: ssl.SSLContext) -> Iterator[Post]:
    """A connection to the account's server; raises NotSent where there is none that is safe."""
    server = None
    try:
        server = entered(account, trust)
    except ssl.SSLCertVerificationError:
        raise NotSent(
            _("{host} does not prove that it is who it says. Nothing was sent.")
        ) from None
    except smtplib.SMTPNotSupportedError:
        raise NotSent(_("{host} offers no safe connection. Nothing was sent.")) from None
    except (smtplib.SMTPAuthenticationError, UnicodeError):
        raise NotSent(
            _("{host} does not let this name and password in. Nothing was sent.")
        ) from None
    except (smtplib.SMTPException, OSError):
        raise NotSent(_("{host} does not answer as an e-mail server. Nothing was sent.")) from None
    try:
        yield Post(server, account.sender)
    finally:
        try:
            server.quit()
        except (smtplib.SMTPException, OSError):
            server.close()


def entered(account: Account, trust: ssl.SSLContext) -> smtplib.SMTP:
    """Connected, encrypted, and logged in where there is a name to log in with."""
    if account.security == "plain" and account.host != HERE:
        raise smtplib.SMTPNotSupportedError
    told = (account.host, account.port, OUR_NAME)
    server = (
        smtplib.SMTP_SSL(*told, timeout=PATIENCE, context=trust)
        if account.security == "tls"
        else smtplib.SMTP(*told, timeout=PATIENCE)
    )
    try:
        if account.security == "starttls":
            server.starttls(context=trust)
        if account.user:
            server.login(account.user, account.password)
    except BaseException:
        server.close()
        raise
    return server
