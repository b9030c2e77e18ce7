"""What a doctor's site must not claim of itself: a table, and how a text is held against it.

A sentence that denies the claim passes. Knows the law's words, and no page.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from booking_endpoint.mistakes import Mistake, to_writer

DATA = {
    "fr": r"donnée|réservation|rendez-vous|réponse|formulaire|demande|identité|réserve"
    r"|patiente?s?\b|vous (?:êtes|restez)|tout (?:est|reste)",
    "en": r"\bdata\b|booking|appointment|answer|\bform\b|request|identity|\bbook\b|patients?\b"
    r"|you (?:are|stay|remain)|everything (?:is|stays)",
    "he": r"נתונ|מידע|תור|הזמנ|תשוב|טופס|בקש|זהות|פרטי|מטופל|הכול|הכל",
    "it": r"\bdat[oi]\b|prenota|appuntament|rispost|modulo|richiest|identità|pazient"
    r"|(?:Lei|lei) (?:è|resta|rimane)|tutto (?:è|resta)",
}
"""Words that make a sentence one about what patients tell, or about who they are."""

CLAUSE = re.compile(r"[.;:!?,()–—|]|(?<=\s)[-*+]\s|\b(?:et|mais|and|but|e|ma)\b|\bאבל\b")
"""Where a clause ends: a denial does not reach over it."""

DENIES = re.compile(
    r"\b(?:ne|ni|pas|jamais|aucune?|rien|nul(?:le)?|non(?! seulement)(?! solo))\b|\bn'"
    r"|\b(?:not(?! only)|never|neither|nor|no|nothing|cannot)\b|n't\b"
    r"|\b(?:né|mai|nessun[oa]?|niente)\b"
    r"|(?:^|\W)(?:לא|אינ\w*|אין|איננ\w*|ולא|שאינ\w*|מעולם|שום)(?!\w)",
    re.IGNORECASE,
)

LINK = re.compile(r"\]\(https?://|href=\"https?://")
SCOPE = re.compile(r"/(?:confidentialite|privacy)/|links\.confidentialite")
"""A link to the privacy page, which says what is sealed and what is not."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim: in each pattern the first group is the claim itself, what may be denied."""

    id: str
    source: str
    hints: tuple[str, ...]
    """One of these is in every text that makes it: they are looked for first, which is faster."""
    patterns: Mapping[str, tuple[str, ...]]
    message: str
    unless: re.Pattern[str] | None = None
    """What makes the claim true, when the same paragraph holds it."""


