"""Busy times as closures: opaque, without a gap, and no danger to bookings or to others."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking_endpoint.envelope import PrivateKey
from booking_endpoint.instants import Slot, rfc3339
from desk.calendar_push import WORD, Act, NotPushed, Pushed, closures, push
from desk.server import Server, Unreachable
from tests.desk.calendars import slot
from tests.desk.cast import at, running, store_booking

NINE, NOON, FIVE = slot("9:00", "10:00"), slot("12:00", "14:00"), slot("17:00", "18:00")


class Endpoint:
    """The closures of an endpoint, by their words; every act is looked at when it is done."""

    def __init__(self, *slots: Slot, fails: bool = False) -> None:
        self.there = {f"{WORD}{number}": one for number, one in enumerate(slots)}
        self.there["holidays"] = Slot(0, 300)
        self.fails, self.drawn = fails, count(1)
        self.gaps, self.goes = list[set[int]](), list[int]()

    def listed(self) -> list[str]:
        return [
            json.dumps({"word": word, "start": rfc3339(one.start), "end": rfc3339(one.end)})
            for word, one in self.there.items()
        ]

    def act(self, acts: Sequence[Act]) -> list[str]:
        self.goes.append(len(acts))
        for one in acts:
            assert one["act"] in ("close", "open")  # and nothing that names a booking
            if one["act"] == "open":
                del self.there[one["word"]]
            elif not self.fails:
                line = json.dumps(one)
                self.there |= closures([line])
            self.gaps.append(self.cells())
        return ["bad" if self.fails and one["act"] == "close" else "done" for one in acts]

    def cells(self) -> set[int]:
        return {cell for one in self.there.values() for cell in one.cells()}

    def chance(self, size: int) -> bytes:
        return next(self.drawn).to_bytes(size)

    def push(self, *wanted: Slot) -> Pushed:
        return push(self.listed(), self.act, wanted, self.chance)


slots = st.sets(
    st.builds(
        lambda first, length: Slot(first * 300, (first + length) * 300),
        st.integers(1, 40),
        st.integers(1, 8),
    ),
    max_size=8,
)


@given(slots, slots)
def test_no_time_that_is_and_stays_busy_is_ever_open(before: set[Slot], wanted: set[Slot]) -> None:
    """Looked at after every single act. Seen to fail where the old was opened first."""
    endpoint = Endpoint(*before)
    always = endpoint.cells() & Endpoint(*wanted).cells()
    done = endpoint.push(*wanted)
    assert all(always <= cells for cells in endpoint.gaps)
    assert set(endpoint.there.values()) == {*wanted, Slot(0, 300)}
    assert done.kept == len(before & wanted)
    assert endpoint.push(*wanted) == Pushed(0, 0, len(wanted))


def test_where_not_everything_could_be_closed_nothing_is_opened() -> None:
    """Seen to fail where the answers were not looked at."""
    endpoint = Endpoint(NINE, fails=True)
    with pytest.raises(NotPushed):
        endpoint.push(NOON)
    assert NINE in endpoint.there.values()


def test_many_times_are_closed_in_several_goes() -> None:
    endpoint = Endpoint()
    many = [Slot(3600 * hour, 3600 * hour + 300) for hour in range(1, 452)]
    assert endpoint.push(*many) == Pushed(451, 0, 0)
    assert max(endpoint.goes) <= 200
    assert endpoint.push() == Pushed(0, 451, 0)


def test_a_time_that_was_closed_twice_is_closed_once() -> None:
    endpoint = Endpoint(NINE, NINE)
    assert endpoint.push(NINE) == Pushed(0, 1, 1)


def test_lines_that_are_no_closures_of_ours_are_passed_over() -> None:
    """Bookings, the desk's own closures, and whatever a server may say."""
    strange = ["", "[]", "null", '{"word": "calendar-1"}', '{"word": 1}', "[" * 100_000]
    strange += [json.dumps({"word": "calendar-1", "start": "soon", "end": "later"})]
    assert closures([*Endpoint().listed(), *strange]) == {}


# --- The real command line ------------------------------------------------------------------------


def test_times_are_closed_and_opened_at_a_real_endpoint_and_a_booking_stays(
    tmp_path: Path, key: PrivateKey
) -> None:
    """Words hold what chance drew, and nothing of the event."""
    database = tmp_path / "bookings.db"
    booked = store_booking(database, key, at("09:00"))
    with closing(sqlite3.connect(database, isolation_level=None)) as opened:
        for word, one in {"calendar-1": NINE, "calendar-2": NOON, "afternoon": FIVE}.items():
            opened.execute("INSERT INTO closures VALUES (?, ?, ?)", (word, one.start, one.end))
        server = Server.here(database)
        drawn = push(server.listing(), server.acts, [NOON, FIVE], b"\7".__mul__)
        assert drawn == Pushed(1, 1, 1)
        rows = {row[0]: Slot(*row[1:]) for row in opened.execute("SELECT * FROM closures")}
        assert rows == {"calendar-2": NOON, f"calendar-{'07' * 8}": FIVE, "afternoon": FIVE}
        kept = opened.execute("SELECT lower(hex(id)), state, moved FROM bookings").fetchall()
        assert kept == [(booked, "confirmed", 0)]


def test_a_server_that_does_not_answer_in_kind_is_unreachable() -> None:
    for program in ("import sys; sys.exit('gone')", "print('Welcome!')", "print('[1]')"):
        with pytest.raises(Unreachable):
            running(program).acts([{"act": "open", "word": "calendar-1"}])
