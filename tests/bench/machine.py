"""What the figures were measured on: the machine, its disk, and what a process weighs."""

import os
import platform
import shutil
import sqlite3
import subprocess
import time
from pathlib import Path
from statistics import median

SLOWER = 5_000
"""Microseconds by which the slow disk's syncs are longer."""

TICKS = os.sysconf("SC_CLK_TCK")


def described(folder: Path) -> str:
    """One line about this machine; the disk is the one that holds the folder."""
    return (
        f"{os.cpu_count()} cores, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, {platform.system()} {platform.release()}, "
        f"a sync of this disk takes {sync_milliseconds(folder):.2f} ms"
    )


def sync_milliseconds(folder: Path) -> float:
    """What it takes to bring 4 kB to the disk, as SQLite does it."""
    with (folder / "sync").open("wb", buffering=0) as file:
        times = []
        for _ in range(50):
            file.write(os.urandom(4096))
            started = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(1000 * (time.perf_counter() - started))
    return median(times)


def slow_disk(folder: Path) -> dict[str, str] | None:
    """The environment in which syncs are slower; None where no C compiler is at hand."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    source, shim = Path(__file__).with_name("slow_sync.c"), folder / "slow_sync.so"
    if not shim.exists():
        words = ["-O2", "-shared", "-fPIC", "-o", str(shim), str(source), "-ldl"]
        subprocess.run([compiler, *words], check=True)
    return {"LD_PRELOAD": str(shim), "SLOW_SYNC": str(SLOWER)}


def cpu_seconds(pid: int) -> float:
    """What a process has worked so far, its ended children not counted."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def family(pid: int) -> list[int]:
    """A process and all that it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return [pid, *(member for child in children for member in family(int(child)))]


def memory(pid: int) -> tuple[float, float]:
    """RSS and PSS of a process and its children, in MiB; PSS shares out what several use."""
    rss = pss = 0
    for member in family(pid):
        for line in Path(f"/proc/{member}/smaps_rollup").read_text("ascii").splitlines():
            name, _, value = line.partition(":")
            rss += int(value.split()[0]) if name == "Rss" else 0
            pss += int(value.split()[0]) if name == "Pss" else 0
    return rss / 1024, pss / 1024
