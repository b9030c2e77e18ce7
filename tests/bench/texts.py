"""A site as a busy practice might have it after years: articles in four languages, drawn by lot.

Pure, and the same each time. A link is written `](doc:KEY)` and a picture `](pic:NAME)`: how a
generator wants them is left to whoever writes its files.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

LANGUAGES = ("fr", "en", "he", "it")
FIRST_DAY = date(2015, 1, 5)

WORDS = {
    "fr": "le col examen une semaine douleur question souvent médecin repos eau marche sommeil "
    "quand après avant pendant règles contrôle traitement grossesse enfant matin soir calme "
    "résultat laboratoire prélèvement peau cœur souffle fièvre légère appel cabinet année mois "
    "jour heure fois aide famille travail repas sel sucre fruit légume huile verre main pied",
    "en": "the cervix examination a week pain question often doctor rest water walking sleep "
    "when after before during periods check treatment pregnancy child morning evening calm "
    "result laboratory sample skin heart breath fever light call practice year month day hour "
    "time help family work meal salt sugar fruit vegetable oil glass hand foot gentle slowly",
    "he": "צוואר בדיקה שבוע כאב שאלה לעיתים רופאה מנוחה מים הליכה שינה כאשר אחרי לפני במשך מחזור "
    "ביקורת טיפול היריון ילד בוקר ערב רוגע תוצאה מעבדה דגימה עור לב נשימה חום קל שיחה מרפאה "
    "שנה חודש יום שעה פעם עזרה משפחה עבודה ארוחה מלח סוכר פרי ירק שמן כוס יד רגל לאט",
    "it": "il collo esame una settimana dolore domanda spesso medico riposo acqua cammino sonno "
    "quando dopo prima durante ciclo controllo terapia gravidanza bambino mattina sera calma "
    "risultato laboratorio prelievo pelle cuore respiro febbre lieve chiamata studio anno mese "
    "giorno ora volta aiuto famiglia lavoro pasto sale zucchero frutta verdura olio mano piede",
}
TOPICS = {
    "fr": ("Examens", "Grossesse", "Contraception", "Au quotidien"),
    "en": ("Examinations", "Pregnancy", "Contraception", "Every day"),
    "he": ("בדיקות", "היריון", "מניעה", "ביום־יום"),
    "it": ("Esami", "Gravidanza", "Contraccezione", "Ogni giorno"),
}
PICTURES = ("facade", "portrait")


@dataclass(frozen=True, slots=True)
class Text:
    """One document in one language."""

    key: str
    lang: str
    title: str
    summary: str
    published: date
    topic: str
    body: str


def texts(many: int) -> Iterator[Text]:
    """So many documents, each in the four languages."""
    return (text(number, lang, many) for number in range(many) for lang in LANGUAGES)


def text(number: int, lang: str, many: int) -> Text:
    """One of them: some 450 words under five headings, a table, two lists, links and a picture."""
    lot = random.Random(f"{number} {lang}")  # noqa: S311 -- no secret
    words = WORDS[lang].split()

    def say(count: int) -> str:
        drawn = " ".join(lot.choices(words, k=count))
        return drawn[0].upper() + drawn[1:]

    topic = TOPICS[lang][number % len(TOPICS[lang])]
    published = FIRST_DAY + timedelta(days=3 * number)
    others = [key(lot.randrange(many)) for _ in range(6)]
    body = "\n\n".join(parts(lot, say, others))
    return Text(key(number), lang, f"{say(4)} {number}", f"{say(12)}.", published, topic, body)


def key(number: int) -> str:
    return f"document-{number:04}"


def parts(lot: random.Random, say: Callable[[int], str], others: list[str]) -> Iterator[str]:
    """The paragraphs, lists and tables of one document."""

    def paragraph(*marked: str) -> str:
        sentences = [f"{say(lot.randint(6, 14))}." for _ in range(3)]
        return " ".join([*sentences, *marked])

    def link(other: str) -> str:
        return f"{say(3)} [{say(2)}](doc:{other}) *{say(1)}*."

    yield paragraph(f"**{say(2)}**.", link(others[0]))
    for place, other in enumerate(others[1:]):
        yield f"## {say(3)}"
        yield paragraph(link(other))
        if place == 0:
            yield f"![{say(5)}](pic:{lot.choice(PICTURES)})"
        elif place == 1:
            yield "\n".join(f"- {say(6)} **{say(1)}**" for _ in range(5))
        elif place == 2:
            rows = [f"| {say(2)} | {say(3)} | {lot.randint(1, 90)} |" for _ in range(5)]
            yield "\n".join([f"| {say(1)} | {say(1)} | {say(1)} |", "|---|---|---|", *rows])
        elif place == 3:
            yield "\n".join(f"{step}. {say(7)}" for step in range(1, 5))
        else:
            yield f"> {say(14)}."
        yield paragraph(f"`{say(1)}`")
