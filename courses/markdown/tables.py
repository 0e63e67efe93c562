"""Tables: rows with more cells than the table has columns, which Markdown drops; cells that name their column.

On a narrow screen a table of three columns or more is shown row by row, each cell below the name of its column.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from courses.markdown.directives import Flaw, column_of

Rule = Callable[[StateBlock, int, int, bool], bool]
_GAPS = re.compile(r"\[\[[^\[\]]*\]\]")
"""A gap to be filled: a field would have no room in the name of a column."""
BAR = re.compile(r"(?<!\\)\|")
STACKED_FROM = 3
"""Columns from which on a table is shown row by row on a narrow screen."""


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
    """Tell of the cells of the row that have no column, of which empty ones are no loss, and of columns that have no
    cell: the row has slipped, or is a line of text that no empty line keeps from the table."""
    cells = _cells(state, row)
    if len(cells) < len(columns):
        message = f"This row has {len(cells)} cell{'s' * (len(cells) != 1)}, but the table has {len(columns)} columns."
        hint = "Write a bar for each cell, an empty one too: `| |`; leave a line empty before text below a table."
        start = state.bMarks[row] + state.tShift[row]
        state.env["flaws"].append(Flaw(row, column_of(state, start), "table-cells", message, hint))
        return
    spare = state.src[cells[len(columns)] : state.eMarks[row]] if len(cells) > len(columns) else ""
    if not (lost := spare.strip("| \t")):
        return
    place = column_of(state, cells[len(columns)] + spare.index(lost))
    have = f"{len(columns)} column{'s' * (len(columns) > 1)}"
    message = f"This row has {len(cells)} cells, but the table has {have}: this would not be shown."
    hint = "Give the table a further column, or write `\\|` where a bar belongs to the text."
    state.env["flaws"].append(Flaw(row, place, "table-cells", message, hint))


def name_columns(tokens: Sequence[Token]) -> None:
    """Give each cell of a wide table its column's name as `data-label`, and the table the class `stacked`.

    `tokens` are those of a whole text, already read. The first column has no label: its cell is the title of the row.
    """
    for index, token in enumerate(tokens):
        if token.type == "table_open":
            end = next(at for at in range(index, len(tokens)) if tokens[at].type == "table_close")
            _name_cells(tokens[index:end])


def _name_cells(table: Sequence[Token]) -> None:
    names = [_words(table[at + 1]) for at, token in enumerate(table) if token.type == "th_open"]
    if len(names) < STACKED_FROM:
        return
    table[0].attrs["class"] = "stacked"
    cells = (token for token in table if token.type == "td_open")
    for number, cell in enumerate(cells):
        if name := names[number % len(names)] if number % len(names) else "":
            cell.attrs["data-label"] = name


def _words(inline: Token) -> str:
    shown = ("text", "code_inline", "math_inline")
    words = "".join(child.content for child in inline.children or () if child.type in shown)
    return _GAPS.sub("…", words).strip()
