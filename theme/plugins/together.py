"""Work spread over the cores of this machine. Knows processes, and nothing of what they do."""

import logging
import multiprocessing
import os
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import TypeVar

Item = TypeVar("Item")
Done = TypeVar("Done")

WORTH = 16
"""Fewer items than this for each process are not worth starting it."""


def cores() -> int:
    """How many processes to start; one where a process cannot be copied as it is (Windows)."""
    forks = "fork" in multiprocessing.get_all_start_methods() and os.name == "posix"
    return len(os.sched_getaffinity(0)) if forks and hasattr(os, "sched_getaffinity") else 1


def spread(work: Callable[[Item], Done], items: Sequence[Item], processes: int) -> Sequence[Done]:
    """`work` of each item, in order; the processes see what this one has read so far.

    What a process warns of is logged here, and the first exception is raised here.
    """
    many = min(processes, len(items) // WORTH)
    if many < 2:
        return [work(item) for item in items]
    fork = multiprocessing.get_context("fork")
    started = []
    for number in range(1, many):
        mine, theirs = fork.Pipe(duplex=False)
        child = fork.Process(target=answer, args=(theirs, work, items[number::many]))
        child.start()
        theirs.close()
        started.append((number, child, mine))
    done: list[Done | None] = [None] * len(items)
    try:
        done[::many] = [work(item) for item in items[::many]]
        for number, _, pipe in started:
            done[number::many] = hear(pipe)
    finally:
        for _, child, pipe in started:
            pipe.close()
            child.join()
    return done  # type: ignore[return-value]  # each place was filled, or an exception left


class Heard(logging.Handler):
    """Keeps what is warned of in a process, to be said again in the one that started it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[tuple[str, int, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append((record.name, record.levelno, record.getMessage()))


def answer(pipe: Connection, work: Callable[[Item], Done], items: Sequence[Item]) -> None:
    """In the process that was started: the work, and then its results or what stopped it."""
    heard, root = Heard(), logging.getLogger()
    root.handlers = [heard]
    found: list[Done] | Exception
    try:
        found = [work(item) for item in items]
    except Exception as error:
        found = error
    pipe.send((found, heard.records))


def hear(pipe: Connection) -> list[Done]:
    """What a process has found; raises what stopped it."""
    try:
        found, records = pipe.recv()
    except EOFError:
        raise RuntimeError("a process of the build ended before its work was done") from None
    for name, level, message in records:
        logging.getLogger(name).log(level, "%s", message)
    if isinstance(found, Exception):
        raise found
    return found  # type: ignore[no-any-return]  # what `answer` sent
