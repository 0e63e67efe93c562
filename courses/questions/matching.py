"""Matching: each left side goes with one right side; distractors are right sides that go with nothing.

Partial credit is the share of the left sides matched rightly, as by the response template `map_response` of IMS QTI
2.2 with equal weights.

A right side has the same id as its left side in the author's text, which would tell the key to the browser. So both
sides get ids of their own, made from the question's id and the author's: they stay the same when texts are re-worded or
pairs re-ordered, and say neither what belongs together nor which options are distractors. The author's id itself, from
which both could be worked out, never leaves the server before the answer is in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Annotated, Literal

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
    Slot,
    Text,
    arranged,
    concealed,
    doubled,
    filled_slots,
    joined,
)


class Pair(Frozen):
    """A left side, the right side that goes with it, and why."""

    id: Slug
    left: Text
    right: Text
    why: OptionalPassage = ""


class Distractor(Frozen):
    """A right side that goes with no left side, and why."""

    id: Slug
    text: Text
    why: OptionalPassage = ""


class Matching(Question):
    """The answer maps the id of each left side's slot to the id of an option."""

    type: Literal["matching"]
    pairs: Annotated[tuple[Pair, ...], Field(min_length=2)]
    """Each left side with the right side that belongs to it."""
    distractors: tuple[Distractor, ...] = ()
    """Right sides that belong to none."""

    def option_id(self, id: str) -> str:
        """The id under which the browser knows the right side of the pair, or the distractor, with the id `id`."""
        return concealed(self.id, "right", id)

    def slot_id(self, id: str) -> str:
        """The id under which the browser knows the left side of the pair with the id `id`."""
        return concealed(self.id, "left", id)

    def mistakes(self) -> Iterator[Mistake]:
        yield from doubled(self.pairs, ("pairs",), "pairs")
        pairs = {pair.id for pair in self.pairs}
        for place, distractor in enumerate(self.distractors):
            if distractor.id in pairs:
                yield Mistake(
                    ("distractors", place, "id"),
                    "doubled-id",
                    f"A pair and a distractor have the id `{distractor.id}`.",
                    "Give one another id.",
                    rests_on=(),
                )
        yield from doubled(self.distractors, ("distractors",), "distractors")
        sides = [(("pairs", place, "right"), pair.right) for place, pair in enumerate(self.pairs)]
        sides += [(("distractors", place, "text"), item.text) for place, item in enumerate(self.distractors)]
        seen: set[str] = set()
        for at, text in sides:
            if text in seen:
                yield Mistake(
                    at,
                    "doubled-text",
                    f"The right side “{text}” is here twice, so nobody can tell them apart.",
                    "Word one of them differently, or join the pairs.",
                    rests_on=(),
                )
            seen.add(text)

    def _options(self) -> dict[str, Option]:
        sides = [(pair.id, pair.right) for pair in self.pairs] + [(item.id, item.text) for item in self.distractors]
        return {self.option_id(id): Option(self.option_id(id), text) for id, text in sides}

    def order(self, rng: Random) -> tuple[str, ...]:
        ids = list(self._options())
        return tuple(rng.sample(ids, len(ids)))

    def payload(self, order: Sequence[str] = (), answer: object = None) -> Payload:  # noqa: ARG002
        """As of every question, but options that `order` does not name stand by their ids: the author's order of
        the right sides would be that of the left sides, which is the key."""
        options = self._options()
        shown = tuple(options[id] for id in arranged(sorted(options), order))
        slots = tuple(Slot(self.slot_id(pair.id), pair.left, shown) for pair in self.pairs)
        return Payload(self.id, self.type, self.stem, slots=slots, shape="slots")

    def grade(self, answer: object) -> Grade:
        given = filled_slots(answer, (self.slot_id(pair.id) for pair in self.pairs))
        options = self._options()
        reasons = {self.option_id(item.id): item.why for item in self.distractors}
        parts = []
        for pair in self.pairs:
            answered = given[self.slot_id(pair.id)]
            chosen = options.get(answered)
            right = answered == self.option_id(pair.id)
            parts.append(
                Part(
                    id=self.slot_id(pair.id),
                    text=pair.left,
                    chosen=chosen is not None,
                    right=right,
                    given=chosen.text if chosen else "",
                    expected=pair.right,
                    why=joined(reasons.get(answered, ""), pair.why),
                )
            )
        return Grade(sum(part.right for part in parts) / len(parts), tuple(parts))
