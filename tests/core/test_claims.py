"""What must not be claimed is found in every language; what denies it or only sounds alike, not."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking_endpoint.claims import CLAIMS, TYPED, claims_in
from booking_endpoint.reading import read_practice
from tests.core.cast import FACTS
from tests.core.refusals import changed, refusal

MADE = {
    "anonymous": [
        "Vos données sont anonymes.",
        "Réservez de façon anonyme !",
        "Les données ne sont lues par personne et restent anonymes.",
        "Pas de compte : vos **réponses** sont *anonymes*.",
        "Your data are anonymous.",
        "We keep only anonymised data.",
        "Your booking is not only sealed but stays anonymous.",
        "הנתונים שלכם אנונימיים.",
        "I suoi dati sono anonimi.",
        "Una prenotazione del tutto anonima.",
    ],
    "no-hds": [
        "HDS non nécessaire.",
        "Un hébergeur HDS n’est pas nécessaire.",
        "Le pli scellé dispense d’un hébergeur HDS.",
        "HDS certification is not required.",
        "There is no need of HDS hosting.",
        "אירוח HDS אינו נדרש.",
        "L’hosting HDS non è necessario.",
    ],
    "perfectly-safe": [
        "Un site 100 % sécurisé.",
        "Un service entièrement sûr.",
        "A 100% secure site.",
        "It is completely safe.",
        "האתר מאובטח לחלוטין.",
        "Un sito totalmente sicuro.",
    ],
    "compliant": [
        "Site conforme au RGPD.",
        "Pages conformes au référentiel RGAA.",
        "This site is GDPR compliant.",
        "We comply with the GDPR.",
        "האתר תואם GDPR.",
        "Sito conforme al GDPR.",
    ],
    "end-to-end": [
        "Un message chiffré de bout en bout.",
        "Bookings are encrypted end to end.",
        "הצפנה מקצה לקצה.",
        "Dati cifrati da un capo all’altro.",
    ],
    "declared": [
        "Fichier déclaré à la CNIL.",
        "Registered with the CNIL.",
        "האתר רשום אצל CNIL.",
        "Sito dichiarato alla CNIL.",
    ],
    "outside-gdpr": [
        "Ces plis sont hors RGPD.",
        "Le RGPD ne s’applique pas ici.",
        "This is outside the scope of the GDPR.",
        "The GDPR does not apply.",
        "המעטפות הן מחוץ לתחולת GDPR.",
        "Le buste sono fuori dal campo di applicazione del GDPR.",
    ],
    "not-sensitive": [
        "Ce sont des données non sensibles.",
        "Ces données ne sont pas sensibles.",
        "We keep non-sensitive data.",
        "אלה נתונים לא רגישים.",
        "Sono dati non sensibili.",
    ],
    "approved": [
        "Site agréé par l’Ordre des médecins.",
        "Recommandé par le Conseil national de l’Ordre.",
        "Approved by the French Medical Council.",
        "אתר מאושר בידי מסדר הרופאים.",
        "Sito approvato dall’Ordine.",
    ],
}
"""Claims as somebody might write them, by the id of the table."""

HONEST = [
    "Vos données ne sont pas anonymes.",
    "Aucune réservation n’est anonyme.",
    "Les réservations ne sont ni anonymes ni publiques.",
    "Nous ne disons pas que vos données sont anonymes.",
    "Your data are not anonymous.",
    "No booking is anonymous.",
    "הנתונים אינם אנונימיים.",
    "I dati non sono anonimi.",
    "Dépistage anonyme et gratuit au centre de santé, sans rendez-vous.",
    "Rien ne dit qu’un hébergeur HDS soit superflu.",
    "Un hébergeur HDS est nécessaire.",
    "Nos données médicales ne sont pas entièrement protégées.",
    "Nothing is perfectly secure.",
    "Ce site n’est pas conforme au RGAA.",
    "We do not claim that the site is GDPR compliant.",
    "Une violation est notifiée à la CNIL.",
    "Il n’est déclaré ni à l’Ordre ni ailleurs.",
    "Ce site n’est pas agréé par l’Ordre.",
    "Ce sont des données sensibles.",
    "Inscrit à l’Ordre des médecins.",
]
"""Sentences that deny a claim, or are about something else."""


def test_every_claim_of_the_table_is_made_in_the_examples_in_each_language() -> None:
    assert list(MADE) == [claim.id for claim in CLAIMS]
    assert {tuple(claim.patterns) for claim in CLAIMS} == {("fr", "en", "he", "it")}


@pytest.mark.parametrize(("claim", "text"), [(id_, text) for id_ in MADE for text in MADE[id_]])
def test_a_claim_is_found(claim: str, text: str) -> None:
    assert [found.claim.id for found in claims_in(text)] == [claim]


@pytest.mark.parametrize("text", HONEST)
def test_an_honest_sentence_passes(text: str) -> None:
    assert [found.claim.id for found in claims_in(text)] == []


PATTERNS = [
    (claim, pattern)
    for claim in CLAIMS
    for patterns in claim.patterns.values()
    for pattern in patterns
]


@given(data=st.data())
@settings(max_examples=300)
def test_no_claim_is_made_without_one_of_its_hints(data: st.DataObject) -> None:
    """They are looked for first: what holds none of them is not read for the claim at all."""
    claim, pattern = data.draw(st.sampled_from(PATTERNS))
    text = data.draw(st.from_regex(re.compile(pattern, re.IGNORECASE), fullmatch=True))
    folded = text.translate(TYPED).casefold()
    assert any(hint in folded for hint in claim.hints), (claim.id, text)


def test_a_claim_passes_beside_what_makes_it_true() -> None:
    """A link in the same paragraph: to the audit, to the page that says what is sealed."""
    audit = "Site conforme au RGAA ([audit de 2027](https://exemple.fr/audit))."
    scope = "Chiffré de bout en bout, dans [ces limites](/confidentialite/)."
    assert list(claims_in(audit)) == list(claims_in(scope)) == []
    assert list(claims_in(audit.replace(" (", "\n\n("))) != []
    assert list(claims_in(scope.replace("/confidentialite/", "/tarifs/"))) != []


def test_a_denial_does_not_reach_over_the_end_of_its_clause() -> None:
    for text in (
        "- pas de cookie\n- données anonymes",
        "Rien à craindre, vos données sont anonymes",
    ):
        assert [found.claim.id for found in claims_in(text)] == ["anonymous"]


def test_a_claim_knows_its_line_and_what_to_write_instead() -> None:
    """Also where a sentence runs over the end of a line."""
    [found] = claims_in("Un.\n\nDeux.\nVos données sont\nanonymes.")
    assert found.line == 5
    assert "sealed" in str(found)
    assert "GDPR, recital 26" in str(found)


@pytest.mark.parametrize(
    ("old", "key"),
    [
        ('fr = "Gynécologue', "doctor.specialty.fr"),
        ('he = "ביקור אצל', "visits.1.label.he"),
        ('insurance = "', "doctor.insurance"),
        ('spoken = ["', "doctor.spoken"),
    ],
)
def test_a_claim_in_the_facts_is_refused_by_file_line_and_key(old: str, key: str) -> None:
    text = changed((old, f"{old}anonymised data "))
    line = text[: text.index("anonymised data")].count("\n") + 1
    said = refusal(text)
    assert said.startswith(f"practice.toml, line {line}, {key}: do not write 'anonymised data'")


def test_a_comment_of_the_facts_may_say_anything() -> None:
    read_practice(f"# Vos données sont anonymes.\n{FACTS}")
