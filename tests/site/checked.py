"""For each rule of `check`: an input that trips it, and an honest one that only looks like it.

Knows the rules by their names alone: what they look for is written here as a doctor would.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import PurePosixPath

from booking_endpoint.reading import read_practice
from deploy.check.context import Context, Finding
from deploy.check.document import Page
from deploy.check.gather import read_text
from tests.serving import ROOT

Change = Callable[["Site"], "Site"]


@dataclass(frozen=True)
class Site:
    """The demo practice's site as the rules are given it, with the sources of its pages."""

    context: Context
    sources: Mapping[str, str]
    """The HTML of each page, by its address."""

    def page(self, address: str, old: str, new: str) -> "Site":
        """One built page with a text replaced."""
        assert old in self.sources[address], f"{address} does not hold {old!r}"
        source = self.sources[address].replace(old, new)
        pages = tuple(
            Page(source, page.file, address, page.key, page.lang)
            if page.address == address
            else page
            for page in self.context.pages
        )
        sources = {**self.sources, address: source}
        return Site(replace(self.context, pages=pages), sources)

    def text(self, file: str, old: str, new: str) -> "Site":
        """One Markdown file with a text replaced; the built pages stay."""
        texts = {text.file: text for text in self.context.texts}
        source = texts[file].source
        assert old in source, f"{file} does not hold {old!r}"
        written = source.replace(old, new, 1).encode()
        changed = read_text(PurePosixPath(file), written, self.context.practice.languages)
        texts = {**texts, file: changed}
        return replace(self, context=replace(self.context, texts=tuple(texts.values())))

    def without(self, *files: str) -> "Site":
        """The site when some Markdown files were never written."""
        kept = tuple(text for text in self.context.texts if text.file not in files)
        return replace(self, context=replace(self.context, texts=kept))

    def facts(self, *changes: tuple[str, str]) -> "Site":
        """The facts with some texts replaced; the built pages stay."""
        source = self.context.facts.source
        for old, new in changes:
            assert old in source, f"the facts do not hold {old!r}"
            source = source.replace(old, new)
        facts = replace(self.context.facts, source=source)
        practice = read_practice(source)
        return replace(self, context=replace(self.context, facts=facts, practice=practice))

    def file(self, path: str, text: str) -> "Site":
        """The site with one more file that is no page."""
        files = {**self.context.files, path: text}
        return replace(self, context=replace(self.context, files=files))

    def on(self, day: date) -> "Site":
        return replace(self, context=replace(self.context, today=day))


@dataclass(frozen=True)
class Case:
    """What trips one rule, each with the words to be found; and what must not."""

    trips: list[tuple[Change, str]]
    passes: list[Change]


CABINET = {lang: f"content/pages/cabinet.{lang}.md" for lang in ("fr", "en", "he", "it")}
ARTICLE = "content/articles/pourquoi-ce-site.fr.md"
HEAD = next(line for line in (ROOT / ARTICLE).read_text("utf-8").splitlines() if "Reviewed" in line)
LATER = "Reviewed: 2027-06-01"
VERIFIED = date(2026, 11, 20)
"""When the amounts of the demo were compared with their sources."""
EARLIEST = min(
    date.fromisoformat(line.removeprefix("Reviewed: "))
    for file in (ROOT / "content").rglob("*.md")
    for line in file.read_text("utf-8").splitlines()
    if line.startswith("Reviewed: ")
)
"""When the text of the demo that was reviewed longest ago was."""


def says(lang: str, words: str) -> Change:
    """A paragraph more on the page about the practice."""
    return lambda site: site.text(CABINET[lang], "\n\n", f"\n\n{words}\n\n")


def shows(html: str) -> Change:
    """Something more on the built page about the practice, in its own text."""
    return lambda site: site.page("/cabinet/", "</main>", f"{html}</main>")


def nobody_leads_to(address: str) -> Change:
    """Every link of the site to this page leads to the home page instead, save the search's."""

    def change(site: Site) -> Site:
        for where, source in site.sources.items():
            if f'href="{address}"' in source and where != "/he/search/":
                site = site.page(where, f'href="{address}"', 'href="/"')
        return site

    return change


def page(address: str, old: str, new: str) -> Change:
    return lambda site: site.page(address, old, new)


def facts(*changes: tuple[str, str]) -> Change:
    return lambda site: site.facts(*changes)


