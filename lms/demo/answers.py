"""How composed trainees answer: by a latent-trait model, so that the statistics of the items look like real ones.

The chance of knowing an item is that of the three-parameter logistic model (A. Birnbaum, in Lord & Novick, Statistical
Theories of Mental Test Scores, 1968) without its guessing term: who does not know an item chooses among what is there,
and may chance on the right answer. Difficulty and discrimination of an item follow from its id, so that they stay the
same. One item in twelve hardly tells those who know from those who don't, as among real items.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from random import Random

from courses.questions.base import Answer, Question
from courses.questions.categorise import Categorise
from courses.questions.gaps import Gaps
from courses.questions.matching import Matching
from courses.questions.multiple_choice import MultipleChoice
from courses.questions.number import NumberQuestion
from courses.questions.ordering import Ordering
from courses.questions.rating import Rating
from courses.questions.scenario import Scenario
from courses.questions.short_text import ShortText
from courses.questions.single_choice import SingleChoice
from courses.questions.true_false import TrueFalse


@cache
def _traits(question_id: str) -> tuple[float, float]:
    """Difficulty and discrimination of the item."""
    rng = Random(question_id)  # noqa: S311 -- composes examples
    return rng.gauss(-0.7, 0.8), 0.1 if rng.random() < 1 / 12 else rng.uniform(0.8, 1.9)


def answered(question: Question, ability: float, rng: Random) -> Answer | None:
    """The answer of somebody with this ability (mean 0, standard deviation 1); None if they leave the item out."""
    difficulty, discrimination = _traits(question.id)
    chance = 1 / (1 + math.exp(-discrimination * (ability - difficulty)))

    def knows() -> bool:
        return rng.random() < chance

    if rng.random() < 0.01:
        return None
    match question:
        case SingleChoice():
            right = next(choice.id for choice in question.choices if choice.correct)
            return right if knows() else _tempting([choice.id for choice in question.choices], question.id, rng)
        case TrueFalse():
            return str(question.answer).lower() if knows() else rng.choice(["true", "false"])
        case MultipleChoice():
            # each choice is judged on its own, and several judgements rest on one piece of knowledge
            part = chance**0.4
            return [choice.id for choice in question.choices if choice.correct == (rng.random() < part)]
        case Matching():
            ids = [pair.id for pair in question.pairs] + [distractor.id for distractor in question.distractors]
            options = [question.option_id(id) for id in ids]
            part = chance**0.5
            return {
                question.slot_id(pair.id): question.option_id(pair.id) if rng.random() < part else rng.choice(options)
                for pair in question.pairs
            }
        case Ordering():
            return _ordered([step.id for step in question.steps], chance, rng)
        case Gaps():
            return {
                gap.id: _filled(gap.accept, [c.id for c in gap.choices or () if c.correct == know], know)
                for gap in question.gaps
                for know in [knows()]
            }
        case Categorise():
            options = [question.option_id(category.id) for category in question.categories]
            part = chance**0.5
            return {
                question.slot_id(item.id): question.option_id(item.category)
                if rng.random() < part
                else rng.choice(options)
                for item in question.items
            }
        case ShortText():
            return question.accept[0] if knows() else "?"
        case NumberQuestion():
            return question.answer if knows() else str(rng.randint(1, 100))
        case Scenario():
            return _played(question, chance, rng)
        case Rating():
            return rng.choice(question.scale).id
    return None  # nobody writes composed answers in composed people's own words


def _played(case: Scenario, chance: float, rng: Random) -> list[str]:
    """A way through the case to one of its endings."""
    best, way = case.best_choices(), list[str]()
    while not case.finished(way):
        ids = [option.id for option in case.payload((), way).options]
        good = [id for id in ids if id in best and id not in way]
        way.append(rng.choice(good if good and rng.random() < chance**0.5 else ids))
    return way


def _tempting(ids: Sequence[str], question_id: str, rng: Random) -> str:
    """One of the choices; which of them tempt, and how much, follows from the item."""
    weights = Random(f"tempting {question_id}")  # noqa: S311 -- composes examples
    return rng.choices(ids, [weights.random() ** 2 + 0.02 for _ in ids])[0]


def _ordered(right: list[str], chance: float, rng: Random) -> list[str]:
    steps = list(right)
    for place in range(len(steps) - 1):
        if rng.random() > chance**0.3:
            steps[place], steps[place + 1] = steps[place + 1], steps[place]
    return steps


def _filled(accept: Sequence[str] | None, choices: list[str], know: bool) -> str:
    if accept:
        return accept[0] if know else "?"
    return choices[0] if choices else ""
