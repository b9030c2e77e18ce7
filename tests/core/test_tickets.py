"""Tickets, proofs of work and codes: what we signed for this and nothing else."""

import base64
import hashlib
import json
from itertools import combinations, count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer

from booking_endpoint.tickets import (
    EFFORT,
    FILLING,
    LASTS,
    TRIES,
    BadProof,
    BadTicket,
    EarlyTicket,
    Handle,
    OldTicket,
    Tickets,
    tidy_code,
)

NEW, OLD = "n" * 32, "o" * 32
NOW = 1_800_000_000
HOUR, DAY = 3600, 86400
NONCE, OTHER_NONCE = bytes(range(16)), bytes(range(16, 32))

OURS = Tickets([NEW], effort=1)
BEFORE = Tickets([OLD], effort=1)
ROTATED = Tickets([NEW, OLD], effort=1)
STRANGE = Tickets(["s" * 32], effort=1)

often = settings(max_examples=100)


def solve(challenge: dict[str, Any]) -> str:
    """The work, done as the page does it: try counters until the derived key begins right."""
    told = challenge["parameters"]
    nonce, salt = bytes.fromhex(told["nonce"]), bytes.fromhex(told["salt"])
    for counter in count():
        password = nonce + counter.to_bytes(4)
        derived = hashlib.pbkdf2_hmac("sha256", password, salt, told["cost"], told["keyLength"])
        if derived.hex().startswith(told["keyPrefix"]):
            break
    return proof_of(challenge, counter=counter, derivedKey=derived.hex())


def proof_of(challenge: object, **solution: Any) -> str:
    text = json.dumps({"challenge": challenge, "solution": solution})
    return base64.b64encode(text.encode()).decode()


def solved(tickets: Tickets, nonce: bytes = NONCE, counter: int = 5) -> tuple[str, str]:
    """A ticket for a page with a script, and its proof."""
    ticket, challenge = tickets.script(nonce, counter, NOW)
    return ticket, solve(challenge)


# --- A ticket for a form --------------------------------------------------------------------------


def test_a_form_s_ticket_gives_its_nonce_back() -> None:
    assert OURS.redeem(OURS.form(NONCE, NOW), "", NOW + 60) == NONCE


def test_a_form_comes_back_no_faster_than_a_person_fills_it() -> None:
    ticket = OURS.form(NONCE, NOW)
    with pytest.raises(EarlyTicket):
        OURS.redeem(ticket, "", NOW + FILLING - 1)
    assert OURS.redeem(ticket, "", NOW + FILLING) == NONCE


def test_a_half_filled_form_may_come_back_at_once() -> None:
    """To be told what is wrong with it; it is not booked by that."""
    OURS.check(OURS.form(NONCE, NOW), NOW)


def test_a_ticket_lasts_two_hours_to_the_second() -> None:
    ticket, proof = solved(OURS)
    assert OURS.redeem(ticket, proof, NOW + LASTS) == NONCE
    for late, work in ((OURS.form(NONCE, NOW), ""), (ticket, proof)):
        with pytest.raises(OldTicket):
            OURS.redeem(late, work, NOW + LASTS + 1)
    with pytest.raises(OldTicket):
        OURS.check(OURS.form(NONCE, NOW), NOW + LASTS + 1)
    assert LASTS == 2 * HOUR


@pytest.mark.parametrize("back", [1, HOUR, DAY])
def test_a_clock_set_back_costs_nobody_a_booking(back: int) -> None:
    """Whoever got the ticket before the server's clock was mended is not sent away."""
    ticket, proof = solved(OURS)
    assert OURS.redeem(OURS.form(NONCE, NOW), "", NOW - back) == NONCE
    assert OURS.redeem(ticket, proof, NOW - back) == NONCE


# --- What is not ours, or not for this ------------------------------------------------------------

GARBAGE = ["", ".", "a.b", "Ada Lovelace", "é", "\ud800", "\0", "." * 1000, "W10.AAAA"]


@pytest.mark.parametrize("ticket", GARBAGE)
def test_what_is_no_ticket_is_refused(ticket: str) -> None:
    for proof in ("", "proof"):
        with pytest.raises(BadTicket):
            OURS.redeem(ticket, proof, NOW + 60)
    with pytest.raises(BadTicket):
        OURS.check(ticket, NOW + 60)
    with pytest.raises(BadTicket):
        OURS.find(ticket)


