"""The doctor's guide: every example can be copied, and every message it explains is a real one."""

import re

import pytest

from booking_endpoint.reading import BadPractice, read_practice
from tests.serving import ROOT
from theme.plugins.heads import ARTICLE, KNOWN, read_head

GUIDE = (ROOT / "docs" / "guide-medecin.md").read_text("utf-8")
FACTS = (ROOT / "content" / "practice.toml").read_text("utf-8")
EXPLAINED = [
    *re.findall(r"^```text\n(.*)\n```", GUIDE, re.MULTILINE),
    *re.findall(r"^\| ``? ?(.+?) ?``? \|", GUIDE.partition("| message |")[2], re.MULTILINE),
]
WRITTEN = re.findall(
    r"^```markdown\n((?:.*\n)*?)```", GUIDE.partition("## Vos horaires")[0], re.MULTILINE
)
"""What the guide shows of a text, to be copied."""
HEADS = [text for text in WRITTEN if text.startswith("Title:")]
BLOCKS = [text for text in WRITTEN if not text.startswith(("Title:", "!["))]
EXAMPLES = re.findall(r"^```toml\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)

MORNINGS = 'weekdays = ["monday", "tuesday", "thursday"]\nopens = "09:00"\ncloses = "12:30"\n'
HOLIDAYS = "first = 2026-12-24\nlast = 2027-01-03\n"
FRIDAY = 'place = "tilleuls"\nweekdays = ["friday"]\n'
NOON = f'{MORNINGS}{{}}\n[[hours]]\nplace = "tilleuls"\nweekdays = ["monday"]\nopens = "12:00"\n'
OPENING = 'place = "tilleuls"\nopens = "09:00"\ncloses = "12:00"\n'
MEAN = [
    ('opens = "09:00"\ncloses = "12:30"', 'opens = "09:00\ncloses = "12:30"'),
    (MORNINGS, f"{MORNINGS}first = 01/07/2027\n"),
    ("approval = false", "approval = no"),
    ("notice_hours = 12 ", "notice_hours = 12\nnotice_hours = 24 "),
    (MORNINGS, MORNINGS.replace("opens = ", "# ")),
    (MORNINGS, f'{MORNINGS}open = "09:00"\n'),
    (MORNINGS, MORNINGS.replace("09:00", "9h")),
    (MORNINGS, MORNINGS.replace("09:00", "09:03")),
    (MORNINGS, MORNINGS.replace("12:30", "08:30")),
    (MORNINGS, MORNINGS.replace("monday", "lundi")),
    (MORNINGS, f'{MORNINGS}weeks = "impaires"\n'),
    (MORNINGS, f'{MORNINGS}weeks = "odd"\nevery_second_from = 2027-01-04\n'),
    (MORNINGS, f"{MORNINGS}first = 2027-07-01\nlast = 2027-01-04\n"),
    (MORNINGS, f'{MORNINGS}first = "2027-07-01"\n'),
    (MORNINGS, f"{MORNINGS}first = 0207-07-01\n"),
    (
        MORNINGS,
        NOON.format('weeks = "odd"\n') + 'closes = "14:00"\nevery_second_from = 2027-01-04\n',
    ),
    (MORNINGS, f'{MORNINGS}visits = ["consultations"]\n'),
    (MORNINGS, f'{MORNINGS}visits = ["teleconsultation"]\n'),
    (HOLIDAYS, f"{HOLIDAYS}\n[[openings]]\ndate = 2027-02-08\n{OPENING}"),
    (HOLIDAYS, f'{HOLIDAYS}\n[[closures]]\nfirst = 2027-02-11\nfrom = "13:00"\nuntil = "12:00"\n'),
    (HOLIDAYS, f'{HOLIDAYS}\n[[caps]]\nper = "day"\nmost = 4\nminutes = 45\n'),
    (HOLIDAYS, f'{HOLIDAYS}\n[[caps]]\nper = "month"\nmost = 4\n'),
    ("notice_hours = 12 ", "holidays_open = [2027-05-07]\nnotice_hours = 12 "),
    ("horizon_days = 90", "horizon_days = 900"),
    ("buffer_after = 10", "buffer_after = 7"),
    ('patients = "known"', 'patients = "connues"'),
    ('id = "visit-3"\n', 'id = "contraception"\n'),
    ('# quick_exit = "https://meteofrance.com/"', 'quick_exit = "meteo"'),
    ("approval = false", 'approval = "non"'),
    ('hosting_mode = "practice" ', "# "),
    ('fr = "Apportez vos', 'fr = "Des données anonymes, vos'),
    (HOLIDAYS, f"{HOLIDAYS}\n[[openings]]\ndate = 2026-12-27\n{OPENING}"),
]
"""Mistakes that doctors make, each with the place where it is made."""


def without(text: str, table: str) -> str:
    """The facts without the tables of this name."""
    return re.sub(rf"^\[\[{table}\]\]\n(?:[^\[\n].*\n)*", "", text, flags=re.MULTILINE)


def placed(example: str) -> str:
    """The facts with an example in them, in place of what it changes."""
    facts = without(without(FACTS, "hours"), "closures")
    header, _, lines = example.partition("\n")
    if header in ("[rules]", "[[visits]]", "[legal]"):
        beside = 'id = "hysteroscopy"\n' if header == "[[visits]]" else f"\n{header}\n"
        before, _, table = facts.partition(beside)
        if lines.startswith("id = "):
            return f"{before}{lines}{table}"
        for key in re.findall(r"^\w+", lines, re.MULTILINE):
            table = re.sub(rf"^{key} = .*\n", "", table, count=1, flags=re.MULTILINE)
        return f"{before}{beside}{lines}{table}"
    return f"{facts}\n{example}"


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_the_guide_can_be_copied(example: str) -> None:
    read_practice(placed(example))


def test_the_head_of_the_guide_can_be_copied() -> None:
    (head,) = HEADS
    read_head(ARTICLE, "frottis.fr.md", f"{head}\nTexte.\n", ("fr",))
    names = {line.partition(":")[0].lower() for line in head.splitlines() if line[0] != " "}
    named = {name.lower() for name in re.findall(r"`([A-Z][a-z-]+)`", GUIDE)}
    assert names <= set(KNOWN[ARTICLE]) <= named


def test_every_rule_that_can_be_written_stands_in_the_guide() -> None:
    """What nobody explains, nobody uses."""
    rules = FACTS.partition("[rules]\n")[2].partition("\n[payment]")[0]
    for key in re.findall(r"^(?:# *)?(\w+) = ", rules, re.MULTILINE):
        assert key in GUIDE or key == "prefix", key


def test_the_messages_explained_in_the_guide_are_those_that_are_said() -> None:
    """Whatever the line: the facts grow, and the guide need not follow."""
    said = [refusal(old, new) for old, new in MEAN]
    explained = [counted(one) for one in EXPLAINED]
    assert [one for one in said if not any(text in one for text in explained)] == []
    assert [text for text in explained if not any(text in one for one in said)] == []


def refusal(old: str, new: str) -> str:
    """What is said of the facts with a mistake in them."""
    assert old in FACTS
    with pytest.raises(BadPractice) as refused:
        read_practice(FACTS.replace(old, new, 1), "content/practice.toml")
    return counted(str(refused.value))


def counted(message: str) -> str:
    """A message without the number of its line."""
    return re.sub(r"line \d+", "line", message)


def test_an_anchor_of_the_guide_leads_to_a_heading() -> None:
    headings = re.findall(r"^### (.+)$", GUIDE, re.MULTILINE)
    named = [re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings]
    assert re.findall(r"\]\(#(.+?)\)", GUIDE) == named
