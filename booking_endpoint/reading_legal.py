"""The [legal] table -> Legal. What the law wants declared has no default: silence is an error."""

from collections.abc import Collection
from datetime import date

from booking_endpoint.facts import Facts
from booking_endpoint.mistakes import to_writer
from booking_endpoint.practice import Certificate, Host, Legal, Rationale
from booking_endpoint.values import read_country, read_origin

BASES = ("pre-contract", "legitimate-interest")
BASES_MEAN = to_writer(
    "is missing; write one of 'pre-contract': steps at the patient's request, GDPR 6(1)(b);"
    " 'legitimate-interest': keeping appointments in order, GDPR 6(1)(f)"
)
MODES = ("hds", "practice", "other")
MODES_MEAN = to_writer(
    "is missing; write one of 'hds': a host certified for health data; 'practice': your own"
    " machine; 'other': another host, with your reasons in hds_rationale"
)
SAFEGUARDS = ("adequacy", "clauses")
SAFEGUARDS_MEAN = to_writer(
    "is missing; write one of 'adequacy': the European Commission found the country safe,"
    " GDPR 45; 'clauses': standard contractual clauses, GDPR 46"
)
ACTIVITIES = range(1, 7)
VERSIONS = ("1.1", "2.0")
"""Of the HDS rules that a certificate was issued under; 2.0 since the order of 26 April 2024."""

EEA = (
    "AT AX BE BG CY CZ DE DK EE ES FI FR GF GP GR HR HU IE IS IT LI LT LU LV MF MQ MT NL NO PL PT"
    " RE RO SE SI SK YT"
)
"""The European Economic Area, with those parts of it that have a country code of their own."""


def read_legal(facts: Facts, *, online: bool) -> Legal:
    """All of it; what is only about bookings may be missing, and counts for nothing, without."""
    mode = declared(facts, "hosting_mode", MODES, MODES_MEAN, online=online)
    hosts = tuple(read_host(table, mode) for table in facts.tables("hosts"))
    legal = Legal(
        site_url=facts.text("site_url").rstrip("/"),
        booking_url=read_booking_url(facts),
        publication_director=facts.text("publication_director"),
        siret=facts.text("siret", ""),
        rules_url=facts.text("rules_url"),
        dpo=facts.text("dpo", ""),
        legal_basis=declared(facts, "legal_basis", BASES, BASES_MEAN, online=online),
        hosting_mode=mode,
        certificate=read_certificate(facts) if mode == "hds" else None,
        rationale=read_rationale(facts) if mode == "other" else None,
        security_expires=facts.get("security_expires", date)
        if "security_expires" in facts
        else None,
        hosts=tuple(host for host in hosts if online or host.role == "site"),
    )
    for role in ("site", "booking") if online else ("site",):
        if not legal.hosts_of(role):
            raise facts.wrong("hosts", "say who hosts the {role} (role = '{role}')", role=role)
    facts.done()
    return legal


def read_booking_url(facts: Facts) -> str:
    """The endpoint's own origin; both must then be what a browser says they are."""
    if "booking_url" not in facts:
        return ""
    endpoint, site = facts.parsed("booking_url", read_origin), facts.parsed("site_url", read_origin)
    if endpoint == site:
        raise facts.wrong("booking_url", "is that of the site: leave it out")
    return endpoint


def declared(
    facts: Facts, key: str, choices: Collection[str], meanings: str, *, online: bool = True
) -> str:
    """A choice that is the doctor's to make; the error says what each of them means.

    Empty where there is nothing to declare, since nothing is booked online.
    """
    if key not in facts:
        if not online:
            return ""
        raise facts.wrong(key, meanings)
    return facts.choice(key, choices)


def read_certificate(facts: Facts) -> Certificate:
    """What stands on the certificate of an HDS host; the host gives a copy on request."""
    if "hds_certificate" not in facts:
        raise facts.wrong("hds_certificate", "state the number of the HDS host's certificate")
    activities = facts.get("hds_activities", list)
    if not activities or not all(
        type(one) is int and one in ACTIVITIES and activities.count(one) == 1 for one in activities
    ):
        raise facts.wrong("hds_activities", "list the certified activities, such as [1, 2, 3]")
    return Certificate(
        number=facts.text("hds_certificate"),
        activities=tuple(activities),
        version=facts.choice("hds_version", VERSIONS),
        expires=facts.get("hds_expires", date),
    )


def read_rationale(facts: Facts) -> Rationale:
    """Why not an HDS host: no authority has said that sealed data are exempt."""
    if "hds_rationale" not in facts:
        message = to_writer("say why this host will do, and who advised it; or take an HDS host")
        raise facts.wrong("hds_rationale", message)
    return Rationale(
        text=facts.text("hds_rationale"),
        dated=facts.get("hds_rationale_date", date),
        adviser=facts.text("hds_rationale_adviser"),
    )


def read_host(facts: Facts, mode: str) -> Host:
    role = facts.choice("role", ["site", "booking"])
    country = facts.parsed("country", read_country)
    if country not in EEA and role == "booking" and mode == "hds":
        raise facts.wrong("country", "an HDS host keeps health data within the EEA")
    host = Host(
        role=role,
        name=facts.text("name"),
        address=facts.text("address"),
        country=country,
        phone=facts.text("phone"),
        safeguard=""
        if country in EEA
        else declared(facts, "safeguard", SAFEGUARDS, SAFEGUARDS_MEAN),
    )
    facts.done()
    return host
