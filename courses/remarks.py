"""Advice on values of YAML that may not be what their author sees in the file: cut off by a remark, or in quotes that
are letters to YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from courses.problems import Problem
from courses.text import Text

if TYPE_CHECKING:
    from courses.source import Spot

_CUT = re.compile(r"(?<=[^\s#\"'\[\]{}])[ \t]+#(?=[^\s#])(?!allow\b)")
"""A remark without a space behind its mark, behind a text without quotes."""
_FRAMED = re.compile(r"^[ \t]*(?:- +)?(?:title|name|short): +(?P<x>[“„«][^\n“”„«»\"]*[”“»\"])[ \t]*$", re.MULTILINE)
"""A title that stands in printed quotes as a whole."""


def doubtful(source: Text, start: int, end: int, spot: Spot) -> Iterator[Problem]:
    """Advice on the values of the text between the offsets `start` and `end`, which stand at `spot` and in it."""
    for match in _CUT.finditer(source.text, start, end):
        if any(leaf.end == match.start() for leaf in _leaves(spot)):
            message = "YAML takes what begins here for a remark: the text ends before it."
            hint = "Put the text in quotes; a remark has a space behind its `#`."
            yield Problem(source.file, *source.place(match.end() - 1), "advice", "yaml-cut", message, hint)
    for match in _FRAMED.finditer(source.text, start, end):
        if any(leaf.start == match.start("x") for leaf in _leaves(spot)):
            message = "These quotes are printed ones, which belong to the text and will be shown."
            place = source.place(match.start("x"))
            yield Problem(source.file, *place, "advice", "printed-quotes", message, 'Delete them, or type `"`.')


def _leaves(spot: Spot) -> Iterator[Spot]:
    if spot.inner is None:
        yield spot
    for inner in (spot.inner or {}).values():
        yield from _leaves(inner)
