"""Rules that changed are a fact like an answer: what was done is held against them anew.

A release is a file, and may be made where no database is. So each enrolment keeps which rules its progress was worked
out by, and whoever looks next finds those that are behind: `staza publish`, or `staza jobs`. What breaks off goes on
there, and what was done is not done again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from flask_babel import force_locale

from courses.model import Course
from lms.db import db, transaction
from lms.i18n import LANGUAGES
from lms.learning import access, complete
from lms.learning.duties import Outcome, each
from lms.learning.progress import progress, rules
from lms.library import Library
from lms.records import enrolments, facts
from lms.records.accounts import Actor
from lms.records.enrolments import Enrolment
from lms.records.people import Person

AT_ONCE = 200
"""Enrolments that are looked at in one transaction."""


def apply(actor: Actor, library: Library, at: datetime) -> Outcome:
    """Work out the progress of everybody who is halfway and whose rules have changed: how many enrolments changed. Who
    has all that is asked for now completes the course; who completed it before is left alone."""
    done = failed = 0
    for course in library.courses():
        behind = enrolments.halfway(db.session(), access.administered(actor), course.id, but=rules(course))
        keys = [(row.institution_id, row.id) for row in behind]
        for start in range(0, len(keys), AT_ONCE):
            changing = _sift(actor, course, [id for _institution, id in keys[start : start + AT_ONCE]])
            outcome = each("rules", changing, lambda which: _apply(actor, library, which, at), at)
            done, failed = done + outcome.done, failed + outcome.failed
    return Outcome(done, failed)


def _sift(actor: Actor, course: Course, ids: Sequence[UUID]) -> list[str]:
    """Those of the enrolments of which the rules say something new. The others are marked as looked at, all at once."""
    scope = access.administered(actor)
    with transaction() as session:
        rows = enrolments.hold(session, scope, ids)
        known = facts.of(session, rows)
        changing = []
        for row in rows:
            now = progress(course, known[row.id])
            if now.complete or now.percent != row.progress:
                changing.append(f"{row.institution_id}/{row.id}")
            else:
                row.rules = rules(course)
        return changing


def _apply(actor: Actor, library: Library, which: str, at: datetime) -> bool:
    """Work out the progress of one enrolment; whether there was something to do."""
    _institution, _slash, id = which.partition("/")
    with transaction() as session:
        row = enrolments.get(session, access.administered(actor), UUID(id), lock=True)
        course = library.readable(row.course_id) if row else None
        revision = library.revision_of(course.id) if course else None
        if row is None or course is None or revision is None or row.completed_at or row.rules == rules(course):
            return False
        _record(session.get_one(Person, (row.institution_id, row.person_id)), row, course, revision, at)
        return True


def _record(person: Person, row: Enrolment, course: Course, revision: str, at: datetime) -> None:
    language = LANGUAGES.get(person.locale or "", LANGUAGES["en"])
    with force_locale(language.babel):  # the mail with the certificate
        complete.record(db.session(), row, course, revision, at, by_rules=True)
