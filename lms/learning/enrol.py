"""Enrolling: by oneself where a course is open, by request where it is not, by a manager."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from courses.model import Course
from lms.db import db, new_id, transaction
from lms.learning import access
from lms.learning.refusal import Refused
from lms.records import accounts, audit, directory, enrolments, jobs
from lms.records.accounts import Actor
from lms.records.enrolments import Enrolment, Request
from lms.records.people import Person
from lms.records.scope import Scope


def missing_before(session: Session, actor: Actor, course: Course) -> list[str]:
    """The ids of the courses that must be completed before this one, and are not."""
    if not course.prerequisites:
        return []
    rows = enrolments.of_person(session, access.own(actor), actor.person.id)
    completed = {row.course_id for row in rows if row.completed_at}
    return [id for id in course.prerequisites if id not in completed]


def enrol_oneself(actor: Actor, course: Course, at: datetime, *, offered: bool = True) -> Enrolment:
    """Take up an open course, once what must come before it is completed (a manager may enrol somebody all the same).
    Who is enrolled already keeps that enrolment. `offered`, here and below: whether the course is not withdrawn."""
    if course.enrolment != "open":
        raise Refused(_("Your manager decides who takes this course. Request a place instead."))
    with transaction() as session:
        if missing_before(session, actor, course):
            raise Refused(_("Complete this course’s prerequisites first. They are listed on its page."))
        return _enrol(session, actor, actor.person, course.id, None, at, offered=offered)


def _hold(session: Session, institution_id: int, person_id: UUID) -> Person:
    """The person, held to the end of the transaction: of two clicks the second waits, and sees what the first did."""
    return session.get_one(Person, (institution_id, person_id), with_for_update=True)


def _withdrawn() -> Refused:
    return Refused(_("This course has been withdrawn. Nobody new can enrol."))


def _not_oneself(actor: Actor, person_id: UUID) -> None:
    if person_id == actor.person.id:
        raise Refused(_("You can’t decide this for yourself. A manager above you or an administrator can."))


def _enrol(
    session: Session,
    actor: Actor,
    person: Person,
    course_id: str,
    due_on: date | None,
    at: datetime,
    *,
    offered: bool = True,
) -> Enrolment:
    scope = Scope.own(person.institution_id, person.id)
    _hold(session, person.institution_id, person.id)
    present = enrolments.latest(session, scope, course_id)
    if accounts.closed(session, {person.id}):
        raise Refused(_("The account of %(name)s is closed. It can’t be enrolled.", name=person.name))
    if present:
        return present
    if not offered:
        raise _withdrawn()
    row = Enrolment(
        institution_id=person.institution_id,
        person_id=person.id,
        course_id=course_id,
        enrolled_at=at,
        enrolled_by=actor.person.id,
        due_on=due_on,
    )
    session.add(row)
    for request in enrolments.open_requests(session, scope):
        if request.course_id == course_id:
            request.decided_at, request.decided_by, request.granted = at, actor.person.id, True
    audit.note(
        session,
        at,
        actor.person.id,
        "enrolled",
        person.institution_id,
        person.id,
        course=course_id,
        due=due_on.isoformat() if due_on else None,
    )
    session.flush()
    return row


def ask(actor: Actor, course: Course, reason: str, at: datetime, *, offered: bool = True) -> None:
    """Ask the manager for a place in a course that is not open to all. Asking twice asks once."""
    with transaction() as session:
        scope = access.own(actor)
        _hold(session, actor.person.institution_id, actor.person.id)
        if enrolments.latest(session, scope, course.id):
            raise Refused(_("You are already enrolled in this course."))
        if not offered:
            raise _withdrawn()
        if any(request.course_id == course.id for request in enrolments.open_requests(session, scope)):
            return
        person = actor.person
        session.add(
            Request(
                institution_id=person.institution_id,
                person_id=person.id,
                course_id=course.id,
                reason=reason.strip()[:1000],
                requested_at=at,
            )
        )
        audit.note(session, at, person.id, "asked-for-place", person.institution_id, person.id, course=course.id)


def decide(
    actor: Actor,
    request_id: UUID,
    granted: bool,
    due_on: date | None,
    title: str,
    at: datetime,
    *,
    offered: bool = True,
) -> Request:
    """Grant or decline a request of somebody whom the actor manages, and mail them the answer; `title` is the
    course's."""
    with transaction() as session:
        request = enrolments.request(session, access.deciding(actor), request_id)
        if request is None:
            raise Refused(_("This request doesn’t belong to your institution."))
        _not_oneself(actor, request.person_id)
        person = _hold(session, request.institution_id, request.person_id)
        session.refresh(request)
        if request.decided_at and (request.decided_by, request.granted) == (actor.person.id, granted):
            return request  # the same click, once more
        if request.decided_at:
            raise Refused(_("This request has already been decided."))
        at = max(at, request.requested_at)  # a clock may have been set back
        request.decided_at, request.decided_by, request.granted = at, actor.person.id, granted
        if granted:
            _enrol(session, actor, person, request.course_id, due_on, at, offered=offered)
        jobs.add(
            session,
            "mail",
            at,
            to=person.email,
            subject=_("Your request for a place in a course"),
            body=_answer(person.name, title, granted),
        )
        audit.note(
            session,
            at,
            actor.person.id,
            "request-granted" if granted else "request-declined",
            person.institution_id,
            person.id,
            course=request.course_id,
        )
        return request


