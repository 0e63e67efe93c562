"""Open: an answer in the trainee's own words, marked by a trainer.

The trainer gives points by criterion, and the score is the share of all points: an analytic rubric (S. M. Brookhart,
"How to Create and Use Rubrics for Formative Assessment and Grading", ASCD 2013). Until then the answer is pending and
its score 0. An empty answer needs nobody to mark it: it scores 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field

from courses.model import Frozen, Slug
from courses.questions.base import (
    Grade,
    Mistake,
    OptionalPassage,
    Part,
    Payload,
    Question,
    Text,
    doubled,
)


class Criterion(Frozen):
    """What the trainer looks for, and the most points that it earns."""

    id: Slug
    text: Text
    points: Annotated[int, Field(ge=1, le=100)]
    """The most points it can earn."""


class Open(Question):
    """The answer is the text typed, of at most `limit` characters. `model`, a model answer, is shown afterwards."""

    type: Literal["open"]
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1)]
    """What the trainer gives points for."""
    model: OptionalPassage = ""
    """A model answer, shown afterwards."""
    limit: Annotated[int, Field(ge=50, le=20_000), "unmarked"] = 2000
    """The most characters that an answer may have."""
    why: OptionalPassage = ""
    """What the trainee reads afterwards."""

    def mistakes(self) -> Iterator[Mistake]:
        yield from doubled(self.criteria, ("criteria",), "criteria")

    def payload(self, order: Sequence[str] = (), answer: object = None) -> Payload:  # noqa: ARG002
        return Payload(self.id, self.type, self.stem, limit=self.limit, shape="text")

    def grade(self, answer: object) -> Grade:
        """Each part is a criterion; `expected` is its points. None is right before a trainer has said so."""
        written = isinstance(answer, str) and answer.strip() != ""
        parts = tuple(
            Part(
                id=criterion.id,
                text=criterion.text,
                chosen=written,
                right=False,
                expected=str(criterion.points),
                why=self.why if place == 0 else "",
            )
            for place, criterion in enumerate(self.criteria)
        )
        return Grade(0.0, parts, pending=written, model=self.model)

    def mark(self, points: Mapping[str, float]) -> float:
        """The score (0..1) that these points by criterion make; a criterion left out earns none.

        Raises `ValueError`, with a sentence for the trainer, for a criterion that the question does not have and for
        points below 0 or above the criterion's.
        """
        most = {criterion.id: criterion.points for criterion in self.criteria}
        for id, given in points.items():
            if id not in most:
                raise ValueError(f"The question has no criterion {id!r}.")
            if not (math.isfinite(given) and 0 <= given <= most[id]):
                raise ValueError(f"The criterion {id!r} earns 0 to {most[id]} points, not {given}.")
        return math.fsum(points.values()) / sum(most.values())
