"""`python -m deploy.importing SOURCE`: an older site moves in; nothing is fetched or replaced."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from booking_endpoint.booking import mark
from booking_endpoint.reading import BadPractice, read_practice
from booking_endpoint.words import read_language
from deploy.importing.old import BadSource
from deploy.importing.plan import plan
from deploy.importing.report import report
from deploy.importing.there import (
    Pictures,
    create,
    free_report,
    read_source,
    read_there,
    root_of,
    write_all,
)
from deploy.new import ROOT
from deploy.writer import TRANSLATIONS, told

_ = mark


def main(arguments: Sequence[str], write: Callable[[str], object] = print) -> int:
    """Plan, write, report; 2 when the source, the facts or an option cannot be read."""
    asked = parser().parse_args(arguments)
    try:
        practice = read_practice(asked.practice.read_text("utf-8"), str(asked.practice))
        language = read_language(practice.languages[0], TRANSLATIONS)
        if asked.lang and asked.lang not in practice.languages:
            message = _("--lang {lang} is no language of the practice; use {known}")
            raise BadSource(message, lang=asked.lang, known=", ".join(practice.languages))
        site = read_source(asked.source)
        uploads = asked.source.is_file()
        folder = asked.pictures if uploads else root_of(asked.source)
        pictures = Pictures(folder, asked.content / "images", uploads=uploads)
        there = read_there(asked.content, practice)
        moves = plan(site, there, practice, asked.lang, pictures.find)
        said = report(moves, language, dry=asked.dry_run)
        write(said)
        if not asked.dry_run and any(not page.place.again for page in moves.pages):
            write_all(moves, asked.content, pictures.copies)
            path = free_report(asked.content.resolve().parent)
            create(path, said.encode())
            write(language.say(_("Written: {file}"), file=path))
    except BadSource as error:
        print(f"{asked.source}: {error.said(language)}", file=sys.stderr)
        return 2
    except (BadPractice, OSError) as error:
        print(told(error, asked.practice), file=sys.stderr)
        return 2
    return 0


def parser() -> argparse.ArgumentParser:
    described = argparse.ArgumentParser(prog="import", description=__doc__)
    described.add_argument(
        "source", type=Path, help="a WordPress export, or a folder of HTML pages"
    )
    described.add_argument("--lang", default="", help="the language of pages that name none")
    described.add_argument("--pictures", type=Path, help="the uploads folder of WordPress")
    described.add_argument("--dry-run", action="store_true", help="say what would be written")
    described.add_argument("--practice", type=Path, default=ROOT / "content" / "practice.toml")
    described.add_argument("--content", type=Path, default=ROOT / "content")
    return described


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
