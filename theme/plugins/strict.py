"""A build that publishes all of the site or says why not, and makes nothing twice."""

import logging
import shutil
import sys
from pathlib import Path
from typing import Any

from pelican import Pelican

from booking_endpoint.booking import mark
from booking_endpoint.facts import BadPractice
from booking_endpoint.reminders import LOOK, doubts
from theme.plugins.alone import leave_out_booking
from theme.plugins.converting import Converter
from theme.plugins.inputs import Compiled, digest_of_facts
from theme.plugins.kept import Remembered, Shelf, digest_of_code
from theme.plugins.look import publish
from theme.plugins.pictures import Album, BadPicture
from theme.plugins.plans import BadPlan
from theme.plugins.reading import as_typed, check_content
from theme.plugins.words import read_languages

_ = mark

OWN_TEMPLATES = "templates"
"""In the content folder: what the practice puts before the theme's of the same name."""


class Warnings(logging.Handler):
    """Counts what Pelican would only mention: a page that vanished, a link that leads nowhere."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += 1


class StrictPelican(Pelican):  # type: ignore[misc]  # pelican has no types
    """Pelican that publishes all of the site or says why not, and makes nothing twice."""

    def __init__(self, settings: dict[str, Any]) -> None:
        super().__init__(settings)
        self._good = False
        content, self._made_by = as_typed(Path(self.path)), digest_of_code()
        if (own := content / OWN_TEMPLATES).is_dir():
            settings["THEME_TEMPLATES_OVERRIDES"].insert(0, str(own))
        settings["TEXTS"] = texts = self._remembered("texts", self.path)
        settings["ALBUM"] = Album(content, Path(settings["PICTURE_CACHE"]), texts)
        settings["PAGES"] = self._remembered("pages", self.output_path)
        settings["JINJA_ENVIRONMENT"]["bytecode_cache"] = Compiled(settings["TEXTS"])
        settings["LANGUAGES"] = read_languages(settings["PRACTICE"].languages)
        settings["FACTS_SHOWN"] = digest_of_facts(settings, content)
        settings["CONVERTER"] = Converter(settings)

    def wrong(self) -> list[str]:
        """What keeps the site from being built, a line for each mistake, in the writer's words."""
        told, practice = self.settings, self.settings["PRACTICE"]
        wrong = check_content(
            as_typed(Path(self.path)),
            practice.languages,
            practice.visits,
            told["WRITERS_LANGUAGE"],
            told["TEXTS"],
            told["PROCESSES"],
        )
        self._good = not wrong
        return wrong

    def run(self) -> None:
        settings, language = self.settings, self.settings["WRITERS_LANGUAGE"]
        for doubt in doubts(settings["PRACTICE"]):
            print(language.say(LOOK, what=doubt.said(language)), file=sys.stderr)
        if not self._good and (wrong := self.wrong()):
            sys.exit("\n".join(wrong))
        warnings = Warnings()
        logging.getLogger().addHandler(warnings)
        try:
            settings["CONVERTER"].prepare(Path(self.path), settings["PROCESSES"])
            super().run()
            folder = Path(self.output_path, settings["THEME_STATIC_DIR"])
            publish(settings["PRACTICE"].look, folder)
            if not settings["PRACTICE"].rules.online_booking:
                leave_out_booking(folder)
        except (BadPicture, BadPlan, BadPractice) as error:
            sys.exit(error.said(language))
        finally:
            logging.getLogger().removeHandler(warnings)
        if warnings.count:
            message = _("The site was not built as it should be: see the warnings above.")
            sys.exit(language.say(message))
        settings["TEXTS"].save()
        settings["PAGES"].save()

    def copy(self, other: Path) -> None:
        """The output once more, for a build of this process to go on from."""
        shutil.copytree(self.output_path, other)
        tables, mine = self.settings["REMEMBERED"], ("pages", self.output_path, self._made_by)
        tables["pages", str(other), self._made_by] = tables[mine].again()

    def _remembered(self, kind: str, belongs: str) -> Remembered:
        """The table of the last build: of this process, or of the one before it."""
        tables, cache = self.settings["REMEMBERED"], self.settings["KEPT"]
        key = (kind, belongs, self._made_by)
        if key in tables:
            tables[key] = tables[key].again()
        else:
            shelf = Shelf(Path(cache) if cache else None, kind, Path(belongs), self._made_by)
            tables[key] = Remembered(shelf)
        table: Remembered = tables[key]
        return table
