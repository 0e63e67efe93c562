"""Single choice: a stem and two or more choices, of which exactly one is right.

The score is 1 for the right choice and 0 for any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Annotated, Literal

from pydantic import Field

from courses.questions.base import (
    Choice,
    Grade,
    Mistake,
    Option,
    Part,
    Payload,
    Question,
    arranged,
    doubled,
    only_right_one,
)


class SingleChoice(Question):
    """The answer is the id of the choice."""

    type: Literal["single-choice"]
    choices: Annotated[tuple[Choice, ...], Field(min_length=2)]
    """Two or more, of which exactly one is right."""

    def mistakes(self) -> Iterator[Mistake]:
        yield from doubled(self.choices, ("choices",), "choices")
        yield from only_right_one(self.choices, ("choices",))

    def order(self, rng: Random) -> tuple[str, ...]:
        ids = [choice.id for choice in self.choices]
        return tuple(rng.sample(ids, len(ids)))

    def payload(self, order: Sequence[str] = (), answer: object = None) -> Payload:  # noqa: ARG002
        texts = {choice.id: choice.text for choice in self.choices}
        options = tuple(Option(id, texts[id]) for id in arranged(texts, order))
        return Payload(self.id, self.type, self.stem, options)

    def grade(self, answer: object) -> Grade:
        parts = tuple(
            Part(
                id=choice.id,
                text=choice.text,
                chosen=answer == choice.id,
                right=(answer == choice.id) == choice.correct,
                why=choice.why,
            )
            for choice in self.choices
        )
        return Grade(float(any(choice.correct and answer == choice.id for choice in self.choices)), parts)
