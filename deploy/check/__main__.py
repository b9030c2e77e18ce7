"""`python -m deploy.check`: looks at facts, texts and site, and says what must be mended.

Ends with 1 when something must be, with 2 when nothing can be looked at. Warnings end with 0.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from booking_endpoint.reading import BadPractice, read_practice
from booking_endpoint.words import Language, read_language
from deploy.check.catalogue import BY_ID, rules_for
from deploy.check.context import Context, Text
from deploy.check.gather import gather, read_texts, validator
from deploy.check.report import explained, judge, lines, total
from deploy.check.rule import Rule, _
from deploy.verify import ROOT, build
from deploy.writer import TRANSLATIONS as WRITERS
from deploy.writer import told

TRANSLATIONS = Path(__file__).parent / "translations"


def main(arguments: Sequence[str]) -> int:
    """Explain a rule, or check; the exit code."""
    asked = parser().parse_args(arguments)
    for wanted in filter(None, (asked.explain, asked.only)):
        if wanted not in BY_ID:
            print(f"{wanted!r} is no rule; there are {', '.join(BY_ID)}", file=sys.stderr)
            return 2
    try:
        source = asked.practice.read_text("utf-8")
        practice = read_practice(source, named(asked.practice).as_posix())
    except (BadPractice, OSError, UnicodeDecodeError) as error:
        print(told(error, asked.practice), file=sys.stderr)
        return 1 if isinstance(error, BadPractice) else 2
    language = read_language(practice.languages[0], WRITERS, TRANSLATIONS)
    if asked.explain:
        print("\n".join(explained(BY_ID[asked.explain], language)))
        return 0
    facts = Text(named(asked.practice).as_posix(), "facts", "", practice.languages[0], source, None)
    texts = read_texts(asked.content, named(asked.content), practice.languages, language)
    # The day of whoever checks is what facts have grown old by.
    today = asked.today or date.today()  # noqa: DTZ011
    context = gather(practice, facts, texts, None, today, frozenset(BY_ID), language)
    rules = [rule for rule in rules_for(practice) if rule.firm or asked.only in ("", rule.id)]
    return check(context, rules, language, asked)


def check(
    context: Context, rules: Sequence[Rule], language: Language, asked: argparse.Namespace
) -> int:
    """Look at the texts, build the site where they allow it, look at all, and say it."""
    refused = judge(context, (rule for rule in rules if rule.firm))
    with tempfile.TemporaryDirectory() as folder:
        site = asked.site
        if not (refused or site):
            site = build(asked.practice, Path(folder) / "site", asked.content)
        if site:
            facts, texts, today = context.facts, context.texts, context.today
            context = gather(context.practice, facts, texts, site, today, context.rules, language)
    verdicts = judge(context, rules)
    for line in lines(verdicts, language, colour=sys.stdout.isatty()):
        print(line)
    for note in notes(context):
        print(language.say(note))
    print(total(verdicts, language))
    return 1 if not context.pages or any(one.red for one in verdicts) else 0


def notes(context: Context) -> Iterator[str]:
    """What was not looked at, and why."""
    if not context.pages:
        yield _("The site was not built; its pages were not looked at.")
    elif not validator():
        yield _("HTML was not validated: that needs Java, and vnu.jar named by VNU_JAR.")
    if context.practice.places[0].country != "FR":
        yield _("National rules outside France are not known here and were not checked.")


def named(path: Path) -> Path:
    """A path as somebody in the project's folder would type it."""
    return Path(os.path.relpath(path, ROOT)) if path.is_relative_to(ROOT) else path


def parser() -> argparse.ArgumentParser:
    described = argparse.ArgumentParser(prog="check", description=__doc__)
    described.add_argument("--explain", default="", metavar="ID", help="say all of one rule")
    described.add_argument("--only", default="", metavar="ID", help="look with one rule alone")
    described.add_argument("--practice", type=Path, default=ROOT / "content" / "practice.toml")
    described.add_argument("--content", type=Path, default=ROOT / "content")
    described.add_argument("--site", type=Path, help="a built site, instead of building it anew")
    described.add_argument("--today", type=date.fromisoformat, help="a day, such as 2026-11-20")
    return described


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
