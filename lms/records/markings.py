"""By which revision's key submitted answers were marked: what grading anew goes by."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, and_, exists, func, select, tuple_
from sqlalchemy.orm import Session

from lms.records.attempts import Answer, Attempt
from lms.records.scope import Scope

Marking = tuple[str, str, str]
"""A question's id, the revision by whose key answers to it were marked, and the language of the attempt, as languages
differ in the words that they accept."""

_MARKED_BY = func.coalesce(func.nullif(Answer.graded_by, ""), Attempt.revision)
_SAME_ATTEMPT = and_(Attempt.institution_id == Answer.institution_id, Attempt.id == Answer.attempt_id)


def markings(session: Session, scope: Scope, course_id: str, questions: Collection[str]) -> set[Marking]:
    """How the submitted answers to these questions of a course were marked: one statement."""
    rows = session.execute(
        select(Answer.question_id, _MARKED_BY, Attempt.locale)
        .join(Attempt, _SAME_ATTEMPT)
        .where(scope.covers(Attempt, counting=True), *_submitted(course_id), Answer.question_id.in_(questions))
        .distinct()
    )
    return {(question, revision, locale) for question, revision, locale in rows}


def _submitted(course_id: str) -> tuple[ColumnElement[bool], ...]:
    return Attempt.course_id == course_id, Attempt.submitted_at.is_not(None)


def _holds(found: Collection[Marking]) -> ColumnElement[bool]:
    return exists().where(_SAME_ATTEMPT, tuple_(Answer.question_id, _MARKED_BY, Attempt.locale).in_(list(found)))


def marked_so(session: Session, scope: Scope, course_id: str, found: Collection[Marking]) -> Sequence[Attempt]:
    """The submitted attempts that hold an answer marked in one of these ways, oldest first: one statement."""
    return session.scalars(
        select(Attempt)
        .where(scope.covers(Attempt), *_submitted(course_id), _holds(found))
        .order_by(Attempt.submitted_at, Attempt.id)
    ).all()


def count_marked_so(session: Session, scope: Scope, course_id: str, found: Collection[Marking]) -> int:
    """How many they are: one statement."""
    query = select(func.count()).select_from(Attempt)
    return session.scalar(query.where(scope.covers(Attempt, counting=True), *_submitted(course_id), _holds(found))) or 0
