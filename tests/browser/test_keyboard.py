"""A booking by the keyboard alone: Tab, arrows, Space and Enter, and always seen where one is."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Come
from tests.browser.patient import WITH_BIRTH_DATE, Answers, Patient

MOST_STOPS = 12

FOCUSED = """() => {
    const one = document.activeElement
    const ring = getComputedStyle(one.closest(".choice, .time") ?? one)
    const width = ring.outlineStyle === "none" ? 0 : parseFloat(ring.outlineWidth)
    return [one.outerHTML.slice(0, 90), width]
}"""


class Keys:
    """Somebody without a mouse. Every stop is counted, and must be seen."""

    def __init__(self, patient: Patient) -> None:
        self.patient, self.page = patient, patient.page
        self.unseen: list[str] = []

    def _focused(self, name: str, role: str) -> bool:
        """Whether the focus is on the thing of this name, as a screen reader calls it."""
        things = self.page.get_by_role(role, name=name, exact=True).filter(visible=True)  # type: ignore[arg-type]
        return any(one.evaluate("one => one === document.activeElement") for one in things.all())

    def tab_to(self, role: str, name: str) -> int:
        """Press Tab until it is reached; how often that was."""
        for stops in range(1, 40):
            self.page.keyboard.press("Tab")
            html, width = self.page.evaluate(FOCUSED)
            if width < 2:
                self.unseen.append(html)
            if self._focused(name, role):
                return stops
        raise AssertionError(f"{role} {name!r} cannot be reached")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, label: str, text: str) -> int:
        stops = self.tab_to("textbox", self.patient.say(label))
        self.page.keyboard.type(text)
        return stops

    def push(self, message: str) -> int:
        stops = self.tab_to("button", self.patient.say(message))
        self.press("Enter")
        return stops

    def begin(self) -> None:
        """A step’s heading has the focus already; a page without scripts begins at its top."""
        if not self.patient.scripts:
            self.skip()

    def skip(self) -> None:
        self.tab_to("link", self.patient.say("Skip to the text"))
        self.press("Enter")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
def test_a_booking_needs_no_mouse(come: Come, scripts: bool) -> None:
    """Few stops on each page, no trap, and the focus always to be seen."""
    patient = come(scripts=scripts)
    keys, say = Keys(patient), patient.say
    patient.arrive()
    stops = {"home": keys.tab_to("link", say("Book an appointment"))}
    keys.press("Enter")
    expect(patient.heading("What is the visit for?")).to_be_visible()

    keys.skip()
    stops["visit"] = keys.tab_to("radio", patient.facts.visits[0].label["fr"])
    keys.press("Space", *["ArrowDown"] * 3)
    label = patient.visit(WITH_BIRTH_DATE).label["fr"]
    expect(patient.page.get_by_role("radio", name=label, exact=True)).to_be_checked()
    stops["visit"] += keys.push("Continue")
    expect(patient.heading("Choose a time")).to_be_visible()
    expect(patient.times().first).to_be_visible()

    keys.begin()
    stops["times"] = keys.tab_to("radio", "09:00")
    keys.press("Space", "ArrowDown")
    expect(patient.times().nth(1)).to_be_checked()
    stops["times"] += keys.push("Continue")
    expect(patient.heading("Your details")).to_be_visible()

    keys.begin()
    answers = Answers()
    stops["details"] = keys.type("Full name of the patient", answers.name)
    for part, text in zip(("Day", "Month", "Year"), answers.birth, strict=True):
        stops["details"] += keys.type(part, text)
    stops["details"] += keys.type("Phone number", answers.phone)
    stops["details"] += keys.tab_to("radio", say("For me"))
    keys.press("Space")
    assert patient.typed() == answers
    stops["details"] += keys.push("Book this visit" if scripts else "Continue")

    if not scripts:
        expect(patient.heading("Confirm your visit")).to_be_visible()
        keys.begin()
        stops["confirm"] = keys.push("Confirm the booking")
    patient.sees_receipt()
    keys.begin()
    stops["receipt"] = keys.tab_to("link", say("Cancel or move this visit"))
    assert {name: count for name, count in stops.items() if count > MOST_STOPS} == {}
    assert keys.unseen == []


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
def test_nothing_holds_the_focus_back(come: Come, scripts: bool) -> None:
    """From the last field backwards to the first link of the page."""
    patient = come(scripts=scripts)
    patient.until_details(WITH_BIRTH_DATE)
    patient.button("Book this visit" if scripts else "Continue").focus()
    first = patient.link("Skip to the text")
    for _ in range(40):
        patient.page.keyboard.press("Shift+Tab")
        if first.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError("the top of the page cannot be reached")
