"""What a patient does at a browser, step by step, in any language of the site.

Everything is found by its label or its role, in the words of the catalogues: never by class.
"""

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from playwright.sync_api import Locator, Page, expect

from booking_endpoint.envelope import open_envelope
from booking_endpoint.instants import rfc3339
from booking_endpoint.markup import sentence
from booking_endpoint.practice import Visit
from booking_endpoint.reading import read_practice
from booking_endpoint.words import OWN_WORDS, read_language
from desk.opening import read_identity
from tests.serving import ROOT, Practice

THEME_WORDS = ROOT / "theme" / "translations"
LANGUAGES = ("fr", "en", "he", "it")
TIME = re.compile(r"\d\d:\d\d")
CONSULTATION, WITH_BIRTH_DATE = "consultation", "colposcopy"
BOOKING = {
    "fr": "/rendez-vous/",
    "en": "/en/appointment/",
    "he": "/he/appointment/",
    "it": "/it/appuntamento/",
}
REMINDER = "Remind me by e-mail"
WHOM = ("For me", "For my child", "For someone else")
CALLER = "Your own name, if the visit is for someone else (optional)"


@dataclass(frozen=True)
class Answers:
    """What a patient types into the details form."""

    name: str = "Ada Exemple"
    phone: str = "06 39 98 12 34"
    email: str = ""
    birth: tuple[str, str, str] = ("27", "3", "1958")
    whom: str = "For me"
    caller: str = ""
    reminder: bool = False


