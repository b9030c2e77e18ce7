"""Begins a page or an article: asks, checks each answer, writes a file that builds at once.

In the first language of the facts. What is wrong with a head is known in `theme.plugins.heads`.
"""

import argparse
import re
import sys
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from booking_endpoint.booking import mark
from booking_endpoint.claims import claims_in
from booking_endpoint.practice import Practice
from booking_endpoint.reading import BadPractice, read_practice
from booking_endpoint.words import Language, read_language
from deploy.writer import TRANSLATIONS, told
from theme.plugins.addresses import TEMPLATES, USUAL
from theme.plugins.heads import ARTICLE, PAGE, BadHead, read_head, read_name, read_source

_ = mark

ROOT = Path(__file__).parents[1]
KINDS = {"page": PAGE, "article": ARTICLE}

QUESTIONS = {
    "title": _("What is the title?"),
    "summary": _("In one sentence: what will the reader find in it?"),
    "author": _("Who writes it?"),
    "topic": _("Under which topic does it belong, such as Prevention?"),
    "interests": _(
        "Which links of interest does the author have with what is written? `none` for no"
    ),
}
ASKED = {
    PAGE: ("title", "summary"),
    ARTICLE: ("title", "summary", "author", "topic", "interests"),
}


class Stopped(Exception):
    """Nothing was written: says why, in the language of the facts."""


@dataclass(frozen=True, slots=True)
class Talk:
    """How one person is asked, and what was answered before as an option."""

    language: Language
    read: Callable[[str], str]
    write: Callable[[str], object]
    given: argparse.Namespace

    def say(self, message: str, **values: object) -> str:
        return self.language.say(message, **values)

    def ask(self, name: str, message: str, default: str = "") -> str:
        """The option of this name, or an answer; asked again until there is one."""
        if told := getattr(self.given, name, None):
            return " ".join(told.split())
        question = self.say(message) + (f" [{default}]" if default else "")
        while not (answer := " ".join(self.read(f"{question}\n> ").split()) or default):
            self.write(self.say(_("Please write something.")))
        return answer


def main(
    arguments: Sequence[str],
    today: date,
    read: Callable[[str], str] = input,
    write: Callable[[str], object] = print,
) -> int:
    """Ask and write one file; 2 when nothing was written."""
    asked = parser().parse_args(arguments)
    try:
        practice = read_practice(asked.practice.read_text("utf-8"), str(asked.practice))
        language = read_language(practice.languages[0], TRANSLATIONS)
        talk = Talk(language, read, write, asked)
        path = begin(talk, KINDS[asked.kind], practice, asked.content, today)
    except (BadPractice, OSError, UnicodeDecodeError) as error:
        print(told(error, asked.practice), file=sys.stderr)
        return 2
    except Stopped as error:
        print(error, file=sys.stderr)
        return 2
    except BadHead as error:
        print(error.said(language), file=sys.stderr)
        return 2
    except (EOFError, KeyboardInterrupt):
        return 130
    write("\n" + talk.say(_("Written: {file}"), file=path))
    write(talk.say(_("Open it in a plain text editor, and write below the empty line.")))
    write(talk.say(_("`python3 tasks.py serve` shows the page while you write.")))
    return 0


def parser() -> argparse.ArgumentParser:
    described = argparse.ArgumentParser(prog="new", description=__doc__)
    described.add_argument("kind", choices=KINDS)
    described.add_argument("--lang", help="the language of the text; the practice's first")
    described.add_argument("--key", help="the name of the file, without language and .md")
    for name in QUESTIONS:
        described.add_argument(f"--{name}")
    described.add_argument("--source", action="append", help="Title | Publisher | date | https://…")
    described.add_argument("--practice", type=Path, default=ROOT / "content" / "practice.toml")
    described.add_argument("--content", type=Path, default=ROOT / "content")
    return described


def begin(talk: Talk, kind: str, practice: Practice, content: Path, today: date) -> Path:
    """The file that was written; Stopped or BadHead when it is there, or would not build."""
    title = talk.ask("title", QUESTIONS["title"])
    lang = talk.ask("lang", _("In which language?"), practice.languages[0])
    key = talk.ask("key", *key_asked(talk, kind, content, lang, title))
    read_name(kind, f"{key}.{lang}.md", practice.languages)
    path = content / kind / f"{key}.{lang}.md"
    check_place(talk, path, content / kind / f"{key}.{practice.languages[0]}.md")
    defaults = {"author": practice.doctor.name, "interests": "none"}
    answers = {"title": [title]}
    for name in ASKED[kind][1:]:
        answers[name] = [talk.ask(name, QUESTIONS[name], defaults.get(name, ""))]
    if kind == ARTICLE:
        answers["date"] = answers["reviewed"] = [today.isoformat()]
        answers["sources"] = sources(talk)
    text = compose(answers, read_language(lang, TRANSLATIONS))
    read_head(kind, path.name, text, practice.languages)
    for claim in claims_in(text):
        raise BadHead("{claim}", claim=claim.mistake)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
    return path


def key_asked(talk: Talk, kind: str, content: Path, lang: str, title: str) -> tuple[str, str]:
    """How to ask for the file's name, and what it is unless said."""
    if kind == ARTICLE:
        return _("What is the file called, in small letters and hyphens?"), word(title)
    usual = (*TEMPLATES, *USUAL)
    left = [key for key in usual if not (content / PAGE / f"{key}.{lang}.md").exists()]
    names = ", ".join(left) or "–"
    talk.write(talk.say(_("Pages the menu knows and that are not written: {pages}"), pages=names))
    return _("What is the file called, in small letters and hyphens?"), word(title)


def check_place(talk: Talk, path: Path, original: Path) -> None:
    """Refuse to write over a file, and to translate what is not written yet."""
    if path.exists():
        raise Stopped(talk.say(_("{file} is there already; nothing was changed"), file=path))
    if path != original and not original.exists():
        raise Stopped(talk.say(_("write {file} first; this translates it"), file=original))


def sources(talk: Talk) -> list[str]:
    """One source or more, each as the head wants it; asked until an empty line."""
    if talk.given.source:
        return list(talk.given.source)
    found: list[str] = []
    talk.write(talk.say(_("On what does the article rest? One source a line, then an empty line.")))
    how = talk.say(_("Title | Publisher | date | https://…"))
    while (line := talk.read(f"{how}\n> ").strip()) or not found:
        try:
            read_source(line, "Sources")
            found.append(line)
        except BadHead as error:
            talk.write(error.said(talk.language))
    return found


def compose(answers: dict[str, list[str]], language: Language) -> str:
    """The whole file: its head, an empty line, and a beginning to write over."""
    head = [f"{name.title()}: " + "\n    ".join(lines) for name, lines in answers.items()]
    here, heading = language.say(_("Write here.")), language.say(_("A heading"))
    below = language.say(_("And the text below it."))
    return "\n".join(head) + f"\n\n{here}\n\n## {heading}\n\n{below}\n"


def word(title: str) -> str:
    """A title as an address can hold it: small Latin letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", title.lower().replace("œ", "oe").replace("æ", "ae"))
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")


if __name__ == "__main__":
    # The day of whoever writes is the day it was written and reviewed.
    sys.exit(main(sys.argv[1:], date.today()))  # noqa: DTZ011
