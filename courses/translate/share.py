"""How much of a course is translated, as one figure wherever it is asked for."""

from __future__ import annotations

from collections.abc import Iterable


def weight(kind: str, minutes: int = 0, questions: int = 0) -> int:
    """What a file of this kind counts for: a lesson the minutes it takes, a bank its questions, any other one."""
    return {"lesson": minutes, "bank": questions}.get(kind, 1)


def share(files: Iterable[tuple[int, int, int]]) -> float:
    """The share (0..1) that is translated and up to date. Of each file its weight, the words of the source that are
    translated and up to date, and all its words."""
    total = done = 0.0
    for counts, fresh, words in files:
        total += counts
        done += counts * fresh / words if words else 0.0
    return round(done / total, 4) if total else 0.0


def percent(done: float) -> str:
    """The share in words, rounded down: 100% is all."""
    return f"{int(100 * done + 1e-9)}%"
