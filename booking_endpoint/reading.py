"""practice.toml -> Practice. Refuses bad facts, naming file, key and line. Touches no disk."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import partial

from booking_endpoint.claims import claims_in
from booking_endpoint.facts import BadPractice, Facts, read_facts
from booking_endpoint.mistakes import Mistake, to_writer
from booking_endpoint.practice import (
    IDENTIFIER,
    RECIPIENTS,
    Allowed,
    Doctor,
    Payment,
    Picture,
    Place,
    Practice,
    Price,
    Recipient,
    Visit,
    Words,
)
from booking_endpoint.reading_legal import read_legal
from booking_endpoint.reading_look import read_look
from booking_endpoint.reading_timetable import (
    read_caps,
    read_closure,
    read_openings,
    read_rules,
    read_week,
)
from booking_endpoint.timetable import CELL_MINUTES, TELECONSULTATION, Rules
from booking_endpoint.values import read_address, read_country, read_key, read_rpps, read_zone

__all__ = ["BadPractice", "read_practice"]

DISCREET_ID = re.compile(r"visit-[0-9]+")
LONGEST_ID = 40
"""So that the visit's id always fits an envelope, beside the longest names."""

PHOTOGRAPHS = (".jpg", ".jpeg", ".png", ".webp", ".avif")

KNOWN_LANGUAGES = ("fr", "en", "he", "it")


def read_practice(text: str, file: str = "practice.toml") -> Practice:
    """The practice that a facts file describes; raises BadPractice at the first bad fact."""
    facts = read_facts(text, file)
    languages = read_languages(facts)
    places = tuple(read_place(table, languages) for table in facts.tables("places"))
    if not places:
        raise facts.wrong("places", "write at least one [[places]] table")
    distinct(facts.tables("places"), TELECONSULTATION)
    rooms = [place.id for place in places] + [TELECONSULTATION]
    rules = read_rules(facts.table("rules"))
    visits = tuple(read_visit(table, languages, rooms, rules) for table in facts.tables("visits"))
    if not visits:
        raise facts.wrong("visits", "write at least one [[visits]] table")
    distinct(facts.tables("visits"))
    if idle := [code for code in languages if not any(code in one.languages for one in visits)]:
        message = to_writer("no visit can be booked on the pages in '{lang}'")
        raise facts.wrong("visits", message, lang=idle[0])
    closures = tuple(read_closure(table) for table in facts.tables("closures"))
    week = read_week(facts, rooms, visits)
    practice = Practice(
        languages=languages,
        zone=facts.parsed("zone", read_zone),
        demonstration=facts.get("demonstration", bool, False),
        quick_exit=facts.parsed("quick_exit", read_address, "https://meteofrance.com/"),
        doctor=read_doctor(facts.table("doctor"), languages),
        places=places,
        visits=visits,
        hours=week,
        openings=read_openings(facts, rooms, visits, week, closures, rules),
        closures=closures,
        caps=read_caps(facts, visits),
        rules=rules,
        legal=read_legal(facts.table("legal")),
        payment=read_payment(facts.table("payment"), languages),
        look=read_look(facts),
        recipients=read_recipients(facts),
        allowed=tuple(read_allowed(table) for table in facts.tables("allowed")),
    )
    facts.refuse(claim_of)
    facts.done()
    return practice


def claim_of(text: str) -> Mistake | None:
    """What a text claims that no practice may claim."""
    return next((found.mistake for found in claims_in(text)), None)


def read_languages(facts: Facts) -> tuple[str, ...]:
    languages = facts.texts("languages")
    if not languages or not set(languages) <= set(KNOWN_LANGUAGES):
        known = ", ".join(KNOWN_LANGUAGES)
        message = to_writer("list one or more of {known}, the doctor's own first")
        raise facts.wrong("languages", message, known=known)
    if len(set(languages)) < len(languages):
        raise facts.wrong("languages", "lists a language twice")
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
        message = to_writer("use small letters, digits and hyphens, not '{name}'")
        raise facts.wrong("id", message, name=name)
    if len(name) > LONGEST_ID:
        raise facts.wrong("id", "use at most {most} characters", most=LONGEST_ID)
    return name


def distinct(tables: Iterable[Facts], *taken: str) -> None:
    """Refuse an id that another table has, or that is taken for something else."""
    seen = set(taken)
    for table in tables:
        name = table.text("id")
        if name in seen:
            raise table.wrong("id", "the id '{name}' is used twice", name=name)
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
        portrait=read_picture(facts, "portrait", PHOTOGRAPHS),
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
        plan=read_picture(facts, "plan", (".svg",)),
    )
    facts.done()
    return place


def read_picture(facts: Facts, key: str, endings: tuple[str, ...]) -> Picture | None:
    """A picture with its credit, or none. Whether the file is there, the build of the site sees."""
    file, credit = facts.text(key, ""), facts.text(f"{key}_credit", "")
    if not file and not credit:
        return None
    if not file.startswith("images/") or not file.endswith(endings) or ".." in file:
        message = to_writer("write a file such as {example}, not '{file}'")
        raise facts.wrong(key, message, example=f"images/{key}{endings[0]}", file=file)
    if not credit:
        raise facts.wrong(f"{key}_credit", "is missing: say who made the picture")
    return Picture(file, credit)


