"""`python -m tests.bench`: measure everything in one run, write docs/BENCH.md.

`--only NAME` measures one thing and only prints it. `--folder` says on which disk.
"""

import argparse
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import availability, booking, desk, flood, growth, peers, site, stores
from tests.bench.machine import described
from tests.bench.report import page, section
from tests.serving import ROOT

BENCHES = {
    "availability": availability.run,
    "booking": booking.run,
    "stores": stores.run,
    "growth": growth.run,
    "peers": peers.run,
    "flood": flood.run,
    "site": site.run,
    "desk": desk.run,
}
PAGE = ROOT / "docs" / "BENCH.md"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", choices=BENCHES, help="measure this alone; nothing is written")
    parser.add_argument("--folder", type=Path, help="a folder on the disk to measure")
    asked = parser.parse_args()
    started, results = time.monotonic(), []
    with tempfile.TemporaryDirectory(prefix="souspli-bench-", dir=asked.folder) as name:
        folder = Path(name)
        machine = described(folder)
        print(machine, flush=True)
        for bench in [asked.only] if asked.only else BENCHES:
            print(f"{bench} …", flush=True)
            results.append(BENCHES[bench](folder))
            print("\n".join(section(results[-1])), flush=True)
    if not asked.only:
        took, day = time.monotonic() - started, datetime.now(UTC).date().isoformat()
        PAGE.write_text(page(results, machine, day, "python -m tests.bench", took), "utf-8")
        print(f"{PAGE.relative_to(ROOT)} written after {took:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