def _answer(name: str, title: str, granted: bool) -> str:
    if granted:
        return _(
            "Hello %(name)s,\n\nyou have a place in the course “%(course)s”. Sign in to Staza to start.\n",
            name=name,
            course=title,
        )
    return _(
        "Hello %(name)s,\n\nyour request for a place in the course “%(course)s” was declined. Your manager can "
        "tell you why.\n",
        name=name,
        course=title,
    )


def allow_attempt(actor: Actor, enrolment_id: UUID, seen: int, at: datetime) -> Enrolment:
    """Give somebody whom the actor manages one more attempt at the quizzes of a course. `seen` is how many extra ones
    the actor knew of: where there are more by now, nothing is added."""
    with transaction() as session:
        row = enrolments.get(session, access.managed(actor), enrolment_id, lock=True)
        if row is None:
            raise Refused(_("This enrolment doesn’t belong to your institution."))
        _not_oneself(actor, row.person_id)
        if accounts.closed(session, {row.person_id}):
            person = session.get_one(Person, (row.institution_id, row.person_id))
            raise Refused(_("The account of %(email)s is closed.", email=person.email))
        if row.extra_attempts != seen:
            return row
        row.extra_attempts += 1
        audit.note(
            session,
            at,
            actor.person.id,
            "attempt-allowed",
            row.institution_id,
            row.person_id,
            course=row.course_id,
            extra=row.extra_attempts,
        )
        return row


def enrol_person(
    actor: Actor, person_id: UUID, course_id: str, due_on: date | None, at: datetime, *, offered: bool = True
) -> Enrolment:
    """Enrol somebody whom the actor manages. Who is enrolled already keeps that enrolment, with the new due day."""
    with transaction() as session:
        person = directory.get(session, access.managed(actor), person_id)
        if person is None:
            raise Refused(_("This person doesn’t belong to your institution."))
        _not_oneself(actor, person_id)
        row = _enrol(session, actor, person, course_id, due_on, at, offered=offered)
        if row.due_on != due_on and row.completed_at is None:
            row.due_on = due_on
            audit.note(
                session,
                at,
                actor.person.id,
                "due-day-set",
                person.institution_id,
                person.id,
                course=course_id,
                due=due_on.isoformat() if due_on else None,
            )
        return row


AT_ONCE = 200
"""Enrolments written in one transaction: on SQLite it holds the one write lock, and everybody's answers wait."""


def enrol_people(actor: Actor, rows: list[tuple[UUID, str, date | None]], at: datetime) -> int:
    """Enrol many: how many of them are new enrolments. Nobody is, where one in the list is not the actor's to enrol.

    The list is written in batches, under one id in the audit log. One that was interrupted is finished by sending it
    again, since who is enrolled keeps that enrolment.
    """
    scope, batch_id = access.managed(actor), str(new_id())
    asked = {person_id for person_id, _course, _due in rows}
    if asked - directory.by_ids(db.session(), scope, asked).keys():
        raise Refused(_("Somebody in this list doesn’t belong to your institution. Nobody was enrolled."))
    if actor.person.id in asked:
        _not_oneself(actor, actor.person.id)
    if accounts.closed(db.session(), asked):
        raise Refused(_("Somebody in this list has a closed account. Nobody was enrolled."))
    batches = (rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE))
    return sum(_enrol_batch(actor, scope, batch, batch_id, at) for batch in batches)


def _enrol_batch(
    actor: Actor, scope: Scope, rows: list[tuple[UUID, str, date | None]], batch_id: str, at: datetime
) -> int:
    """Write some of the enrolments, with as many statements for many as for one."""
    with transaction() as session:
        ids = sorted({person_id for person_id, _course, _due in rows})
        people = directory.hold(session, scope, ids)
        held = enrolments.held(session, scope, ids)
        requests = enrolments.open_requests(session, scope, ids)
        new = 0
        for person_id, course_id, due_on in rows:
            person = people.get(person_id)
            if person is None or (person_id, course_id) in held:
                continue
            held.add((person_id, course_id))
            new += 1
            session.add(
                Enrolment(
                    institution_id=person.institution_id,
                    person_id=person.id,
                    course_id=course_id,
                    enrolled_at=at,
                    enrolled_by=actor.person.id,
                    due_on=due_on,
                )
            )
            audit.note(
                session,
                at,
                actor.person.id,
                "enrolled",
                person.institution_id,
                person.id,
                course=course_id,
                due=due_on.isoformat() if due_on else None,
                list=batch_id,
            )
            for request in requests:
                if (request.person_id, request.course_id) == (person_id, course_id):
                    request.decided_at, request.decided_by, request.granted = at, actor.person.id, True
        return new
