"""True or false: a statement, and a reason for either answer.

The score is 1 for the right answer and 0 for the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from courses.model import Frozen
from courses.questions.base import (
    Flag,
    Grade,
    Option,
    OptionalPassage,
    Part,
    Payload,
    Question,
)

WORDS = {"true": "True", "false": "False"}


class Reasons(Frozen):
    """What the trainee reads who answered true, and who answered false."""

    true: OptionalPassage = ""
    false: OptionalPassage = ""


class TrueFalse(Question):
    """The answer is "true" or "false". The texts of the two options are in English; whoever shows them translates."""

    type: Literal["true-false"]
    answer: Flag
    """Whether the statement in the stem is true."""
    why: Reasons = Reasons()
    """A reason for either answer: `{true: …, false: …}`."""

    def payload(self, order: Sequence[str] = (), answer: object = None) -> Payload:  # noqa: ARG002 - true stands first
        return Payload(self.id, self.type, self.stem, tuple(Option(id, word) for id, word in WORDS.items()))

    def grade(self, answer: object) -> Grade:
        key = "true" if self.answer else "false"
        parts = tuple(
            Part(
                id=id,
                text=word,
                chosen=answer == id,
                right=(answer == id) == (id == key),
                why=self.why.true if id == "true" else self.why.false,
            )
            for id, word in WORDS.items()
        )
        return Grade(float(answer == key), parts)
