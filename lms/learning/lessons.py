"""Taking lessons: starting a course, answering a check, finishing a lesson."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from random import Random

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from courses.artefact import Release
from courses.model import Course, LessonEntry
from courses.questions.base import Answer, Question
from lms.db import transaction
from lms.learning import access, complete
from lms.learning.attempts import undone
from lms.learning.progress import Progress
from lms.learning.refresher import asked
from lms.learning.refusal import Refused
from lms.learning.versions import Differs, Fate, Seen, Stored, fate
from lms.records import audit, enrolments
from lms.records.accounts import Actor
from lms.records.enrolments import CheckAnswer, Enrolment, LessonDone


class Unanswered(Refused):
    """A lesson can't be finished while a check of it is open; its page shows which."""


def _enrolment(session: Session, actor: Actor, course: Course) -> Enrolment:
    enrolment = enrolments.latest(session, access.own(actor), course.id, lock=True)
    if enrolment is None:
        raise Refused(_("You are not enrolled in this course yet. Enrol on the course's page first."))
    return enrolment


def start(actor: Actor, course: Course, revision: str, at: datetime) -> bool:
    """Begin the course; whether it is completed. Beginning again changes nothing, unless the rules have changed since
    and all that they ask for is done."""
    with transaction() as session:
        enrolment = _enrolment(session, actor, course)
        if enrolment.started_at is None:
            enrolment.started_at = at
            audit.note(
                session, at, actor.person.id, "started", enrolment.institution_id, actor.person.id, course=course.id
            )
        complete.record(session, enrolment, course, revision, at, by_rules=True)
        return enrolment.completed_at is not None


def check_order(question: Question, enrolment: Enrolment) -> tuple[str, ...]:
    """The order in which this trainee sees the choices of a check: always the same, and another than their
    neighbour's."""
    return question.order(Random(f"{enrolment.id}/{question.id}"))  # noqa: S311 -- shuffles choices, guards nothing


def answer_check(
    actor: Actor,
    course: Course,
    revision: str,
    question: Question,
    answer: Answer,
    at: datetime,
    seen: Seen | None = None,
) -> CheckAnswer | None:
    """Grade and keep the answer to a check; what is kept now. A later answer takes the place of an earlier one, but one
    that is not whole never that of one that is: then None is kept of it. So a scenario can be played again, and counts
    as answered meanwhile. Until it has ended once, what was chosen in it is not undone. `seen` is what the sender had
    been shown, None for somebody who knows what is stored; raises Differs where another answer was given since.
    """
    whole = question.finished(answer)
    with transaction() as session:
        enrolment = _enrolment(session, actor, course)
        row = session.get(CheckAnswer, (enrolment.institution_id, enrolment.id, question.id), populate_existing=True)
        if row is not None and row.score is not None and not whole:
            return None
        if row is not None and row.score is None and row.revision == revision:
            if not question.follows(row.answer, answer) and question.follows(answer, row.answer):
                return row  # from a page that was opened before
            if not question.follows(row.answer, answer):
                raise Refused(undone())
        before = Stored(row.answer, row.version) if row is not None else Stored()
        what = fate(before, seen or Seen(before.version), answer)
        if what is Fate.DIFFERS:
            raise Differs(before)
        if row is not None and (what is Fate.UNTOUCHED or (what is Fate.SAME and row.revision == revision)):
            return row
        row = session.merge(
            CheckAnswer(
                institution_id=enrolment.institution_id,
                enrolment_id=enrolment.id,
                question_id=question.id,
                revision=revision,
                answer=answer,
                score=question.grade(answer).score if whole else None,
                answered_at=at,
                version=before.version + 1,
            )
        )
        complete.record(session, enrolment, course, revision, at)
        return row


def finish(
    actor: Actor, course: Course, revision: str, lesson: LessonEntry, history: Sequence[Release], at: datetime
) -> Progress:
    """Mark a lesson as finished. Finishing it again changes nothing, unless one of the course's
    releases (`history`) asks to look at it again. Raises Unanswered while one of its checks has no answer, right or
    wrong."""
    with transaction() as session:
        enrolment = _enrolment(session, actor, course)
        answered = enrolments.check_answers(session, enrolment)
        if any(check not in answered or answered[check].score is None for check in lesson.checks):
            raise Unanswered(_("Answer every question in this lesson first."))
        row = session.get(LessonDone, (enrolment.institution_id, enrolment.id, lesson.id))
        if row is None:
            session.add(
                LessonDone(
                    institution_id=enrolment.institution_id,
                    enrolment_id=enrolment.id,
                    lesson_id=lesson.id,
                    revision=revision,
                    done_at=at,
                )
            )
        elif row.done_at < asked(history, enrolment).get(lesson.id, row.done_at):
            audit.note(
                session,
                at,
                actor.person.id,
                "lesson-finished-again",
                enrolment.institution_id,
                actor.person.id,
                course=course.id,
                lesson=lesson.id,
                before=row.done_at.isoformat(),
                revision=row.revision,
            )
            row.done_at, row.revision = at, revision
        return complete.record(session, enrolment, course, revision, at)
