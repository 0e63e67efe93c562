"""The open answers that await a trainer's mark, and those that have one, without the names of those who wrote them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from lms.records.attempts import Answer, Attempt, Mark
from lms.records.scope import Scope


@dataclass(frozen=True, slots=True)
class Waiting:
    """An answer that awaits its mark: where it stands, the revision that asked for it, and what was written."""

    attempt_id: UUID
    question_id: str
    quiz_id: str
    revision: str
    submitted_at: datetime
    answer: str


_ITS_ANSWERS = and_(Answer.institution_id == Attempt.institution_id, Answer.attempt_id == Attempt.id)


def _waits(scope: Scope) -> tuple[ColumnElement[bool], ...]:
    """The condition that an answer has no score, in an attempt that was submitted and has no result."""
    return (
        scope.covers(Attempt),
        Attempt.passed.is_(None),
        Attempt.submitted_at.is_not(None),
        Answer.score.is_(None),
    )


def counts(session: Session, scope: Scope) -> dict[str, int]:
    """How many answers await their mark in each course that has any: one statement."""
    rows = session.execute(
        select(Attempt.course_id, func.count())
        .join(Answer, _ITS_ANSWERS)
        .where(*_waits(scope))
        .group_by(Attempt.course_id)
    )
    return {course_id: count for course_id, count in rows}  # noqa: C416 - mypy can't tell of a row that it is a pair


def waiting(session: Session, scope: Scope, course_id: str, limit: int, offset: int = 0) -> list[Waiting]:
    """The answers in a course that await their mark, those that have waited longest first: one statement."""
    rows = session.execute(
        select(Attempt.id, Answer.question_id, Attempt.quiz_id, Attempt.revision, Attempt.submitted_at, Answer.answer)
        .join(Answer, _ITS_ANSWERS)
        .where(*_waits(scope), Attempt.course_id == course_id)
        .order_by(Attempt.submitted_at, Attempt.id, Answer.question_id)
        .limit(limit)
        .offset(offset)
    )
    return [Waiting(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Marked:
    """An answer that has its mark: where it stands, the revision that asked for it, what was written, and the mark that
    holds: its score (0..1), when it was given, and which one it is, from 1."""

    attempt_id: UUID
    question_id: str
    quiz_id: str
    revision: str
    answer: str
    score: float
    marked_at: datetime
    number: int


_ITS_ATTEMPT = and_(Attempt.institution_id == Mark.institution_id, Attempt.id == Mark.attempt_id)


def marked_count(session: Session, scope: Scope, course_id: str) -> int:
    """How many answers in a course have a mark: one statement."""
    query = select(func.count()).select_from(Mark).join(Attempt, _ITS_ATTEMPT)
    return session.scalar(query.where(scope.covers(Attempt), Attempt.course_id == course_id, Mark.number == 1)) or 0


def marked(session: Session, scope: Scope, course_id: str, limit: int, offset: int = 0) -> list[Marked]:
    """The answers in a course that have a mark, those marked last first: one statement."""
    later = aliased(Mark)
    rows = session.execute(
        select(
            Attempt.id,
            Mark.question_id,
            Attempt.quiz_id,
            Attempt.revision,
            Answer.answer,
            Mark.score,
            Mark.marked_at,
            Mark.number,
        )
        .join_from(Mark, Attempt, _ITS_ATTEMPT)
        .join(Answer, and_(_ITS_ANSWERS, Answer.question_id == Mark.question_id))
        .where(
            scope.covers(Attempt),
            Attempt.course_id == course_id,
            ~exists().where(
                later.institution_id == Mark.institution_id,
                later.attempt_id == Mark.attempt_id,
                later.question_id == Mark.question_id,
                later.number > Mark.number,
            ),
        )
        .order_by(Mark.marked_at.desc(), Attempt.id, Mark.question_id)
        .limit(limit)
        .offset(offset)
    )
    return [Marked(*row) for row in rows]
