"""The head of a Markdown file: who says what, when, from which sources. Knows no disk."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from booking_endpoint.booking import mark
from booking_endpoint.mistakes import Mistake
from booking_endpoint.practice import Allowed
from theme.plugins.addresses import OURS
from theme.plugins.packed import Packed

_ = mark

PAGE, ARTICLE = "pages", "articles"
NEEDED = {
    PAGE: ("title", "summary"),
    ARTICLE: ("title", "summary", "date", "reviewed", "author", "sources", "interests"),
}
KNOWN = {
    PAGE: ("title", "slug", "summary", "menu", "reviewed", "discreet", "allow"),
    ARTICLE: (
        *("slug", "discreet", "topic", "translation-of", "credit", "answers", "allow"),
        *NEEDED[ARTICLE],
    ),
}
EXAMPLES = {
    "title": _("Title: The practice"),
    "summary": _("Summary: One sentence that says what the page is about."),
    "date": "Date: 2026-11-20",
    "reviewed": "Reviewed: 2026-11-20",
    "author": _("Author: Dr Given-name Surname"),
    "sources": _("Sources: Title | Publisher | date | https://…"),
    "interests": "Interests: none",
    "topic": _("Topic: Prevention"),
    "translation-of": _("Translation-of: Title | Publisher | date | https://…"),
    "credit": _("Credit: World Health Organization, CC BY-NC-SA 3.0 IGO"),
}

ALLOW = re.compile(r"([a-z]+(?:-[a-z]+)*) because (\S.*)")
LINE = re.compile(r"([A-Za-z][A-Za-z0-9_-]*):[ \t]*(.*)")
MORE = re.compile(r"[ \t]+(\S.*)")
WORD = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LINK = re.compile(r"\]\(\s*(\{filename\})?([^)\s#{}|:]+\.md)[)#\s]")
NOT_A_WORD = _("'{name}' must be small letters, digits and hyphens: it becomes the address")


class BadHead(Mistake):
    """A file that cannot become a page: says what to write."""


@dataclass(frozen=True, slots=True)
class Source(Packed):
    """One work an article rests on."""

    title: str
    publisher: str
    dated: str
    url: str


@dataclass(frozen=True, slots=True)
class Answer(Packed):
    """What a company that an article speaks of says to a fact: so that both sides are heard."""

    company: str
    dated: date
    """The day of the fact."""
    url: str
    says: str


@dataclass(frozen=True, slots=True)
class Head(Packed):
    """What the lines above the text say, checked."""

    kind: str
    key: str
    lang: str
    title: str
    slug: str
    summary: str
    published: date | None
    reviewed: date | None
    author: str
    sources: tuple[Source, ...]
    interests: str
    topic: str
    """What an article is about, in a word or two; several may share it. Empty for a page."""
    translation_of: Source | None
    """Somebody else's text that this one translates or adapts."""
    credit: str
    """Whose work it uses, and under which licence."""
    discreet: bool
    """Whether the page carries the way out: somebody may be watched while reading it."""
    menu: str
    """What the menu calls the page; empty where it is not in it by this line."""
    answers: tuple[Answer, ...]
    allowed: tuple[Allowed, ...]
    """What `check` passes over on this page."""

    @property
    def disinterested(self) -> bool:
        """Whether the author declares no link with whoever would gain by the article."""
        return self.interests.casefold() == "none"


def read_name(kind: str, name: str, languages: tuple[str, ...]) -> tuple[str, str]:
    """Key and language of `cabinet.fr.md`, or BadHead."""
    match = re.fullmatch(r"([^.]+)\.([^.]+)\.md", name)
    if not match:
        example = f"cabinet.{languages[0]}.md"
        raise BadHead(_("name the file like {example}: key, language, md"), example=example)
    key, lang = match.groups()
    if lang not in languages:
        message = _("'{lang}' is no language of the practice; use {known}")
        raise BadHead(message, lang=lang, known=", ".join(languages))
    if kind == PAGE and key in OURS:
        raise BadHead(_("the site makes the page '{key}' itself; call yours otherwise"), key=key)
    if not WORD.fullmatch(key):
        raise BadHead(NOT_A_WORD, name=key)
    return key, lang


def split(text: str) -> tuple[dict[str, list[str]], str]:
    """The lines of the head by name, and the text below the first empty line."""
    lines = text.lstrip("\ufeff").splitlines()
    head: dict[str, list[str]] = {}
    name = ""
    for number, line in enumerate(lines):
        if not line.strip():
            return head, "\n".join(lines[number + 1 :])
        if match := LINE.fullmatch(line):
            name = match[1].lower()
            if name in head:
                raise BadHead(_("{name} is written twice; keep one"), number + 1, name=match[1])
            head[name] = [match[2].strip()] if match[2].strip() else []
        elif name and (match := MORE.fullmatch(line)):
            head[name].append(match[1].strip())
        else:
            raise BadHead(_("write `Title: …` lines first, then an empty line"), number + 1)
    return head, ""


