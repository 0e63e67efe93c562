"""What a change of a course does to people, in counts: what stands before a release is made, and on the trainer's page.

Whatever a release changes, an attempt stays on the revision it began with, a completion stays a completion, and whoever
is halfway goes on under the new revision's rules. So there are four things to count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from courses.artefact import Store
from courses.diff import Change
from courses.model import Course
from lms.learning.regrade import differing
from lms.library import Library
from lms.records.attempts import Attempt
from lms.records.enrolments import Enrolment
from lms.records.markings import count_marked_so, markings
from lms.records.scope import Scope

FEWEST = 5
"""Counts from 1 to below this are not told to whoever may not know of single people."""


@dataclass(frozen=True, slots=True)
class Effects:
    """Who is concerned: those who have begun the course and not completed it; the attempts that are open; the submitted
    attempts that hold an answer marked by another key than the new one; those who have completed the course."""

    halfway: int
    open_attempts: int
    regrade: int
    completed: int


def keys(store: Store, course: Course, changes: tuple[Change, ...]) -> dict[str, Mapping[str, object]]:
    """The keys that `course`, in `store`, has for the questions of which the key changed."""
    return {change.id: store.question(course, change.id).key() for change in changes if change.kind == "regrade"}


def effects(
    session: Session, scope: Scope, library: Library, course_id: str, keys: Mapping[str, Mapping[str, object]]
) -> Effects:
    """Who is concerned within the scope by new `keys`, and by a change at all: two statements, four with keys."""
    begun, completed = Enrolment.started_at.is_not(None), Enrolment.completed_at.is_not(None)
    halfway, done = session.execute(
        select(func.count().filter(begun, ~completed), func.count().filter(completed)).where(
            scope.covers(Enrolment, counting=True), Enrolment.course_id == course_id
        )
    ).one()
    opened = session.scalar(
        select(func.count())
        .select_from(Attempt)
        .where(scope.covers(Attempt, counting=True), Attempt.course_id == course_id, Attempt.submitted_at.is_(None))
    )
    stale = differing(library, course_id, markings(session, scope, course_id, keys), keys) if keys else set()
    concerned = count_marked_so(session, scope, course_id, stale) if stale else 0
    return Effects(halfway, opened or 0, concerned, done)
