"""The doctor's guide: every example can be copied, and the message it takes apart is a real one."""

import re

import pytest

from booking_endpoint.reading import BadPractice, read_practice
from booking_endpoint.words import read_language
from deploy.writer import TRANSLATIONS
from tests.serving import ROOT
from theme.plugins.heads import ARTICLE, KNOWN, read_head

GUIDE = (ROOT / "docs" / "guide-medecin.md").read_text("utf-8")
FACTS = (ROOT / "content" / "practice.toml").read_text("utf-8")
(REFUSED,) = re.findall(r"^```text\n(.*practice\.toml.*)\n```", GUIDE, re.MULTILINE)
"""The message that the guide takes apart."""
WRITTEN = re.findall(
    r"^```markdown\n((?:.*\n)*?)```", GUIDE.partition("## Vos horaires")[0], re.MULTILINE
)
"""What the guide shows of a text, to be copied."""
HEADS = [text for text in WRITTEN if text.startswith("Title:")]
BLOCKS = [text for text in WRITTEN if not text.startswith(("Title:", "!["))]
EXAMPLES = re.findall(r"^```toml\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


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


def test_the_message_taken_apart_in_the_guide_is_the_one_that_is_said() -> None:
    """Whatever the line: the facts grow, and the guide need not follow."""
    with pytest.raises(BadPractice) as refused:
        read_practice(FACTS.replace('opens = "09:00"', 'opens = "9h"', 1), "content/practice.toml")
    said = refused.value.said(read_language("fr", TRANSLATIONS)).replace("\N{NO-BREAK SPACE}", " ")
    assert without_line(said) == without_line(REFUSED)


def without_line(message: str) -> str:
    """A message without the number of its line."""
    return re.sub(r"ligne \d+", "ligne", message)


def test_an_anchor_of_the_guide_leads_to_a_heading() -> None:
    headings = re.findall(r"^### (.+)$", GUIDE, re.MULTILINE)
    named = [re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings]
    assert re.findall(r"\]\(#(.+?)\)", GUIDE) == named
