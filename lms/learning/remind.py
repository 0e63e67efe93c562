"""Reminding: a mail to whoever is asked to look again at lessons that a release changed, and one more if they do not.

Whom to mail is worked out from the releases and the records whenever somebody asks, so it makes no difference where a
course was published: on a machine that knows no database, the next `staza jobs` finds out. That somebody was mailed is
a row, written together with the mail: it is sent once, however often this runs and in how many places.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from flask_babel import force_locale, format_date
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.db import db, transaction
from lms.i18n import LANGUAGES
from lms.learning import access
from lms.learning.duties import each
from lms.learning.refresher import Refresher, asks, refresher
from lms.library import Library
from lms.records import audit, duties, facts, institutions, jobs
from lms.records import refreshers as records
from lms.records.accounts import Actor
from lms.records.facts import Facts
from lms.records.institutions import Institution
from lms.records.refreshers import Ask, Due, RefresherMail

REMINDED_AFTER = timedelta(days=14)
"""How long a refresher stays open before it is mailed about once more, for the last time."""
DUTY = "reminders"
AT_ONCE = 50
"""Mails written in one transaction: on SQLite it holds the one write lock, and each is put together meanwhile."""


def refreshers(actor: Actor, library: Library, at: datetime) -> int:
    """Write the mails about refreshers that are due; how many. Each goes to somebody who completed the course, when a
    release asks for something, and again if that is open two weeks later."""
    scope, wanted = access.administered(actor), asks(library)
    if not wanted:
        return 0
    due = [found.enrolment.id for found in records.due(db.session(), scope, wanted, at - REMINDED_AFTER)]
    resting = duties.resting(db.session(), DUTY, at)
    due = [id for id in due if str(id) not in resting]
    batches = (due[start : start + AT_ONCE] for start in range(0, len(due), AT_ONCE))
    return sum(_batch(actor, library, wanted, batch, at) for batch in batches)


def _batch(actor: Actor, library: Library, wanted: tuple[Ask, ...], batch: Sequence[UUID], at: datetime) -> int:
    """Write some of the mails at once; where that fails, each on its own, so that one holds up no other."""
    try:
        return _write(actor, library, wanted, batch, at)
    except Exception:
        db.session.rollback()
        one = {str(id): id for id in batch}
        return each(DUTY, one, lambda which: bool(_write(actor, library, wanted, [one[which]], at)), at).done


def _write(actor: Actor, library: Library, wanted: tuple[Ask, ...], enrolments: Sequence[UUID], at: datetime) -> int:
    """Write some of the mails, unless somebody else is doing so or has done so since."""
    scope = access.administered(actor)
    with transaction() as session:
        held = records.hold(session, scope, enrolments)
        due = records.due(session, scope, wanted, at - REMINDED_AFTER, held)
        known = facts.of(session, [one.enrolment for one in due])
        places = {row.id: row for row in institutions.below(session, None)}
        return sum(
            _mail(session, library, one, known[one.enrolment.id], places[one.person.institution_id], at) for one in due
        )


def _mail(session: Session, library: Library, due: Due, known: Facts, where: Institution, at: datetime) -> bool:
    enrolment, person = due.enrolment, due.person
    course = library.in_language(person.locale or "").course(enrolment.course_id)
    left = refresher(course, library.history(course.id), enrolment, known) if course else None
    if course is None or left is None:
        return False
    told_on = where.today(due.asked_at)
    with force_locale(LANGUAGES.get(person.locale or "", LANGUAGES["en"]).babel):
        subject, body = (
            _reminder(person.name, course.title, left, told_on)
            if due.reminds
            else _news(person.name, course.title, left)
        )
    jobs.add(session, "mail", at, to=person.email, subject=subject, body=body)
    row = due.mailed or RefresherMail(institution_id=enrolment.institution_id, enrolment_id=enrolment.id)
    if due.reminds:
        row.reminded_at = at
    else:
        row.asked_at, row.mailed_at, row.reminded_at = due.asked_at, at, None
    session.add(row)
    audit.note(
        session,
        at,
        None,
        "refresher-mailed",
        enrolment.institution_id,
        person.id,
        course=course.id,
        lessons=[entry.id for entry in left.lessons],
        reminder=due.reminds,
    )
    return True


def _listed(left: Refresher) -> str:
    return "\n".join(f"– {entry.title}" for entry in left.lessons)


def _news(name: str, course: str, left: Refresher) -> tuple[str, str]:
    """Subject and text of the first mail, in the current language."""
    return _("A course has changed: %(course)s", course=course), _(
        "Hello %(name)s,\n\nthe course “%(course)s” has changed since you completed it. Please review what is new, on "
        "Staza, and finish these lessons again:\n\n%(lessons)s\n\nYour completion and your certificate "
        "stay.\n",
        name=name,
        course=course,
        lessons=_listed(left),
    )


def _reminder(name: str, course: str, left: Refresher, told_on: date) -> tuple[str, str]:
    """Subject and text of the second one."""
    return _("Reminder: a course has changed: %(course)s", course=course), _(
        "Hello %(name)s,\n\nthe course “%(course)s” has changed since you completed it. We first told you on %(day)s. "
        "These lessons are still waiting for you on Staza:\n\n%(lessons)s\n\nYour completion "
        "and your certificate stay. There will be no further reminder.\n",
        name=name,
        day=format_date(told_on, "long"),
        course=course,
        lessons=_listed(left),
    )
