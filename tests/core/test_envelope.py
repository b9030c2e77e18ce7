"""The envelope: one size, opened by its recipients alone, and the same HPKE as everybody's."""

import hashlib
import json
from base64 import b64decode, b64encode, urlsafe_b64decode

import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhpke import AEADId, CipherSuite, KDFId, KEMId, KEMKey

from booking_endpoint.envelope import (
    INFO,
    ROOM,
    SEALING,
    SIZE,
    BadEnvelope,
    BadKey,
    PrivateKey,
    TooLong,
    check_envelope,
    fingerprint,
    from_text,
    lock_key,
    new_key,
    open_envelope,
    public_text,
    seal,
    to_text,
    unlock_key,
)
from booking_endpoint.practice import RECIPIENTS
from tests.core.vectors import ENVELOPE, private_key, read_vector

KEYS = [new_key() for _ in range(RECIPIENTS)]
PUBLIC = [public_text(key) for key in KEYS]
STRANGER = new_key()
CONTENT = '{"name":"יעל O’Connor 👩🏽‍⚕️"}'.encode()
SEALED = seal(CONTENT, PUBLIC)

often = settings(max_examples=100)

texts = st.text(max_size=ROOM // 4).map(str.encode)
"""Contents that always have room, whatever their signs."""


def parts(envelope: bytes) -> list[bytes]:
    """The sealings, one for each recipient."""
    return [envelope[at : at + SEALING] for at in range(1, len(envelope), SEALING)]


def flipped(data: bytes, at: int, bit: int = 0) -> bytes:
    return data[:at] + bytes(byte ^ 1 << bit for byte in data[at : at + 1]) + data[at + 1 :]


def opened(envelope: bytes, *keys: PrivateKey) -> bytes | None:
    """The content, or None when nothing came out, for whichever reason."""
    try:
        return open_envelope(envelope, keys)
    except BadEnvelope:
        return None


# --- One size -------------------------------------------------------------------------------------


def test_an_envelope_has_the_size_the_format_says() -> None:
    """A version, and three times a point (65), the padded content (2048) and a tag (16)."""
    assert SIZE == 1 + 3 * (65 + 2048 + 16) == 6388
    assert len(SEALED) == SIZE
    assert SEALED[0] == 1


@often
@given(texts)
def test_the_size_tells_nothing_of_the_content(content: bytes) -> None:
    assert len(seal(content, PUBLIC)) == len(seal(b"", PUBLIC)) == SIZE


@pytest.mark.parametrize("length", [0, 1, ROOM - 1, ROOM])
def test_content_up_to_the_room_is_sealed_and_opened(length: int) -> None:
    envelope = seal(b"x" * length, PUBLIC)
    assert len(envelope) == SIZE
    assert open_envelope(envelope, KEYS) == b"x" * length


def test_content_that_has_no_room_is_refused() -> None:
    with pytest.raises(TooLong):
        seal(b"x" * (ROOM + 1), PUBLIC)


@pytest.mark.parametrize("count", [0, 1, 2, 4])
def test_an_envelope_is_never_sealed_to_fewer_or_more(count: int) -> None:
    with pytest.raises(ValueError, match="3 recipients"):
        seal(CONTENT, (PUBLIC * 2)[:count])


def test_the_same_content_is_never_sealed_alike() -> None:
    """Not in two envelopes, and not for two recipients of one key: nothing can be matched."""
    one, other = seal(CONTENT, PUBLIC[:1] * 3), seal(CONTENT, PUBLIC[:1] * 3)
    pieces = [piece for sealing in parts(one) + parts(other) for piece in halves(sealing)]
    assert len(set(pieces)) == len(pieces) == 12


def halves(sealing: bytes) -> tuple[bytes, bytes]:
    return sealing[:65], sealing[65:]


# --- Who opens it ---------------------------------------------------------------------------------


@often
@given(texts)
def test_each_recipient_opens_what_was_sealed(content: bytes) -> None:
    """But for spaces at the end, which are what an envelope is filled up with."""
    envelope = seal(content, PUBLIC)
    for key in KEYS:
        assert open_envelope(envelope, [key]) == content.rstrip(b" ")


def test_nobody_else_opens_it() -> None:
    assert open_envelope(SEALED, [STRANGER]) is None
    assert open_envelope(SEALED, []) is None


def test_an_old_key_among_others_still_opens_it() -> None:
    """After a rotation the desk tries all its keys."""
    assert open_envelope(SEALED, [STRANGER, new_key(), KEYS[2]]) == CONTENT


def test_the_content_is_nowhere_to_be_seen() -> None:
    """Not even a part of it, in any of the forms in which bytes hide."""
    envelope = seal(b"Sentinelle" * 20, PUBLIC)
    shown = [envelope, to_text(envelope).encode(), envelope.hex().encode(), envelope[::-1]]
    hidden = [b"entinell", to_text(b"Sentinelle" * 3)[4:24].encode(), b"Sentinel".hex().encode()]
    assert not [name for name in hidden for form in shown if name in form]
    assert b" " * 8 not in envelope


# --- What is broken -------------------------------------------------------------------------------


@often
@given(st.integers(0, RECIPIENTS - 1), st.integers(0, SEALING - 1), st.integers(0, 7))
def test_a_flipped_bit_spoils_its_sealing(which: int, at: int, bit: int) -> None:
    """Whichever bit it is, the recipient of this sealing reads nothing rather than another text."""
    assert opened(flipped(SEALED, 1 + which * SEALING + at, bit), KEYS[which]) is None


@pytest.mark.parametrize("at", [65, 66, 65 + ROOM - 1, 65 + ROOM, SEALING - 1])
def test_a_spoiled_sealing_leaves_the_others_whole(at: int) -> None:
    assert open_envelope(flipped(SEALED, 1 + at), KEYS) == CONTENT


def test_sealings_may_come_in_any_order() -> None:
    """The page may seal to its recipients in another order than the facts have them."""
    turned = SEALED[:1] + b"".join(parts(SEALED)[::-1])
    assert all(open_envelope(turned, [key]) == CONTENT for key in KEYS)


HALF = (ec.SECP256R1().key_size + 7) // 8
BROKEN = {
    "empty": b"",
    "a byte short": SEALED[:-1],
    "a byte long": SEALED + b"\x00",
    "a sealing short": SEALED[:-SEALING],
    "a sealing long": SEALED + SEALED[1 : 1 + SEALING],
    "of version 0": b"\x00" + SEALED[1:],
    "of version 2": b"\x02" + SEALED[1:],
    "all zero": bytes(SIZE),
    "of the first size and no content": b"\x01" + bytes(SIZE - 1),
    "text": b"\x01" + b"Ada Lovelace ".ljust(SIZE - 1),
    "with a point off the curve": SEALED[:1] + flipped(SEALED[1:], 64),
    "with the last point off the curve": flipped(SEALED, 1 + 2 * SEALING + 64),
    "with the point zero": SEALED[:2] + bytes(2 * HALF) + SEALED[2 + 2 * HALF :],
    "with a compressed point": SEALED[:1] + b"\x02" + SEALED[2:],
    "with a hybrid point": SEALED[:1] + b"\x06" + SEALED[2:],
    "with coordinates above the field": SEALED[:2] + b"\xff" * 2 * HALF + SEALED[2 + 2 * HALF :],
}


@pytest.mark.parametrize("envelope", BROKEN.values(), ids=BROKEN)
def test_an_envelope_of_another_shape_is_refused(envelope: bytes) -> None:
    """By the endpoint, which holds no key, and by the desk in the same way."""
    with pytest.raises(BadEnvelope):
        check_envelope(envelope)
    with pytest.raises(BadEnvelope):
        open_envelope(envelope, KEYS)


def test_a_whole_envelope_is_accepted_without_any_key() -> None:
    check_envelope(SEALED)


def compressed(key: PrivateKey) -> str:
    """A key in a form that other programs read, and browsers do not."""
    return to_text(
        key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
        )
    )


