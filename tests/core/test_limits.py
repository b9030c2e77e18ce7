"""What is too much: for one network, for one day, for one hour; and that nobody is remembered."""

import pickle
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from ipaddress import ip_address
from itertools import count

import pytest

from booking_endpoint.limits import (
    DEAREST,
    DEAREST_NETWORK,
    MOST_NETWORKS,
    MOST_TICKETS,
    NOBODY,
    Limits,
    TooMany,
)
from tests.core.cast import DEMO

NOON = 1_800_014_400
"""12:00 UTC on 15 January 2027."""

MINUTE, HOUR, DAY = 60, 3600, 86400
ADA, NEIGHBOUR, STRANGER = "192.0.2.7", "192.0.2.200", "198.51.100.7"


class Salts:
    """Numbers that only look like chance, so that a test that fails, fails again."""

    def __init__(self) -> None:
        self.drawn: Iterator[int] = count(1)

    def __call__(self, size: int) -> bytes:
        return next(self.drawn).to_bytes(2, "big") * (size // 2)


def limits(**rules: int) -> Limits:
    return Limits(replace(DEMO.rules, **rules), Salts())  # type: ignore[arg-type]


def refused(ask: Limits, network: bytes, now: int = NOON) -> TooMany:
    with pytest.raises(TooMany) as error:
        ask.claim(network, now)
    return error.value


def ask_often(of: Limits, address: str, times: int, now: int = NOON) -> list[int]:
    return [of.ask_ticket(of.network(address, now), now) for _ in range(times)]


# --- Who is the same ------------------------------------------------------------------------------

TOGETHER = [
    ("192.0.2.7", "192.0.2.200", True),
    ("192.0.2.7", "192.0.3.7", False),
    ("2001:db8:1:200::1", "2001:db8:1:2ff:aaaa::9", True),  # one /56, as one household has it
    ("2001:db8:1:200::1", "2001:db8:1:300::1", False),
    ("::ffff:192.0.2.7", "192.0.2.8", True),  # one machine, seen through two kinds of socket
    ("::ffff:192.0.2.7", "::ffff:192.0.3.7", False),
    ("fe80::1%eth0", "fe80::2", True),
]


@pytest.mark.parametrize(("one", "other", "together"), TOGETHER)
def test_a_network_counts_as_one_caller(one: str, other: str, *, together: bool) -> None:
    """A /24 or a /56: an address alone costs an attacker nothing."""
    of = limits()
    assert (of.network(one, NOON) == of.network(other, NOON)) is together


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "::1",
        "::ffff:127.0.0.1",
        "",
        "unknown",
        "192.0.2.7:80",
        "testclient",
    ],
)
def test_who_cannot_be_told_counts_for_nobody(address: str) -> None:
    """Else all patients behind a proxy that names nobody would be one network."""
    of = limits(network_bookings_a_day=1)
    assert of.network(address, NOON) == NOBODY
    for _ in range(5):
        of.claim(NOBODY, NOON)
    assert [of.ask_ticket(NOBODY, NOON) for _ in range(MOST_TICKETS + 5)]


# --- Bookings of a day ----------------------------------------------------------------------------


def test_a_network_may_book_so_often_a_day_and_another_still_may() -> None:
    of = limits(network_bookings_a_day=2)
    ada, neighbour, stranger = (of.network(one, NOON) for one in (ADA, NEIGHBOUR, STRANGER))
    of.claim(ada, NOON)
    of.claim(neighbour, NOON)
    assert not refused(of, ada).everybody
    of.claim(stranger, NOON)


def test_a_day_holds_so_many_bookings_whoever_makes_them() -> None:
    of = limits(bookings_a_day=3)
    for number in range(3):
        of.claim(of.network(f"10.0.{number}.1", NOON), NOON)
    for network in (of.network("10.0.9.1", NOON), NOBODY):
        assert refused(of, network).everybody


def test_forty_networks_leave_room_for_a_patient_who_has_one() -> None:
    """Each takes all it is given, again and again; a hundred would fill the day."""
    ask, granted = limits(bookings_a_day=100, network_bookings_a_day=10), 0
    flood = [ask.network(f"203.0.{network}.1", NOON) for network in range(40)]
    for network in flood * 10:
        with suppress(TooMany):
            ask.claim(network, NOON)
            granted += 1
    assert granted <= 85
    ask.claim(ask.network(STRANGER, NOON), NOON)


