"""What is wrong between the fields of a question of which some cannot be read.

The question is mended: whatever its type refuses gives way to something it takes, so that the rest can be asked for its
mistakes. Of these only those are told that no mending could undo. Each mistake says what it rests on
(`Mistake.rests_on`): it is left out if anything of that could not be read, and so is one that stands at such a place.
What is made for a question can make no mistake with the rest of it: a made id or text is that of nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from itertools import count, product
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from courses.questions.base import (
    ANY,
    Mistake,
    Path,
    Question,
    Written,
)
from courses.vocabulary import Vocabulary

_ROUNDS = 40
"""How often a question is mended; the worst takes half of that."""
_MADE: tuple[Callable[[str], Any], ...] = (
    lambda word: word,
    lambda _: "false",
    lambda _: "1",
    lambda _: {},
    lambda _: [],
)
"""What is tried in the place of a value, one after the other, after no value at all."""


def certain(kind: type[Question], fields: Mapping[str, Any]) -> list[Mistake]:
    """The mistakes between the fields, as an author wrote them, of a question of this kind that cannot be read: those
    that are there whatever is meant by the fields that are wrong in themselves. `fields` may hold anything that YAML
    can."""
    unread = _Unread(place for found in _errors(kind, fields) for place in _places(kind, fields, found))
    question = _mended(kind, fields)
    return [mistake for mistake in question.mistakes() if not unread.concerns(mistake)] if question else []


class _Unread:
    """The places that cannot be read. Each is kept with `ANY` for its numbers too, which makes a look-up of what
    would otherwise be a comparison of all of them with every mistake."""

    def __init__(self, places: Iterable[Path]) -> None:
        self._whole = {
            path
            for place in places
            for path in product(*((step, ANY) if isinstance(step, int) else (step,) for step in place))
        }
        self._around = {path[:steps] for path in self._whole for steps in range(len(path) + 1)}

    def concerns(self, mistake: Mistake) -> bool:
        """Whether the mistake stands at something unread, or rests on it."""
        return self._holds(mistake.at) or any(path in self._around or self._holds(path) for path in mistake.rests_on)

    def _holds(self, path: Path) -> bool:
        return any(path[:steps] in self._whole for steps in range(len(path) + 1))


def _errors(kind: type[Question], fields: Mapping[str, Any]) -> list[ErrorDetails]:
    try:
        kind.model_validate(fields)
    except ValidationError as error:
        return [found for found in error.errors(include_url=False) if not miscounted(found)]
    return []


def miscounted(found: ErrorDetails) -> bool:
    """Whether the error says of a list that has enough entries that it has too few: pydantic counts only those that
    are right."""
    return found["type"] == "too_short" and len(found["input"]) >= found["ctx"]["min_length"]


def _places(kind: type[Question], fields: Mapping[str, Any], found: ErrorDetails) -> Iterator[Path]:
    """The places that cannot be read because of the error. An unknown key is that of the keys left out that it is
    most like, or if it is like none, any of them."""
    at = found["loc"]
    if found["type"] == "extra_forbidden":
        there = _value(fields, at[:-1])
        left_out = [key for key in keys_at(kind, at[:-1]) if key not in there]
        yield from ((*at[:-1], key) for key in Vocabulary(left_out).like(str(at[-1]).lower()) or left_out)
    elif found["type"] == "too_short":
        yield (*at, len(found["input"]))  # the entry that is yet to be written
    elif found["type"] != "too_long":
        yield at


def _mended(kind: type[Question], fields: Mapping[str, Any]) -> Question | None:
    """The question with something in the place of each value that is refused; None if nothing fits."""
    mended = deepcopy(dict(fields))
    words = (f"made-for-want-of-another-{number}" for number in count())
    tried: Counter[Path] = Counter()
    for _ in range(_ROUNDS):
        errors = _errors(kind, mended)
        if not errors:
            return kind.model_validate(mended)
        for found in errors:
            _mend(mended, found, words, tried)
    return None


def _mend(fields: dict[str, Any], found: ErrorDetails, words: Iterator[str], tried: Counter[Path]) -> None:
    """Put the next that has not been tried in the place of the value that is refused; once all has been, in the place
    of what it stands in. A list loses what it has too much at its end, and grows there, so that all else stays where
    it is."""
    at = found["loc"]
    value = _value(fields, at)
    if found["type"] == "too_long" and isinstance(value, list):
        del value[found["ctx"]["max_length"] :]
        return
    if found["type"] == "too_short" and isinstance(value, list):
        value += [next(words) for _ in range(found["ctx"]["min_length"] - len(value))]
        return
    while len(at) > 1 and tried[at] > len(_MADE):
        at = at[:-1]
    inside, last = _value(fields, at[:-1]), at[-1]
    made = _MADE[tried[at] - 1](next(words)) if 0 < tried[at] <= len(_MADE) else None
    tried[at] += 1
    if isinstance(inside, dict):
        if made is None:
            inside.pop(last, None)
        else:
            inside[last] = made
    elif isinstance(inside, list) and isinstance(last, int) and last < len(inside):
        inside[last] = made


def _value(fields: Any, at: Path) -> Any:
    """The value at the path; None if there is none."""
    for step in at:
        try:
            fields = fields[step]
        except (KeyError, IndexError, TypeError):
            return None
    return fields


def keys_at(model: type[BaseModel], at: Iterable[str | int]) -> list[str]:
    """The keys that the model, or the model at the path inside it, has."""
    inner = model_at(model, at)
    return list(inner.model_fields) if inner else []


def model_at(model: type[BaseModel], at: Iterable[str | int]) -> type[BaseModel] | None:
    """The model at the path inside the model; None if there is none, as where something is written in words."""
    inner: type[BaseModel] | None = model
    for step in at:
        if isinstance(step, str) and inner is not None:
            field = inner.model_fields.get(step)
            inner = _inner(field.annotation) if field else None
    return inner


def _inner(annotation: Any) -> type[BaseModel] | None:
    """The model in an annotation such as `tuple[Choice, ...] | None`."""
    if any(isinstance(getattr(one, "func", None), Written) for one in getattr(annotation, "__metadata__", ())):
        return None
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in getattr(annotation, "__args__", ()) if (found := _inner(part))), None)
