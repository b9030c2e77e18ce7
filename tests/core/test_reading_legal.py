"""What the law wants declared is declared, with its evidence; and what runs out is said in time."""

from datetime import date

import pytest

from booking_endpoint.reading import read_practice
from booking_endpoint.reminders import doubts, reminders
from tests.core.refusals import HERE, changed, marked_line, refusal

MODE = 'hosting_mode = "practice" '
HDS = (
    'hosting_mode = "hds"\nhds_certificate = "HDS-4711"\nhds_activities = [1, 2, 5]\n'
    'hds_version = "2.0"\nhds_expires = 2027-01-31\n'
)
OTHER = (
    'hosting_mode = "other"\nhds_rationale = "Le contrat court encore."\n'
    'hds_rationale_date = 2025-11-20\nhds_rationale_adviser = "Maître Exemple"\n'
)
TABLE = ("\n[legal]\n", f"\n[legal]  {HERE}\n")
BOOKING = 'booking"\nname = "Cabinet du Dr Hélène Valombreuse"\naddress = "7 rue des Tilleuls'

WRONG: dict[str, tuple[str, str, list[tuple[str, str]]]] = {
    # what is wrong: the key at fault, words of the message, and the changes that make it so
    "no hosting mode": ("hosting_mode", "'hds': a host certified", [TABLE, (MODE, "# ")]),
    "no legal basis": ("legal_basis", "'legitimate-interest': ", [TABLE, ("legal_basis", "# x")]),
    "no certificate": ("hds_certificate", "number", [TABLE, (MODE, 'hosting_mode = "hds" ')]),
    "no activities": ("hds_activities", "missing", [TABLE, (MODE, HDS.replace("hds_act", "# "))]),
    "an unknown activity": (
        "hds_activities",
        "such as [1, 2, 3]",
        [(MODE, HDS.replace("[1, 2, 5]", f"[1, 7]  {HERE}"))],
    ),
    "an activity twice": (
        "hds_activities",
        "such as [1, 2, 3]",
        [(MODE, HDS.replace("[1, 2, 5]", f"[1, 1]  {HERE}"))],
    ),
    "a version that is none": (
        "hds_version",
        "one of 1.1, 2.0",
        [(MODE, HDS.replace('"2.0"', f'"3"  {HERE}'))],
    ),
    "no end of the certificate": (
        "hds_expires",
        "is missing",
        [TABLE, (MODE, HDS.replace("hds_expires", "# "))],
    ),
    "no rationale": ("hds_rationale", "who advised it", [TABLE, (MODE, 'hosting_mode = "other" ')]),
    "an empty rationale": (
        "hds_rationale",
        "is empty",
        [(MODE, OTHER.replace('"Le contrat court encore."', f'" "  {HERE}'))],
    ),
    "a rationale of no day": (
        "hds_rationale_date",
        "is missing",
        [TABLE, (MODE, OTHER.replace("hds_rationale_date", "# "))],
    ),
    "a rationale on nobody's advice": (
        "hds_rationale_adviser",
        "is missing",
        [TABLE, (MODE, OTHER.replace("hds_rationale_adviser", "# "))],
    ),
    "a certificate where none is needed": (
        "hds_certificate",
        "is not a known key",
        [(MODE, f'hosting_mode = "practice"\nhds_certificate = "HDS-4711"  {HERE}\n')],
    ),
    "a host abroad without what allows it": (
        "hosts.1.safeguard",
        "'clauses': standard contractual clauses",
        [
            ("[[legal.hosts]]", f"[[legal.hosts]]  {HERE}"),
            ('country = "FR"\nphone = "04', 'country = "US"\nphone = "04'),
        ],
    ),
    "an HDS host out of the EEA": (
        "hosts.2.country",
        "within the EEA",
        [
            (MODE, HDS),
            (
                f'{BOOKING}-d’Argent, 75011 Paris"\ncountry = "FR"',
                f'{BOOKING}-d’Argent, 75011 Paris"\ncountry = "CH"  {HERE}',
            ),
        ],
    ),
}


@pytest.mark.parametrize(("key", "words", "changes"), WRONG.values(), ids=WRONG)
def test_what_is_not_declared_is_refused_with_what_to_write(
    key: str, words: str, changes: list[tuple[str, str]]
) -> None:
    text = changed(*changes)
    said = refusal(text)
    assert said.startswith(f"practice.toml, line {marked_line(text)}, legal.{key}: ")
    assert words in said


def test_more_than_ninety_days_of_retention_are_refused() -> None:
    """A booking is no medical record: what is kept long is kept elsewhere."""
    read_practice(changed(("retention_days = 7 ", "retention_days = 90 ")))
    assert "rules.retention_days: must be between 0 and 90, not 91" in refusal(
        changed(("retention_days = 7 ", "retention_days = 91 "))
    )


@pytest.mark.parametrize("country", ["FR", "RE", "NO", "IT"])
def test_a_host_in_the_european_economic_area_needs_no_safeguard(country: str) -> None:
    text = changed(('country = "FR"\nphone = "04', f'country = "{country}"\nphone = "04'))
    assert read_practice(text).legal.hosts[0].safeguard == ""


def test_whoever_hosts_for_the_practice_is_a_processor_and_the_practice_is_none() -> None:
    own, hosted = (read_practice(changed((MODE, mode))).legal for mode in (f"{MODE}\n", HDS))
    assert [host.role for host in own.processors] == ["site"]
    assert [host.role for host in hosted.processors] == ["site", "booking"]


@pytest.mark.parametrize(
    ("mode", "words"),
    [(f"{MODE}\n", []), (HDS, []), (OTHER, ["No authority"]), (HDS.replace("2.0", "1.1"), ["2.0"])],
)
def test_what_is_in_doubt_is_said_at_each_build(mode: str, words: list[str]) -> None:
    said = [str(one) for one in doubts(read_practice(changed((MODE, mode))))]
    assert len(said) == len(words)
    assert all(word in one for word, one in zip(words, said, strict=True))


def test_without_an_end_there_is_no_security_txt_and_that_is_said() -> None:
    """RFC 9116 wants the end to be stated; a practice that states none still books."""
    practice = read_practice(changed(("security_expires", "# ")))
    assert practice.legal.security_expires is None
    [said] = reminders(practice, date(2026, 11, 22))
    assert str(said).startswith("security_expires: is missing")


@pytest.mark.parametrize(
    ("mode", "day", "words"),
    [
        (f"{MODE}\n", date(2026, 11, 22), []),
        (f"{MODE}\n", date(2027, 10, 16), []),
        (f"{MODE}\n", date(2027, 10, 17), ["security_expires: 2027-11-15 is near"]),
        (f"{MODE}\n", date(2027, 11, 15), ["security_expires: 2027-11-15 is past"]),
        (f"{MODE}\n", date(2026, 11, 13), ["security_expires: 2027-11-15 is over a year away"]),
        (HDS, date(2027, 1, 2), ["hds_expires: 2027-01-31 is near"]),
        (HDS, date(2027, 1, 31), ["hds_expires: 2027-01-31 is past"]),
        (OTHER, date(2026, 11, 22), ["hds_rationale_date: 2025-11-20 is over a year ago"]),
    ],
)
def test_what_runs_out_is_said_in_time(mode: str, day: date, words: list[str]) -> None:
    """RFC 9116 wants less than a year; thirty days are time enough to renew."""
    said = list(reminders(read_practice(changed((MODE, mode))), day))
    assert [str(one).partition(";")[0] for one in said] == words
