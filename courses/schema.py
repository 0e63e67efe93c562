"""What an author writes in YAML, and what is wrong with it: values → models, every problem collected.

The models say what keys a file has. What pydantic finds is put into words in `wording`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from courses.model import Draw, Frozen, Locale, Objective, Programme, Slug, Source
from courses.problems import Problem
from courses.questions import TYPES
from courses.questions.base import PERCENT, SAID, Flag, Question, near, written
from courses.questions.unread import certain, miscounted
from courses.source import Document
from courses.vocabulary import listed
from courses.wording import SLUG_RULE, shown, worded

Spoken = Literal["sr", "bs", "cnr", "mk", "sq"]
"""The languages that people write in besides English: Serbian in Latin letters is made."""
Name = Annotated[str, Field(min_length=1, max_length=300), SAID]
Model = TypeVar("Model", bound=BaseModel)


# ── values that are written in words ───────────────────────────────────────────────────────────────────────────────


def _day(value: object) -> object:
    """Only what is written as a day: pydantic would take a number for seconds since 1970."""
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise PydanticCustomError("bad-date", "must be a day of the calendar")
    return value


Day = Annotated[date, BeforeValidator(_day)]
Share = Annotated[float, PERCENT, Field(gt=0, le=1)]
Minutes = Annotated[
    int, written(r"([0-9]{1,4}) min(?:utes?|\.)?", "bad-time", "`30 minutes`", lambda m: int(m[1])), Field(ge=1)
]
Months = Annotated[
    int,
    written(
        r"([0-9]{1,3}) (month|year)s?", "bad-time", "`24 months`", lambda m: int(m[1]) * (12 if m[2] == "year" else 1)
    ),
    Field(ge=1),
]
Drawn = Annotated[
    Draw,
    written(r"([0-9]{1,3}) from (\S+)", "bad-draw", "`8 from law`", lambda m: Draw(count=int(m[1]), bank=m[2])),
]
Reviewed = Annotated[
    date | None,
    written(
        r"pending|done ([0-9]{4}-[0-9]{2}-[0-9]{2})", "bad-review", "`pending` or `done 2026-11-20`", lambda m: m[1]
    ),
]


def _all_or_ids(value: object) -> object:
    if isinstance(value, str) and value != "all":
        raise PydanticCustomError("wrong-type", "must be `all` or a list of ids in brackets")
    return None if value == "all" else value


AllOrIds = Annotated[
    tuple[str, ...] | None,
    BeforeValidator(_all_or_ids),
    WithJsonSchema({"anyOf": [{"const": "all"}, {"type": "array", "items": {"type": "string"}}]}),
]


# ── the files ──────────────────────────────────────────────────────────────────────────────────────────────────────


class CompletionKeys(Frozen):
    """`lessons: all` is None."""

    lessons: AllOrIds = None
    """`all`, or the ids of the lessons that must be read."""
    quizzes: dict[str, Share] = Field(default_factory=dict)
    """Each quiz that must be passed, and with what share of its points: `{final: 80%}`."""


class CertificateKeys(Frozen):
    """How long a certificate is valid, in months."""

    valid_for: Months
    """`24 months` or `2 years`."""


class ReviewKeys(Frozen):
    """The state of each expert review."""

    trainer: Reviewed = None
    """Has a trainer tried it? `pending` or `done 2026-11-20`."""
    legal: Reviewed = None
    """Has a lawyer read it? `pending` or `done 2026-11-20`."""
    language: Reviewed = None
    """Has somebody read it for its language? `pending` or `done 2026-11-20`."""


class CourseFile(Frozen):
    """The keys of course.yaml."""

    id: Slug
    """The name of the course's folder. It never changes once the course is released."""
    topic: str
    """A topic of programme.yaml."""
    title: Name
    """What the catalogue, the course and its certificate are called."""
    summary: Annotated[str, Field(min_length=1), SAID]
    """One or two sentences, shown in the catalogue."""
    language: Locale = "en"
    """The language it is written in; en if left out."""
    audience: Annotated[tuple[str, ...], Field(min_length=1)]
    """Audiences of programme.yaml: for whom it is."""
    hours: Annotated[float, Field(gt=0, le=200, allow_inf_nan=False)]
    """How many hours the whole course takes."""
    enrolment: Literal["open", "on-request"] = "open"
    """`open`: anyone may enrol. `on-request`: the manager decides."""
    prerequisites: tuple[str, ...] = ()
    """Ids of courses to complete before one can enrol."""
    objectives: Annotated[tuple[Objective, ...], Field(min_length=1)]
    """What the trainee can do afterwards, each in a verb that can be observed."""
    lessons: Annotated[tuple[str, ...], Field(min_length=1)]
    """Ids of lessons, in the order in which they are taught."""
    completion: CompletionKeys = CompletionKeys()
    """What completes the course."""
    certificate: CertificateKeys | None = None
    """Leave it out for a course without a certificate."""
    review: ReviewKeys = ReviewKeys()
    """The state of each expert review."""


