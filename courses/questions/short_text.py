"""Short text: a word or a few, typed.

The score is 1 for an answer that is the same as one of those in `accept` after `folding.fold`, which forgives what the
author lets it forgive (capitals, spacing, diacritics, script), and 0 for any other. Known wrong answers can have a
reason of their own, and score 0 like all others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Annotated, Literal

from pydantic import Field

from courses.model import Frozen
from courses.questions.base import (
    LONGEST,
    Grade,
    Mistake,
    OptionalPassage,
    Part,
    Passage,
    Payload,
    Question,
    Word,
    joined,
)
from courses.questions.folding import EVERYTHING, Forgiven, fold, tells


class KnownWrong(Frozen):
    """An answer that is often given and wrong, and why it is."""

    text: Word
    why: Passage


class ShortText(Question):
    """The answer is the text typed."""

    type: Literal["short-text"]
    accept: Annotated[tuple[Word, ...], Field(min_length=1)]
    """The answers that are right."""
    forgive: tuple[Forgiven, ...] = EVERYTHING
    """What may differ: case, spacing, diacritics, script; all of them if left out."""
    wrong: Annotated[tuple[KnownWrong, ...], "unmarked"] = ()
    """Answers that are often given and wrong, each with a reason."""
    why: OptionalPassage = ""
    """Why the right answer is right: the trainee reads it afterwards."""

    def _folded(self, text: str) -> str:
        return fold(text[:LONGEST], self.forgive)

    def mistakes(self) -> Iterator[Mistake]:
        accepted = {self._folded(word) for word in self.accept}
        for place, word in enumerate(self.accept):
            if not self._folded(word):
                yield Mistake(
                    ("accept", place),
                    "empty-answer",
                    "Nothing is left of this answer to compare with.",
                    "Write a word or more.",
                    rests_on=(("forgive",),),
                )
        for place, known in enumerate(self.wrong):
            if self._folded(known.text) in accepted:
                yield Mistake(
                    ("wrong", place, "text"),
                    "wrong-is-right",
                    f"“{known.text}” is among the answers that are accepted, but for what is forgiven.",
                    "Delete it here or there, or forgive less.",
                    rests_on=(("forgive",),),
                )
        if word := tells(self.id, self.accept):
            yield Mistake(
                ("id",),
                "id-tells",
                f"The id `{self.id}` says the answer “{word}”, and browsers can see it.",
                "Give the question an id that says what is asked for.",
                rests_on=(),
            )

    def payload(self, order: Sequence[str] = (), answer: object = None) -> Payload:  # noqa: ARG002
        return Payload(self.id, self.type, self.stem, limit=LONGEST, shape="text")

    def grade(self, answer: object) -> Grade:
        typed = answer if isinstance(answer, str) else ""
        folded = self._folded(typed)
        right = folded != "" and folded in {self._folded(word) for word in self.accept}
        reason = next((known.why for known in self.wrong if not right and self._folded(known.text) == folded), "")
        part = Part(
            id=self.id,
            text="",
            chosen=typed.strip() != "",
            right=right,
            given=escape(typed[:LONGEST]),
            expected=escape(self.accept[0]),
            why=joined(reason, self.why),
        )
        return Grade(float(right), (part,))
