"""What the endpoint promises to programs: section 10 of the design, over real HTTP."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from tests.edge.patient import Clock, Patient, in_words, plus, ready_ticket
from tests.serving import SECRET, Practice, serving, wait_until

PHONE = "01 99 00 47 11"
TUESDAY = "2026-12-01"
NINE = "2026-12-01T08:00:00Z"
"""Nine o'clock in Paris on the Tuesday after the clock's Monday."""

BY = ("manage", "code")
"""A booking is found again by its link or by its code."""

LANGUAGES = ("fr", "en", "he", "it")


# --- free times ----------------------------------------------------------------------------------


def test_free_times_have_exactly_the_shape_others_lean_on(patient: Patient) -> None:
    """Colposcopy: 40 minutes and 5 after them, on the mornings and on Tuesday afternoon."""
    answer = patient.listing("colposcopy", TUESDAY, 2)
    starts = ["08:00", "08:45", "09:30", "10:15", "13:00", "13:45", "14:30", "15:15"]

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "visit": "colposcopy",
        "zone": "Europe/Paris",
        "minutes": 40,
        "days": [
            {"date": TUESDAY, "starts": [f"{TUESDAY}T{start}:00Z" for start in starts]},
            {"date": "2026-12-02", "starts": []},
        ],
        "next": "2026-12-03",
    }


def test_days_begin_today_and_are_seven_unless_asked_otherwise(patient: Patient) -> None:
    days = patient.http.get("/availability", params={"visit": "consultation"}).json()["days"]
    assert [day["date"] for day in days] == [
        (date(2026, 11, 30) + timedelta(days=n)).isoformat() for n in range(7)
    ]


def test_next_is_null_when_nothing_follows(patient: Patient) -> None:
    """The horizon is 90 days: 28 February 2027."""
    assert patient.listing(first="2027-02-28").json()["next"] is None


def test_next_jumps_over_a_closure(patient: Patient) -> None:
    answer = patient.listing(first="2026-12-24", days=1).json()
    assert (answer["days"][0]["starts"], answer["next"]) == ([], "2027-01-04")


def test_a_list_that_has_not_changed_is_not_sent_again(patient: Patient) -> None:
    first = patient.listing()
    again = patient.http.get(first.request.url, headers={"If-None-Match": first.headers["etag"]})

    assert first.headers["cache-control"] == "public, max-age=15"
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == "public, max-age=15"


@pytest.mark.parametrize("form", ["W/{}", '"other", {}', '"other", W/{}'])
def test_a_tag_is_known_again_behind_a_server_that_compresses(patient: Patient, form: str) -> None:
    """nginx makes a tag weak when it compresses; RFC 9110 compares weakly, and takes lists."""
    first = patient.listing()
    tag = form.format(first.headers["etag"])
    again = patient.http.get(first.request.url, headers={"If-None-Match": tag})
    assert again.status_code == 304


def test_a_booking_changes_the_tag(patient: Patient) -> None:
    first = patient.listing()
    patient.booked(NINE)
    again = patient.http.get(first.request.url, headers={"If-None-Match": first.headers["etag"]})

    assert again.status_code == 200
    assert again.headers["etag"] != first.headers["etag"]
    assert NINE not in patient.times()


@pytest.mark.parametrize(
    ("asked", "status", "error", "field"),
    [
        ({"visit": "nothing"}, 404, "visit", "visit"),
        ({"visit": ""}, 404, "visit", "visit"),
        ({"from": "tomorrow"}, 422, "date", "from"),
        ({"from": "2026-02-30"}, 422, "date", "from"),
        ({"from": "9999-12-31"}, 422, "date", "from"),
        ({"days": "many"}, 422, "date", "from"),
        ({"days": "0"}, 422, "days", "days"),
        ({"days": "-1"}, 422, "days", "days"),
        ({"days": "32"}, 422, "days", "days"),
        ({"days": "9" * 5000}, 422, "date", "from"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(
    patient: Patient, asked: dict[str, str], status: int, error: str, field: str
) -> None:
    answer = patient.http.get("/availability", params={"visit": "consultation", **asked})
    assert answer.status_code == status
    assert answer.json().keys() == {"error", "message", "field"}
    assert (answer.json()["error"], answer.json()["field"]) == (error, field)


@pytest.mark.parametrize("first", ["0001-01-01", "2026-01-01", "2027-03-01", "9999-12-31"])
def test_the_far_past_and_the_far_future_are_empty(patient: Patient, first: str) -> None:
    assert patient.times(first=first, days=1) == []


# --- booking -------------------------------------------------------------------------------------


def test_a_booking_is_answered_with_all_the_page_needs(patient: Patient) -> None:
    answer = patient.book(NINE)
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert body.keys() == {"start", "end", "state", "manage", "code"}
    assert (body["start"], body["end"]) == (NINE, "2026-12-01T08:30:00Z")
    assert body["state"] == "confirmed"
    assert len(body["code"].replace("-", "")) == 12


def test_a_ticket_comes_with_work_to_do(patient: Patient) -> None:
    answer = patient.post("/tickets")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json().keys() == {"ticket", "challenge"}
    assert answer.json() != patient.post("/tickets").json()


def test_the_same_request_again_is_the_same_booking(patient: Patient) -> None:
    """The line breaks after the POST: the page sends it again and must not hear 'taken'."""
    request = patient.request(NINE)
    first, again = patient.post("/bookings", request), patient.post("/bookings", request)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()


def test_a_ticket_books_once_whatever_time_is_asked_for(patient: Patient) -> None:
    request = patient.request(NINE)
    first = patient.post("/bookings", request)
    other = patient.post("/bookings", {**request, "start": "2026-12-03T08:00:00Z"})
    assert (other.status_code, other.json()) == (200, first.json())
    assert "2026-12-03T08:00:00Z" in patient.times()


def test_the_same_request_is_known_after_a_restart(practice: Practice, clock: Clock) -> None:
    with serving(practice, clock), Patient(practice) as patient:
        request = patient.request(NINE)
        first = patient.post("/bookings", request)
    with serving(practice, clock), Patient(practice) as patient:
        again = patient.post("/bookings", request)
    assert (again.status_code, again.json()) == (200, first.json())


class Rotated(Practice):
    """The same practice after its secret was replaced: the old one is still read."""

    @property
    def environ(self) -> dict[str, str]:
        return {**super().environ, "BOOKING_SECRET": f"{'new' * 11},{SECRET}"}


def test_a_new_secret_makes_no_old_booking_unknown(practice: Practice, clock: Clock) -> None:
    """Links and codes in patients' hands go on working; a request sent again books nothing new."""
    with serving(practice, clock), Patient(practice) as patient:
        request = patient.request(NINE)
        booked = patient.post("/bookings", request).json()
    rotated = Rotated(practice.folder, practice.key, practice.site, practice.port)
    with serving(rotated, clock), Patient(rotated) as patient:
        again = patient.post("/bookings", request)
        shown = [patient.post("/bookings/show", {"manage": booked[by]}) for by in BY]
        later = patient.booked("2026-12-03T08:00:00Z")
        assert patient.post("/bookings/show", {"manage": later["code"]}).status_code == 200
    assert (again.status_code, again.json()["code"]) == (200, booked["code"])
    assert [answer.status_code for answer in shown] == [200, 200]


