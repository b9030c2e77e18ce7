"""axe in a page: what breaks a rule of accessibility, and what axe cannot decide."""

from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Page

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async (rules) => {
    const told = await axe.run({runOnly: rules, resultTypes: ["violations", "incomplete"]})
    const drawn = (rule, node) => rule.id === "color-contrast" && node.html.startsWith("<text")
    for (const rule of told.incomplete)
        rule.nodes = rule.nodes.filter(node => !drawn(rule, node))
    return [...told.violations, ...told.incomplete]
}"""
"""axe cannot see what the words of a drawing stand on: a test of the drawing looks at that."""


def doubts(page: Page, rules: list[str] | None = None) -> list[str]:
    """What axe finds wrong, and what it cannot decide; by all of RULES unless told otherwise."""
    page.evaluate(AXE)
    found: list[dict[str, Any]] = page.evaluate(RUN, rules or RULES)
    return [f"{rule['id']}: {node['target']}" for rule in found for node in rule["nodes"]]
