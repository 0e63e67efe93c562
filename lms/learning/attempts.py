"""Attempting a quiz: beginning, saving an answer, submitting. The server's clock and the stored rules decide."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from courses.model import Course, Quiz
from courses.questions.base import Answer as AnswerValue
from courses.questions.base import Question
from lms.db import db, transaction
from lms.learning import access, complete
from lms.learning.progress import reaches
from lms.learning.refusal import Refused
from lms.learning.versions import Differs, Fate, Overtaken, Seen, Stored, fate
from lms.library import ArtefactError, Library
from lms.records import attempts, audit, enrolments
from lms.records.accounts import Actor
from lms.records.attempts import Answer, Attempt
from lms.records.enrolments import Enrolment

GRACE = timedelta(seconds=10)
"""How long after the deadline an answer still counts: what a slow line takes to deliver what was sent in time."""


def draw(library: Library, course: Course, revision: str, quiz: Quiz, seed: str) -> list[list[object]]:
    """What an attempt shows, drawn by `seed`: `[question id, [ids in the order shown]]`, `course` being `revision`."""
    rng = Random(seed)  # noqa: S311 -- the seed itself comes from a secure source
    banks = {bank.id: bank for bank in course.banks}
    drawn = [question for part in quiz.draw for question in rng.sample(banks[part.bank].questions, part.count)]
    if quiz.shuffle:
        rng.shuffle(drawn)
    shown: list[list[object]] = []
    for id in drawn:
        question = library.question(course.id, id, revision)
        shown.append([id, list(question.order(rng)) if question and quiz.shuffle else []])
    return shown


def begin(
    actor: Actor,
    library: Library,
    course: Course,
    revision: str,
    quiz: Quiz,
    locale: str,
    at: datetime,
    number: int = 0,
) -> Attempt:
    """Begin an attempt, bound to this revision, or return the one that is open. `number` is that of the attempt which
    the page offered: once it exists, it is returned, whatever became of it. 0: the next one."""
    commit = library.releases()[course.id].commit
    with transaction() as session:
        enrolment = enrolments.latest(session, access.own(actor), course.id, lock=True)
        if enrolment is None:
            raise Refused(_("You are not enrolled in this course yet. Enrol on the course's page first."))
        past = [attempt for attempt in attempts.of_enrolment(session, enrolment) if attempt.quiz_id == quiz.id]
        for attempt in past:
            if attempt.number == number:
                return attempt
            if attempt.submitted_at is None:
                if not is_over(attempt, at):
                    return attempt
                _close(session, library, attempt, attempt.deadline_at or at)
        if attempts_left(quiz, enrolment, len(past)) == 0:
            raise Refused(_("You have used all your attempts. Ask your manager for another one."))
        seed = secrets.token_hex(16)
        attempt = Attempt(
            institution_id=enrolment.institution_id,
            person_id=actor.person.id,
            enrolment_id=enrolment.id,
            course_id=course.id,
            quiz_id=quiz.id,
            number=len(past) + 1,
            revision=revision,
            commit=commit,
            locale=locale,
            seed=seed,
            shown=draw(library, course, revision, quiz, seed),
            started_at=at,
            deadline_at=at + timedelta(minutes=quiz.time_limit) if quiz.time_limit else None,
        )
        session.add(attempt)
        enrolment.started_at = enrolment.started_at or at
        audit.note(
            session,
            at,
            actor.person.id,
            "attempt-begun",
            enrolment.institution_id,
            actor.person.id,
            course=course.id,
            quiz=quiz.id,
            number=attempt.number,
            revision=revision,
        )
        session.flush()
        return attempt


def attempts_left(quiz: Quiz, enrolment: Enrolment, used: int) -> int | None:
    """How many more attempts at a quiz somebody has; None without a limit."""
    return None if quiz.attempts is None else max(0, quiz.attempts + enrolment.extra_attempts - used)


def is_over(attempt: Attempt, at: datetime) -> bool:
    """Whether the time of an attempt has run out."""
    return attempt.deadline_at is not None and at > attempt.deadline_at + GRACE


def _own(session: Session, actor: Actor, attempt_id: UUID) -> Attempt:
    attempt = attempts.get(session, access.own(actor), attempt_id)
    if attempt is None:
        raise Refused(_("You have no such attempt."))
    lock(session, attempt)
    return attempt


def lock(session: Session, attempt: Attempt) -> None:
    """Let other requests that concern this enrolment wait, and see the attempt as it is now."""
    enrolments.get(session, access.of_attempt(attempt), attempt.enrolment_id, lock=True)
    session.refresh(attempt)


def save(
    actor: Actor,
    library: Library,
    attempt_id: UUID,
    question_id: str,
    answer: AnswerValue | None,
    at: datetime,
    seen: Seen | None = None,
) -> Stored:
    """Keep the answer to one question; None takes an answer back. Saving the same twice does no more than once. What is
    stored now comes back.

    `seen` is what the sender had been shown; None is somebody who knows what is stored. Raises Differs where another
    answer was given since, Overtaken where the same page has sent a newer one. After the deadline the attempt is
    submitted with what was saved before, and this answer is refused.
    """
    refusal, kept = "", Stored()
    with transaction() as session:
        attempt = _own(session, actor, attempt_id)
        if attempt.submitted_at is not None:
            refusal = _("This attempt has been submitted. Its answers can no longer be changed.")
        elif is_over(attempt, at):
            _close(session, library, attempt, attempt.deadline_at or at)
            refusal = _(
                "The time had run out when this answer arrived. "
                "The attempt was submitted with the answers saved before."
            )
        elif question_id not in attempt.questions:
            refusal = _("This question is not part of the attempt.")
        else:
            kept = _keep(session, attempt, question_of(library, attempt, question_id), answer, at, seen)
    if refusal:
        raise Refused(refusal)
    return kept


def stored(row: Answer | None) -> Stored:
    """What a row of an answer says that is kept, or was taken back; None where there has never been one."""
    return Stored(row.answer, row.version, row.tab, row.sequence) if row else Stored()


def _keep(
    session: Session, attempt: Attempt, question: Question, answer: AnswerValue | None, at: datetime, seen: Seen | None
) -> Stored:
    """Store the answer, unless what was seen says that it is not the last one given. A page of a scenario that was
    opened earlier says less than what was done since: then nothing is to be done."""
    row = session.get(Answer, (attempt.institution_id, attempt.id, question.id), populate_existing=True)
    before = stored(row)
    if before.answer is not None and not question.follows(before.answer, answer):
        if answer is None or question.follows(answer, before.answer):
            return before
        raise Refused(undone())
    seen = seen or Seen(before.version)
    what = fate(before, seen, answer)
    if what is Fate.LATE:
        raise Overtaken
    if what is Fate.DIFFERS:
        raise Differs(before)
    newer = seen.tab and (before.tab != seen.tab or before.sequence < seen.sequence)
    if what is Fate.UNTOUCHED or (what is Fate.SAME and not newer):
        return before
    if row is None:
        row = Answer(institution_id=attempt.institution_id, attempt_id=attempt.id, question_id=question.id, version=0)
        session.add(row)
    if what is Fate.KEEP:
        row.version += 1
    row.answer, row.saved_at = answer, max(at, attempt.started_at)
    row.tab, row.sequence = seen.tab, seen.sequence  # what this page sent before may still be on its way
    return stored(row)


def undone() -> str:
    """Why a choice in a scenario is refused that takes another way than the one gone already."""
    return _("You already made another choice here, and it had its consequences. Continue from where the case is now.")


def submit(actor: Actor, library: Library, attempt_id: UUID, at: datetime) -> Attempt:
    """Submit an attempt and grade it; submitting again gives the same result."""
    with transaction() as session:
        attempt = _own(session, actor, attempt_id)
        if attempt.submitted_at is None:
            late = is_over(attempt, at)
            _close(session, library, attempt, attempt.deadline_at if late and attempt.deadline_at else at)
        return attempt


def overdue(at: datetime) -> list[str]:
    """The attempts whose time ran out and that nobody submitted, each as the text that `close_overdue` takes."""
    return [f"{institution}/{id}" for institution, id in attempts.past_deadline(db.session(), at - GRACE)]


def close_overdue(library: Library, which: str, at: datetime) -> bool:
    """Submit an attempt whose time ran out; whether it had to be."""
    institution, _slash, id = which.partition("/")
    with transaction() as session:
        attempt = session.get_one(Attempt, (int(institution), UUID(id)))
        lock(session, attempt)
        if attempt.submitted_at is not None:
            return False
        _close(session, library, attempt, attempt.deadline_at or at)
        return True


def question_of(library: Library, attempt: Attempt, question_id: str, revision: str = "") -> Question:
    """A question of an attempt, in its language, as the revision has it that the attempt is bound to; or as another
    `revision` does, by which an answer was marked anew."""
    revision = revision or attempt.revision
    question = library.in_language(attempt.locale).question(attempt.course_id, question_id, revision)
    if question is None:
        raise ArtefactError(f"The question {question_id} is missing from {attempt.course_id} {revision[:12]}.")
    return question


def is_answered(library: Library, attempt: Attempt, question_id: str, given: Mapping[str, Answer]) -> bool:
    """Whether a question of an attempt has a whole answer among those given, by question."""
    row = given.get(question_id)
    return row is not None and question_of(library, attempt, question_id).finished(row.answer)


def result(library: Library, attempt: Attempt, given: Mapping[str, Answer]) -> tuple[float | None, bool | None]:
    """The score (0..1) of an attempt and whether it passes, from the scores of its answers, by question.

    Both are None while an answer awaits its mark. Questions that are not graded do not count; of an attempt that has no
    others there is nothing to score, and it passes.
    """
    course = library.course(attempt.course_id, attempt.revision)
    if course is None:
        raise ArtefactError(f"The course {attempt.course_id} is missing from the artefacts.")
    if any(row.score is None for row in given.values()):
        return None, None
    graded = [id for id in attempt.questions if question_of(library, attempt, id).graded]
    if not graded:
        return None, True
    score = sum(given[id].score or 0.0 for id in graded if id in given) / len(graded)
    required = course.completion.quizzes.get(attempt.quiz_id)
    return score, required is None or reaches(score, required)


def settle(session: Session, library: Library, attempt: Attempt, at: datetime) -> None:
    """Take account of the result of an attempt, in the caller's transaction: the progress of its enrolment, by the
    rules that hold now."""
    revision = library.revision_of(attempt.course_id) or attempt.revision
    course = library.course(attempt.course_id, revision)
    if course is None:
        raise ArtefactError(f"The course {attempt.course_id} is missing from the artefacts.")
    enrolment = session.get_one(Enrolment, (attempt.institution_id, attempt.enrolment_id))
    complete.record(session, enrolment, course, revision, at)


def _close(session: Session, library: Library, attempt: Attempt, at: datetime) -> None:
    """Grade by the attempt's own revision, and store the result and what follows from it. What a trainer has to mark
    has no score yet. A clock that was set back ends no attempt before it began."""
    rows = attempts.answer_rows(session, attempt)
    given = {id: row for id, row in rows.items() if row.answer is not None}
    for id in rows.keys() - given.keys():
        session.delete(rows[id])  # taken back, and now for good
    for id, row in given.items():
        grade = question_of(library, attempt, id).grade(row.answer)
        row.score = None if grade.pending else grade.score
    ended = max([at, attempt.started_at, *(row.saved_at for row in given.values())])
    attempt.submitted_at = at = min(ended, max(at, attempt.deadline_at)) if attempt.deadline_at else ended
    attempt.score, attempt.passed = result(library, attempt, given)
    audit.note(
        session,
        at,
        attempt.person_id,
        "attempt-submitted",
        attempt.institution_id,
        attempt.person_id,
        course=attempt.course_id,
        quiz=attempt.quiz_id,
        number=attempt.number,
        score=attempt.score,
    )
    settle(session, library, attempt, at)
