"""The open answers that await a trainer's mark, oldest first, without the names of those who wrote them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from lms.records.attempts import Answer, Attempt
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
        scope.covers(Attempt), Attempt.passed.is_(None), Attempt.submitted_at.is_not(None), Answer.score.is_(None),
    )  # fmt: skip


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
