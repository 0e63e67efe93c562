"""Marking: a trainer gives points for an open answer, and the attempt gets its score once the last one has them.

A trainer marks the answers of the courses they own, except their own, and is told no names. A mark can be changed, with
a reason that the trainee reads: it is another mark, which holds from then on, and the one before is kept. The result
follows, upwards or downwards; a completion is never taken back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from courses.questions.base import Grade, Payload, as_asked
from courses.questions.open import Open
from lms.db import transaction
from lms.i18n import LANGUAGES
from lms.learning import access, attempts
from lms.learning.refusal import Refused
from lms.learning.results import mail_changed, titles
from lms.library import Library
from lms.records import attempts as records
from lms.records import audit, jobs
from lms.records.accounts import Actor
from lms.records.attempts import Answer, Attempt, Mark
from lms.records.people import Person
from lms.shares import percent

LONGEST_COMMENT = 2000
LONGEST_REASON = 1000
"""Characters that are kept of what a trainer says."""


class AlreadyMarked(Refused):
    """Another mark was given after the page was opened that this one came from."""


@dataclass(frozen=True, slots=True)
class Change:
    """That a mark was changed: when, from which score to which (0..1), and why."""

    at: datetime
    before: float
    after: float
    reason: str


@dataclass(frozen=True, slots=True)
class Review:
    """A question of an attempt with what became of its answer; `given` is None where there is none. `changes`: how its
    mark was changed, oldest first."""

    payload: Payload
    grade: Grade
    given: object
    comment: str = ""
    changes: tuple[Change, ...] = ()


def reviewed(
    library: Library,
    attempt: Attempt,
    question_id: str,
    order: Sequence[str],
    row: Answer | None,
    marks: Sequence[Mark] = (),
) -> Review:
    """How a question of a submitted attempt fared, by the revision that its answer was last graded by, and by the last
    of the trainer's marks if it has one."""
    question = attempts.question_of(library, attempt, question_id, row.graded_by if row else "")
    given = row.answer if row else None
    payload = question.payload(order, given)
    grade = as_asked(payload, question.grade(given))
    if marks:
        grade = marked(grade, marks[-1])
    comment = marks[-1].comment if marks else ""
    return Review(payload, grade, given, comment, changes(marks))


def changes(marks: Sequence[Mark]) -> tuple[Change, ...]:
    """How a mark was changed, from all the marks of an answer, oldest first."""
    return tuple(Change(now.marked_at, was.score, now.score, now.reason) for was, now in pairwise(marks))


def marked(grade: Grade, mark: Mark) -> Grade:
    """The grade of an open answer with its mark: for each criterion the points given; it is right with all of them."""
    parts = []
    for part in grade.parts:
        points = float(mark.points.get(part.id, 0))
        parts.append(replace(part, given=f"{points:g}", right=points >= float(part.expected)))
    return replace(grade, score=mark.score, parts=tuple(parts), pending=False)


def mark(
    actor: Actor,
    library: Library,
    attempt_id: UUID,
    question_id: str,
    points: Mapping[str, float],
    comment: str,
    at: datetime,
    seen: int = 0,
    reason: str = "",
) -> Attempt:
    """Give the points, by criterion, that an open answer of one of the actor's courses earns.

    `seen` is how many marks of the answer the actor knew of: from 1 on the mark is changed, for a `reason`. With the
    last answer of the attempt that awaited its mark, the attempt gets its score; that, and each later change of a mark,
    is mailed to the trainee.
    """
    with transaction() as session:
        attempt = records.get(session, access.taught(actor), attempt_id)
        if attempt is None:
            raise Refused(_("This answer doesn’t belong to your courses."))
        if attempt.person_id == actor.person.id:
            raise Refused(_("You wrote this answer yourself. Another trainer of the course marks it."))
        attempts.lock(session, attempt)
        given = records.answers(session, attempt)
        row = given.get(question_id)
        before = records.marks(session, attempt).get(question_id, [])
        if row is None or attempt.submitted_at is None or (row.score is not None and not before):
            raise Refused(_("There is nothing to mark here."))
        at = max(at, attempt.submitted_at)  # a clock may have been set back
        if before and _is_same(before[-1], actor, points, comment, seen):
            return attempt  # the same click, once more
        if len(before) != seen:
            raise AlreadyMarked(_("This answer has already been marked. Check the existing mark first."))
        if before and not reason.strip():
            raise Refused(_("Give the reason for changing the mark. The trainee will read it."))
        row.score = _score(library, attempt, question_id, points)
        now = Mark(
            institution_id=attempt.institution_id,
            attempt_id=attempt.id,
            question_id=question_id,
            number=seen + 1,
            marked_by=actor.person.id,
            marked_at=at,
            points=dict(points),
            score=row.score,
            comment=comment.strip()[:LONGEST_COMMENT],
            reason=reason.strip()[:LONGEST_REASON] if before else "",
        )
        session.add(now)
        _follow(session, library, attempt, given, now, before[-1] if before else None)
        return attempt


