"""The words of the theme: each language's catalogue, and what templates say with it."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from babel import Locale
from babel.lists import format_list
from babel.numbers import format_percent
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from booking_endpoint.envelope import fingerprint
from booking_endpoint.markup import say as say_in
from booking_endpoint.words import OWN_WORDS, Language, read_language
from theme.plugins.integrity import later_modules

TRANSLATIONS = Path(__file__).parents[1] / "translations"


def read_languages(codes: tuple[str, ...]) -> dict[str, Language]:
    """Each language with the endpoint's words and the theme's."""
    return {code: read_language(code, OWN_WORDS, TRANSLATIONS) for code in codes}


@pass_context
def say(context: Context, message: str, **values: object) -> Markup:
    """The message in the page's language; what fills it is escaped, unless it is HTML already."""
    return say_in(context["language"], message, **values)


def percent(language: Language, rate: Decimal) -> str:
    return format_percent(rate, locale=language.code)


def spoken(language: Language, codes: tuple[str, ...]) -> str:
    """The languages a doctor speaks, named in the language of the page."""
    names = Locale(language.code).languages
    return format_list([names.get(code, code) for code in codes], locale=language.code)


GLOBALS: Mapping[str, Callable[..., Any]] = {
    "_": say,
    "fingerprint": fingerprint,
    "later_modules": later_modules,
    "percent": percent,
    "spoken": spoken,
}
