"""markdown-it-py in less time: the same tokens, the same HTML.

Nothing of Markdown is decided here. Most lines of a lesson are plain text, and what can't match is not tried: a block
rule whose first character is another, an inline rule in a text without any of the characters that begin one, a table
or an underlined heading where no line below can make it one. A test holds the results against those of the plain
parser.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any, cast

from markdown_it import MarkdownIt
from markdown_it.common.normalize_url import normalizeLink
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.ruler import Ruler
from markdown_it.rules_block import StateBlock, table
from markdown_it.rules_core import StateCore, text_join
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from courses.markdown.spans import ADDRESS, is_plain, spans

BlockRule = Callable[[StateBlock, int, int, bool], bool]
_STARTS = {
    "fence": "`~",
    "directive": ":",
    "blockquote": ">",
    "hr": "*-_",
    "list": "*+-0123456789",
    "reference": "[",
    "html_block": "<",
    "heading": "#",
}
"""The characters that can begin what a block rule matches. Rules that are not named here are always tried."""
_UNDERLINES = "|-:"
"""The characters that can begin the line below the names of a table's columns."""
_INLINE = re.compile(r"[\n\\`*_\[\]<&!]")
"""What can begin, or end, anything but text."""
_AS_IT_IS = re.compile(ADDRESS)


def quicken(md: MarkdownIt) -> MarkdownIt:
    """The same parser, which must have all its rules by now, made quick. Its renderer should be a `QuickRenderer`."""
    md.block.ruler = _ByStart(md.block.ruler)
    md.core.ruler.at("inline", _inline)
    md.core.ruler.at("text_join", _text_join)
    md.inline.terminator_re = _INLINE
    md.normalizeLink = _normalized  # type: ignore[method-assign]  # how markdown-it is told
    return md


class _ByStart(Ruler[BlockRule]):
    """Chains of block rules, each as one rule that tries those that the first character of the line may begin."""

    def __init__(self, plain: Ruler[BlockRule]) -> None:
        super().__init__()
        self._plain = plain
        self._names = dict(zip(plain.getRules(""), plain.get_active_rules(), strict=True))
        self._chains: dict[str, list[BlockRule]] = {}

    def getRules(self, chainName: str = "") -> list[BlockRule]:  # noqa: N802, N803 - markdown-it's names
        """The chain."""
        if chainName not in self._chains:
            self._chains[chainName] = [_by_start(self._plain.getRules(chainName), self._names)]
        return self._chains[chainName]

    def get_active_rules(self) -> list[str]:
        """The names of all rules."""
        return self._plain.get_active_rules()


def _by_start(rules: list[BlockRule], names: dict[BlockRule, str]) -> BlockRule:
    tables = {start: _beginning(start, rules, names) for start in {*"".join(_STARTS.values()), ""}}
    texts = {start: [rule for rule in found if names[rule] != "table"] for start, found in tables.items()}
    lines = {start: [rule for rule in found if names[rule] != "lheading"] for start, found in texts.items()}

    def rule(state: StateBlock, line: int, end: int, silent: bool) -> bool:
        begins, shifts, text = state.bMarks, state.tShift, state.src
        if state.sCount[line] - state.blkIndent >= 4:
            fitting = rules
        else:
            below = line + 1
            under = begins[below] + shifts[below]
            if below >= end or under >= state.eMarks[below]:
                table = lines
            else:
                table = tables if text[under] in _UNDERLINES else texts
            begin = begins[line] + shifts[line]
            fitting = table.get(text[begin : begin + 1]) or table[""]
        for each in fitting:  # noqa: SIM110 - a generator for any() takes longer than most rules do
            if each(state, line, end, silent):
                return True
        return False

    return rule


def _beginning(start: str, rules: list[BlockRule], names: dict[BlockRule, str]) -> list[BlockRule]:
    """The rules that this character may begin; "" stands for any that begins none in particular. Code is what is
    indented further than any of these lines."""
    return [
        rule
        for rule in rules
        if names[rule] != "code" and (names[rule] not in _STARTS or (start and start in _STARTS[names[rule]]))
    ]


def _cells(row: str) -> list[str]:
    """What escapedSplit says, at once where nothing is escaped."""
    return _escaped_cells(row) if "\\" in row else row.split("|")


_escaped_cells: Callable[[str], list[str]] = table.__globals__["escapedSplit"]
quick_table = cast(BlockRule, FunctionType(table.__code__, table.__globals__ | {"escapedSplit": _cells}))
"""The block rule for tables, with its cells divided by `_cells`."""


def _inline(state: StateCore) -> None:
    """The core rule of this name: the children of all texts."""
    for token in state.tokens:
        if token.type != "inline":
            continue
        content = token.content
        if is_plain(content):
            token.children = [Token("text", "", 0, content=content)] if content else []
        elif (found := spans(content)) is not None:
            token.children = found
        else:
            token.children = state.md.inline.parse(content, state.md, state.env, [])


def _text_join(state: StateCore) -> None:
    """The core rule of this name, for the texts in which there can be something to join: an escape or an entity."""
    every = state.tokens
    state.tokens = [
        token for token in every if token.type == "inline" and ("\\" in token.content or "&" in token.content)
    ]
    text_join(state)
    state.tokens = every


def _normalized(url: str) -> str:
    return url if _AS_IT_IS.fullmatch(url) else normalizeLink(url)


class QuickRenderer(RendererHTML):
    """Writes what RendererHTML writes, with fewer steps for what has no rule and no attributes."""

    def render(self, tokens: Sequence[Token], options: OptionsDict, env: EnvType) -> str:
        """HTML of block tokens."""
        rules, out = self.rules, []
        for index, token in enumerate(tokens):
            kind = token.type
            if kind == "inline":
                children = token.children or ()
                if len(children) == 1 and children[0].type == "text":
                    out.append(escapeHtml(children[0].content))
                else:
                    out.append(self.renderInline(children, options, env))
            elif kind in rules and (kind != "list_item_open" or token.meta):
                out.append(rules[kind](tokens, index, options, env))
            elif token.hidden:
                continue
            elif token.nesting < 0:
                out.append(f"</{token.tag}>\n")
            elif kind == "td_open" and not token.attrs:  # most of a table: its cell is a text
                out.append(f"<{token.tag}>")
            else:
                out.append(self._opening(tokens, index, token, options))
        return "".join(out)

    def _opening(self, tokens: Sequence[Token], index: int, token: Token, options: OptionsDict) -> str:
        begin = "\n<" if index and tokens[index - 1].hidden else "<"
        attributes = self.renderAttrs(token) if token.attrs else ""
        if token.nesting == 0:
            return f"{begin}{token.tag}{attributes}{' /' * options['xhtmlOut']}>\n"
        close = ">\n"
        if index + 1 < len(tokens):
            after = tokens[index + 1]
            if after.type == "inline" or after.hidden or (after.nesting == -1 and after.tag == token.tag):
                close = ">"
        return f"{begin}{token.tag}{attributes}{close}"

    def renderInline(self, tokens: Sequence[Token], options: OptionsDict, env: EnvType) -> str:  # noqa: N802
        """HTML of inline tokens."""
        rules: dict[str, Any] = self.rules
        out = []
        for index, token in enumerate(tokens):
            kind = token.type
            if kind == "text":
                out.append(escapeHtml(token.content))
            elif kind in rules:
                out.append(rules[kind](tokens, index, options, env))
            elif token.attrs or token.hidden or token.block or not token.nesting:
                out.append(self.renderToken(tokens, index, options, env))
            else:
                out.append(f"<{token.tag}>" if token.nesting > 0 else f"</{token.tag}>")
        return "".join(out)
