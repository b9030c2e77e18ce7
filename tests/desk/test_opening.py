"""Lines of `export`, good, broken and hostile: what is shown of them is bounded plain text."""

import json
import unicodedata
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking_endpoint.envelope import SIZE, PrivateKey, to_text
from desk.opening import FIELDS, MOST, BadLine, open_all, open_line, plain, read_identity
from tests.desk.cast import MONDAY, NAME, exported, identity
from tests.keys import new_key

BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def test_a_line_tells_who_comes_and_when(key: PrivateKey) -> None:
    opened = open_line(exported(key, number=7), [key])

    assert (opened.id, opened.start, opened.state) == (f"{7:032x}", MONDAY, "confirmed")
    assert (opened.identity["name"], opened.error) == (NAME, "")


def test_an_old_key_still_opens(key: PrivateKey) -> None:
    """After a rotation, bookings sealed before it are read with the key before it."""
    assert open_line(exported(key), [new_key(), key]).identity["name"] == NAME


def test_an_envelope_for_another_key_is_foreign(key: PrivateKey) -> None:
    opened = open_line(exported(new_key()), [key])
    assert (opened.error, opened.identity) == ("foreign", {})


@pytest.mark.parametrize(
    "envelope",
    ["", "AAAA", "ö", "\ud800", "A" * 9000, to_text(b"\x03" * SIZE), to_text(b"\x01" * SIZE)],
    ids=["empty", "short", "no base64", "surrogate", "long", "version", "no points"],
)
def test_what_is_no_envelope_has_no_shape(key: PrivateKey, envelope: str) -> None:
    opened = open_line(exported(key, envelope=envelope), [key])
    assert (opened.error, opened.identity, opened.start) == ("shape", {}, MONDAY)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no json",
        b"\xff\xfe\x00",
        b"[" * 2000,
        [1, 2],
        "a text",
        None,
        7,
        {},
        {"phone": "06 39 98 10 00"},
        {"name": None},
        {"name": ["Zoé"]},
        {"name": {"name": "Zoé"}},
        {"name": "  "},
        {"name": BIDI},
        {"name": "\x00\x1b\n"},
    ],
    ids=repr,
)
def test_what_no_page_of_ours_seals_is_not_shown(key: PrivateKey, content: object) -> None:
    line = exported(key, content=b"null" if content is None else content)
    opened = open_line(line, [key])
    assert (opened.error, opened.identity) == ("text", {})


BROKEN: dict[str, list[object]] = {
    "id": ["", "x" * 32, "0" * 31, "0" * 33, "-" * 32, "; rm -rf /", "\ud800", 7, None, ["0" * 32]],
    "start": ["", "yesterday", "2026-11-23", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", 0],
    "end": ["", "2026-11-23T08:00:00Z", "2026-11-23T07:00:00Z", "2026-11-99T00:00:00Z", None],
    "state": ["", "Confirmed", "<b>", None, True],
    "moved": ["yes", 0, 1, None],
    "envelope": [None, 7, [], {}],
}


@pytest.mark.parametrize(
    ("field", "value"),
    [(field, value) for field, values in BROKEN.items() for value in values],
    ids=repr,
)
def test_a_line_that_no_export_prints_is_refused(
    key: PrivateKey, field: str, value: object
) -> None:
    """An id goes into a command line, an instant into a calendar: the server is not trusted."""
    line = json.loads(exported(key)) | {field: value}
    with pytest.raises(BadLine):
        open_line(json.dumps(line), [key])


@pytest.mark.parametrize(
    "line",
    ["", "no json", "[]", "null", "7", '"text"', "{}", "[" * 100_000, '{"id": 1e999}', "\ud800"],
    ids=[
        "empty",
        "text",
        "list",
        "null",
        "number",
        "string",
        "object",
        "deep",
        "huge",
        "surrogate",
    ],
)
def test_other_text_is_no_line(key: PrivateKey, line: str) -> None:
    with pytest.raises(BadLine):
        open_line(line, [key])


@pytest.mark.parametrize("gone", ["id", "start", "end", "state", "moved", "envelope"])
def test_a_line_that_lacks_something_is_refused(key: PrivateKey, gone: str) -> None:
    facts = json.loads(exported(key))
    del facts[gone]
    with pytest.raises(BadLine):
        open_line(json.dumps(facts), [key])


def test_a_broken_line_does_not_hide_the_others(key: PrivateKey) -> None:
    """A greeting of the server's shell stands before what was asked for."""
    opened, strange = open_all(["Welcome!", exported(key), ""], [key])
    assert ([one.identity["name"] for one in opened], strange) == ([NAME], 2)


HOSTILE = st.one_of(
    st.text(),
    st.text(alphabet=st.sampled_from(BIDI + "\x00\x07\x1b\x7f\x85\u2028\u2029\ud800a<&\"'é")),
    st.integers(),
    st.none(),
    st.lists(st.text()),
    st.dictionaries(st.text(), st.text()),
    st.just("<script>alert(1)</script>" * 5000),
)


@given(answers=st.dictionaries(st.sampled_from([*FIELDS, "other", "__class__"]), HOSTILE))
def test_whatever_was_sealed_comes_out_as_bounded_plain_text(answers: dict[str, Any]) -> None:
    """Nothing in it moves a cursor, turns a line around or fills a page; nothing else is kept."""
    shown = read_identity(json.dumps(answers).encode())

    assert set(shown) in (set(), set(FIELDS))
    for text in shown.values():
        assert len(text) <= MOST
        assert not set(text) & set(BIDI)
        assert {unicodedata.category(sign) for sign in text} & {"Cc", "Cs", "Zl", "Zp"} == set()
        text.encode()


def test_what_people_are_called_is_kept() -> None:
    """Marks that Hebrew and Persian need, accents, signs of markup: all are letters of a name."""
    for name in (
        "נועה\u200f לדוגמה",
        "Zoe\u0301 O’Connor",
        "می\u200cخواهم",
        "<b>Ada</b> & co",
        "李",
    ):
        assert plain(name) == name


def test_an_opened_booking_says_nothing_of_itself(key: PrivateKey) -> None:
    """A traceback shows values as they write themselves."""
    opened = open_line(exported(key), [key])
    assert NAME not in repr(opened)
    assert NAME not in repr([opened])


def test_a_line_of_the_terminal_holds_either_identity_or_error(key: PrivateKey) -> None:
    shared = {"id", "start", "end", "state", "moved"}
    good, foreign = (open_line(exported(one), [key]).to_json() for one in (key, new_key()))

    assert good.keys() == shared | {"identity"}
    assert good["identity"] == identity(MONDAY)
    assert foreign.keys() == shared | {"error"}
    assert good["start"] == "2026-11-23T08:00:00Z"
    assert datetime.fromisoformat(good["start"]).astimezone(UTC) == MONDAY