def test_a_ticket_never_books_again_what_was_cancelled(patient: Patient) -> None:
    request = patient.request(NINE)
    booked = patient.post("/bookings", request).json()
    patient.post("/bookings/cancel", {"manage": booked["manage"]})
    again = patient.post("/bookings", request)
    assert again.status_code == 200
    assert again.json() == {**booked, "state": "cancelled"}
    assert NINE in patient.times()


def test_a_taken_time_is_answered_with_times_that_are_free(patient: Patient) -> None:
    patient.booked(NINE)
    answer = patient.book(NINE)
    body = answer.json()

    assert answer.status_code == 409
    assert body.keys() == {"error", "message", "nearest"}
    assert body["error"] == "taken"
    assert PHONE in body["message"]
    assert len(body["nearest"]) == 6
    for start in body["nearest"]:
        assert patient.booked(start)["start"] == start


def test_a_request_keeps_its_ticket_for_another_time(patient: Patient) -> None:
    """After 'taken' the page sends what it has, with a new time and nothing typed again."""
    patient.booked(NINE)
    request = patient.request(NINE)
    other = patient.post("/bookings", request).json()["nearest"][0]
    assert patient.post("/bookings", {**request, "start": other}).status_code == 201


@pytest.mark.parametrize(
    "start",
    [
        "2026-11-30T13:00:00Z",  # within the twelve hours' notice
        "2026-12-01T08:10:00Z",  # off the grid
        "2026-12-06T08:00:00Z",  # a Sunday
        "2026-12-25T08:00:00Z",  # a public holiday, in a closure
        "2027-03-02T08:00:00Z",  # past the horizon
        "2025-12-01T08:00:00Z",  # past
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
    ],
)
def test_a_time_not_on_offer_is_not_given(patient: Patient, start: str) -> None:
    """Listing and booking agree, notice and horizon included."""
    answer = patient.book(start)
    assert answer.status_code == 409
    assert answer.json()["nearest"]


