"""An e-mail server on this machine, as strict as the real ones, and what it was handed."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from desk.mailing import Account
from tests.serving import free_port

USER, PASSWORD = "cabinet", "a-password-of-this-test"
SENDER = "cabinet@valombreuse.example"
REFUSED = "refused@example.org"


@dataclass
class Box:
    """What arrived: who greeted, for whom it was, and what it said."""

    account: Account
    greeted: list[str] = field(default_factory=list)
    to: list[list[str]] = field(default_factory=list)
    messages: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    happens: Callable[[Any], None] = lambda server: None
    """Between taking a message and saying so."""

    async def handle_EHLO(  # noqa: N802  # as aiosmtpd calls it
        self, _: SMTP, session: Session, __: Envelope, name: str, told: list[str]
    ) -> list[str]:
        session.host_name = name
        self.greeted.append(name)
        return told

    async def handle_RCPT(  # noqa: N802
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: Any
    ) -> str:
        if address == REFUSED:
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.original_content, bytes)
        self.raw.append(envelope.original_content)
        self.to.append(list(envelope.rcpt_tos))
        message = message_from_bytes(envelope.original_content, policy=default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        self.happens(server)
        return "250 OK"


def let_in(_: SMTP, __: Session, ___: Envelope, ____: str, told: Any) -> AuthResult:
    known = LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=told == known, handled=False)


@contextmanager
def post_office(certificate: Path, security: str = "tls", **more: Any) -> Iterator[Box]:
    """A server that lets one user in, over TLS, or after STARTTLS, or without (`plain`)."""
    port = free_port()
    box = Box(Account("127.0.0.1", port, security, USER, PASSWORD, SENDER))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    ways: dict[str, dict[str, Any]] = {
        "tls": {"ssl_context": context, "auth_require_tls": False},  # it knows of STARTTLS alone
        "starttls": {"tls_context": context, "require_starttls": True},
        "plain": {"auth_require_tls": False},
    }
    told = {"authenticator": let_in, **ways[security], **more}
    controller = Controller(box, hostname="127.0.0.1", port=port, **told)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
