"""What an author meant as Markdown and Markdown shows as it was typed.

One kind of check over the plain texts of a file. It costs next to nothing where nothing is wrong: `opens` looks through
a whole file for what a slip cannot do without, and a text is looked at for those slips alone. An escape (`\\#`) keeps a
character from being taken for a slip, as it keeps it from being Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from markdown_it.token import Token

from courses.layout import SLUG
from courses.markdown.directives import BOXES, LEAVES
from courses.problems import Severity


class Slip(NamedTuple):
    """`opens` says whether a file may hold it. `pattern` finds it in the text of a block; its group `x` is what has to
    be plain text, and what the problem points at and `{x}` in its words stands for. A group `key` has to be that of a
    source. `lines`: it stands at a line's beginning, so that it is none in a text of one line."""

    code: str
    severity: Severity
    message: str
    hint: str
    opens: Callable[[str], object]
    pattern: re.Pattern[str]
    lines: bool = False


def _any(*parts: str) -> Callable[[str], bool]:
    return lambda text: any(part in text for part in parts)


def _at(text: str) -> bool:
    """Whether an `@` stands there that begins no citation."""
    here = text.count("@")
    return bool(here) and (left := here - text.count("[@")) > 0 and left != text.count("; @")


def _address(text: str) -> bool:
    return "www." in text or text.count("://") != text.count("](http")


def _bars(text: str) -> bool:
    """Whether lines with bars stand there that are not those of a table: names, then dashes of the same number."""
    rows = text.split("\n|")
    above = "\n"
    for row, below in pairwise([*rows[1:], ""]):
        if "\n" in above:
            dashes = below.partition("\n")[0]
            if "\n" in row or row.count("|") != dashes.count("|") or dashes.strip("|:- \t"):
                return True
        above = row
    return False


_lines = re.compile(r"\n[ \t>*+-]*(?::(?::[^:]|[ \t]+:)|##+[^#\s]|[bб]\)[ \t])").search
"""Whether a line begins like a directive, a heading or the second of a list. That it looks for line ends makes it
quick."""


_dashes = re.compile(r"\n[ \t]*[–—−][ \t\u00a0]").search
_cells = re.compile(r";\S[^;\n]*;").search
_numbers = re.compile(r"\n[ \t]*2[.)][^\W\d]").search


def _line(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"^[ \t]*{pattern}", re.MULTILINE)


_NAMES = "|".join((*BOXES, *LEAVES))
_KEY = rf"(?P<key>{SLUG.strip('^$')})"
_WORD_SPACES = "\u00a0\u2007\u202f"
_LIST = "Begin each line with `- `, or with `1. `, `2. `; leave a line empty before the first."

_COMMANDS = "d?frac|sqrt|sum|prod|int|begin|end|times|cdot|leq|geq|neq|approx|text|alpha|beta|infty|pm|left|right"