class FrontMatter(Frozen):
    """The keys at the top of a lesson."""

    title: Name
    """What the lesson is called; it needs no heading of its own."""
    objectives: tuple[str, ...] = ()
    """Ids of objectives of course.yaml that the lesson teaches."""
    minutes: Annotated[int, Field(ge=1, le=600)]
    """How long it takes, with its checks."""


class QuizFile(Frozen):
    """The keys of a quiz."""

    title: Name
    """What the quiz is called."""
    draw: Annotated[tuple[Drawn, ...], Field(min_length=1)]
    """What it draws at random, anew in each attempt: `8 from law`."""
    shuffle: Flag = True
    """Whether questions and choices are shuffled; true if left out."""
    time_limit: Minutes | None = None
    """Such as `30 minutes`; leave it out for none."""
    attempts: Annotated[int, Field(ge=1)] | None = None
    """How many attempts one has; leave it out for any number."""
    review: Literal["full", "wrong", "score"] = "full"
    """What is shown afterwards: `full` answers and reasons, which were `wrong`, or the `score`."""


class SourceKeys(Frozen):
    """The keys of one source."""

    kind: Literal["treaty", "law", "judgment", "guidance", "statistics", "report", "book", "article"]
    """What kind of document it is."""
    title: Annotated[str, Field(min_length=1)]
    """Its whole title."""
    short: Name
    """How the text cites it."""
    publisher: Name
    """Who published it: an organisation, a court, an official gazette."""
    year: Annotated[int, Field(ge=1500, le=2200)]
    """When it was published or adopted."""
    number: Name = ""
    """The number by which it is found; this or `url`, or both."""
    url: Annotated[str, Field(pattern=r"^https?://[^\s/]+\S*$")] = ""
    """Its address on the web; this or `number`, or both."""
    as_of: Day | None = None
    """The day it was last looked up: `2026-11-21`."""


class TermKeys(Frozen):
    """The keys of one term of the glossary."""

    id: Slug
    """The name under which lessons use it: `[smuggling](term:smuggling)`."""
    term: Name
    """The term as it stands in a list."""
    definition: Annotated[str, Field(min_length=1, max_length=600)]
    """What it means, in one or two sentences of plain text."""
    source: str = ""
    """The key of the source that defines it, and the place: `smuggling-protocol, art. 3(a)`."""
    equivalents: dict[Spoken, Name] = Field(default_factory=dict)
    """What it is called in the languages of the region, for who reads an English lesson: `{sr: кријумчарење}`."""


# ── reading ────────────────────────────────────────────────────────────────────────────────────────────────────────