def test_a_visit_is_booked_only_when_it_is_received(patient: Patient) -> None:
    """Tuesday afternoon is for colposcopy and hysteroscopy."""
    assert patient.book("2026-12-01T13:00:00Z", "consultation").status_code == 409
    assert patient.book("2026-12-01T13:00:00Z", "colposcopy").status_code == 201


def test_a_ticket_grows_old(patient: Patient, clock: Clock) -> None:
    request = patient.request(NINE)
    clock.pass_by(hours=2)
    in_time = patient.post("/bookings", {**request, **ready_ticket(clock())})
    clock.pass_by(seconds=1)
    late = patient.post("/bookings", request)

    assert in_time.status_code == 201
    assert (late.status_code, late.json()["error"]) == (410, "old")


@pytest.mark.parametrize(
    ("change", "status", "error", "field"),
    [
        ({"visit": ""}, 404, "visit", "visit"),
        ({"visit": "nothing"}, 404, "visit", "visit"),
        ({"start": ""}, 422, "start", "start"),
        ({"start": "at nine"}, 422, "start", "start"),
        ({"start": "2026-12-01T09:00:00+01:00"}, 422, "start", "start"),
        ({"ticket": ""}, 422, "field", "ticket"),
        ({"ticket": "mine"}, 422, "ticket", "ticket"),
        ({"envelope": ""}, 422, "field", "envelope"),
        ({"envelope": "!"}, 422, "envelope", "envelope"),
        ({"envelope": "AQ"}, 422, "envelope", "envelope"),
        ({"envelope": "é"}, 422, "envelope", "envelope"),
        ({"visit": 1}, 422, "field", "visit"),
        ({"start": None}, 422, "field", "start"),
        ({"envelope": ["a"]}, 422, "field", "envelope"),
    ],
)
def test_a_request_that_is_wrong_says_where(
    patient: Patient, change: dict[str, object], status: int, error: str, field: str
) -> None:
    answer = patient.post("/bookings", {**patient.request(NINE), **change})
    assert answer.status_code == status
    assert answer.json().keys() == {"error", "message", "field"}
    assert (answer.json()["error"], answer.json()["field"]) == (error, field)
    assert NINE in patient.times()


@pytest.mark.parametrize("field", ["visit", "start", "envelope", "ticket"])
def test_a_request_that_lacks_something_says_what(patient: Patient, field: str) -> None:
    request = patient.request(NINE)
    del request[field]
    answer = patient.post("/bookings", request)
    assert answer.status_code in (404, 422)
    assert answer.json()["field"] == field


def test_work_not_done_is_refused(patient: Patient) -> None:
    request = patient.request(NINE)
    without = {name: value for name, value in request.items() if name != "proof"}
    for_another = patient.ticket()["proof"]
    for wrong in (
        without,
        {**request, "proof": ""},
        {**request, "proof": "e30="},
        {**request, "proof": "é"},
        {**request, "proof": for_another},
    ):
        answer = patient.post("/bookings", wrong)
        assert (answer.status_code, answer.json()["error"]) == (403, "proof")
    assert patient.post("/bookings", request).status_code == 201


def test_a_ticket_of_a_form_saves_no_work(patient: Patient, clock: Clock) -> None:
    """The no-JavaScript form's ticket needs no proof; a program cannot book with it."""
    page = patient.http.post(
        "/tickets",
        data={"visit": "consultation", "start": NINE},
        headers={"Accept": "text/html"},
    )
    ticket = page.text.partition('name="ticket" value="')[2].partition('"')[0]
    clock.pass_by(seconds=10)
    request = {**patient.request(NINE), "ticket": ticket}
    for proof in ({"proof": request["proof"]}, {"proof": ""}, {}):
        answer = patient.post("/bookings", {**request, "proof": "", **proof})
        assert answer.status_code in (403, 422), answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
    ids=lambda headers: " ".join(f"{name}={value}" for name, value in headers.items()),
)
@pytest.mark.parametrize(
    "path", ["/tickets", "/bookings", "/bookings/show", "/bookings/cancel", "/bookings/move"]
)
def test_another_site_may_not_post(patient: Patient, path: str, headers: dict[str, str]) -> None:
    answer = patient.post(path, **headers)
    assert (answer.status_code, answer.json()["error"]) == (403, "origin")


