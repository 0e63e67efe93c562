"""What every question type is: fields, what the browser gets, and how an answer is graded.

A type knows no web page and no database. Its fields are what an author writes (texts in Markdown); the compiled
question is the same class with the texts rendered. An *answer* is plain JSON made of the author's stable ids, never
of positions. `payload` is all that leaves the server before the answer is in: it holds no key, no `why`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from random import Random
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from courses.model import Frozen, Slug
from courses.plain import is_block
from courses.vocabulary import Vocabulary


def _said(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("empty-value", "must say something")
    return text


SAID = AfterValidator(_said)
"""What is said of a text that may not be made of spaces alone."""

Text = Annotated[str, Field(min_length=1), SAID, "markdown"]
"""A field that an author writes in inline Markdown, as one paragraph; the compiler renders it to inline HTML."""

OptionalText = Annotated[str, "markdown"]
"""The same, which may be left out: then it is "", in the compiled question too."""

Passage = Annotated[str, Field(min_length=1), SAID, "markdown", "blocks"]
"""A field that an author writes in Markdown. One paragraph is rendered to inline HTML, as a `Text` is; several, lists,
tables, quotes and code to HTML of blocks (see `plain.is_block`)."""

OptionalPassage = Annotated[str, "markdown", "blocks"]
"""The same, which may be left out."""

UNMARKED = ("markdown", "unmarked")
"""What is said of the fields that no score depends on: texts, and those annotated with "unmarked"."""

LONGEST = 200
"""Characters of a typed word that are looked at: no item asks for more, and a flood should cost nothing."""
Word = Annotated[str, Field(min_length=1, max_length=LONGEST), "typed"]

Answer = str | list[str] | dict[str, str]
"""single choice, true/false, rating: an id; number, short text, open answer: the text typed; multiple choice, ordering:
a list of ids; scenario: the ids of the choices made, in their order; matching, categorise, gaps: slot id → option id,
or the text typed. The ids are those of the payload."""


def _flag(value: object) -> object:
    """Only the words true and false: `correct: yes` would stay the text "yes" for every other reader of YAML 1.2."""
    if isinstance(value, str):
        word = value.lower()
        if word not in ("true", "false"):
            raise PydanticCustomError("bad-flag", "must be true or false")
        return word == "true"
    return value


Flag = Annotated[bool, BeforeValidator(_flag)]
"""A field that is true or false."""


class Written:
    """Reads texts such as `80%`. What was made of one before, and is no text any more, is left as it is."""

    def __init__(self, pattern: str, code: str, example: str, make: Callable[[re.Match[str]], Any]) -> None:
        self.pattern = re.compile(pattern)
        self.code = code
        self.example = example
        self.make = make

    def __call__(self, value: object) -> object:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        match = self.pattern.fullmatch(value.strip()) if isinstance(value, str) else None
        if match is None:
            raise PydanticCustomError(self.code, "must be written like {example}", {"example": self.example})
        return self.make(match)


def written(pattern: str, code: str, example: str, make: Callable[[re.Match[str]], Any]) -> BeforeValidator:
    """The validator of a field that is written in words; `example`, in backticks, shows how."""
    return BeforeValidator(Written(pattern, code, example, make))


PERCENT = written(r"([0-9]{1,3}(?:\.[0-9]+)?) ?%", "bad-share", "`80%`", lambda match: float(match[1]) / 100)
"""A share, written `80%` and kept as 0.8."""


Path = tuple[str | int, ...]
"""Keys and positions that lead to a value, from the question down."""

ANY = "*"
"""Any position of a list, in the path of what a mistake rests on."""


class Mistake(NamedTuple):
    """Something wrong within one question that the types of its fields can't tell. `at` leads to the value concerned.

    `rests_on`: all that could be the cause if it is wrong in itself, so that nobody knows whether the mistake is there
    until that is mended. It is the whole question unless somebody has thought about it; () where the mistake is there
    whatever else the author writes, as of two ids that are the same.
    """

    at: Path
    code: str
    message: str
    hint: str = ""
    rests_on: tuple[Path, ...] = ((),)


class Choice(Frozen):
    """Something to choose: whether it is right, and why."""

    id: Slug
    """Lower-case words joined by hyphens. It never changes once the course is released: answers are stored under it."""
    text: Text
    """What the trainee reads, in inline Markdown."""
    correct: Flag = False
    """true in what is right; leave it out of the others."""
    why: OptionalPassage = ""
    """Why it is right or wrong, in Markdown: the trainee reads it after the answer."""


@dataclass(frozen=True, slots=True)
class Part:
    """How one part of an answer fared: a choice, a pair, a step, a gap.

    `id` is the part's; `text` what names it to a reader (inline HTML); `given` what was answered and `expected` what
    would have been right (inline HTML, "" where the part is simply ticked or not); `chosen` whether the answer names
    the part; `right` whether it was dealt with rightly; `why` the author's reason.
    """

    id: str
    text: str
    chosen: bool
    right: bool
    given: str = ""
    expected: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Grade:
    """The result of grading: `score` in 0..1 and the parts in the author's order. `pending`: a person has to mark the
    answer first, until when the score is 0. `model` is an answer to compare one's own with (inline HTML)."""

    score: float
    parts: tuple[Part, ...] = ()
    pending: bool = False
    model: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose, as the browser gets it: id and inline HTML."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A place to be filled: a left side of a matching question, a gap. `options` empty means: typed."""

    id: str
    text: str
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A step taken in a scenario: the situation, what was chosen in it, and what came of that (all inline HTML)."""

    situation: str
    chosen: str
    consequence: str


Shape = Literal["id", "ids", "places", "slots", "text", "path"]
"""What an answer is made of, which is all that a form must know of a type: an option's id; several; every option with
its place; a mapping of slots; typed text; the options chosen one after the other."""


@dataclass(frozen=True, slots=True)
class Payload:
    """All that a browser gets of a question before it is answered, and the shape of the answer that it gives.

    `options` to choose from or to put in order; `slots` to fill (matching, categorise: each with the same options;
    gaps: each with its own). `text` is the text with gaps, cut at them: alternately inline HTML and the id of a slot;
    of a scenario, the situation that the steps taken so far (`trail`) have led to; of a number, its unit; or ().
    `limit` is the most characters that a typed answer may have (0: nothing is typed).
    """

    id: str
    type: str
    stem: str
    options: tuple[Option, ...] = ()
    slots: tuple[Slot, ...] = ()
    text: tuple[str, ...] = ()
    trail: tuple[Step, ...] = ()
    limit: int = 0
    shape: Shape = "id"


class Question(Frozen):
    """The fields that all types share. `level`: whether the item asks to recall or to judge a case."""

    id: Slug
    """Unique in the course. It never changes once the course is released: answers are stored under it."""
    type: str
    """What kind of question it is; the other keys follow from it."""
    objective: Annotated[str, "unmarked"]
    """The id of the objective in course.yaml that the question tests."""
    graded: ClassVar[bool] = True
    """Whether its score counts; a rating's does not."""

    level: Annotated[Literal["recall", "judgement"], "unmarked"] = "recall"
    """Whether it asks to recall, or to judge a case."""
    stem: Passage
    """The question or the task, in Markdown: paragraphs, lists, tables, quotes, code, maths."""

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong with the question although each of its fields is of the right type."""
        yield from ()

    @classmethod
    def mistakes_in(cls, fields: Mapping[str, Any]) -> Iterator[Mistake]:  # noqa: ARG003 - for the types that have any
        """What is wrong between the fields as they are written, whether or not each is right in itself. `fields` may
        hold anything that YAML can."""
        yield from ()

    def order(self, rng: Random) -> tuple[str, ...]:  # noqa: ARG002 - for the types that shuffle
        """An order, drawn from `rng`, of whatever of this question may be shuffled, as ids; () where nothing may."""
        return ()

    def payload(self, order: Sequence[str] = (), answer: object = None) -> Payload:
        """What the browser gets. `order` comes from `order()`; ids it does not name stand last in the author's
        order, ids the question no longer has are passed over. `answer` is what was answered so far, which only a
        scenario asks for."""
        raise NotImplementedError

    def finished(self, answer: object) -> bool:  # noqa: ARG002 - for the types that are answered step by step
        """Whether the answer is whole: a scenario's is once it has come to an ending."""
        return True

    def readable(self, answer: object) -> bool:  # noqa: ARG002 - likewise
        """Whether the answer says anything that can be marked: of a number, whether a number can be read in it."""
        return True

    def follows(self, before: object, answer: object) -> bool:  # noqa: ARG002 - likewise
        """Whether the answer may take the place of the one saved before within an attempt. What was done in a
        scenario has had its consequences and is not undone."""
        return True

    def grade(self, answer: object) -> Grade:
        """The grade of any JSON value. An answer of the wrong shape, None, or unknown ids score nothing; this never
        raises."""
        raise NotImplementedError

    def key(self) -> dict[str, Any]:
        """All that the score of an answer depends on, as JSON, and nothing else: neither texts, reasons and objective
        nor the order of what stands in lists. Questions with the same key give every answer the same score."""
        return _key_of(self)