@pytest.mark.parametrize(("later", "retry"), [(0, 12 * HOUR), (12 * HOUR - 1, 1)])
def test_who_is_refused_may_come_again_after_midnight(later: int, retry: int) -> None:
    """In UTC, as the salt and the counts turn."""
    of = limits(bookings_a_day=1)
    of.claim(NOBODY, NOON)
    assert refused(of, NOBODY, NOON + later).retry == retry
    of.claim(NOBODY, NOON + later + retry)


def test_a_booking_given_back_does_not_count() -> None:
    of = limits(bookings_a_day=1, network_bookings_a_day=1)
    ada = of.network(ADA, NOON)
    for _ in range(3):
        of.claim(ada, NOON)
        of.give_back(ada, NOON)
    of.claim(ada, NOON)
    refused(of, ada)


def test_what_is_refused_does_not_count() -> None:
    of = limits(bookings_a_day=2, network_bookings_a_day=1)
    ada = of.network(ADA, NOON)
    of.claim(ada, NOON)
    for _ in range(5):
        refused(of, ada)
    of.claim(NOBODY, NOON)


def test_what_yesterday_claimed_is_not_given_back_to_today() -> None:
    """A booking claimed a second before midnight, and refused a second after it."""
    of, midnight = limits(bookings_a_day=1), NOON + 12 * HOUR
    yesterday = of.network(ADA, midnight - 1)
    of.claim(yesterday, midnight - 1)
    of.claim(of.network(STRANGER, midnight), midnight)
    of.give_back(yesterday, midnight - 1)
    refused(of, NOBODY, midnight)


# --- The salt -------------------------------------------------------------------------------------


def test_a_network_is_another_number_tomorrow_and_in_another_process() -> None:
    of = Limits(DEMO.rules, chance := Salts())
    today = of.network(ADA, NOON)
    assert today == of.network(ADA, NOON + 12 * HOUR - 1)
    assert today != of.network(ADA, NOON + 12 * HOUR)
    assert today != Limits(DEMO.rules, chance).network(ADA, NOON)


