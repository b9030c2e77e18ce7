"""A patient without JavaScript: pages and forms alone, from the first question to the receipt."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier

import pytest

from booking_endpoint.instants import rfc3339
from tests.edge.patient import BIRTH, WHO, Browser, Clock, Form, Page, Patient, in_words, opened
from tests.serving import Practice

Browse = Callable[[str], Browser]

PHONE = "01 99 00 47 11".replace(" ", "\N{NO-BREAK SPACE}")
NAME = "Zoé d’Échantillon"
RESERVED = "private, no-cache"
"""Back finds the page again, with what was typed into it."""

PAGES = {"fr": ("/rendez-vous/", "/gerer/"), "he": ("/he/appointment/", "/he/manage/")}


def envelopes(practice: Practice) -> list[sqlite3.Row]:
    with closing(sqlite3.connect(practice.database, timeout=10)) as database:
        database.row_factory = sqlite3.Row
        return list(database.execute("SELECT * FROM bookings ORDER BY start"))


def at_the_times(browser: Browser, visit: str = "consultation", language: str = "fr") -> Page:
    """From the site's own booking page to the list of free times."""
    page = browser.open(PAGES[language][0])
    return browser.send(page.form("/availability"), visit=visit)


def at_the_details(
    browser: Browser, visit: str = "consultation", language: str = "fr"
) -> tuple[Page, str]:
    """Further on, to the form for who comes; and the time that was chosen."""
    form = at_the_times(browser, visit, language).form("/tickets")
    start = form.choices("start")[-1]
    return browser.send(form, start=start), start


def at_the_confirmation(
    browser: Browser, clock: Clock, visit: str = "consultation", **who: str
) -> tuple[Page, str]:
    """Further on, to the page that asks for the last yes."""
    page, start = at_the_details(browser, visit)
    clock.pass_by(seconds=30)
    return browser.send(page.form("/bookings"), **{**WHO, **who}), start


def at_the_receipt(browser: Browser, clock: Clock, visit: str = "consultation") -> tuple[Page, str]:
    page, start = at_the_confirmation(browser, clock, visit)
    return browser.send(page.form("/bookings")), start


# --- the whole way -------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["fr", "he"])
def test_a_visit_is_booked_with_forms_alone(
    served: Practice, clock: Clock, browse: Browse, language: str
) -> None:
    browser = browse(language)
    times = at_the_times(browser, "colposcopy", language)
    assert (times.status, times.problem, times.language[0]) == (200, "", language)
    assert times.response.headers["cache-control"] == RESERVED

    details, start = at_the_details(browser, "colposcopy", language)
    assert (details.status, details.problem, details.errors) == (200, "", {})
    assert details.response.headers["cache-control"] == RESERVED
    clock.pass_by(seconds=40)
    who = {**WHO, **BIRTH, "name": NAME, "caller": "מיכל לדוגמה", "whom": "child"}
    who |= {"email": "ada@example.org", "reminder": "on"}
    confirm = browser.send(details.form("/bookings"), **who)
    assert (confirm.status, confirm.problem) == (200, "")
    assert confirm.response.headers["cache-control"] == RESERVED
    assert envelopes(served) == []

    receipt = browser.send(confirm.form("/bookings"))
    assert receipt.status == 201
    assert receipt.response.headers["cache-control"] == "no-store"
    assert receipt.language == (language, "rtl" if language == "he" else "ltr")
    assert receipt.heading == in_words("Your visit is booked", language)
    assert len(receipt.code) == 14
    assert PAGES[language][1] in receipt.links

    [row] = envelopes(served)
    told = opened(row["envelope"], served.key)
    assert (row["state"], row["moved"]) == ("confirmed", 0)
    assert told.pop("number")
    assert told == {
        "name": NAME,
        "phone": WHO["phone"],
        "email": "ada@example.org",
        "birth_date": "1958-03-27",
        "whom": "child",
        "caller": "מיכל לדוגמה",
        "reminder": "yes",
        "visit": "colposcopy",
        "start": start,
        "language": language,
    }


