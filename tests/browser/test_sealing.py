"""The page's sealing, run in a real browser: against published vectors, and against Python's.

The other JavaScript of these tests is `sealing.js`, which the page itself has no need of.
"""

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519
from playwright.sync_api import Browser, Error, Page, Route

from booking_endpoint.envelope import (
    FORMATS,
    ROOM,
    SIZE,
    PrivateKey,
    from_text,
    key_from,
    open_envelope,
    public_text,
    seal,
    to_text,
)
from tests.browser.conftest import Clock
from tests.core.vectors import ENVELOPE, HYBRID_ENVELOPE, read_vector
from tests.keys import new_key
from tests.serving import practice_in, serving

TOOLS = (Path(__file__).parent / "sealing.js").read_text("utf-8")
PUBLISHED = ("rfc9180-p256-aes128.json", "cfrg-p256-aes256.json")

CALL = "async ([name, words]) => (await import('/sealing.js'))[name](...words)"


@dataclass
class Run:
    """Calls one of the functions of sealing.js inside a page of the site."""

    page: Page

    def __call__(self, name: str, *words: Any) -> Any:
        return self.page.evaluate(CALL, [name, words])


@pytest.fixture(scope="module")
def run(
    browser: Browser, site: Path, key: PrivateKey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Run]:
    practice = practice_in(tmp_path_factory.mktemp("practice"), site, key)
    with serving(practice, Clock()):
        context = browser.new_context()
        context.route("**/sealing.js", bring)
        page = context.new_page()
        page.goto(f"{practice.origin}/rendez-vous/")
        yield Run(page)
        context.close()


def bring(route: Route) -> None:
    route.fulfill(body=TOOLS, content_type="text/javascript")


def hexadecimal(key: PrivateKey) -> tuple[str, str]:
    """A private key's scalar and point, as the vectors write them."""
    scalar = key.curve.private_numbers().private_value
    return f"{scalar:064x}", from_text(points([key])[0]).hex()


def points(keys: Sequence[PrivateKey]) -> list[str]:
    return [public_text(key).partition(".")[0] for key in keys]


def hybrids(keys: Sequence[PrivateKey]) -> list[str]:
    return [public_text(key).partition(".")[2] for key in keys]


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


TEXT = "שלום, e\u0301 and 🩺"


def test_the_browser_and_python_grow_the_same_hybrid_key(run: Run) -> None:
    """Two implementations that share no code, and the first vector of the draft.

    draft-connolly-cfrg-xwing-kem-08, appendix C, of which the first and the last bytes.
    """
    seed = "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26"
    told = run("hybridPublic", seed)
    assert told.startswith("e2236b35a8c24b39b10aa1323a96a919a2ced88400633a7b07131713fc14b2b5")
    assert told.endswith("59844570216223593d4ba32d9abac8cd049040ef6534")
    for seed in ("00" * 32, "11" * 32, "ff" * 32):
        expanded = hashlib.shake_256(bytes.fromhex(seed)).digest(96)
        lattice = mlkem.MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
        montgomery = x25519.X25519PrivateKey.from_private_bytes(expanded[64:])
        halves = (half.public_key().public_bytes_raw() for half in (lattice, montgomery))
        assert run("hybridPublic", seed) == b"".join(halves).hex()


@pytest.mark.parametrize("version", [1, 2])
def test_what_the_page_sealed_opens_in_python_for_each_recipient(run: Run, version: int) -> None:
    keys = [new_key() for _ in range(3)]
    told = hybrids(keys) if version == 2 else None
    envelope = from_text(run("seal", TEXT, points(keys), told))
    assert len(envelope) == SIZE
    assert envelope[0] == version
    assert [open_envelope(envelope, [key]) for key in keys] == [TEXT.encode()] * 3
    assert open_envelope(envelope, [new_key()]) is None


def test_what_python_sealed_to_points_opens_in_the_page_for_each_recipient(run: Run) -> None:
    keys, info = [new_key() for _ in range(3)], FORMATS[1].info.hex()
    envelope = to_text(seal(TEXT.encode(), points(keys)))
    for place, key in enumerate(keys):
        opened = run("openEnvelope", envelope, place, *hexadecimal(key), info, ROOM)
        assert bytes.fromhex(opened) == TEXT.encode().ljust(ROOM)
    with pytest.raises(Error, match="OperationError"):
        run("openEnvelope", envelope, 0, *hexadecimal(keys[1]), info, ROOM)


