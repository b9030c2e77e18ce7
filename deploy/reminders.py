"""Says what the facts ask somebody to look at today. The one place where the facts meet a clock."""

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from booking_endpoint.practice import Practice
from booking_endpoint.reading import BadPractice, read_practice
from booking_endpoint.reminders import LOOK, reminders
from booking_endpoint.words import read_language
from deploy.writer import TRANSLATIONS, told


def remind(practice: Practice, today: date) -> None:
    """One line on the error stream for each reminder; the work goes on."""
    language = read_language(practice.languages[0], TRANSLATIONS)
    for reminder in reminders(practice, today):
        print(language.say(LOOK, what=reminder.said(language)), file=sys.stderr)


def main(arguments: Sequence[str]) -> int:
    """For the facts file named; 2 when it cannot be read."""
    file = Path(arguments[0])
    try:
        practice = read_practice(file.read_text("utf-8"), str(file))
    except (BadPractice, OSError, UnicodeDecodeError) as error:
        print(told(error, file), file=sys.stderr)
        return 2
    remind(practice, date.today())  # noqa: DTZ011 -- the day of whoever builds
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