NO_POINTS = ["", "AAAA", PUBLIC[0][:-4], to_text(b"\x04" + bytes(64)), compressed(KEYS[0])]


@pytest.mark.parametrize("key", NO_POINTS)
def test_nothing_is_sealed_to_what_is_no_key(key: str) -> None:
    try:
        seal(CONTENT, [*PUBLIC[:2], key])
    except ValueError:
        return
    pytest.fail("it was sealed to nobody")


# --- base64url ------------------------------------------------------------------------------------


@often
@given(st.binary(max_size=200))
def test_bytes_travel_as_base64url_without_padding(data: bytes) -> None:
    text = to_text(data)
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert urlsafe_b64decode(text + "=" * (-len(text) % 4)) == data
    assert from_text(text) == data


@pytest.mark.parametrize(
    "text",
    [
        "QQ==",  # padding
        "QUI=",
        "QUJD====",
        "=",
        "+_8",  # signs of plain base64
        "-/8",
        "QU JD",  # white space
        "QUJD\n",
        " QUJD",
        "Q",  # no whole byte
        "QUJDR",
        "QR",  # bits that stand for nothing: QQ is the letter A
        "QÜJD",
        "QUJ\N{FULLWIDTH LATIN CAPITAL LETTER D}",
        "QUJ\0",
        "QUJ\ud800",
        "QUJ.",
        "data:text/plain;base64,QUJD",
    ],
)
def test_anything_but_base64url_is_refused(text: str) -> None:
    """One envelope can be written in one way only."""
    with pytest.raises(BadEnvelope):
        from_text(text)


