"""Lessons: reading, answering checks in place, finishing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from courses.model import Course, LessonEntry
from courses.questions.base import Answer, Question, as_asked
from lms import clock
from lms.db import db
from lms.learning import lessons
from lms.learning.access import own
from lms.learning.progress import progress
from lms.learning.refresher import asked, refresher
from lms.learning.versions import Differs, Stored
from lms.records import enrolments, facts
from lms.records.enrolments import CheckAnswer, Enrolment
from lms.web import forms, versions
from lms.web.access import SIGNED_IN, actor, allow
from lms.web.forms import Check, found
from lms.web.reading import foreign, library
from lms.web.trail import trail, url_of

blueprint = Blueprint("lessons", __name__, url_prefix="/courses/<course_id>")


def _taken(course_id: str) -> tuple[Course, str]:
    """The current revision of the course, and its id."""
    return found(library().course(course_id)), found(library().revision_of(course_id))


def _check(
    course: Course,
    lesson: LessonEntry,
    question: Question,
    enrolment: Enrolment,
    answer: Answer | None = None,
    row: CheckAnswer | None = None,
) -> Check:
    url = url_for("lessons.answer", course_id=course.id, lesson_id=lesson.id, question_id=question.id)
    payload = question.payload(lessons.check_order(question, enrolment), answer)
    whole = answer is not None and question.finished(answer)
    grade = as_asked(payload, question.grade(answer)) if whole else None
    return Check(payload, url, answer, grade, versions.shown(_stored(row)))


def _stored(row: CheckAnswer | None) -> Stored:
    return Stored(row.answer, row.version) if row else Stored()


def _shown(
    course: Course, revision: str, lesson: LessonEntry, enrolment: Enrolment, id: str, row: CheckAnswer | None
) -> Check:
    """A check of a lesson as it stands, or anew where the address asks for it."""
    question = found(library().question(course.id, id))
    if row is None or (row.score is None and row.revision != revision):
        return _check(course, lesson, question, enrolment, row=row)
    if row.score is not None and id == request.args.get("again"):
        path: Answer = request.args.getlist("path")  # of a scenario that is played again: nothing is stored on the way
        return _check(course, lesson, question, enrolment, None if question.finished(path) else path, row)
    # an answer is graded by the revision and in the language that it was given under, which may not be the page's
    versions = list(library().versions(course.id, id, row.revision))
    same = (version for version in versions if row.score in (None, version.grade(row.answer).score))
    graded_by = next(same, versions[0] if versions else question)
    return _check(course, lesson, graded_by, enrolment, row.answer, row)


@blueprint.get("/lessons/<lesson_id>")
@allow(SIGNED_IN)
def lesson(course_id: str, lesson_id: str) -> str | Response:
    """A lesson with its checks: four statements."""
    course, revision = _taken(course_id)
    entry, text = found(course.lesson(lesson_id)), found(library().lesson(course_id, lesson_id))
    session = db.session()
    enrolment = enrolments.latest(session, own(actor()), course_id)
    if enrolment is None:
        flash(_("Enrol in this course to read its lessons."), "info")
        return redirect(url_for("catalogue.course", course_id=course_id))
    known = facts.of(session, [enrolment])[enrolment.id]
    answered = enrolments.check_answers(session, enrolment) if text.checks else {}
    checks = {id: _shown(course, revision, entry, enrolment, id, answered.get(id)) for id in text.checks}
    now = progress(course, known)
    again = refresher(course, library().history(course_id), enrolment, known)
    changed = again is not None and entry in again.lessons
    sources = {source.id: source for source in course.sources}
    places = [step.id for step in now.steps]
    after = now.steps[places.index(lesson_id) + 1 :] if lesson_id in places else ()
    return render_template(
        "lessons/lesson.html",
        course=course,
        lang=foreign(course, lesson=lesson_id),
        titles_lang=foreign(course),
        langs={id: foreign(course, question=id) for id in text.checks},
        lesson=text,
        checks=checks,
        done=lesson_id in known.lessons and not changed,
        changed=changed,
        open_checks=[id for id in text.checks if id not in known.checks],
        progress=now,
        trail=trail(course, now, here=lesson_id),
        next_step=after[0] if after else None,
        next_url=url_of(course, after[0]) if after else url_for("catalogue.course", course_id=course_id),
        sources=[sources[id] for id in text.sources if id in sources],
        objectives=[objective for objective in course.objectives if objective.id in text.objectives],
        country=actor().institution.country,
        countries={country.id: country.title for country in library().programme().countries},
    )


@blueprint.get("/card")
@allow(SIGNED_IN)
def card(course_id: str) -> str | Response:
    """The summaries of all lessons, to be printed on one page: one statement beyond the sign-in."""
    course, _revision = _taken(course_id)
    lessons_summed_up = found(library().card(course_id) or None)
    if enrolments.latest(db.session(), own(actor()), course_id) is None:
        flash(_("Enrol in this course to read its lessons."), "info")
        return redirect(url_for("catalogue.course", course_id=course_id))
    return render_template(
        "lessons/card.html",
        course=course,
        lessons=lessons_summed_up,
        titles_lang=foreign(course),
        langs={lesson.id: foreign(course, lesson=lesson.id) for lesson in lessons_summed_up},
    )


def _at(course_id: str, lesson_id: str, question_id: str, **query: Any) -> str:
    """The address of a check on the page of its lesson."""
    return url_for(".lesson", course_id=course_id, lesson_id=lesson_id, _anchor=f"check-{question_id}", **query)


@blueprint.post("/lessons/<lesson_id>/checks/<question_id>")
@allow(SIGNED_IN)
def answer(course_id: str, lesson_id: str, question_id: str) -> str | Response | tuple[str, int]:
    """Answer a check; the feedback comes at once, as a fragment or on the lesson's page."""
    course, revision = _taken(course_id)
    entry = found(course.lesson(lesson_id))
    if question_id not in entry.checks:
        abort(404)
    question = found(library().question(course_id, question_id))
    given = forms.answer(question.payload(), request.form)
    refusal = forms.refusal(question, given)
    if given is None or refusal:
        if forms.is_fetch():
            abort(422)  # the script then sends the form itself, and the page below says why
        flash(refusal, "warning")
        return redirect(_at(course_id, lesson_id, question_id), 303)
    try:
        kept = lessons.answer_check(actor(), course, revision, question, given, clock.now(), versions.seen())
    except Differs as differs:
        if forms.is_fetch():
            raise
        return _differs(course, entry, question, given, differs), 409
    if not forms.is_fetch():
        again: dict[str, Any] = {} if kept else {"again": question_id, "path": given}
        return redirect(_at(course_id, lesson_id, question_id, **again), 303)
    enrolment = found(enrolments.latest(db.session(), own(actor()), course_id))
    answered = facts.of(db.session(), [enrolment])[enrolment.id].checks
    row = kept or enrolments.check_answers(db.session(), enrolment).get(question_id)
    lang = foreign(course, question=question_id)
    return render_template(
        "lessons/answered.html",
        open_checks=[id for id in entry.checks if id not in answered],
        lang=lang,
        untranslated=lang and not foreign(course, lesson=lesson_id),
        check=_check(course, entry, question, enrolment, kept.answer if kept else given, row),
        id=question_id,
        again_url=url_for(".lesson", course_id=course_id, lesson_id=lesson_id),
    )