CLAIMS = (
    Claim(
        "anonymous",
        to_writer("GDPR, recital 26; art. L.1111-8 of the public health code"),
        ("anonym", "anonim", "אנונימי"),
        {
            "fr": (
                rf"(?:{DATA['fr']}).{{0,60}}?(anonym\w+)",
                r"(anonym\w+) (?:de |des |les )*donn",
            ),
            "en": (
                rf"(?:{DATA['en']}).{{0,60}}?(anonym\w+)",
                r"(anonym\w+) (?:\w+ )?(?:data|book|appoint|request)",
            ),
            "he": (rf"(?:{DATA['he']}).{{0,60}}?(ו?ב?אנונימי\w*)",),
            "it": (rf"(?:{DATA['it']}).{{0,60}}?(anonim\w+)", r"(anonim\w+) (?:dei |i )*dati"),
        },
        to_writer("a booking belongs to a person; write that it is sealed, and who can open it"),
    ),
    Claim(
        "no-hds",
        to_writer("art. L.1111-8 of the public health code"),
        ("hds",),
        {
            "fr": (
                r"\bHDS\b.{0,40}?\b((?:n'est |ne sont )?(?:non|pas) (?:\w+ )?"
                r"(?:nécessaire|requis|obligatoire|exigé))",
                r"\bHDS\b.{0,40}?(inutile|superflu)",
                r"(dispens\w+) .{0,40}\bHDS\b",
            ),
            "en": (
                r"\bHDS\b.{0,40}?((?:not|n't) (?:\w+ )?(?:need|requir|necess|mandat)|unnecessary)",
                r"(no need|exempt\w*) .{0,40}\bHDS\b",
            ),
            "he": (r"\bHDS\b.{0,40}?((?:לא|אינ\w*|אין) ?(?:נדרש|נחוצ?|צורך|חובה|הכרחי)\w*)",),
            "it": (
                r"\bHDS\b.{0,40}?(non (?:\w+ )?(?:necessari|richiest|obbligatori))",
                r"\bHDS\b.{0,40}?(superflu\w|inutile)",
            ),
        },
        to_writer(
            "no authority has said that sealing settles it; write where bookings lie, as the facts"
            " do"
        ),
    ),
    Claim(
        "perfectly-safe",
        to_writer("GDPR, art. 32: security is a matter of risk"),
        (
            *("100", "total", "entièrement", "absolument", "parfaitement", "complètement"),
            *("completely", "absolutely", "perfectly", "fully", "entirely", "לחלוטין", "לגמרי"),
            *("completamente", "assolutamente", "perfettamente"),
        ),
        {
            "fr": (
                r"((?:100 ?%|totale?ment|entièrement|absolument|parfaitement|complètement)\W+"
                r"(?:sécuris|sûre?s?\b|protég|confidentiel|inviolable))",
            ),
            "en": (
                r"((?:100 ?%|totally|completely|absolutely|perfectly|fully|entirely)\W+"
                r"(?:secure|safe|protected|confidential))",
            ),
            "he": (r"((?:100 ?% ?)?(?:מאובטח|בטוח|מוגנ?)\w* ?(?:לחלוטין|לגמרי|ב.{0,2}100 ?%))",),
            "it": (
                r"((?:100 ?%|totalmente|completamente|assolutamente|perfettamente)\W+"
                r"(?:sicur|protett|riservat))",
            ),
        },
        to_writer("nothing is; write what protects the data, and what does not"),
    ),
    Claim(
        "compliant",
        to_writer("GDPR, art. 5(2) and 42; RGAA, declaration of conformity"),
        ("rgpd", "gdpr", "rgaa", "wcag"),
        {
            "fr": (
                r"(conform\w+)\W+(?:\w+\W+){0,3}(?:RGPD|RGAA|WCAG)\b",
                r"\b(?:RGPD|RGAA|WCAG)[- ](conforme)",
            ),
            "en": (
                r"(complian\w+|compl(?:y|ies)|conform\w*)\W+(?:\w+\W+){0,3}(?:GDPR|RGAA|WCAG)\b",
                r"\b(?:GDPR|RGAA|WCAG)[- ](complian\w+|conform\w*)",
            ),
            "he": (r"(תואמ\w*|תואם|עומד\w*|בהתאם)\W+(?:\w+\W+){0,3}(?:GDPR|RGAA|WCAG)\b",),
            "it": (r"(conform\w+)\W+(?:\w+\W+){0,3}(?:GDPR|RGPD|RGAA|WCAG)\b",),
        },
        to_writer("say what is done, or link in the same paragraph to the audit that found it"),
        unless=LINK,
    ),
    Claim(
        "end-to-end",
        to_writer("art. L.121-2 of the consumer code; GDPR, art. 5(1)(a)"),
        ("de bout en bout", "end to", "end-to", "מקצה לקצה", "da un capo"),
        {
            "fr": (r"(de bout en bout)",),
            "en": (r"(end[- ]to[- ]end)",),
            "he": (r"(מקצה לקצה)",),
            "it": (r"(da un capo all'altro|end[- ]to[- ]end)",),
        },
        to_writer(
            "the form is read on the server where there is no JavaScript; link in the same"
            " paragraph to the privacy page, which says so (/confidentialite/, /en/privacy/ …)"
        ),
        unless=SCOPE,
    ),
    Claim(
        "declared",
        to_writer("GDPR, in force since 25 May 2018: there is no declaration any more"),
        ("cnil",),
        {
            "fr": (r"(déclar\w+) (?:\w+ ){0,3}?(?:à|auprès de) la CNIL",),
            "en": (r"(declared|registered) (?:\w+ )?(?:to|with|at) (?:the )?CNIL",),
            "he": (r"((?:הוצהר|מוצהר|רשומ?|נרשמ?)\w*) .{0,12}CNIL",),
            "it": (r"(dichiarat\w|registrat\w) (?:\w+ )?(?:alla|presso la) CNIL",),
        },
        to_writer("nothing is declared to the CNIL any more; leave it out"),
    ),
    Claim(
        "outside-gdpr",
        to_writer("GDPR, art. 2 and recital 35"),
        ("rgpd", "gdpr"),
        {
            "fr": (
                r"(hors (?:du )?(?:champ (?:d'application )?du )?RGPD)",
                r"(échapp\w+ au RGPD)",
                r"\bRGPD (ne s'applique pas)",
            ),
            "en": (
                r"((?:outside|exempt from|beyond) (?:the )?(?:scope of (?:the )?)?GDPR)",
                r"\bGDPR (does not apply)",
            ),
            "he": (r"(מחוץ ל.{0,15}GDPR)", r"GDPR (?:\w+ )?((?:לא|אינו|אינן) חל)"),
            "it": (
                r"(fuori dal (?:campo (?:di applicazione )?del )?(?:GDPR|RGPD))",
                r"\b(?:GDPR|RGPD) (non si applica)",
            ),
        },
        to_writer("a booking is personal data about health; leave it out"),
    ),
    Claim(
        "not-sensitive",
        to_writer("GDPR, art. 9 and recital 35"),
        ("sensib", "sensitive", "רגיש"),
        {
            "fr": (r"donnée.{0,40}?((?:ne sont )?\b(?:non|pas|peu)[- ](?:\w+ )?sensible)",),
            "en": (r"((?:non-?|in|not )sensitive) (?:\w+ )?data", r"data.{0,30}?(not sensitive)"),
            "he": (r"(?:נתונ|מידע).{0,30}?((?:לא|אינ\w*) רגיש)",),
            "it": (r"\bdati.{0,40}?(non (?:sono )?(?:\w+ )?sensibil)",),
        },
        to_writer(
            "that somebody sees this doctor is data about health; write that you treat it so"
        ),
    ),
    Claim(
        "approved",
        to_writer(
            "art. R.4127-19-1 and R.4127-20 of the public health code: the Order approves no site"
        ),
        ("ordre", "order", "ordine", "מסדר הרופאים", "conseil", "council", "cnil"),
        {
            "fr": (
                r"((?:agréé|approuvé|recommandé|labellisé|certifié|homologué|validé)e?s?) par"
                r" (?:l'Ordre|le Conseil (?:national|départemental) de l'Ordre|la CNIL)",
            ),
            "en": (
                r"((?:approved|accredited|certified|endorsed|recommended)) by the"
                r" (?:(?:medical|French) )*(?:Order|Council|CNIL)\b",
            ),
            "he": (r"((?:מאושר|מוסמכ?|מומלצ?|באישור)\w*) .{0,12}(?:מסדר הרופאים|CNIL)",),
            "it": (
                r"((?:approvat|accreditat|certificat|raccomandat)\w) (?:dall'Ordine|dalla CNIL)",
            ),
        },
        to_writer("they approve no website; leave it out"),
    ),
)

