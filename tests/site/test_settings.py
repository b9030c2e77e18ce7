"""Documents cannot drift: a changed setting changes what patients read, and the papers."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from booking_endpoint.envelope import fingerprint, public_text
from booking_endpoint.pages import Pages
from booking_endpoint.practice import Recipient
from booking_endpoint.reading import read_practice
from tests.core.cast import FACTS
from tests.core.refusals import changed, refusal
from tests.keys import new_key
from tests.site.document import Document
from tests.site.papers import read, said

LANGUAGES = ("fr", "en", "he", "it")
KEYS = [public_text(new_key()) for _ in range(2)]
OPEN, OPENED_BY_ANOTHER = (f"\n{Recipient('doctor', key).to_toml()}" for key in KEYS)

HDS = (
    'hosting_mode = "practice"',
    'hosting_mode = "hds"\nhds_certificate = "HDS-4711"\nhds_activities = [1, 2]\n'
    'hds_version = "2.0"\nhds_expires = 2028-05-31',
)
OTHER = (
    'hosting_mode = "practice"',
    'hosting_mode = "other"\nhds_rationale = "Le contrat court encore."\n'
    'hds_rationale_date = 2026-11-20\nhds_rationale_adviser = "Maître Exemple"',
)
ABROAD = ('country = "FR"\nphone = "04', 'country = "CH"\nsafeguard = "adequacy"\nphone = "04')
NOBODY: tuple[str, str] = ("", "")

Told = Callable[[str], dict[str, str]]
Says = dict[str, str]
"""Where it is read -> what; a page that patients read stands for its four languages alike."""


def in_four(page: str, *words: str) -> Says:
    return {f"{page}.{code}": text for code, text in zip(LANGUAGES, words, strict=True)}


def alike(page: str, words: str) -> Says:
    return in_four(page, *[words] * 4)


ROWS: dict[str, tuple[tuple[str, str], tuple[str, str], Says]] = {
    # setting: what the facts are before, what is changed, and what is then said and was not before
    "rules.notice_hours": (NOBODY, ("= 12 ", "= 36 "), {"registre": "de 36 heures à 90 jours"}),
    "rules.horizon_days": (NOBODY, ("= 90 ", "= 45 "), {"registre": "à 45 jours à l’avance"}),
    "rules.cancellation_hours": (
        NOBODY,
        ("cancellation_hours = 24", "cancellation_hours = 48"),
        dict.fromkeys(("registre", "aipd", "securite"), "48 heures avant"),
    ),
    "rules.retention_days": (
        NOBODY,
        ("retention_days = 7 ", "retention_days = 12 "),
        {
            **in_four(
                "privacy", "12 jours après", "12 days after", "12 ימים אחרי", "12 giorni dopo"
            ),
            **in_four("short", "12 jours après", "12 days after", "12 ימים אחרי", "12 giorni dopo"),
            **dict.fromkeys(
                ("registre", "aipd", "violations", "securite"), "12 jours après la visite"
            ),
        },
    ),
    "rules.email_reminders": (
        NOBODY,
        ('email_reminders = "time"', 'email_reminders = "visit"'),
        {
            **in_four(
                "privacy",
                "le médecin, l’heure et le motif",
                "the doctor, the time and the visit",
                "השעה והביקור",
                "il medico, l’ora e la visita",
            ),
            "registre": "l’heure, le motif et le nom du médecin",
        },
    ),
    "rules.approval": (
        NOBODY,
        ("approval = false", "approval = true"),
        {"registre": "est attendu pour : Consultation", "securite": "cabinet : Consultation"},
    ),
    "rules.approval_above": (
        NOBODY,
        ("# approval_above = 30", "approval_above = 17"),
        dict.fromkeys(("registre", "securite"), "au-delà de 17 en une heure"),
    ),
    "rules.bookings_a_day": (
        NOBODY,
        ("# bookings_a_day = 100", "bookings_a_day = 83"),
        dict.fromkeys(("registre", "aipd", "securite"), "83 réservations par jour"),
    ),
    "rules.network_bookings_a_day": (
        NOBODY,
        ("# network_bookings_a_day = 10", "network_bookings_a_day = 7"),
        {
            "registre": "7 au plus pour un même réseau",
            "aipd": "7 par réseau",
            "securite": "7 par réseau",
        },
    ),
    "legal.site_url": (
        NOBODY,
        ("https://dr-valombreuse.example", "https://autre.example"),
        {
            "security.txt": "Canonical: https://autre.example/.well-known/security.txt",
            **dict.fromkeys(
                ("registre", "aipd", "violations", "securite"), "https://autre.example"
            ),
        },
    ),
    "legal.publication_director": (
        NOBODY,
        ('publication_director = "Dr Hélène', 'publication_director = "Dr Louise'),
        alike("legal", "Dr Louise Valombreuse"),
    ),
    "legal.siret": (NOBODY, ('siret = ""', 'siret = "000 000 002"'), alike("legal", "000 000 002")),
    "legal.rules_url": (
        NOBODY,
        ("fr/code-deontologie", "fr/deontologie"),
        alike("legal", "https://www.conseil-national.medecin.fr/deontologie"),
    ),
    "legal.dpo": (
        NOBODY,
        ('# dpo = "Nom', 'dpo = "Mme Garde'),
        {
            **alike("privacy", "Mme Garde, courriel"),
            **dict.fromkeys(("registre", "aipd"), "Mme Garde"),
        },
    ),
    "legal.legal_basis": (
        NOBODY,
        ('"legitimate-interest"', '"pre-contract"'),
        {
            **alike("privacy", "6(1)(b)"),
            **in_four("short", "emporter", "take away", "לקבל אותן לידיכם", "portare con sé"),
            **dict.fromkeys(("registre", "aipd"), "Article 6(1)(b)"),
        },
    ),
    "legal.hosting_mode": (
        NOBODY,
        OTHER,
        {
            **in_four(
                "privacy",
                "aucune certification",
                "no certification",
                "שלא הוצהרה",
                "non è dichiarata alcuna",
            ),
            **dict.fromkeys(("registre", "aipd", "securite"), "n’est pas déclaré comme certifié"),
            "violations": "Cabinet du Dr Hélène Valombreuse, 01 99",
        },
    ),
    "legal.hds_certificate": (
        HDS,
        ("HDS-4711", "HDS-4712"),
        {
            **alike("privacy", "HDS-4712"),
            **dict.fromkeys(("registre", "aipd", "securite"), "HDS-4712"),
        },
    ),
    "legal.hds_activities": (
        HDS,
        ("[1, 2]", "[1, 2, 5]"),
        {
            **alike("privacy", "1, 2, 5"),
            **dict.fromkeys(("registre", "aipd", "securite"), "1, 2, 5"),
        },
    ),
    "legal.hds_version": (
        HDS,
        ('"2.0"', '"1.1"'),
        {
            **in_four("privacy", "version 1.1", "version 1.1", "גרסה 1.1", "versione 1.1"),
            **dict.fromkeys(("registre", "aipd", "securite"), "version 1.1"),
        },
    ),
    "legal.hds_expires": (
        HDS,
        ("2028-05-31", "2029-01-02"),
        {
            **in_four(
                "privacy", "2 janvier 2029", "2 January 2029", "2 בינואר 2029", "2 gennaio 2029"
            ),
            **dict.fromkeys(("registre", "aipd", "securite"), "2 janvier 2029"),
        },
    ),
    "legal.hds_rationale": (
        OTHER,
        ("court encore", "finit en mai"),
        dict.fromkeys(("registre", "aipd", "securite"), "Le contrat finit en mai."),
    ),
    "legal.hds_rationale_date": (
        OTHER,
        ("2026-11-20\nhds", "2026-10-02\nhds"),
        dict.fromkeys(("registre", "aipd", "securite"), "le 2 octobre 2026"),
    ),
    "legal.hds_rationale_adviser": (
        OTHER,
        ("Maître Exemple", "Maître Modèle"),
        dict.fromkeys(("registre", "aipd", "securite"), "sur le conseil de Maître Modèle"),
    ),
    "legal.security_expires": (
        NOBODY,
        ("2027-11-15", "2027-06-30"),
        {"security.txt": "Expires: 2027-06-30T00:00:00Z"},
    ),
    "legal.hosts.name": (
        NOBODY,
        ("Hébergeur Exemple", "Nuage Exemple"),
        {
            **alike("legal", "Nuage Exemple"),
            **alike("privacy", "Nuage Exemple"),
            **dict.fromkeys(("registre", "aipd", "violations"), "Nuage Exemple"),
        },
    ),
    "legal.hosts.address": (
        NOBODY,
        ("69001 Lyon", "13001 Marseille"),
        {**alike("legal", "13001 Marseille"), "registre": "13001 Marseille"},
    ),
    "legal.hosts.phone": (
        NOBODY,
        ("04 65 71 00 00", "04 65 71 00 09"),
        {**alike("legal", "04 65 71 00 09"), **dict.fromkeys(("registre", "violations"), "00 09")},
    ),
    "legal.hosts.role": (
        OTHER,
        ('role = "booking"\nname = "Cabinet', 'role = "booking"\nname = "Coffre'),
        {**alike("privacy", "Coffre"), "violations": "Coffre"},
    ),
    "legal.hosts.country": (
        NOBODY,
        ('country = "FR"\nphone = "04', 'country = "DE"\nphone = "04'),
        {
            **in_four("privacy", "Allemagne", "Germany", "גרמניה", "Germania"),
            "registre": "Allemagne",
        },
    ),
    "legal.hosts.safeguard": (
        ABROAD,
        ('"adequacy"', '"clauses"'),
        {
            **in_four("privacy", "clauses types", "standard clauses", "סעיף 46", "clausole tipo"),
            "registre": "clauses contractuelles types",
        },
    ),
    "doctor.family_name": (
        NOBODY,
        ('family_name = "Valombreuse"', 'family_name = "Exemple"'),
        {
            **alike("privacy", "Dr Hélène Exemple"),
            **alike("legal", "Dr Hélène Exemple"),
            **alike("short", "Dr Hélène Exemple"),
            **dict.fromkeys(("registre", "aipd", "violations", "securite"), "Dr Hélène Exemple"),
        },
    ),
    "doctor.rpps": (
        NOBODY,
        ("10000000009", "10000000017"),
        {**alike("legal", "10000000017"), **dict.fromkeys(("registre", "aipd"), "10000000017")},
    ),
    "doctor.email": (
        NOBODY,
        ("secretariat@", "cabinet@"),
        {
            **alike("privacy", "cabinet@valombreuse.example"),
            **alike("legal", "cabinet@valombreuse.example"),
            "security.txt": "Contact: mailto:cabinet@valombreuse.example",
            "registre": "cabinet@valombreuse.example",
        },
    ),
    "doctor.order_number": (NOBODY, ("75/00000", "75/00001"), alike("legal", "75/00001")),
    "doctor.insurance": (NOBODY, ("Mutuelle Exemple", "Mutuelle Modèle"), alike("legal", "Modèle")),
    "places.street": (
        NOBODY,
        ('street = "7 rue', 'street = "9 rue'),
        {
            **alike("privacy", "9 rue des Tilleuls"),
            **alike("legal", "9 rue des Tilleuls"),
            **dict.fromkeys(("registre", "aipd"), "9 rue des Tilleuls"),
        },
    ),
    "places.phone": (
        NOBODY,
        ('"FR"\nphone = "01 99 00 47 11"', '"FR"\nphone = "01 99 00 47 12"'),
        {
            **alike("privacy", "01 99 00 47 12"),
            **alike("short", "01 99 00 47 12"),
            **dict.fromkeys(("registre", "aipd", "violations", "securite"), "01 99 00 47 12"),
        },
    ),
    "visits.asks_birth_date": (
        NOBODY,
        ('id = "consultation"', 'id = "consultation"\nasks_birth_date = true'),
        {
            **in_four(
                "privacy",
                "que pour : Consultation de gynécologie",
                "only for: Gynaecology consultation",
                "ביקור אצל רופאת נשים",
                "Visita ginecologica",
            ),
            "registre": "motifs : Consultation de gynécologie",
            "aipd": "pour Consultation de gynécologie",
            "securite": "pour Consultation de gynécologie",
        },
    ),
    "visits.approval": (
        NOBODY,
        ('id = "colposcopy"', 'id = "colposcopy"\napproval = true'),
        {"registre": "est attendu pour : Colposcopie", "securite": "cabinet : Colposcopie"},
    ),
    "recipients.key": (
        NOBODY,
        (OPEN, OPENED_BY_ANOTHER),
        {
            **alike("privacy", fingerprint(KEYS[1])),
            **dict.fromkeys(("registre", "aipd", "violations", "securite"), fingerprint(KEYS[1])),
        },
    ),
    "recipients.role": (
        NOBODY,
        ('role = "doctor"', 'role = "secretary"'),
        {
            **in_four(
                "privacy", "Le secrétariat du", "The secretary of", "המזכירות של", "La segreteria"
            ),
            **in_four("short", "le secrétariat", "the secretary", "ומזכירות", "e la segreteria"),
            **dict.fromkeys(
                ("registre", "aipd", "violations", "securite"), "Le secrétariat du cabinet"
            ),
        },
    ),
    "demonstration": (
        ("demonstration = true", "demonstration = false"),
        ("demonstration = false", "demonstration = true"),
        dict.fromkeys(("registre", "aipd", "violations", "securite"), "ce médecin n’existe pas"),
    ),
}

SILENT = {
    "rules.online_booking": "without it there are no such pages and papers: see test_alone",
    "rules.no_crumbs": "which free times are shown touches no data",
    "rules.holidays_country": "the calendar touches no data",
    "rules.holidays_subdivision": "as above",
    "rules.holidays_open": "as above",
    "rules.prefix": "an address on the same host; who answers there is told as the host",
}
"""Settings of which no document speaks, and why."""


@pytest.fixture(scope="module")
def says(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """What facts say; asked for the same twice, it is made once."""
    return cache(lambda text: said(text, tmp_path_factory.mktemp("facts")))


@pytest.mark.parametrize("setting", ROWS)
def test_a_changed_setting_changes_what_is_said(setting: str, says: Told) -> None:
    """In every language in which a patient reads it, and on every paper that speaks of it."""
    before, change, expected = ROWS[setting]
    base = changed(before) + OPEN
    assert change[0] in base
    was, now = says(base), says(base.replace(*change, 1))
    for place, words in expected.items():
        assert words in now[place], place
        assert words not in was[place], place


def known(table: str, *changes: tuple[str, str]) -> set[str]:
    """Every key that may stand in a table of the facts, as the refusal of a strange one says."""
    strange = refusal(changed(*changes, (f"\n[{table}]\n", f"\n[{table}]\nzoom = 1\n")))
    return {f"{table}.{key}" for key in strange.partition("known here: ")[2].split(", ")}


def test_no_setting_of_the_rules_and_of_the_law_is_silently_left_out() -> None:
    """Whoever adds one says where it is told, or here why it need not be."""
    there = known("rules") | known("legal") | known("legal", HDS) | known("legal", OTHER)
    told = {re.sub(r"^(legal\.hosts)\..*", r"\1", setting) for setting in ROWS}
    assert there - told == set(SILENT)


@pytest.mark.parametrize(
    ("days", "words"), [(0, "dès que la visite"), (1, "un jour après la visite")]
)
def test_a_short_retention_is_said_in_good_french(says: Told, days: int, words: str) -> None:
    now = says(changed(("retention_days = 7 ", f"retention_days = {days} ")) + OPEN)
    for place in ("privacy.fr", "short.fr", "registre", "aipd", "violations", "securite"):
        assert words in now[place].replace("Dès", "dès").replace("Un jour", "un jour"), place


def test_with_and_without_a_script_the_form_shows_the_same_short_notice(says: Told) -> None:
    """One fragment: in the site's own page for the script, in the endpoint's answer without one."""
    facts, shell = FACTS + OPEN, '<!--links {"confidentialite": "/"}--><!--main-->'
    pages = Pages(read_practice(facts), "/rdv", dict.fromkeys(LANGUAGES, shell))
    form: dict[str, Any] = {"values": {}, "errors": {}, "times": [], "hidden": {"nonce": "1"}}
    for code in LANGUAGES:
        answer = pages.page(
            code,
            "details.html",
            "",
            discreet=False,
            chosen="",
            asks_birth_date=False,
            reminder="no",
            **form,
        )
        notice = Document(pages.page(code, "short.html", "", discreet=False)).words
        assert notice in Document(answer).words
        assert read(notice) in says(facts)[f"booking.{code}"]


def test_one_host_of_health_data_abroad_is_told_as_a_transfer(says: Told) -> None:
    told = says(changed(ABROAD) + OPEN)
    assert "Rien d’autre n’est envoyé hors" in told["privacy.fr"]
    assert "Rien n’est envoyé hors" in says(FACTS + OPEN)["privacy.fr"]