def text(file: str, old: str, new: str) -> Change:
    return lambda site: site.text(file, old, new)


def days_after(day: date, days: int) -> Change:
    return lambda site: site.on(day + timedelta(days=days))


def file(path: str, words: str) -> Change:
    return lambda site: site.file(path, words)


def set_aside(rule: str) -> Change:
    """A rule set aside in the facts, with a reason."""
    return facts(
        ("\n[rules]\n", f'\n[[allowed]]\nrule = "{rule}"\nwhy = "Une raison."\n\n[rules]\n')
    )


def spoken(found: Mapping[str, list[tuple[str, str]]], honest: Mapping[str, list[str]]) -> Case:
    """A rule about words: sentences that use them, with the words, and sentences that do not."""
    return Case(
        [(says(lang, line), words) for lang, all_ in found.items() for line, words in all_],
        [says(lang, line) for lang, all_ in honest.items() for line in all_],
    )


def by_phone(change: Change) -> Change:
    """The same where bookings are taken by phone alone."""
    return lambda site: change(site.facts(("\n[rules]\n", "\n[rules]\nonline_booking = false\n")))


def alone(case: Case) -> Case:
    """What a rule finds where nothing is booked online; where it is, the same words pass."""
    trips = [(by_phone(change), words) for change, words in case.trips]
    return Case(trips, [*case.passes, *(change for change, _ in case.trips)])