@often
@given(st.data())
def test_a_changed_ticket_is_refused(data: st.DataObject) -> None:
    """Save in bits of its last sign that stand for nothing: then it is the same ticket still."""
    ticket = OURS.form(NONCE, NOW)
    at = data.draw(st.integers(0, len(ticket) - 1))
    sign = data.draw(st.sampled_from("ABCxyz019-_."))
    changed = ticket[:at] + sign + ticket[at + 1 :]
    try:
        assert OURS.redeem(changed, "", NOW + 60) == NONCE
    except BadTicket:
        return
    assert changed == ticket or at == len(ticket) - 1


@pytest.mark.parametrize("length", [1, 10, 27, 28, 40])
def test_a_truncated_ticket_is_refused(length: int) -> None:
    ticket = OURS.form(NONCE, NOW)
    for cut in (ticket[:-length], ticket[length:], ticket + "A" * length):
        with pytest.raises(BadTicket):
            OURS.redeem(cut, "", NOW + 60)


def test_a_ticket_made_with_another_secret_is_refused() -> None:
    with pytest.raises(BadTicket):
        OURS.redeem(STRANGE.form(NONCE, NOW), "", NOW + 60)
    with pytest.raises(BadTicket):
        OURS.redeem(*solved(STRANGE), NOW + 60)


def test_a_form_s_ticket_is_none_for_a_script() -> None:
    """Else a script could do without the wait, or without the work."""
    _, proof = solved(OURS)
    with pytest.raises(BadTicket):
        OURS.redeem(OURS.form(NONCE, NOW), proof, NOW + 60)


def test_a_script_s_ticket_is_none_for_a_form() -> None:
    ticket, _ = solved(OURS)
    with pytest.raises(BadTicket):
        OURS.redeem(ticket, "", NOW + 60)
    with pytest.raises(BadTicket):
        OURS.check(ticket, NOW + 60)


def test_a_manage_ticket_books_nothing_and_a_booking_s_manages_nothing() -> None:
    ticket, proof = solved(OURS)
    for work in ("", proof):
        with pytest.raises(BadTicket):
            OURS.redeem(OURS.manage(NONCE), work, NOW + 60)
    for booking in (ticket, OURS.form(NONCE, NOW)):
        with pytest.raises(BadTicket):
            OURS.find(booking)


def test_a_signed_text_of_another_shape_is_refused() -> None:
    """Should another of our programs ever sign with this secret and salt."""
    for content in ([], "x", [1, 2], ["AAAA"], ["A", NOW], {"name": 1}, None, [None, None]):
        forged = URLSafeSerializer(NEW, salt="souspli.form").dumps(content)
        with pytest.raises(BadTicket):
            OURS.redeem(str(forged), "", NOW + 60)


# --- The proof of work ----------------------------------------------------------------------------


def test_a_script_s_ticket_and_its_proof_give_the_nonce_back_at_once() -> None:
    """The work takes the time that a person would."""
    ticket, proof = solved(OURS)
    assert OURS.redeem(ticket, proof, NOW) == NONCE


@pytest.mark.parametrize("counter", [0, TRIES - 1])
def test_the_work_takes_as_many_tries_as_the_counter_says(counter: int) -> None:
    ticket, proof = solved(OURS, counter=counter)
    assert json.loads(base64.b64decode(proof))["solution"]["counter"] == counter
    assert OURS.redeem(ticket, proof, NOW) == NONCE


def test_the_work_is_what_the_page_expects() -> None:
    """A solver in the page knows this algorithm and no other."""
    told = Tickets([NEW]).script(NONCE, 0, NOW)[1]["parameters"]
    assert (told["algorithm"], told["cost"], told["keyLength"]) == ("PBKDF2/SHA-256", EFFORT, 32)


def test_the_solution_cannot_be_read_from_the_challenge() -> None:
    """Half of the derived key is told, to know it by; the other half must be worked for."""
    _, challenge = OURS.script(NONCE, 5, NOW)
    derived = json.loads(base64.b64decode(solve(challenge)))["solution"]["derivedKey"]
    assert derived.startswith(challenge["parameters"]["keyPrefix"])
    assert len(challenge["parameters"]["keyPrefix"]) == len(derived) // 2
    assert derived[32:] not in json.dumps(challenge)


def test_the_proof_of_another_ticket_is_refused() -> None:
    """One solution, one booking: it cannot be sold on."""
    ticket, _ = solved(OURS)
    _, other_proof = solved(OURS, OTHER_NONCE)
    with pytest.raises(BadProof):
        OURS.redeem(ticket, other_proof, NOW + 60)


def test_a_proof_made_with_another_secret_is_refused() -> None:
    """Anybody can make challenges as easy as they like; ours are signed."""
    ticket, _ = solved(OURS)
    _, easy = solved(STRANGE)
    with pytest.raises(BadProof):
        OURS.redeem(ticket, easy, NOW + 60)