def test_a_post_without_any_origin_is_refused(patient: Patient) -> None:
    del patient.http.headers["Origin"]
    assert patient.post("/tickets").status_code == 403


def test_the_browsers_word_goes_before_the_origin(patient: Patient) -> None:
    """Fetch metadata cannot be set by a page; behind a proxy the Origin may look foreign."""
    del patient.http.headers["Origin"]
    assert patient.post("/tickets", **{"Sec-Fetch-Site": "same-origin"}).status_code == 200


# --- a booking seen again ------------------------------------------------------------------------

BOTH = pytest.mark.parametrize("by", BY)


@BOTH
def test_a_booking_is_seen_again(patient: Patient, by: str) -> None:
    booked = patient.booked(NINE)
    answer = patient.post("/bookings/show", {"manage": booked[by]})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {"start": NINE, "end": booked["end"], "state": "confirmed"}


@pytest.mark.parametrize("typed", [str.lower, lambda code: code.replace("-", " "), "  {} ".format])
def test_a_code_may_be_typed_as_people_type(patient: Patient, typed: Callable[[str], str]) -> None:
    code = patient.booked(NINE)["code"]
    assert patient.post("/bookings/show", {"manage": typed(code)}).status_code == 200


@BOTH
def test_a_booking_is_cancelled_and_its_time_is_free(patient: Patient, by: str) -> None:
    booked = patient.booked(NINE)
    answer = patient.post("/bookings/cancel", {"manage": booked[by]})
    assert answer.status_code == 200
    assert answer.json() == {"start": NINE, "end": booked["end"], "state": "cancelled"}
    assert NINE in patient.times()
    assert patient.post("/bookings/cancel", {"manage": booked[by]}).json() == answer.json()


@BOTH
def test_a_booking_is_moved(patient: Patient, by: str) -> None:
    booked, thursday = patient.booked(NINE), "2026-12-03T08:00:00Z"
    answer = patient.move(booked[by], thursday)
    assert answer.status_code == 200
    assert answer.json() == {
        "start": thursday,
        "end": "2026-12-03T08:30:00Z",
        "state": "confirmed",
    }
    times = patient.times()
    assert NINE in times
    assert thursday not in times


@BOTH
def test_nothing_revives_a_cancelled_booking(patient: Patient, by: str) -> None:
    """A mail with the link, a page left open: neither takes the time again."""
    request = patient.request(NINE)
    booked = patient.post("/bookings", request).json()
    patient.post("/bookings/cancel", {"manage": booked[by]})

    assert patient.move(booked[by], NINE).status_code == 404
    assert patient.move(booked[by], "2026-12-03T08:00:00Z").status_code == 404
    assert patient.post("/bookings", request).json()["state"] == "cancelled"
    assert patient.post("/bookings/show", {"manage": booked[by]}).json()["state"] == "cancelled"
    assert {NINE, "2026-12-03T08:00:00Z"} <= set(patient.times())


def test_a_visit_may_move_by_less_than_its_length(patient: Patient) -> None:
    """From 09:00–09:40 to a start inside it: nobody stands in his own way."""
    booked = patient.booked(NINE, "hysteroscopy")
    assert patient.move(booked["manage"], NINE, "visit-3").status_code == 200
    twenty_five = plus(NINE, minutes=25)
    moved = patient.move(booked["manage"], twenty_five, "visit-3")
    assert (moved.status_code, moved.json()["start"]) == (200, twenty_five)
    back = patient.move(booked["manage"], NINE, "hysteroscopy")
    assert (back.status_code, back.json()["end"]) == (200, plus(NINE, minutes=40))


def test_a_move_that_fails_keeps_the_old_time(patient: Patient) -> None:
    mine, other = patient.booked(NINE), patient.booked("2026-12-03T08:00:00Z")
    answer = patient.move(mine["manage"], other["start"])
    assert (answer.status_code, answer.json()["error"]) == (409, "taken")
    assert patient.booked(answer.json()["nearest"][0])
    shown = patient.post("/bookings/show", {"manage": mine["manage"]}).json()
    assert (shown["start"], shown["state"]) == (NINE, "confirmed")
    assert NINE not in patient.times()


