"""Where the characters of Markdown's tokens stand in the file."""

from __future__ import annotations

import re
from bisect import bisect_right

from markdown_it.token import Token

from courses.facts import Place
from courses.text import Text


class Places:
    """Where the characters of inline tokens stand. Markdown drops what indents and quotes a line, so each line of a
    token's content is looked for in its line of the file, once for all that stands in it."""

    def __init__(self, source: Text, first: int) -> None:
        """Of the tokens of a text that begins in the line `first` of the file."""
        self._source = source
        self._first = first
        self._token: Token | None = None
        self._starts: list[int] = []
        self._columns: dict[int, int] = {}
        self._found = (0, 0, 0)

    def __call__(self, token: Token, offset: int) -> Place:
        """The place of the character at the offset of the token's content."""
        top = self._first + (token.map[0] if token.map else 0)
        if token.type not in ("inline", "math_block"):
            text = self._line(top)
            return Place(top, len(text) - len(text.lstrip()) + 1)
        if token is not self._token:
            self._token, self._columns, self._found = token, {}, (0, 0, 0)
            self._starts = [0, *(match.end() for match in re.finditer("\n", token.content))]
        number = bisect_right(self._starts, offset) - 1
        begin = self._starts[number]
        if number not in self._columns:
            end = self._starts[number + 1] - 1 if number + 1 < len(self._starts) else None
            self._columns[number] = self._line(top + number).find(token.content[begin:end])
        if (column := self._columns[number]) >= 0:
            return Place(top + number, column + offset - begin + 1)
        return Place(top + number, self._searched(token, number, offset, self._line(top + number)) + 1)

    def _searched(self, token: Token, number: int, offset: int, text: str) -> int:
        """The column, from 0, of what stands in a table cell with an escaped bar: the words at the offset are looked
        for behind those that were looked for before."""
        line, earlier, begin = self._found
        if line != number or offset < earlier:
            begin = 0
        word = token.content[offset : offset + 12].partition("\n")[0]
        column = max(text.find(word, begin), 0) if word else len(text) - len(text.lstrip())
        self._found = (number, offset, column)
        return column

    def _line(self, number: int) -> str:
        source = self._source
        return source.text[source.line_start(number) : source.line_start(number + 1)]
