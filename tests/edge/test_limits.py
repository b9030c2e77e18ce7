"""One network cannot fill the agenda: what it is told, and that nobody else notices."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from booking_endpoint.envelope import PrivateKey
from tests.edge.patient import WHO, Browser, Clock, Patient, in_words
from tests.edge.traces import traces, traces_in
from tests.serving import Practice, practice_in, serving

ONE, NEIGHBOUR, OTHER = "203.0.113.7", "203.0.113.250", "198.51.100.7"
"""The first two share a network; all three from the ranges kept for examples (RFC 5737)."""

PHONE = "0199004711"


@pytest.fixture
def limited(tmp_path: Path, site: Path, key: PrivateKey, clock: Clock) -> Iterator[Practice]:
    """Two a day from one network, five in all; from the third in an hour on, the desk decides."""
    few = "[rules]\nnetwork_bookings_a_day = 2\nbookings_a_day = 5\napproval_above = 2"
    practice = practice_in(tmp_path, site, key, ("\n[rules]", f"\n{few}"))
    practice.settings["BOOKING_CLIENT_HEADER"] = "X-Real-IP"
    with serving(practice, clock, with_site=False):
        yield practice


def patient_at(practice: Practice, address: str) -> Patient:
    patient = Patient(practice)
    patient.http.headers["X-Real-IP"] = address
    return patient


def test_the_third_booking_of_a_network_is_refused_until_tomorrow(
    limited: Practice, clock: Clock
) -> None:
    with patient_at(limited, ONE) as one, patient_at(limited, NEIGHBOUR) as neighbour:
        times = one.times()
        assert [one.book(start).status_code for start in times[:2]] == [201, 201]
        refused = neighbour.book(times[2])
        assert (refused.status_code, refused.json()["error"]) == (429, "many")
        assert 0 < int(refused.headers["retry-after"]) <= 86400
        assert PHONE in "".join(filter(str.isdigit, refused.json()["message"]))
        assert times[2] in one.times(), "a refusal takes no time from others"
        clock.pass_by(days=1)
        assert neighbour.book(neighbour.times()[0]).status_code == 201


def test_other_networks_book_meanwhile_until_the_day_is_full(limited: Practice) -> None:
    addresses = [ONE, ONE, OTHER, "192.0.2.1", "198.18.0.1", "198.18.1.1"]
    answers = []
    for place, address in enumerate(addresses):
        with patient_at(limited, address) as patient:
            answers.append(patient.book(patient.times()[place]))
    assert [answer.status_code for answer in answers] == [201] * 5 + [429]
    assert "demain" in answers[-1].json()["message"]


def test_the_fuller_the_day_the_fewer_for_one_network(limited: Practice) -> None:
    """Who has some networks must not shut out who has one: after three of five, one each."""
    answers = []
    for place, address in enumerate([ONE, ONE, OTHER, OTHER, "192.0.2.1"]):
        with patient_at(limited, address) as patient:
            answers.append(patient.book(patient.times()[place]).status_code)
    assert answers == [201, 201, 201, 429, 201]


def test_the_same_request_again_is_answered_and_not_counted(limited: Practice) -> None:
    with patient_at(limited, ONE) as patient:
        first, second, third = patient.times()[:3]
        request = patient.request(first)
        answers = [patient.post("/bookings", request) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [201, 200, 200, 200]
        assert patient.book(second).status_code == 201
        assert patient.post("/bookings", request).status_code == 200
        assert patient.book(third).status_code == 429


def test_a_time_that_was_taken_counts_for_nobody(limited: Practice) -> None:
    with patient_at(limited, ONE) as one, patient_at(limited, OTHER) as other:
        gone, *free = one.times()
        assert one.book(gone).status_code == 201
        assert [other.book(gone).status_code for _ in range(3)] == [409] * 3
        assert other.book(free[0]).status_code == 201


def test_when_too_much_is_booked_the_desk_decides_and_then_no_more(
    limited: Practice, clock: Clock
) -> None:
    states = []
    for place, address in enumerate([ONE, ONE, OTHER, "192.0.2.1"]):
        if place == 3:
            clock.pass_by(hours=3)
        with patient_at(limited, address) as patient:
            states.append(patient.book(patient.times()[place]).json()["state"])
    assert states == ["confirmed", "confirmed", "requested", "confirmed"]


def test_a_network_that_asks_for_ticket_after_ticket_gets_none(limited: Practice) -> None:
    """And is told so in its own language; another gets its ticket all the same."""
    with patient_at(limited, ONE) as one, patient_at(limited, OTHER) as other:
        answers = [one.post("/tickets") for _ in range(101)]
        assert {answer.status_code for answer in answers[:100]} == {200}
        assert (answers[-1].status_code, answers[-1].headers["retry-after"]) == (429, "60")
        assert other.post("/tickets").status_code == 200


def test_without_a_script_the_same_is_said_on_a_page(limited: Practice, clock: Clock) -> None:
    with patient_at(limited, ONE) as one:
        times = one.times()
        assert [one.book(start).status_code for start in times[:2]] == [201, 201]
    with Browser(limited, "he") as browser:
        browser.http.headers["X-Real-IP"] = ONE
        answer = browser.http.post("/rdv/bookings", data=ready_form(browser, clock))
    assert answer.status_code == 429
    message = in_words(
        "Too much was asked for from your connection. Please call {phone}, or try again later.",
        "he",
    )
    assert message.partition("{phone}")[0] in " ".join(answer.text.split())
    assert PHONE in "".join(filter(str.isdigit, answer.text))


def ready_form(browser: Browser, clock: Clock) -> dict[str, str]:
    """The confirm page of a browser without scripts, as it would be sent."""
    times = browser.open("/rdv/availability?visit=consultation").form("/tickets")
    page = browser.send(times, start=times.choices("start")[-1])
    clock.pass_by(seconds=20)
    confirm = browser.send(page.form("/bookings"), **WHO)
    return dict(confirm.form("/bookings").filled({}))


def test_no_address_is_left_behind(
    limited: Practice, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with patient_at(limited, ONE) as one:
        answers = [one.book(start) for start in one.times()[:3]]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    printed = capfd.readouterr()
    assert traces([ONE, "203.0.113"], (printed.out + printed.err + caplog.text).encode()) == {}
    assert traces_in([ONE, "203.0.113"], limited.folder) == {}
