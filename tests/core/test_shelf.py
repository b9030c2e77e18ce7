"""A list of free times worked out already is given again while it is true, and to programs only."""

from dataclasses import dataclass, field

import pytest
from starlette.responses import Response

from booking_endpoint.shelf import MOST, Kept, Shelf

NOW = 1_800_000_000
"""A multiple of five minutes: a phase of its own, of one second."""

WEEK, OTHER = b"visit=consultation", b"visit=colposcopy"
PROGRAM = [(b"host", b"localhost"), (b"accept", b"application/json")]
TAG = b'"0123"'


@dataclass
class World:
    """The database's version and the time, which a test may change."""

    version: object = 1
    now: float = NOW + 1
    shelf: Shelf = field(init=False)

    def __post_init__(self) -> None:
        self.shelf = Shelf(lambda: self.version, lambda: self.now)

    def keep(self, query: bytes = WEEK) -> Kept:
        """An answer worked out now."""
        kept = Kept(Response(b"[]"), Response(status_code=304), TAG)
        self.shelf.keep(query, kept, self.shelf.state())
        return kept

    def find(self, *more: tuple[bytes, bytes], query: bytes = WEEK) -> Response | None:
        return self.shelf.find(query, [*PROGRAM, *more])


def test_an_answer_that_is_kept_is_found_and_another_is_not() -> None:
    world = World()
    assert world.find() is None
    kept = world.keep()
    assert world.find() is kept.whole
    assert world.find(query=OTHER) is None


def test_after_a_booking_no_answer_of_before_is_found() -> None:
    """The database's version changes with every commit, of whichever process."""
    world = World()
    world.keep()
    world.version = 2
    assert world.find() is None


@pytest.mark.parametrize(
    ("kept_at", "asked_at", "found"),
    [
        (NOW + 1, NOW + 299, True),
        (NOW + 1, NOW + 299.9, True),
        (NOW + 1, NOW + 300, False),  # a start with notice goes
        (NOW + 300, NOW + 301, False),
        (NOW, NOW + 0.5, True),
        (NOW, NOW + 1, False),  # the second after, its start is gone
        (NOW + 1, NOW, False),  # a clock set back
        (NOW + 1, NOW + 86401, False),
    ],
)
def test_an_answer_is_found_within_the_phase_in_which_it_was_worked_out(
    kept_at: float, asked_at: float, *, found: bool
) -> None:
    world = World(now=kept_at)
    world.keep()
    world.now = asked_at
    assert (world.find() is not None) is found


@pytest.mark.parametrize("change", ["version", "now"])
def test_an_answer_during_whose_making_something_changed_is_not_kept(change: str) -> None:
    """A booking that comes in between may be in it, or not."""
    world = World()
    state = world.shelf.state()
    setattr(world, change, NOW + 300)
    world.shelf.keep(WEEK, Kept(Response(), Response(), TAG), state)
    assert world.find() is None


def test_an_answer_that_comes_too_late_does_not_clear_the_shelf() -> None:
    world = World()
    state = world.shelf.state()
    world.version = 2
    world.keep(OTHER)
    world.shelf.keep(WEEK, Kept(Response(), Response(), TAG), state)
    assert world.find(query=OTHER) is not None


def test_nothing_is_kept_nor_found_while_the_database_cannot_say() -> None:
    world = World()
    world.keep()
    world.version = None
    assert world.find() is None
    assert world.shelf.state() is None
    world.keep()
    world.version = 1
    assert world.find() is not None  # the answer of before, in the same state as then


def test_a_new_state_begins_with_an_empty_shelf() -> None:
    world = World()
    world.keep()
    world.version = 2
    world.keep(OTHER)
    assert world.find(query=OTHER) is not None
    assert world.find() is None


def test_a_browser_that_wants_a_page_is_not_given_a_program_s_answer() -> None:
    world = World()
    world.keep()
    page = (b"accept", b"text/html,application/xhtml+xml,*/*;q=0.8")
    assert world.find(page) is None
    assert world.find(page, (b"if-none-match", TAG)) is None
    assert world.find((b"if-none-match", TAG), page) is None


def test_who_has_this_answer_already_is_told_so() -> None:
    world = World()
    kept = world.keep()
    assert world.find((b"if-none-match", TAG)) is kept.unchanged
    assert world.find((b"if-none-match", b'"9999", W/' + TAG)) is kept.unchanged
    assert world.find((b"if-none-match", b'"9999"')) is kept.whole


def test_the_shelf_holds_only_so_many_answers() -> None:
    """Whoever asks for another first day each time must not fill the memory."""
    world = World()
    for number in range(3 * MOST):
        world.keep(b"from=%d" % number)
    assert len(world.shelf._answers) <= MOST
    assert world.find(query=b"from=%d" % (3 * MOST - 1)) is not None
