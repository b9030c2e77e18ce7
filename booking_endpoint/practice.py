"""All facts about the practice, as values. Knows no clock, no server, no booking."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from booking_endpoint.look import Look
from booking_endpoint.timetable import TELECONSULTATION, Cap, Closure, Hours, Opening, Rules

Words = Mapping[str, str]
"""One text in every language of the practice."""

IDENTIFIER = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
"""What the id of a visit, a place or a language of the facts looks like."""

RECIPIENTS = 3
"""Sealings in every envelope, whoever holds the keys: doctor, secretary, recovery."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A file in `content/images/`, and who made it."""

    file: str
    """From the content folder: `images/portrait.jpg`."""
    credit: str


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
    portrait: Picture | None

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
    plan: Picture | None
    """The way to the door, drawn."""

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


@dataclass(frozen=True, slots=True, eq=False)
class Visit:
    """What one comes for (motif): how long it takes, where, for whom, and what to prepare."""

    id: str
    label: Words
    preparation: Words
    minutes: int
    before: int
    """Minutes kept free before it, which may run into the time before opening."""
    after: int
    """Minutes kept free after it, which may run over closing time."""
    step: int
    """Minutes from one start offered to the next, counted from the opening."""
    place: str
    asks_birth_date: bool
    patients: str
    """`all`, `new` or `known`: said to the patient, checked by nobody."""
    minimum_age: int
    """In years, 0 for any age: said to the patient, checked by nobody."""
    languages: tuple[str, ...]
    """The pages on which it can be booked."""
    notice_hours: int
    horizon_days: int
    approval: bool
    """Whether it waits for the desk's yes."""
    discreet: bool
    """Whether the pages say nothing of it any more, once it was chosen."""
    price: Price

    @property
    def remote(self) -> bool:
        return self.place == TELECONSULTATION


@dataclass(frozen=True, slots=True)
class Host:
    """Who keeps a part of the site: the law wants name, address and phone of each."""

    role: str
    name: str
    address: str
    country: str
    phone: str
    safeguard: str
    """What allows the transfer outside the EEA (GDPR, chapter V); empty inside it."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What certifies a host of health data (HDS, art. L.1111-8 of the public health code)."""

    number: str
    activities: tuple[int, ...]
    """Of the six of art. R.1111-9."""
    version: str
    expires: date


@dataclass(frozen=True, slots=True)
class Rationale:
    """Why bookings lie with a host that is not certified, since when, and on whose advice."""

    text: str
    dated: date
    adviser: str


@dataclass(frozen=True, slots=True)
class Legal:
    """What the legal and privacy notices must state."""

    site_url: str
    publication_director: str
    siret: str
    rules_url: str
    dpo: str
    """Whom to ask about data (GDPR, art. 37), with an address; empty without one."""
    legal_basis: str
    hosting_mode: str
    certificate: Certificate | None
    """Of a host in mode `hds`."""
    rationale: Rationale | None
    """For a host in mode `other`."""
    security_expires: date | None
    """Until when security.txt may be believed (RFC 9116); without it there is none."""
    hosts: tuple[Host, ...]

    def hosts_of(self, role: str) -> list[Host]:
        return [host for host in self.hosts if host.role == role]

    @property
    def processors(self) -> list[Host]:
        """The hosts that work on the practice's behalf (GDPR, art. 28): not the practice itself."""
        own = "booking" if self.hosting_mode == "practice" else ""
        return [host for host in self.hosts if host.role != own]


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
    """Someone who can open an envelope: a role, and a public key as a text."""

    role: str
    key: str
    """A P-256 point in base64url and, after a dot, its hybrid half where there is one."""

    @property
    def point(self) -> str:
        return self.key.partition(".")[0]

    @property
    def hybrid(self) -> str:
        return self.key.partition(".")[2]

    def to_toml(self) -> str:
        """The `[[recipients]]` table of the facts file."""
        hybrid = f'hybrid = "{self.hybrid}"\n' if self.hybrid else ""
        return f'[[recipients]]\nrole = "{self.role}"\nkey = "{self.point}"\n{hybrid}'


@dataclass(frozen=True, slots=True)
class Allowed:
    """A rule of `check` that somebody set aside, and the reason they wrote down."""

    rule: str
    why: str


@dataclass(frozen=True, slots=True, eq=False)
class Practice:
    """The whole cabinet. The first language is the one the doctor writes in."""

    languages: tuple[str, ...]
    zone: ZoneInfo
    demonstration: bool
    quick_exit: str
    """Where somebody is led who must leave a discreet page at once."""
    doctor: Doctor
    places: tuple[Place, ...]
    visits: tuple[Visit, ...]
    hours: tuple[Hours, ...]
    openings: tuple[Opening, ...]
    closures: tuple[Closure, ...]
    caps: tuple[Cap, ...]
    rules: Rules
    legal: Legal
    payment: Payment
    look: Look
    recipients: tuple[Recipient, ...]
    allowed: tuple[Allowed, ...]
    """What `check` passes over on the whole site."""

    def visit(self, visit_id: str) -> Visit | None:
        return next((visit for visit in self.visits if visit.id == visit_id), None)

    def visits_in(self, language: str) -> list[Visit]:
        """What can be booked on the pages of a language."""
        return [visit for visit in self.visits if language in visit.languages]

    @property
    def discreet(self) -> bool:
        """Whether any visit is: then a booking whose visit nobody knows any more may be one."""
        return any(visit.discreet for visit in self.visits)

    @property
    def furthest_days(self) -> int:
        """How far ahead the visit that may be booked longest ahead can be booked."""
        return max(visit.horizon_days for visit in self.visits)

    def place(self, place_id: str) -> Place | None:
        """The place of this id; none for a teleconsultation, which has no door."""
        return next((place for place in self.places if place.id == place_id), None)

    @property
    def phone(self) -> str:
        return self.places[0].phone

    @property
    def sealed_to(self) -> tuple[Recipient, ...]:
        """One recipient for each sealing of an envelope.

        Always as many: a place without a recipient goes to the first once more, so that
        an envelope does not tell how many people can open it.
        """
        return (self.recipients + self.recipients[:1] * RECIPIENTS)[:RECIPIENTS]
