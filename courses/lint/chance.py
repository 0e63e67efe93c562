"""When a pattern over many items is more than chance."""

from __future__ import annotations

from math import comb

FEWEST = 8
"""Items from which on a pattern is told from chance."""
CHANCE = 0.01
"""How improbable a pattern must be, if nothing but chance were behind it: in one bank of a hundred it is."""


def tail(hits: int, trials: int, share: float) -> float:
    """The probability of at least so many hits in so many trials, each of this probability (binomial distribution)."""
    return sum(comb(trials, n) * share**n * (1 - share) ** (trials - n) for n in range(hits, trials + 1))
