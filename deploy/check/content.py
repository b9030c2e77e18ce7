"""What looks at the Markdown files, and at the words of the facts."""

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import chain

from booking_endpoint.claims import claims_in
from deploy.check.context import Context, Finding, Looks, Text, full_key
from deploy.check.lexicon import words_in

YEAR = timedelta(days=365.25)
OLD, TOO_OLD = 2 * YEAR, 4 * YEAR

PARAGRAPH = re.compile(r"(?:[^\n]|\n(?![ \t]*\n))+")
QUOTED = re.compile(r"^(?:Sources|Answers|Allow):.*(?:\n[ \t]+\S.*)*", re.MULTILINE)
"""Lines of a head that hold the titles and the words of others, or our own reasons."""
FACT = re.compile(r"^(\w+) *= *\"(.*)\"", re.MULTILINE)
AMOUNT = re.compile(
    r"€\s?\d[\d.,\s]*|\d[\d.,]*\s?(?:€|euros?\b|EUR\b|אירו)", re.IGNORECASE | re.UNICODE
)
PLATFORMS = ("Doctolib", "Maiia", "Keldoc", "Qare", "Livi", "Médadom", "Medadom", "Cegedim")
"""Companies that book visits for doctors: whoever writes of them gives their answer, too."""
TOWNS = re.compile(
    r"(?:[A-ZÀ-Þ][a-zà-ÿ’']+(?:[- ](?:[A-ZÀ-Þ][a-zà-ÿ’']+|\d+e?|sur|les?|la|en|de)){0,4}"
    r"(?:, | - | – | · | \| | / )){6,}"
)
POSTCODES = re.compile(r"\b\d{5}\b")
DISTRICTS = re.compile(r"\b\d{1,2}(?:e|er|ème|th|st|nd|rd|°)\b")


def paragraphs(text: Text) -> Iterator[tuple[int, str]]:
    """What a patient may read of a file, with the line each paragraph begins on.

    Titles of sources are somebody else's words: they are blanked, and the lines stay the same.
    """
    plain = QUOTED.sub(lambda quoted: "\n" * quoted[0].count("\n"), text.source)
    for found in PARAGRAPH.finditer(plain):
        yield 1 + plain.count("\n", 0, found.start()), found[0]


def facts_words(context: Context) -> Iterator[tuple[int, str, str]]:
    """Every text of the facts with its line and language; comments are for the doctor alone."""
    for found in FACT.finditer(context.facts.source):
        lang = found[1] if found[1] in context.practice.languages else context.facts.lang
        yield 1 + context.facts.source.count("\n", 0, found.start()), found[2], lang


def says(rule: str) -> Looks:
    """A look for the words of a rule, in Markdown and facts."""

    def look(context: Context) -> Iterator[Finding]:
        for text in context.texts:
            for line, paragraph in paragraphs(text):
                for place, words in words_in(rule, paragraph, text.lang):
                    yield Finding(text.file, line + paragraph.count("\n", 0, place), words)
        for line, words, lang in facts_words(context):
            for _, found in words_in(rule, words, lang):
                yield Finding(context.facts.file, line, found)

    return look


def promised_online(context: Context) -> Iterator[Finding]:
    """What leads to bookings online, where none are taken."""
    return iter(()) if context.practice.rules.online_booking else says("online-booking")(context)


def refused(context: Context) -> Iterator[Finding]:
    """What the build refuses, file by file, before it reads any other."""
    for text in context.texts:
        if text.trouble:
            yield Finding(text.file, text.trouble_at, text.trouble)


def claims(context: Context) -> Iterator[Finding]:
    for text in context.texts:
        for found in claims_in(text.source):
            yield Finding(text.file, found.line, found.words)


def amounts(context: Context) -> Iterator[Finding]:
    """A sum in euros where no date vouches for it."""
    for text in context.texts:
        for line, paragraph in paragraphs(text):
            for found in AMOUNT.finditer(paragraph):
                where = line + paragraph.count("\n", 0, found.start())
                yield Finding(text.file, where, found[0].strip())


