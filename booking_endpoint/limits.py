"""What is too much: for one network, for one day, for one hour. In memory, under a dying salt.

No address is kept. A network is a number that only the salt can make, and the salt lives a
day, in the memory of one process; with several processes each counts alone.
"""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from booking_endpoint.instants import DAY, HOUR, MINUTE
from booking_endpoint.timetable import Rules

NOBODY = b""
"""A caller whose network cannot be told: this machine itself, or a proxy that names nobody."""

CALM_NETWORK, CALM = 6, 60
"""Tickets in some ten minutes that cost nothing more: of one network, of all."""

DEAREST_NETWORK, DEAREST = 32, 8
"""How much dearer than usual a proof may become; the second for patients who did nothing."""

MOST_TICKETS = 100
"""Tickets of one network in some ten minutes, above which it gets none."""

MOST_NETWORKS = 20_000
"""Networks remembered at a time."""


class TooMany(Exception):
    """Refused for now: `retry` says in how many seconds to come again."""

    def __init__(self, retry: int, *, everybody: bool = False) -> None:
        super().__init__(retry)
        self.retry, self.everybody = retry, everybody


@dataclass(slots=True)
class Heat:
    """How much was asked for lately: one more for each time, halved every `half` seconds."""

    half: int
    value: float = 0.0
    at: int = 0

    def left(self, now: int) -> float:
        """The heat at an instant; a clock set back does not heat."""
        return float(self.value * 0.5 ** (max(0, now - self.at) / self.half))

    def rise(self, now: int) -> float:
        self.value, self.at = self.left(now) + 1, now
        return self.value


class Limits:
    """Counts, and says when it is enough. `randomness` gives n bytes."""

    def __init__(self, rules: Rules, randomness: Callable[[int], bytes]) -> None:
        self._rules, self._randomness = rules, randomness
        self._salt, self._day = randomness(32), 0
        self._bookings: Counter[bytes] = Counter()
        self._all_bookings = 0
        self._tickets: dict[bytes, Heat] = {}
        self._all_tickets, self._fresh = Heat(10 * MINUTE), Heat(HOUR)

    def network(self, address: str, now: int) -> bytes:
        """The caller's network (/24 or /56) as a number that means nothing tomorrow."""
        self.turn_day(now)
        try:
            known = ip_address(address)
        except ValueError:
            return NOBODY
        known = getattr(known, "ipv4_mapped", None) or known
        if known.is_loopback:
            return NOBODY
        network = ip_network((known, 24 if known.version == 4 else 56), strict=False)
        return hashlib.blake2b(network.network_address.packed, key=self._salt).digest()[:16]

    def ask_ticket(self, network: bytes, now: int) -> int:
        """How many times dearer than usual the proof for this ticket is; raises TooMany."""
        if network == NOBODY:
            return rate(self._all_tickets.rise(now), CALM, DEAREST)
        heat = self._tickets.pop(network, None) or Heat(10 * MINUTE)
        self._tickets[network] = heat  # the newest last
        if len(self._tickets) > MOST_NETWORKS:
            self._tickets.pop(next(iter(self._tickets)))
        if heat.left(now) >= MOST_TICKETS:
            raise TooMany(MINUTE)  # what one network is refused makes nothing dearer for others
        dearer = rate(self._all_tickets.rise(now), CALM, DEAREST)
        return max(dearer, rate(heat.rise(now), CALM_NETWORK, DEAREST_NETWORK))

    def claim(self, network: bytes, now: int) -> None:
        """Count a booking about to be made; raises TooMany when there is no room for it today."""
        self.turn_day(now)
        if self._all_bookings >= self._rules.bookings_a_day:
            raise TooMany(until_midnight(now), everybody=True)
        if network != NOBODY and self._bookings[network] >= self._share():
            raise TooMany(until_midnight(now))
        self._all_bookings += 1
        self._bookings[network] += 1

    def _share(self) -> int:
        """What one network may book today: the fewer, the fuller the day, and one at least.

        So that even somebody with dozens of networks leaves room for a patient who has one.
        """
        most, day = self._rules.network_bookings_a_day, self._rules.bookings_a_day
        return -(-most * (day - self._all_bookings) // day)

    def give_back(self, network: bytes, now: int) -> None:
        """The booking that was claimed at this instant did not come about."""
        if self._day == now // DAY:  # else the count it stood in is gone
            self._all_bookings -= 1
            self._bookings[network] -= 1
            self._bookings += Counter()  # nobody is remembered for nothing

    def booked(self, now: int) -> None:
        """A new booking stands."""
        self._fresh.rise(now)

    def under_attack(self, now: int) -> bool:
        """Whether so much was booked lately that bookings should wait for the desk's yes."""
        return self._fresh.left(now) >= self._rules.approval_above

    def turn_day(self, now: int) -> None:
        """A new day (UTC), a new salt: who came yesterday cannot be told any more."""
        if self._day != now // DAY:
            self._day, self._salt = now // DAY, self._randomness(32)
            self._bookings.clear()
            self._tickets.clear()
            self._all_bookings = 0


def rate(heat: float, calm: int, dearest: int) -> int:
    """Twice as dear for each doubling of what is calm, up to the dearest."""
    dearer = 1
    while dearer < dearest and heat > calm * dearer:
        dearer *= 2
    return dearer


def until_midnight(now: int) -> int:
    return DAY - now % DAY
