"""Ordering: two or more steps to be put in their right order.

Partial credit counts pairs: of all pairs of steps, the share put in the right order minus the share put in the wrong
order, and never less than 0. This is Kendall's rank correlation tau (M. G. Kendall, "A new measure of rank
correlation", Biometrika 30 (1938), 81-93): an order drawn by lot can expect 0, and one step moved costs little even if
no step then stands at its own place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from random import Random
from typing import Annotated, Any, Literal

from pydantic import Field

from courses.model import Frozen, Slug
from courses.questions.base import (
    Grade,
    Mistake,
    Option,
    OptionalPassage,
    Part,
    Payload,
    Question,
    Text,
    arranged,
    concealed,
    doubled,
    known_ids,
)


class Step(Frozen):
    """A step, and why it stands where it stands."""

    id: Slug
    text: Text
    why: OptionalPassage = ""


class Ordering(Question):
    """The answer is the list of the ids of all steps. A list that leaves steps out earns what its pairs earn."""

    type: Literal["ordering"]
    steps: Annotated[tuple[Step, ...], Field(min_length=2)]
    """In their right order; trainees see them shuffled."""

    def key(self) -> dict[str, Any]:
        """As of every question, but here the order is the key."""
        return super().key() | {"steps": [step.id for step in self.steps]}

    def mistakes(self) -> Iterator[Mistake]:
        yield from doubled(self.steps, ("steps",), "steps")

    def order(self, rng: Random) -> tuple[str, ...]:
        return self._but_the_key(rng.sample(self.steps, len(self.steps)))

    def _but_the_key(self, steps: Sequence[Step]) -> tuple[str, ...]:
        ids, key = tuple(step.id for step in steps), tuple(step.id for step in self.steps)
        return ids if ids != key else (*key[1:], key[0])

    def payload(self, order: Sequence[str] = (), answer: object = None) -> Payload:  # noqa: ARG002
        """As of every question, but where `order` names no step, they stand in one that is always the same and owes
        nothing to the author's, since the author's is the key."""
        texts = {step.id: step.text for step in self.steps}
        if not set(order) & set(texts):
            order = self._but_the_key(sorted(self.steps, key=lambda step: concealed(self.id, "step", step.id)))
        options = tuple(Option(id, texts[id]) for id in arranged(texts, order))
        return Payload(self.id, self.type, self.stem, options, shape="places")

    def grade(self, answer: object) -> Grade:
        """Of a part, `given` and `expected` are places counted from 1; it is right where they are the same."""
        key = [step.id for step in self.steps]
        given = known_ids(answer, key) or []
        parts = tuple(
            Part(
                id=step.id,
                text=step.text,
                chosen=step.id in given,
                right=given[place : place + 1] == [step.id],
                given=str(given.index(step.id) + 1) if step.id in given else "",
                expected=str(place + 1),
                why=step.why,
            )
            for place, step in enumerate(self.steps)
        )
        place = {id: number for number, id in enumerate(key)}
        agreement = sum(1 if place[first] < place[second] else -1 for first, second in combinations(given, 2))
        pairs = len(key) * (len(key) - 1) // 2
        return Grade(max(0.0, agreement / pairs) if pairs else 0.0, parts)
