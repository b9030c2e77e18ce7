"""Templates are written to be read; their indentation is not sent."""

import re

from jinja2.ext import Extension

INDENT = re.compile(r"([%#]\})?\n[ \t]+")
"""With `trim_blocks` a tag takes the end of its line along: there one space parts the words."""


class Narrow(Extension):
    """Takes the indentation of a template's lines away."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return INDENT.sub(lambda found: f"{found[1]}\n " if found[1] else "\n", source)
