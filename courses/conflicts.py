"""The marks that git leaves in a file where two people changed the same lines, and those of a patch pasted into one.

A mark stands at the beginning of a line; an editor may have moved it into a list, a quote or a table. Seven equals
signs also underline a heading, and bars without a name are an empty row of a table: those are marks where others stand
in the file, or where they can be nothing else.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from courses.problems import Problem

if TYPE_CHECKING:
    from courses.text import Text

_BEFORE = r"^(?:[ \t]|(?<!>)>{1,6}(?!>)|[-*+•](?=[ \t])|\d{1,9}[.)](?=[ \t])|\|(?!\|))*"
_CERTAIN = re.compile(
    rf"{_BEFORE}(?P<x><{{7}}(?=[ \t]|$)|(?<!>)>{{7}}(?=[ \t]|$)|(?<!\|)\|{{7}}(?=[ \t]+[^\s|][^|\n]*$))", re.MULTILINE
)
_DIVIDING = re.compile(rf"{_BEFORE}(?P<x>={{7}}|(?<!\|)\|{{7}})(?=[ \t]*\|?[ \t]*$)", re.MULTILINE)
_UNDERLINED = re.compile(r"(?:^|\n)[ ]{0,3}[^\s|>*+:#-][^\n|]*\n[ ]{0,3}$")
"""What is before a line of equals signs that underlines a heading."""


_PATCH = re.compile(r"^(?:diff --git \S+ \S+|@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@)", re.MULTILINE)


def conflicts(source: Text) -> list[Problem]:
    """An error for each mark of a conflict in the text, and for the first of a patch."""
    text = source.text
    if ("@@ -" in text or "diff --git " in text) and (patch := _PATCH.search(text)):
        message = f"`{patch[0]}` is of a patch: what follows lists changes, and is no text."
        hint = "Delete the lines of the patch, or get the file from git again."
        return [source.problem(patch.start(), "conflict", message, hint)]
    if not any(mark in text for mark in ("<<<<<<<", ">>>>>>>", "|||||||", "=======")):
        return []
    found = {match.start("x"): match["x"] for match in _CERTAIN.finditer(text)}
    certain = bool(found)
    for match in _DIVIDING.finditer(text):
        if certain or (match["x"][0] == "=" and not _may_underline(source, match.start("x"))):
            found[match.start("x")] = match["x"]
    hint = "Keep what is right of the two versions, and delete the lines `<<<<<<<`, `=======` and `>>>>>>>`."
    return [
        source.problem(
            offset, "conflict", f"`{found[offset]}` is a mark that git left here: a merge was not finished.", hint
        )
        for offset in sorted(found)
    ]


def _may_underline(source: Text, offset: int) -> bool:
    text = source.text
    start = text.rfind("\n", 0, offset) + 1
    if source.file.endswith(".yaml"):
        return start < offset  # no text of YAML begins at the margin
    above = text.rfind("\n", 0, max(0, start - 1)) + 1
    return _UNDERLINED.search(text[above:offset]) is not None