WORDS: Mapping[str, Case] = {
    "online-booking": alone(
        spoken(
            {
                "fr": [("Prenez rendez-vous en ligne.", "rendez-vous en ligne")],
                "en": [("You can book a visit online.", "book a visit online")],
                "he": [("אפשר לקבוע תור באתר.", "תור באתר")],
                "it": [("Può prenotare la visita online.", "prenotare la visita online")],
            },
            {
                "fr": ["Prenez rendez-vous par téléphone."],
                "en": ["Book by phone; fees are online."],
                "he": ["תורים נקבעים בטלפון."],
                "it": ["Può prenotare per telefono."],
            },
        )
    ),
    "reviews": spoken(
        {
            "fr": [
                ("Lisez les avis de patientes.", "avis de patientes"),
                ("Ils parlent de nous.", "parlent de nous"),
                ("Notée 4,9/5 par 200 personnes.", "4,9/5"),
            ],
            "en": [("Read what our patients say.", "what our patients say")],
            "he": [("קראו חוות דעת של מטופלות.", "חוות דעת של מטופלות")],
            "it": [("Legga le recensioni.", "recensioni")],
        },
        {
            "fr": ["Je vous donne mon avis après l’examen.", "Aucun avis de patient n’est publié."],
            "en": ["The result is reviewed within 5 days."],
            "he": ["אתן לכם את דעתי אחרי הבדיקה."],
            "it": ["Le dirò il mio parere dopo l’esame."],
        },
    ),
    "comparison": spoken(
        {
            "fr": [
                (
                    "Contrairement à d’autres cabinets, j’écoute.",
                    "Contrairement à d'autres cabinets",
                ),
                ("Des délais plus courts que mes confrères.", "plus courts que mes confrères"),
            ],
            "en": [("Faster than other practices.", "Faster than other practices")],
            "he": [("בניגוד לרופאים אחרים, אני מקשיבה.", "בניגוד לרופאים")],
            "it": [("A differenza di altri medici, ascolto.", "A differenza di altri medici")],
        },
        {
            "fr": [
                "L’échographie montre plus que la palpation.",
                "Je ne fais pas mieux que mes confrères.",
            ],
            "en": ["It is more precise than a smear test."],
            "he": ["הבדיקה מדויקת יותר ממשטח."],
            "it": ["È più preciso di un Pap test."],
        },
    ),
    "superlative": spoken(
        {
            "fr": [
                ("La meilleure gynécologue de Paris.", "meilleure gynécologue"),
                ("Le n° 1 de la colposcopie.", "n° 1"),
            ],
            "en": [("A leading specialist.", "leading specialist")],
            "he": [("המרפאה המובילה בעיר.", "מרפאה המובילה")],
            "it": [("La migliore ginecologa di Parigi.", "migliore ginecologa")],
        },
        {
            "fr": ["Le meilleur moment du cycle est la première moitié."],
            "en": ["The best time is the first half of the cycle, leading up to ovulation."],
            "he": ["הזמן הטוב ביותר הוא המחצית הראשונה של המחזור."],
            "it": ["Il momento migliore è la prima metà del ciclo."],
        },
    ),
    "guarantee": spoken(
        {
            "fr": [
                ("Résultat garanti.", "Résultat garanti"),
                ("Un geste sans risque.", "sans risque"),
            ],
            "en": [("A painless examination.", "painless")],
            "he": [("טיפול ללא סיכון.", "ללא סיכון")],
            "it": [("Un esame senza rischi.", "senza rischi")],
        },
        {
            "fr": ["Aucun geste n’est sans risque.", "Le secret est garanti par la loi."],
            "en": ["No examination is without risk."],
            "he": ["אין טיפול ללא סיכון."],
            "it": ["Nessun esame è senza rischi."],
        },
    ),
    "promotion": spoken(
        {
            "fr": [
                ("Offre spéciale en mai.", "Offre spéciale"),
                ("Première consultation offerte.", "consultation offerte"),
            ],
            "en": [("Free first consultation.", "Free first consultation")],
            "he": [("ייעוץ ראשון חינם.", "ייעוץ ראשון חינם")],
            "it": [("Sconto per gli studenti.", "Sconto")],
        },
        {
            "fr": [
                "La promotion de la santé est aussi mon métier.",
                "Le dépistage trouve 70 % des cas.",
            ],
            "en": ["You are free to refuse any examination."],
            "he": ["הרופאה מבצעת את הבדיקה."],
            "it": ["La promozione della salute fa parte del mio lavoro."],
        },
    ),
    "urgency": spoken(
        {
            "fr": [
                ("Dernières places en mai !", "Dernières places"),
                ("Réservez vite.", "Réservez vite"),
            ],
            "en": [("Only 3 slots left.", "Only 3 slots left")],
            "he": [("הזמינו עכשיו.", "הזמינו עכשיו")],
            "it": [("Posti limitati.", "Posti limitati")],
        },
        {
            "fr": ["En cas d’urgence, appelez vite le 15.", "Réservez quand vous voulez."],
            "en": ["Call now if you bleed heavily; there is no need to hurry for a check-up."],
            "he": ["במקרה חירום חייגו מיד 15."],
            "it": ["In caso di urgenza chiami subito il 15."],
        },
    ),
    "before-after": spoken(
        {
            "fr": [
                ("Photos avant et après.", "Photos avant et après"),
                ("Avant/après", "Avant/après"),
            ],
            "en": [("See the before-and-after photos.", "before-and-after photos")],
            "he": [("תמונות לפני ואחרי.", "תמונות לפני ואחרי")],
            "it": [("Foto prima e dopo.", "Foto prima e dopo")],
        },
        {
            "fr": ["Buvez de l’eau avant et après l’examen."],
            "en": ["Drink water before and after the examination."],
            "he": ["יש לשתות מים לפני ואחרי הבדיקה."],
            "it": ["Beva acqua prima e dopo l’esame."],
        },
    ),
    "label": spoken(
        {
            "fr": [("Site agréé par le ministère.", "agréé par")],
            "en": [("Approved by the health ministry.", "Approved by the health ministry")],
            "he": [("אתר מאושר על ידי משרד הבריאות.", "מאושר על ידי משרד")],
            "it": [("Sito accreditato dalla Regione.", "accreditato dalla")],
        },
        {
            "fr": [
                "Membre d’une association de gestion agréée.",
                "Ce site n’est agréé par personne.",
            ],
            "en": ["A list approved by an order of 9 February 2024."],
            "he": ["רשימה שאושרה בצו."],
            "it": ["Un elenco approvato da un decreto."],
        },
    ),
    "hon": spoken(
        {
            lang: [("[HONcode](https://www.healthonnet.org/HONcode/)", "HONcode")]
            for lang in ("fr", "en", "he", "it")
        },
        {
            "fr": ["Les honoraires sont affichés."],
            "en": ["In honour of our patients."],
            "he": ["שכר הטיפול מוצג."],
            "it": ["Gli onorari sono esposti."],
        },
    ),
    "clinical-case": spoken(
        {
            "fr": [("Une de mes patientes m’a dit merci.", "Une de mes patientes")],
            "en": [("A clinical case: Mrs X.", "clinical case")],
            "he": [("אחת המטופלות שלי סיפרה.", "אחת המטופלות שלי")],
            "it": [("Un caso clinico.", "caso clinico")],
        },
        {
            "fr": ["Dans tous les cas, l’examen clinique reste utile."],
            "en": ["In any case, a clinical examination helps."],
            "he": ["בכל מקרה, בדיקה קלינית מועילה."],
            "it": ["In ogni caso l’esame clinico aiuta."],
        },
    ),
    "diploma": spoken(
        {
            "fr": [
                ("Titulaire d’un DU, je reçois.", "Titulaire d'un DU"),
                ("DU de colposcopie.", "DU de"),
            ],
            "en": [("Inter-university diploma in ultrasound.", "Inter-university diploma")],
            "he": [("בעלת תעודה אוניברסיטאית בקולפוסקופיה.", "תעודה אוניברסיטאית")],
            "it": [("Diploma universitario in ecografia.", "Diploma universitario")],
        },
        {
            "fr": ["La pose d’un DIU au cuivre est brève, au début du cycle."],
            "en": ["I studied at the university of Paris and hold the diploma of State."],
            "he": ["הקורס באוניברסיטה הסתיים."],
            "it": ["Laureata in medicina all’università."],
        },
    ),
}

