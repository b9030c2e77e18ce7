"""All facts about the practice, as values. Knows no clock, no server, no booking."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import IntEnum
from typing import NewType
from zoneinfo import ZoneInfo

Words = Mapping[str, str]
"""One text in every language of the practice."""

Wall = NewType("Wall", int)
"""A time on the door, in minutes after midnight; 24:00 is 1440."""

TELECONSULTATION = "teleconsultation"
CELL_MINUTES = 5
RECIPIENTS = 3
"""Sealings in every envelope, whoever holds the keys: doctor, secretary, recovery."""


class Weekday(IntEnum):
    """As `date.weekday` counts."""

    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6


@dataclass(frozen=True, slots=True)
class Doctor:
    """Who practises, as the Order's register has it."""

    title: str
    given_name: str
    family_name: str
    rpps: str
    order_body: str
    order_number: str
    title_country: str
    specialty: Words
    schema_specialty: str
    sector: int
    optam: bool
    spoken: tuple[str, ...]
    email: str
    insurance: str

    @property
    def name(self) -> str:
        return f"{self.title} {self.given_name} {self.family_name}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the doctor receives: the door, how to reach it, the phone."""

    id: str
    street: str
    postcode: str
    town: str
    country: str
    phone: str
    latitude: Decimal
    longitude: Decimal
    transport: Words
    door: Words
    wheelchair: Words

    @property
    def address(self) -> str:
        return f"{self.street}, {self.postcode} {self.town}"

    @property
    def dial(self) -> str:
        """The phone as a `tel:` address wants it: RFC 3966, without spaces."""
        return "".join(sign for sign in self.phone if sign in "+0123456789")


@dataclass(frozen=True, slots=True)
class Price:
    """What a visit costs, in euros, with what vouches for it: an amount ages."""

    least: Decimal
    most: Decimal
    criteria: Words
    covered: bool
    base: Decimal
    rate: Decimal
    valid_from: date
    verified_on: date
    source: str


@dataclass(frozen=True, slots=True)
class Visit:
    """What one comes for (motif): how long it takes, where, and what to prepare."""

    id: str
    label: Words
    preparation: Words
    minutes: int
    buffer: int
    place: str
    asks_birth_date: bool
    price: Price

    @property
    def remote(self) -> bool:
        return self.place == TELECONSULTATION


@dataclass(frozen=True, slots=True)
class Hours:
    """One stretch of opening time in a week, as it is written on the door."""

    place: str
    weekday: Weekday
    opens: Wall
    closes: Wall
    visits: frozenset[str]
    """The visits received then; empty means every visit of the place."""

    def receives(self, visit: Visit) -> bool:
        return visit.place == self.place and (not self.visits or visit.id in self.visits)


@dataclass(frozen=True, slots=True)
class Closure:
    """Whole days on which the practice is shut, first and last included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Rules:
    """What may be booked, when, and how long a booking is kept."""

    notice_hours: int
    horizon_days: int
    cancellation_hours: int
    retention_days: int
    approval: bool
    holidays_country: str
    holidays_subdivision: str
    prefix: str


@dataclass(frozen=True, slots=True)
class Host:
    """Who keeps a part of the site: the law wants name, address and phone of each."""

    role: str
    name: str
    address: str
    country: str
    phone: str


@dataclass(frozen=True, slots=True)
class Legal:
    """What the legal and privacy notices must state."""

    site_url: str
    publication_director: str
    siret: str
    rules_url: str
    legal_basis: str
    hosting_mode: str
    hds_certificate: str
    hosts: tuple[Host, ...]


@dataclass(frozen=True, slots=True)
class Payment:
    """What the fees page must state beside the fees themselves."""

    methods: tuple[str, ...]
    third_party: Words
    participation: Decimal
    participation_valid_from: date
    participation_verified_on: date
    participation_source: str


@dataclass(frozen=True, slots=True)
class Recipient:
    """Someone who can open an envelope: a role, and a P-256 public key in base64url."""

    role: str
    key: str


@dataclass(frozen=True, slots=True)
class Practice:
    """The whole cabinet. The first language is the one the doctor writes in."""

    languages: tuple[str, ...]
    zone: ZoneInfo
    demonstration: bool
    doctor: Doctor
    places: tuple[Place, ...]
    visits: tuple[Visit, ...]
    hours: tuple[Hours, ...]
    closures: tuple[Closure, ...]
    rules: Rules
    legal: Legal
    payment: Payment
    recipients: tuple[Recipient, ...]

    def visit(self, visit_id: str) -> Visit | None:
        return next((visit for visit in self.visits if visit.id == visit_id), None)

    def place(self, place_id: str) -> Place | None:
        """The place of this id; none for a teleconsultation, which has no door."""
        return next((place for place in self.places if place.id == place_id), None)

    @property
    def phone(self) -> str:
        return self.places[0].phone

    @property
    def sealed_to(self) -> tuple[str, ...]:
        """One key for each sealing of an envelope.

        Always as many: a place without a recipient goes to the first once more, so that
        an envelope does not tell how many people can open it.
        """
        keys = [recipient.key for recipient in self.recipients]
        return tuple((keys + keys[:1] * RECIPIENTS)[:RECIPIENTS]) if keys else ()