SLIPS = (
    Slip(
        "maths",
        "error",
        "This is maths, but it is shown as typed.",
        "Put it between dollar signs, without spaces beside them: `$p = \\frac{a}{n}$`.",
        _any("\\"),
        re.compile(rf"(?P<x>\$\$?(?=[^$\n]*?\\[a-zA-Z]{{2}})|(?<![\w:\\])\\(?:{_COMMANDS})(?![a-zA-Z]))[^$\n]*"),
    ),
    Slip(
        "as-typed",
        "advice",
        "This is shown as typed: maths has no spaces beside its dollar signs.",
        "Write `$x = 1$`, or `\\$` where an amount is meant.",
        _any("$ "),
        re.compile(r"(?P<x>\$) [^$\n\\=^_]*[=^_][^$\n\\]*\$"),
    ),
    Slip(
        "table-dashes",
        "error",
        "Bars are no table without a line of dashes below the first, of as many cells.",
        "Write it below the names of the columns, for two `|---|---|`; `\\|` is the character itself.",
        _bars,
        _line(r"(?P<x>\|)[^\n]*\|[ \t]*$"),
        True,
    ),
    Slip(
        "table-tabs",
        "advice",
        "Tabs make no table: these lines run into one.",
        "Write `| Country | Days |`, below it `|---|---|`, and each row in a line of its own with bars.",
        _any("\t"),
        _line(r"(?!(?:[•▪◦‣·]|\w\))\t)[^\t\n]*\S(?P<x>\t)[ \t]*\S[^\n]*\n[^\t\n]*\S\t[ \t]*\S"),
        True,
    ),
    Slip(
        "table-tabs",
        "advice",
        "Semicolons make no table: these lines run into one.",
        "Write `| Country | Days |`, below it `|---|---|`, and each row in a line of its own with bars.",
        _cells,
        _line(r"[^;\n]*[^;\s](?P<x>;)(?=[^\s;])[^;\n]*;[^\n]*\n[^;\n]*;(?=[^\s;])[^;\n]*;"),
        True,
    ),
    Slip(
        "list-marks",
        "advice",
        "`{x}` begins no list: these lines run into one.",
        _LIST,
        _dashes,
        _line(r"(?P<x>[–—−])[ \t\u00a0][^\n]*\n(?:[ \t]*[^\s–—−][^\n]*\n)?[ \t]*[–—−][ \t\u00a0]"),
        True,
    ),
    Slip(
        "left-over",
        "error",
        "`{x}` is left of a word processor or a spreadsheet, which lost what it referred to.",
        "Write what is meant; put it between backticks where the words themselves are.",
        _any("Error! ", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!"),
        re.compile(
            r"(?P<x>Error! (?:Reference source not found|Bookmark not defined|Hyperlink reference not valid)"
            r"|#(?:REF!|NAME\?|VALUE!|DIV/0!))"
        ),
    ),
    Slip(
        "list-marks",
        "advice",
        "`{x}` begins no list: these lines run into one.",
        _LIST,
        _any(*"•▪◦‣·"),
        re.compile(r"(?:^(?=[^\n]*\n)|(?<=\n))[ \t]*(?P<x>[•▪◦‣]|·(?=\s))"),
        True,
    ),
    Slip(
        "list-marks",
        "advice",
        "`{x}` begins no list: these lines run into one.",
        _LIST,
        _lines,
        _line(r"(?P<x>[aа]\))[ \t][^\n]*\n(?:[^\n]*\n){0,20}?[ \t]*[bб]\)[ \t]"),
        True,
    ),
    Slip(
        "list-marks",
        "advice",
        "`{x}` begins no list without a space behind it: these lines run into one.",
        _LIST,
        _numbers,
        _line(r"(?P<x>1[.)])[^\W\d][^\n]*\n[ \t]*2[.)]"),
        True,
    ),
    Slip(
        "directive-colons",
        "error",
        "`{x}` is no directive: one begins with three colons and no space between them.",
        "Write `:::`, and the name behind it.",
        _lines,
        _line(rf"(?P<x>(?i:(?:::|:[ \t]+:(?:[ \t]*:)?)[ \t]*(?:{_NAMES})))(?=[ \t]|$)"),
        True,
    ),
    Slip(
        "heading-space",
        "error",
        "`{x}` is no heading without a space behind it.",
        "Write one: `{x} What to do`.",
        _lines,
        _line(r"(?P<x>#{2,6})(?=[^\s#])"),
        True,
    ),
    Slip(
        "no-break-space",
        "error",
        "Behind `{x}` there is a no-break space, as word processors make them.",
        "Delete it and type an ordinary one; Markdown reads this as text.",
        _any(*_WORD_SPACES),
        _line(rf"(?P<x>[-*+]|#{{1,6}})(?=[{_WORD_SPACES}])"),
        True,
    ),
    Slip(
        "link",
        "error",
        "There is a space between the brackets and the address, so this is not a link.",
        "Write `](` without one.",
        re.compile(r"\]\s+\((?:term:|lesson:|media/|#)").search,
        re.compile(r"\[[^\[\]\n]+\](?P<x>\s+\()(?:term:|lesson:|media/|#)[^()\n]*\)"),
    ),
    Slip(
        "link",
        "error",
        "The address of a link goes in round brackets, not square ones.",
        "Write `[word](address)`.",
        _any("]["),
        re.compile(r"\](?P<x>\[)(?:term:|lesson:|media/|https?://)[^\[\]\n]*\]"),
    ),
    Slip(
        "link",
        "error",
        "With a space after the `!`, this is a link and not a picture.",
        "Write `![` without one.",
        re.compile(r"![ \t]+\[[^\[\]\n]*\]\(media/").search,
        re.compile(r"(?<!\S)(?P<x>![ \t]+)\[[^\[\]\n]*\]\(\s*media/[^\s()]+\.(?i:svg|png|jpe?g|gif|webp)\)"),
    ),
    Slip(
        "footnote",
        "error",
        "There are no footnotes: `{x}` is shown as typed.",
        "Cite a source, `[@key, art. 3]`, or say it in the text.",
        _any("[^"),
        re.compile(r"(?P<x>\[\^[^\[\]\s]+\])"),
    ),
    Slip(
        "citation",
        "error",
        "`{x}` is shown as typed: a citation goes in square brackets.",
        "Write `[{x}]`, with an article `[{x}, art. 3]`.",
        _at,
        re.compile(rf"(?<![\w/.\[-])(?<!; )(?P<x>@{_KEY})(?![\w@-])"),
    ),
    Slip(
        "as-typed",
        "advice",
        "`{x}` names a source, but is no citation.",
        "Write `[@` and the source's key.",
        re.compile(r"\[[a-z0-9-]+, [^\[\]\n]+\](?![\[({:])").search,
        re.compile(rf"(?P<x>\[{_KEY}, [^\[\]\n]+\])(?![\[({{:])"),
    ),
    Slip(
        "bare-address",
        "advice",
        "This address is shown, but is no link.",
        "Write `[words that say where it leads](address)`, or `<address>`.",
        _address,
        re.compile(r"(?<!\]\()(?P<x>\b(?:https?://|(?<!/)www\.)\w)"),
    ),
    Slip(
        "bare-address",
        "advice",
        "This address is shown, but is no link.",
        "Write `<{x}>`.",
        _at,
        re.compile(r"(?P<x>(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.-]*\w)"),
    ),
)
"""Errors where it can be nothing else, advice where it may be meant."""
_LONGEST = 5_000
"""Characters of a text in which what is escaped is looked for."""
INLINE = [slip for slip in SLIPS if not slip.lines]


def possible(text: str, among: Iterable[Slip] = SLIPS) -> list[Slip]:
    """The slips that the text of a file may hold."""
    opened = {opens: opens(text) for opens in {slip.opens for slip in among}}
    return [slip for slip in among if opened[slip.opens]]


def slips(content: str, children: Sequence[Token], among: Iterable[Slip]) -> Iterator[tuple[Slip, re.Match[str]]]:
    """The slips in the text of a block, which has been read as `children`; of one that stands at a line's beginning
    the first, since others come of the same."""
    plain = ""
    for slip in among:
        for match in slip.pattern.finditer(content):
            plain = plain or _plain(content, children)
            start, end = match.span("x")
            escaped = content[start - 1 : start] == "\\" or content[match.start() - 1 : match.start()] == "\\"
            if plain[start:end] == content[start:end] and not escaped:
                yield slip, match
                if slip.lines:
                    break


def _plain(content: str, children: Sequence[Token]) -> str:
    """The content, with a zero in place of each character that is not shown as it was typed, or stands in a link."""
    found: list[str] = []
    done, linked = 0, ""
    for child in children:
        if child.type in ("link_open", "image"):
            linked = str(child.attrs.get("href") or child.attrs.get("src"))
        text = "\n" if child.type in ("softbreak", "hardbreak") else child.content
        if child.type in ("link_close", "image"):
            text, shown, linked = linked, False, ""
        else:
            shown = child.type in ("text", "softbreak", "hardbreak") and not linked
        at = content.find(text, done) if text else -1
        if at < 0 and shown and "\\" in content:
            at, text = _escaped(content, text, done)
        if at >= 0:
            found += ["\0" * (at - done), text if shown else "\0" * len(text)]
            done = at + len(text)
    return "".join(found).ljust(len(content), "\0")


def _escaped(content: str, text: str, done: int) -> tuple[int, str]:
    """Where the text stands in the content, some of its characters escaped, and itself with a zero in place of those
    and of what escapes them; -1 if it does not."""
    if len(text) > _LONGEST:
        return -1, ""
    pattern = "".join(letter if letter.isalnum() else rf"\\?{re.escape(letter)}" for letter in text)
    match = re.compile(pattern).search(content, done)
    if match is None:
        return -1, ""
    return match.start(), re.sub(r"\\[^\w\s]", "\0\0", match[0])
