"""What is wrong between the fields of a question is told although others of its fields are wrong in themselves; and
nothing is told that these may be the cause of."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given
from pydantic import ValidationError

from courses.questions import TYPES, parse
from courses.questions.base import Mistake, Path
from courses.questions.unread import certain

from .question_makers import KINDS, Fields, fields, randoms

BETWEEN = [kind for kind in KINDS if kind not in ("scenario", "true-false")]
"""The types that have mistakes between their fields; those of a scenario are read as they are written."""
NONSENSE: list[Any] = [None, "", "No id!", "-1 %", "x" * 300, [], ["a"], {"something": "a"}, [[]], [None]]


def places(value: Any, at: Path = ()) -> Iterator[Path]:
    """Everything in the question, from the outside in."""
    if at:
        yield at
    for step in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from places(value[step], (*at, step))


def inside(value: Any, at: Path) -> Any:
    for step in at:
        value = value[step]
    return value


def errors(fields: Fields) -> int:
    """How much is wrong with its fields by themselves."""
    try:
        parse(fields)
    except ValidationError as error:
        return error.error_count()
    return 0


def spoilt(right: Fields, random: Random) -> Fields:
    """The question with one field that is wrong in itself: with nonsense in it, under another name, or left out."""
    found = deepcopy(right)
    at = random.choice([at for at in places(found) if at != ("type",)])
    holder, last = inside(found, at[:-1]), at[-1]
    match random.choice(
        ["nonsense", "misspelt", "called otherwise", "gone"] if isinstance(last, str) else ["nonsense"]
    ):
        case "nonsense":
            holder[last] = random.choice(NONSENSE)
        case "misspelt":
            holder[random.choice([f"{last}s", str(last)[:-1]])] = holder.pop(last)
        case "called otherwise":
            holder["something"] = holder.pop(last)
        case _:
            del holder[last]
    return found


def confused(right: Fields, random: Random) -> Fields:
    """The question with values of its own in places of others of the same name: ids and texts that stand there twice,
    gaps and categories that there are none of, everything right or nothing."""
    found = deepcopy(right)
    named = [at for at in places(found) if isinstance(at[-1], str) and at not in (("type",), ("objective",))]
    for _ in range(random.randint(1, 4)):
        at = random.choice(named)
        others = [inside(right, other) for other in named if other[-1] == at[-1]]
        value = random.choice([*others, "elsewhere"])
        inside(found, at[:-1])[at[-1]] = not value if isinstance(value, bool) else deepcopy(value)
        named = [at for at in places(found) if at in named]
    return found


def mistakes(fields: Fields) -> list[Mistake]:
    return list(parse(fields).mistakes())


@pytest.mark.parametrize("kind", BETWEEN)
def test_a_wrong_field_accuses_no_other(kind: str) -> None:
    @given(fields(kind), randoms)
    def holds(right: Fields, random: Random) -> None:
        wrong = spoilt(right, random)
        assume(errors(wrong))
        assert certain(TYPES[kind], wrong) == []

    holds()


@pytest.mark.parametrize("kind", BETWEEN)
def test_nothing_is_told_that_mending_undoes(kind: str) -> None:
    @given(fields(kind), randoms)
    def holds(right: Fields, random: Random) -> None:
        once = confused(right, random)
        assume(not errors(once))
        wrong = once
        for _ in range(random.randint(1, 3)):
            wronger = spoilt(wrong, random)
            assume(errors(wronger) > errors(wrong))
            wrong = wronger
        told = certain(TYPES[kind], wrong)
        assert [mistake for mistake in told if mistake not in mistakes(once)] == []

    holds()


@pytest.mark.parametrize("kind", BETWEEN)
def test_a_wrong_field_hides_no_mistake_of_others(kind: str) -> None:
    @given(fields(kind), randoms)
    def holds(right: Fields, random: Random) -> None:
        confusing = confused(right, random)
        assume(not errors(confusing))
        wrong = deepcopy(confusing)
        at = random.choice([at for at in places(wrong) if at[-1] in ("stem", "level", "objective", "why")])
        inside(wrong, at[:-1])[at[-1]] = ["no text"]
        assert certain(TYPES[kind], wrong) == mistakes(confusing)

    holds()
