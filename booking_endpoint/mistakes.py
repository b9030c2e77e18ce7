"""What somebody wrote wrong: where, what, and what to do, in whatever language. Knows no words."""

from typing import Protocol, Self

LINE = "line {typed}"
TYPED = "{typed}"
"""Said in no language; but a language that is written from right to left sets it apart."""

SAYS = "{where}: {what}"


class Tongue(Protocol):
    """Whoever can say a message in a language, its `{gaps}` filled; `words.Language` can."""

    def say(self, message: str, /, **values: object) -> str: ...


class English:
    """The language the messages are written in."""

    @staticmethod
    def say(message: str, /, **values: object) -> str:
        return message.format(**values) if values else message


ENGLISH = English()


class Mistake(ValueError):
    """Something written that cannot stand. Its `str` is English; `said` asks for any language.

    What fills the gaps of the message stays as it was typed, but for a `Mistake` among it, which
    is a phrase of its own.
    """

    def __init__(
        self, message: str, line: int = 0, key: str = "", file: str = "", /, **values: object
    ) -> None:
        super().__init__(message)
        self.message, self.values = message, values
        self.line, self.key, self.file = line, key, file

    def what(self, tongue: Tongue) -> str:
        """What is wrong, and what to do."""
        told = {
            name: value.what(tongue) if isinstance(value, Mistake) else value
            for name, value in self.values.items()
        }
        return tongue.say(self.message, **told)

    def said(self, tongue: Tongue) -> str:
        """The same, with file, line and key before it where they are known."""
        file, line, key = (
            tongue.say(message, typed=typed) if typed else ""
            for message, typed in ((TYPED, self.file), (LINE, self.line), (TYPED, self.key))
        )
        where, what = ", ".join(filter(None, [file, line, key])), self.what(tongue)
        return tongue.say(SAYS, where=where, what=what) if where else what

    def of(self, file: str) -> Self:
        """The same mistake, in a file by this name."""
        return type(self)(self.message, self.line, self.key, file, **self.values)

    def __str__(self) -> str:
        return self.said(ENGLISH)


def to_writer(message: str) -> str:
    """Mark a message for the catalogues of who writes; it is said in their language later."""
    return message