def _is_same(mark: Mark, actor: Actor, points: Mapping[str, float], comment: str, seen: int) -> bool:
    given = (actor.person.id, dict(points), comment.strip()[:LONGEST_COMMENT], seen + 1)
    return (mark.marked_by, mark.points, mark.comment, mark.number) == given


def _score(library: Library, attempt: Attempt, question_id: str, points: Mapping[str, float]) -> float:
    question = attempts.question_of(library, attempt, question_id)
    if not isinstance(question, Open):
        raise Refused(_("There is nothing to mark here."))
    try:
        return question.mark(points)
    except ValueError as error:
        raise Refused(_("The points don’t fit the criteria. Give each criterion from 0 to its maximum.")) from error


def _follow(
    session: Session, library: Library, attempt: Attempt, given: Mapping[str, Answer], mark: Mark, before: Mark | None
) -> None:
    """What follows from a mark that was given, or that took the place of the one `before`: the result, what that leads
    to, and a mail to the trainee in their own language, not in the trainer's."""
    was, passed = attempt.score, attempt.passed
    attempt.score, attempt.passed = attempts.result(library, attempt, given)
    details = {
        "course": attempt.course_id,
        "quiz": attempt.quiz_id,
        "number": attempt.number,
        "question": mark.question_id,
        "score": mark.score,
    }
    if before:
        details |= {
            "before": before.score,
            "result": [was, attempt.score],
            "passed": [passed, attempt.passed],
            "note": mark.reason,
        }
    audit.note(
        session,
        mark.marked_at,
        mark.marked_by,
        "mark-changed" if before else "marked",
        attempt.institution_id,
        attempt.person_id,
        **details,
    )
    if attempt.passed is None:
        return
    person = session.get_one(Person, (attempt.institution_id, attempt.person_id))
    with force_locale(LANGUAGES.get(person.locale or "", LANGUAGES["en"]).babel):
        if was is None:
            _mail_marked(session, library, attempt, person, mark.marked_at)
        else:
            _mail_changed(session, library, attempt, person, was, mark)
        attempts.settle(session, library, attempt, mark.marked_at)


def _mail_marked(session: Session, library: Library, attempt: Attempt, person: Person, at: datetime) -> None:
    course, quiz = titles(library, attempt, person.locale)
    jobs.add(
        session,
        "mail",
        at,
        to=person.email,
        subject=_("Your quiz has been marked: %(course)s", course=course),
        body=_(
            "Hello %(name)s,\n\nyour answers in “%(quiz)s” of the course “%(course)s” have been marked. The "
            "result is on Staza, with the trainer’s comments.\n",
            name=person.name,
            quiz=quiz,
            course=course,
        ),
    )


def _mail_changed(session: Session, library: Library, attempt: Attempt, person: Person, was: float, mark: Mark) -> None:
    course, quiz = titles(library, attempt, person.locale)
    now = attempt.score or 0.0
    body = _(
        "Hello %(name)s,\n\na trainer has changed the mark of one of your answers in “%(quiz)s” of the course "
        "“%(course)s”. Your result was %(before)s; now it is %(after)s.\n\nWhy it was changed: %(reason)s\n",
        name=person.name,
        quiz=quiz,
        course=course,
        before=percent(was),
        after=percent(now),
        reason=mark.reason,
    )
    mail_changed(session, person, course, body, now < was, mark.marked_at)
