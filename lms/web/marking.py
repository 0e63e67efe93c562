"""Answers to mark, and marks to change: what trainees of the trainer's courses wrote in their own words, without their
names."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from courses.model import Course
from courses.questions.open import Criterion, Open
from lms import clock
from lms.db import db
from lms.learning import attempts, marking
from lms.learning.access import taught
from lms.library import library
from lms.records import attempts as records
from lms.records.attempts import Answer, Attempt, Mark
from lms.records.people import Role
from lms.reports import marking as report
from lms.reports.table import PER_PAGE, Page
from lms.web.access import actor, allow
from lms.web.forms import found
from lms.web.paging import paging
from lms.web.reading import foreign_question

blueprint = Blueprint("marking", __name__, url_prefix="/trainer/<course_id>/marking")


def _course(course_id: str) -> Course:
    if course_id not in actor().owned_courses:
        abort(404)
    return found(library().course(course_id))


@blueprint.get("")
@allow(Role.TRAINER)
def index(course_id: str) -> str:
    """The answers of a course that await their mark, those that have waited longest first: three statements."""
    course, scope, session = _course(course_id), taught(actor()), db.session()
    page = Page(request.args.get("page", 1, type=int), report.counts(session, scope).get(course_id, 0))
    rows = report.waiting(session, scope, course_id, PER_PAGE, page.offset)
    return _list("marking/index.html", course, rows, page)


@blueprint.get("/marked")
@allow(Role.TRAINER)
def marked(course_id: str) -> str:
    """The answers of a course that have their mark, those marked last first: three statements."""
    course, scope, session = _course(course_id), taught(actor()), db.session()
    page = Page(request.args.get("page", 1, type=int), report.marked_count(session, scope, course_id))
    return _list("marking/marked.html", course, report.marked(session, scope, course_id, PER_PAGE, page.offset), page)


def _list(template: str, course: Course, rows: Sequence[report.Waiting | report.Marked], page: Page) -> str:
    stems = {
        (row.revision, row.question_id): found(library().question(course.id, row.question_id, row.revision)).stem
        for row in rows
    }
    quizzes = {quiz.id: quiz.title for quiz in course.quizzes}
    return render_template(template, course=course, rows=rows, stems=stems, quizzes=quizzes, page=paging(page))


def _asked(course_id: str, attempt_id: UUID, question_id: str) -> tuple[Attempt, Answer, Open]:
    """An answer to mark, as its attempt's own revision asked for it."""
    session = db.session()
    attempt = found(records.get(session, taught(actor()), attempt_id))
    row = found(records.answers(session, attempt).get(question_id))
    question = attempts.question_of(library(), attempt, question_id)
    if attempt.course_id != course_id or attempt.submitted_at is None or not isinstance(question, Open):
        abort(404)
    return attempt, row, question


@blueprint.get("/<uuid:attempt_id>/<question_id>")
@allow(Role.TRAINER)
def answer(course_id: str, attempt_id: UUID, question_id: str) -> str | Response:
    """One answer, what it is marked by, and the form for its points, or for changing them: three
    statements, a fourth one for the marks that it has."""
    course = _course(course_id)
    return _page(course, *_asked(course_id, attempt_id, question_id))


@blueprint.post("/<uuid:attempt_id>/<question_id>")
@allow(Role.TRAINER)
def mark(course_id: str, attempt_id: UUID, question_id: str) -> Response | tuple[str, int]:
    """Mark the answer, and go on with the one that has waited longest; or change its mark."""
    course = _course(course_id)
    attempt, row, question = _asked(course_id, attempt_id, question_id)
    points = {criterion.id: _points(criterion, request.form) for criterion in question.criteria}
    given = {id: value for id, value in points.items() if value is not None}
    seen, reason = request.form.get("seen", 0, type=int), request.form.get("reason", "")
    silent = seen > 0 and not reason.strip()
    if len(given) < len(points) or silent:
        wrong = [id for id in points if id not in given]
        return _page(course, attempt, row, question, wrong, silent), 422
    comment = request.form.get("comment", "")
    try:
        marking.mark(actor(), library(), attempt_id, question_id, given, comment, clock.now(), seen, reason)
    except marking.AlreadyMarked as refusal:
        flash(str(refusal), "error")
        return _page(course, *_asked(course_id, attempt_id, question_id)), 409
    if seen:
        flash(_("The mark has been changed. The trainee can read why."), "success")
        return redirect(url_for(".marked", course_id=course_id), 303)
    flash(_("Mark saved."), "success")
    left = report.waiting(db.session(), taught(actor()), course_id, limit=1)
    if not left:
        return redirect(url_for(".index", course_id=course_id), 303)
    return redirect(
        url_for(".answer", course_id=course_id, attempt_id=left[0].attempt_id, question_id=left[0].question_id), 303
    )


def _points(criterion: Criterion, form: Mapping[str, str]) -> float | None:
    """The points typed for a criterion, with a decimal point or comma; None for what can't be its points."""
    try:
        value = float(form.get(f"points-{criterion.id}", "").strip().replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) and 0 <= value <= criterion.points else None


def _page(
    course: Course, attempt: Attempt, row: Answer, question: Open, wrong: Sequence[str] = (), silent: bool = False
) -> str:
    """The page of an answer. `wrong`: the criteria whose points can't be read; `silent`: the reason is missing."""
    marks = records.marks(db.session(), attempt).get(question.id, []) if row.score is not None else []
    return render_template(
        "marking/answer.html",
        course=course,
        lang=foreign_question(attempt, row.question_id),
        attempt=attempt,
        quiz=next((quiz.title for quiz in course.quizzes if quiz.id == attempt.quiz_id), attempt.quiz_id),
        question=question,
        answer=row.answer,
        marks=marks,
        wrong=wrong,
        silent=silent,
        form=request.form or (_filled(marks[-1]) if marks else {}),
        longest=marking.LONGEST_COMMENT,
        longest_reason=marking.LONGEST_REASON,
    )


def _filled(mark: Mark) -> dict[str, str]:
    """The form as a mark fills it in."""
    points = {f"points-{id}": f"{value:g}" for id, value in mark.points.items()}
    return {**points, "comment": mark.comment}