def _key_of(item: Frozen) -> dict[str, Any]:
    fields = type(item).model_fields.items()
    return {
        name: _marked(getattr(item, name))
        for name, field in fields
        if not any(tag in UNMARKED for tag in field.metadata)
    }


def _marked(value: Any) -> Any:
    if isinstance(value, Frozen):
        return _key_of(value)
    if isinstance(value, tuple):
        if value and isinstance(value[0], Frozen):
            return {item.id: _key_of(item) for item in value}
        return sorted(set(value))
    return value


def concealed(question: str, side: str, id: str) -> str:
    """An id for the browser, made of the author's so that it stays the same when texts are re-worded or moved, where
    the author's own would tell the key: two things that belong together are often called the same."""
    return sha256(f"{question}/{side}/{id}".encode()).hexdigest()[:12]


def arranged(ids: Iterable[str], order: Sequence[str]) -> list[str]:
    """The ids in the order asked for: those that `order` does not name stand last, as they came."""
    rank = {id: place for place, id in reversed(list(enumerate(order)))}
    return sorted(ids, key=lambda id: rank.get(id, len(rank)))


def as_asked(payload: Payload, grade: Grade) -> Grade:
    """The grade with its parts in the order in which the payload asked for them, which may have been shuffled.

    The steps of an ordering question and of a scenario keep theirs: there the order is the answer.
    """
    if payload.shape not in ("id", "ids", "slots"):
        return grade
    asked = [one.id for one in payload.options or payload.slots]
    parts = {part.id: part for part in grade.parts}
    return replace(grade, parts=tuple(parts[id] for id in arranged(parts, asked)))


