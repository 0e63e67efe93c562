"""Marking: a trainer gives points for an open answer, and the attempt gets its score once the last one has them.

A trainer marks the answers of the courses they own, except their own, and is told no names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from courses.model import Course
from courses.questions.base import Grade, Payload
from courses.questions.open import Open
from lms.db import transaction
from lms.i18n import LANGUAGES
from lms.learning import access, attempts
from lms.learning.refusal import Refused
from lms.library import Library
from lms.records import attempts as records
from lms.records import audit, jobs
from lms.records.accounts import Actor
from lms.records.attempts import Answer, Attempt, Mark
from lms.records.people import Person

LONGEST_COMMENT = 2000


@dataclass(frozen=True, slots=True)
class Review:
    """A question of an attempt with what became of its answer; `given` is None where there is none."""

    payload: Payload
    grade: Grade
    given: object
    comment: str = ""


def reviewed(
    library: Library, attempt: Attempt, question_id: str, order: Sequence[str], row: Answer | None, mark: Mark | None
) -> Review:
    """How a question of a submitted attempt fared, by the revision that its answer was last graded by, and by the
    trainer's mark if it has one."""
    question = attempts.question_of(library, attempt, question_id, row.graded_by if row else "")
    given = row.answer if row else None
    grade = question.grade(given)
    return Review(
        question.payload(order, given), marked(grade, mark) if mark else grade, given, mark.comment if mark else ""
    )


def marked(grade: Grade, mark: Mark) -> Grade:
    """The grade of an open answer with its mark: for each criterion the points given; it is right with all of them."""
    parts = []
    for part in grade.parts:
        points = float(mark.points.get(part.id, 0))
        parts.append(replace(part, given=f"{points:g}", right=points >= float(part.expected)))
    return replace(grade, score=mark.score, parts=tuple(parts), pending=False)


def mark(
    actor: Actor, library: Library, attempt_id: UUID, question_id: str, points: Mapping[str, float], comment: str,
    at: datetime,
) -> Attempt:  # fmt: skip
    """Give the points, by criterion, that an open answer of one of the actor's courses earns. It is marked once.

    With the last answer of the attempt that awaited its mark, the attempt gets its score, and the trainee a mail.
    """
    with transaction() as session:
        attempt = records.get(session, access.taught(actor), attempt_id)
        if attempt is None:
            raise Refused(_("This answer is not among those of your courses."))
        if attempt.person_id == actor.person.id:
            raise Refused(_("You wrote this answer yourself. Another trainer of the course marks it."))
        attempts.lock(session, attempt)
        given = records.answers(session, attempt)
        row = given.get(question_id)
        if row is None or attempt.submitted_at is None:
            raise Refused(_("There is nothing to mark here."))
        if row.score is not None:
            raise Refused(_("This answer has been marked already. A mark is given once."))
        row.score = _score(library, attempt, question_id, points)
        session.add(
            Mark(institution_id=attempt.institution_id, attempt_id=attempt.id, question_id=question_id,
                 marked_by=actor.person.id, marked_at=at, points=dict(points), score=row.score,
                 comment=comment.strip()[:LONGEST_COMMENT])
        )  # fmt: skip
        audit.note(session, at, actor.person.id, "marked", attempt.institution_id, attempt.person_id,
                   course=attempt.course_id, quiz=attempt.quiz_id, number=attempt.number, question=question_id,
                   score=row.score)  # fmt: skip
        attempt.score, attempt.passed = attempts.result(library, attempt, given)
        if attempt.passed is not None:
            _tell(session, library, attempt, at)
        return attempt


def _score(library: Library, attempt: Attempt, question_id: str, points: Mapping[str, float]) -> float:
    question = attempts.question_of(library, attempt, question_id)
    if not isinstance(question, Open):
        raise Refused(_("There is nothing to mark here."))
    try:
        return question.mark(points)
    except ValueError as error:
        raise Refused(
            _("The points do not fit the criteria. Give each of them from 0 to the most it earns.")
        ) from error


def _tell(session: Session, library: Library, attempt: Attempt, at: datetime) -> None:
    """Store what follows from the result, and mail the trainee in their own language, not in the trainer's."""
    person = session.get_one(Person, (attempt.institution_id, attempt.person_id))
    course: Course | None = library.in_language(person.locale or "").course(attempt.course_id, attempt.revision)
    quiz = course.quiz(attempt.quiz_id) if course else None
    title = course.title if course else attempt.course_id
    with force_locale(LANGUAGES.get(person.locale, LANGUAGES["en"]).babel):
        jobs.add(
            session, "mail", at, to=person.email, subject=_("Your quiz has been marked: %(course)s", course=title),
            body=_("Hello %(name)s,\n\nyour answers in “%(quiz)s” of the course “%(course)s” have been marked. The "
                   "result is on Staza, with what the trainer says.\n",
                   name=person.name, quiz=quiz.title if quiz else attempt.quiz_id, course=title),
        )  # fmt: skip
        attempts.settle(session, library, attempt, at)
