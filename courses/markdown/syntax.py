"""The one MarkdownIt: CommonMark with tables, directives, citations, maths, and texts marked as in another language.

Raw HTML is recognised only to be refused, and every link is taken for one: `markdown.Reader` judges both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import escape

from markdown_it import MarkdownIt
from markdown_it.rules_block import table
from markdown_it.rules_inline import StateInline, autolink, html_inline, image, link
from markdown_it.token import Token
from mdit_py_plugins.attrs import attrs_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin

from courses.markdown.depth import tell_depth
from courses.markdown.directives import use_directives
from courses.markdown.tables import whole

MATHS = ("math_inline", "math_inline_double", "math_block")
"""The tokens of formulas: in a text, on a line of their own within one, and as a block."""
_CITATION = re.compile(r"\[(@[^\[\]]*)\]")


def _citation(state: StateInline, silent: bool) -> bool:
    """`[@key, art. 3; @other]`. What begins like one and has no end is taken for one too, so that it can be refused."""
    if not state.src.startswith("[@", state.pos):
        return False
    match = _CITATION.match(state.src, state.pos)
    if not silent:
        token = state.push("citation", "", 0)
        token.content = match[1] if match else "[@"
        token.meta = {"offset": state.pos}
    state.pos = match.end() if match else state.pos + 2
    return True


def _with_offset(rule: Callable[[StateInline, bool], bool], kind: str) -> Callable[[StateInline, bool], bool]:
    """The rule, noting in the token of the type `kind` that it makes at which offset it matched."""

    def placed(state: StateInline, silent: bool) -> bool:
        offset, first = state.pos, len(state.tokens)
        matched = rule(state, silent)
        if matched and not silent:
            token = next(token for token in state.tokens[first:] if token.type == kind)
            token.meta["offset"] = offset
        return matched

    return placed


_OF_MATHS = re.compile(r"[\\^_=<>+{}|]")
_WORD = re.compile(r"[^\W\d_]{2}")


def _is_amount(text: str) -> bool:
    """Whether this stands between the dollar signs of two amounts, as in `$5 or US$`: a number and words, and nothing
    of maths."""
    return text[:1].isdigit() and _OF_MATHS.search(text) is None and _WORD.search(text) is not None


def _maths(rule: Callable[[StateInline, bool], bool]) -> Callable[[StateInline, bool], bool]:
    """The rule for `$…$`, which leaves amounts of dollars as they are, and notes at which offset it matched."""

    def maths(state: StateInline, silent: bool) -> bool:
        offset, end = state.pos, len(state.src)
        if state.src[offset] != "$" or not rule(state, True):
            return False
        after, state.pos = state.pos, offset
        around = state.src[offset - 1 : offset] if offset else "", state.src[after : after + 1] if after < end else ""
        if any(sign.isalnum() for sign in around) or _is_amount(state.src[offset + 1 : after - 1]):
            return False
        rule(state, silent)
        if not silent:
            state.tokens[-1].meta["offset"] = offset
        return True

    return maths


def _made_of(_renderer: object, tokens: Sequence[Token], index: int, _options: object, _env: object) -> str:
    return str(tokens[index].meta.get("html", ""))


def _verbatim(_renderer: object, tokens: Sequence[Token], index: int, _options: object, _env: object) -> str:
    return tokens[index].content


def _escaped(_renderer: object, tokens: Sequence[Token], index: int, _options: object, _env: object) -> str:
    return escape(tokens[index].content)


def _any_link(_url: str) -> bool:
    """Reader judges links, since it can say what is wrong with one; markdown-it would print it as text."""
    return True


def _made() -> MarkdownIt:
    md = MarkdownIt("commonmark", {"html": True}).enable("table")
    md.validateLink = _any_link  # type: ignore[method-assign,assignment]
    use_directives(md)
    md.block.ruler.at("table", whole(table), {"alt": ["paragraph", "reference"]})
    md.inline.ruler.before("link", "citation", _citation)
    md.inline.ruler.at("link", _with_offset(link, "link_open"))
    md.inline.ruler.at("autolink", _with_offset(autolink, "link_open"))
    md.inline.ruler.at("image", _with_offset(image, "image"))
    md.inline.ruler.at("html_inline", _with_offset(html_inline, "html_inline"))
    attrs_plugin(md, after=(), spans=True, allowed=("lang",))
    span = md.inline.ruler.__rules__[md.inline.ruler.__find__("span")]
    md.inline.ruler.at("span", _with_offset(span.fn, "span_open"))
    dollarmath_plugin(md, allow_labels=False, allow_space=False, allow_digits=False, double_inline=True)
    inline = md.inline.ruler.__rules__[md.inline.ruler.__find__("math_inline")]
    md.inline.ruler.at("math_inline", _maths(inline.fn))
    tell_depth(md)
    for name in MATHS:
        md.add_render_rule(name, _made_of)
    md.add_render_rule("citation", _verbatim)
    md.add_render_rule("term_close", _verbatim)
    md.add_render_rule("html_block", _escaped)
    md.add_render_rule("html_inline", _escaped)
    return md


MARKDOWN = _made()
