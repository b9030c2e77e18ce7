"""The papers a doctor must be able to show, in French, made from the facts: so they cannot drift.

Each is one HTML page that needs nothing else, to be printed on A4 and signed.
"""

import argparse
import hashlib
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from booking_endpoint.envelope import fingerprint
from booking_endpoint.markup import templates
from booking_endpoint.practice import Practice, Visit
from booking_endpoint.reading import BadPractice, read_practice
from booking_endpoint.words import read_language
from deploy.reminders import remind
from deploy.writer import told

ROOT = Path(__file__).parents[1]
TEMPLATES = Path(__file__).parent / "documents"
NOTHING = "online_booking = false: these papers are about bookings taken online; there are none"
DOCUMENTS = ("registre.html", "aipd.html", "violations.html", "securite.html")
"""The register (GDPR, art. 30), the impact assessment (35), breaches (33 and 34), security (32)."""


def main(arguments: Sequence[str]) -> int:
    """Write the documents; 2 when the facts cannot be read or the folder not be written."""
    asked = parser().parse_args(arguments)
    # The day of whoever prints is what a paper is dated with.
    today = date.today()  # noqa: DTZ011
    try:
        facts = asked.practice.read_bytes()
        practice = read_practice(facts.decode("utf-8"), str(asked.practice))
        if not practice.rules.online_booking:
            print(NOTHING, file=sys.stderr)
            return 2
        asked.output.mkdir(parents=True, exist_ok=True)
        for name, page in documents(practice, digest(facts), asked.date or today).items():
            (asked.output / name).write_text(page, encoding="utf-8")
            print(asked.output / name)
    except (BadPractice, OSError, UnicodeDecodeError) as error:
        print(told(error, asked.practice), file=sys.stderr)
        return 2
    remind(practice, today)
    print("Open them in a browser and print them. They are drafts for you to read, date and sign.")
    return 0


def parser() -> argparse.ArgumentParser:
    described = argparse.ArgumentParser(prog="documents", description=__doc__)
    described.add_argument("--output", type=Path, default=ROOT / "documents")
    described.add_argument("--practice", type=Path, default=ROOT / "content" / "practice.toml")
    described.add_argument("--date", type=day, help="such as 2026-11-20; or today")
    return described


def day(text: str) -> date:
    """A day of the calendar, year first; argparse names it when it is none."""
    return date.fromisoformat(text)


def digest(facts: bytes) -> str:
    """By which a paper can be told to be of these facts: SHA-256, as `sha256sum` prints it."""
    return hashlib.sha256(facts).hexdigest()


def documents(practice: Practice, facts: str, day: date) -> Mapping[str, str]:
    """Every document by the name of its file; `facts` is the digest of what they are made from."""
    environment = templates(TEMPLATES)
    told = {
        "practice": practice,
        "legal": practice.legal,
        "rules": practice.rules,
        "language": read_language("fr"),
        "fingerprint": fingerprint,
        "facts": facts,
        "day": day,
        "dated": labels(practice, [one for one in practice.visits if one.asks_birth_date]),
        "approved": labels(practice, [one for one in practice.visits if one.approval]),
    }
    return {name: environment.get_template(name).render(told) for name in DOCUMENTS}


def labels(practice: Practice, visits: Sequence[Visit]) -> list[str]:
    """What the visits are called in French, or else in the doctor's own language."""
    return [visit.label.get("fr", visit.label[practice.languages[0]]) for visit in visits]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
