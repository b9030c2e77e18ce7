"""Who can open an envelope, in the text of practice.toml: one table added, replaced or gone. Pure.

Nothing else of the text changes: the doctor's comments and order stay as they are.
"""

import tomllib

from booking_endpoint.facts import line_numbers
from booking_endpoint.practice import Recipient
from booking_endpoint.reading import read_practice


def with_recipient(text: str, recipient: Recipient) -> str:
    """The facts with this recipient, in the place of the one of the same role, else at the end.

    Raises BadPractice when the facts would then be refused.
    """
    table = recipient.to_toml()
    span = span_of(text, recipient.role)
    lines = text.splitlines(keepends=True)
    if span:
        changed = [*lines[: span[0]], table, *lines[span[1] :]]
    else:
        changed = [*lines, "" if text.endswith("\n") else "\n", "\n", table]
    return checked(text, "".join(changed))


def without_recipient(text: str, role: str) -> str:
    """The facts without the recipient of a role; as they were when there is none."""
    span = span_of(text, role)
    lines = text.splitlines(keepends=True)
    return checked(text, "".join([*lines[: span[0]], *lines[span[1] :]]) if span else text)


def span_of(text: str, role: str) -> tuple[int, int] | None:
    """From which line, counted from 0, to before which the table of a role stands."""
    places = line_numbers(text)
    for index, table in enumerate(tomllib.loads(text).get("recipients", [])):
        if table.get("role") == role:
            here = [line for path, line in places.items() if path[:2] == ("recipients", index)]
            return min(here) - 1, max(here)
    return None


def checked(before: str, after: str) -> str:
    """What was written, once it is seen to be good facts that differ in recipients alone."""
    read_practice(after)
    told = [tomllib.loads(text) for text in (before, after)]
    for facts in told:
        facts.pop("recipients", None)
    if told[0] != told[1]:
        raise ValueError("the facts would change elsewhere too")
    return after
