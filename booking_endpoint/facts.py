"""A TOML text whose every value knows its line. Knows nothing of doctors or visits."""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from booking_endpoint.mistakes import Mistake, to_writer

T = TypeVar("T")
Path = tuple[str | int, ...]

HEADER = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
KEY = re.compile(r"\s*([A-Za-z0-9_-]+|\"[^\"]+\")\s*=")


class BadPractice(Mistake):
    """A fact that cannot stand: says in which file, at which line and key, and what to do."""


class Facts:
    """One table of the file. Every key must be asked for: `done` refuses those nobody knows."""

    def __init__(self, values: Mapping[str, Any], path: Path, lines: dict[Path, int], file: str):
        self._values, self._path, self._lines, self._file = values, path, lines, file
        self._asked: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def wrong(self, key: str, message: str, /, **values: object) -> BadPractice:
        """The error to raise about `key` (or about the whole table, when it is empty)."""
        path = (*self._path, key) if key else self._path
        name = ".".join(str(part + 1) if isinstance(part, int) else part for part in path)
        line = self._lines.get(path) or self._lines.get(self._path) or 0
        return BadPractice(message, line, name, self._file, **values)

    def get(self, key: str, kind: type[T], default: T | None = None) -> T:
        """The value of `key`, which must be of this kind; without a default it must be there."""
        self._asked.add(key)
        value = self._values.get(key, default)
        if value is None:
            raise self.wrong(key, "is missing")
        if kind is Decimal and type(value) is int:
            value = Decimal(value)
        if not isinstance(value, kind) or not plain(value, kind):
            raise self.wrong(key, KINDS[kind], value=typed(value))
        return value

    def text(self, key: str, default: str | None = None) -> str:
        value = self.get(key, str, default).strip()
        if not value and default is None:
            raise self.wrong(key, "is empty")
        return value

    def number(self, key: str, least: int, most: int, default: int | None = None) -> int:
        value = self.get(key, int, default)
        if not least <= value <= most:
            message = to_writer("must be between {least} and {most}, not {value}")
            raise self.wrong(key, message, least=least, most=most, value=value)
        return value

    def choice(self, key: str, choices: Iterable[str], default: str | None = None) -> str:
        value, allowed = self.text(key, default), list(choices)
        if value not in allowed:
            message = to_writer("must be one of {allowed}, not '{value}'")
            raise self.wrong(key, message, allowed=", ".join(allowed), value=value)
        return value

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        values = self.get(key, list, None if default is None else list(default))
        if not all(isinstance(value, str) for value in values):
            raise self.wrong(key, "must be a list of texts")
        return tuple(values)

    def parsed(self, key: str, parse: Callable[[str], T], default: str | None = None) -> T:
        """The value of `key`, read by `parse`, whose Mistake is told with its place."""
        text = self.text(key, default)
        try:
            return parse(text)
        except Mistake as error:
            raise self.wrong(key, error.message, **error.values) from None

    def table(self, key: str) -> "Facts":
        values = self.get(key, dict)
        return Facts(values, (*self._path, key), self._lines, self._file)

    def tables(self, key: str) -> list["Facts"]:
        values = self.get(key, list, [])
        if not all(isinstance(value, dict) for value in values):
            raise self.wrong(key, "must be written as [[{key}]] tables", key=key)
        return [
            Facts(value, (*self._path, key, index), self._lines, self._file)
            for index, value in enumerate(values)
        ]

    def refuse(self, fault: Callable[[str], Mistake | None]) -> None:
        """Raise for the first text of the table, however deep, in which a fault is found."""
        for key, value in self._values.items():
            for place, text in texts_in(value, (key,)):
                if found := fault(text):
                    table = Facts({}, (*self._path, *place[:-1]), self._lines, self._file)
                    raise table.wrong(str(place[-1]), found.message, **found.values)

    def done(self) -> None:
        """Refuse what nobody asked for: a mistyped key must not pass in silence."""
        for key in self._values:
            if key not in self._asked:
                known = ", ".join(sorted(self._asked))
                raise self.wrong(key, "is not a known key; known here: {known}", known=known)


def texts_in(value: object, place: Path) -> Iterator[tuple[Path, str]]:
    """Every text inside a value, with the table and key it stands at."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from texts_in(inner, (*place, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from texts_in(inner, (*place, index) if isinstance(inner, dict) else place)


def plain(value: object, kind: type) -> bool:
    """Whether a value is of this kind as a person means it, and not only as Python does.

    To Python, true is a whole number, noon a date, and `nan` an amount.
    """
    if isinstance(value, Decimal):
        return value.is_finite()
    return not isinstance(value, bool | datetime) or type(value) is kind


def typed(value: object) -> str:
    """A value as somebody would type it: a text in quotation marks, true and false small."""
    return repr(value) if isinstance(value, str | list | dict) else str(value).lower()


KINDS: dict[type, str] = {
    str: to_writer("must be a text, not {value}"),
    int: to_writer("must be a whole number, not {value}"),
    bool: to_writer("must be true or false, not {value}"),
    list: to_writer("must be a list, not {value}"),
    dict: to_writer("must be a table, not {value}"),
    date: to_writer("must be a date such as 2026-12-24, not {value}"),
    Decimal: to_writer("must be an amount such as 30.00, not {value}"),
}

GRAMMAR = {
    "Illegal character": to_writer("cannot be read: a quotation mark is missing on this line"),
    "Unterminated string": to_writer("cannot be read: a quotation mark is missing"),
    "Expected newline": to_writer(
        'cannot be read: one value a line; a date is written as 2026-12-24, a text in "…"'
    ),
    "Invalid value": to_writer(
        'cannot be read: write a text in "…", a number, a date such as 2026-12-24, true or false'
    ),
    "Cannot overwrite": to_writer("cannot be read: this is written twice in its table; keep one"),
}
"""What to say of a text that is not TOML, by the first words of what tomllib says."""

UNREADABLE = to_writer("cannot be read: a quotation mark, a bracket or a sign = is missing here")


def read_facts(text: str, file: str) -> Facts:
    """The whole file as one table. Raises BadPractice when it is not TOML."""
    try:
        values = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        found = [ours for words, ours in GRAMMAR.items() if str(error).startswith(words)]
        line = re.search(r"at line (\d+)", str(error))
        message = (*found, UNREADABLE)[0]
        raise BadPractice(message, int(line[1]) if line else 0, "", file) from None
    return Facts(values, (), line_numbers(text), file)


def line_numbers(text: str) -> dict[Path, int]:
    """Where each table and key of a TOML text begins; tables in an array are counted from 0."""
    lines: dict[Path, int] = {}
    arrays: dict[Path, int] = {}
    here: Path = ()
    inside_text = False
    for number, line in enumerate(text.splitlines(), 1):
        if not inside_text:
            if header := HEADER.match(line):
                here = ()
                for part in header[2].split("."):
                    here = (*here, part.strip().strip('"'))
                    if here in arrays and not (header[1] == "[[" and here == whole(header[2])):
                        here = (*here, arrays[here])
                if header[1] == "[[":
                    arrays[here] = arrays.get(here, -1) + 1
                    here = (*here, arrays[here])
                lines[here] = number
            elif key := KEY.match(line):
                lines[(*here, key[1].strip('"'))] = number
        inside_text ^= line.count('"""') % 2 == 1 or line.count("'''") % 2 == 1
    return lines


def whole(name: str) -> Path:
    return tuple(part.strip().strip('"') for part in name.split("."))
