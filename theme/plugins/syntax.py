"""What may stand in a text beside plain Markdown: blocks and links, and what is wrong with one.

A block begins with a line such as `!!! advice "Before the visit"`; its text stands four spaces in.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from booking_endpoint.booking import mark
from booking_endpoint.practice import Visit
from theme.plugins.heads import BadHead

_ = mark


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of block: what it cannot do without, and how it is written."""

    named: bool
    """Whether the words in quotation marks must be there."""
    filled: bool
    """Whether a text stands below it: then it must, or else it cannot."""
    example: str


KINDS: Mapping[str, Kind] = {
    "advice": Kind(False, True, '!!! advice "Before the visit"'),
    "emergency": Kind(False, True, "!!! emergency"),
    "question": Kind(True, True, '!!! question "Does it hurt?"'),
    "quote": Kind(True, True, '!!! quote "Who said it, where, when"'),
    "contents": Kind(False, False, "!!! contents"),
    "read-on": Kind(True, False, '!!! read-on "first-article, second-article"'),
    "fees": Kind(False, False, '!!! fees "consultation, colposcopy"'),
}

MARK = re.compile(r"[ \t]*!!!")
BLOCK = re.compile(r'!!! ([a-z-]+)(?: "([^"]+)")?[ \t]*')
BELOW = re.compile(r"(?: {4}|\t)[ \t]*\S")
VISIT = re.compile(r"\]\(\s*visit:([^)\s]*)")


@dataclass(frozen=True, slots=True)
class Block:
    """The first line of a block, read."""

    line: int
    kind: str
    words: str
    """What stands in quotation marks."""


def check_syntax(text: str, lang: str, visits: Sequence[Visit], articles: frozenset[str]) -> None:
    """Raise BadHead for a block that would not become one, or that names what is not there.

    `articles` are the keys of those that exist in this language.
    """
    for block in read_blocks(text):
        if block.kind == "read-on":
            for key in listed(block.words):
                check_article(key, articles, block.line)
        elif block.kind == "fees":
            for visit in listed(block.words):
                check_visit(visit, visits, block.line)
    for match in VISIT.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        check_visit(match[1], [one for one in visits if lang in one.languages], line)


def read_blocks(text: str) -> Iterator[Block]:
    """Every block of a text, from its first line to its last; BadHead for one that is none."""
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        if not MARK.match(line):
            continue
        match = BLOCK.fullmatch(line)
        if not match:
            raise BadHead(WRITE, number, example=KINDS["advice"].example)
        if match[1] not in KINDS:
            known = ", ".join(KINDS)
            raise BadHead(
                _("'{kind}' is no block; use {known}"), number, kind=match[1], known=known
            )
        block = Block(number, match[1], match[2] or "")
        check_shape(block, next(filter(str.strip, lines[number:]), ""))
        yield block


WRITE = _(
    "a block begins at the edge of the line, with one word in small letters, such as `{example}`"
)


def check_shape(block: Block, below: str) -> None:
    """Refuse a block without the words or the text it needs, or with a text that it would lose."""
    kind = KINDS[block.kind]
    if kind.named and not block.words:
        message = _("say more in quotation marks, such as `{example}`")
        raise BadHead(message, block.line, example=kind.example)
    if kind.filled and not BELOW.match(below):
        message = _("write the text of `{kind}` below it, each line four spaces in")
        raise BadHead(message, block.line, kind=block.kind)
    if BELOW.match(below) and not kind.filled:
        message = _("`{kind}` has no text of its own; begin the next line at the edge")
        raise BadHead(message, block.line, kind=block.kind)


def check_visit(visit: str, visits: Sequence[Visit], line: int) -> None:
    known = [one.id for one in visits]
    if visit not in known:
        message = _("'{visit}' is no visit that can be booked here; use {known}")
        raise BadHead(message, line, visit=visit, known=", ".join(known))


def check_article(key: str, articles: frozenset[str], line: int) -> None:
    if key not in articles:
        message = _("'{key}' is no article in this language; use {known}")
        raise BadHead(message, line, key=key, known=", ".join(sorted(articles)) or "–")


def listed(words: str) -> list[str]:
    """`first, second` as a list."""
    return [word.strip() for word in words.split(",") if word.strip()]
