"""What a change of a course does to people, in counts: what stands before a release is made, and on the trainer's page.

Whatever a release changes, an attempt stays on the revision it began with, a completion stays a completion, and whoever
is halfway goes on under the new revision's rules. So there are four things to count.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from courses.artefact import Store
from courses.diff import Change, changes_rules
from courses.model import Course
from lms.learning.progress import progress
from lms.learning.regrade import differing
from lms.library import Library
from lms.records import enrolments, facts
from lms.records.accounts import is_open
from lms.records.attempts import Attempt
from lms.records.enrolments import Enrolment
from lms.records.markings import count_marked_so, markings
from lms.records.scope import Scope

AT_ONCE = 200
"""Enrolments whose facts are read in one statement."""
FEWEST = 5
"""Counts from 1 to below this are not told to whoever may not know of single people."""


@dataclass(frozen=True, slots=True)
class Effects:
    """Who is concerned: those who have begun the course and not completed it, and how many of
    them complete it by the change; the attempts that are open; the submitted
    attempts that hold an answer marked by another key than the new one; those who have completed the course."""

    halfway: int
    completing: int
    open_attempts: int
    regrade: int
    completed: int


def effects(
    session: Session, scope: Scope, library: Library, store: Store, course: Course, changes: Iterable[Change]
) -> Effects:
    """Who is concerned within the scope by `changes` that lead to `course`, a revision in `store`: two statements, four
    where a key changed, and more where rules did: one for the enrolments, and one for the facts of each few of them."""
    changes = tuple(changes)
    rekeyed = [change.id for change in changes if change.kind == "regrade"]

    def key_of(id: str, locale: str) -> object:
        return store.question(course.in_language(locale), id).key()

    begun, completed = Enrolment.started_at.is_not(None), Enrolment.completed_at.is_not(None)
    halfway, done = session.execute(
        select(func.count().filter(begun, ~completed), func.count().filter(completed)).where(
            scope.covers(Enrolment, counting=True), Enrolment.course_id == course.id, is_open(Enrolment)
        )
    ).one()
    opened = session.scalar(
        select(func.count())
        .select_from(Attempt)
        .where(scope.covers(Attempt, counting=True), Attempt.course_id == course.id, Attempt.submitted_at.is_(None))
    )
    found = markings(session, scope, course.id, rekeyed) if rekeyed else set()
    stale = differing(library, course.id, found, key_of)
    concerned = count_marked_so(session, scope, course.id, stale) if stale else 0
    completing = _completing(session, scope, course) if changes_rules(changes) else 0
    return Effects(halfway, completing, opened or 0, concerned, done)


def _completing(session: Session, scope: Scope, course: Course) -> int:
    """How many of those halfway have done all that `course` asks for."""
    rows = enrolments.halfway(session, scope, course.id)
    known = (
        found
        for start in range(0, len(rows), AT_ONCE)
        for found in facts.of(session, rows[start : start + AT_ONCE]).values()
    )
    return sum(progress(course, found).complete for found in known)
