"""A filled form -> who comes and why; what may be refused. Pure: no clock, no server."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from unicodedata import combining, normalize

from booking_endpoint.instants import HOUR
from booking_endpoint.practice import Practice, Visit

WHOM = ("self", "child", "relative")
"""Who the visit is for, seen from whoever fills the form."""

LONGEST = {"name": 160, "caller": 100, "phone": 40, "email": 120}
"""The most characters of each answer, so that a sealed identity always fits its envelope."""

ORDINAL = re.compile(r"(?<=\d)(er|st|nd|rd|th|°|º)$", re.IGNORECASE)

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Signs that no name holds: control characters, and halves of a character UTF-8 cannot write."""


def mark(message: str) -> str:
    """Mark a message for the catalogues; it is translated where it is shown."""
    return message


_ = mark

TOO_LONG = _("This is too long: {most} characters at most.")


class Refused(ValueError):
    """A form that cannot be accepted: for each field at fault, what to do (in English)."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(", ".join(errors))
        self.errors = dict(errors)


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """Who comes and why, readable. Has no repr: a traceback must never hold a name."""

    name: str
    phone: str
    email: str
    birth_date: date | None
    whom: str
    caller: str
    reminder: bool
    """Whether a reminder by e-mail was asked for."""

    def __repr__(self) -> str:
        return "Identity(…)"


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """What goes into the envelope: an identity, and the visit and time it was given for."""

    identity: Identity
    visit: str
    start: str
    """RFC 3339 in UTC, as the interface writes it."""
    language: str
    number: str
    """Random, in hexadecimal: tells two sealed requests of one person apart."""

    def __repr__(self) -> str:
        return "Request(…)"

    def to_json(self) -> bytes:
        """The readable content of an envelope, as `docs/DESIGN.md` writes it down."""
        who = self.identity
        return json.dumps(
            {
                "name": who.name,
                "phone": who.phone,
                "email": who.email,
                "birth_date": who.birth_date.isoformat() if who.birth_date else "",
                "whom": who.whom,
                "caller": who.caller,
                "reminder": "yes" if who.reminder else "",
                "visit": self.visit,
                "start": self.start,
                "language": self.language,
                "number": self.number,
            },
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode()


def read_identity(
    form: Mapping[str, str], visit: Visit, today: date, months: Mapping[str, int]
) -> Identity:
    """Read every answer of the details form, or raise Refused with all that is wrong at once.

    `months` are the names of months a person may type, casefolded, with their numbers.
    """
    errors: dict[str, str] = {}
    answers = {field: CONTROL.sub(" ", form.get(field, "")).strip() for field in LONGEST}
    for field, most in LONGEST.items():
        if len(answers[field]) > most:
            errors[field] = TOO_LONG
    if not answers["name"]:
        errors["name"] = _("Enter the patient’s full name.")
    if sum(sign.isdigit() for sign in answers["phone"]) < 6:
        errors["phone"] = _("Enter a phone number we can reach you on.")
    if answers["email"] and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", answers["email"]):
        errors["email"] = _("Enter an e-mail address like name@example.org, or leave it empty.")
    reminder = bool(form.get("reminder")) and not visit.discreet
    if reminder and not answers["email"]:
        errors["email"] = _("To be reminded, enter an e-mail address.")
    if form.get("whom") not in WHOM:
        errors["whom"] = _("Select who the visit is for.")
    birth_date = None
    if visit.asks_birth_date:
        try:
            birth_date = read_birth_date(form, today, months)
        except ValueError as error:
            errors["birth_date"] = str(error)
    if errors:
        raise Refused(errors)
    return Identity(**answers, birth_date=birth_date, whom=form["whom"], reminder=reminder)


def read_birth_date(form: Mapping[str, str], today: date, months: Mapping[str, int]) -> date:
    """A date of birth from three answers, or from one pasted into the first.

    Raises ValueError with what to do. Months may be numbers or names, with or without accents,
    and a Hebrew name may carry its preposition; a day may be an ordinal, as in 1er mars.
    """
    day, month, year = (form.get(f"birth_{part}", "").strip() for part in ("day", "month", "year"))
    if day and not month and not year:
        day, month, year = [*re.split(r"[\s/.\-]+", day), "", ""][:3]
    if not (day and month and year):
        raise ValueError(_("Enter the date of birth, for example 27 3 1958."))
    if not re.fullmatch(r"\d{4}", year):
        raise ValueError(_("Write the year of birth with four digits, for example 1958."))
    day, names = ORDINAL.sub("", day), {bare(name): number for name, number in months.items()}
    name = bare(month.casefold().rstrip("."))
    try:
        named = names.get(name) or names.get(name.removeprefix("ב"), 0)
        number = int(month) if month.isdecimal() else named
        birth_date = date(int(year), number, int(day) if day.isdecimal() else 0)
    except (ValueError, OverflowError):
        raise ValueError(_("This date does not exist. Check the day and the month.")) from None
    if not date(1900, 1, 1) <= birth_date <= today:
        raise ValueError(_("Check the year of birth."))
    return birth_date


def bare(text: str) -> str:
    """A text without its accents, which many leave out when they type."""
    return "".join(sign for sign in normalize("NFD", text) if not combining(sign))


def may_change(start: int, practice: Practice, now: int) -> bool:
    """Whether a patient may still cancel or move a booking that starts at this instant."""
    return now <= start - practice.rules.cancellation_hours * HOUR
