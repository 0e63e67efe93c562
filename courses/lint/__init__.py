"""Advice on teaching quality. It never stops a build; `staza check` shows it, with its reason.

    prose    one lesson: its time, its walls of text, how hard it reads, law without a source, pictures of text
    items    one bank: how its questions are written
    whole    one course: what its files together leave untaught, untested or said twice
    (here)   any file: sentences that `staza new` wrote and nobody replaced
    allow    the switch: `allow CODE: reason` next to what the advice is about

A build shows no advice, and does not pay for it: `check` and the preview call `advise` for each file that they
compiled, and `settle` for each course. What several files show together is kept as facts of each (`grade`,
`right-place`, `stem`), so that no file is opened twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from courses.facts import Unit
from courses.lint import allow, prose, whole
from courses.problems import Problem, has_errors
from courses.skeleton import PLACEHOLDERS
from courses.source import Document, Text

_PLACEHOLDER = re.compile("|".join(map(re.escape, PLACEHOLDERS)))
_FRONT = re.compile(r"---[ \t]*\n.*?^---[ \t]*$\n?", re.DOTALL | re.MULTILINE)


def advise(unit: Unit, source: Text) -> None:
    """Add to the unit the advice on its file, which stands in `source`, and the facts that the course's needs."""
    kind = unit.defines[0].kind if unit.defines else ""
    front = _FRONT.match(source.text) if source.file.endswith(".md") else None
    start = front.end() if front else 0
    switches, problems = allow.read(source, start if source.file.endswith(".md") else None)
    unit.uses += switches
    unit.problems += problems
    if unit.data is None or has_errors(unit.problems):
        return  # mistakes come first, and may be why something looks wrong
    unit.problems += _placeholders(source)
    if kind == "lesson":
        found, facts = prose.lesson(source, start, unit.data["minutes"], len(unit.data["checks"]))
    elif kind == "bank":
        from courses import schema
        from courses.lint import items

        document = Document(source)
        found, facts = items.bank(document, list(schema.questions(document)))
    else:
        return
    unit.problems += found
    unit.defines += facts


def _placeholders(source: Text) -> Iterator[Problem]:
    """The first sentence of a skeleton that still stands in the file, and how many do."""
    if found := list(_PLACEHOLDER.finditer(source.text)):
        more = len(found) - 1
        others = f", as {'does' if more == 1 else 'do'} {more} more in this file" if more else ""
        message = f"This sentence stands here for you to replace{others}."
        place = source.place(found[0].start())
        yield Problem(source.file, *place, "advice", "placeholder", message, "Write what trainees are to read.")


def settle(folder: str, units: list[Unit], problems: list[Problem]) -> list[Problem]:
    """All advice on the course in `folder` besides the problems given, which are those of its units and between them;
    without what its authors switched off. `folder` "" means the files that courses share."""
    if folder and not has_errors(problems):  # which may be why something seems to be missing
        problems = problems + whole.course(folder, units)
    return allow.silence(problems, units, folder)
