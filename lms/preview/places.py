"""Problems put where they belong: at the block of a lesson that they stand in, or at the question of a bank.

In a draft, the elements of a lesson carry the line of the file that they come from, and so do its checks and boxes by
what they hold. A problem follows the last piece that begins at its line or above. The lines themselves are taken out
again: a paragraph that only moved down is the same paragraph, and a page that is open need not change it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from html.parser import HTMLParser

from courses.facts import Unit
from courses.model import Block
from courses.problems import Problem

Show = Callable[[Problem], str]
"""What makes the HTML of a problem."""
_LINE = re.compile(r' data-line="(\d+)"')
_EMPTY = frozenset({"area", "br", "col", "hr", "img", "input", "wbr"})


class _Cutter(HTMLParser):
    """Finds where the elements at the top of a piece of HTML begin, and at which line of the file."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.cuts: list[tuple[int, int]] = []
        self._depth = 0
        self._starts = [0, *(match.end() for match in re.finditer("\n", html))]
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        line = dict(attrs).get("data-line")
        if self._depth == 0 and line:
            row, column = self.getpos()
            self.cuts.append((self._starts[row - 1] + column, int(line)))
        self._depth += tag not in _EMPTY

    def handle_endtag(self, tag: str) -> None:
        self._depth -= tag not in _EMPTY


def _pieces(html: str) -> list[tuple[int, str]]:
    """The elements at the top of the HTML, each with its line (0 where it has none)."""
    cuts = _Cutter(html).cuts
    if not cuts:
        return [(0, html)]
    starts = [0, *(start for start, _line in cuts[1:])]
    ends = [*starts[1:], len(html)]
    return [(line, html[start:end]) for (_, line), start, end in zip(cuts, starts, ends, strict=True)]


class _Placer:
    """Walks a lesson's blocks once, in the order of the file, and lays the problems between them."""

    def __init__(self, unit: Unit, problems: Sequence[Problem], show: Show) -> None:
        self._waiting = sorted(problems, key=lambda problem: (problem.line, problem.column))
        self._show = show
        self._checks = {fact.name: fact.line for fact in reversed(unit.uses) if fact.kind == "question"}

    def _start(self, block: Block) -> int:
        """The line that a block begins at; of a box, the one above what it holds. 0 where nothing tells."""
        if block.kind == "check":
            return self._checks.get(block.question, 0)
        if found := _LINE.search(block.html):
            return int(found[1])
        inner = next((line for one in block.blocks if (line := self._start(one))), 0)
        return max(inner - 1, 0)

    def _before(self, line: int) -> Iterator[Block]:
        """The problems that stand above the line."""
        while self._waiting and self._waiting[0].line < line:
            yield Block(kind="html", html=self._show(self._waiting.pop(0)))

    def placed(self, blocks: Sequence[Block], until: int) -> Iterator[Block]:
        """The blocks with the problems between them, and after them those that stand above the line `until`."""
        for place, block in enumerate(blocks):
            after = next((line for one in blocks[place + 1 :] if (line := self._start(one))), until)
            if block.kind == "html":
                for line, html in _pieces(block.html):
                    yield from self._before(line)
                    yield Block(kind="html", html=_LINE.sub("", html))
            elif block.kind == "check":
                yield from self._before(self._start(block))
                yield block
            elif block.kind == "countries":
                yield from self._before(self._start(block))
                yield block.model_copy(update={"blocks": tuple(self._countries(block.blocks, after))})
            else:
                yield from self._before(self._start(block))
                yield block.model_copy(update={"blocks": tuple(self.placed(block.blocks, after))})
        yield from self._before(until)

    def _countries(self, blocks: Sequence[Block], until: int) -> Iterator[Block]:
        """The countries of a group, between which there is no room: a problem stands within one of them."""
        for place, block in enumerate(blocks):
            after = next((line for one in blocks[place + 1 :] if (line := self._start(one))), until)
            yield block.model_copy(update={"blocks": tuple(self.placed(block.blocks, after))})


def in_lesson(blocks: Sequence[Block], unit: Unit, problems: Sequence[Problem], show: Show) -> tuple[Block, ...]:
    """The lesson's blocks with each of the problems after the piece that it stands in."""
    return tuple(_Placer(unit, problems, show).placed(blocks, sys.maxsize))


def by_question(unit: Unit, problems: Sequence[Problem]) -> dict[str, list[Problem]]:
    """The problems of a bank by the id of the question that they stand in; "" for those above the first."""
    starts = [(fact.line, fact.name) for fact in unit.defines if fact.kind == "question"]
    found: dict[str, list[Problem]] = {}
    for problem in problems:
        above = [name for line, name in starts if line <= problem.line]
        found.setdefault(above[-1] if above else "", []).append(problem)
    return found
