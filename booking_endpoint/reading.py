"""practice.toml -> Practice. Refuses bad facts, naming file, key and line. Touches no disk."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from itertools import pairwise

import holidays

from booking_endpoint.facts import BadPractice, Facts, read_facts
from booking_endpoint.practice import (
    CELL_MINUTES,
    RECIPIENTS,
    TELECONSULTATION,
    Closure,
    Doctor,
    Host,
    Hours,
    Legal,
    Payment,
    Place,
    Practice,
    Price,
    Recipient,
    Rules,
    Visit,
    Weekday,
    Words,
)
from booking_endpoint.values import (
    read_country,
    read_key,
    read_prefix,
    read_rpps,
    read_wall,
    read_zone,
)

__all__ = ["BadPractice", "read_practice"]

IDENTIFIER = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_ID = 40
"""So that the visit's id always fits an envelope, beside the longest names."""

KNOWN_LANGUAGES = ("fr", "en", "he", "it")
DAYS = [day.name.lower() for day in Weekday]


def read_practice(text: str, file: str = "practice.toml") -> Practice:
    """The practice that a facts file describes; raises BadPractice at the first bad fact."""
    facts = read_facts(text, file)
    languages = read_languages(facts)
    places = tuple(read_place(table, languages) for table in facts.tables("places"))
    if not places:
        raise facts.wrong("places", "write at least one [[places]] table")
    distinct(facts.tables("places"), TELECONSULTATION)
    rooms = [place.id for place in places] + [TELECONSULTATION]
    visits = tuple(read_visit(table, languages, rooms) for table in facts.tables("visits"))
    if not visits:
        raise facts.wrong("visits", "write at least one [[visits]] table")
    distinct(facts.tables("visits"))
    practice = Practice(
        languages=languages,
        zone=facts.parsed("zone", read_zone),
        demonstration=facts.get("demonstration", bool, False),
        doctor=read_doctor(facts.table("doctor"), languages),
        places=places,
        visits=visits,
        hours=read_week(facts, rooms, [visit.id for visit in visits]),
        closures=tuple(read_closure(table) for table in facts.tables("closures")),
        rules=read_rules(facts.table("rules")),
        legal=read_legal(facts.table("legal")),
        payment=read_payment(facts.table("payment"), languages),
        recipients=read_recipients(facts),
    )
    facts.done()
    return practice


def read_languages(facts: Facts) -> tuple[str, ...]:
    languages = facts.texts("languages")
    if not languages or not set(languages) <= set(KNOWN_LANGUAGES):
        known = ", ".join(KNOWN_LANGUAGES)
        raise facts.wrong("languages", f"list one or more of {known}, the doctor's own first")
    return languages


def read_words(facts: Facts, key: str, languages: tuple[str, ...]) -> Words:
    """A text in each language of the practice, all of them or an error."""
    table = facts.table(key)
    words = {language: table.text(language) for language in languages}
    table.done()
    return words


def read_id(facts: Facts) -> str:
    name = facts.text("id")
    if not IDENTIFIER.fullmatch(name):
        raise facts.wrong("id", f"use small letters, digits and hyphens, not {name!r}")
    if len(name) > LONGEST_ID:
        raise facts.wrong("id", f"use at most {LONGEST_ID} characters")
    return name


def distinct(tables: Iterable[Facts], *taken: str) -> None:
    """Refuse an id that another table has, or that is taken for something else."""
    seen = set(taken)
    for table in tables:
        name = table.text("id")
        if name in seen:
            raise table.wrong("id", f"the id {name!r} is used twice")
        seen.add(name)


def read_doctor(facts: Facts, languages: tuple[str, ...]) -> Doctor:
    doctor = Doctor(
        title=facts.text("title"),
        given_name=facts.text("given_name"),
        family_name=facts.text("family_name"),
        rpps=facts.parsed("rpps", read_rpps),
        order_body=facts.text("order_body"),
        order_number=facts.text("order_number"),
        title_country=facts.text("title_country"),
        specialty=read_words(facts, "specialty", languages),
        schema_specialty=facts.text("schema_specialty"),
        sector=facts.number("sector", 1, 3),
        optam=facts.get("optam", bool),
        spoken=facts.texts("spoken"),
        email=facts.text("email"),
        insurance=facts.text("insurance"),
    )
    facts.done()
    return doctor


