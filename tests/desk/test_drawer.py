"""The drawer: sealed on the disk, whole whatever happens, closed to every other key."""

import os
import secrets
import stat
from pathlib import Path

import pytest

from booking_endpoint.envelope import PrivateKey
from desk.drawer import Drawer, StaysClosed
from tests.keys import new_key

KEPT = {"note": "Yaël O’Connor, +33 6 39 98 77 66", "marks": [1, 2]}


@pytest.fixture
def drawer(tmp_path: Path) -> Drawer:
    return Drawer(tmp_path / "desk.sealed", secrets.token_bytes)


def test_an_empty_drawer_holds_nothing(drawer: Drawer, key: PrivateKey) -> None:
    assert drawer.open([key]) == {}


def test_what_was_put_in_comes_out_and_cannot_be_read_on_the_disk(
    drawer: Drawer, key: PrivateKey
) -> None:
    drawer.shut(KEPT, [key])
    assert drawer.open([new_key(), key]) == KEPT
    assert os.listdir(drawer.file.parent) == ["desk.sealed"]  # noqa: PTH208 -- as a thief lists it
    sealed = drawer.file.read_bytes()
    assert b"Connor" not in sealed
    assert b"98 77" not in sealed


def test_its_size_does_not_tell_how_much_is_in_it(drawer: Drawer, key: PrivateKey) -> None:
    drawer.shut({}, [key])
    before = drawer.file.stat().st_size
    drawer.shut(KEPT, [key])
    assert drawer.file.stat().st_size == before


def test_nobody_else_on_the_machine_may_read_it(drawer: Drawer, key: PrivateKey) -> None:
    drawer.shut(KEPT, [key])
    assert stat.S_IMODE(drawer.file.stat().st_mode) == 0o600


def test_another_key_does_not_open_it(drawer: Drawer, key: PrivateKey) -> None:
    drawer.shut(KEPT, [key])
    with pytest.raises(StaysClosed):
        drawer.open([new_key()])


@pytest.mark.parametrize("where", [0, 20, -1])
def test_a_changed_byte_is_found_out(drawer: Drawer, key: PrivateKey, where: int) -> None:
    drawer.shut(KEPT, [key])
    sealed = bytearray(drawer.file.read_bytes())
    sealed[where] ^= 1
    drawer.file.write_bytes(sealed)
    with pytest.raises(StaysClosed):
        drawer.open([key])


def test_what_an_interruption_left_beside_it_is_in_nobodys_way(
    drawer: Drawer, key: PrivateKey
) -> None:
    drawer.shut(KEPT, [key])
    drawer.file.with_name("desk.sealed.new").write_bytes(b"half")
    drawer.shut({"note": "neu"}, [key])
    assert drawer.open([key]) == {"note": "neu"}