@pytest.mark.parametrize("path", ["/bookings/show", "/bookings/cancel", "/bookings/move"])
def test_unknown_forged_and_purged_are_one_answer(
    practice: Practice, clock: Clock, path: str
) -> None:
    """Whoever guesses learns nothing, not even whether a booking was here."""
    with serving(practice, clock), Patient(practice) as patient:
        booked = patient.booked(NINE)
    clock.pass_by(days=10)
    with serving(practice, clock), Patient(practice) as patient:
        mine = {"manage": booked["manage"]}
        wait_until(lambda: patient.post("/bookings/show", mine).status_code == 404)
        more = {"visit": "consultation", "start": "2026-12-15T08:00:00Z", **patient.ticket()}
        answers = [
            patient.post(path, {"manage": manage, **more})
            for manage in (
                booked["manage"],
                booked["code"],
                "0000-0000-0000",
                "forged",
                f"{booked['manage'][:-1]}{'A' if booked['manage'][-1] != 'A' else 'B'}",
                more["ticket"],
                "🗝",
            )
        ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert PHONE in answers[0].json()["message"]
    assert answers[0].json()["error"] == "unknown"


def test_past_the_limit_only_the_phone_helps(patient: Patient, clock: Clock) -> None:
    """The practice's limit is 24 hours before the visit."""
    booked = patient.booked("2026-12-03T08:00:00Z")
    clock.set("2026-12-02T08:00:01+00:00")
    for answer in (
        patient.post("/bookings/cancel", {"manage": booked["manage"]}),
        patient.move(booked["manage"], "2026-12-10T08:00:00Z"),
    ):
        assert (answer.status_code, answer.json()["error"]) == (403, "late")
        assert PHONE in answer.json()["message"]
    clock.set("2026-12-02T08:00:00+00:00")
    assert patient.post("/bookings/cancel", {"manage": booked["manage"]}).status_code == 200


# --- approval ------------------------------------------------------------------------------------


def test_a_practice_that_says_yes_itself_gets_requests(changed: Callable[..., Practice]) -> None:
    with Patient(changed(("approval = false", "approval = true"))) as patient:
        booked = patient.booked(NINE)
        assert booked["state"] == "requested"
        assert NINE not in patient.times()


# --- everything else -----------------------------------------------------------------------------

POSTED = ["/tickets", "/bookings", "/bookings/show", "/bookings/cancel", "/bookings/move"]


@pytest.mark.parametrize("path", POSTED)
def test_only_a_post_changes_anything(patient: Patient, path: str) -> None:
    """A mail scanner that follows a link, a browser that looks ahead: nothing happens."""
    booked = patient.booked(NINE)
    asked = {"manage": booked["manage"], "visit": "consultation", "start": NINE}
    for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"):
        answer = patient.http.request(method, path, params=asked)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        if method != "HEAD":
            assert answer.json().keys() == {"error", "message"}
    shown = patient.post("/bookings/show", {"manage": booked["manage"]}).json()
    assert (shown["start"], shown["state"]) == (NINE, "confirmed")


@pytest.mark.parametrize(
    "path",
    ["/", "/nothing", "/bookings/", "/availability/", "/tickets/", "/bookings/list", "//bookings"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nothing_else_is_there(patient: Patient, method: str, path: str) -> None:
    """No redirect either: it would repeat the Host header that was sent."""
    answer = patient.http.request(method, f"{patient.practice.origin}/rdv{path}")
    assert answer.status_code == 404
    assert answer.json().keys() == {"error", "message"}


def test_a_post_to_the_list_is_405(patient: Patient) -> None:
    answer = patient.post("/availability")
    assert answer.status_code == 405
    assert answer.json().keys() == {"error", "message"}


def test_messages_are_in_the_language_asked_for(served: Practice) -> None:
    for path in ("/nothing", "/bookings"):
        messages = set()
        for language in LANGUAGES:
            with Patient(served, language) as patient:
                messages.add(patient.http.get(path).json()["message"])
        assert len(messages) == len(LANGUAGES)


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("fr", "fr"),
        ("en-GB", "en"),
        ("he", "he"),
        ("it-IT", "it"),
        ("de-DE, he-IL;q=0.9, fr;q=0.8", "he"),
        ("fr;q=0.2, it;q=0.9", "it"),
        ("de", "fr"),
        ("", "fr"),
        (";;q=,,,=", "fr"),
        ("en;q=high, it", "it"),
    ],
)
def test_the_first_language_we_know_is_spoken(patient: Patient, asked: str, language: str) -> None:
    """None that we know: the doctor's own."""
    request = {"visit": "consultation", "proof": "-"}
    answer = patient.post("/bookings", request, **{"Accept-Language": asked})
    assert answer.json()["message"] == in_words("Choose a time.", language)
