"""What a rule is given, and what it gives back. Touches no disk and asks no clock."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from booking_endpoint.facts import line_numbers
from booking_endpoint.mistakes import Tongue
from booking_endpoint.practice import Practice
from booking_endpoint.words import Language
from deploy.check.document import Page
from theme.plugins.heads import Head


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a rule found: where, and in which words."""

    file: str
    line: int
    """Counted from 1; 0 for the file as a whole."""
    what: str
    """The words or the address found, or the fact that is missing; may be empty."""


@dataclass(frozen=True, slots=True)
class Text:
    """One Markdown file as the doctor wrote it."""

    file: str
    kind: str
    """`pages` or `articles`."""
    key: str
    """What its name says before the language: `cabinet` of `cabinet.fr.md`."""
    lang: str
    source: str
    head: Head | None
    """None when the head cannot be read; `trouble` then says why."""
    trouble: str = ""
    trouble_at: int = 0
    """Its line; 0 for the file as a whole."""

    def line_of(self, words: str) -> int:
        """The first line that holds these words; 0 when none does."""
        lines = enumerate(self.source.splitlines(), 1)
        return next((number for number, line in lines if words in line), 0)


@dataclass(frozen=True, slots=True)
class Context:
    """The facts, the Markdown files, the built pages, and the day on which they are looked at."""

    practice: Practice
    facts: Text
    """The facts file, as a text of the doctor's own language."""
    texts: tuple[Text, ...]
    pages: tuple[Page, ...]
    """Every HTML page of the built site; none when it cannot be built."""
    files: Mapping[str, str]
    """Scripts, styles and other texts of the built site, by their path in it."""
    addresses: frozenset[str]
    """Every address of the built site that answers."""
    languages: Mapping[str, Language]
    """The words that the pages say, by language."""
    invalid: tuple[Finding, ...]
    """What a validator of HTML said, where there is one."""
    tongue: Tongue
    """Says to who writes what is wrong."""
    rules: frozenset[str]
    """The id of every rule there is."""
    today: date

    def fact(self, *path: str | int, what: str = "") -> Finding:
        """A finding at a key of the facts, or at the table that should hold it."""
        lines = line_numbers(self.facts.source)
        held = (
            lines[path[:length]] for length in range(len(path), 0, -1) if path[:length] in lines
        )
        return Finding(self.facts.file, next(held, 0), what)

    def written(self, page: Page, words: str, line: int, what: str = "") -> Finding:
        """A finding where the doctor wrote these words of a page; else on the page itself."""
        own = [one for one in self.texts if (full_key(one), one.lang) == (page.key, page.lang)]
        for text in (*own, self.facts):
            if number := text.line_of(words):
                return Finding(text.file, number, what or words)
        return Finding(page.file, line, what or words)

    def pages_of(self, *keys: str) -> Iterator[Page]:
        return (page for page in self.pages if page.key in keys)


def full_key(text: Text) -> str:
    """The key of the page that a text becomes."""
    return text.key if text.kind == "pages" else f"articles/{text.key}"


Looks = Callable[[Context], Iterator[Finding]]
"""What a rule does: pure, so that a test can stand on any site and on any day."""
