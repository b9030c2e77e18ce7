"""The envelope: one size, opened by its recipients alone, and the same HPKE as everybody's."""

import hashlib
import hmac
import json
from base64 import b64decode, b64encode, urlsafe_b64decode

import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mlkem, x25519
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhpke import AEADId, CipherSuite, KDFId, KEMId, KEMKey

from booking_endpoint.envelope import (
    FORMATS,
    POINT,
    ROOM,
    SIZE,
    BadEnvelope,
    BadKey,
    PrivateKey,
    TooLong,
    check_envelope,
    fingerprint,
    from_text,
    key_from,
    lock_key,
    open_envelope,
    public_text,
    read_envelope,
    seal,
    to_text,
    unlock_key,
)
from booking_endpoint.practice import RECIPIENTS
from tests.core.vectors import ENVELOPE, HYBRID_ENVELOPE, private_key, read_vector
from tests.keys import new_key

KEYS = [new_key() for _ in range(RECIPIENTS)]
PUBLIC = [public_text(key) for key in KEYS]
POINTS = [public.partition(".")[0] for public in PUBLIC]
STRANGER = new_key()
CONTENT = '{"name":"יעל O’Connor 👩🏽‍⚕️"}'.encode()
SEALED = {1: seal(CONTENT, POINTS), 2: seal(CONTENT, PUBLIC)}
"""One envelope of each version."""

often = settings(max_examples=50)
each_version = pytest.mark.parametrize("version", [1, 2])

