"""Several keys at one desk, and what it shouts when they are not those of the site."""

from pathlib import Path

import pytest

from booking_endpoint.envelope import PrivateKey, fingerprint, lock_key, public_text
from booking_endpoint.words import read_language
from tests.desk.cast import MONDAY, NAME, PASSPHRASE, at_desk, exported, facts, identity, printing
from tests.keys import new_key
from tests.serving import ROOT

FRENCH = read_language("fr", ROOT / "desk" / "translations")
FOREIGN_SITE = FRENCH.say("This key is none of those your site seals to.")
FOREIGN_BOOKINGS = FRENCH.say("Bookings that none of the keys here opens: {count}.", count=2)
CLOSED_FILES = FRENCH.say(
    "Key files that this passphrase does not open: {count}. What was sealed to them stays closed; "
    "restore them from paper under the passphrase of today.",
    count=1,
)


@pytest.fixture
def older() -> PrivateKey:
    """A key from before a rotation."""
    return new_key()


def test_bookings_of_both_sides_of_a_rotation_are_shown(
    tmp_path: Path, key: PrivateKey, older: PrivateKey
) -> None:
    before = exported(older, content=identity(MONDAY, name="Avant Rotation"))
    server = printing(tmp_path, before, exported(key, number=2))
    with at_desk(facts(key), key, server, lock_key(older, PASSPHRASE)) as reader:
        reader.unlock()
        page = reader.get().text
    assert NAME in page
    assert "Avant Rotation" in page
    assert not [said for said in (FOREIGN_SITE, FOREIGN_BOOKINGS, CLOSED_FILES) if said in page]


def test_the_foot_of_the_desk_names_the_key_of_the_site(
    tmp_path: Path, key: PrivateKey, older: PrivateKey
) -> None:
    """And not the older one, which nobody has on paper as today's."""
    server = printing(tmp_path, exported(key))
    with at_desk(facts(key), key, server, lock_key(older, PASSPHRASE)) as reader:
        reader.unlock()
        page = reader.get().text
    assert fingerprint(public_text(key)) in page
    assert fingerprint(public_text(older)) not in page


def test_a_key_that_the_site_does_not_name_is_shouted(
    tmp_path: Path, key: PrivateKey, older: PrivateKey
) -> None:
    """A facts file with somebody else's key in it is how a site would be taken over."""
    with at_desk(facts(older), key, printing(tmp_path, exported(key))) as reader:
        reader.unlock()
        page = reader.get().text
    assert FOREIGN_SITE in page
    assert fingerprint(public_text(key)) in page
    assert page.index('role="alert"') < page.index(NAME)


def test_bookings_sealed_to_another_key_are_counted_and_shouted(
    tmp_path: Path, key: PrivateKey
) -> None:
    lines = [exported(key), exported(new_key(), number=2), exported(new_key(), number=3)]
    with at_desk(facts(key), key, printing(tmp_path, *lines)) as reader:
        reader.unlock()
        page = reader.get().text
    assert FOREIGN_BOOKINGS in page
    assert NAME in page


def test_a_key_file_under_another_passphrase_is_said_and_hides_nothing(
    tmp_path: Path, key: PrivateKey, older: PrivateKey
) -> None:
    server = printing(tmp_path, exported(key))
    with at_desk(facts(key), key, server, lock_key(older, "another passphrase")) as reader:
        reader.unlock()
        page = reader.get().text
    assert CLOSED_FILES in page
    assert NAME in page


def test_a_passphrase_that_opens_none_opens_nothing(tmp_path: Path, key: PrivateKey) -> None:
    server = printing(tmp_path, exported(key))
    with at_desk(facts(key), key, server, lock_key(new_key(), "another")) as reader:
        assert reader.post("unlock", passphrase="a third").status_code == 403
        assert NAME not in reader.get().text
