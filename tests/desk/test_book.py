"""What the desk knows of the server: each envelope opened once, the nearest first, none hidden."""

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from booking_endpoint.envelope import PrivateKey
from desk.book import Book
from desk.server import Server, Unreachable
from tests.desk.cast import MONDAY, NAME, Beside, at, exported, store_booking


class Counting(Beside):
    """Remembers in a file beside the database what it was asked to bring."""

    def fetch(self, ids: Sequence[str]) -> Iterator[str]:
        with Path(self.words[0]).with_name("asked").open("a") as asked:
            asked.write(f"{' '.join(ids)}\n")
        return super().fetch(ids)


@pytest.fixture
def server(tmp_path: Path) -> Counting:
    return Counting((str(tmp_path / "bookings.db"),), {})


def asked(server: Server) -> list[list[str]]:
    file = Path(server.words[0]).with_name("asked")
    return [line.split() for line in file.read_text().splitlines()]


def names(book: Book) -> list[str]:
    return [booking.identity.get("name", "") for booking in book.listing().bookings]


def test_each_envelope_is_fetched_once_however_often_one_asks(
    server: Counting, key: PrivateKey
) -> None:
    database = Path(server.words[0])
    first = store_booking(database, key)
    book = Book(server, [key])
    assert book.refresh(MONDAY)
    assert not book.refresh(MONDAY)
    second = store_booking(database, key, at("10:00"), who={"name": "Ada Exemple"})
    assert book.refresh(MONDAY)
    assert asked(server) == [[first], [second]]
    assert names(book) == [NAME, "Ada Exemple"]


def test_the_nearest_visits_are_opened_first(server: Counting, key: PrivateKey) -> None:
    """Of ten thousand, today's are wanted; and what is over comes last."""
    database = Path(server.words[0])
    days = [at("09:00", 30), at("09:00", -30), at("09:00"), at("09:00", 1)]
    ids = [store_booking(database, key, start) for start in days]
    Book(server, [key]).refresh(MONDAY)
    assert asked(server) == [[ids[2], ids[3], ids[0], ids[1]]]


def test_a_booking_whose_envelope_never_comes_is_shown_all_the_same(key: PrivateKey) -> None:
    class Withholding(Server):
        def listing(self) -> list[str]:
            return [exported(key)]

        def fetch(self, ids: Sequence[str]) -> Iterator[str]:
            return iter(["Welcome!", "[]", "{}"])

    book = Book(Withholding((), {}), [key])
    book.refresh(MONDAY)
    assert [one.error for one in book.listing().bookings] == ["shape"]


def test_what_broke_off_is_opened_as_far_as_it_came(key: PrivateKey) -> None:
    """And the next time, what is missing is asked for."""
    lines = {
        f"{number:032x}": exported(key, at("09:00", number), number=number) for number in range(3)
    }

    class Breaking(Server):
        def listing(self) -> list[str]:
            return list(lines.values())

        def fetch(self, ids: Sequence[str]) -> Iterator[str]:
            yield lines[ids[0]]
            if len(ids) > 1:
                raise Unreachable

    book = Book(Breaking((), {}), [key])
    for opened in (1, 2):
        with pytest.raises(Unreachable):
            book.refresh(MONDAY)
        assert book.progress == (opened, 3)
        assert len(names(book)) == opened
    book.refresh(MONDAY)
    assert not book.opening


def test_a_desk_that_is_locked_opens_nothing_more(key: PrivateKey) -> None:
    lines = [exported(key, at("09:00", number), number=number) for number in range(3)]

    class Slow(Server):
        def listing(self) -> list[str]:
            return lines

        def fetch(self, ids: Sequence[str]) -> Iterator[str]:
            yield lines[0]
            book.shut = True
            yield from lines[1:]

    book = Book(Slow((), {}), [key])
    book.refresh(MONDAY)
    assert book.progress == (1, 3)


def test_what_is_kept_of_it_names_nobody_and_opens_again_without_the_server(
    server: Counting, key: PrivateKey
) -> None:
    store_booking(Path(server.words[0]), key)
    book, again = Book(server, [key]), Book(server, [key])
    book.refresh(MONDAY)
    kept = json.dumps(book.to_json(), ensure_ascii=False)
    assert NAME not in kept
    server.away(gone=True)
    again.recall(json.loads(kept), MONDAY + timedelta(days=1))
    assert names(again) == [NAME]
    assert again.at == MONDAY


def test_what_the_server_deleted_is_forgotten(key: PrivateKey) -> None:
    lines = [exported(key), exported(key, at("10:00"), number=2)]

    class Deleting(Server):
        def listing(self) -> list[str]:
            return lines

        def fetch(self, ids: Sequence[str]) -> Iterator[str]:
            return iter(lines)

    book = Book(Deleting((), {}), [key])
    book.refresh(MONDAY)
    lines.pop()
    book.refresh(MONDAY)
    assert names(book) == [NAME]
    assert len(book.to_json()["sealed"]) == 1
