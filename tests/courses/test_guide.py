"""What docs/for-trainers.md shows can be written just so."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from courses import compile, keyed
from courses.facts import Shelf, Unit
from courses.problems import Problem
from courses.source import Text

GUIDE = Path(__file__).parent.parent.parent / "docs" / "for-trainers.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", GUIDE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
COMPILERS: dict[str, Callable[[Text], Unit]] = {
    "id: ": lambda text: keyed.course(text, "smuggling-mixed-flows"),
    "# content/sources.yaml": keyed.sources,
    "# One right choice": lambda text: keyed.bank(text, "law", Shelf()),
    "# content/<course>/quizzes": lambda text: keyed.quiz(text, "final"),
    "---": lambda text: compile.lesson(text, "the-law", Shelf()),
}


@pytest.mark.parametrize("start", COMPILERS)
def test_example(start: str) -> None:
    (body,) = (body for _, body in BLOCKS if body.startswith(start))
    unit = COMPILERS[start](Text("guide", body))
    problems: list[Problem] = unit.problems
    assert problems == []
    assert unit.data


def test_every_question_type_is_shown() -> None:
    from courses.questions import TYPES

    shown = set(re.findall(r"^  type: (\S+)$", "\n".join(body for _, body in BLOCKS), re.MULTILINE))
    assert shown == set(TYPES)


def test_the_question_bank_compiles_to_each_type() -> None:
    (body,) = (body for _, body in BLOCKS if body.startswith("# One right choice"))
    unit = keyed.bank(Text("guide", body), "law", Shelf())
    assert unit.data
    assert len(unit.data["questions"]) == 12
    assert unit.object