def read_place(facts: Facts, languages: tuple[str, ...]) -> Place:
    place = Place(
        id=read_id(facts),
        street=facts.text("street"),
        postcode=facts.text("postcode"),
        town=facts.text("town"),
        country=facts.parsed("country", read_country),
        phone=facts.text("phone"),
        latitude=facts.get("latitude", Decimal),
        longitude=facts.get("longitude", Decimal),
        transport=read_words(facts, "transport", languages),
        door=read_words(facts, "door", languages),
        wheelchair=read_words(facts, "wheelchair", languages),
    )
    facts.done()
    return place


def read_visit(facts: Facts, languages: tuple[str, ...], rooms: list[str]) -> Visit:
    visit = Visit(
        id=read_id(facts),
        label=read_words(facts, "label", languages),
        preparation=read_words(facts, "preparation", languages)
        if "preparation" in facts
        else dict.fromkeys(languages, ""),
        minutes=read_minutes(facts, "minutes", 5),
        buffer=read_minutes(facts, "buffer", 0, 0),
        place=facts.choice("place", rooms),
        asks_birth_date=facts.get("asks_birth_date", bool, False),
        price=read_price(facts.table("price"), languages),
    )
    facts.done()
    return visit


def read_minutes(facts: Facts, key: str, least: int, default: int | None = None) -> int:
    minutes = facts.number(key, least, 480, default)
    if minutes % CELL_MINUTES:
        raise facts.wrong(key, f"must be a multiple of {CELL_MINUTES} minutes, not {minutes}")
    return minutes


def read_price(facts: Facts, languages: tuple[str, ...]) -> Price:
    least = facts.get("least", Decimal)
    most = facts.get("most", Decimal, least)
    if most < least:
        raise facts.wrong("most", f"{most} is below the least price, {least}")
    if most > least and "criteria" not in facts:
        raise facts.wrong("criteria", "a range of prices must say what the price depends on")
    price = Price(
        least=least,
        most=most,
        criteria=read_words(facts, "criteria", languages)
        if "criteria" in facts
        else dict.fromkeys(languages, ""),
        covered=facts.get("covered", bool),
        base=facts.get("base", Decimal, Decimal(0)),
        rate=facts.get("rate", Decimal, Decimal(0)),
        valid_from=facts.get("valid_from", date),
        verified_on=facts.get("verified_on", date),
        source=facts.text("source"),
    )
    facts.done()
    return price


def read_week(facts: Facts, rooms: list[str], visits: list[str]) -> tuple[Hours, ...]:
    """The weekly hours. A doctor is at one place at a time: overlaps are refused."""
    week: list[tuple[Hours, Facts]] = []
    for table in facts.tables("hours"):
        place = table.choice("place", rooms)
        opens, closes = table.parsed("opens", read_wall), table.parsed("closes", read_wall)
        if opens >= closes:
            raise table.wrong("closes", "must come after the opening time")
        received = table.texts("visits", ())
        if unknown := [name for name in received if name not in visits]:
            raise table.wrong("visits", f"{unknown[0]!r} is the id of no visit")
        for day in table.texts("weekdays"):
            if day not in DAYS:
                raise table.wrong("weekdays", f"{day!r} is none of {', '.join(DAYS)}")
            weekday = Weekday(DAYS.index(day))
            week.append((Hours(place, weekday, opens, closes, frozenset(received)), table))
        table.done()
    week.sort(key=lambda entry: (entry[0].weekday, entry[0].opens))
    for (earlier, _), (later, table) in pairwise(week):
        if earlier.weekday == later.weekday and later.opens < earlier.closes:
            day = earlier.weekday.name.lower()
            raise table.wrong("opens", f"overlaps other hours on {day}; the doctor is one person")
    return tuple(hours for hours, _ in week)


