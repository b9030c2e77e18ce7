"""Whatever is sent: no answer is a fault of ours, and nothing of it is repeated in a log."""

import json

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.edge.patient import Patient
from tests.edge.traces import traces

MARK = "Qvxzwk Zyxwvut"
"""In every text that is sent; in nothing that is answered or logged."""

ANSWERS = {200, 201, 400, 403, 404, 405, 409, 410, 413, 415, 422, 429}

ASKED = ("visit", "from", "days", "lang")

PATHS = (
    "/availability",
    "/tickets",
    "/bookings",
    "/bookings/",
    "/bookings/show",
    "/bookings/cancel",
    "/bookings/move",
    "/nothing",
)

texts = st.text(max_size=60).map(lambda text: MARK + text)
numbers = st.integers() | st.floats() | st.booleans() | st.none()
nested = st.recursive(
    texts | numbers,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
instants = st.datetimes().map(lambda at: f"{at:%Y-%m-%dT%H:%M:%SZ}")
signs = st.text("AZaz09-_=.", max_size=9000)
near_misses = {
    "visit": st.sampled_from(["consultation", "colposcopy", "CONSULTATION", ""]),
    "start": instants | st.sampled_from(["2026-11-31T08:00:00Z", "9999-12-31T23:59:59Z"]),
    "envelope": signs,
    "ticket": signs,
    "proof": signs,
    "manage": signs,
    "lang": st.sampled_from(["fr", "xx", ""]),
    "moved": texts,
    "website": texts,
    "name": texts,
}
"""For each field, what a careful liar would send."""

bodies = st.fixed_dictionaries({}, optional={k: v | nested for k, v in near_misses.items()})
raw = st.binary(max_size=300).map(lambda noise: MARK.encode() + noise)
deep = st.integers(1, 3000).map(lambda depth: b"[" * depth + b"]" * depth)
types = st.sampled_from(
    ["application/json", "application/x-www-form-urlencoded", "text/plain", "", "\u00e9"]
)

fuzz = settings(
    max_examples=250,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_nothing_that_can_be_sent_is_a_fault(
    patient: Patient,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    accept: str,
) -> None:
    @fuzz
    @given(st.sampled_from(PATHS), bodies.map(json.dumps).map(str.encode) | raw | deep, types)
    def send(path: str, body: bytes, kind: str) -> None:
        headers = httpx.Headers({"Content-Type": kind, "Accept": accept}, encoding="latin-1")
        answer = patient.http.post(path, content=body, headers=headers)
        assert answer.status_code in ANSWERS
        assert MARK not in answer.text

    send()
    printed = capfd.readouterr()
    assert traces([MARK], (printed.out + printed.err + caplog.text).encode()) == {}


@fuzz
@given(
    st.dictionaries(st.sampled_from(["visit", "from", "days", "lang"]), texts | instants | signs)
)
def test_no_question_is_a_fault(patient: Patient, asked: dict[str, str]) -> None:
    answer = patient.http.get("/availability", params=asked)
    assert answer.status_code in ANSWERS | {414, 431}


def test_a_booking_with_one_forged_part_is_refused(patient: Patient) -> None:
    """Everything else in it is right, so it is this part that is checked."""
    start = patient.times()[0]
    right = patient.request(start)

    @fuzz
    @given(st.sampled_from(sorted(right)), texts | signs | instants)
    def send(part: str, forged: str) -> None:
        answer = patient.post("/bookings", {**right, part: forged})
        assert answer.status_code in {403, 404, 409, 410, 413, 422}

    send()
    assert patient.post("/bookings", right).status_code == 201