def read_visit(
    facts: Facts, languages: tuple[str, ...], rooms: Sequence[str], rules: Rules
) -> Visit:
    minutes = read_minutes(facts, "minutes", 5)
    before = read_minutes(facts, "buffer_before", 0, 0)
    after = read_minutes(facts, "buffer_after", 0, 0)
    visit = Visit(
        id=read_id(facts),
        label=read_words(facts, "label", languages),
        preparation=read_words(facts, "preparation", languages)
        if "preparation" in facts
        else dict.fromkeys(languages, ""),
        minutes=minutes,
        before=before,
        after=after,
        step=read_minutes(facts, "step", 5, minutes + before + after, 24 * 60),
        place=facts.choice("place", rooms),
        asks_birth_date=facts.get("asks_birth_date", bool, False),
        patients=facts.choice("patients", ["all", "new", "known"], "all"),
        minimum_age=facts.number("minimum_age", 0, 120, 0),
        languages=facts.texts("languages", languages),
        notice_hours=facts.number("notice_hours", 0, 24 * 60, rules.notice_hours),
        horizon_days=facts.number("horizon_days", 1, 730, rules.horizon_days),
        approval=facts.get("approval", bool, rules.approval),
        discreet=facts.get("discreet", bool, False),
        price=read_price(facts.table("price"), languages),
    )
    if not visit.languages or not set(visit.languages) <= set(languages):
        known = ", ".join(languages)
        raise facts.wrong("languages", "list one or more of {known}", known=known)
    if visit.discreet and not DISCREET_ID.fullmatch(visit.id):
        raise facts.wrong("id", "stands in addresses: call a discreet visit visit-1 or the like")
    facts.done()
    return visit


def read_minutes(
    facts: Facts, key: str, least: int, default: int | None = None, most: int = 480
) -> int:
    minutes = facts.number(key, least, most, default)
    if minutes % CELL_MINUTES:
        message = to_writer("must be a multiple of {cell} minutes, not {minutes}")
        raise facts.wrong(key, message, cell=CELL_MINUTES, minutes=minutes)
    return minutes


def read_price(facts: Facts, languages: tuple[str, ...]) -> Price:
    least = facts.get("least", Decimal)
    most = facts.get("most", Decimal, least)
    if most < least:
        message = to_writer("{most} is below the least price, {least}")
        raise facts.wrong("most", message, most=most, least=least)
    if most > least and "criteria" not in facts:
        raise facts.wrong("criteria", "a range of prices must say what the price depends on")
    for key in ("least", "base", "rate"):
        if facts.get(key, Decimal, Decimal(0)) < 0:
            raise facts.wrong(key, "cannot be below zero")
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


def read_payment(facts: Facts, languages: tuple[str, ...]) -> Payment:
    payment = Payment(
        methods=facts.texts("methods"),
        third_party=read_words(facts, "third_party", languages),
        participation=facts.get("participation", Decimal),
        participation_valid_from=facts.get("participation_valid_from", date),
        participation_verified_on=facts.get("participation_verified_on", date),
        participation_source=facts.text("participation_source"),
    )
    if payment.participation < 0:
        raise facts.wrong("participation", "cannot be below zero")
    if unknown := set(payment.methods) - {"card", "cash", "cheque", "transfer"}:
        message = to_writer("'{name}' is none of card, cash, cheque, transfer")
        raise facts.wrong("methods", message, name=unknown.pop())
    facts.done()
    return payment


def read_hybrid(point: str, hybrid: str) -> str:
    return read_key(f"{point}.{hybrid}")


def read_recipients(facts: Facts) -> tuple[Recipient, ...]:
    recipients: list[Recipient] = []
    for table in facts.tables("recipients"):
        if len(recipients) == RECIPIENTS:
            raise table.wrong("", "at most {most} can open an envelope", most=RECIPIENTS)
        role = table.choice("role", ["doctor", "secretary", "recovery"])
        key, hybrid = table.parsed("key", read_key), table.text("hybrid", "")
        if hybrid:
            key = table.parsed("hybrid", partial(read_hybrid, key))
        recipients.append(Recipient(role, key))
        if bool(hybrid) != bool(recipients[0].hybrid):
            raise table.wrong(
                "hybrid", "give it to every recipient or to none: they share a format"
            )
        table.done()
    return tuple(recipients)


def read_allowed(facts: Facts) -> Allowed:
    """A rule of `check` that is set aside; never without a reason."""
    if not facts.text("why", " "):
        raise facts.wrong("why", "say in a sentence why this rule does not hold here")
    allowed = Allowed(rule=facts.text("rule"), why=facts.text("why"))
    facts.done()
    return allowed