def test_script_and_form_leave_the_same_in_the_store(
    served: Practice, clock: Clock, browse: Browse, patient: Patient
) -> None:
    """Nothing on the disk tells whose scripts are off."""
    at_the_receipt(browse("fr"), clock)
    patient.booked(patient.times()[0])
    one, other = envelopes(served)
    assert {key: type(one[key]) for key in one.keys()} == {  # noqa: SIM118  # a Row is no mapping
        key: type(other[key])
        for key in other.keys()  # noqa: SIM118
    }
    assert len(one["envelope"]) == len(other["envelope"])
    assert opened(one["envelope"], served.key).keys() == (
        opened(other["envelope"], served.key).keys()
    )


def test_the_list_leads_on_to_later_days(browse: Browse) -> None:
    browser = browse("fr")
    first = at_the_times(browser)
    later = browser.send(first.form("/availability"))
    starts = [page.form("/tickets").choices("start") for page in (first, later)]
    assert 0 < len(starts[0]) <= 24
    assert starts[0][-1] < starts[1][0]
    assert browser.send(later.form("/tickets"), start=starts[1][0]).status == 200


@pytest.mark.parametrize("first", ["0001-01-01", "2020-02-29"])
def test_a_list_of_the_past_begins_today(browse: Browse, first: str) -> None:
    page = browse("fr").open(f"/rdv/availability?visit=consultation&from={first}")
    assert page.status == 200
    assert page.form("/tickets").choices("start")[0] > "2026-11-30"


def test_a_full_practice_gives_its_number(changed: Callable[..., Practice]) -> None:
    practice = changed(("last = 2027-01-03", "last = 2027-12-31"))
    with Browser(practice) as browser:
        page = browser.open("/rdv/availability?visit=consultation&from=2026-12-24")
    assert page.status == 200
    assert PHONE in page.html.partition("<main")[2].partition("</main>")[0]
    assert page.forms == []


@pytest.mark.parametrize(
    ("language", "visits", "said"),
    [
        ("fr", 6, "40 minutes, pour les personnes déjà suivies au cabinet, à partir de 16 ans"),
        ("he", 5, "40 דקות, למי שכבר ביקרו במרפאה, מגיל 16"),
        ("it", 5, "40 minuti, per chi è già paziente dello studio, a partire da 16 anni"),
        ("en", 5, "40 minutes, for patients the doctor already knows, from the age of 16"),
    ],
)
def test_the_list_of_visits_is_that_of_the_language_and_says_for_whom_each_is(
    changed: Callable[..., Practice], language: str, visits: int, said: str
) -> None:
    """The error leads to the first choice that is there."""
    practice = changed(
        ('id = "consultation"', 'id = "consultation"\nlanguages = ["fr"]'),
        ('patients = "known" ', 'minimum_age = 16\npatients = "known" '),
    )
    with Browser(practice, language) as browser:
        page = browser.open(f"/rdv/availability?visit=&lang={language}")
    first = "consultation" if language == "fr" else "pregnancy"
    choices = page.form("/availability").choices("visit")
    assert (len(choices), choices[0]) == (visits, first)
    assert f"#{first}" in page.links
    assert page.hint("hysteroscopy").replace("\u2068", "").replace("\u2069", "") == said


# --- what may be missing or wrong ----------------------------------------------------------------


def test_no_visit_chosen(browse: Browse) -> None:
    browser = browse("fr")
    page = browser.send(browser.open("/rendez-vous/").form("/availability"))
    assert page.status == 422
    assert page.errors == {"visit": in_words("Select what the visit is for.", "fr")}
    assert page.title.startswith(in_words("Error:", "fr"))
    assert browser.send(page.form("/availability"), visit="pregnancy").status == 200


def test_no_time_chosen(browse: Browse) -> None:
    browser = browse("fr")
    page = browser.send(at_the_times(browser).form("/tickets"))
    assert page.status == 422
    assert page.errors == {"start": in_words("Choose a time.", "fr")}
    form = page.form("/tickets")
    assert browser.send(form, start=form.choices("start")[0]).status == 200