def doubled(items: Sequence[Choice | Frozen], at: tuple[str | int, ...], what: str) -> Iterator[Mistake]:
    """A mistake for each item whose id an earlier one of the same list has."""
    seen: set[str] = set()
    for place, item in enumerate(items):
        id: str = getattr(item, "id", "")
        if id in seen:
            message = f"Two {what} have the id `{id}`."
            yield Mistake((*at, place, "id"), "doubled-id", message, "Give one another id.", rests_on=())
        seen.add(id)


def only_right_one(choices: Sequence[Choice], at: tuple[str | int, ...]) -> Iterator[Mistake]:
    """The mistakes of a list of choices of which exactly one must be right."""
    right = [place for place, choice in enumerate(choices) if choice.correct]
    if not right:
        yield Mistake(
            at,
            "no-right-choice",
            "No choice is right.",
            "Write `correct: true` in the right one.",
            rests_on=((*at, ANY, "correct"),),
        )
    for place in right[1:]:
        yield Mistake(
            (*at, place, "correct"),
            "two-right-choices",
            "A second choice is right, but only one may be.",
            "Leave `correct: true` in one choice, or make the type multiple-choice.",
            rests_on=(),
        )


def known_ids(answer: object, ids: Iterable[str]) -> list[str] | None:
    """The answer, if it is a list of different ids out of `ids`; otherwise None."""
    if not isinstance(answer, list) or not all(isinstance(id, str) for id in answer):
        return None
    return answer if len(set(answer)) == len(answer) and set(answer) <= set(ids) else None


def near(word: str, words: Iterable[str]) -> str:
    """A hint for a word that is none of those: the one that was meant, or all of them."""
    return Vocabulary(words).hint(word)


def joined(*reasons: str) -> str:
    """The reasons that there are, as one text."""
    said = [reason for reason in reasons if reason]
    if any(map(is_block, said)):
        said = [reason if is_block(reason) else f"<p>{reason}</p>" for reason in said]
    return " ".join(said)


def filled_slots(answer: object, ids: Iterable[str]) -> dict[str, str]:
    """What the answer says for each slot out of `ids`: "" for a slot it leaves out or fills with what is no text. An
    answer that is no mapping, or fills a slot that does not exist, says nothing."""
    slots = list(ids)
    if not isinstance(answer, dict) or not set(answer) <= set(slots):
        return dict.fromkeys(slots, "")
    return {id: value if isinstance(value := answer.get(id), str) else "" for id in slots}
