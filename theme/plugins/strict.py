"""A build that publishes all of the site or says why not, and makes nothing twice."""

import logging
import shutil
import sys
from pathlib import Path
from typing import Any

from pelican import Pelican

from booking_endpoint.reminders import doubts
from booking_endpoint.words import Language
from theme.plugins.converting import Converter
from theme.plugins.inputs import Compiled, digest_of_facts
from theme.plugins.kept import Remembered, Shelf, digest_of_code
from theme.plugins.pictures import Album, BadPicture
from theme.plugins.plans import BadPlan
from theme.plugins.reading import ENGLISH, check_content
from theme.plugins.words import read_languages


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
        content, self._made_by = Path(self.path), digest_of_code()
        settings["TEXTS"] = texts = self._remembered("texts", self.path)
        settings["ALBUM"] = Album(content, Path(settings["PICTURE_CACHE"]), texts)
        settings["PAGES"] = self._remembered("pages", self.output_path)
        settings["JINJA_ENVIRONMENT"]["bytecode_cache"] = Compiled(settings["TEXTS"])
        settings["LANGUAGES"] = read_languages(settings["PRACTICE"].languages)
        settings["FACTS_SHOWN"] = digest_of_facts(settings, content)
        settings["CONVERTER"] = Converter(settings)

    def wrong(self, language: Language = ENGLISH) -> list[str]:
        """What keeps the site from being built, a line for each mistake."""
        told, practice = self.settings, self.settings["PRACTICE"]
        wrong = check_content(
            Path(self.path),
            practice.languages,
            practice.visits,
            language,
            told["TEXTS"],
            told["PROCESSES"],
        )
        self._good = not wrong
        return wrong

    def run(self) -> None:
        settings = self.settings
        for doubt in doubts(settings["PRACTICE"]):
            print(f"Please look at [legal] {doubt}", file=sys.stderr)
        if not self._good and (wrong := self.wrong()):
            sys.exit("\n".join(wrong))
        warnings = Warnings()
        logging.getLogger().addHandler(warnings)
        try:
            settings["CONVERTER"].prepare(Path(self.path), settings["PROCESSES"])
            super().run()
        except (BadPicture, BadPlan) as error:
            sys.exit(str(error))
        finally:
            logging.getLogger().removeHandler(warnings)
        if warnings.count:
            sys.exit("The site was not built as it should be: see the warnings above.")
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
