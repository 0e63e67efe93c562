"""The switch for advice: an author who knows better says so, with a reason, next to what the advice is about.

    # allow long-lesson: this lesson is a film of twenty minutes          (YAML and front matter)
    :::allow law-without-source The rule is that of the case above.       (Markdown)

It stands at the end of the line that the advice points to, or on a line of its own above it. Advice on a whole file
points to its first line: it is switched off by a line at the top of the file; of a file that has no lines to write in,
such as a picture, at the top of course.yaml.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from courses.facts import Fact, Unit
from courses.problems import Problem, has_errors
from courses.source import Text

ADVICE = (
    "all-of-the-above",
    "allow-reason",
    "allow-unknown",
    "allow-unused",
    "as-typed",
    "bare-address",
    "choice-without-why",
    "course-gone",
    "doubled-stem",
    "hard-to-read",
    "heading-skipped",
    "id-gone",
    "law-without-source",
    "list-marks",
    "long-lesson",
    "long-paragraph",
    "long-summary",
    "longest-is-right",
    "near-duplicate",
    "negative-stem",
    "objective-untaught",
    "objective-untested",
    "optional-quiz",
    "placeholder",
    "printed-quotes",
    "same-place-right",
    "source-alike",
    "stray-file",
    "table-tabs",
    "text-in-picture",
    "translation-copy",
    "translation-letters",
    "translation-number",
    "translation-orphan",
    "translation-partial",
    "unlisted-lesson",
    "unused-bank",
    "unused-media",
    "unused-source",
    "wall-of-text",
    "yaml-cut",
)
"""The codes of all advice, so that a misspelt one can be told. tests/courses/test_lint.py keeps it whole."""

_COMMENT = re.compile(r"(?:^|[ \t])#[ \t]*(allow\b[^\n]*)", re.MULTILINE)
_LEAF = re.compile(r"^ {0,3}:{3,}[ \t]*(allow\b[^\n]*)", re.MULTILINE)
_END = re.compile(r"[\s:]")
_SKIPPED = re.compile(r"[ \t]*(?:#.*|:{3,}[ \t]*allow\b.*|---[ \t]*)?$")
_HINT = "Write `allow`, the code of the advice, a colon and why it does not hold here."


def read(source: Text, markdown: int | None = None) -> tuple[list[Fact], list[Problem]]:
    """The switches in the text, and what is wrong with them. `markdown`: the offset at which a lesson's Markdown
    begins; None for a YAML file. A fact's name is the code and the line it is switched off in, its place the
    switch's."""
    text = source.text
    if "allow" not in text:
        return [], []
    facts: list[Fact] = []
    problems: list[Problem] = []
    lines: _Lines | None = None
    for match in _matches(text, markdown):
        said = match[1].removeprefix("allow").lstrip(" \t:")
        code, reason = _parted(said)
        start = match.start(1)
        if code not in ADVICE:
            near = get_close_matches(code, ADVICE, 1, 0.6)
            hint = f"Did you mean `{near[0]}`?" if near else _HINT
            message = f"There is no advice `{code}`."
            problems.append(Problem(source.file, *source.place(start), "advice", "allow-unknown", message, hint))
        elif not reason:
            message = f"Nothing says why `{code}` does not hold here."
            problems.append(Problem(source.file, *source.place(start), "advice", "allow-reason", message, _HINT))
        else:
            place = source.place(start)
            lines = lines or _Lines(text)
            facts += [Fact("allow", f"{code} {line}", *place) for line in lines.covered(place.line)]
    return facts, problems


def _parted(said: str) -> tuple[str, str]:
    """The code and the reason in what stands after `allow`."""
    end = _END.search(said)
    return (said[: end.start()], said[end.end() :].strip(" \t:")) if end else (said, "")


def _matches(text: str, markdown: int | None) -> Iterator[re.Match[str]]:
    yield from _COMMENT.finditer(text, 0, len(text) if markdown is None else markdown)
    if markdown is not None:
        yield from _LEAF.finditer(text, markdown)


class _Lines:
    """Which lines of a text say something, counted from 1."""

    def __init__(self, text: str) -> None:
        lines = text.split("\n")
        self._next = [0] * (len(lines) + 2)
        for number in range(len(lines), 0, -1):
            self._next[number] = self._next[number + 1] if _SKIPPED.fullmatch(lines[number - 1]) else number

    def covered(self, line: int) -> list[int]:
        """The lines that a switch in `line` covers: its own if something else stands there, otherwise the next that
        says something (0: none); and line 1 if nothing stands above it."""
        return [self._next[line], *([1] if self._next[1] == self._next[line] != line else [])]


def silence(problems: Iterable[Problem], units: Iterable[Unit], folder: str = "") -> list[Problem]:
    """The problems without the advice that is switched off, and advice on switches that switch nothing off. `folder`:
    that of the course, or "" for the files that courses share."""
    switches: dict[tuple[str, str], list[Fact]] = defaultdict(list)
    everywhere: list[tuple[str, Fact]] = []
    for unit in units:
        for fact in unit.uses:
            if fact.kind == "allow":
                switches[unit.file, fact.name].append(fact)
                everywhere.append((unit.file, fact))
    problems = list(problems)
    if not everywhere:
        return problems
    used: set[tuple[str, int, int]] = set()
    left: list[Problem] = []
    for problem in problems:
        file, line = problem.file, problem.line
        if not file.endswith((".yaml", ".md")):
            file, line = f"{folder}/course.yaml", 1
        found = switches.get((file, f"{problem.code} {line}"), []) if problem.severity == "advice" else []
        used.update((file, fact.line, fact.column) for fact in found)
        if not found:
            left.append(problem)
    if not has_errors(left):  # an error may be why the advice is not given
        left += {_unused(file, fact) for file, fact in everywhere if (file, fact.line, fact.column) not in used}
    return left


def _unused(file: str, fact: Fact) -> Problem:
    message = f"This allows `{fact.name.partition(' ')[0]}`, which nobody would advise here."
    return Problem(file, fact.line, fact.column, "advice", "allow-unused", message, "Delete it.")