class Patient:
    """Somebody who reads one language and wants to be seen by this practice."""

    def __init__(self, page: Page, practice: Practice, code: str, *, scripts: bool) -> None:
        self.page, self.practice, self.scripts = page, practice, scripts
        self.origin = practice.origin
        self.language = read_language(code, OWN_WORDS, THEME_WORDS)
        file = practice.folder / "practice.toml"
        self.facts = read_practice(file.read_text("utf-8"), str(file))

    # --- what is on the page -----------------------------------------------------------------

    def say(self, message: str, **values: object) -> str:
        return self.language.say(message, **values)

    def button(self, message: str) -> Locator:
        return self.page.get_by_role("button", name=self.say(message), exact=True)

    def link(self, message: str) -> Locator:
        return self.page.get_by_role("link", name=self.say(message), exact=True)

    def heading(self, message: str) -> Locator:
        return self.page.get_by_role("heading", name=self.say(message), exact=True)

    def field(self, label: str) -> Locator:
        return self.page.get_by_label(self.say(label), exact=True)

    def birth(self, part: str) -> Locator:
        """One of the three answers to the date of birth; hidden where a visit does not ask."""
        name = self.say("Date of birth of the patient")
        group = self.page.get_by_role("group", name=name, include_hidden=True)
        return group.get_by_label(self.say(part), exact=True)

    def reminder(self) -> Locator:
        """The box that asks for one; hidden for a discreet visit."""
        return self.page.get_by_role("checkbox", name=self.say(REMINDER), include_hidden=True)

    def times(self) -> Locator:
        """The radios of every time on offer."""
        return self.page.get_by_role("group").get_by_role("radio", name=TIME)

    def problem(self) -> Locator:
        """The summary of what is wrong."""
        return self.page.get_by_role("alert").filter(visible=True)

    def status(self) -> Locator:
        return self.page.get_by_role("status").filter(visible=True)

    def visit(self, name: str) -> Visit:
        visit = self.facts.visit(name)
        assert visit
        return visit

    # --- the way -----------------------------------------------------------------------------

    def arrive(self) -> None:
        """The home page, as somebody finds it who was given the address."""
        code = self.language.code
        first = code == self.facts.languages[0]
        self.page.goto(f"{self.origin}/{'' if first else f'{code}/'}")

    def ask(self) -> None:
        self.page.get_by_role("banner").get_by_role(
            "link", name=self.say("Book an appointment"), exact=True
        ).click()
        expect(self.heading("What is the visit for?")).to_be_visible()
        self.page.wait_for_load_state()  # before its scripts run, a page goes the way without them

    def choose_visit(self, name: str = CONSULTATION) -> None:
        label = self.visit(name).label[self.language.code]
        self.page.get_by_role("radio", name=label, exact=True).check()
        self.button("Continue").click()
        expect(self.heading("Choose a time")).to_be_visible()

    def choose_time(self, place: int = 0) -> str:
        """Choose one of the times on offer; gives back its instant, as the interface writes it."""
        expect(self.times().first).to_be_visible()
        radio = self.times().nth(place)
        radio.check()
        start = radio.input_value()
        self.button("Continue").click()
        expect(self.heading("Your details")).to_be_visible()
        return start

    def fill(self, answers: Answers) -> None:
        self.field("Full name of the patient").fill(answers.name)
        self.field("Phone number").fill(answers.phone)
        self.field("E-mail (optional)").fill(answers.email)
        if self.reminder().is_visible():
            self.reminder().set_checked(answers.reminder)
        self.page.get_by_role("radio", name=self.say(answers.whom), exact=True).check()
        self.field(CALLER).fill(answers.caller)
        if self.birth("Day").is_visible():
            for part, text in zip(("Day", "Month", "Year"), answers.birth, strict=True):
                self.birth(part).fill(text)

    def typed(self) -> Answers:
        """What stands in the details form now."""
        chosen = [word for word in WHOM if self.field(word).is_checked()]
        return Answers(
            name=self.field("Full name of the patient").input_value(),
            phone=self.field("Phone number").input_value(),
            email=self.field("E-mail (optional)").input_value(),
            birth=(
                self.birth("Day").input_value(),
                self.birth("Month").input_value(),
                self.birth("Year").input_value(),
            ),
            whom="".join(chosen),
            caller=self.field(CALLER).input_value(),
            reminder=self.reminder().is_checked(),
        )

    def send(self) -> None:
        """The last button; without scripts there is a look at what was chosen before it."""
        if self.scripts:
            self.button("Book this visit").click()
        else:
            self.button("Continue").click()
            self.button("Confirm the booking").click()

    def type_code(self, code: str) -> None:
        """Come back to the site with the code on the receipt."""
        self.arrive()
        self.link("Change or cancel an appointment").click()
        self.field("Code on your receipt").fill(code)
        self.page.wait_for_load_state()  # as for `ask`
        self.button("Show my visit").click()

    def until_times(self, visit: str = CONSULTATION) -> None:
        """From the booking page to the free times."""
        self.page.goto(self.origin + BOOKING[self.language.code])
        self.choose_visit(visit)
        expect(self.times().first).to_be_visible()

    def until_details(self, visit: str = CONSULTATION, place: int = 0) -> str:
        """From the booking page to the empty details form."""
        self.until_times(visit)
        return self.choose_time(place)

    def book(
        self, answers: Answers | None = None, visit: str = CONSULTATION, place: int = 0
    ) -> str:
        """From the booking page to the receipt; gives back the instant of the visit."""
        start = self.until_details(visit, place)
        self.fill(answers or Answers())
        self.send()
        self.sees_receipt()
        return start

    def sees_receipt(self) -> None:
        expect(self.heading("Your visit is booked")).to_be_visible()

    def sees_time(self, start: str, visit: str = CONSULTATION) -> None:
        """The day and the time of the visit, as this practice's clock tells them."""
        begin = datetime.fromisoformat(start).astimezone(self.facts.zone)
        end = begin + timedelta(minutes=self.visit(visit).minutes)
        day, main = self.language.day(begin.date()), self.page.get_by_role("main")
        expect(main.get_by_text(sentence(day), exact=True).filter(visible=True)).to_have_count(1)
        time = f"{begin:%H:%M} – {end:%H:%M}"
        expect(main.get_by_text(time, exact=True).filter(visible=True)).to_have_count(1)


def kept(practice: Practice) -> list[tuple[str, str]]:
    """The bookings the endpoint holds: when, and in which state."""
    with closing(sqlite3.connect(f"file:{practice.database}?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT start, state FROM bookings ORDER BY start").fetchall()
    return [(rfc3339(start), state) for start, state in rows]


def desk_opens(practice: Practice) -> list[dict[str, str]]:
    """What the doctor's key finds in the database, in the order of the visits."""
    with closing(sqlite3.connect(f"file:{practice.database}?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT envelope FROM bookings ORDER BY start").fetchall()
    return [read_identity(open_envelope(row[0], [practice.key]) or b"") for row in rows]