def test_an_envelope_of_long_ago_opens_in_the_page(run: Run) -> None:
    """The file in `tests/vectors` was sealed once, by Python."""
    vector = read_vector(ENVELOPE)
    for place, recipient in enumerate(vector["recipients"]):
        point = from_text(recipient["public"]).hex()
        words = (recipient["scalar"], point, vector["info"], vector["room"])
        opened = bytes.fromhex(run("openEnvelope", vector["envelope"], place, *words))
        assert opened.decode().rstrip() == vector["content"]


def test_a_hybrid_envelope_of_long_ago_opens_in_the_page(run: Run) -> None:
    """Sealed by Python, opened by the browser's own decapsulation: they agree on the draft."""
    vector = read_vector(HYBRID_ENVELOPE)
    for place, recipient in enumerate(vector["recipients"]):
        words = (hybrid_seed(recipient["seed"]), vector["info"], vector["room"])
        opened = bytes.fromhex(run("openHybrid", vector["envelope"], place, *words))
        assert opened.decode().rstrip() == vector["content"]
        assert public_text(key_from(bytes.fromhex(recipient["seed"]))) == recipient["public"]


def hybrid_seed(seed: str) -> str:
    """The 32 bytes that the hybrid half of a key grows from, as docs/DESIGN.md has it."""
    label, salt = b"souspli key MLKEM768-X25519", bytes(32)
    extracted = hmac.digest(salt, bytes.fromhex(seed), "sha256")
    return hmac.digest(extracted, label + b"\x01", "sha256").hex()


WITHOUT = {
    "does not ask": "delete SubtleCrypto.supports",
    "knows no such": "SubtleCrypto.supports = () => false",
    "says it can and cannot": "SubtleCrypto.prototype.encapsulateBits = () => { throw 0 }",
}


@pytest.mark.parametrize("lacks", WITHOUT.values(), ids=WITHOUT)
def test_a_browser_without_the_hybrid_seals_to_the_points(
    run: Run, key: PrivateKey, lacks: str
) -> None:
    """An older phone books all the same, sealed, in an envelope of the same size."""
    page = run.page.context.new_page()
    page.add_init_script(lacks)
    page.goto(run.page.url)
    told = page.evaluate(CALL, ["seal", [TEXT, points([key] * 3), hybrids([key] * 3)]])
    page.close()
    envelope = from_text(told)
    assert (envelope[0], len(envelope)) == (1, SIZE)
    assert open_envelope(envelope, [key]) == TEXT.encode()


@pytest.mark.parametrize("version", [1, 2])
def test_two_sealings_of_one_text_have_nothing_in_common(
    run: Run, key: PrivateKey, version: int
) -> None:
    told = hybrids([key] * 3) if version == 2 else None
    sealings = [from_text(run("seal", "the same", points([key] * 3), told)) for _ in range(2)]
    size, enc = FORMATS[version].sealing, FORMATS[version].enc
    starts = {one[at : at + enc] for one in sealings for at in range(1, 1 + 3 * size, size)}
    assert len(starts) == 6


@pytest.mark.parametrize("version", [1, 2])
def test_a_text_fills_the_envelope_to_the_last_byte_and_no_further(
    run: Run, key: PrivateKey, version: int
) -> None:
    """Cut short it would lie, and longer it would tell its length: it is refused."""
    told = (points([key] * 3), hybrids([key] * 3) if version == 2 else None)
    full = "é" * (ROOM // 2)
    assert open_envelope(from_text(run("seal", full, *told)), [key]) == full.encode()
    with pytest.raises(Error, match="RangeError"):
        run("seal", f"{full}.", *told)


def test_a_point_that_is_not_on_the_curve_is_refused(run: Run, key: PrivateKey) -> None:
    point = bytearray(from_text(points([key])[0]))
    point[-1] ^= 1
    with pytest.raises(Error):
        run("seal", "text", [to_text(bytes(point))] * 3)
