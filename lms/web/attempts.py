"""Quizzes: the start page, one question at a time, the overview, the result."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from courses.model import Course, Quiz
from courses.questions.base import Answer
from lms import clock
from lms.db import db
from lms.learning import attempts as verbs
from lms.learning import marking
from lms.learning.access import own
from lms.learning.progress import progress, reaches
from lms.learning.versions import Differs
from lms.records import attempts, certificates, enrolments, facts
from lms.records.attempts import Attempt
from lms.web import forms, versions
from lms.web.access import SIGNED_IN, actor, allow
from lms.web.forms import found
from lms.web.reading import foreign_question, library
from lms.web.trail import trail

blueprint = Blueprint("attempts", __name__)


def _own(attempt_id: UUID) -> tuple[Attempt, Course, Quiz]:
    """An attempt of the person who is signed in, with the course and quiz as its revision has them."""
    attempt = found(attempts.get(db.session(), own(actor()), attempt_id))
    course = found(library().course(attempt.course_id, attempt.revision))
    return attempt, course, found(course.quiz(attempt.quiz_id))


def _draws_all(course: Course, quiz: Quiz) -> bool:
    """Whether an attempt at the quiz asks all there is to ask, so that the next one asks the same."""
    drawn = {part.bank for part in quiz.draw}
    return sum(part.count for part in quiz.draw) == sum(len(b.questions) for b in course.banks if b.id in drawn)


def _unread(attempt: Attempt, number: int, given: Answer | None) -> str:
    """What to tell of an answer that says nothing that can be marked; "" of any other."""
    question = verbs.question_of(library(), attempt, attempt.questions[number - 1])
    if given is None or question.readable(given):
        return ""
    return _(
        "Question %(number)s: “%(answer)s” is not a number. It is saved as you typed it. "
        "Use digits; you can leave out the unit.",
        number=number,
        answer=given,
    )


@blueprint.get("/courses/<course_id>/quizzes/<quiz_id>")
@allow(SIGNED_IN)
def start(course_id: str, quiz_id: str) -> str | Response:
    """What the quiz asks for, and the attempts so far."""
    course = found(library().course(course_id))
    quiz = found(course.quiz(quiz_id))
    session = db.session()
    enrolment = enrolments.latest(session, own(actor()), course_id)
    if enrolment is None:
        return redirect(url_for("catalogue.course", course_id=course_id))
    now = progress(course, facts.of(session, [enrolment])[enrolment.id])
    past = [attempt for attempt in attempts.of_enrolment(session, enrolment) if attempt.quiz_id == quiz_id]
    open_one = next((a for a in past if a.submitted_at is None and not verbs.is_over(a, clock.now())), None)
    return render_template(
        "attempts/start.html",
        course=course,
        quiz=quiz,
        questions=sum(part.count for part in quiz.draw),
        draws_all=_draws_all(course, quiz),
        required=course.completion.quizzes.get(quiz_id),
        past=past,
        passing={one.id for one in past if one.passed or _suffices(one, course)},
        passed=any(step.id == quiz_id and step.done for step in now.steps),
        open=open_one,
        left=verbs.attempts_left(quiz, enrolment, len(past)),
        trail=trail(course, now, here=quiz_id),
        lessons_left=now.lessons_left,
    )


def _suffices(attempt: Attempt, current: Course | None) -> bool:
    """Whether the score of an attempt is enough by the rules that hold now, whatever its own revision says."""
    required = current.completion.quizzes.get(attempt.quiz_id) if current else None
    return required is not None and attempt.score is not None and reaches(attempt.score, required)


@blueprint.post("/courses/<course_id>/quizzes/<quiz_id>/attempts")
@allow(SIGNED_IN)
def begin(course_id: str, quiz_id: str) -> Response:
    """Begin an attempt, or go on with the one that is open."""
    course = found(library().course(course_id))
    revision = found(library().revision_of(course_id))
    attempt = verbs.begin(
        actor(),
        library(),
        course,
        revision,
        found(course.quiz(quiz_id)),
        course.language,
        clock.now(),
        request.form.get("number", 0, type=int),
    )
    return redirect(url_for(".resume", attempt_id=attempt.id), 303)


@blueprint.get("/attempts/<uuid:attempt_id>")
@allow(SIGNED_IN)
def resume(attempt_id: UUID) -> Response:
    """Where the attempt stands: its first open question, its overview, or its result."""
    attempt, _course, _quiz = _own(attempt_id)
    if attempt.submitted_at is not None:
        return redirect(url_for(".result", attempt_id=attempt_id))
    answered = attempts.answers(db.session(), attempt)
    for number, id in enumerate(attempt.questions, 1):
        if not verbs.is_answered(library(), attempt, id, answered):
            return redirect(url_for(".question", attempt_id=attempt_id, number=number))
    return redirect(url_for(".overview", attempt_id=attempt_id))


@blueprint.get("/attempts/<uuid:attempt_id>/questions/<int:number>")
@allow(SIGNED_IN)
def question(attempt_id: UUID, number: int) -> str | Response:
    """One question of the attempt, with the answer saved last: three statements."""
    attempt, course, quiz = _own(attempt_id)
    if attempt.submitted_at is not None:
        return redirect(url_for(".result", attempt_id=attempt_id))
    if not 1 <= number <= len(attempt.shown):
        abort(404)
    if verbs.is_over(attempt, clock.now()):
        return redirect(url_for(".overview", attempt_id=attempt_id))
    return _question(attempt, course, quiz, number)


def _question(
    attempt: Attempt,
    course: Course,
    quiz: Quiz,
    number: int,
    mine: Answer | None = None,
    differs: Differs | None = None,
) -> str:
    """The page of a question. `differs`: the answer just sent, `mine`, meets another one; the page shows both."""
    id, order = attempt.shown[number - 1]
    rows = attempts.answer_rows(db.session(), attempt)
    answers = {id: row for id, row in rows.items() if row.answer is not None}
    stored = verbs.stored(rows.get(id))
    given = mine if differs else stored.answer
    return render_template(
        "attempts/question.html",
        course=course,
        lang=foreign_question(attempt, id),
        quiz=quiz,
        attempt=attempt,
        number=number,
        payload=verbs.question_of(library(), attempt, id).payload(order, given),
        answer=given,
        version=versions.shown(stored),
        saved=stored.answer,
        differs=differs,
        unread=_unread(attempt, number, given),
        answered=[verbs.is_answered(library(), attempt, id, answers) for id in attempt.questions],
        seconds=_seconds_left(attempt),
    )


@blueprint.post("/attempts/<uuid:attempt_id>/questions/<int:number>")
@allow(SIGNED_IN)
def save(attempt_id: UUID, number: int) -> Response | tuple[str, int]:
    """Save the answer to one question, and go where the button pressed leads. A script is told the version that is
    stored now, and how many seconds are left."""
    attempt, course, quiz = _own(attempt_id)
    if not 1 <= number <= len(attempt.shown):
        abort(404)
    id = attempt.questions[number - 1]
    given = forms.answer(verbs.question_of(library(), attempt, id).payload(), request.form)
    try:
        kept = verbs.save(actor(), library(), attempt_id, id, given, clock.now(), versions.seen())
    except Differs as differs:
        if forms.is_fetch():
            raise
        return _question(attempt, course, quiz, number, given, differs), 409
    if forms.is_fetch():
        return make_response({"version": versions.shown(kept), "seconds": _seconds_left(attempt)})
    if warning := _unread(attempt, number, given):
        flash(warning, "warning")
    if forms.CHOOSE in request.form:  # the case goes on, on the same page
        if "answer" not in request.form:
            flash(_("Nothing was chosen. Choose what to do, then continue."), "warning")
        return redirect(url_for(".question", attempt_id=attempt_id, number=number, _anchor=f"now-{id}"), 303)
    match request.form.get("go"):
        case "previous" if number > 1:
            target = url_for(".question", attempt_id=attempt_id, number=number - 1)
        case "next" if number < len(attempt.shown):
            target = url_for(".question", attempt_id=attempt_id, number=number + 1)
        case _:
            target = url_for(".overview", attempt_id=attempt_id)
    return redirect(target, 303)


@blueprint.get("/attempts/<uuid:attempt_id>/time")
@allow(SIGNED_IN)
def time(attempt_id: UUID) -> Response:
    """How many seconds are left, for a page whose computer slept: two statements."""
    attempt = found(attempts.get(db.session(), own(actor()), attempt_id))
    return make_response({"seconds": _seconds_left(attempt)})


def _seconds_left(attempt: Attempt) -> float | None:
    """The seconds until the deadline, by the server's clock; None without one."""
    if attempt.deadline_at is None:
        return None
    return max(0.0, round((attempt.deadline_at - clock.now()).total_seconds(), 1))