def _differs(course: Course, lesson: LessonEntry, question: Question, given: Answer, differs: Differs) -> str:
    """The page that shows two answers to a check, of which one is to be chosen."""
    enrolment = found(enrolments.latest(db.session(), own(actor()), course.id))
    check = _check(course, lesson, question, enrolment)
    return render_template(
        "lessons/differs.html",
        course=course,
        lesson=lesson,
        lang=foreign(course, question=question.id),
        check=check,
        given=given,
        saved=differs.stored.answer,
        version=versions.shown(differs.stored),
        reason=str(differs),
    )


@blueprint.post("/lessons/<lesson_id>/finish")
@allow(SIGNED_IN)
def finish(course_id: str, lesson_id: str) -> Response:
    """Mark the lesson as finished and go on to the next step."""
    (course, revision), history, at = _taken(course_id), library().history(course_id), clock.now()
    try:
        now = lessons.finish(actor(), course, revision, found(course.lesson(lesson_id)), history, at)
    except lessons.Unanswered:  # the end of the page says how many are open, and leads to the first
        return redirect(url_for(".lesson", course_id=course_id, lesson_id=lesson_id, _anchor="open-checks"), 303)
    session = db.session()
    enrolment = found(enrolments.latest(session, own(actor()), course_id))
    onward = url_of(course, now.next) if now.next else url_for("catalogue.course", course_id=course_id)
    if enrolment.completed_at == at:
        flash(_("You have completed this course."), "success")
    elif asked(history, enrolment):
        again = refresher(course, history, enrolment, facts.of(session, [enrolment])[enrolment.id])
        if again:
            return redirect(url_for(".lesson", course_id=course_id, lesson_id=again.lessons[0].id), 303)
        flash(_("You have reviewed everything that changed. Thank you."), "success")
        return redirect(url_for("catalogue.course", course_id=course_id), 303)
    return redirect(onward, 303)
