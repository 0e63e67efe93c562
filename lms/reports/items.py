"""How the items of a course's quizzes work: what trainers read to learn which questions are bad.

What is counted, and how, follows classical test theory as Moodle documents it ("Quiz statistics calculations" and
"Quiz report statistics", docs.moodle.org):

- Only the first attempt of each enrolment counts. Later ones were made by people who had seen items and reasons, which
  breaks what item statistics take for granted.
- The *facility index* is the mean score of those who answered, 0..1. (Moodle counts an item that was shown and left
  blank as 0; here nothing was stored for it, so it does not count.)
- The *discrimination index* is the product-moment correlation between the score of the item and the score of the rest
  of the same attempt, -1..1. The rest leaves the item itself out, which would otherwise correlate with itself. It is
  given from `ENOUGH` answers on: with fewer, an index of 0 would come out beyond ±0.28 by chance alone in one of
  twenty items (1.96/√(n-1)).

Attempts that await a trainer's mark do not count yet. A rating has no indexes, as nothing in it is right, and stands in
no sum. Open answers are not told in words: they are their writers' own.

Fewer than `FEWEST` answers to an item are not shown at all. From there on, how often each option was chosen is shown as
it is, small numbers too: an item says nothing about who answered, and its facility index would give them away anyway.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Integer, String, and_, cast, func, select
from sqlalchemy.orm import Session

from courses.model import Course
from courses.questions.base import Question
from courses.questions.scenario import Scenario
from lms.library import Library
from lms.records.attempts import Answer, Attempt
from lms.records.scope import Scope

FEWEST = 5
ENOUGH = 50
TICKED = ("single-choice", "multiple-choice", "true-false", "rating")

Advice = Literal["", "negative", "hard", "weak", "easy"]


@dataclass(frozen=True, slots=True)
class Chosen:
    """How often something was answered, and whether it is right. `text` is inline HTML, or "" for all the answers
    typed that fewer than FEWEST others typed as well."""

    text: str
    count: int
    right: bool


@dataclass(frozen=True, slots=True)
class Choosing:
    """What was answered in one place of an item: in a gap, beside the left side of a pair, for a step (`label`, inline
    HTML); "" where the item has only one."""

    label: str
    rows: tuple[Chosen, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a bank. `answers` is None for fewer than FEWEST, and then nothing else is told; the indexes are None
    where they can't be given."""

    bank: str
    question: Question
    answers: int | None = None
    facility: float | None = None
    discrimination: float | None = None
    chosen: tuple[Choosing, ...] = ()

    @property
    def has_distractors(self) -> bool:
        """Whether there are wrong options to choose: none where something is typed, put in order, judged as true or
        false, or acted out."""
        asked = self.question.payload()
        options = asked.options or any(slot.options for slot in asked.slots)
        return asked.shape in ("id", "ids", "slots") and asked.type != "true-false" and bool(options)

    @property
    def advice(self) -> Advice:
        """What to look at, from the bands of Moodle's "Quiz report statistics": an index of discrimination below 0
        (the key may be wrong), a facility of at most 20%, a discrimination below 0.2, a facility of at least 95%."""
        if self.discrimination is not None and self.discrimination < 0:
            return "negative"
        if self.facility is not None and self.facility <= 0.2:
            return "hard"
        if self.discrimination is not None and self.discrimination < 0.2:
            return "weak"
        return "easy" if self.facility is not None and self.facility >= 0.95 else ""


@dataclass(frozen=True, slots=True)
class QuizFigures:
    """The first attempts at a quiz: how many, their mean score and the share that passed; None for fewer than
    FEWEST. `mean` is None as well where nothing of the quiz is graded."""

    attempts: int | None = None
    mean: float | None = None
    passed: float | None = None


@dataclass(slots=True)
class _Sums:
    """Sums over the answers to an item: of its score x, the rest's score y, their squares and product."""

    n: int = 0
    x: float = 0.0
    xx: float = 0.0
    y: float = 0.0
    yy: float = 0.0
    xy: float = 0.0
    given: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def correlation(self) -> float | None:
        """The correlation of x and y; None where one of them is the same for all."""
        var_x, var_y = self.xx / self.n - (self.x / self.n) ** 2, self.yy / self.n - (self.y / self.n) ** 2
        if var_x < 1e-9 or var_y < 1e-9:
            return None
        r: float = (self.xy / self.n - self.x * self.y / self.n**2) / (var_x * var_y) ** 0.5
        return max(-1.0, min(1.0, r))


def quizzes(session: Session, scope: Scope, course: Course) -> dict[str, QuizFigures]:
    """The first attempts at each quiz of the course: one statement."""
    rows = session.execute(
        select(Attempt.quiz_id, func.count(), func.avg(Attempt.score), func.avg(cast(Attempt.passed, Integer)))
        .where(scope.covers(Attempt, counting=True), *_first(course))
        .group_by(Attempt.quiz_id)
    )
    found = {
        quiz: QuizFigures(n, None if mean is None else float(mean), float(passed))
        for quiz, n, mean, passed in rows
        if n >= FEWEST
    }
    return {quiz.id: found.get(quiz.id, QuizFigures()) for quiz in course.quizzes}


def items(session: Session, scope: Scope, library: Library, course: Course) -> list[Item]:
    """The items of the banks that the course's quizzes draw from, in the author's order: one statement."""
    drawn = {draw.bank for quiz in course.quizzes for draw in quiz.draw}
    banks = [bank for bank in course.banks if bank.id in drawn]
    sums = _sums(session, scope, library, course)
    found = []
    for bank in banks:
        for id in bank.questions:
            if question := library.question(course.id, id):
                found.append(_item(bank.id, question, sums.get(id, _Sums())))
    return found


