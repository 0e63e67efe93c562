"""A lesson as its blocks, and a translated lesson as the texts of blocks.

A *block* is what Markdown calls one at the left margin, or inside a directive: a paragraph, a heading, a list, a
table, a quote, code. The lesson's title, and that of a directive, are blocks too. In a translated lesson each begins
with a line `:::block 3f2a91c0`, whose number is the hash of the block it translates, and goes on to the next such
line. Lines that begin with `%%` are for the translator, such as the text to be translated, and are passed over.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple

from markdown_it.token import Token

from courses.facts import Place
from courses.markdown.directives import Flaw
from courses.markdown.syntax import MARKDOWN
from courses.problems import Problem
from courses.source import Text, front_matter

TITLE = "title"
"""The kind of the block that the lesson's title is, and that the title of a directive is."""
COMMENT = "%%"
STALE = "stale"
DIGITS = 8
_HEADER = re.compile(r":::[ \t]*block\b[ \t]*(.*)$")
_HASH = re.compile(r"([0-9a-f]{8,64})(?:[ \t]+(stale))?$")
_AFTER = "x"
"""A paragraph that follows a text, to see whether it is one still."""
_TITLED = ("note", "warning", "case", "activity")
_NAMES = {
    TITLE: "one line",
    "paragraph": "one paragraph",
    "bullet_list": "one list with bullets",
    "ordered_list": "one list with numbers",
    "table": "one table",
    "blockquote": "one quote",
    "fence": "one block of code",
    "code_block": "one indented block of code",
    "math_block": "one formula between `$$`",
}


def name_of(kind: str) -> str:
    """What a kind of block is called to a translator."""
    return f"one heading with {'#' * int(kind[1])}" if re.fullmatch("h[1-6]", kind) else _NAMES.get(kind, kind)


def digest(text: str) -> str:
    """The hash of a text, however it is broken into lines."""
    return sha256(" ".join(text.split()).encode()).hexdigest()[:DIGITS]


class Hashes:
    """Hashes, of which one is looked for that somebody mistyped: a digit is another or too many, or two have changed
    places. Two texts have hashes as near to each other as that once in millions."""

    def __init__(self, hashes: Iterable[str]) -> None:
        self._by_rest = {rest: hash for hash in hashes for rest in self._rests(hash)}

    def meant(self, written: str) -> str:
        """The one that was meant by what is written and is none of them; "" if there is no such."""
        return next((self._by_rest[rest] for rest in self._rests(written) if rest in self._by_rest), "")

    @staticmethod
    def _rests(hash: str) -> list[str]:
        """The hash, and what is left of it without each of its digits: what is near has one of these in common."""
        return [hash, *(hash[:at] + hash[at + 1 :] for at in range(len(hash)))]


class Segment(NamedTuple):
    """A block of a lesson: its text, and its lines `first` to `last` - 1, counted from 1. A title begins in the column
    `column` of its line."""

    kind: str
    text: str
    first: int
    last: int
    column: int = 1

    @property
    def hash(self) -> str:
        """The hash by which a translation names it."""
        return digest(self.text)


@dataclass(slots=True)
class Rendering:
    """A block of a translated lesson: the hash of what it translates, whether its translator called it stale, the line
    of its header, and the lines of its text with their numbers."""

    hash: str
    stale: bool
    line: int
    lines: list[tuple[int, str]] = field(default_factory=list)
    comments: list[tuple[int, str]] = field(default_factory=list)
    """The lines that show the source to the translator, without their mark."""

    @property
    def text(self) -> str:
        """The translation; "" where there is none yet."""
        return "\n".join(line for _number, line in self.lines)

    def place(self, offset: int) -> Place:
        """Where the character at the offset of the text stands."""
        before = self.text[:offset].split("\n")
        return Place(self.lines[len(before) - 1][0], len(before[-1]) + 1)


class Form(NamedTuple):
    """What a text in Markdown is: the kind of the one block, for a heading its level, as `h2`; "" for a text that is
    none or more, or reaches beyond itself, as an open fence and the end of a directive do. If it is two or more,
    `second` is the kind of the second, and `line` the one of the text, counted from 0, in which that begins."""

    kind: str
    second: str = ""
    line: int = 0


def form_of(text: str) -> Form:
    """The form of a text in Markdown."""
    flaws: list[Flaw] = []
    tokens = _parsed(f"{text}\n\n{_AFTER}", flaws)
    top = [token for token in tokens if token.level == 0 and token.nesting >= 0][:-1]
    if not top or flaws or [token.content for token in tokens[-3:]] != ["", _AFTER, ""]:
        return Form("")
    if len(top) == 1:
        return Form(_kind(top[0]))
    return Form("", _kind(top[1]), top[1].map[0] if top[1].map else 0)


_NAMED = re.compile(r"(:::[ \t]*[^\s\d]+)[ \t]+(?=[0-9a-f]*\d)([0-9a-f]{8})(?:[ \t]+stale)?[ \t]*$")
"""A line that begins a block by another name."""
_PARTS = {
    "list_item_open": ("list item", "list items"),
    "tr_open": ("table row", "table rows"),
    "cells": ("table cell", "table cells"),
    "blockquote_open": ("quote", "quotes"),
    "code": ("block of code", "blocks of code"),
    "math_block": ("formula of its own", "formulas of their own"),
}
"""What a text may be made of besides words, in the singular and in the plural."""
_SAME = {"td_open": "cells", "th_open": "cells", "fence": "code", "code_block": "code"}