BROKEN = Finding("output/index.html", 3, "Stray end tag.")
LINK_TO = '<p><a href="{}">ici</a></p>'

CASES: Mapping[str, Case] = {
    "fees-linked": Case(
        [(page("/", 'href="/tarifs/">les tarifs', 'href="/acces/">les tarifs'), "/tarifs/")],
        [page("/", "les tarifs", "nos honoraires")],
    ),
    "fees-visits": Case(
        [
            (page("/tarifs/", "110", "90"), "110"),
            (page("/en/fees/", "Colposcopy", "Another"), "Colposcopy"),
        ],
        [page("/tarifs/", "<caption>", "<caption>Tous les ")],
    ),
    "fees-acts": Case(
        [(lambda site: fewer_visits(site, 2), "4 < 5")], [lambda site: fewer_visits(site, 1)]
    ),
    "fees-base": Case(
        [(facts(("rate = 0.70\n", "")), "consultation")],
        [facts(("least = 110.00\ncovered = true", "least = 110.00\ncovered = false"))],
    ),
    "fees-sector": Case(
        [
            (page("/tarifs/", "secteur 2", "conventionné"), "2"),
            (page("/tarifs/", "OPTAM", "l’option"), "OPTAM"),
        ],
        [page("/tarifs/", "secteur 2", "Secteur 2")],
    ),
    "fees-sentence": Case(
        [(page("/tarifs/", "ne peut vous imposer", "peut vous imposer"), "facturés")],
        [page("/tarifs/", "peut vous imposer", "peut  vous\nimposer")],
    ),
    "fees-directory": Case(
        [
            (
                page("/tarifs/", "https://annuairesante.ameli.fr/", "https://www.ameli.fr/"),
                "https://annuairesante.ameli.fr/",
            )
        ],
        [page("/tarifs/", "annuairesante.ameli.fr</bdi>", "l’annuaire</bdi>")],
    ),
    "fees-payment": Case(
        [
            (facts(('methods = ["card", "cheque", "cash"]', "methods = []")), ""),
            (page("/tarifs/", "espèces", "or"), "espèces"),
        ],
        [facts(('methods = ["card", "cheque", "cash"]', 'methods = ["cash"]'))],
    ),
    "fees-access": Case(
        [(page("/tarifs/", "complémentaire santé solidaire et", "mutuelle et"), "Tiers payant")],
        [page("/tarifs/", "Tiers payant", "<strong>Tiers</strong> payant")],
    ),
    "fees-ageing": Case(
        [(days_after(VERIFIED, 181), "colposcopy, 2026-11-20")], [days_after(VERIFIED, 180)]
    ),
    "fees-expired": Case(
        [(days_after(VERIFIED, 366), "participation, 2026-11-20")], [days_after(VERIFIED, 365)]
    ),
    "amount": Case(
        [
            (says("fr", "La pose coûte 130 €."), "130 €"),
            (says("en", "It costs €130 or so."), "€130"),
            (says("he", "המחיר 130 אירו."), "130 אירו"),
            (says("it", "Costa 130 euro."), "130 euro"),
        ],
        [
            says("fr", "Les montants sont en euros ; 70 % sont remboursés en 2026."),
            text(ARTICLE, "Sources: ", "Sources: 50 € | X | 2021 | https://x.fr/a\n    "),
        ],
    ),
    "rpps": Case(
        [(page("/mentions-legales/", "10000000009", "1000000000"), "10000000009")],
        [page("/mentions-legales/", "10000000009", "100 0000 0009")],
    ),
    "order": Case(
        [(page("/mentions-legales/", "75/00000", ""), "75/00000")],
        [page("/mentions-legales/", "75/00000", "75/00000 (Paris)")],
    ),
    "title": Case(
        [(page("/en/legal/", "France", "here"), "France")],
        [page("/en/legal/", "France", "<b>France</b>")],
    ),
    "rules-url": Case(
        [
            (
                page("/mentions-legales/", "medecin.fr/code-deontologie", "medecin.fr/"),
                "https://www.conseil-national.medecin.fr/code-deontologie",
            )
        ],
        [page("/mentions-legales/", "Code de déontologie médicale", "Le code")],
    ),
    "director": Case(
        [(facts(('director = "Dr Hélène Valombreuse"', 'director = "X. Y."')), "X. Y.")],
        [page("/mentions-legales/", "Directeur de la publication", "Publication")],
    ),
    "hosts": Case(
        [
            (
                page("/mentions-legales/", "04\N{NO-BREAK SPACE}65", "04\N{NO-BREAK SPACE}66"),
                "04 65 71 00 00",
            )
        ],
        [page("/mentions-legales/", "04\N{NO-BREAK SPACE}65", "04 65")],
    ),
    "contact": Case(
        [
            (
                page("/mentions-legales/", "secretariat@valombreuse.example", "par lettre"),
                "secretariat@",
            ),
        ],
        [page("/mentions-legales/", "rue des Tilleuls", "rue  des Tilleuls")],
    ),
    "domain": Case(
        [
            (
                facts(("https://dr-valombreuse.example", "https://gyneco-paris.example")),
                "gyneco-paris",
            )
        ],
        [
            facts(("https://dr-valombreuse.example", "https://helenevalombreuse.example")),
            facts(('family_name = "Valombreuse"', 'family_name = "Valom-Breusé"')),
        ],
    ),
    "emergency": Case(
        [
            (page("/rendez-vous/", "114", "115"), "114"),
            (page("/", ">112<", ">113<"), "112"),
            (page("/it/come-arrivare/", ">15<", ">118<"), "15"),
        ],
        [page("/", "En cas d’urgence", "Si la vie est en danger")],
    ),
    "refused": Case(
        [
            (text(ARTICLE, "Interests: none\n", ""), "Interests is missing"),
            (text(ARTICLE, HEAD, "Reviewed: 20/11/2026"), "like 2026-11-20"),
            (text(CABINET["fr"], "Slug: cabinet", "Slug: cabinet\nAllow: reviews"), "your reason"),
        ],
        [
            text(ARTICLE, HEAD, LATER),
            text(CABINET["fr"], "Slug: cabinet", "Slug: cabinet\nAllow: reviews because of a law"),
        ],
    ),
    "claim": Case(
        [(says("fr", "Vos données sont anonymes."), "anonymes")],
        [says("fr", "Vos données ne sont pas anonymes.")],
    ),
    "orphan": Case(
        [(lambda site: site.without(CABINET["fr"]), "cabinet.fr.md")],
        [lambda site: site.without(*CABINET.values())],
    ),
    "untranslated": Case(
        [(lambda site: site.without(CABINET["he"]), "cabinet.he.md")],
        [lambda site: site.without(*CABINET.values())],
    ),
    "outdated": Case(
        [(text(ARTICLE, HEAD, LATER), "< 2027-06-01")],
        [text(ARTICLE.replace(".fr.", ".he."), HEAD, LATER)],
    ),
    "reviewed-old": Case([(days_after(EARLIEST, 731), str(EARLIEST))], [days_after(EARLIEST, 730)]),
    "reviewed-expired": Case(
        [(days_after(EARLIEST, 1462), str(EARLIEST))], [days_after(EARLIEST, 1461)]
    ),
    "answers": Case(
        [
            (text(ARTICLE, "Ce que fait notre", "Keldoc et Doctolib. Ce que fait notre"), "Keldoc"),
        ],
        [
            says("fr", "Je ne réponds pas de Keldoc."),
            text(ARTICLE, "Sources: ", "Sources: Keldoc | X | 2021 | https://x.fr/a\n    "),
        ],
    ),
    "ratings": Case(
        [
            (page("/", '"@type":"Physician"', '"review":{},"@type":"Physician"'), "review"),
            (shows('<p itemscope itemtype="https://schema.org/Review">Merci</p>'), "Review"),
        ],
        [page("/", '"@type":"Physician"', '"slogan":"Review","@type":"Physician"')],
    ),
    "stuffing": Case(
        [
            (
                says("fr", "Paris, Bagnolet, Montreuil, Vincennes, Les Lilas, Pantin, Ivry."),
                "Bagnolet",
            ),
            (says("fr", "Gynécologue Paris 9e, Paris 10e, Paris 11e, Paris 12e."), "Paris 9e"),
            (says("fr", "Nous recevons de 75009, 75010, 75011 et 75012."), "75009"),
        ],
        [
            says("fr", "Bus 46, 56, 61 et 69, arrêts Voltaire, Charonne et Nation, 75011 Paris."),
            says("fr", "Je parle français, anglais, hébreu, italien, espagnol, allemand et russe."),
        ],
    ),
    "brand": Case(
        [
            (page("/cabinet/", "<title>", "<title>Doctolib "), "Doctolib"),
            (
                page("/cabinet/", 'description" content="', 'description" content="Google '),
                "Google",
            ),
        ],
        [shows("<p>Doctolib est une entreprise.</p>")],
    ),
    "sponsored": Case(
        [
            (shows('<a rel="sponsored" href="https://exemple.fr/a">x</a>'), "exemple.fr/a"),
            (shows(LINK_TO.format("https://exemple.fr/?utm_source=dr")), "utm_source"),
        ],
        [shows(LINK_TO.format("https://exemple.fr/?page=affiche"))],
    ),
    "structured-data": Case(
        [(page("/", '"@type":"Physician"', '"@type":'), "JSON-LD")],
        [page("/", '"@type":"Physician"', '"@type":["Physician"]')],
    ),
    "messaging": Case(
        [
            (shows(LINK_TO.format(url)), url)
            for url in (
                "https://wa.me/33199004711",
                "whatsapp://send?phone=33199004711",
                "facetime:secretariat@valombreuse.example",
                "skype:cabinet?call",
                "https://meet.google.com/abc-defg-hij",
                "https://us02web.zoom.us/j/1",
                "https://t.me/cabinet",
            )
        ],
        [
            shows(LINK_TO.format("https://www.insideprivacy.com/whatsapp/wa.me")),
            shows("<p>Pourquoi pas WhatsApp, Skype ou zoom.us ?</p>"),
        ],
    ),
    "email": Case(
        [(shows(LINK_TO.format("mailto:a@exemple.fr")), "a@exemple.fr")],
        [
            shows(
                LINK_TO.format("mailto:a@exemple.fr") + "<p>Le courriel n’est pas confidentiel.</p>"
            )
        ],
    ),
    "picture-alt": Case(
        [
            (says("fr", "![](images/porte.jpg)"), "images/porte.jpg"),
            (shows('<img src="/images/porte.jpg">'), "/images/porte.jpg"),
        ],
        [
            says("fr", "![La porte](images/porte.jpg)"),
            shows('<img src="/images/trait.svg" alt="">'),
        ],
    ),
    "picture-credit": Case(
        [
            (shows('<img src="/images/a.jpg" alt="La porte">'), "/images/a.jpg"),
            (shows('<figure><img src="/images/a.jpg" alt="La porte"></figure>'), "/images/a.jpg"),
        ],
        [
            shows(
                '<figure><img src="/images/a.jpg" alt="x"><figcaption>Photo X</figcaption></figure>'
            ),
            shows('<img src="/images/a.jpg" alt="La porte" title="Photo X">'),
        ],
    ),
    "link": Case(
        [
            (shows(LINK_TO.format("/tarif/")), "/tarif/"),
            (shows(LINK_TO.format("/acces/#parking")), "#parking"),
            (shows(LINK_TO.format("#rien")), "#rien"),
            (shows(LINK_TO.format("https://dr-valombreuse.example/rien/")), "/rien/"),
        ],
        [
            shows(LINK_TO.format("/acces/#hours")),
            shows(LINK_TO.format("../tarifs/")),
            shows(LINK_TO.format("/rdv/bookings/show")),
            shows(LINK_TO.format("https://exemple.fr/rien#rien")),
        ],
    ),
    "lonely": Case(
        [(nobody_leads_to("/he/colposcopy/"), "/he/colposcopy/")],
        [shows(LINK_TO.format("/cabinet/")), nobody_leads_to("/articles/feed.xml")],
    ),
    "address": Case(
        [
            (shows(LINK_TO.format(url)), url)
            for url in (
                "https:/exemple.fr",
                "www.exemple.fr",
                "htps://x.fr",
                "https://exemple",
                "tel:15x",
            )
        ],
        [
            shows(LINK_TO.format("https://exemple.fr:8443/a?b=c#d")),
            shows(LINK_TO.format("https://hôpital.fr/é")),
            shows(LINK_TO.format("tel:+33199004711")),
        ],
    ),
    "third-party": Case(
        [
            (shows('<script src="https://exemple.com/a.js"></script>'), "exemple.com"),
            (shows('<link rel="stylesheet" href="//fonts.exemple.com/a">'), "fonts.exemple.com"),
            (shows('<img alt="" srcset="/a.png 1x, https://exemple.com/b.png 2x">'), "b.png"),
            (shows('<form action="https://exemple.com/"></form>'), "exemple.com"),
            (file("a.css", "@import url(https://exemple.com/a.css);"), "exemple.com"),
            (file("a.js", 'await fetch("https://exemple.com/compte")'), "exemple.com"),
        ],
        [
            shows(LINK_TO.format("https://exemple.com/")),
            file("a.js", "// see https://exemple.com/a\nconst a = fetch('/rdv/availability')"),
        ],
    ),
    "storage": Case(
        [
            (file("a.js", "localStorage.setItem('a', 1)"), "localStorage"),
            (shows("<script>document.cookie = 'a=1'</script>"), "document.cookie"),
        ],
        [shows("<p>Aucun document.cookie, aucun localStorage.</p>")],
    ),
    "iframe": Case(
        [(shows('<iframe src="https://exemple.com/plan"></iframe>'), "exemple.com/plan")],
        [shows("<p>Aucun &lt;iframe&gt; ici.</p>")],
    ),
    "inline-script": Case(
        [
            (shows("<script>alert(1)</script>"), "<script"),
            (shows('<p onclick="alert(1)">x</p>'), "alert(1)"),
            (shows('<a href="javascript:alert(1)">x</a>'), "javascript:"),
        ],
        [shows('<script type="application/ld+json">{}</script><p data-one="1">x</p>')],
    ),
    "language": Case(
        [
            (page("/he/practice/", 'dir="rtl"', 'dir="ltr"'), "he, ltr"),
            (page("/cabinet/", 'lang="fr" dir', 'lang="en" dir'), "en, ltr"),
        ],
        [shows('<p lang="he" dir="rtl">שלום</p>')],
    ),
    "html": Case(
        [(lambda site: replace(site, context=replace(site.context, invalid=(BROKEN,))), "Stray")],
        [lambda site: replace(site, context=replace(site.context, invalid=()))],
    ),
    "keys": Case(
        [(facts(("\n[[recipients]]", "\n[[recipients]]")), "")],
        [lambda site: another_key(site)],
    ),
    "renewal": Case(
        [(facts(("security_expires = 2027-11-15", "security_expires = 2026-11-15")), "is past")],
        [facts(("security_expires = 2027-11-15", "security_expires = 2027-10-15"))],
    ),
    "allow": Case(
        [
            (text(CABINET["fr"], "Slug:", "Allow: review because of a law\nSlug:"), "review"),
            (set_aside("fee"), "fee"),
        ],
        [
            text(CABINET["fr"], "Slug:", "Allow: reviews because of a law\nSlug:"),
            set_aside("fees-base"),
        ],
    ),
}


def fewer_visits(site: Site, fewer: int) -> Site:
    practice = site.context.practice
    kept = replace(practice, visits=practice.visits[fewer:])
    return replace(site, context=replace(site.context, practice=kept))


def another_key(site: Site) -> Site:
    practice = site.context.practice
    two = replace(practice, recipients=practice.recipients * 2)
    return replace(site, context=replace(site.context, practice=two))


ALL: Mapping[str, Case] = {**CASES, **WORDS}