texts = st.text(max_size=ROOM // 4).map(str.encode)
"""Contents that always have room, whatever their signs."""


SEALING = {1: 65 + 2048 + 16, 2: 1120 + 2048 + 16}
"""Bytes of one, by version, as docs/DESIGN.md has them."""


def parts(envelope: bytes) -> list[bytes]:
    """The sealings, one for each recipient."""
    size = SEALING[envelope[0]]
    return [envelope[at : at + size] for at in range(1, 1 + 3 * size, size)]


def recipients(version: int) -> list[str]:
    return POINTS if version == 1 else PUBLIC


def flipped(data: bytes, at: int, bit: int = 0) -> bytes:
    return data[:at] + bytes(byte ^ 1 << bit for byte in data[at : at + 1]) + data[at + 1 :]


def opened(envelope: bytes, *keys: PrivateKey) -> bytes | None:
    """The content, or None when nothing came out, for whichever reason."""
    try:
        return open_envelope(envelope, keys)
    except BadEnvelope:
        return None


# --- One size -------------------------------------------------------------------------------------


@each_version
def test_an_envelope_has_the_size_the_format_says(version: int) -> None:
    """A version, three sealings, and zeros up to what the larger version needs."""
    assert SIZE == 1 + 3 * (1120 + 2048 + 16) == 9553
    assert len(SEALED[version]) == SIZE
    assert SEALED[version][0] == version
    assert not any(SEALED[version][1 + 3 * SEALING[version] :])


@each_version
@often
@given(content=texts)
def test_the_size_tells_nothing_of_the_content(version: int, content: bytes) -> None:
    assert len(seal(content, recipients(version))) == SIZE


@each_version
@pytest.mark.parametrize("length", [0, 1, ROOM - 1, ROOM])
def test_content_up_to_the_room_is_sealed_and_opened(version: int, length: int) -> None:
    envelope = seal(b"x" * length, recipients(version))
    assert len(envelope) == SIZE
    assert open_envelope(envelope, KEYS) == b"x" * length


def test_content_that_has_no_room_is_refused() -> None:
    with pytest.raises(TooLong):
        seal(b"x" * (ROOM + 1), PUBLIC)


@pytest.mark.parametrize("count", [0, 1, 2, 4])
def test_an_envelope_is_never_sealed_to_fewer_or_more(count: int) -> None:
    with pytest.raises(ValueError, match="3 recipients"):
        seal(CONTENT, (PUBLIC * 2)[:count])


@each_version
def test_the_same_content_is_never_sealed_alike(version: int) -> None:
    """Not in two envelopes, and not for two recipients of one key: nothing can be matched."""
    one, other = (seal(CONTENT, recipients(version)[:1] * 3) for _ in range(2))
    enc = SEALING[version] - 2048 - 16
    pieces = [piece for part in parts(one) + parts(other) for piece in (part[:enc], part[enc:])]
    assert len(set(pieces)) == len(pieces) == 12


# --- Two versions side by side --------------------------------------------------------------------


def test_the_hybrid_is_taken_where_every_recipient_has_one() -> None:
    assert seal(CONTENT, PUBLIC)[0] == 2
    assert seal(CONTENT, [*PUBLIC[:2], POINTS[2]])[0] == 1


@each_version
def test_one_key_opens_both_versions(version: int) -> None:
    assert [open_envelope(SEALED[version], [key]) for key in KEYS] == [CONTENT] * 3


def test_a_key_older_than_the_hybrid_opens_what_was_sealed_to_its_point() -> None:
    old = PrivateKey(KEYS[1].curve)
    assert public_text(old) == POINTS[1]
    assert open_envelope(SEALED[1], [old]) == CONTENT
    assert open_envelope(SEALED[2], [old]) is None


def test_an_envelope_of_version_1_travels_with_and_without_its_zeros() -> None:
    """Pages that were open before the hybrid came send it without; all are kept in one size."""
    bare = SEALED[1][: 1 + 3 * SEALING[1]]
    assert len(bare) == 6388
    assert read_envelope(to_text(bare)) == read_envelope(to_text(SEALED[1])) == SEALED[1]
    assert open_envelope(bare, [KEYS[2]]) == CONTENT


def test_a_sealing_of_one_version_is_nothing_in_the_other() -> None:
    """Neither the version nor the place of the bytes can be changed into another's."""
    relabelled = b"\x02" + SEALED[1][1:]
    assert open_envelope(relabelled, KEYS) is None


# --- Who opens it ---------------------------------------------------------------------------------


@each_version
@often
@given(content=texts)
def test_each_recipient_opens_what_was_sealed(version: int, content: bytes) -> None:
    """But for spaces at the end, which are what an envelope is filled up with."""
    envelope = seal(content, recipients(version))
    for key in KEYS:
        assert open_envelope(envelope, [key]) == content.rstrip(b" ")


@each_version
def test_nobody_else_opens_it(version: int) -> None:
    assert open_envelope(SEALED[version], [STRANGER]) is None
    assert open_envelope(SEALED[version], []) is None


@each_version
def test_an_old_key_among_others_still_opens_it(version: int) -> None:
    """After a rotation the desk tries all its keys."""
    assert open_envelope(SEALED[version], [STRANGER, new_key(), KEYS[2]]) == CONTENT


@each_version
def test_the_content_is_nowhere_to_be_seen(version: int) -> None:
    """Not even a part of it, in any of the forms in which bytes hide."""
    envelope = seal(b"Sentinelle" * 20, recipients(version))
    shown = [envelope, to_text(envelope).encode(), envelope.hex().encode(), envelope[::-1]]
    hidden = [b"entinell", to_text(b"Sentinelle" * 3)[4:24].encode(), b"Sentinel".hex().encode()]
    assert not [name for name in hidden for form in shown if name in form]
    assert b" " * 8 not in envelope


# --- What is broken -------------------------------------------------------------------------------


@each_version
@often
@given(data=st.data(), which=st.integers(0, RECIPIENTS - 1), bit=st.integers(0, 7))
def test_a_flipped_bit_spoils_its_sealing(
    version: int, data: st.DataObject, which: int, bit: int
) -> None:
    """Whichever bit it is, the recipient of this sealing reads nothing rather than another text."""
    at = 1 + which * SEALING[version] + data.draw(st.integers(0, SEALING[version] - 1))
    assert opened(flipped(SEALED[version], at, bit), KEYS[which]) is None


@each_version
@pytest.mark.parametrize("from_end", [1, 16, 17, 2048 + 16])
def test_a_spoiled_sealing_leaves_the_others_whole(version: int, from_end: int) -> None:
    at = 1 + SEALING[version] - from_end
    assert open_envelope(flipped(SEALED[version], at), KEYS) == CONTENT


@each_version
def test_sealings_may_come_in_any_order(version: int) -> None:
    """The page may seal to its recipients in another order than the facts have them."""
    whole = SEALED[version]
    turned = (whole[:1] + b"".join(parts(whole)[::-1])).ljust(SIZE, b"\0")
    assert all(open_envelope(turned, [key]) == CONTENT for key in KEYS)


HALF = (ec.SECP256R1().key_size + 7) // 8
ONE, TWO = SEALED[1], SEALED[2]
BARE = ONE[: 1 + 3 * SEALING[1]]
BROKEN = {
    "empty": b"",
    "a byte short": TWO[:-1],
    "a byte long": TWO + b"\x00",
    "a sealing short": TWO[: -SEALING[2]],
    "a sealing long": TWO + TWO[1 : 1 + SEALING[2]],
    "of version 2 without a sealing of its own size": b"\x02" + BARE[1:],
    "bare and a byte short": BARE[:-1],
    "bare and a byte long": BARE + b"\x00",
    "with something behind its sealings": flipped(ONE, len(BARE)),
    "with something at its end": flipped(ONE, SIZE - 1),
    "of version 0": b"\x00" + TWO[1:],
    "of version 3": b"\x03" + TWO[1:],
    "all zero": bytes(SIZE),
    "of the first size and no content": b"\x01" + bytes(SIZE - 1),
    "text": b"\x01" + b"Ada Lovelace ".ljust(SIZE - 1),
    "with a point off the curve": ONE[:1] + flipped(ONE[1:], 64),
    "with the last point off the curve": flipped(ONE, 1 + 2 * SEALING[1] + 64),
    "with the point zero": ONE[:2] + bytes(2 * HALF) + ONE[2 + 2 * HALF :],
    "with a compressed point": ONE[:1] + b"\x02" + ONE[2:],
    "with a hybrid point": ONE[:1] + b"\x06" + ONE[2:],
    "with coordinates above the field": ONE[:2] + b"\xff" * 2 * HALF + ONE[2 + 2 * HALF :],
}


@pytest.mark.parametrize("envelope", BROKEN.values(), ids=BROKEN)
def test_an_envelope_of_another_shape_is_refused(envelope: bytes) -> None:
    """By the endpoint, which holds no key, and by the desk in the same way."""
    with pytest.raises(BadEnvelope):
        check_envelope(envelope)
    with pytest.raises(BadEnvelope):
        open_envelope(envelope, KEYS)
    with pytest.raises(BadEnvelope):
        read_envelope(to_text(envelope))


@each_version
def test_a_whole_envelope_is_accepted_without_any_key(version: int) -> None:
    assert check_envelope(SEALED[version]) is FORMATS[version]


def compressed(key: PrivateKey) -> str:
    """A key in a form that other programs read, and browsers do not."""
    return to_text(
        key.curve.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
        )
    )


