"""The page's sealing, run in a real browser: against published vectors, and against Python's.

The other JavaScript of these tests is `sealing.js`, which the page itself has no need of.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Route

from booking_endpoint.envelope import (
    INFO,
    ROOM,
    SIZE,
    PrivateKey,
    from_text,
    new_key,
    open_envelope,
    public_text,
    seal,
    to_text,
)
from tests.browser.conftest import Clock
from tests.core.vectors import ENVELOPE, read_vector
from tests.serving import practice_in, serving

TOOLS = (Path(__file__).parent / "sealing.js").read_text("utf-8")
PUBLISHED = ("rfc9180-p256-aes128.json", "cfrg-p256-aes256.json")

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def run(
    browser: Browser, site: Path, key: PrivateKey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Run]:
    """Call one of the functions of sealing.js inside a page of the site."""

    def bring(route: Route) -> None:
        route.fulfill(body=TOOLS, content_type="text/javascript")

    practice = practice_in(tmp_path_factory.mktemp("practice"), site, key)
    with serving(practice, Clock()):
        page = browser.new_page()
        page.route("**/theme/js/sealing.js", bring)
        page.goto(f"{practice.origin}/rendez-vous/")
        call = "async ([name, words]) => (await import('/theme/js/sealing.js'))[name](...words)"
        yield lambda name, *words: page.evaluate(call, [name, words])
        page.close()


def hexadecimal(key: PrivateKey) -> tuple[str, str]:
    """A private key's scalar and point, as the vectors write them."""
    scalar = key.private_numbers().private_value
    return f"{scalar:064x}", from_text(public_text(key)).hex()


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_page_seals_the_published_vectors_bit_for_bit(run: Run, name: str) -> None:
    vector = read_vector(name)
    assert run("sealVector", vector) == vector["pkEm"] + vector["ciphertext"]


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_vectors_open_with_the_pages_own_pieces(run: Run, name: str) -> None:
    vector = read_vector(name)
    words = [vector[field] for field in ("skRm", "pkRm", "info")]
    more = {"aead": vector["aead"], "aad": vector["aad"]}
    opened = run("open", vector["pkEm"] + vector["ciphertext"], *words, more)
    assert opened == vector["plaintext"]


def test_what_the_page_sealed_opens_in_python_for_each_recipient(run: Run) -> None:
    keys = [new_key() for _ in range(3)]
    text = '{"name":"יעל O’Connor 👩🏽‍⚕️"}'
    envelope = from_text(run("seal", text, [public_text(key) for key in keys]))
    assert len(envelope) == SIZE
    assert [open_envelope(envelope, [key]) for key in keys] == [text.encode()] * 3
    assert open_envelope(envelope, [new_key()]) is None


def test_what_python_sealed_opens_in_the_page_for_each_recipient(run: Run) -> None:
    keys = [new_key() for _ in range(3)]
    text = "שלום, e\u0301 and 🩺".encode()
    envelope = to_text(seal(text, [public_text(key) for key in keys]))
    for place, key in enumerate(keys):
        opened = run("openEnvelope", envelope, place, *hexadecimal(key), INFO.hex(), ROOM)
        assert bytes.fromhex(opened) == text.ljust(ROOM)
    with pytest.raises(Error, match="OperationError"):
        run("openEnvelope", envelope, 0, *hexadecimal(keys[1]), INFO.hex(), ROOM)


def test_an_envelope_of_long_ago_opens_in_the_page(run: Run) -> None:
    """The file in `tests/vectors` was sealed once, by Python."""
    vector = read_vector(ENVELOPE)
    for place, recipient in enumerate(vector["recipients"]):
        point = from_text(recipient["public"]).hex()
        words = (recipient["scalar"], point, vector["info"], vector["room"])
        opened = bytes.fromhex(run("openEnvelope", vector["envelope"], place, *words))
        assert opened.decode().rstrip() == vector["content"]


def test_two_sealings_of_one_text_have_nothing_in_common(run: Run, key: PrivateKey) -> None:
    recipients = [public_text(key)] * 3
    sealings = [from_text(run("seal", "the same", recipients)) for _ in range(2)]
    points = {sealing[at : at + 65] for sealing in sealings for at in range(1, SIZE, SIZE // 3)}
    assert len(points) == 6


def test_a_text_fills_the_envelope_to_the_last_byte_and_no_further(
    run: Run, key: PrivateKey
) -> None:
    """Cut short it would lie, and longer it would tell its length: it is refused."""
    recipients = [public_text(key)] * 3
    full = "é" * (ROOM // 2)
    assert open_envelope(from_text(run("seal", full, recipients)), [key]) == full.encode()
    with pytest.raises(Error, match="RangeError"):
        run("seal", f"{full}.", recipients)


def test_a_point_that_is_not_on_the_curve_is_refused(run: Run, key: PrivateKey) -> None:
    point = bytearray(from_text(public_text(key)))
    point[-1] ^= 1
    with pytest.raises(Error):
        run("seal", "text", [to_text(bytes(point))] * 3)
