"""Words that a doctor's site should not use, by rule and by language: a table, and how to look.

A sentence that denies them passes. They are signs, not proofs: most of the rules only warn.
"""

import re
from collections.abc import Iterator, Mapping

from booking_endpoint.claims import TYPED, denied

DOCTORS = r"(?:gynéco\w*|médecins?|spécialistes?|cabinets?|équipes?|experte?s?|soins?|praticien\w*)"
MEDICI = r"(?:medic[oia]\w*|ginecolog\w*|specialist\w*|stud[io]\w*|cur[ae])"

WORDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "reviews": {
        "fr": (
            r"\bavis (?:(?:de |des |de mes )?patiente?s?|clients?|google|vérifiés)\b",
            r"\btémoignages?\b|parlent de nous|note moyenne|\b[45] étoiles",
            r"\b[45](?:[,.]\d)? ?/ ?5\b",
        ),
        "en": (
            r"\b(?:patients?'?|customer|google|verified) reviews?\b|\btestimonials?\b",
            r"what (?:our |my )?patients say|\b(?:5|five)[- ]stars?\b|\b[45](?:\.\d)? ?/ ?5\b",
        ),
        "he": (r"חוות דעת (?:של )?(?:ה?מטופל|לקוח)\w*|המלצות (?:של )?ה?מטופל\w*|ביקורות גוגל",),
        "it": (r"\brecensioni\b|\btestimonianze\b|dicono di noi|\b5 stelle\b",),
    },
    "comparison": {
        "fr": (
            r"contrairement (?:à|aux) (?:mes |d'autres |certains |autres )?"
            r"(?:confrères|consœurs|médecins|cabinets)",
            r"(?:mieux|plus \w+|moins \w+) que (?:les |mes |d'autres |la plupart des |chez )*"
            r"(?:autres )?(?:confrères|consœurs|médecins|cabinets|cliniques)",
        ),
        "en": (
            r"unlike (?:other|most|many|my) (?:doctors|colleagues|practices|clinics)",
            r"(?:better|faster|cheaper|(?:more|less) \w+) than (?:other|any other|most) "
            r"(?:doctor|colleague|practice|clinic)s?",
        ),
        "he": (r"בניגוד ל(?:רופא|עמית|מרפא)\w*|יותר מ(?:רופא|עמית|מרפא)\w+ אחר\w*",),
        "it": (
            r"a differenza (?:di|dei|degli) (?:altri|molti|miei) (?:medici|colleghi|studi)",
            r"(?:meglio|più \w+|meno \w+) (?:di|degli|dei) (?:altri|miei) "
            r"(?:medici|colleghi|studi)",
        ),
    },
    "superlative": {
        "fr": (
            rf"\bmeilleure?s? {DOCTORS}",
            r"\bn° ?1\b|\bnuméro (?:1|un)\b|\bleaders?\b|de renom(?:mée)?\b|d'excellence\b"
            r"|\breconnue?s? comme\b|\bincontournable|à la pointe d",
        ),
        "en": (
            r"\bbest (?:doctor|gynae\w*|gyne\w*|specialist|practice|clinic|care|expert|team)s?\b",
            r"\bleading (?:doctor|gyn\w*|specialist|expert|practice|clinic)|\bnumber one\b"
            r"|\brenowned\b|world[- ]class|state[- ]of[- ]the[- ]art|cutting[- ]edge",
        ),
        "he": (
            r"(?:רופא\w*|מרפאה|מומחי\w*|צוות|טיפול) הטוב\w* ביותר",
            r"מספר אחת\b|(?:רופא\w*|מומחי\w*|מרפאה) המוביל\w*|בעל\w* שם עולמי",
        ),
        "it": (
            rf"\bmiglior[ei]? {MEDICI}",
            r"\bnumero uno\b|\bleader\b|\brinomat[oaie]\b|d'eccellenza\b|all'avanguardia",
        ),
    },
    "guarantee": {
        "fr": (
            r"résultats? (?:est |sont )?garantis?|garanti\w* (?:un |le |des )?(?:bon )?résultat",
            r"sans (?:aucun |le moindre )?(?:risque|danger|effet secondaire)"
            r"|100 ?% (?:efficace|de réussite)|guérison (?:assurée|garantie)|\bindolores?\b",
        ),
        "en": (
            r"results? (?:are |is )?guaranteed|guaranteed? (?:a |the |good )?results?",
            r"risk[- ]free|without (?:any )?risk|100 ?% (?:effective|success)|\bpainless\b",
        ),
        "he": (r"תוצא\w+ מובטח\w*|ללא (?:כל |שום )?סיכון|100 ?% הצלחה|ללא כאבים? כלל",),
        "it": (
            r"risultat[oi] (?:è |sono )?garantit[oi]|garanti\w+ (?:un |il |i )?risultat[oi]",
            r"senza (?:alcun )?(?:rischi\w*|effetti collaterali)|100 ?% efficac\w+|\bindolor[ei]\b",
        ),
    },
    "promotion": {
        "fr": (
            r"\bpromos?\b|\bpromotions?\b(?! de la santé)|\bbons? plans?\b|\bcartes? cadeaux?\b",
            r"offres? (?:spéciale|exceptionnelle|découverte|de lancement|limitée)s?"
            r"|\d ?% de (?:remise|réduction)|(?:^|\s)[-−–]\d+ ?%"
            r"|consultation (?:gratuite|offerte)|rendez-vous (?:express|prioritaires?) payants?",
        ),
        "en": (
            r"special offers?|\bdiscount(?:s|ed)?\b|\d ?% off\b|gift (?:cards?|vouchers?)",
            r"free (?:first )?(?:consultation|visit)s?\b",
        ),
        "he": (r"מבצע(?:ים)? (?:מיוחד|מוגבל)\w*|\d ?% הנחה|(?:ביקור|ייעוץ) (?:ראשון )?חינם",),
        "it": (
            r"offert[ae] (?:special|limitat)\w+|\bscont[oi]\b|\bpromozion[ei]\b(?! della salute)",
            r"(?:visita|consulenza) gratuita|buon[oi] regalo",
        ),
    },
    "urgency": {
        "fr": (
            r"dernières? (?:places?|chances?)|plus que \d+ (?:places?|créneaux)|places? limitées?",
            r"dépêchez-vous|réservez (?:vite|maintenant|dès maintenant|sans attendre)"
            r"|avant qu'il ne soit trop tard",
        ),
        "en": (
            r"last (?:few )?(?:places|slots|chance)|only \d+ (?:places|slots|appointments) left",
            r"\bhurry\b|book (?:right )?now\b|before it(?:'s| is) too late",
        ),
        "he": (r"מקומות אחרונים|מספר ה?מקומות מוגבל|הזדרזו|הזמינו עכשיו|לפני שיהיה מאוחר",),
        "it": (r"ultimi posti|posti limitati|si affretti|prenoti (?:subito|ora)|troppo tardi per",),
    },
    "online-booking": {
        "fr": (r"(?:rendez-vous|réserve[rz]?|réservations?)(?: \w+){0,2} en ligne",),
        "en": (r"\bbook(?:ing)?s?(?: \w+){0,2} online\b|\bonline (?:booking|appointment)s?\b",),
        "he": (r"(?:תור|תורים|קביעת תור)(?: \w+){0,2} (?:באתר|באינטרנט|מקוו\w+)",),
        "it": (r"(?:prenot\w+|appuntament\w+)(?: \w+){0,2} (?:online|in linea|su questo sito)",),
    },
    "before-after": {
        "fr": (r"\bavant ?[/–-] ?après\b|photos? (?:d')?avant et après",),
        "en": (r"\bbefore ?/ ?after\b|before[- ]and[- ]after (?:photo|picture|galler)\w*",),
        "he": (r"לפני ?/ ?אחרי|תמונות (?:של )?לפני ואחרי",),
        "it": (r"\bprima ?[/–-] ?dopo\b|foto (?:di )?prima e dopo",),
    },
    "label": {
        "fr": (r"\b(?:agréé|labellisé|accrédité)e?s? par\b",),
        "en": (
            r"\b(?:accredited|endorsed) by\b",
            r"\bapproved by (?:the )?(?:\w+ )?(?:ministry|HAS|ARS|authority|agency)\b",
        ),
        "he": (r"(?:מאושר|מוסמכ?)\w* (?:על ידי|בידי|מטעם) (?:משרד|רשות|ה?סוכנות)",),
        "it": (
            r"\baccreditat[oaie] (?:da\b|dal\b|dalla\b|dall')",
            r"\bapprovat[oaie] (?:dal ministero|dalla HAS|dall'ARS)",
        ),
    },
    "hon": dict.fromkeys(
        ("fr", "en", "he", "it"),
        (r"\bHON ?code\b|healthonnet|hon\.ch/|(?-i:\bHON\b)[- ](?:label|badge|certifi\w*)",),
    ),
    "clinical-case": {
        "fr": (r"\bcas cliniques?\b|une de mes patientes|un de mes patients\b",),
        "en": (r"\bclinical cases?\b|\bcase stud(?:y|ies)\b|one of my patients\b",),
        "he": (r"מקר(?:ה|ים) קליני\w*|אחת המטופלות שלי|אחד המטופלים שלי",),
        "it": (r"\bcas[oi] clinic[oi]\b|una mia paziente|un mio paziente",),
    },
    "diploma": {
        "fr": (
            r"diplômes? (?:inter-?)?universitaires?|(?-i:\bDU) (?:de |d'|en )",
            r"(?:titulaire|détentrice) d'un (?-i:DI?U)\b",
        ),
        "en": (r"\b(?:inter-?)?university diplomas?\b",),
        "he": (r"(?:תעודה|דיפלומה) (?:בין[- ־])?אוניברסיטאית",),
        "it": (r"diplom[ai] (?:inter)?universitari[oi]?\b",),
    },
}


def words_in(rule: str, text: str, lang: str) -> Iterator[tuple[int, str]]:
    """Where one paragraph uses words of a rule, and which; not where it denies them."""
    plain = text.translate(TYPED)
    for pattern in WORDS[rule].get(lang, ()):
        for match in re.finditer(pattern, plain, re.IGNORECASE):
            if not denied(plain[: match.start()]):
                yield match.start(), match[0].strip()