WRONG = {
    "name": ("", "Enter the patient’s full name."),
    "phone": ("12", "Enter a phone number we can reach you on."),
    "email": ("ada@", "Enter an e-mail address like name@example.org, or leave it empty."),
    "birth_day": ("31", "This date does not exist. Check the day and the month."),
}


@pytest.mark.parametrize("language", ["fr", "he"])
@pytest.mark.parametrize("field", WRONG)
def test_a_mistake_is_named_and_nothing_typed_is_lost(
    served: Practice, clock: Clock, browse: Browse, field: str, language: str
) -> None:
    browser = browse(language)
    page, start = at_the_details(browser, "colposcopy", language)
    clock.pass_by(seconds=30)
    typed = {**WHO, **BIRTH, "email": "ada@example.org", "caller": "Grace", "whom": "relative"}
    typed = {**typed, "birth_month": "2", field: WRONG[field][0]}
    answer = browser.send(page.form("/bookings"), **typed)

    assert answer.status == 422
    wrong = "birth_date" if field == "birth_day" else field
    assert answer.errors == {wrong: in_words(WRONG[field][1], language)}
    assert answer.problem.endswith(in_words(WRONG[field][1], language))
    form = answer.form("/bookings")
    assert form.held() == {name: value for name, value in typed.items() if value}
    assert form.values("start") == [start]
    mended = browser.send(form, name="Ada", phone="0639981000", email="", birth_day="28")
    assert mended.status == 200
    assert browser.send(mended.form("/bookings")).status == 201


def test_every_mistake_is_named_at_once(clock: Clock, browse: Browse) -> None:
    browser = browse("fr")
    page, _start = at_the_details(browser, "colposcopy")
    clock.pass_by(seconds=30)
    answer = browser.send(page.form("/bookings"))
    assert answer.errors.keys() == {"name", "phone", "whom", "birth_date"}


@pytest.mark.parametrize(("field", "most"), [("name", 160), ("phone", 40), ("caller", 100)])
def test_what_is_too_long_says_how_long_it_may_be(
    clock: Clock, browse: Browse, field: str, most: int
) -> None:
    browser = browse("fr")
    page, _start = at_the_details(browser)
    clock.pass_by(seconds=30)
    answer = browser.send(page.form("/bookings"), **{**WHO, field: "1" * (most + 1)})
    said = in_words("This is too long: {most} characters at most.", "fr")
    assert answer.errors == {field: said.format(most=most)}


def test_a_form_filled_in_a_second_says_what_to_do(
    served: Practice, browse: Browse, clock: Clock
) -> None:
    """A robot. A person who was that fast goes back and presses the button once more."""
    browser = browse("fr")
    page, _start = at_the_details(browser)
    clock.pass_by(seconds=1)
    confirm = browser.send(page.form("/bookings"), **WHO)
    answer = browser.send(confirm.form("/bookings"))
    assert answer.status == 403
    assert in_words("That was very fast. Wait a moment, then try again.", "fr") in answer.text
    assert "/rendez-vous/" in answer.links
    assert envelopes(served) == []
    clock.pass_by(seconds=5)
    assert browser.send(confirm.form("/bookings")).status == 201


def test_what_only_a_robot_fills_in_ends_the_way(
    served: Practice, browse: Browse, clock: Clock
) -> None:
    browser = browse("fr")
    page, _start = at_the_details(browser)
    clock.pass_by(seconds=30)
    answer = browser.send(page.form("/bookings"), **WHO, website="https://pills.example")
    assert answer.status == 403
    assert PHONE in answer.html
    assert [form for form in answer.forms if "bookings" in form.action] == []


def test_a_page_left_open_too_long_says_so(browse: Browse, clock: Clock) -> None:
    browser = browse("fr")
    page, _start = at_the_confirmation(browser, clock)
    clock.pass_by(hours=2, minutes=1)
    answer = browser.send(page.form("/bookings"))
    assert answer.status == 410
    assert in_words("This page was open for too long. Please start again.", "fr") in answer.text


# --- somebody is faster --------------------------------------------------------------------------