def read_head(kind: str, name: str, text: str, languages: tuple[str, ...]) -> tuple[Head, str]:
    """The head and the body of one file, or BadHead."""
    key, lang = read_name(kind, name, languages)
    lines, body = split(text)
    check_names(kind, lines)
    if first := re.search(r"^# ", text, re.MULTILINE):
        line = text.count("\n", 0, first.start()) + 1
        raise BadHead(_("the Title is the first heading; begin the others with ##"), line)
    slug = " ".join(lines.get("slug", [])) or key
    if not WORD.fullmatch(slug):
        raise BadHead(NOT_A_WORD, name=slug)
    head = Head(
        kind=kind,
        key=key if kind == PAGE else f"articles/{key}",
        lang=lang,
        title=" ".join(lines["title"]),
        slug=slug,
        summary=" ".join(lines["summary"]),
        published=read_date(lines, "date"),
        reviewed=read_date(lines, "reviewed"),
        author=" ".join(lines.get("author", [])),
        sources=tuple(read_source(line, "Sources") for line in lines.get("sources", [])),
        interests=" ".join(lines.get("interests", [])),
        topic=" ".join(lines.get("topic", [])),
        translation_of=next(
            (read_source(line, "Translation-of") for line in lines.get("translation-of", [])), None
        ),
        credit=" ".join(lines.get("credit", [])),
        discreet=read_discreet(lines),
        menu=" ".join(lines.get("menu", [])),
        answers=tuple(read_answer(line) for line in lines.get("answers", [])),
        allowed=tuple(read_allow(line) for line in lines.get("allow", [])),
    )
    if head.published and head.reviewed and head.reviewed < head.published:
        message = _("Reviewed: {reviewed} comes before Date: {published}")
        raise BadHead(message, reviewed=head.reviewed, published=head.published)
    return head, body


def check_names(kind: str, lines: Mapping[str, list[str]]) -> None:
    """Refuse a line that is missing, and one that nobody would read."""
    for name in lines:
        if name not in KNOWN[kind]:
            known = ", ".join(known.capitalize() for known in KNOWN[kind])
            raise BadHead(
                _("'{name}' is not known here; known: {known}"), name=name.capitalize(), known=known
            )
    borrowed = ("credit",) if "translation-of" in lines else ()
    given = tuple(name for name in ("topic", "translation-of", "credit") if name in lines)
    for name in (*NEEDED[kind], *borrowed, *given):
        if not lines.get(name):
            message = _("{name} is missing; write a line such as `{example}`")
            raise BadHead(message, name=name.capitalize(), example=Mistake(EXAMPLES[name]))


def read_date(lines: Mapping[str, list[str]], name: str) -> date | None:
    text = " ".join(lines.get(name, []))
    return read_day(name, text) if text else None


def read_day(name: str, text: str) -> date:
    """An ISO date and no other: 03/04/2026 is two different days."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        message = _("{name}: write '{text}' as year-month-day, like 2026-11-20")
        raise BadHead(message, name=name.title(), text=text)
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = _("{name}: {text} is not a day of the calendar")
        raise BadHead(message, name=name.title(), text=text) from None


def read_discreet(lines: Mapping[str, list[str]]) -> bool:
    text = " ".join(lines.get("discreet", [])).lower()
    if text not in ("", "yes", "no"):
        message = _("Discreet: write yes, or leave the line out, instead of '{text}'")
        raise BadHead(message, text=text)
    return text == "yes"


def read_source(line: str, name: str) -> Source:
    parts = [part.strip() for part in line.split("|")]
    if len(parts) != 4 or not all(parts) or not parts[3].startswith("https://"):
        message = _("{name}: write '{source}' as `Title | Publisher | date | https://…`")
        raise BadHead(message, name=name, source=line)
    return Source(*parts)


def read_answer(line: str) -> Answer:
    parts = [part.strip() for part in line.split("|")]
    if len(parts) != 4 or not all(parts) or not parts[2].startswith("https://"):
        message = _("Answers: write '{answer}' as `Company | 2026-11-20 | https://… | its answer`")
        raise BadHead(message, answer=line)
    return Answer(parts[0], read_day("answers", parts[1]), parts[2], parts[3])


def read_allow(line: str) -> Allowed:
    """A rule set aside on one page; never without a reason."""
    if not (match := ALLOW.fullmatch(line)):
        message = _("Allow: write '{rule}' as `the-rule because …`, with your reason")
        raise BadHead(message, rule=line)
    return Allowed(match[1], match[2])


def read_links(text: str) -> list[tuple[int, str]]:
    """The lines and files this text links to; raises BadHead for a link that would stay `.md`."""
    links = []
    for match in LINK.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        if not match[1]:
            message = _("the link to {file} leads nowhere; write {example}")
            raise BadHead(message, line, file=match[2], example=f"{{filename}}{match[2]}")
        links.append((line, match[2]))
    return links
