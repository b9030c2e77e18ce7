"""Who writes facts and texts, and in which language they are told what is wrong."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from booking_endpoint.booking import mark
from booking_endpoint.mistakes import Mistake
from booking_endpoint.words import Language, read_language

_ = mark

TRANSLATIONS = Path(__file__).parent / "translations"
FIRST = re.compile(r"""^\s*languages\s*=\s*\[\s*["'](fr|en|he|it)["']""", re.MULTILINE)


def writers_language(facts: Path, environ: Mapping[str, str] = os.environ) -> Language:
    """The first of the facts' languages, however bad the rest; else the machine's, else French."""
    try:
        found = FIRST.search(facts.read_text("utf-8", "replace"))
    except OSError:
        found = None
    return read_language(found[1] if found else machines_language(environ), TRANSLATIONS)


def machines_language(environ: Mapping[str, str]) -> str:
    """The language of a locale such as `it_IT.UTF-8` (POSIX); French where it is none of ours."""
    names = (environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    code = next(filter(None, names), "").replace("-", "_").partition("_")[0]
    return code if code in ("fr", "en", "he", "it") else "fr"


def told(error: Exception, facts: Path, environ: Mapping[str, str] = os.environ) -> str:
    """What is wrong with the facts, or with a file beside them, to whoever writes them."""
    match error:
        case Mistake():
            wrong = error
        case UnicodeDecodeError():
            wrong = Mistake(_("save the file as UTF-8")).of(str(facts))
        case FileNotFoundError():
            wrong = Mistake(_("there is no such file")).of(str(error.filename))
        case _:
            return str(error)
    return wrong.said(writers_language(facts, environ))
