"""Rating: one point of a scale, for surveys.

There is no right point, so `graded` is False, and whoever adds up scores leaves the question out. So that "all of an
answer is there" can be asked of this type as of the others, any point of the scale scores 1 and nonsense 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from courses.model import Frozen, Slug
from courses.questions.base import (
    Grade,
    Mistake,
    Option,
    Part,
    Payload,
    Question,
    Text,
    doubled,
)


class Point(Frozen):
    """A point of the scale."""

    id: Slug
    text: Text


class Rating(Question):
    """The answer is the id of a point. The scale stands in the author's order."""

    graded: ClassVar[bool] = False

    type: Literal["rating"]
    scale: Annotated[tuple[Point, ...], Field(min_length=2, max_length=10)]
    """The points of the scale, in their order."""

    def mistakes(self) -> Iterator[Mistake]:
        yield from doubled(self.scale, ("scale",), "points of the scale")

    def payload(self, order: Sequence[str] = (), answer: object = None) -> Payload:  # noqa: ARG002
        return Payload(self.id, self.type, self.stem, tuple(Option(point.id, point.text) for point in self.scale))

    def grade(self, answer: object) -> Grade:
        """Every part is right, since none can be wrong."""
        parts = tuple(Part(id=point.id, text=point.text, chosen=answer == point.id, right=True) for point in self.scale)
        return Grade(float(any(part.chosen for part in parts)), parts)