# --- The same HPKE as everybody's -----------------------------------------------------------------

INDEPENDENT = CipherSuite.new(KEMId.DHKEM_P256_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.AES256_GCM)
OUR_INFO = b"souspli envelope 1"
"""As docs/DESIGN.md has it; not taken from the module, which must agree."""


def sealed_elsewhere(key: PrivateKey, content: bytes) -> bytes:
    """One sealing, made by another implementation."""
    enc, context = INDEPENDENT.create_sender_context(
        KEMKey.from_pyca_cryptography_key(key.public_key()), OUR_INFO
    )
    return enc + context.seal(content + b" " * (2048 - len(content)))


def opened_elsewhere(sealing: bytes, key: PrivateKey) -> bytes:
    context = INDEPENDENT.create_recipient_context(
        sealing[:65], KEMKey.from_pyca_cryptography_key(key), OUR_INFO
    )
    return context.open(sealing[65:])


def test_we_open_what_another_implementation_sealed() -> None:
    by_hand = b"\x01" + b"".join(sealed_elsewhere(key, CONTENT) for key in KEYS)
    assert [open_envelope(by_hand, [key]) for key in KEYS] == [CONTENT] * RECIPIENTS


def test_another_implementation_opens_each_of_our_sealings() -> None:
    for sealing, key in zip(parts(SEALED), KEYS, strict=True):
        assert opened_elsewhere(sealing, key) == CONTENT + b" " * (2048 - len(CONTENT))


@pytest.mark.parametrize(
    ("name", "aead"),
    [("rfc9180-p256-aes128.json", AEAD.AES_128_GCM), ("cfrg-p256-aes256.json", AEAD.AES_256_GCM)],
)
def test_the_published_vectors_open(name: str, aead: AEAD) -> None:
    """RFC 9180, appendix A.3.1, and the same with AES-256 from the CFRG's own list.

    They carry associated data, which we do not: only a private door of the library takes them.
    """
    vector = read_vector(name)
    info, aad, encapsulated, ciphertext, plaintext = (
        bytes.fromhex(vector[field]) for field in ("info", "aad", "pkEm", "ciphertext", "plaintext")
    )
    suite, key = Suite(KEM.P256, KDF.HKDF_SHA256, aead), private_key(vector["skRm"])
    sealing = encapsulated + ciphertext
    assert public_text(key) == to_text(bytes.fromhex(vector["pkRm"]))
    assert openssl.hpke._decrypt_with_aad(suite, sealing, key, info, aad) == plaintext


@pytest.mark.parametrize(
    ("name", "aead"),
    [("rfc9180-p256-aes128.json", AEADId.AES128_GCM), ("cfrg-p256-aes256.json", AEADId.AES256_GCM)],
)
def test_the_other_implementation_opens_the_published_vectors(name: str, aead: AEADId) -> None:
    """So that what agrees with it agrees with the RFC."""
    vector = read_vector(name)
    suite = CipherSuite.new(KEMId.DHKEM_P256_HKDF_SHA256, KDFId.HKDF_SHA256, aead)
    key = KEMKey.from_pyca_cryptography_key(private_key(vector["skRm"]))
    context = suite.create_recipient_context(
        bytes.fromhex(vector["pkEm"]), key, bytes.fromhex(vector["info"])
    )
    opened = context.open(bytes.fromhex(vector["ciphertext"]), bytes.fromhex(vector["aad"]))
    assert opened == bytes.fromhex(vector["plaintext"])