def test_a_wrong_solution_is_refused() -> None:
    ticket, challenge = OURS.script(NONCE, 5, NOW)
    told = json.loads(base64.b64decode(solve(challenge)))["solution"]
    begins = challenge["parameters"]["keyPrefix"]
    wrong: list[dict[str, Any]] = [
        {"counter": 5, "derivedKey": begins + "00" * 16},
        {"counter": 5, "derivedKey": ""},
        {"counter": 5, "derivedKey": None},
        {"counter": 5, "derivedKey": "no hexadecimal"},
        {"counter": 5},
        {},
    ]
    for solution in wrong:
        with pytest.raises(BadProof):
            OURS.redeem(ticket, proof_of(challenge, **solution), NOW + 60)
    assert OURS.redeem(ticket, proof_of(challenge, **told), NOW + 60) == NONCE


@pytest.mark.parametrize(
    "change",
    [
        {"cost": 0},
        {"keyPrefix": ""},
        {"keySignature": ""},
        {"algorithm": "SHA-1"},
        {"data": {}},
        {"data": None},
        {"data": {"ticket": base64.urlsafe_b64encode(OTHER_NONCE).decode()}},
    ],
)
def test_a_challenge_made_easier_is_refused(change: dict[str, Any]) -> None:
    ticket, challenge = OURS.script(NONCE, 5, NOW)
    solution = json.loads(base64.b64decode(solve(challenge)))["solution"]
    easier = challenge | {"parameters": challenge["parameters"] | change}
    with pytest.raises(BadProof):
        OURS.redeem(ticket, proof_of(easier, **solution), NOW + 60)


@pytest.mark.parametrize(
    "proof",
    [
        "x",
        "é",
        "\ud800",
        "AAAA",
        *(
            base64.b64encode(text.encode()).decode()
            for text in (
                "null",
                "[]",
                "{}",
                "7",
                '{"challenge": null, "solution": null}',
                '{"challenge": {}, "solution": {}}',
                '{"challenge": {"parameters": 7, "signature": 7}, "solution": 7}',
                '{"challenge": {"parameters": {}, "signature": "00"}, "solution": {}}',
                "[" * 3000,
            )
        ),
    ],
)
def test_what_is_no_proof_is_refused(proof: str) -> None:
    """As a bad proof, whatever it is: never as a fault of ours."""
    ticket, _ = solved(OURS)
    with pytest.raises(BadProof):
        OURS.redeem(ticket, proof, NOW + 60)


# --- How a booking is found again -----------------------------------------------------------------


def handle(tickets: Tickets, nonce: bytes = NONCE) -> Handle:
    [one] = tickets.handles(nonce)
    return one


def test_the_same_nonce_has_the_same_handle() -> None:
    """So a repeated request finds the booking it made, in whichever process."""
    assert Tickets([NEW]).handles(NONCE) == Tickets([NEW]).handles(NONCE)


def test_another_nonce_has_another_handle() -> None:
    """The handles of two nonces share neither id nor code."""
    one, other = handle(OURS), handle(OURS, OTHER_NONCE)
    assert one.id != other.id
    assert one.code != other.code


def test_a_manage_link_and_a_code_lead_to_one_booking() -> None:
    booking = handle(OURS)
    assert OURS.find(OURS.manage(booking.id)) == [booking.id] == OURS.find(booking.code)


def test_a_manage_link_has_no_age() -> None:
    """It is signed without an hour; so it can be made again, and be the same."""
    assert OURS.manage(NONCE) == OURS.manage(NONCE)


def test_a_manage_link_made_with_another_secret_is_refused() -> None:
    with pytest.raises(BadTicket):
        OURS.find(STRANGE.manage(NONCE))


def test_a_manage_link_cannot_be_changed_into_another() -> None:
    """Two links do not make a third: the name of one under the signature of the other."""
    name, _, _ = OURS.manage(NONCE).rpartition(".")
    _, _, signature = OURS.manage(OTHER_NONCE).rpartition(".")
    with pytest.raises(BadTicket):
        OURS.find(f"{name}.{signature}")


def test_a_code_is_three_groups_of_four_signs() -> None:
    assert [len(group) for group in handle(OURS).code.split("-")] == [4, 4, 4]


def test_a_code_has_sixty_bits_that_do_not_depend_on_each_other() -> None:
    """Twelve signs of 32 are a billion billion codes; none is left out by the way they are made.

    In 2,000 codes each two bits are seen in all four ways; chance alone would spare one of
    them once in 10 to the 246.
    """
    signs = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    codes = [handle(OURS, n.to_bytes(16)).code.replace("-", "") for n in range(2000)]
    numbers = [sum(signs.index(sign) << 5 * at for at, sign in enumerate(code)) for code in codes]
    every = (1 << len(numbers)) - 1
    seen = [sum((number >> bit & 1) << n for n, number in enumerate(numbers)) for bit in range(60)]
    for one, other in combinations(seen, 2):
        assert all((one & other, one & ~other & every, ~one & other, ~(one | other) & every))


