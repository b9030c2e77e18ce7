"""Whatever is sent, the endpoint answers it in its own words, and writes nothing of it down."""

import json
import string
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from booking_endpoint.envelope import PrivateKey
from tests.edge.patient import WHO, Browser, Patient
from tests.edge.traces import traces
from tests.serving import ROOT, Practice, answers, practice_in, wait_until

PATHS = ("/tickets", "/bookings", "/bookings/show", "/bookings/cancel", "/bookings/move")

MARK = "Hapaxlegomenon"
"""Stands in every input, to be looked for in the log."""

KNOWN = [
    *("visit", "start", "envelope", "ticket", "proof", "manage", "lang", "moved", "again"),
    *("from", "days", "name", "phone", "email", "whom", "caller", "website"),
    *("birth_day", "birth_month", "birth_year"),
]

Fields = dict[str, object]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile") / "log"


@pytest.fixture(scope="module")
def target(log: Path, site: Path, key: PrivateKey) -> Iterator[Practice]:
    """The server's own command line, with everything it prints in one file."""
    practice = practice_in(log.parent, site, key)
    command = [sys.executable, "-m", "booking_endpoint", "serve", "--port", str(practice.port)]
    with (
        log.open("wb") as out,
        subprocess.Popen(
            command, cwd=ROOT, env=practice.environ, stdout=out, stderr=subprocess.STDOUT
        ) as running,
    ):
        try:
            wait_until(lambda: answers(practice.port))
            yield practice
        finally:
            running.terminate()
            running.wait(20)


@pytest.fixture(scope="module")
def line(target: Practice) -> Iterator[httpx.Client]:
    with Patient(target) as patient:
        yield patient.http


@pytest.fixture(scope="module")
def real(target: Practice) -> dict[str, str]:
    """Fields that pass every check, so that what is hostile gets behind the first one."""
    with Patient(target) as patient:
        start = patient.times("colposcopy")[-1]
        booked = patient.booked(patient.times()[-1])
        return {**patient.request(start, "colposcopy"), "manage": booked["manage"]}


texts = st.one_of(
    st.text(max_size=30),
    st.text(string.digits + "-:TZ+/. ", max_size=25),
    st.sampled_from(
        [
            *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-02-30T08:00:00Z"),
            *("0001-01-01", "9999-12-31", "9" * 30, "9" * 5000, "\0", "\ud800", "%s", "{phone}"),
            *("{0.__class__}", "<!--main-->", "..", "e30=", "W10=", "bnVsbA==", "AAAA-AAAA-AAAA"),
            *("consultation", "colposcopy", "1", "he", "self", "février", "٣", "²"),
        ]
    ),
)
values = st.recursive(
    st.one_of(texts, st.none(), st.booleans(), st.integers(), st.floats()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=5,
)
hostile_fields: st.SearchStrategy[Fields] = st.one_of(
    st.dictionaries(st.sampled_from(KNOWN), texts, max_size=10),
    st.dictionaries(st.one_of(st.sampled_from(KNOWN), texts), values, max_size=10),
)
kinds = st.sampled_from(
    [
        *("application/json", "application/x-www-form-urlencoded"),
        *("application/json; charset=latin-1", "text/plain", "multipart/form-data", ""),
    ]
)
bodies = st.one_of(
    st.none(),
    st.binary(max_size=200),
    st.sampled_from([b"{" * 9000, b"[" * 9000, b'{"a":' * 3000, b"&" * 9000, b"9" * 9000]),
)


@settings(
    max_examples=150,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(
    path=st.sampled_from(PATHS),
    hostile=hostile_fields,
    kept=st.sets(st.sampled_from(["visit", "start", "envelope", "ticket", "proof", "manage"])),
    kind=kinds,
    page=st.booleans(),
    body=bodies,
)
@example(  # half a surrogate pair: could not be written into the answer
    path="/bookings",
    hostile={"\ud800": 1},
    kept=set(),
    kind="application/json",
    page=False,
    body=None,
)
@example(
    path="/bookings",
    hostile={"name": "\ud800", "start": ""},
    kept={"visit"},
    kind="application/json",
    page=True,
    body=None,
)
@example(  # more fields than a form may have
    path="/tickets",
    hostile={f"field {n}": "" for n in range(60)},
    kept=set(),
    kind="application/x-www-form-urlencoded",
    page=True,
    body=None,
)
def test_nothing_sent_breaks_the_endpoint_or_gets_into_its_log(
    line: httpx.Client,
    log: Path,
    real: dict[str, str],
    path: str,
    hostile: Fields,
    kept: set[str],
    kind: str,
    page: bool,
    body: bytes | None,
) -> None:
    fields: Fields = {name: real[name] for name in sorted(kept)} | hostile | {MARK: MARK}
    answer = send(line, path, fields, kind, page, body)
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400 and not page:
        assert {"error", "message"} <= answer.json().keys()
    assert traces([MARK], log.read_bytes()) == {}
    assert log.read_bytes() == b""


def send(
    line: httpx.Client, path: str, fields: Fields, kind: str, page: bool, body: bytes | None
) -> httpx.Response:
    """The fields as this kind of body says them, or the body as it is."""
    if body is None and "json" in kind:
        body = json.dumps(fields).encode()
    elif body is None:
        pairs = [(clean(name), clean(str(value))) for name, value in fields.items()]
        body = urlencode(pairs).encode()
    accept = "text/html" if page else "application/json"
    return line.post(path, content=body, headers={"Content-Type": kind, "Accept": accept})


def clean(text: str) -> str:
    """What can be written in a form at all."""
    return text.encode("utf-8", "replace").decode()


@pytest.mark.parametrize("part", ["birth_day", "birth_month", "birth_year"])
@pytest.mark.parametrize("typed", ["9" * 20, "9" * 400, "9" * 5000, "-1", "²", "1e9", "0", "½"])
def test_no_date_of_birth_breaks_the_form(
    target: Practice, log: Path, part: str, typed: str
) -> None:
    with Browser(target) as browser:
        times = browser.open("/rdv/availability?visit=colposcopy").form("/tickets")
        details = browser.send(times, start=times.choices("start")[0])
        born = {"birth_day": "1", "birth_month": "1", "birth_year": "1960", part: typed}
        answer = browser.send(details.form("/bookings"), **{**WHO, **born})
    assert (answer.status, [*answer.errors]) == (422, ["birth_date"])
    assert log.read_bytes() == b""


@pytest.mark.parametrize(
    "question",
    [
        "visit=consultation&from=9999-12-31&days=1",
        "visit=consultation&from=9999-12-01&days=31",
        "visit=consultation&from=0001-01-01&days=31",
        "visit=consultation&from=-1&days=x",
        "visit=consultation&days=" + "9" * 5000,
        "visit=%00&from=%ff&days=%d9%a3",
        "&".join(["visit=consultation"] * 500),
        "lang=he&lang=xx&visit=",
    ],
)
@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_no_question_breaks_the_list(
    line: httpx.Client, log: Path, question: str, accept: str
) -> None:
    answer = line.get(f"/availability?{question}&{MARK}={MARK}", headers={"Accept": accept})
    assert answer.status_code < 500
    assert log.read_bytes() == b""