def test_an_envelope_sealed_long_ago_still_opens() -> None:
    """With each of its keys, here and elsewhere; `tests/core/vectors.py` made it once."""
    vector = read_vector(ENVELOPE)
    envelope, content = from_text(vector["envelope"]), vector["content"].encode()
    padded = content + b" " * (vector["room"] - len(content))
    assert bytes.fromhex(vector["info"]) == OUR_INFO == INFO
    for recipient, sealing in zip(vector["recipients"], parts(envelope), strict=True):
        key = private_key(recipient["scalar"])
        assert public_text(key) == recipient["public"]
        assert open_envelope(envelope, [key]) == content
        assert opened_elsewhere(sealing, key) == padded
    assert json.loads(content)["name"].startswith("יעל O’Connor")


# --- The key file ---------------------------------------------------------------------------------


def test_the_key_file_opens_with_its_passphrase() -> None:
    pem = lock_key(KEYS[0], "correct horse – סוס")
    assert public_text(unlock_key(pem, "correct horse – סוס")) == PUBLIC[0]


def test_the_key_file_is_encrypted_pkcs_8() -> None:
    """Any other program can open it, given the passphrase: nothing here is our own format."""
    pem = lock_key(KEYS[0], "passphrase")
    assert pem.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    loaded = serialization.load_pem_private_key(pem, b"passphrase")
    assert isinstance(loaded, ec.EllipticCurvePrivateKey)
    assert loaded.private_numbers() == KEYS[0].private_numbers()


def unencrypted(key: PrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def locked(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"passphrase"),
    )


def on_an_unknown_curve() -> bytes:
    """A key file whose curve has a number that no curve has."""
    der = b64decode(b"".join(unencrypted(KEYS[0]).splitlines()[1:-1]))
    prime256v1 = bytes.fromhex("2a8648ce3d030107")
    assert prime256v1 in der
    odd = b64encode(der.replace(prime256v1, bytes.fromhex("2a8648ce3d030177")))
    return b"-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n" % odd


FRAME = b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n-----END ENCRYPTED PRIVATE KEY-----\n"
NO_KEYS = {
    "nothing": b"",
    "a text": b"correct horse battery staple",
    "no text": b"\xff\x00",
    "an empty frame": FRAME,
    "a key on an unknown curve": on_an_unknown_curve(),
    "a key without a passphrase": unencrypted(KEYS[0]),
    "a key on another curve": locked(ec.generate_private_key(ec.SECP384R1())),
    "a key to sign with": locked(ed25519.Ed25519PrivateKey.generate()),
    "half a file": lock_key(KEYS[0], "passphrase")[:200],
}


@pytest.mark.parametrize("pem", NO_KEYS.values(), ids=NO_KEYS)
def test_a_file_that_is_no_key_of_ours_is_refused(pem: bytes) -> None:
    with pytest.raises(BadKey):
        unlock_key(pem, "passphrase")


@pytest.mark.parametrize("passphrase", ["", "Passphrase", "passphrase ", "passphras"])
def test_another_passphrase_is_refused(passphrase: str) -> None:
    with pytest.raises(BadKey):
        unlock_key(lock_key(KEYS[0], "passphrase"), passphrase)


def test_a_refused_key_says_nothing_of_the_passphrase() -> None:
    with pytest.raises(BadKey) as error:
        unlock_key(lock_key(KEYS[0], "passphrase"), "a wrong secret")
    assert str(error.value) == ""
    assert error.value.__suppress_context__


# --- The public half ------------------------------------------------------------------------------


def test_the_public_half_is_an_uncompressed_point() -> None:
    point = from_text(PUBLIC[0])
    numbers = KEYS[0].public_key().public_numbers()
    assert point == b"\x04" + numbers.x.to_bytes(32) + numbers.y.to_bytes(32)


def test_the_fingerprint_is_the_hash_of_the_point_in_groups_of_four() -> None:
    """Half of SHA-256, as a person can read it aloud and compare."""
    key = private_key("11" * 32)
    numbers = key.public_key().public_numbers()
    point = b"\x04" + numbers.x.to_bytes(32) + numbers.y.to_bytes(32)
    whole = fingerprint(public_text(key)).replace(" ", "")
    assert whole == hashlib.sha256(point).hexdigest()[:32]
    assert [len(group) for group in fingerprint(public_text(key)).split(" ")] == [4] * 8


def test_two_keys_have_two_fingerprints() -> None:
    assert len({fingerprint(public) for public in PUBLIC}) == RECIPIENTS
