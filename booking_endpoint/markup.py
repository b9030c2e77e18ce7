"""What templates need to write numbers well: for the site and for the endpoint's pages."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from booking_endpoint.words import Language

NO_BREAK = "\N{NO-BREAK SPACE}"


def together(text: str) -> str:
    """A text that never breaks over two lines."""
    return text.replace(" ", NO_BREAK)


def isolated(text: str) -> Markup:
    """A number or a Latin address, which runs left to right inside right-to-left text too."""
    return Markup('<bdi dir="ltr">{}</bdi>').format(text)


def sentence(text: str) -> str:
    """With a capital, where a language writes days and names without one."""
    return text[:1].upper() + text[1:]


FILTERS = {"together": together, "isolated": isolated, "sentence": sentence}


def say(language: Language, message: str, **values: object) -> Markup:
    """The message in this language; what fills it is escaped, unless it is HTML already."""
    escaped = {name: escape(value) for name, value in values.items()}
    return Markup(language.say(message, **escaped))  # noqa: S704  # our own words, values escaped


@cache
def templates(folder: Path) -> Environment:
    """The templates of a folder: what fills them is escaped, what is missing is an error.

    One for each folder: a template is compiled once, however many pages are made of it.
    """
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    return environment