def read_closure(facts: Facts) -> Closure:
    closure = Closure(first=facts.get("first", date), last=facts.get("last", date))
    if closure.last < closure.first:
        raise facts.wrong("last", f"{closure.last} comes before the first day, {closure.first}")
    facts.done()
    return closure


def read_rules(facts: Facts) -> Rules:
    rules = Rules(
        notice_hours=facts.number("notice_hours", 0, 24 * 60),
        horizon_days=facts.number("horizon_days", 1, 730),
        cancellation_hours=facts.number("cancellation_hours", 0, 24 * 60),
        retention_days=facts.number("retention_days", 0, 90, 7),
        approval=facts.get("approval", bool, False),
        holidays_country=facts.text("holidays_country", ""),
        holidays_subdivision=facts.text("holidays_subdivision", ""),
        prefix=facts.parsed("prefix", read_prefix, "/rdv"),
    )
    if rules.holidays_country:
        check_holidays(facts, rules)
    facts.done()
    return rules


def check_holidays(facts: Facts, rules: Rules) -> None:
    subdivisions = holidays.list_supported_countries().get(rules.holidays_country)
    if subdivisions is None:
        raise facts.wrong("holidays_country", f"{rules.holidays_country!r} is not a country code")
    if rules.holidays_subdivision and rules.holidays_subdivision not in subdivisions:
        known = ", ".join(subdivisions)
        raise facts.wrong("holidays_subdivision", f"must be one of {known}, or left out")


def read_legal(facts: Facts) -> Legal:
    legal = Legal(
        site_url=facts.text("site_url").rstrip("/"),
        publication_director=facts.text("publication_director"),
        siret=facts.text("siret", ""),
        rules_url=facts.text("rules_url"),
        legal_basis=facts.choice("legal_basis", ["pre-contract", "legitimate-interest"]),
        hosting_mode=facts.choice("hosting_mode", ["hds", "practice", "other"]),
        hds_certificate=facts.text("hds_certificate", ""),
        hosts=tuple(read_host(table) for table in facts.tables("hosts")),
    )
    if legal.hosting_mode == "hds" and not legal.hds_certificate:
        raise facts.wrong("hds_certificate", "state the certificate of the HDS host")
    for role in ("site", "booking"):
        if role not in [host.role for host in legal.hosts]:
            raise facts.wrong("hosts", f"say who hosts the {role} (role = {role!r})")
    facts.done()
    return legal


def read_host(facts: Facts) -> Host:
    host = Host(
        role=facts.choice("role", ["site", "booking"]),
        name=facts.text("name"),
        address=facts.text("address"),
        country=facts.parsed("country", read_country),
        phone=facts.text("phone"),
    )
    facts.done()
    return host


def read_payment(facts: Facts, languages: tuple[str, ...]) -> Payment:
    payment = Payment(
        methods=facts.texts("methods"),
        third_party=read_words(facts, "third_party", languages),
        participation=facts.get("participation", Decimal),
        participation_valid_from=facts.get("participation_valid_from", date),
        participation_verified_on=facts.get("participation_verified_on", date),
        participation_source=facts.text("participation_source"),
    )
    if unknown := set(payment.methods) - {"card", "cash", "cheque", "transfer"}:
        raise facts.wrong("methods", f"{unknown.pop()!r} is none of card, cash, cheque, transfer")
    facts.done()
    return payment


def read_recipients(facts: Facts) -> tuple[Recipient, ...]:
    recipients: list[Recipient] = []
    for table in facts.tables("recipients"):
        if len(recipients) == RECIPIENTS:
            raise table.wrong("", f"at most {RECIPIENTS} can open an envelope")
        role = table.choice("role", ["doctor", "secretary", "recovery"])
        recipients.append(Recipient(role, table.parsed("key", read_key)))
        table.done()
    return tuple(recipients)