def validate(document: Document, model: type[Model], at: tuple[str | int, ...] = ()) -> Model | None:
    """The value at `at` as the model, or None and more problems in the document."""
    data = document.at(at)
    if data is None and not at:
        if not document.broken:
            _add(
                document,
                (),
                "empty-value",
                "There are no keys here.",
                f"Begin with `{next(iter(model.model_fields))}:`.",
            )
        return None
    try:
        return model.model_validate(data)
    except ValidationError as error:
        for found in error.errors(include_url=False):
            if not miscounted(found):
                document.problems.append(worded(document, model, at, found))
        return None


def questions(document: Document) -> Iterator[tuple[tuple[str | int, ...], Question]]:
    """Each question of a bank that has the right fields, with its path. What is wrong, cross-field mistakes too, is
    added to the document's problems; a question with such mistakes is left out."""
    for at in _entries(document, list, "a list of questions, each beginning with `- id:`"):
        fields = document.at(at)
        kind = fields.get("type") if isinstance(fields, dict) else None
        if not isinstance(fields, dict):
            _add(document, at, "wrong-type", "A question must be keys with values.", "Begin it with `- id:`.")
        elif kind is None:
            _add(document, at, "missing-key", "The key `type` is missing.", f"Write one of {listed(TYPES)}.")
        elif not isinstance(kind, str) or kind not in TYPES:
            message = f"There is no question type {shown(kind)}."
            _add(document, (*at, "type"), "unknown-value", message, near(str(kind), TYPES))
        else:
            question = validate(document, TYPES[kind], at)
            between = question.mistakes() if question else certain(TYPES[kind], fields)
            mistakes = [*TYPES[kind].mistakes_in(fields), *between]
            for mistake in mistakes:
                _add(document, (*at, *mistake.at), mistake.code, mistake.message, mistake.hint)
            if question and not mistakes:
                yield at, question


def sources(document: Document) -> Iterator[Source]:
    """Each source of sources.yaml that has the right fields."""
    for at in _entries(document, dict, "sources by their keys", may_be_empty=True):
        key = str(at[0])
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key) or len(key) > 64:
            place = document.key_place(at)
            message = f"`{key}` is no key of a source: {SLUG_RULE}."
            document.problems.append(Problem(document.source.file, *place, "error", "bad-id", message))
        elif keys := validate(document, SourceKeys, at):
            if keys.number or keys.url:
                yield Source(id=key, **keys.model_dump())
            else:
                message = f"The source `{key}` has neither `number` nor `url`, so nobody can find it."
                _add(document, at, "source-without-address", message, "Give it one of them, or both.")


def terms(document: Document) -> Iterator[tuple[tuple[str | int, ...], TermKeys]]:
    """Each term of the glossary that has the right fields, with its path."""
    seen: set[str] = set()
    for at in _entries(document, list, "a list of terms, each beginning with `- id:`", may_be_empty=True):
        found = validate(document, TermKeys, at)
        if found and found.id in seen:
            message = f"The id `{found.id}` is already that of another term."
            _add(document, (*at, "id"), "doubled-id", message, "Give one of them another id.")
        elif found:
            seen.add(found.id)
            yield at, found


def programme(document: Document) -> Programme | None:
    """The programme, if all of it is right."""
    return validate(document, Programme)


def _entries(document: Document, kind: type, what: str, may_be_empty: bool = False) -> Iterator[tuple[str | int, ...]]:
    """The paths of the entries of a file that is a list or a mapping. `may_be_empty`: it may hold comments alone."""
    data: Any = document.data
    if isinstance(data, kind):
        keys: Iterable[str | int] = data if isinstance(data, dict) else range(len(document.data))
        yield from ((key,) for key in keys)
    elif not document.broken and not (may_be_empty and data is None):
        _add(document, (), "wrong-type", f"The file must hold {what}.", "Look at the guide for trainers.")


def _add(document: Document, at: tuple[str | int, ...], code: str, message: str, hint: str) -> None:
    document.problems.append(Problem(document.source.file, *document.place(at), "error", code, message, hint))