def test_taken_before_the_details_are_asked_for(browse: Browse, patient: Patient) -> None:
    browser = browse("fr")
    form = at_the_times(browser).form("/tickets")
    patient.booked(form.choices("start")[0])
    page = browser.send(form, start=form.choices("start")[0])
    assert page.status == 409
    assert in_words("This time has just been taken", "fr") in page.problem
    assert page.form("/bookings").choices("start")


def test_taken_while_the_details_were_filled_in(
    served: Practice, browse: Browse, patient: Patient, clock: Clock
) -> None:
    """Everything typed is still there, beside the times that are left."""
    browser = browse("fr")
    page, start = at_the_details(browser, "colposcopy")
    patient.booked(start, "colposcopy")
    clock.pass_by(seconds=30)
    typed = {**WHO, **BIRTH, "name": NAME}
    answer = browser.send(page.form("/bookings"), **typed)
    form = answer.form("/bookings")

    assert answer.status == 409
    assert form.held() == typed
    assert start not in form.choices("start")
    other = form.choices("start")[-1]
    confirm = browser.send(form, start=other)
    assert confirm.status == 200
    assert browser.send(confirm.form("/bookings")).status == 201
    mine = next(row for row in envelopes(served) if opened_name(row, served) == NAME)
    assert opened(mine["envelope"], served.key)["start"] == other
    assert mine["moved"] == 0


def test_taken_and_no_other_chosen_loses_nothing(
    browse: Browse, patient: Patient, clock: Clock
) -> None:
    """The button pressed twice on the page with the other times."""
    browser = browse("fr")
    page, start = at_the_details(browser)
    patient.booked(start)
    clock.pass_by(seconds=30)
    typed = {**WHO, "name": NAME}
    answer = browser.send(browser.send(page.form("/bookings"), **typed).form("/bookings"))
    assert answer.status == 409
    assert answer.form("/bookings").held() == typed
    assert answer.form("/bookings").choices("start")


def test_taken_at_the_last_moment(
    served: Practice, browse: Browse, patient: Patient, clock: Clock
) -> None:
    """The envelope is kept; the desk is told that it was sealed for another time."""
    browser = browse("fr")
    confirm, start = at_the_confirmation(browser, clock, name=NAME)
    patient.booked(start)
    gone = browser.send(confirm.form("/bookings"))

    assert gone.status == 409
    assert gone.response.headers["cache-control"] == RESERVED
    assert in_words("This time has just been taken", "fr") in gone.problem
    form = gone.form("/bookings")
    assert form.values("envelope") == confirm.form("/bookings").values("envelope")
    other = form.choices("start")[0]
    receipt = browser.send(form, start=other)
    assert receipt.status == 201
    mine = next(row for row in envelopes(served) if opened_name(row, served) == NAME)
    assert (mine["moved"], mine["state"]) == (1, "confirmed")
    assert opened(mine["envelope"], served.key)["start"] == start


def test_taken_at_the_last_moment_and_no_other_chosen_keeps_the_envelope(
    browse: Browse, patient: Patient, clock: Clock
) -> None:
    browser = browse("fr")
    confirm, start = at_the_confirmation(browser, clock)
    patient.booked(start)
    gone = browser.send(confirm.form("/bookings"))
    again = browser.send(gone.form("/bookings"))
    form = again.form("/bookings")
    assert again.status == 409
    assert form.values("envelope") == confirm.form("/bookings").values("envelope")
    assert browser.send(form, start=form.choices("start")[0]).status == 201


@pytest.mark.parametrize("step", ["times", "details", "confirm"])
def test_when_the_last_time_is_gone_only_the_phone_is_left(
    served: Practice, browse: Browse, clock: Clock, step: str
) -> None:
    """Never a form that cannot end well."""
    browser = browse("fr")
    if step == "times":
        form = at_the_times(browser).form("/tickets")
        typed = {"start": form.choices("start")[0]}
    elif step == "details":
        form, typed = at_the_details(browser)[0].form("/bookings"), WHO
    else:
        form, typed = at_the_confirmation(browser, clock)[0].form("/bookings"), {}
    with closing(sqlite3.connect(served.database, timeout=10)) as database, database:
        database.execute("INSERT INTO closures VALUES ('all', 0, 4102444800)")
    clock.pass_by(seconds=30)
    page = browser.send(form, **typed)
    assert page.status == 409
    assert PHONE in page.problem.replace(" ", "\N{NO-BREAK SPACE}")
    assert page.forms == []


