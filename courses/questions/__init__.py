"""The question types: one file each, all of them in one dict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from courses.questions.base import Question
from courses.questions.categorise import Categorise
from courses.questions.gaps import Gaps
from courses.questions.matching import Matching
from courses.questions.multiple_choice import MultipleChoice
from courses.questions.number import NumberQuestion
from courses.questions.open import Open
from courses.questions.ordering import Ordering
from courses.questions.rating import Rating
from courses.questions.scenario import Scenario
from courses.questions.short_text import ShortText
from courses.questions.single_choice import SingleChoice
from courses.questions.true_false import TrueFalse

TYPES: dict[str, type[Question]] = {
    "single-choice": SingleChoice,
    "multiple-choice": MultipleChoice,
    "true-false": TrueFalse,
    "matching": Matching,
    "ordering": Ordering,
    "gaps": Gaps,
    "short-text": ShortText,
    "number": NumberQuestion,
    "categorise": Categorise,
    "open": Open,
    "scenario": Scenario,
    "rating": Rating,
}


def parse(fields: Mapping[str, Any]) -> Question:
    """The question with these fields, of the type that its field `type` names.

    Raises `KeyError` for an unknown type and `pydantic.ValidationError` for wrong fields.
    """
    return TYPES[fields["type"]].model_validate(fields)
