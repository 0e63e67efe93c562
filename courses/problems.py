"""A `Problem` is what an author reads when something in a course is wrong.

Nothing in the compiler raises for an author's mistake: every stage adds to a list of problems and goes on, so that
one run shows all of them, from all files.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

from courses.layout import role

Severity = Literal["error", "advice"]


@dataclass(frozen=True, order=True, slots=True)
class Problem:
    """One mistake or advice, with the place it stands at.

    `file` is relative to the content folder, `line` and `column` count from 1 (a problem of a whole file stands at
    1:1). `code` is stable and lower-case (`unknown-key`). `message` is one sentence that says what is wrong, `hint`
    one that says how to mend it, or "".
    """

    file: str
    line: int
    column: int
    severity: Severity
    code: str
    message: str
    hint: str = ""

    def as_json(self) -> dict[str, str | int]:
        """The object that `staza check --format json` prints for this problem."""
        return asdict(self)


def has_errors(problems: Iterable[Problem]) -> bool:
    """Whether any of the problems is an error."""
    return any(problem.severity == "error" for problem in problems)


def in_source(problems: Iterable[Problem]) -> list[Problem]:
    """Those of the problems that are no translator's. A text of a translation that has a mistake counts as missing: it
    is shown in the language of the course, so it holds up nothing."""
    return [problem for problem in problems if not _is_translated(problem.file)]


def _is_translated(file: str) -> bool:
    where = role(file)
    return where is not None and bool(where.locale)