def parts(text: str) -> Counter[str]:
    """How many of each of the _PARTS a text in Markdown has."""
    kinds = (_SAME.get(token.type, token.type) for token in _parsed(text, []))
    return Counter(kind for kind in kinds if kind in _PARTS)


def differs(source: str, target: str) -> str:
    """What a translation has more or less of than its source, as a sentence; "" if they are alike."""
    want, have = parts(source), parts(target)
    for kind, (one, many) in _PARTS.items():
        if want[kind] != have[kind]:
            return f"The source has {want[kind]} {one if want[kind] == 1 else many} here; this has {have[kind]}."
    return ""


def definitions(text: str) -> dict[str, tuple[str, int]]:
    """The addresses that a text in Markdown gives to names of links (`[name]: https://…`), by those names as Markdown
    compares them, each with the line of the text, counted from 0, in which that stands."""
    if "]:" not in text:
        return {}
    env: dict[str, Any] = {"flaws": []}
    MARKDOWN.block.parse(text, MARKDOWN, env, [])
    return {name: (one["href"], one["map"][0]) for name, one in env.get("references", {}).items()}


def segments(source: Text) -> list[Segment]:
    """The blocks of a lesson, in the order of its text; the title comes first, if it can be read."""
    document, start, _problems = front_matter(source)
    found = []
    title = document.data.get("title") if document and isinstance(document.data, dict) else None
    if document and isinstance(title, str) and title:
        place = document.place(("title",))
        found.append(Segment(TITLE, title, place.line, place.line + 1, place.column))
    return found + _blocks(source, start, _parsed(source.text[start:], []))  # mistakes are told where it is compiled


def count(source: Text, start: int, tokens: Sequence[Token], titled: bool) -> int:
    """How many blocks a lesson has whose Markdown begins at the offset `start` and was parsed into the tokens;
    `titled`: whether it has a title."""
    return titled + len(_blocks(source, start, tokens))


def _blocks(source: Text, start: int, tokens: Sequence[Token]) -> list[Segment]:
    found = []
    first = source.place(start).line
    lines = source.text[start:].split("\n")
    for token, _end in _top(tokens):
        begin, end = token.map or (0, 0)
        if token.type == "directive_open":
            argument = token.meta["argument"]
            if argument and token.info in _TITLED:
                column = lines[begin].rindex(argument) + 1
                found.append(Segment(TITLE, argument, first + begin, first + begin + 1, column))
            continue
        while end > begin and not lines[end - 1].strip():
            end -= 1
        if token.type not in ("hr", "html_block") and (token.type != "math_block" or "\\text" in token.content):
            found.append(Segment(_kind(token), "\n".join(lines[begin:end]), first + begin, first + end))
    return found


def renderings(source: Text) -> tuple[list[Rendering], list[Problem]]:
    """The blocks of a translated lesson, and what is wrong with the lines that begin them."""
    found: list[Rendering] = []
    problems = []
    current: Rendering | None = None
    told = False
    for number, line in enumerate(source.text.split("\n"), 1):
        if header := _HEADER.match(line.rstrip(" \t")):
            hash = _HASH.match(header[1])
            current = Rendering(hash[1], bool(hash[2]), number) if hash else None
            told = hash is None
            if current:
                found.append(current)
            else:
                message = f"`{line.strip()}` does not name the block that it translates."
                hint = "Write the hash as `staza translate update` wrote it: `:::block 3f2a91c0`."
                problems.append(source.problem(source.line_start(number), "translation-block", message, hint))
        elif named := _NAMED.match(line):
            current, told = None, True
            message = f"`{named[1]}` begins no block: its name is not to be translated."
            hint = f"Write `:::block {named[2]}`."
            problems.append(source.problem(source.line_start(number), "translation-block", message, hint))
        elif line.startswith(COMMENT):
            if current is not None:
                current.comments.append((number, line.removeprefix(COMMENT).strip()))
        elif current is not None:
            current.lines.append((number, line))
        elif line.strip() and not told:
            told = True
            message = "This text is before the first line `:::block`, so it translates nothing."
            hint = "Move it below the line that names its block; `staza translate start` writes them all."
            problems.append(source.problem(source.line_start(number), "translation-outside", message, hint))
    for rendering in found:
        _trim(rendering.lines)
    return found, problems


def _trim(lines: list[tuple[int, str]]) -> None:
    """Take away empty lines at both ends."""
    while lines and not lines[-1][1].strip():
        lines.pop()
    while lines and not lines[0][1].strip():
        lines.pop(0)


def _parsed(text: str, flaws: list[Flaw]) -> list[Token]:
    """The block tokens of a text; its mistakes are added to `flaws`."""
    tokens: list[Token] = []
    MARKDOWN.block.parse(text, MARKDOWN, {"flaws": flaws}, tokens)
    return tokens


def _top(tokens: Sequence[Token]) -> Iterator[tuple[Token, int]]:
    """The tokens that begin blocks at the margin or inside directives, those that begin directives among them."""
    index = 0
    while index < len(tokens):
        token = tokens[index]
        end = index
        if token.nesting == 1 and token.type != "directive_open":
            depth = 0
            for end in range(index, len(tokens)):
                depth += tokens[end].nesting
                if depth == 0:
                    break
        if token.nesting >= 0 and not (token.type.startswith("directive_") and token.type != "directive_open"):
            yield token, end
        index = end + 1


def _kind(token: Token) -> str:
    return token.tag if token.type == "heading_open" else token.type.removesuffix("_open")
