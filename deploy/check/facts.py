"""What the facts must say of fees, and what of them grows old."""

import unicodedata
from collections.abc import Iterator
from datetime import date, timedelta
from urllib.parse import urlsplit

from booking_endpoint.reminders import doubts, reminders
from deploy.check.context import Context, Finding

AGEING, EXPIRED = timedelta(days=180), timedelta(days=365)
ACTS = 5


def few_acts(context: Context) -> Iterator[Finding]:
    """Fewer priced visits than the display of fees must name."""
    if (count := len(context.practice.visits)) < ACTS:
        yield context.fact("visits", 0, what=f"{count} < {ACTS}")


def no_base(context: Context) -> Iterator[Finding]:
    """A reimbursed visit without the base and the rate of its reimbursement."""
    for index, visit in enumerate(context.practice.visits):
        price = visit.price
        if price.covered and not (price.base and price.rate):
            yield context.fact("visits", index, "price", what=visit.id)


def no_payment(context: Context) -> Iterator[Finding]:
    if not context.practice.payment.methods:
        yield context.fact("payment", "methods")


def verified(context: Context) -> Iterator[tuple[date, Finding]]:
    """When each amount was last compared with its source, and where that is written."""
    for index, visit in enumerate(context.practice.visits):
        day = visit.price.verified_on
        place = ("visits", index, "price", "verified_on")
        yield day, context.fact(*place, what=f"{visit.id}, {day}")
    day = context.practice.payment.participation_verified_on
    yield day, context.fact("payment", "participation_verified_on", what=f"participation, {day}")


def ageing(context: Context) -> Iterator[Finding]:
    for day, finding in verified(context):
        if AGEING < context.today - day <= EXPIRED:
            yield finding


def expired(context: Context) -> Iterator[Finding]:
    for day, finding in verified(context):
        if context.today - day > EXPIRED:
            yield finding


def other_domain(context: Context) -> Iterator[Finding]:
    """An address of the site without the doctor's surname in it."""
    host = urlsplit(context.practice.legal.site_url).hostname or ""
    if letters(context.practice.doctor.family_name) not in letters(host):
        yield context.fact("legal", "site_url", what=host)


def letters(text: str) -> str:
    """Small letters without accents, hyphens or points, as host names write a surname."""
    plain = unicodedata.normalize("NFD", text.casefold())
    return "".join(sign for sign in plain if sign.isascii() and sign.isalpha())


def one_key(context: Context) -> Iterator[Finding]:
    """A single key: were it lost, every request not yet read would be lost with it."""
    if context.practice.open and len(context.practice.recipients) == 1:
        yield context.fact("recipients", 0)


def runs_out(context: Context) -> Iterator[Finding]:
    """What the facts themselves ask somebody to look at, as `build` and `verify` say it."""
    for said in (*doubts(context.practice), *reminders(context.practice, context.today)):
        yield context.fact("legal", said.key, what=said.said(context.tongue))
