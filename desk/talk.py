"""Asking and telling in a terminal, in the doctor's language. Knows no key and no booking."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from textwrap import fill

from booking_endpoint.booking import bare, mark
from booking_endpoint.markup import NO_BREAK, together
from booking_endpoint.words import Language

_ = mark

WIDTH = 78
"""A terminal is 80 wide until somebody widens it."""

COMMAND = re.compile("`[^`]+`")
"""What a message tells to type."""

CLEAR = "\033[H\033[2J\033[3J"
"""Home, empty the screen, and what was scrolled away (ECMA-48; the last is xterm's)."""


@dataclass(frozen=True, slots=True)
class Talk:
    """How one person is asked; the three doors of a terminal come in as arguments."""

    language: Language
    read: Callable[[str], str]
    read_hidden: Callable[[str], str]
    write: Callable[[str], None]

    def say(self, message: str, **values: object) -> str:
        return self.language.say(message, **values)

    def wrapped(self, message: str, **values: object) -> str:
        """One paragraph. What fills it and what is to be typed are copied: each on one line."""
        said = self.say(message, **{name: together(str(value)) for name, value in values.items()})
        whole = COMMAND.sub(lambda command: together(command[0]), said)
        lines = fill(whole, WIDTH, break_long_words=False, break_on_hyphens=False)
        return lines.replace(NO_BREAK, " ")

    def tell(self, message: str, **values: object) -> None:
        """One paragraph."""
        self.write(self.wrapped(message, **values) + "\n")

    def show(self, text: str) -> None:
        """A line as it is: an address, a path, words to copy."""
        self.write(f"    {text}\n")

    def ask(self, message: str) -> str:
        return self.read(f"{self.wrapped(message)}\n> ").strip()

    def ask_hidden(self, message: str) -> str:
        return self.read_hidden(f"{self.wrapped(message)}\n> ").strip()

    def agrees(self, message: str, **values: object) -> bool:
        """Whether the person wrote the word for yes out, accent or not; anything else is a no."""
        yes = self.say(_("yes"))
        self.tell(message, **values)
        told = self.wrapped(_("Type {yes} to go on, anything else to stop."), yes=yes)
        return bare(self.read(f"{told}\n> ").strip().casefold()) == bare(yes)

    def clear(self) -> None:
        """Leave no secret on the screen, nor where it can be scrolled back to."""
        self.write(CLEAR)
