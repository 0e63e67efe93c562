"""What every question type is: fields, what the browser gets, and how an answer is graded.

A type knows no web page and no database. Its fields are what an author writes (texts in Markdown); the compiled
question is the same class with the texts rendered. An *answer* is plain JSON made of the author's stable ids, never
of positions. `payload` is all that leaves the server before the answer is in: it holds no key, no `why`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Annotated, Literal

from pydantic import Field

from courses.model import Frozen, Slug

Text = Annotated[str, Field(min_length=1), "inline-markdown"]
"""A field that an author writes in inline Markdown; the compiler renders it to inline HTML."""

Answer = str | list[str] | dict[str, str]
"""single choice, true/false: an id; multiple choice, ordering: a list of ids; matching, gaps: part id → id or text."""


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
    """The result of grading: `score` in 0..1 and the parts in the author's order."""

    score: float
    parts: tuple[Part, ...] = ()


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
class Payload:
    """All that a browser gets of a question before it is answered.

    `options` to choose from or to put in order; `slots` to fill (matching: each with the same options; gaps: each
    with its own). `text` is the text with gaps, cut at them: alternately inline HTML and the id of a slot, or ().
    """

    id: str
    type: str
    stem: str
    options: tuple[Option, ...] = ()
    slots: tuple[Slot, ...] = ()
    text: tuple[str, ...] = field(default=())


class Question(Frozen):
    """The fields that all types share. `level`: whether the item asks to recall or to judge a case."""

    id: Slug
    type: str
    objective: str
    level: Literal["recall", "judgement"] = "recall"
    stem: Text

    def order(self, rng: Random) -> tuple[str, ...]:
        """An order, drawn from `rng`, of whatever of this question may be shuffled, as ids; () where nothing may."""
        return ()

    def payload(self, order: Sequence[str] = ()) -> Payload:
        """What the browser gets. `order` comes from `order()`; ids it does not name stand last in the author's
        order, ids the question no longer has are passed over."""
        raise NotImplementedError

    def grade(self, answer: object) -> Grade:
        """The grade of any JSON value. An answer of the wrong shape, None, or unknown ids score nothing; this never
        raises."""
        raise NotImplementedError
