"""Rows of tables with more cells than the table has columns: Markdown drops them, and an author has to be told."""

from __future__ import annotations

import re
from collections.abc import Callable

from markdown_it.rules_block import StateBlock

from courses.markdown.directives import Flaw, column_of

Rule = Callable[[StateBlock, int, int, bool], bool]
BAR = re.compile(r"(?<!\\)\|")


def whole(table: Rule) -> Rule:
    """The block rule for tables, which adds to `env["flaws"]` the rows whose last cells would vanish."""

    def rule(state: StateBlock, line: int, end: int, silent: bool) -> bool:
        if not table(state, line, end, silent):
            return False
        if not silent:
            source, bars = state.src, state.src.count("|", state.bMarks[line], state.eMarks[line])
            for row in range(line + 2, state.line):
                if source.count("|", state.bMarks[row], state.eMarks[row]) != bars:
                    _count(state, row, _cells(state, line))
        return True

    return rule


def _cells(state: StateBlock, line: int) -> list[int]:
    """The offsets at which the cells of the line begin."""
    start = state.bMarks[line] + state.tShift[line]
    text = state.src[start : state.eMarks[line]].rstrip(" \t")
    begins = [bar.end() for bar in BAR.finditer(text)]
    if not text.startswith("|"):
        begins = [0, *begins]
    return [start + begin for begin in begins if begin < len(text)]


def _count(state: StateBlock, row: int, columns: list[int]) -> None:
    """Tell of the cells of the row that have no column. Empty ones are no loss."""
    cells = _cells(state, row)
    spare = state.src[cells[len(columns)] : state.eMarks[row]] if len(cells) > len(columns) else ""
    if not (lost := spare.strip("| \t")):
        return
    place = column_of(state, cells[len(columns)] + spare.index(lost))
    have = f"{len(columns)} column{'s' * (len(columns) > 1)}"
    message = f"This row has {len(cells)} cells, but the table has {have}: this would not be shown."
    hint = "Give the table a further column, or write `\\|` where a bar belongs to the text."
    state.env["flaws"].append(Flaw(row, place, "table-cells", message, hint))
