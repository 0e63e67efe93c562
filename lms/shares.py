"""Shares as people read them. A share is rounded down, so that no score that failed looks like one that passes, and
100 % means all."""

from __future__ import annotations

from math import floor

from flask_babel import format_percent

LEAST = 1e-9
"""What the last bits of a mean may be wrong by."""


def whole(share: float) -> float:
    """A share (0..1) in whole hundredths, rounded down."""
    return floor(share * 100 + LEAST * 100) / 100


def percent(share: float, style: str | None = None) -> str:
    """A share as a percentage in the reader's language."""
    return str(format_percent(whole(share), style))


def mark(share: float) -> str:
    """A pass mark as a percentage: as its author wrote it, 66.7 % too."""
    return str(format_percent(round(share, 6), "#,##0.##%"))
