"""`python -m tests.bench.attacker PORT ORIGIN SECONDS WORKERS`: floods the endpoint, prints JSON.

Has many addresses, asks tickets, solves, books the times on offer, and never waits when refused.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from itertools import cycle
from typing import Any

from tests.bench import ground
from tests.bench.load import LONGEST, sent
from tests.edge.patient import solved
from tests.keys import new_key

NETWORKS, ADDRESSES = 40, 25
"""So many neighbourhoods, and so many addresses in each: a small botnet."""


class Attacker:
    """One who takes every time there is, as fast as the endpoint lets him."""

    def __init__(self, port: int, origin: str, seconds: float) -> None:
        self.port, self.origin, self.until = port, origin, time.monotonic() + seconds
        self.addresses = cycle(
            f"203.0.{network}.{host}" for host in range(ADDRESSES) for network in range(NETWORKS)
        )
        self.starts = cycle(ground.free_starts(port))
        self.envelope = ground.envelope(new_key())
        self.statuses: Counter[str] = Counter()

    async def run(self, workers: int) -> dict[str, Any]:
        """Work until the time is over; what it gave and what it cost."""
        began = time.process_time()
        await asyncio.gather(*(self._work() for _ in range(workers)))
        cpu = time.process_time() - began
        return {
            "cpu": cpu,
            "asked": self.statuses.total(),
            "booked": self.statuses["booking 201"],
            "refused": sum(many for what, many in self.statuses.items() if what.endswith(" 429")),
            "statuses": dict(self.statuses),
        }

    async def _work(self) -> None:
        while time.monotonic() < self.until:
            address = next(self.addresses)
            told = await self._send("ticket", ground.ticket_request(self.origin, address))
            if told is None:
                continue
            proof = await asyncio.to_thread(solved, told["challenge"])
            ready = {"ticket": told["ticket"], "proof": proof, "envelope": self.envelope}
            request = ground.booking_request(self.origin, next(self.starts), ready, address)
            await self._send("booking", request)

    async def _send(self, what: str, request: bytes) -> dict[str, Any] | None:
        """What is answered, unless it is a refusal; from a new connection each time."""
        [answer] = (await sent(self.port, iter([request]), 1, LONGEST)).answers
        self.statuses[f"{what} {answer.status}"] += 1
        return answer.json if answer.status in (200, 201) else None


def main(port: str, origin: str, seconds: str, workers: str) -> None:
    attacker = Attacker(int(port), origin, float(seconds))
    print(json.dumps(asyncio.run(attacker.run(int(workers)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
