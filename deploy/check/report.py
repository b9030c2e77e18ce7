"""What the rules found, set aside or not, and how a terminal says it in the doctor's language."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from booking_endpoint.practice import Allowed
from booking_endpoint.words import Language
from deploy.check.context import Context, Finding, full_key
from deploy.check.rule import Rule, Severity, _

RED, YELLOW, PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One finding of one rule, with the reason it was set aside for, if it was."""

    rule: Rule
    finding: Finding
    why: str = ""

    @property
    def red(self) -> bool:
        return self.rule.severity is Severity.ERROR and not self.why


def judge(context: Context, rules: Iterable[Rule]) -> list[Verdict]:
    """What the rules find, each finding once."""
    found = dict.fromkeys((rule, one) for rule in rules for one in rule.looks(context))
    return [Verdict(rule, one, reason(context, rule, one)) for rule, one in found]


def reason(context: Context, rule: Rule, finding: Finding) -> str:
    """Why a finding was set aside: in the facts for the whole site, or in its page's head."""
    if rule.firm:
        return ""
    page = next((one for one in context.pages if one.file == finding.file), None)
    built_from = (page.key, page.lang) if page else None
    heads = [
        text.head
        for text in context.texts
        if text.head and (text.file == finding.file or (full_key(text), text.lang) == built_from)
    ]
    allowed: list[Allowed] = [*context.practice.allowed, *(a for h in heads for a in h.allowed)]
    return next((one.why for one in allowed if one.rule == rule.id), "")


def lines(verdicts: Iterable[Verdict], language: Language, *, colour: bool) -> Iterator[str]:
    """The report: file by file, those with errors first, and in each the errors first."""
    standing = [one for one in verdicts if not one.why]
    in_red = {one.finding.file for one in standing if one.red}
    ordered = sorted(
        standing, key=lambda one: (one.finding.file not in in_red, one.finding.file, not one.red)
    )
    for file, group in groupby(ordered, key=lambda one: one.finding.file):
        yield file
        for _place, here in groupby(sorted(group, key=place), key=place):
            yield from entry(list(here), language, colour=colour)
        yield ""


def place(verdict: Verdict) -> tuple[bool, int, str]:
    """Where a finding stands in the report of its file; several of one rule and line are one."""
    return not verdict.red, verdict.finding.line, verdict.rule.id


def entry(here: list[Verdict], language: Language, *, colour: bool) -> Iterator[str]:
    """One rule at one line: what to do, and all that was found there."""
    rule, finding, red = here[0].rule, here[0].finding, here[0].red
    word = language.say(_("error")) if red else language.say(_("warning"))
    shade = (RED if red else YELLOW) if colour else ""
    where = f"{finding.file}:{finding.line}" if finding.line else finding.file
    yield f"  {where}: {shade}{word}{PLAIN if colour else ''} [{rule.id}]"
    yield f"      {language.say(rule.say)}"
    if found := ", ".join(one.finding.what for one in here if one.finding.what):
        yield f"      > {found}"


def total(verdicts: list[Verdict], language: Language) -> str:
    """The last line: how many of each."""
    red = sum(one.red for one in verdicts)
    allowed = sum(bool(one.why) for one in verdicts)
    return language.say(
        _("Errors: {errors}. Warnings: {warnings}. Set aside with a reason: {allowed}."),
        errors=red,
        warnings=len(verdicts) - red - allowed,
        allowed=allowed,
    )


def explained(rule: Rule, language: Language) -> Iterator[str]:
    """All there is to say of one rule."""
    say = language.say
    word = say(_("error")) if rule.severity is Severity.ERROR else say(_("warning"))
    where = say(_("in France")) if rule.jurisdiction == "FR" else say(_("everywhere"))
    yield f"{rule.id}: {word}, {where} ({rule.jurisdiction})"
    yield say(rule.say)
    yield say(rule.why)
    yield say(_("Source, as known on {day}: {source}"), day=rule.checked, source=rule.source)
    if rule.firm:
        yield say(_("Nobody can set it aside."))
        return
    yield say(_("To set it aside on one page, write in its head, with your reason:"))
    yield f"    Allow: {rule.id} because …"
    yield say(_("On the whole site, in practice.toml:"))
    yield f'    [[allowed]]\n    rule = "{rule.id}"\n    why = "…"'