LATTICE = from_text(PUBLIC[0].partition(".")[2])
NO_KEYS_AT_ALL = {
    "nothing": "",
    "three bytes": "AAAA",
    "a point cut short": POINTS[0][:-4],
    "a point off the curve": to_text(b"\x04" + bytes(64)),
    "a compressed point": compressed(KEYS[0]),
    "half a hybrid": f"{POINTS[0]}.",
    "a hybrid cut short": PUBLIC[0][:-4],
    "a hybrid alone": PUBLIC[0].partition(".")[2],
    "a lattice above its modulus": f"{POINTS[0]}.{to_text(bytes([255] * 1184) + LATTICE[1184:])}",
    "three halves": f"{PUBLIC[0]}.{POINTS[0]}",
}


@pytest.mark.parametrize("key", NO_KEYS_AT_ALL.values(), ids=NO_KEYS_AT_ALL)
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
        KEMKey.from_pyca_cryptography_key(key.curve.public_key()), OUR_INFO
    )
    return enc + context.seal(content + b" " * (2048 - len(content)))


def opened_elsewhere(sealing: bytes, key: PrivateKey) -> bytes:
    context = INDEPENDENT.create_recipient_context(
        sealing[:65], KEMKey.from_pyca_cryptography_key(key.curve), OUR_INFO
    )
    return context.open(sealing[65:])


