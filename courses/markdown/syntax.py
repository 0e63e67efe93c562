"""The one MarkdownIt: CommonMark with tables, directives, citations, and texts marked as being in another language.

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

from courses.markdown.depth import tell_depth
from courses.markdown.directives import use_directives
from courses.markdown.tables import whole

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
    tell_depth(md)
    md.add_render_rule("citation", _verbatim)
    md.add_render_rule("term_close", _verbatim)
    md.add_render_rule("html_block", _escaped)
    md.add_render_rule("html_inline", _escaped)
    return md


MARKDOWN = _made()
