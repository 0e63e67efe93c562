"""Many files at once: compiled in several processes where that is worth it, in one where it is not.

The units come in the order in which the files were named, so nothing depends on who was done first.
"""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from courses.facts import Shelf, Unit

_WORTH = 150_000
"""Bytes of text for which a further process is started: it takes about as long as reading this many does."""
_CHUNK = 100_000
"""Bytes of text that a process is given at once: enough that handing them out costs little, and not so many that one
process is still at work when the others have nothing left to do."""


class Job(NamedTuple):
    """A file to be compiled: its path from the content folder, its size in bytes, and the shelf (a course's id) that
    it takes from."""

    path: str
    size: int
    shelf: str


class Bench(NamedTuple):
    """What all jobs of a run have in common."""

    content: Path
    shelves: Mapping[str, Shelf]
    draft: bool = False
    advice: bool = False


def compiled(bench: Bench, jobs: list[Job], processes: int) -> Iterator[tuple[Unit, float]]:
    """The unit of each job, and the seconds that it took, in the order of the jobs. `processes`: the most that may be
    used."""
    processes = min(processes, 1 + sum(job.size for job in jobs) // _WORTH)
    with _uncollected():
        if processes == 1 or threading.active_count() > 1:  # a process with threads cannot be copied safely
            yield from (_one(bench, job) for job in jobs)
        else:
            yield from _side_by_side(bench, jobs, processes)


def _side_by_side(bench: Bench, jobs: list[Job], processes: int) -> Iterator[tuple[Unit, float]]:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    import courses.keyed  # noqa: F401 - loaded once, for all the processes

    context = multiprocessing.get_context("fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn")
    with ProcessPoolExecutor(processes, context, _take_bench, (bench,)) as pool:
        for units in pool.map(_chunk, list(_chunks(jobs))):
            yield from units


def _chunks(jobs: list[Job]) -> Iterator[list[Job]]:
    rest = iter(jobs)
    while chunk := list(islice(rest, 1)):
        size = chunk[0].size
        while size < _CHUNK and (more := list(islice(rest, 1))):
            chunk += more
            size += more[0].size
        yield chunk


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let nobody look for circles among the many small things that a text is read into. They are few, and looking for
    them takes a tenth of the time."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


_BENCH: list[Bench] = []


def _take_bench(bench: Bench) -> None:
    """What a process is told when it starts."""
    gc.disable()  # see _uncollected
    _BENCH[:] = [bench]


def _chunk(jobs: list[Job]) -> list[tuple[Unit, float]]:
    return [_one(_BENCH[0], job) for job in jobs]


def _one(bench: Bench, job: Job) -> tuple[Unit, float]:
    from courses.compile import compile_file

    began = time.perf_counter()
    unit = compile_file(bench.content, job.path, bench.shelves[job.shelf], bench.draft, bench.advice)
    return unit, time.perf_counter() - began
