"""The headers of every kind of answer, as the server's own command line sends them."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from booking_endpoint.envelope import PrivateKey
from booking_endpoint.tickets import Tickets
from tests.edge.patient import Patient, ready_ticket
from tests.serving import SECRET, Practice, practice_in, serving_workers

PAGE = "text/html"

GUARDS = {
    "content-security-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "referrer-policy",
    "x-content-type-options",
}

NEVER = {"server", "set-cookie", "x-powered-by", "location", "access-control-allow-origin"}


@pytest.fixture(scope="module")
def alone(
    tmp_path_factory: pytest.TempPathFactory, site: Path, key: PrivateKey
) -> Iterator[Practice]:
    """The endpoint without the site, by its own command line."""
    practice = practice_in(tmp_path_factory.mktemp("headers"), site, key)
    with serving_workers(practice, 1):
        yield practice


@pytest.fixture(scope="module")
def answers(alone: Practice) -> dict[str, httpx.Response]:
    """Every kind of answer there is, as a program and as a browser get it."""
    with Patient(alone) as patient:
        http, post = patient.http, patient.post
        start, other = patient.times()[-2:]
        request = {
            "visit": "consultation",
            "start": start,
            "envelope": patient.envelope("consultation", start),
        }
        mine = {**request, **ready_ticket(time.time())}
        listed = patient.listing()
        tag = {"If-None-Match": listed.headers["etag"]}
        unchanged = http.get(listed.request.url, headers=tag)
        booked = post("/bookings", mine)
        manage = {"manage": booked.json()["manage"]}
        move = {**manage, "visit": "consultation", "start": other, **ready_ticket(time.time())}
        old = ready_ticket(time.time() - 8000)
        as_page = {"Accept": PAGE}
        chosen = {"visit": "consultation", "start": other}
        typing = Tickets([SECRET]).form(bytes(16), int(time.time()) - 60)
        return {
            "list": listed,
            "list, not changed": unchanged,
            "list, head": http.head("/availability", params={"visit": "consultation"}),
            "list, unknown visit": http.get("/availability"),
            "list, bad date": patient.listing(first="x"),
            "ticket": post("/tickets"),
            "booked": booked,
            "booked again": post("/bookings", mine),
            "taken": post("/bookings", {**request, **ready_ticket(time.time())}),
            "too old": post("/bookings", {**request, **old}),
            "incomplete": post("/bookings", {**mine, "envelope": ""}),
            "no proof": post("/bookings", {**mine, "proof": ""}),
            "other origin": post("/bookings", mine, Origin="https://x.example"),
            "no json": http.post(
                "/bookings", content=b"{", headers={"Content-Type": "application/json"}
            ),
            "too big": post("/bookings", {"envelope": "A" * 20_000}),
            "wrong type": http.post("/bookings", content=b"a", headers={"Content-Type": "a/b"}),
            "shown": post("/bookings/show", manage),
            "moved": post("/bookings/move", move),
            "cancelled": post("/bookings/cancel", manage),
            "unknown booking": post("/bookings/show", {"manage": "x"}),
            "wrong method": http.get("/bookings"),
            "no such address": http.get("/nothing"),
            "outside the prefix": http.get(f"{alone.origin}/"),
            "page of times": http.get("/availability?visit=consultation", headers=as_page),
            "page of visits": http.get("/availability", headers=as_page),
            "page of details": http.post("/tickets", data=chosen, headers=as_page),
            "page without a time": http.post(
                "/tickets", data={"visit": "consultation"}, headers=as_page
            ),
            "page of what is wrong": http.post(
                "/bookings", data={**chosen, "ticket": typing}, headers=as_page
            ),
            "page of refusal": http.post("/bookings", data={"visit": "x"}, headers=as_page),
            "page of a booking": http.post("/bookings/show", data=manage, headers=as_page),
            "page of no booking": http.post("/bookings/show", data={}, headers=as_page),
        }


def test_every_answer_is_guarded(answers: dict[str, httpx.Response]) -> None:
    bare = {name: GUARDS - set(answer.headers) for name, answer in answers.items()}
    assert {name: missing for name, missing in bare.items() if missing} == {}


def test_nothing_is_told_of_the_server_and_nothing_is_left_in_the_browser(
    answers: dict[str, httpx.Response],
) -> None:
    told = {name: NEVER & set(answer.headers) for name, answer in answers.items()}
    assert {name: headers for name, headers in told.items() if headers} == {}


def test_no_page_may_load_anything_from_elsewhere(answers: dict[str, httpx.Response]) -> None:
    for answer in answers.values():
        policy = dict(
            rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; ")
        )
        assert policy["default-src"] == "'none'"
        assert policy["frame-ancestors"] == "'none'"
        assert policy["form-action"] == "'self'"
        assert set(policy.values()) <= {"'none'", "'self'", "'script'"}
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_only_the_list_of_times_may_be_kept_by_anybody(answers: dict[str, httpx.Response]) -> None:
    """A page can be found again by Back; what names a visit, and every error, is not kept."""
    for name, answer in answers.items():
        if name in ("list", "list, not changed", "list, head"):
            expected = "public, max-age=15"
        elif answer.headers.get("content-type", "").startswith(PAGE):
            expected = "no-store" if name == "page of a booking" else "private, no-cache"
        else:
            expected = "no-store"
        assert answer.headers["cache-control"] == expected, name
        assert answer.headers["vary"] == "Accept, Accept-Language", name


def test_every_kind_of_answer_was_there(answers: dict[str, httpx.Response]) -> None:
    assert {answer.status_code for answer in answers.values()} == {
        *(200, 201, 304),
        *(400, 403, 404, 405, 409, 410, 413, 415, 422),
    }


def test_an_error_in_json_says_what_and_what_to_do(answers: dict[str, httpx.Response]) -> None:
    for name, answer in answers.items():
        json = answer.headers.get("content-type") == "application/json"
        if json and answer.status_code >= 400:
            body = answer.json()
            assert set(body) - {"field", "nearest"} == {"error", "message"}, name
            assert all(isinstance(body[key], str) and body[key] for key in ("error", "message"))
