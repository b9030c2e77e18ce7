"""The chain of the audit log: whatever is changed in it is found, and the line named."""

import hashlib
import json

from hypothesis import example, given
from hypothesis import strategies as st

from booking_endpoint.audit import BEGINNING, last_digest, line_of, lines_of, verify

NOON = 1_796_040_000
"""2026-11-30T12:00:00Z."""

acts = st.lists(st.tuples(st.text(max_size=9), st.text(max_size=20)), min_size=1, max_size=6)


def chain(*acts: tuple[str, str]) -> bytes:
    """A log in which these people did these things, an act every quarter of an hour."""
    content = b""
    for nth, (who, what) in enumerate(acts):
        line = line_of(nth + 1, NOON + nth * 900, who, what, last_digest(content))
        content += line + b"\n"
    return content


LOG = chain(("anna", "export"), ("anna", "cancel"), ("root", "backup"), ("anna", "forget"))


def places(content: bytes, holds: str = "") -> list[int]:
    return [fault.line for fault in verify(content, holds)]


def test_an_entry_is_one_line_of_json_with_the_digest_of_all_but_the_digest() -> None:
    """As anybody can check with other tools: SHA-256 of the line, its last key left out."""
    line = LOG.splitlines()[1].decode()
    told = json.loads(line)
    whole, digest = line.rsplit(', "digest"', 1)[0] + "}", told.pop("digest")
    assert digest == hashlib.sha256(whole.encode()).hexdigest()
    assert told == {
        "number": 2,
        "when": "2026-11-30T12:00:00Z",
        "who": "anna",
        "what": "cancel",
        "previous": json.loads(LOG.splitlines()[0])["digest"],
    }
    assert json.loads(LOG.splitlines()[0])["previous"] == BEGINNING == "0" * 64


def test_a_line_tells_the_hour_and_no_more() -> None:
    """A yes of the doctor's follows a request closely: to the minute it would tell who came first.

    Seen to fail with minutes in it.
    """
    moments = [NOON, NOON + 1, NOON + 1799, NOON + 3599]
    assert len({line_of(1, moment, "anna", "accept", BEGINNING) for moment in moments}) == 1
    assert line_of(1, NOON + 3600, "anna", "accept", BEGINNING) not in LOG


@given(acts)
def test_a_chain_as_it_was_written_is_sound(acts: list[tuple[str, str]]) -> None:
    """Whatever the names: signs a terminal would obey, half surrogate pairs, line breaks."""
    content = chain(*acts)
    assert verify(content) == []
    assert content.isascii()
    assert len(lines_of(content)) == len(acts)
    for line in lines_of(content):
        assert verify(content, json.loads(line)["digest"]) == []


@given(acts, st.data())
@example([("a", "b")], None)
def test_one_changed_byte_anywhere_is_found(
    acts: list[tuple[str, str]], data: st.DataObject | None
) -> None:
    content = chain(*acts)
    at = data.draw(st.integers(0, len(content) - 1)) if data else len(content) - 1
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[at])) if data else 0
    changed = content[:at] + bytes([other]) + content[at + 1 :]
    found = places(changed)
    assert found
    assert found[0] == content[:at].count(b"\n") + 1


def test_every_single_byte_of_a_log_matters() -> None:
    """Also white space and the case of a digest, which mean the same to a reader of JSON."""
    for at in range(len(LOG)):
        assert verify(LOG[:at] + b" " + LOG[at:]), at
        for other in (LOG[at] ^ 0x20, ord("\t")):
            if other != LOG[at]:
                assert verify(LOG[:at] + bytes([other]) + LOG[at + 1 :]), at
    assert verify(LOG[:-1])


@given(acts.filter(lambda acts: len(acts) > 2), st.data())
def test_a_removed_line_is_found_where_it_is_missing(
    acts: list[tuple[str, str]], data: st.DataObject
) -> None:
    lines = chain(*acts).splitlines(keepends=True)
    gone = data.draw(st.integers(0, len(lines) - 2))
    assert places(b"".join(lines[:gone] + lines[gone + 1 :])) == [gone + 1]


@given(acts.filter(lambda acts: len(acts) > 1), st.data())
def test_two_lines_in_each_others_place_are_found(
    acts: list[tuple[str, str]], data: st.DataObject
) -> None:
    lines = chain(*acts).splitlines(keepends=True)
    one = data.draw(st.integers(0, len(lines) - 2))
    other = data.draw(st.integers(one + 1, len(lines) - 1))
    lines[one], lines[other] = lines[other], lines[one]
    assert places(b"".join(lines))[0] == one + 1


def test_a_line_written_anew_with_its_digest_is_found_by_the_next() -> None:
    lines = LOG.splitlines(keepends=True)
    anew = line_of(2, NOON, "anna", "accept", last_digest(lines[0])) + b"\n"
    assert places(b"".join([lines[0], anew, *lines[2:]])) == [3]


def test_an_added_line_is_found() -> None:
    """Even one that is a true entry of this log, written twice."""
    lines = LOG.splitlines(keepends=True)
    assert places(b"".join([*lines[:2], lines[1], *lines[2:]])) == [3]
    forged = line_of(3, NOON, "anna", "export", last_digest(b"".join(lines[:2]))) + b"\n"
    assert places(b"".join([*lines[:2], forged, *lines[2:]])) == [4]


@given(acts, st.data())
def test_a_cut_end_is_found_by_whoever_remembers_it_and_by_nobody_else(
    acts: list[tuple[str, str]], data: st.DataObject
) -> None:
    """A chain cannot show what is no longer there: that is why a digest is kept elsewhere."""
    content = chain(*acts)
    left = data.draw(st.integers(0, len(acts) - 1))
    cut = b"".join(content.splitlines(keepends=True)[:left])
    assert verify(cut) == []
    assert places(cut, last_digest(content)) == [0]


def test_a_log_written_anew_is_found_by_whoever_remembers_the_old() -> None:
    anew = chain(("anna", "export"), ("root", "backup"), ("anna", "forget"))
    assert verify(anew) == []
    [fault] = verify(anew, last_digest(LOG))
    assert last_digest(LOG) in fault.what


def test_a_half_written_line_is_named_and_what_follows_holds_it() -> None:
    """As a power cut leaves it: the log goes on, and says for ever that something happened here."""
    torn = LOG + LOG.splitlines()[3][:40]
    assert places(torn) == [5, 5]
    healed = torn + b"\n" + line_of(6, NOON, "anna", "export", last_digest(torn)) + b"\n"
    assert places(healed) == [5]
    assert places(healed.replace(b'{"number": 4, "when": "20', b'{"number": 4, "when": "21')) != [5]


def test_what_is_no_entry_is_no_trouble_to_read() -> None:
    odd = {"number": "1", "when": "", "who": "", "what": "", "previous": BEGINNING}
    whole = json.dumps({**odd, "digest": hashlib.sha256(json.dumps(odd).encode()).hexdigest()})
    assert places(whole.encode() + b"\n" + LOG) == [1, 2]
    for line in (b"", b"[]", b"null", b'"x"', b"{}", b"\xff\xfe", b'{"digest": 1}', b"[" * 99999):
        assert places(line + b"\n") == [1], line[:20]
    assert verify(b"") == []
