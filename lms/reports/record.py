"""One person's training record, and the requests that wait for a manager."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from lms.records import certificates, enrolments, refreshers
from lms.records.accounts import is_open
from lms.records.attempts import Attempt
from lms.records.certificates import Certificate
from lms.records.enrolments import Enrolment, Request
from lms.records.people import Person
from lms.records.refreshers import Ask
from lms.records.scope import Scope


@dataclass(frozen=True, slots=True)
class Entry:
    """An enrolment with the attempts made in it, oldest first, the certificate it led to, and since when a refresher is
    open in it, if one is."""

    enrolment: Enrolment
    attempts: tuple[Attempt, ...]
    certificate: Certificate | None
    refresher_since: datetime | None


def record(session: Session, scope: Scope, person_id: UUID, asks: tuple[Ask, ...]) -> list[Entry]:
    """A person's enrolments, newest first: three statements, whatever the person has done, and a fourth one where
    releases ask for refreshers (`asks`)."""
    tried = session.scalars(
        select(Attempt)
        .where(scope.covers(Attempt), Attempt.person_id == person_id)
        .order_by(Attempt.started_at, Attempt.id)
    ).all()
    issued = {row.enrolment_id: row for row in reversed(certificates.of_person(session, scope, person_id))}
    again = refreshers.of_person(session, scope, asks, person_id)
    return [
        Entry(row, tuple(one for one in tried if one.enrolment_id == row.id), issued.get(row.id), again.get(row.id))
        for row in enrolments.of_person(session, scope, person_id)
    ]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request for a place, and who sent it."""

    id: UUID
    person_id: UUID
    name: str
    unit_id: int
    course_id: str
    reason: str
    requested_at: datetime


def waiting_count(session: Session, scope: Scope) -> int:
    """How many requests nobody has decided yet."""
    query = (
        select(func.count())
        .select_from(Request)
        .where(scope.covers(Request), Request.decided_at.is_(None), is_open(Request))
    )
    return session.scalar(query) or 0


def waiting(session: Session, scope: Scope, limit: int, offset: int = 0) -> Sequence[Waiting]:
    """The requests that nobody has decided yet, oldest first."""
    rows = session.execute(
        select(
            Request.id, Person.id, Person.name, Person.unit_id, Request.course_id, Request.reason, Request.requested_at
        )
        .join(Person, and_(Person.institution_id == Request.institution_id, Person.id == Request.person_id))
        .where(scope.covers(Person), Request.decided_at.is_(None), is_open(Person))
        .order_by(Request.requested_at, Request.id)
        .limit(limit)
        .offset(offset)
    )
    return [Waiting(*row) for row in rows]
