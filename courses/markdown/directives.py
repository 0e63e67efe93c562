"""The block rule for directives: `:::name argument` … `:::`, and `:::check id`, which has no end.

A directive ends at the next line that has as many colons as it began with. One with more colons may hold others with
fewer. mdit-py-plugins' container was the model; it ends an open directive silently at the end of the file, where an
author needs to be told.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock

from courses.layout import SLUG

BOXES = ("note", "warning", "case", "activity", "country", "summary")
LEAVES = ("check", "allow")
_LINE = re.compile(r"(:{3,})[ \t]*([^\s:]*)[ \t]*(.*)$")
_DECORATED = re.compile(r"(?:[:—–]|-(?=\s))\s*(?P<title>.*)|\[(?P<framed>[^\[\]]*)\]$")
"""An argument that begins with a mark, or stands in brackets, as in other dialects."""
_FENCE = re.compile(r"(`{3,}|~{3,})")


class Flaw(NamedTuple):
    """A mistake found by a rule: line and column in the parsed text, counted from 0, and what a Problem says."""

    line: int
    column: int
    code: str
    message: str
    hint: str = ""


class _Directive(NamedTuple):
    colons: int
    name: str
    argument: str


def use_directives(md: MarkdownIt) -> None:
    """Teach `md` the directives. A parse needs `env["flaws"]`, a list, to which mistakes are added."""
    md.block.ruler.before("fence", "directive", _rule, {"alt": ["paragraph", "reference", "blockquote", "list"]})


def _read(state: StateBlock, line: int) -> _Directive | None:
    start = state.bMarks[line] + state.tShift[line]
    if not state.src.startswith(":::", start) or state.is_code_block(line):
        return None
    match = _LINE.match(state.src[start : state.eMarks[line]].rstrip(" \t"))
    return _Directive(len(match[1]), match[2], match[3]) if match else None


def _rule(state: StateBlock, line: int, end_line: int, silent: bool) -> bool:
    directive = _read(state, line)
    if directive is None:
        return False
    if silent:
        return True
    if state.env.get("question"):
        state.line = line + 1
        if directive.name:
            hint = "Move it to a lesson; `\\:::` are the characters themselves."
            message = "A question has no boxes, checks or other directives."
            _flaw(state, line, "question-text", message, hint)
    elif not directive.name:
        state.line = line + 1
        if state.env.get("told", 0):
            state.env["told"] -= 1
        else:
            _flaw(state, line, "directive-end", "This line ends a directive, but none is open here.", "Delete it.")
    elif directive.name == "allow":  # says something to `lint`, which reads the text itself
        state.line = line + 1
    else:
        directive = _bare(state, line, directive)
        if directive.name in LEAVES:
            _check(state, line, directive)
        else:
            _box(state, line, end_line, directive)
    return True


def _bare(state: StateBlock, line: int, directive: _Directive) -> _Directive:
    """The directive with what stands behind its name and nothing else, which is told of if it had to be taken off."""
    argument, name = directive.argument, directive.name
    if argument[:1].isspace():
        argument = argument.strip()
        message = f"Behind `{name}` there is a no-break space, as word processors make them."
        _flaw(state, line, "no-break-space", message, "Delete it and type an ordinary one.", name)
    if match := _DECORATED.match(argument):
        mark = f"`{argument[0]}`" if match["framed"] is None else "brackets"
        argument = match["title"] if match["framed"] is None else match["framed"]
        where = "before" if match["framed"] is None else "around"
        message = f"No {mark} belong{'s' * (where == 'before')} {where} what follows the name of a directive."
        written = f"{':' * directive.colons}{name} {argument}".rstrip()
        _flaw(state, line, "directive-argument", message, f"Write `{written}`.", name)
    return directive._replace(argument=argument)


def _flaw(state: StateBlock, line: int, code: str, message: str, hint: str = "", at: str = ":::") -> None:
    found = state.src.find(at, state.bMarks[line], state.eMarks[line])
    state.env["flaws"].append(Flaw(line, column_of(state, max(found, state.bMarks[line])), code, message, hint))


def column_of(state: StateBlock, offset: int) -> int:
    """The column, counted from 0, of the offset in its line of the text: `bMarks` stand behind the marks of a quote."""
    return offset - (state.src.rfind("\n", 0, offset) + 1)


def _check(state: StateBlock, line: int, directive: _Directive) -> None:
    state.line = line + 1
    if not re.match(SLUG, directive.argument):
        message = "A check names the question it shows."
        if directive.argument:
            message = f"A check names the question it shows, and `{directive.argument}` is no id."
        _flaw(state, line, "directive-argument", message, "Write `:::check` and the id of one question.")
    elif state.level:
        message = "A check belongs at the top level, not inside a directive, a list or a block quote."
        _flaw(state, line, "check-inside", message, "Move it after the end of what it is in.")
    else:
        token = state.push("directive_check", "", 0)
        token.map = [line, line + 1]
        token.meta = {"argument": directive.argument}


def _box(state: StateBlock, line: int, end_line: int, directive: _Directive) -> None:
    end, closed = _end(state, line, end_line, directive)
    if directive.name not in BOXES:
        near = get_close_matches(directive.name.lower(), (*BOXES, *LEAVES), 1, 0.5)
        hint = f"Did you mean `{near[0]}`?" if near else f"There are {', '.join((*BOXES, *LEAVES))}."
        _flaw(state, line, "unknown-directive", f"There is no directive `{directive.name}`.", hint, directive.name)
    if directive.name == "summary":
        _summary(state, line, directive)
    inside = state.level != state.env.get("depth", 0)
    if inside:
        message = f"The directive `{directive.name}` is inside a list or a block quote."
        _flaw(state, line, "directive-inside", message, "Begin it at the left margin, outside of either.")
    else:
        token = state.push("directive_open", "", 1)
        token.map = [line, end]
        token.info = directive.name
        token.meta = {"argument": directive.argument}
        state.env["depth"] = state.env.get("depth", 0) + 1
    old_parent, old_max = state.parentType, state.lineMax
    state.parentType, state.lineMax = "container", end
    state.md.block.tokenize(state, line + 1, end)
    state.parentType, state.lineMax = old_parent, old_max
    state.line = end + closed
    if not inside:
        state.push("directive_close", "", -1)
        state.env["depth"] -= 1


def _summary(state: StateBlock, line: int, directive: _Directive) -> None:
    """What is wrong with where a summary stands: the card of a course takes one from each lesson, as it is."""
    if directive.argument:
        message = "A summary has no title: the card uses the title of the lesson."
        _flaw(state, line, "directive-argument", message, "Write `:::summary` alone.")
    if state.level or state.env.get("summarised"):
        message = "A lesson has one summary, outside of all boxes and lists."
        _flaw(state, line, "summary-place", message, "Make it one, at the left margin, best at the end of the lesson.")
    state.env["summarised"] = True


def _end(state: StateBlock, line: int, end_line: int, directive: _Directive) -> tuple[int, bool]:
    """The line before which the content of the directive ends, and whether that is its end line."""
    colons = ":" * directive.colons
    fence = ""
    for number in range(line + 1, end_line):
        start = state.bMarks[number] + state.tShift[number]
        if mark := _FENCE.match(state.src, start, state.eMarks[number]):
            if not fence:
                fence = mark[0]
            elif mark[0].startswith(fence):
                fence = ""
        other = None if fence else _read(state, number)
        if other is None or other.colons < directive.colons or other.name in LEAVES:
            continue
        if not other.name and other.colons == directive.colons:
            return number, True
        if other.name:
            message = f"`{colons}{directive.name}` has no end before `{other.name}` begins in the lines below it."
            hint = f"End it with a line `{colons}`; or, to put the other inside it, begin and end it with more colons."
            state.env["told"] = state.env.get("told", 0) + 1  # its end line may stand after that of the other
        else:
            message = f"`{colons}{directive.name}` has no end before a line with more colons."
            hint = f"End it with a line `{colons}`: as many colons as it begins with."
        _flaw(state, line, "directive-open", message, hint)
        return number, False
    message = f"`{colons}{directive.name}` has no end."
    _flaw(state, line, "directive-open", message, f"End it with a line `{colons}`.")
    return line + 1, False  # so that all below it is read as what it would be without it