def test_we_open_what_another_implementation_sealed() -> None:
    by_hand = b"\x01" + b"".join(sealed_elsewhere(key, CONTENT) for key in KEYS)
    assert [open_envelope(by_hand, [key]) for key in KEYS] == [CONTENT] * RECIPIENTS


def test_another_implementation_opens_each_of_our_sealings() -> None:
    for sealing, key in zip(parts(SEALED[1]), KEYS, strict=True):
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
    assert openssl.hpke._decrypt_with_aad(suite, sealing, key.curve, info, aad) == plaintext


@pytest.mark.parametrize(
    ("name", "aead"),
    [("rfc9180-p256-aes128.json", AEADId.AES128_GCM), ("cfrg-p256-aes256.json", AEADId.AES256_GCM)],
)
def test_the_other_implementation_opens_the_published_vectors(name: str, aead: AEADId) -> None:
    """So that what agrees with it agrees with the RFC."""
    vector = read_vector(name)
    suite = CipherSuite.new(KEMId.DHKEM_P256_HKDF_SHA256, KDFId.HKDF_SHA256, aead)
    key = KEMKey.from_pyca_cryptography_key(private_key(vector["skRm"]).curve)
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
    assert bytes.fromhex(vector["info"]) == OUR_INFO == FORMATS[1].info
    for recipient, sealing in zip(vector["recipients"], parts(envelope), strict=True):
        key = private_key(recipient["scalar"])
        assert public_text(key) == recipient["public"]
        assert open_envelope(envelope, [key]) == content
        assert opened_elsewhere(sealing, key) == padded
    assert json.loads(content)["name"].startswith("יעל O’Connor")


def test_a_hybrid_envelope_sealed_long_ago_still_opens() -> None:
    """With each of its keys; another implementation opens it in tests/browser/test_sealing.py."""
    vector = read_vector(HYBRID_ENVELOPE)
    envelope, content = from_text(vector["envelope"]), vector["content"].encode()
    assert bytes.fromhex(vector["info"]) == b"souspli envelope 2" == FORMATS[2].info
    for recipient in vector["recipients"]:
        key = key_from(bytes.fromhex(recipient["seed"]))
        assert public_text(key) == recipient["public"]
        assert open_envelope(envelope, [key]) == content


# --- The key from its seed ------------------------------------------------------------------------


def test_a_key_grows_from_its_seed_as_the_page_says() -> None:
    """docs/DESIGN.md, section 6, done here once more with other means: HMAC by hand (RFC 5869)."""
    seed = bytes(range(32))

    def grown(label: bytes, length: int) -> bytes:
        extracted, block, told = hmac.digest(bytes(32), seed, "sha256"), b"", b""
        for number in range(1, 3):
            block = hmac.digest(extracted, block + label + bytes([number]), "sha256")
            told += block
        return told[:length]

    key = key_from(seed)
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    scalar = int.from_bytes(grown(b"souspli key P-256", 48)) % (order - 1) + 1
    assert key.curve.private_numbers().private_value == scalar
    expanded = hashlib.shake_256(grown(b"souspli key MLKEM768-X25519", 32)).digest(96)
    assert key.lattice
    assert key.montgomery
    assert key.lattice.private_bytes_raw() == expanded[:64]
    assert key.montgomery.private_bytes_raw() == expanded[64:]


def test_every_bit_of_a_seed_makes_another_key() -> None:
    seeds = [bytes(32), *((1 << bit).to_bytes(32) for bit in range(256))]
    points, hybrids = zip(*(public_text(key_from(seed)).split(".") for seed in seeds), strict=True)
    assert len(set(points)) == len(set(hybrids)) == 257


# --- The key file ---------------------------------------------------------------------------------

FRAME = b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n-----END ENCRYPTED PRIVATE KEY-----\n"


def test_the_key_file_opens_with_its_passphrase() -> None:
    pem = lock_key(KEYS[0], "correct horse – סוס")
    assert public_text(unlock_key(pem, "correct horse – סוס")) == PUBLIC[0]


