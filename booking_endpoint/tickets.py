"""What the endpoint signs: a ticket to book with, one to manage with, a proof of work.

Knows no booking and no form. One salt per kind, so that one can never pass for another.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altcha
from itsdangerous import BadData, Signer, URLSafeSerializer

LASTS = 2 * 60 * 60
"""Seconds in which a ticket must be used: time for a slow typist and a phone call."""

FILLING = 3
"""Seconds before which nobody has filled a form by hand."""

EFFORT = 400
"""PBKDF2 rounds of one try, of which a proof takes TRIES at most: a second on an old phone."""

TRIES = 256

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that can be mistaken for another."""


class BadTicket(ValueError):
    """A ticket, code or proof that we did not make for this."""


class OldTicket(BadTicket):
    """A ticket of ours whose time is over."""


class EarlyTicket(BadTicket):
    """A form that came back faster than a person can fill it."""


class BadProof(BadTicket):
    """The work was not done, or not for this ticket."""


@dataclass(frozen=True, slots=True)
class Handle:
    """How a booking is found again: its id in the store, and the code a patient can type."""

    id: bytes
    code: str


class Tickets:
    """Makes and reads tickets with the newest secret; older ones are still read."""

    def __init__(self, secrets: Sequence[str], effort: int = EFFORT) -> None:
        self._secrets = list(secrets)
        self._effort = effort
        self._serializers = {
            kind: URLSafeSerializer(self._secrets[::-1], salt=f"souspli.{kind}")
            for kind in ("script", "form", "manage")
        }
        self._proof_keys = [proof_keys(secret) for secret in secrets]

    def script(self, nonce: bytes, counter: int, now: int) -> tuple[str, dict[str, Any]]:
        """A ticket for a page with JavaScript, and the challenge to solve for it.

        `nonce` (16 bytes) and `counter` are random. Whoever solves it tries every number up to
        `counter`: TRIES at most as a rule, more when it is to be dearer; for us all cost the same.
        """
        name = base64.urlsafe_b64encode(nonce).decode()
        signing, proving = self._proof_keys[0]
        challenge = altcha.create_challenge(
            "PBKDF2/SHA-256",
            self._effort,
            counter=counter,
            data={"ticket": name},
            hmac_secret=signing,
            hmac_key_secret=proving,
        )
        return self._serializers["script"].dumps([name, now]), challenge.to_dict()

    def form(self, nonce: bytes, now: int) -> str:
        """A ticket for a page without JavaScript: no work, but not before FILLING seconds."""
        return self._serializers["form"].dumps([base64.urlsafe_b64encode(nonce).decode(), now])

    def redeem(self, ticket: str, proof: str, now: int) -> bytes:
        """Give back the nonce, or raise: a caller must not be able to forget the check."""
        if not proof:
            return self._read("form", ticket, now, FILLING)
        nonce = self._read("script", ticket, now, 0)
        if not any(proves(proof, nonce, *keys) for keys in self._proof_keys):
            raise BadProof
        return nonce

    def check(self, ticket: str, now: int) -> None:
        """Raise for a form's ticket that is not ours or too old; it may come early, half filled."""
        self._read("form", ticket, now, 0)

    def handles(self, nonce: bytes) -> list[Handle]:
        """The handle of the booking made with this nonce, under each secret, newest first.

        Both are derived, so a repeated request finds the same booking, and the store
        holds neither the code nor anything to compute it from.
        """
        return [self._handle(self._code(nonce, secret), secret) for secret in self._secrets]

    def manage(self, booking: bytes) -> str:
        """The ticket of a manage link. It has no age: its life is the booking's."""
        return self._serializers["manage"].dumps(base64.urlsafe_b64encode(booking).decode())

    def find(self, text: str) -> list[bytes]:
        """The ids a manage ticket or a typed code can stand for; raises BadTicket for neither."""
        try:
            return [base64.urlsafe_b64decode(self._serializers["manage"].loads(text))]
        except (BadData, ValueError, TypeError):
            code = tidy_code(text)
        return [self._handle(code, secret).id for secret in self._secrets]

    def _read(self, kind: str, ticket: str, now: int, least: int) -> bytes:
        try:
            name, issued = self._serializers[kind].loads(ticket)
            nonce = base64.urlsafe_b64decode(name)
        except (BadData, ValueError, TypeError):
            raise BadTicket from None
        if now - issued > LASTS:
            raise OldTicket
        if 0 <= now - issued < least:
            raise EarlyTicket
        return nonce

    @staticmethod
    def _keyed(kind: str, value: bytes, secret: str) -> bytes:
        signature = Signer(secret, salt=f"souspli.{kind}").get_signature(value)
        return base64.urlsafe_b64decode(signature + b"=" * (-len(signature) % 4))

    def _code(self, nonce: bytes, secret: str) -> str:
        number = int.from_bytes(self._keyed("code", nonce, secret)[:8])
        signs = "".join(SIGNS[number >> shift & 31] for shift in range(0, 60, 5))
        return "-".join(signs[at : at + 4] for at in (0, 4, 8))

    def _handle(self, code: str, secret: str) -> Handle:
        return Handle(self._keyed("id", code.encode(), secret)[:16], code)


def proof_keys(secret: str) -> tuple[bytes, bytes]:
    """What signs a challenge, and what signs its answer."""
    signing, proving = (Signer(secret, salt=f"souspli.{kind}") for kind in ("work", "answer"))
    return signing.derive_key(), proving.derive_key()


def proves(proof: str, nonce: bytes, signing: bytes, proving: bytes) -> bool:
    """Whether this work was asked for this ticket, and done."""
    if not altcha.verify_solution(proof, signing, hmac_key_secret=proving).verified:
        return False
    data = json.loads(base64.b64decode(proof))["challenge"]["parameters"].get("data")
    return bool(data == {"ticket": base64.urlsafe_b64encode(nonce).decode()})


def tidy_code(text: str) -> str:
    """A code as we wrote it, from what a person typed; raises BadTicket for anything else."""
    signs = text.upper().translate(str.maketrans("OIL", "011", " -\u2013\u2010\u00a0"))
    if len(signs) != 12 or not set(signs) <= set(SIGNS):
        raise BadTicket
    return "-".join(signs[at : at + 4] for at in (0, 4, 8))