def test_an_id_has_128_bits() -> None:
    assert len(handle(OURS).id) == 16


def test_without_the_secret_an_id_says_nothing_of_its_code() -> None:
    """One code, two secrets: two ids. So who has the store must have the secret too."""
    code = handle(OURS).code
    assert OURS.find(code) != STRANGE.find(code)
    plain = [code.encode(), code.replace("-", "").encode()]
    hashed = [hashlib.new(name, text).digest() for name in ("sha1", "sha256") for text in plain]
    assert handle(OURS).id not in {digest[:16] for digest in hashed}


def test_without_the_secret_a_nonce_says_nothing_of_its_handle() -> None:
    """The page knows its nonce from the ticket; the handle comes with the booking alone."""
    assert handle(OURS).code != handle(STRANGE).code
    assert handle(OURS).id != handle(STRANGE).id
    assert NONCE not in handle(OURS).id


# --- A code, typed by a person --------------------------------------------------------------------

TYPED = "0123-4567-89AB"


@pytest.mark.parametrize(
    "text",
    [
        "0123-4567-89AB",
        "0123-4567-89ab",
        "012345678 9ab",
        " 0123 4567 89AB ",
        "0123\N{NO-BREAK SPACE}4567\N{NO-BREAK SPACE}89AB",
        "0123\N{EN DASH}4567\N{HYPHEN}89AB",
        "O123-4567-89AB",
        "o123-4567-89AB",
        "OI23-4567-89AB",
        "0i23-4567-89AB",
        "0L23-4567-89AB",
        "0l23-4567-89ab",
        "0-1-2-3-4-5-6-7-8-9-A-B",
    ],
)
def test_a_code_is_read_as_people_type_it(text: str) -> None:
    assert tidy_code(text) == TYPED
    assert OURS.find(text) == OURS.find(TYPED)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0123-4567-89A",
        "0123-4567-89ABC",
        "0123-4567-89AU",  # no code has a U
        "0123-4567-89A!",
        "0123-4567-89A.",
        "0123/4567/89AB",
        "0123_4567_89AB",
        "0123-4567-89AÉ",
        "0123-4567-89A٣",
        "0123-4567-89A３",
        "0123-4567-89A\0",
        "%30123-4567-89AB",
        "0123-4567-89AB 0123-4567-89AB",
    ],
)
def test_anything_else_is_no_code(text: str) -> None:
    with pytest.raises(BadTicket):
        tidy_code(text)


@often
@given(st.binary(min_size=16, max_size=16))
def test_every_code_of_ours_is_read_in_small_letters_without_hyphens(nonce: bytes) -> None:
    code = handle(OURS, nonce).code
    assert tidy_code(code) == tidy_code(code.lower().replace("-", "")) == code


# --- A new secret ---------------------------------------------------------------------------------


def test_tickets_of_the_old_secret_are_still_redeemed() -> None:
    ticket, proof = solved(BEFORE)
    assert ROTATED.redeem(BEFORE.form(NONCE, NOW), "", NOW + 60) == NONCE
    assert ROTATED.redeem(ticket, proof, NOW + 60) == NONCE


def test_manage_links_and_codes_of_the_old_secret_still_lead_to_their_booking() -> None:
    """They hang on a refrigerator for months; a new secret must not cost anyone a visit."""
    booking = handle(BEFORE)
    assert ROTATED.find(BEFORE.manage(booking.id)) == [booking.id]
    assert booking.id in ROTATED.find(booking.code)


def test_a_request_repeated_after_the_rotation_finds_its_booking() -> None:
    assert ROTATED.handles(NONCE) == [handle(OURS), handle(BEFORE)]


def test_what_is_signed_now_is_signed_with_the_newest_secret() -> None:
    """So the old one can go once its tickets are used up."""
    assert OURS.redeem(ROTATED.form(NONCE, NOW), "", NOW + 60) == NONCE
    assert OURS.redeem(*solved(ROTATED), NOW + 60) == NONCE
    assert OURS.find(ROTATED.manage(NONCE)) == [NONCE]


def test_a_secret_that_is_gone_opens_nothing() -> None:
    with pytest.raises(BadTicket):
        OURS.redeem(BEFORE.form(NONCE, NOW), "", NOW + 60)
    with pytest.raises(BadTicket):
        OURS.find(BEFORE.manage(NONCE))
    assert handle(BEFORE).id not in OURS.find(handle(BEFORE).code)