def opened_name(row: sqlite3.Row, practice: Practice) -> str:
    return opened(row["envelope"], practice.key)["name"]


# --- what the pages carry ------------------------------------------------------------------------


def test_the_page_of_the_last_yes_carries_no_name(browse: Browse, clock: Clock) -> None:
    """From there on only the envelope travels: not even a browser's cache holds the name."""
    browser = browse("fr")
    typed = {"name": NAME, "phone": "06 39 98 10 77", "email": "zoe@example.org"}
    page, _start = at_the_confirmation(browser, clock, **typed, caller="Grace")
    receipt = browser.send(page.form("/bookings"))
    for html in (page.html, receipt.html):
        for word in ("Zoé", "Échantillon", "Grace", "06 39 98 10 77", "0639981077", "zoe@"):
            assert word not in html


def test_what_was_typed_is_text_and_never_a_tag(browse: Browse, clock: Clock) -> None:
    browser = browse("fr")
    page, _start = at_the_details(browser)
    clock.pass_by(seconds=30)
    typed = {"name": '"><script>alert(1)</script><!--main-->', "phone": "'><b>", "whom": "self"}
    answer = browser.send(page.form("/bookings"), **typed)
    assert "<script>alert" not in answer.html
    assert answer.form("/bookings").held() == typed


def test_a_refresh_of_the_receipt_is_the_receipt(
    served: Practice, browse: Browse, clock: Clock
) -> None:
    browser = browse("fr")
    confirm, _start = at_the_confirmation(browser, clock)
    first = browser.send(confirm.form("/bookings"))
    again = browser.send(confirm.form("/bookings"))
    assert (first.status, again.status) == (201, 200)
    assert again.html == first.html
    assert len(envelopes(served)) == 1


def test_a_refresh_of_the_receipt_of_a_cancelled_visit_says_so(
    browse: Browse, patient: Patient, clock: Clock
) -> None:
    """Not 'Your visit is booked': the patient would come to a closed door."""
    browser = browse("fr")
    confirm, _start = at_the_confirmation(browser, clock)
    code = browser.send(confirm.form("/bookings")).code
    assert patient.post("/bookings/cancel", {"manage": code}).status_code == 200
    again = browser.send(confirm.form("/bookings"))
    assert again.status == 200
    assert again.heading == in_words("Your visit is cancelled", "fr")
    assert in_words("Your visit is booked", "fr") not in again.html


def test_the_button_pressed_twice_books_once(
    served: Practice, browse: Browse, clock: Clock
) -> None:
    confirm, _start = at_the_confirmation(browse("fr"), clock)
    browsers, start = [browse("fr") for _ in range(4)], Barrier(4)

    def press(browser: Browser) -> Page:
        start.wait(10)
        return browser.send(confirm.form("/bookings"))

    with ThreadPoolExecutor(4) as hands:
        receipts = list(hands.map(press, browsers))
    assert sorted(page.status for page in receipts) == [200, 200, 200, 201]
    assert len({page.html for page in receipts}) == 1
    assert len(envelopes(served)) == 1


def test_a_request_that_waits_for_a_yes_says_so(
    changed: Callable[..., Practice], clock: Clock
) -> None:
    practice = changed(("approval = false", "approval = true"))
    with Browser(practice) as browser:
        receipt, _start = at_the_receipt(browser, clock)
    assert receipt.heading == in_words("Your request has been received", "fr")
    assert in_words("The practice will phone you to confirm.", "fr") in receipt.text
    assert envelopes(practice)[0]["state"] == "requested"


# --- a booking seen again ------------------------------------------------------------------------


def with_the_code(browser: Browser, code: str, language: str = "fr") -> Page:
    """The site's page for it, and the code typed in."""
    page = browser.open(PAGES[language][1])
    return browser.send(page.form("/bookings/show"), manage=code)


