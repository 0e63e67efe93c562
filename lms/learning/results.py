"""Telling a trainee that the result of an attempt has changed since they were told it."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.library import Library
from lms.records import jobs
from lms.records.attempts import Attempt
from lms.records.people import Person


def titles(library: Library, attempt: Attempt, locale: str | None) -> tuple[str, str]:
    """What the course and the quiz of an attempt are called in a language, by the attempt's own revision."""
    course = library.in_language(locale or "").course(attempt.course_id, attempt.revision)
    quiz = course.quiz(attempt.quiz_id) if course else None
    return course.title if course else attempt.course_id, quiz.title if quiz else attempt.quiz_id


def mail_changed(session: Session, person: Person, course: str, body: str, lowered: bool, at: datetime) -> None:
    """Mail that a result has changed, in the caller's transaction and in the current language. `course` is its title;
    `body` says what happened, and why."""
    if lowered:
        body += _("A course you have completed stays completed.") + "\n"
    subject = _("Your result has changed: %(course)s", course=course)
    jobs.add(session, "mail", at, to=person.email, subject=subject, body=body)