TYPED = str.maketrans("’ʼıİ\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\n\t", "''iI    ")
"""Signs that are one to a reader become one here, so that places in the text stay what they are."""


PARAGRAPH = re.compile(r"(?:[^\n]|\n(?![ \t]*\n))+")


@dataclass(frozen=True, slots=True)
class Found:
    """A claim in a text: which, its words, and its line, counted from 1."""

    claim: Claim
    words: str
    line: int

    @property
    def mistake(self) -> Mistake:
        """What is wrong with it, and what to write."""
        return Mistake(
            "do not write '{words}': {instead} ({source})",
            words=self.words,
            instead=Mistake(self.claim.message),
            source=Mistake(self.claim.source),
        )

    def __str__(self) -> str:
        return str(self.mistake)


def claims_in(text: str) -> Iterator[Found]:
    """Every claim a text makes, paragraph by paragraph, in whatever of our languages."""
    folded = text.translate(TYPED).casefold()
    hinted = [claim for claim in CLAIMS if any(hint in folded for hint in claim.hints)]
    for paragraph in PARAGRAPH.finditer(text) if hinted else ():
        plain = paragraph[0].translate(TYPED)
        for claim in hinted:
            if claim.unless and claim.unless.search(plain):
                continue
            for place, words in sorted(made(claim, plain).items()):
                line = 1 + text.count("\n", 0, paragraph.start() + place)
                yield Found(claim, words, line)


def made(claim: Claim, plain: str) -> dict[int, str]:
    """Where a paragraph makes this claim, and in which words; not where it is denied."""
    return {
        match.start(1): match[0]
        for patterns in claim.patterns.values()
        for pattern in patterns
        for match in re.finditer(pattern, plain, re.IGNORECASE)
        if not denied(plain[: match.start(1)])
    }


def denied(before: str) -> bool:
    """Whether the clause that leads up to a claim denies it."""
    ends = [end.end() for end in CLAUSE.finditer(before)]
    return bool(DENIES.search(before, ends[-1] if ends else 0))
