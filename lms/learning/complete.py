"""Completion: stored in the transaction of the fact that brought it about, together with its certificate."""

from __future__ import annotations

import secrets
from calendar import monthrange
from datetime import date, datetime

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from courses.model import Course
from lms import i18n
from lms.i18n import Language
from lms.learning.progress import Progress, progress, reason, rules
from lms.records import attempts, audit, facts, jobs
from lms.records.certificates import Certificate
from lms.records.enrolments import Enrolment
from lms.records.facts import Facts
from lms.records.institutions import Institution
from lms.records.people import Person

CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 16


def record(
    session: Session, enrolment: Enrolment, course: Course, revision: str, at: datetime, by_rules: bool = False
) -> Progress:
    """Take account of a new fact, in the caller's transaction: store the progress, and the completion if this was the
    last thing missing. A completion once stored stays, whatever the rules have become. `by_rules`: the new fact is that
    the rules changed."""
    session.flush()
    known = facts.of(session, [enrolment])[enrolment.id]
    now = progress(course, known)
    enrolment.started_at = enrolment.started_at or at
    if enrolment.completed_at is not None:
        return now
    enrolment.progress, enrolment.rules = now.percent, rules(course)
    if now.complete:
        at = max(at, enrolment.started_at, enrolment.enrolled_at)  # a clock may have been set back
        enrolment.completed_at, enrolment.completion = at, reason(course, revision, known, by_rules)
        audit.note(
            session,
            at,
            enrolment.person_id,
            "completed",
            enrolment.institution_id,
            enrolment.person_id,
            course=course.id,
            revision=revision,
            by_rules=by_rules,
        )
        if course.certificate_months is not None:
            _certify(session, enrolment, course, revision, known, at)
    return now


def _certify(session: Session, enrolment: Enrolment, course: Course, revision: str, known: Facts, at: datetime) -> None:
    person = session.get_one(Person, (enrolment.institution_id, enrolment.person_id))
    institution = session.get_one(Institution, enrolment.institution_id)
    scores = [score for quiz, score in known.quizzes if quiz in course.completion.quizzes]
    language = _language(session, enrolment, person, institution)
    title = course.in_language(language.code).title
    session.add(
        Certificate(
            institution_id=enrolment.institution_id,
            person_id=person.id,
            enrolment_id=enrolment.id,
            code=new_code(),
            course_id=course.id,
            revision=revision,
            name=person.name,
            institution=institution.name,
            title=title,
            hours=course.hours,
            score=min(scores) if scores else None,
            locale=language.code,
            issued_at=at,
            issued_on=(today := institution.today(at)),
            valid_until=valid_until(today, course.certificate_months or 0),
        )
    )
    audit.note(session, at, None, "certified", enrolment.institution_id, person.id, course=course.id)
    with force_locale(language.babel):
        jobs.add(
            session,
            "mail",
            at,
            to=person.email,
            subject=_("You have completed: %(course)s", course=title),
            body=_(
                "Hello %(name)s,\n\nyou have completed the course “%(course)s”. Your certificate is on your home "
                "page on Staza.\n",
                name=person.name,
                course=title,
            ),
        )


def _language(session: Session, enrolment: Enrolment, person: Person, institution: Institution) -> Language:
    """The holder's language: the one they chose; else the one in which they took the last quiz of the course; else
    that of their institution's country."""
    taken = "" if person.locale else attempts.last_locale(session, enrolment)
    return i18n.LANGUAGES.get(person.locale or taken) or i18n.of_country(institution.country)


def new_code() -> str:
    """A certificate's code: 16 characters that can't be mistaken for each other, about 78 random bits."""
    return "".join(secrets.choice(CODE_ALPHABET) for _place in range(CODE_LENGTH))


def valid_until(issued: date, months: int) -> date:
    """The last day of a validity of so many months: the same day of the month, or the month's last day."""
    year, month = divmod(issued.month - 1 + months, 12)
    year, month = issued.year + year, month + 1
    return date(year, month, min(issued.day, monthrange(year, month)[1]))