@pytest.mark.parametrize("language", ["fr", "he"])
def test_a_visit_is_seen_moved_and_cancelled_with_the_code(
    served: Practice, browse: Browse, clock: Clock, language: str
) -> None:
    browser = browse(language)
    code = at_the_receipt(browse("fr"), clock)[0].code.lower().replace("-", " ")

    shown = with_the_code(browser, code, language)
    assert (shown.status, shown.heading) == (200, in_words("Your visit", language))
    assert shown.response.headers["cache-control"] == "no-store"
    assert shown.language[0] == language

    visits = browser.send(shown.form("/move"))
    assert (visits.status, visits.problem) == (200, "")
    nothing = browser.send(visits.form("/move"))
    assert nothing.status == 422
    assert nothing.errors == {"visit": in_words("Select what the visit is for.", language)}
    times = browser.send(nothing.form("/move"), visit="consultation")
    assert (times.status, times.problem) == (200, "")
    clock.pass_by(seconds=10)
    missing = browser.send(listed(times))
    assert missing.status == 422
    assert missing.errors == {"start": in_words("Choose a time.", language)}
    clock.pass_by(seconds=10)
    other = listed(missing).choices("start")[5]
    moved = browser.send(listed(missing), start=other)
    assert (moved.status, moved.heading) == (
        200,
        in_words("Your visit has been moved", language),
    )
    [row] = envelopes(served)
    assert row["moved"] == 1

    gone = browser.send(moved.form("/cancel"))
    assert (gone.status, gone.heading) == (200, in_words("Your visit is cancelled", language))
    assert gone.forms == []
    assert with_the_code(browser, code, language).heading == gone.heading


def listed(page: Page) -> Form:
    """Of the forms that move a visit, the one that offers times."""
    [form] = [form for form in page.forms if form.choices("start")]
    return form


def test_a_move_looks_at_later_days_too(browse: Browse, clock: Clock) -> None:
    browser = browse("fr")
    code = at_the_receipt(browser, clock)[0].code
    visits = browser.send(with_the_code(browser, code).form("/move"))
    first = browser.send(visits.form("/move"), visit="consultation")
    [onward] = [form for form in first.forms if not form.choices("start")]
    later = browser.send(onward)
    assert (later.status, later.problem) == (200, "")
    assert listed(later).choices("start")[0] > listed(first).choices("start")[-1]
    clock.pass_by(seconds=10)
    start = listed(later).choices("start")[0]
    moved = browser.send(listed(later), start=start)
    assert moved.heading == in_words("Your visit has been moved", "fr")


def test_a_move_to_a_time_just_taken_offers_others_and_keeps_the_visit(
    served: Practice, browse: Browse, patient: Patient, clock: Clock
) -> None:
    browser = browse("fr")
    receipt, start = at_the_receipt(browser, clock)
    visits = browser.send(with_the_code(browser, receipt.code).form("/move"))
    times = browser.send(visits.form("/move"), visit="consultation")
    wish = listed(times).choices("start")[3]
    patient.booked(wish)
    clock.pass_by(seconds=10)
    gone = browser.send(listed(times), start=wish)
    assert gone.status == 409
    assert in_words("This time has just been taken", "fr") in gone.problem
    assert start in {rfc3339(row["start"]) for row in envelopes(served)}
    moved = browser.send(listed(gone), start=listed(gone).choices("start")[0])
    assert moved.heading == in_words("Your visit has been moved", "fr")


def test_a_wrong_code_is_answered_with_what_to_do(browse: Browse) -> None:
    for code in ("0000-0000-0000", "no code", ""):
        page = with_the_code(browse("fr"), code)
        assert page.status in (404, 422)
        assert "/gerer/" in page.links
        assert page.title.startswith(in_words("Error:", "fr"))


def test_past_the_limit_nothing_is_offered_but_the_phone(browse: Browse, clock: Clock) -> None:
    browser = browse("fr")
    receipt, start = at_the_receipt(browser, clock)
    before = with_the_code(browser, receipt.code)
    clock.set(start)
    clock.pass_by(hours=-23)
    assert with_the_code(browser, receipt.code).forms == []
    for act in ("/cancel", "/move"):
        late = browser.send(before.form(act))
        assert late.status == 403
        assert PHONE in late.html
