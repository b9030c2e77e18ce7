"""What looks for the facts that the law wants shown, on the pages that must show them."""

import re
from collections.abc import Callable, Iterable, Iterator

from deploy.check.context import Context, Finding, Looks
from deploy.check.document import Page
from theme.plugins.addresses import ACCESS, BOOKING, FEES, HOME, LEGAL

SENTENCE = "Only care that was given can be billed; nobody may make you pay for anything else."
"""The statutory sentence, as the theme's catalogues know it."""
DIRECTORY = "https://annuairesante.ameli.fr/"
METHODS = {"card": "bank card", "cheque": "cheque", "cash": "cash", "transfer": "bank transfer"}
HELP = ("15", "112", "114")
"""The numbers to call, and the one to write to."""


def on(key: str, missing: Callable[[Context, Page], Iterable[str]]) -> Looks:
    """A look for what is missing on one page, in every language; a page that is not there, too."""

    def look(context: Context) -> Iterator[Finding]:
        for lang in context.practice.languages if context.pages else ():
            page = next((one for one in context.pages_of(key) if one.lang == lang), None)
            if page is None:
                yield Finding("output", 0, f"{key} ({lang})")
            else:
                yield from (Finding(page.file, 0, fact) for fact in missing(context, page))

    return look


def shows(key: str, facts: Callable[[Context, str], Iterable[str]]) -> Looks:
    """A look for facts that a page must show; they may differ by its language."""
    return on(
        key, lambda context, page: (f for f in facts(context, page.lang) if not page.shows(f))
    )


def links_to(key: str, urls: Callable[[Context, Page], Iterable[str]]) -> Looks:
    """A look for links that a page must carry in its own text, not only in its frame."""

    def missing(context: Context, page: Page) -> Iterator[str]:
        there = {one.attributes.get("href") for one in page.all("a") if one.within("main")}
        return (url for url in urls(context, page) if url not in there)

    return on(key, missing)


def fees_of(context: Context, page: Page) -> Iterator[str]:
    return (one.address for one in context.pages_of(FEES) if one.lang == page.lang)


def unsaid_sector(context: Context, page: Page) -> Iterator[str]:
    """The sector and, in sector 2, whether the OPTAM was signed."""
    sector = context.practice.doctor.sector
    if not re.search(rf"(?:[Ss]ecteur|[Ss]ector|[Ss]ettore|מגזר) {sector}\b", page.words):
        yield str(sector)
    if sector == 2 and not page.shows("OPTAM"):
        yield "OPTAM"


def unsaid_help(_: Context, page: Page) -> Iterator[str]:
    numbers = set(re.findall(r"\b\d+\b", page.words))
    return (number for number in HELP if number not in numbers)


fees_linked = links_to(HOME, fees_of)
fees_directory = links_to(FEES, lambda context, page: [DIRECTORY])
fees_sector = on(FEES, unsaid_sector)
fees_sentence = shows(FEES, lambda context, lang: [context.languages[lang].say(SENTENCE)])
fees_access = shows(FEES, lambda context, lang: [context.practice.payment.third_party[lang]])
fees_methods = shows(
    FEES,
    lambda context, lang: (
        context.languages[lang].say(METHODS[way]) for way in context.practice.payment.methods
    ),
)
fees_visits = shows(
    FEES,
    lambda context, lang: (
        fact
        for visit in context.practice.visits
        for fact in (visit.label[lang], context.languages[lang].euros(visit.price.least))
    ),
)
rpps = shows(LEGAL, lambda context, lang: [context.practice.doctor.rpps])
order = shows(
    LEGAL,
    lambda context, lang: [
        context.practice.doctor.order_body,
        context.practice.doctor.order_number,
    ],
)
title = shows(LEGAL, lambda context, lang: [context.practice.doctor.title_country])
rules_url = links_to(LEGAL, lambda context, page: [context.practice.legal.rules_url])
director = shows(LEGAL, lambda context, lang: [context.practice.legal.publication_director])
hosts = shows(
    LEGAL,
    lambda context, lang: (
        fact
        for host in context.practice.legal.hosts
        for fact in (host.name, host.address, host.phone)
    ),
)
contact = shows(
    LEGAL,
    lambda context, lang: [
        context.practice.doctor.name,
        context.practice.doctor.email,
        *(f for place in context.practice.places for f in (place.street, place.town, place.phone)),
    ],
)
help_at_home, help_at_access, help_at_booking = (
    on(key, unsaid_help) for key in (HOME, ACCESS, BOOKING)
)
