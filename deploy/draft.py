"""One build of the site while somebody writes: in this process, beside the last good one.

Pelican stays imported from one build to the next, and what did not change is not made again.
"""

import io
import logging
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path

from pelican.log import LimitFilter
from pelican.settings import read_settings

from booking_endpoint.words import Language
from deploy.writer import writers_language
from theme.plugins.integrity import integrity
from theme.plugins.kept import Tables

ROOT = Path(__file__).parents[1]
REMEMBERED: Tables = {}
"""What one build leaves for the next, in this process."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be seen now: the last good site, and what is wrong with what was written since."""

    version: int
    """Grows with every good build."""
    site: Path | None
    """The folder of the last good build; none before the first."""
    wrong: tuple[str, ...]
    """One line for each mistake, naming file and line."""
    language: Language
    """In which all of this is said: that of who writes."""


class Problems(logging.Handler):
    """Gathers what Pelican only mentions."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


def first_draft(facts: Path) -> Draft:
    """Nothing was built yet."""
    return Draft(0, None, (), writers_language(facts))


def next_draft(draft: Draft, facts: Path, content: Path, folder: Path) -> Draft:
    """Build into one of two folders in turn; after a mistake the good one stays as it was."""
    site = folder / ("even" if draft.version % 2 else "odd")
    problems = Problems()
    logging.getLogger().addHandler(problems)
    draft = replace(draft, language=writers_language(facts))
    try:
        return built(draft, content, site)
    except (Exception, SystemExit) as error:  # a template may fail in any way: it is shown, too
        said = problems.said or str(error).splitlines() or [type(error).__name__]
        return replace(draft, wrong=tuple(said))
    finally:
        logging.getLogger().removeHandler(problems)


def built(draft: Draft, content: Path, site: Path) -> Draft:
    """Read all anew, what Pelican and the theme would remember of the last time included."""
    integrity.cache_clear()
    LimitFilter._raised_messages.clear()  # else a warning counts once, and the next build is good
    told: dict[str, object] = {
        "PATH": str(content),
        "OUTPUT_PATH": str(site),
        "REMEMBERED": REMEMBERED,
    }
    told["PROCESSES"] = 1  # a process with threads, as this one, is not to be copied
    settings = read_settings(str(ROOT / "pelicanconf.py"), override=told)
    pelican = settings["PELICAN_CLASS"](settings)
    if wrong := pelican.wrong():
        return replace(draft, wrong=tuple(wrong))
    with redirect_stdout(io.StringIO()):
        pelican.run()
    other = site.with_name("odd" if site.name == "even" else "even")
    if not other.exists():
        pelican.copy(other)
    return Draft(draft.version + 1, site, (), draft.language)
