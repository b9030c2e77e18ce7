"""Acts as values: each has its opposite, and what is foreseen is what the server then says."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from booking_endpoint.envelope import PrivateKey, to_text
from booking_endpoint.practice import Practice
from desk.acts import LAST, Act, Deed, book, close, foreseen, kind, offer, opposite, put, trimmed
from desk.memory import Memory
from desk.opening import Closed, Listing, Offered, Opened, read_list
from tests.desk.cast import MONDAY, Beside, at, facts, identity, sealed, store_booking


@pytest.fixture(scope="module")
def paris(key: PrivateKey) -> Practice:
    return facts(key)


def opened(name: str, state: str = "confirmed") -> Opened:
    return Opened(name, MONDAY, at("09:30"), state, False, {"visit": "visit-3"}, "")


def acts(paris: Practice, key: PrivateKey, name: str) -> dict[str, Act]:
    """One act of each kind on a booking at nine; the new one is another's."""
    here, gone = opened(name), opened(name, "cancelled")
    asked, elsewhere = opened(name, "requested"), (at("11:00"), at("11:30"))
    visit = paris.visits[0]
    envelope = to_text(sealed(key, identity(at("15:00"))))
    return {
        "cancelled": put(here, paris, "cancelled"),
        "declined": put(asked, paris, "cancelled"),
        "restored": put(gone, paris, "confirmed"),
        "moved": put(here, paris, "confirmed", elsewhere),
        "accepted": put(asked, paris, "confirmed"),
        "unaccepted": put(here, paris, "requested"),
        "booked": book("ab" * 16, at("15:00"), at("15:30"), visit, envelope),
        "closed": close("desk-1", at("15:00"), at("18:00")),
        "reopened": opposite(close("desk-1", at("15:00"), at("18:00"))),
        "offered": offer("desk-2", at("19:00"), at("20:00"), [visit.id]),
        "withdrawn": opposite(offer("desk-2", at("19:00"), at("20:00"), [])),
    }


def test_each_act_has_its_name(paris: Practice, key: PrivateKey) -> None:
    assert {word: kind(act) for word, act in acts(paris, key, "0" * 32).items()} == {
        word: word for word in acts(paris, key, "0" * 32)
    }


def test_the_opposite_of_the_opposite_is_the_act(paris: Practice, key: PrivateKey) -> None:
    for word, act in acts(paris, key, "0" * 32).items():
        if word != "booked":  # who was booked and cancelled stays in the list, cancelled
            assert opposite(opposite(act)) == act
        assert (kind(opposite(act)) == word) is (word == "moved")
    cancelling = opposite(acts(paris, key, "0" * 32)["booked"])
    assert kind(cancelling) == "cancelled"


def test_the_minutes_kept_free_are_those_of_the_visit(paris: Practice) -> None:
    act = put(opened("0" * 32), paris, "cancelled")
    assert (act["before"], act["after"]) == (0, 5)


@pytest.mark.parametrize(
    "word", ["cancelled", "moved", "unaccepted", "booked", "closed", "offered"]
)
def test_what_is_foreseen_is_what_the_server_then_says(
    tmp_path: Path, paris: Practice, key: PrivateKey, word: str
) -> None:
    """On a real database; and the opposite leads back, there as here."""
    name = store_booking(tmp_path / "a.db", key)
    server = Beside.at(tmp_path / "a.db")
    before, act = read_list(server.listing()), acts(paris, key, name)[word]
    assert server.acts([act]) == ["done"]
    after = read_list(server.listing())
    assert told(foreseen(before, [act])) == told(after)
    assert told(before) != told(after)
    assert server.acts([opposite(act)]) == ["done"]
    back = read_list(server.listing())
    assert told(foreseen(after, [opposite(act)])) == told(back)
    if word != "booked":  # who was booked and cancelled stays, cancelled
        assert told(back, moved=False) == told(before, moved=False)


def told(listing: Listing, *, moved: bool = True) -> tuple[list[Any], list[Closed], list[Offered]]:
    bookings = [
        (one.id, one.start, one.end, one.state, moved and one.moved) for one in listing.bookings
    ]
    closed = sorted(listing.closed, key=lambda one: one.word)
    return sorted(bookings), closed, listing.offered


def test_an_act_on_what_is_gone_is_foreseen_as_nothing(paris: Practice) -> None:
    assert foreseen(Listing([], [], 0), [put(opened("0" * 32), paris, "cancelled")]).bookings == []


def test_the_last_ten_deeds_are_kept_and_whatever_waits_or_was_not_read() -> None:
    deed = Deed("x", 0, ({},), ("done",))
    old = [replace(deed, name=f"old {number}") for number in range(LAST)]
    waiting, failed = replace(deed, name="w", outcomes=()), replace(deed, outcomes=("taken",))
    read = replace(failed, name="r", read=True)
    assert trimmed([deed, waiting, failed, read, *old]) == [waiting, failed, *old]


def test_nothing_is_remembered_of_a_booking_that_the_server_has_deleted() -> None:
    """Also not the envelope of somebody who was booked here: it is over when it is over there."""
    here, gone = "a" * 32, "b" * 32
    memory = Memory(
        seen={here, gone},
        absent={here, gone},
        called={f"late:{here}", f"home:{gone}"},
        notes={here: "x", gone: "y"},
        deeds=[Deed(name, 0, ({"act": "put", "id": name},), ("done",)) for name in (here, gone)],
    )
    memory.deeds.append(Deed("closure", 0, ({"act": "close", "word": "x"},), ("done",)))
    memory.forget({here})
    assert gone not in str(memory.to_json())
    assert [deed.name for deed in memory.deeds] == [here, "closure"]


def test_a_deed_comes_back_from_the_drawer_as_it_was() -> None:
    deed = Deed("x", 7, ({"act": "close"},), ("done",), True, True)
    assert Deed.from_json(deed.to_json()) == deed