def unanswered(context: Context) -> Iterator[Finding]:
    """An article that speaks of a company and does not say what it answers."""
    for text in context.texts:
        if text.kind != "articles" or not text.head:
            continue
        heard = " ".join(answer.company for answer in text.head.answers)
        body = "\n".join(words for _, words in paragraphs(text))
        for company in PLATFORMS:
            if company in body and company not in heard:
                yield Finding(text.file, 0, company)


def stuffed(context: Context) -> Iterator[Finding]:
    """Places in a row that tell a search engine more than a reader."""
    for text in context.texts:
        for line, paragraph in paragraphs(text):
            if row := TOWNS.search(paragraph):
                yield Finding(text.file, line + paragraph.count("\n", 0, row.start()), row[0][:60])
            elif max(len(set(sign.findall(paragraph))) for sign in (POSTCODES, DISTRICTS)) > 3:
                yield Finding(text.file, line, paragraph[:60])


def pairs(context: Context) -> Iterator[tuple[Text, Text | None]]:
    """Each text with the one of the doctor's own language that it translates."""
    own = {full_key(text): text for text in context.texts if text.lang == context.facts.lang}
    for text in context.texts:
        if text.lang != context.facts.lang:
            yield text, own.get(full_key(text))


def orphans(context: Context) -> Iterator[Finding]:
    for text, original in pairs(context):
        if original is None:
            yield Finding(text.file, 0, f"{text.key}.{context.facts.lang}.md")


def untranslated(context: Context) -> Iterator[Finding]:
    there = {(full_key(text), text.lang) for text in context.texts}
    for text in context.texts:
        if text.lang == context.facts.lang:
            for lang in context.practice.languages:
                if (full_key(text), lang) not in there:
                    yield Finding(text.file, 0, f"{text.key}.{lang}.md")


def outdated(context: Context) -> Iterator[Finding]:
    """A translation that was reviewed before the text it translates."""
    for text, original in pairs(context):
        mine = text.head.reviewed if text.head else None
        theirs = original.head.reviewed if original and original.head else None
        if theirs and (mine is None or mine < theirs):
            yield Finding(text.file, text.line_of("Reviewed:"), f"{mine or '–'} < {theirs}")


def reviewed_between(least: timedelta, most: timedelta) -> Looks:
    """A look for texts that were last reviewed longer ago than one time, and not than another."""

    def look(context: Context) -> Iterator[Finding]:
        for text in context.texts:
            day = text.head.reviewed if text.head else None
            if day and least < context.today - day <= most:
                yield Finding(text.file, text.line_of("Reviewed:"), str(day))

    return look


old = reviewed_between(OLD, TOO_OLD)
too_old = reviewed_between(TOO_OLD, timedelta.max)


def unknown_allowed(context: Context) -> Iterator[Finding]:
    """A rule set aside that does not exist: it would be set aside for nothing, unnoticed."""
    for index, allowed in enumerate(context.practice.allowed):
        if allowed.rule not in context.rules:
            yield context.fact("allowed", index, "rule", what=allowed.rule)
    for text in context.texts:
        for allowed in text.head.allowed if text.head else ():
            if allowed.rule not in context.rules:
                yield Finding(text.file, text.line_of(f"{allowed.rule} because"), allowed.rule)


def bare_pictures(context: Context) -> Iterator[Finding]:
    """A picture in Markdown without the words that stand for it."""
    for text in context.texts:
        for found in re.finditer(r"!\[\s*\]\(([^)\s]*)", text.source):
            yield Finding(text.file, 1 + text.source.count("\n", 0, found.start()), found[1])


def together(*looks: Looks) -> Looks:
    """One look made of several."""
    return lambda context: chain.from_iterable(look(context) for look in looks)