@blueprint.get("/attempts/<uuid:attempt_id>/overview")
@allow(SIGNED_IN)
def overview(attempt_id: UUID) -> str | Response:
    """All questions of the attempt, answered or open, before it is submitted."""
    attempt, course, quiz = _own(attempt_id)
    if attempt.submitted_at is not None:
        return redirect(url_for(".result", attempt_id=attempt_id))
    answers = attempts.answers(db.session(), attempt)
    rows = [
        (
            number,
            verbs.question_of(library(), attempt, id).stem,
            verbs.is_answered(library(), attempt, id, answers),
            foreign_question(attempt, id),
        )
        for number, id in enumerate(attempt.questions, 1)
    ]
    return render_template(
        "attempts/overview.html",
        course=course,
        quiz=quiz,
        attempt=attempt,
        rows=rows,
        open=sum(not answered for _n, _stem, answered, _lang in rows),
        seconds=_seconds_left(attempt),
        over=verbs.is_over(attempt, clock.now()),
    )


@blueprint.post("/attempts/<uuid:attempt_id>/submit")
@allow(SIGNED_IN)
def submit(attempt_id: UUID) -> Response:
    """Submit the attempt; submitting again shows the same result."""
    found(attempts.get(db.session(), own(actor()), attempt_id))
    verbs.submit(actor(), library(), attempt_id, clock.now())
    return redirect(url_for(".result", attempt_id=attempt_id), 303)


@blueprint.get("/attempts/<uuid:attempt_id>/result")
@allow(SIGNED_IN)
def result(attempt_id: UUID) -> str | Response:
    """The score, and as much of the review as the quiz allows."""
    attempt, course, quiz = _own(attempt_id)
    if attempt.submitted_at is None:
        return redirect(url_for(".overview", attempt_id=attempt_id))
    session = db.session()
    answers, marks = attempts.answers(session, attempt), attempts.marks(session, attempt)
    enrolment = found(enrolments.get(session, own(actor()), attempt.enrolment_id))
    certificate = certificates.of_enrolment(session, own(actor()), enrolment.id) if enrolment.completed_at else None
    return render_template(
        "attempts/result.html",
        counts_now=not attempt.passed and _suffices(attempt, library().course(attempt.course_id)),
        course=course,
        quiz=quiz,
        attempt=attempt,
        required=course.completion.quizzes.get(quiz.id, 0.0),
        draws_all=_draws_all(course, quiz),
        review=[
            (
                marking.reviewed(library(), attempt, id, order, answers.get(id), marks.get(id, ())),
                foreign_question(attempt, id),
            )
            for id, order in attempt.shown
        ],
        enrolment=enrolment,
        certificate=certificate,
    )
