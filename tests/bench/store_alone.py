"""`python -m tests.bench.store_alone KIND PLACE CLIENTS SECONDS`: bookings a second without HTTP.

In a process of its own, so that its syncs can be made slower. Prints JSON.
"""

import asyncio
import json
import os
import sys
import time
from itertools import count
from pathlib import Path
from statistics import quantiles

from booking_endpoint.config import database_at
from booking_endpoint.store import Store
from tests.bench import ground
from tests.bench.one_by_one import OneByOne

FIRST = 2_000_000_000 - 2_000_000_000 % 1800


async def measure(store: Store, clients: int, seconds: float) -> dict[str, float]:
    """So many tasks, each booking one free time after the other."""
    await store.open()
    numbers, envelope, times = count(), os.urandom(9553), list[float]()
    started = time.perf_counter()

    async def client() -> None:
        while (began := time.perf_counter()) < started + seconds:
            assert await ground.book(store, next(numbers), FIRST, envelope)
            times.append(time.perf_counter() - began)

    await asyncio.gather(*(client() for _ in range(clients)))
    took = time.perf_counter() - started
    await store.close()
    return {"rate": len(times) / took, "p99": 1000 * quantiles(times, n=100)[98]}


def main(kind: str, place: str, clients: str, seconds: str) -> None:
    where = database_at({"BOOKING_DATABASE": place})
    store = OneByOne(Path(place)) if kind == "one-by-one" else Store(where)
    print(json.dumps(asyncio.run(measure(store, int(clients), float(seconds)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
