"""Scenario: a branching case. The trainee chooses in one situation after another; each choice has its consequence and
leads to the next situation, until the case ends.

The score is that of the ending, and what each ending is worth is the author's judgement: no formula knows whether a
detour cost somebody their safety or only ten minutes. (H5P's Branching Scenario calls this "statically set score for
each end scenario".) At least one ending is worth 100%: the way to it is the key.

A choice is *right* if the best ending that can still be reached after it is worth as much as the best that could be
reached before it. Loops are allowed while an ending can be reached, and going round one costs nothing; after `LONGEST`
choices a case is closed where it stands, and scores 0.

The browser gets the ids of the choices in the present situation, and nothing of where they lead. What was chosen is
not undone within an attempt: it has had its consequences.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from courses.model import Frozen, Slug
from courses.questions.base import (
    PERCENT,
    Grade,
    Mistake,
    Option,
    OptionalPassage,
    Part,
    Passage,
    Payload,
    Question,
    Step,
    Text,
    arranged,
    joined,
)
from courses.questions.branches import MOST, Branches

LONGEST = 100
"""Choices after which a case is closed."""

Named = Annotated[str, Field(min_length=1)]
"""The id of a state, of which there is one; see `Branches`."""

Worth = Annotated[float, PERCENT, Field(ge=0, le=1)]
"""What an ending is worth, 0..1; written 0% to 100%."""


_WORTH = TypeAdapter(Worth)


def _worth(score: object) -> float | None:
    """The number, if it is one."""
    try:
        return _WORTH.validate_python(score)
    except ValidationError:
        return None


class Way(Frozen):
    """Something to do in a situation: the state that it leads to, what comes of it, and why that is so."""

    id: Slug
    text: Text
    to: Named
    """The id of the state that it leads to."""
    then: OptionalPassage = ""
    """The consequence, which the trainee reads after choosing."""
    why: OptionalPassage = ""


class Ending(Frozen):
    """What the case is worth that ends here, and what is said of it afterwards."""

    score: Worth
    """0% to 100%; one ending at least is worth 100%."""
    text: OptionalPassage = ""


class State(Frozen):
    """A situation, and what can be done in it; or how the case ends."""

    id: Slug
    text: Passage
    choices: tuple[Way, ...] = ()
    """What can be done here; an ending has none."""
    ending: Ending | None = None
    """What the case is worth that ends here: `{score: 60%}`."""


class Scenario(Question):
    """The answer is the list of the ids of the choices made, from the start."""

    type: Literal["scenario"]
    start: Named
    """The id of the state in which the case begins."""
    states: Annotated[tuple[State, ...], Field(min_length=2, max_length=MOST)]
    """The situations; each has choices, or is an ending."""

    # ── walking ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _walk(self, answer: object) -> tuple[list[tuple[State, Way]], State] | None:
        """The steps that the answer takes, and the state it comes to; None if it is no way from the start."""
        if not isinstance(answer, list) or len(answer) > LONGEST:
            return None
        states = {state.id: state for state in self.states}
        here, steps = states[self.start], []
        for id in answer:
            way = next((way for way in here.choices if way.id == id), None)
            if way is None:
                return None
            steps.append((here, way))
            here = states[way.to]
        return steps, here

    def _best(self) -> dict[str, float]:
        """The worth of the best ending that can be reached from each state; a state that is not in it reaches none."""
        before: dict[str, list[str]] = defaultdict(list)
        for state in self.states:
            for way in state.choices:
                before[way.to].append(state.id)
        endings = [(state.ending.score, state.id) for state in self.states if state.ending]
        best: dict[str, float] = {}
        for score, id in sorted(endings, key=lambda ending: -ending[0]):
            reached = [id]
            while reached:
                if (state_id := reached.pop()) not in best:
                    best[state_id] = score
                    reached += before[state_id]
        return best

    # ── what an author can get wrong ──────────────────────────────────────────────────────────────────────────────

    @classmethod
    def mistakes_in(cls, fields: Mapping[str, Any]) -> Iterator[Mistake]:
        yield from Branches(fields, _worth).mistakes()

    # ── playing ───────────────────────────────────────────────────────────────────────────────────────────────────

    def order(self, rng: Random) -> tuple[str, ...]:
        """The ids are those of the choices, state by state."""
        drawn = [rng.sample(state.choices, len(state.choices)) for state in self.states]
        return tuple(way.id for ways in drawn for way in ways)

    def payload(self, order: Sequence[str] = (), answer: object = None) -> Payload:
        """As of every question. There are no options once the case has ended or is closed; an answer that is no way
        from the start shows the start."""
        steps, here = self._walk(answer) or self._walk([]) or ([], self.states[0])
        texts = {way.id: way.text for way in here.choices} if len(steps) < LONGEST else {}
        return Payload(
            self.id,
            self.type,
            self.stem,
            options=tuple(Option(id, texts[id]) for id in arranged(texts, order)),
            text=(here.text,),
            trail=tuple(Step(state.text, way.text, way.then) for state, way in steps),
            shape="path",
        )

    def finished(self, answer: object) -> bool:
        """Whether the case has ended, or is closed."""
        walked = self._walk(answer)
        return walked is not None and (walked[1].ending is not None or len(walked[0]) == LONGEST)

    def follows(self, before: object, answer: object) -> bool:
        """Whether the answer is a way that begins with the one saved before, if that was one."""
        done = before if isinstance(before, list) and self._walk(before) else []
        return isinstance(answer, list) and self._walk(answer) is not None and answer[: len(done)] == done

    def best_choices(self) -> frozenset[str]:
        """The ids of the choices that are right wherever one comes to them."""
        best = self._best()
        return frozenset(
            way.id for state in self.states for way in state.choices if best.get(way.to, 0.0) >= best.get(state.id, 0.0)
        )

    def grade(self, answer: object) -> Grade:
        """Of a part, which is a step, `text` is the situation, `given` the choice and `expected` the choice that
        would have been right ("" if it was). A case that has not ended scores 0."""
        steps, here = self._walk(answer) or ([], self.states[0])
        best = self._best()
        parts = []
        for number, (state, way) in enumerate(steps):
            right = best[way.to] >= best[state.id]
            better = next((other.text for other in state.choices if best[other.to] >= best[state.id]), "")
            last = here.ending if number == len(steps) - 1 else None
            parts.append(
                Part(
                    id=way.id,
                    text=state.text,
                    chosen=True,
                    right=right,
                    given=way.text,
                    expected="" if right else better,
                    why=joined(way.then, way.why, last.text if last else ""),
                )
            )
        ended = bool(steps) and here.ending is not None
        return Grade(here.ending.score if ended and here.ending else 0.0, tuple(parts))
