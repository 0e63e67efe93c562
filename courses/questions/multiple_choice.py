"""Multiple choice: a stem and two or more choices, of which one or more are right and one or more wrong.

Partial credit is the share of the right choices ticked minus the share of the wrong choices ticked, and never less
than 0. This is Youden's index J (W. J. Youden, "Index for rating diagnostic tests", Cancer 3 (1950), 32-35) applied to
ticking: whoever ticks everything, ticks nothing, or ticks by the toss of a coin can expect 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Annotated, Literal

from pydantic import Field

from courses.questions.base import (
    ANY,
    Choice,
    Grade,
    Mistake,
    Option,
    Part,
    Payload,
    Question,
    arranged,
    doubled,
    known_ids,
)


class MultipleChoice(Question):
    """The answer is the list of the ids of the choices ticked, in any order."""

    type: Literal["multiple-choice"]
    choices: Annotated[tuple[Choice, ...], Field(min_length=2)]
    """Two or more, of which some are right and some wrong."""

    def mistakes(self) -> Iterator[Mistake]:
        yield from doubled(self.choices, ("choices",), "choices")
        right = sum(choice.correct for choice in self.choices)
        if right == 0:
            yield Mistake(
                ("choices",),
                "no-right-choice",
                "No choice is right.",
                "Write `correct: true` in the right ones.",
                rests_on=(("choices", ANY, "correct"),),
            )
        if right == len(self.choices):
            yield Mistake(
                ("choices",),
                "no-wrong-choice",
                "Every choice is right, so ticking all would be the answer.",
                "Add a choice that is wrong.",
                rests_on=(("choices", ANY, "correct"),),
            )

    def order(self, rng: Random) -> tuple[str, ...]:
        ids = [choice.id for choice in self.choices]
        return tuple(rng.sample(ids, len(ids)))

    def payload(self, order: Sequence[str] = (), answer: object = None) -> Payload:  # noqa: ARG002
        texts = {choice.id: choice.text for choice in self.choices}
        options = tuple(Option(id, texts[id]) for id in arranged(texts, order))
        return Payload(self.id, self.type, self.stem, options, shape="ids")

    def grade(self, answer: object) -> Grade:
        ticked = known_ids(answer, (choice.id for choice in self.choices)) or []
        parts = tuple(
            Part(
                id=choice.id,
                text=choice.text,
                chosen=choice.id in ticked,
                right=(choice.id in ticked) == choice.correct,
                why=choice.why,
            )
            for choice in self.choices
        )
        right = [choice.id in ticked for choice in self.choices if choice.correct]
        wrong = [choice.id in ticked for choice in self.choices if not choice.correct]
        if not right or not wrong:
            return Grade(0.0, parts)
        return Grade(max(0.0, sum(right) / len(right) - sum(wrong) / len(wrong)), parts)