def _first(course: Course) -> tuple[Any, ...]:
    return Attempt.course_id == course.id, Attempt.number == 1, Attempt.passed.is_not(None)


def _sums(session: Session, scope: Scope, library: Library, course: Course) -> dict[str, _Sums]:
    """The sums of each item. The database adds up per distinct answer and revision; what remains is a few rows."""
    x: Any = Answer.score
    s: Any = Attempt.score
    rows = session.execute(
        select(
            Answer.question_id,
            Attempt.revision,
            Attempt.quiz_id,
            cast(Answer.answer, String),
            func.count(),
            func.sum(x),
            func.sum(x * x),
            func.sum(s),
            func.sum(s * s),
            func.sum(x * s),
        )
        .join(Attempt, and_(Attempt.institution_id == Answer.institution_id, Attempt.id == Answer.attempt_id))
        .where(scope.covers(Attempt, counting=True), *_first(course), x.is_not(None))
        .group_by(Answer.question_id, Attempt.revision, Attempt.quiz_id, cast(Answer.answer, String))
    )
    found: dict[str, _Sums] = defaultdict(_Sums)
    lengths: dict[tuple[str, str], float] = {}
    for id, revision, quiz_id, answer, n, sx, sxx, ss, sss, sxs in rows:
        sums = found[id]
        sums.n += n
        sums.x += sx
        sums.xx += sxx
        sums.given[answer] += n
        if ss is None:
            continue  # nothing of these attempts is graded
        # an attempt's score s is the mean of its m graded items, so the mean of the others is y = (m·s - x) / (m - 1)
        if (revision, quiz_id) not in lengths:
            lengths[revision, quiz_id] = _length(library, course.id, revision, quiz_id)
        m = lengths[revision, quiz_id]
        if m > 1:
            sums.y += (m * ss - sx) / (m - 1)
            sums.yy += (m * m * sss - 2 * m * sxs + sxx) / (m - 1) ** 2
            sums.xy += (m * sxs - sxx) / (m - 1)
    return found


def _length(library: Library, course_id: str, revision: str, quiz_id: str) -> float:
    """How many graded items an attempt at the quiz has: of a bank that mixes them with ratings, as many as can be
    expected."""
    course = library.course(course_id, revision)
    quiz = course.quiz(quiz_id) if course else None
    if course is None or quiz is None:
        return 0
    shares = {}
    for bank in course.banks:
        questions = [library.question(course_id, id, revision) for id in bank.questions]
        shares[bank.id] = sum(q is not None and q.graded for q in questions) / len(questions)
    return sum(draw.count * shares[draw.bank] for draw in quiz.draw)


def _item(bank: str, question: Question, sums: _Sums) -> Item:
    if sums.n < FEWEST:
        return Item(bank, question)
    facility = sums.x / sums.n if question.graded else None
    discrimination = sums.correlation() if question.graded and sums.n >= ENOUGH else None
    return Item(
        bank,
        question,
        sums.n,
        facility,
        discrimination,
        tuple(_chosen(question, ((json.loads(answer), n) for answer, n in sums.given.items()))),
    )


def _ways(question: Scenario, counts: dict[tuple[str, str], int]) -> Iterable[Choosing]:
    """How often each choice was made, in the situation where it stands."""
    best = question.best_choices()
    for state in question.states:
        if state.choices:
            ways = (Chosen(way.text, counts[way.id, way.text], way.id in best) for way in state.choices)
            yield Choosing(state.text, tuple(ways))


def _chosen(question: Question, given: Iterable[tuple[Any, int]]) -> Iterable[Choosing]:
    """What was answered, under the ids and in the words that the question has now."""
    if question.type == "open":
        return
    empty = question.grade(None).parts
    counts: dict[tuple[str, str], int] = defaultdict(int)
    right: set[tuple[str, str]] = set()
    for answer, n in given:
        parts = [part for part in question.grade(answer).parts if part.chosen]
        right |= {(part.id, part.given) for part in parts if part.right}
        for place in {(part.id, part.given) for part in parts}:  # a scenario may pass through a situation twice
            counts[place] += n
    if question.type in TICKED:
        keyed = question.graded  # what an empty answer does not get right should have been ticked
        yield Choosing("", tuple(Chosen(part.text, counts[part.id, ""], keyed and not part.right) for part in empty))
        return
    if isinstance(question, Scenario):
        yield from _ways(question, counts)
        return
    menus = {slot.id: [option.text for option in slot.options] for slot in question.payload().slots}
    for part in empty:
        menu = menus.get(part.id) or []
        if question.type == "ordering":
            menu = [str(place + 1) for place in range(len(empty))]
        if menu:
            rows = [Chosen(text, counts[part.id, text], text == part.expected) for text in menu]
            yield Choosing(part.text, tuple(rows))
            continue
        typed = {text: n for (id, text), n in counts.items() if id == part.id}
        often = sorted((text for text, n in typed.items() if n >= FEWEST), key=lambda text: -typed[text])
        rows = [Chosen(text, typed[text], (part.id, text) in right) for text in often]
        rest = sum(n for text, n in typed.items() if text not in often)
        yield Choosing(part.text, tuple([*rows, Chosen("", rest, False)] if rest else rows))
