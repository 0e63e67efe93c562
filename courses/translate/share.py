"""How much of a course is translated, as one figure wherever it is asked for."""

from __future__ import annotations

from collections.abc import Iterable


def share(files: Iterable[tuple[int, int]]) -> float:
    """The share (0..1) of the texts that are shown translated and up to date. Of each file how many of its texts are,
    and how many it has."""
    counts = list(files)
    total = sum(texts for _shown, texts in counts)
    return round(sum(shown for shown, _texts in counts) / total, 4) if total else 0.0


def percent(done: float) -> str:
    """The share in words, rounded down: 100% is all."""
    return f"{int(100 * done + 1e-9)}%"