def test_a_new_day_begins_with_no_count_and_no_network() -> None:
    of = limits(network_bookings_a_day=1)
    of.claim(of.network(ADA, NOON), NOON)
    ask_often(of, ADA, MOST_TICKETS // 2)
    tomorrow = NOON + DAY
    of.claim(of.network(ADA, tomorrow), tomorrow)
    assert ask_often(of, ADA, 1, tomorrow) == [1]


def test_the_salt_of_yesterday_is_nowhere_in_memory() -> None:
    of = limits()
    of.network(ADA, NOON)
    salt = of._salt
    assert salt in pickle.dumps(of)
    of.network(ADA, NOON + DAY)
    assert salt not in pickle.dumps(of)


def test_the_networks_of_yesterday_are_nowhere_in_memory() -> None:
    of = limits()
    yesterday = of.network(ADA, NOON)
    of.claim(yesterday, NOON)
    of.ask_ticket(yesterday, NOON)
    assert pickle.dumps(of).count(yesterday) == 1  # once, and referred to the second time
    of.network(STRANGER, NOON + DAY)
    assert yesterday not in pickle.dumps(of)


def test_a_clock_set_back_starts_a_day_of_its_own_and_lets_patients_book() -> None:
    of = limits(bookings_a_day=1)
    of.claim(NOBODY, NOON)
    of.claim(NOBODY, NOON - DAY)
    assert refused(of, NOBODY, NOON - DAY).retry == 12 * HOUR
    of.claim(NOBODY, NOON)


def test_a_clock_set_back_neither_heats_nor_cools() -> None:
    of = limits(approval_above=2)
    of.booked(NOON)
    of.booked(NOON)
    assert of.under_attack(NOON - 5 * HOUR)
    of.booked(NOON - 5 * HOUR)
    assert of.under_attack(NOON - 5 * HOUR)
    assert not of.under_attack(NOON - 4 * HOUR + MINUTE)


# --- No address is kept ---------------------------------------------------------------------------

ADDRESSES = ["203.0.113.77", "2001:db8:abcd:12fe:1122:3344:5566:7788", "::ffff:203.0.113.78"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_memory_holds_no_address(address: str) -> None:
    """Neither as text nor in bytes, nor its network, in whatever the object holds."""
    of = limits()
    network = of.network(address, NOON)
    of.ask_ticket(network, NOON)
    of.claim(network, NOON)
    of.booked(NOON)
    known = ip_address(address)
    known = getattr(known, "ipv4_mapped", None) or known
    size = 3 if known.version == 4 else 7
    shown = repr(vars(of)).encode()
    for trace in (address.encode(), str(known).encode(), known.packed, known.packed[:size]):
        assert trace not in pickle.dumps(of)
        assert trace not in shown
        assert repr(trace)[2:-1].encode() not in shown


def test_a_network_is_remembered_for_a_claim_and_not_for_one_given_back() -> None:
    of = limits()
    ada, stranger = of.network(ADA, NOON), of.network(STRANGER, NOON)
    of.claim(ada, NOON)
    of.claim(stranger, NOON)
    of.give_back(stranger, NOON)
    assert ada in pickle.dumps(of)
    assert stranger not in pickle.dumps(of)


def test_only_so_many_networks_are_remembered_the_latest_ones() -> None:
    of = limits()
    networks = [number.to_bytes(16, "big") for number in range(MOST_NETWORKS + 10)]
    for number, network in enumerate(networks):
        of.ask_ticket(network, NOON + number * MINUTE // 100)
    assert len(of._tickets) == MOST_NETWORKS
    assert [network in of._tickets for network in (networks[9], networks[10], networks[-1])] == [
        *(False, True, True),
    ]


def test_who_asked_just_now_is_not_the_first_to_be_forgotten() -> None:
    of = limits()
    ask_often(of, ADA, 20)
    for number in range(MOST_NETWORKS - 1):
        of.ask_ticket(number.to_bytes(16, "big"), NOON)
    ask_often(of, ADA, 1)
    of.ask_ticket(b"one more", NOON)
    assert of.network(ADA, NOON) in of._tickets


# --- What a ticket costs --------------------------------------------------------------------------


def test_a_patient_pays_the_usual_price() -> None:
    """Six tickets in ten minutes: some visits looked at, some forms begun again."""
    assert ask_often(limits(), ADA, 6) == [1] * 6


def test_the_proof_gets_dearer_for_a_network_that_asks_on() -> None:
    """Twice as dear for each doubling, up to the dearest."""
    paid = ask_often(limits(), ADA, MOST_TICKETS)
    assert [paid[asked] for asked in (5, 6, 11, 12, 23, 24)] == [1, 2, 2, 4, 4, 8]
    assert paid == sorted(paid)
    assert max(paid) <= DEAREST_NETWORK


def test_the_proof_gets_cheaper_again() -> None:
    of = limits()
    ask_often(of, ADA, 30)
    later = [ask_often(of, ADA, 1, NOON + minutes * MINUTE)[0] for minutes in (0, 10, 20, 40)]
    assert later == [8, 4, 2, 1]


def test_a_network_gets_only_so_many_tickets_until_it_calms() -> None:
    of = limits()
    ask_often(of, ADA, MOST_TICKETS)
    with pytest.raises(TooMany) as error:
        ask_often(of, NEIGHBOUR, 1)
    assert (error.value.retry, error.value.everybody) == (MINUTE, False)
    ask_often(of, STRANGER, 1)
    ask_often(of, ADA, 1, NOON + MINUTE)


def test_many_networks_make_the_proof_dearer_for_all() -> None:
    """Whoever asks from a thousand networks pays too; a patient not more than eight times."""
    of = limits()
    for number in range(2000):
        of.ask_ticket(number.to_bytes(16, "big"), NOON)
    assert ask_often(of, ADA, 1) == [of.ask_ticket(NOBODY, NOON)] == [DEAREST]


def test_one_network_alone_cannot_make_it_dear_for_others() -> None:
    """What it is refused does not count: its hundred tickets double the price, and no more."""
    of = limits()
    ask_often(of, ADA, MOST_TICKETS)
    for _ in range(2000):
        with pytest.raises(TooMany):
            ask_often(of, ADA, 1)
    assert ask_often(of, STRANGER, 1) == [2]


# --- Under attack ---------------------------------------------------------------------------------


def test_many_new_bookings_make_the_next_ones_wait_for_the_desk_until_it_calms() -> None:
    of = limits(approval_above=30)
    for number in range(30):
        assert not of.under_attack(NOON)
        of.booked(NOON)
        assert number < 29 or of.under_attack(NOON)
    assert not of.under_attack(NOON + MINUTE)  # nobody books for a minute: below thirty
    of.booked(NOON + MINUTE)
    assert of.under_attack(NOON + MINUTE)
    assert not of.under_attack(NOON + HOUR)


def test_bookings_spread_over_a_day_are_no_attack() -> None:
    of = limits(approval_above=30)
    for hour in range(24):
        for _ in range(15):
            of.booked(NOON + hour * HOUR)
        assert not of.under_attack(NOON + hour * HOUR)


def test_a_booking_given_back_heats_nothing() -> None:
    of = limits(approval_above=1)
    of.claim(NOBODY, NOON)
    of.give_back(NOBODY, NOON)
    assert not of.under_attack(NOON)
