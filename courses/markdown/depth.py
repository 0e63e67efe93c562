"""How deep lists, quotes, boxes and brackets may stand in each other.

markdown-it passes over what stands deeper than its option `maxNesting`, and of a list all of the text behind it too. So
that nothing an author wrote is lost in silence, the mistake is told long before that, and what stands inside is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

from courses.markdown.directives import Flaw, column_of

DEPTH = 20
"""The level that is too deep. A quote, a box or a pair of brackets is one level, a list with its entry two."""
_READ = 3 * DEPTH
"""Levels that are read."""

_BRACKETS = re.compile(r"[\[\]]")
InlineRule = Callable[[StateInline, bool], bool]


def tell_depth(md: MarkdownIt) -> None:
    """Let `md` tell of what stands too deep: of blocks in `env["flaws"]`, of texts in `env["deep"]`, where each of them
    has the offset of the first bracket that does: no more brackets of that text are read as links, since each of many
    thousands would be read anew at each level."""
    md.options["maxNesting"] = _READ
    tokenize = md.block.tokenize

    def measured(state: StateBlock, line: int, end: int) -> None:
        if state.level < DEPTH:
            state.env["told_depth"] = False
        elif not state.env["told_depth"]:  # the entries of one list are told of once
            state.env["told_depth"] = True
            state.env["flaws"].append(_flaw(state, min(state.skipEmptyLines(line), end - 1)))
        tokenize(state, line, end)

    md.block.tokenize = measured  # type: ignore[method-assign,assignment]  # no rule runs at each level
    for name in ("link", "image", "span"):
        rules = md.inline.ruler
        rules.at(name, _measured(rules.__rules__[rules.__find__(name)].fn))


def _flaw(state: StateBlock, line: int) -> Flaw:
    column = column_of(state, state.bMarks[line] + state.tShift[line])
    message = "Lists, quotes or boxes are nested too deep here."
    return Flaw(line, column, "too-deep", message, "Start again at the left margin.")


def _measured(rule: InlineRule) -> InlineRule:
    def measured(state: StateInline, silent: bool) -> bool:
        env, text = state.env, state.src
        if text not in (looked := env.setdefault("looked_through", set())):
            looked.add(text)
            if (offset := _far_too_deep(text)) is not None:
                env.setdefault("deep", {})[text] = offset
        if state.level >= DEPTH:
            env.setdefault("deep", {}).setdefault(text, state.pos)
        return text not in env.get("deep", ()) and rule(state, silent)

    return measured


def _far_too_deep(text: str) -> int | None:
    """The offset of the first bracket that stands too deep, if some stand deeper than is read."""
    if text.count("[") <= _READ:
        return None
    depth, first = 0, None
    for bracket in _BRACKETS.finditer(text):
        if bracket[0] == "]":
            depth = max(0, depth - 1)
            continue
        if depth == DEPTH and first is None:
            first = bracket.start()
        depth += 1
        if depth > _READ:
            return first
    return None