def test_the_key_file_is_encrypted_pkcs_8() -> None:
    """Any other program can open it, given the passphrase: nothing here is our own format."""
    blocks = blocks_of(lock_key(KEYS[0], "passphrase"))
    assert [block.startswith(FRAME[:38]) for block in blocks] == [True] * 3
    curve, lattice, montgomery = (
        serialization.load_pem_private_key(block, b"passphrase") for block in blocks
    )
    assert isinstance(curve, ec.EllipticCurvePrivateKey)
    assert isinstance(lattice, mlkem.MLKEM768PrivateKey)
    assert isinstance(montgomery, x25519.X25519PrivateKey)
    assert curve.private_numbers() == KEYS[0].curve.private_numbers()


def test_a_key_file_older_than_the_hybrid_opens() -> None:
    """One block, as it was written then; it opens what was sealed to its point."""
    old = unlock_key(locked(KEYS[0].curve), "passphrase")
    assert public_text(old) == POINTS[0]
    assert lock_key(old, "passphrase").count(b"BEGIN") == 1


def blocks_of(pem: bytes) -> list[bytes]:
    end = FRAME[38:]
    return [block + end for block in pem.split(end)[:-1]]


def unencrypted(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
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
    der = b64decode(b"".join(unencrypted(KEYS[0].curve).splitlines()[1:-1]))
    prime256v1 = bytes.fromhex("2a8648ce3d030107")
    assert prime256v1 in der
    odd = b64encode(der.replace(prime256v1, bytes.fromhex("2a8648ce3d030177")))
    return b"-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n" % odd


NO_KEYS = {
    "nothing": b"",
    "a text": b"correct horse battery staple",
    "no text": b"\xff\x00",
    "an empty frame": FRAME,
    "a key on an unknown curve": on_an_unknown_curve(),
    "a key without a passphrase": unencrypted(KEYS[0].curve),
    "a key on another curve": locked(ec.generate_private_key(ec.SECP384R1())),
    "a key to sign with": locked(ed25519.Ed25519PrivateKey.generate()),
    "half a file": lock_key(KEYS[0], "passphrase")[:200],
    "a part of the hybrid missing": b"".join(blocks_of(lock_key(KEYS[0], "passphrase"))[:2]),
    "the curve missing": b"".join(blocks_of(lock_key(KEYS[0], "passphrase"))[1:]),
    "two keys": lock_key(KEYS[0], "passphrase") + lock_key(KEYS[1], "passphrase"),
    "parts under two passphrases": b"".join(
        blocks_of(lock_key(KEYS[0], word))[at] for at, word in enumerate(["passphrase", "a", "b"])
    ),
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


def point_of(key: PrivateKey) -> bytes:
    numbers = key.curve.public_key().public_numbers()
    return b"\x04" + numbers.x.to_bytes(32) + numbers.y.to_bytes(32)


def hybrid_of(key: PrivateKey) -> bytes:
    assert key.lattice
    assert key.montgomery
    parts = (key.lattice.public_key(), key.montgomery.public_key())
    return b"".join(part.public_bytes_raw() for part in parts)


def test_the_public_half_is_an_uncompressed_point_and_a_hybrid_key() -> None:
    point, hybrid = map(from_text, PUBLIC[0].split("."))
    assert point == point_of(KEYS[0])
    assert hybrid == hybrid_of(KEYS[0])
    assert (len(point), len(hybrid)) == (POINT, 1216)


def test_the_fingerprint_is_the_hash_of_the_whole_key_in_groups_of_four() -> None:
    """Half of SHA-256, as a person can read it aloud and compare."""
    old, key = private_key("11" * 32), KEYS[0]
    for one, data in ((old, point_of(old)), (key, point_of(key) + hybrid_of(key))):
        groups = fingerprint(public_text(one)).split(" ")
        assert "".join(groups) == hashlib.sha256(data).hexdigest()[:32]
        assert [len(group) for group in groups] == [4] * 8


def test_two_keys_have_two_fingerprints() -> None:
    assert len({fingerprint(public) for public in PUBLIC}) == RECIPIENTS
