"""The tokens of a lesson → its blocks, as model.Block has them, in plain values: a lesson waits for no pydantic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from markdown_it.token import Token

from courses.markdown.syntax import MARKDOWN

Block = dict[str, Any]
_DIRECTIVES = ("directive_open", "directive_close", "directive_check")


def blocks(tokens: Sequence[Token], env: dict[str, Any]) -> list[Block]:
    """The blocks of the tokens that were parsed in `env`, whose `marks` say by line, counted from 0, what else is to
    be said of a block that begins there."""
    around: list[tuple[Token, list[Block]]] = []
    made: list[Block] = []
    begin = 0
    for index in [index for index, token in enumerate(tokens) if token.type in _DIRECTIVES]:
        token = tokens[index]
        if begin < index:
            made += _html(tokens[begin:index], env)
        begin = index + 1
        if token.type == "directive_check":
            made.append(_made("check", question=token.meta["argument"]))
        elif token.type == "directive_open":
            around.append((token, made))
            made = []
        else:
            opening, outside = around.pop()
            mark = env["marks"].get(opening.map[0] if opening.map else None, {})
            _add(outside, _box(opening, made) | mark)
            made = outside
    if begin < len(tokens):
        made += _html(tokens[begin:], env)
    return made


def _made(kind: str, **fields: Any) -> Block:
    """A block of the kind; all keys of model.Block are there."""
    block = {"kind": kind, "html": "", "title": "", "country": "", "question": "", "blocks": [], "lang": ""}
    return block | {"stale": False} | fields


def _add(made: list[Block], block: Block) -> None:
    """Add the block to those before it; neighbouring `country` blocks are gathered."""
    if block["kind"] != "country":
        made.append(block)
    elif made and made[-1]["kind"] == "countries":
        made[-1]["blocks"].append(block)
    else:
        made.append(_made("countries", blocks=[block]))


def _box(token: Token, inside: list[Block]) -> Block:
    argument = token.meta["argument"]
    if token.info == "country":
        return _made("country", country=argument, blocks=inside)
    kind = token.info if token.info in ("warning", "case", "activity", "summary") else "note"
    return _made(kind, title="" if kind == "summary" else argument, blocks=inside)


def _html(tokens: Sequence[Token], env: dict[str, Any]) -> Iterator[Block]:
    """The block of these tokens; of a translation, one for each stretch of which the same is to be said."""
    begin, mark = 0, None
    for index, token in enumerate((*tokens, None)) if env["marks"] else ((len(tokens), None),):
        new = mark
        if token and token.level == tokens[0].level and token.map:
            new = env["marks"].get(token.map[0], mark)
        if token is None or (index and new != mark):
            html = str(MARKDOWN.renderer.render(tokens[begin:index], MARKDOWN.options, env))
            yield _made("html", html=html) | (mark or {})
            begin = index
        mark = new
