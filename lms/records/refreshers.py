"""Refreshers in the database: who is still to look at lessons again that they finished before, and who was mailed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    ForeignKeyConstraint,
    String,
    and_,
    column,
    exists,
    func,
    null,
    or_,
    select,
    type_coerce,
    values,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from lms.db import Base, UtcDateTime
from lms.records.accounts import Account
from lms.records.enrolments import Enrolment, LessonDone
from lms.records.people import Person
from lms.records.scope import Scope


@dataclass(frozen=True, slots=True)
class Ask:
    """That whoever completed the course before `since` finish a lesson of it once more."""

    course_id: str
    lesson_id: str
    since: datetime


class RefresherMail(Base):
    """That somebody was mailed about a refresher: the moment of the release that asked for it last, when they were
    told, and when they were reminded of it. One row an enrolment: a later release takes the place of an earlier one."""

    __tablename__ = "refresher_mails"
    __table_args__ = (
        ForeignKeyConstraint(["institution_id", "enrolment_id"], ["enrolments.institution_id", "enrolments.id"]),
    )

    institution_id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[UUID] = mapped_column(primary_key=True)
    asked_at: Mapped[datetime]
    mailed_at: Mapped[datetime]
    reminded_at: Mapped[datetime | None]


@lru_cache(maxsize=8)  # a statement that asks in several places takes the same table in each
def _table(asks: tuple[Ask, ...]) -> CTE:
    """What is asked for, as a table that a statement brings along."""
    return (
        values(column("course_id", String), column("lesson_id", String), column("since", UtcDateTime()), name="asked")
        .data([(ask.course_id, ask.lesson_id, ask.since) for ask in asks])
        .cte("asked")
    )


def open_since(asks: tuple[Ask, ...], rows: Any) -> ColumnElement[datetime | None]:
    """When somebody was asked last to look again at what they have not finished since, as a column; NULL where nothing
    is open. `rows`: enrolments, or a query with their institution_id, id, course_id and completed_at."""
    if not asks:
        return type_coerce(null(), UtcDateTime())
    asked = _table(asks)
    again = (
        exists()
        .where(
            LessonDone.institution_id == rows.institution_id,
            LessonDone.enrolment_id == rows.id,
            LessonDone.lesson_id == asked.c.lesson_id,
            LessonDone.done_at >= asked.c.since,
        )
        .correlate_except(LessonDone)
    )
    return (
        select(func.max(asked.c.since))
        .where(asked.c.course_id == rows.course_id, asked.c.since > rows.completed_at, ~again)
        .correlate_except(asked)
        .scalar_subquery()
    )


def of_person(session: Session, scope: Scope, asks: tuple[Ask, ...], person_id: UUID) -> dict[UUID, datetime]:
    """Since when something is open in each enrolment of a person in which something is: one statement, none where no
    release asks for anything."""
    if not asks:
        return {}
    since = open_since(asks, Enrolment)
    query = select(Enrolment.id, since).where(scope.covers(Enrolment), Enrolment.person_id == person_id)
    return {id: asked_at for id, asked_at in session.execute(query) if asked_at is not None}


@dataclass(frozen=True, slots=True)
class Due:
    """A mail that is due: to whom, about which enrolment, since when they are asked. `mailed`: what they were mailed
    before; of the same refresher, where this is a reminder."""

    enrolment: Enrolment
    person: Person
    asked_at: datetime
    mailed: RefresherMail | None

    @property
    def reminds(self) -> bool:
        """Whether they were told already."""
        return self.mailed is not None and self.mailed.asked_at >= self.asked_at


def due(
    session: Session, scope: Scope, asks: tuple[Ask, ...], told_before: datetime, among: Collection[UUID] | None = None
) -> list[Due]:
    """The mails that are due to people whose account is open: to those not told yet, and once more to those told before
    `told_before`. `among`: only about these enrolments."""
    found = (
        select(Enrolment.institution_id, Enrolment.id, open_since(asks, Enrolment).label("since"))
        .where(
            scope.covers(Enrolment),
            Enrolment.course_id.in_({ask.course_id for ask in asks}),
            Enrolment.completed_at.is_not(None),
            *([Enrolment.id.in_(among)] if among is not None else ()),
        )
        .subquery()
    )
    new = or_(RefresherMail.asked_at.is_(None), RefresherMail.asked_at < found.c.since)
    again = and_(RefresherMail.reminded_at.is_(None), RefresherMail.mailed_at <= told_before)
    query = (
        select(Enrolment, Person, found.c.since, RefresherMail)
        .join(found, _same(Enrolment.institution_id, Enrolment.id, found.c.institution_id, found.c.id))
        .join(Person, _same(Person.institution_id, Person.id, Enrolment.institution_id, Enrolment.person_id))
        .join(Account, _same(Account.institution_id, Account.person_id, Person.institution_id, Person.id))
        .outerjoin(
            RefresherMail,
            _same(RefresherMail.institution_id, RefresherMail.enrolment_id, Enrolment.institution_id, Enrolment.id),
        )
        .where(found.c.since.is_not(None), Account.closed_at.is_(None), or_(new, again))
        .order_by(Enrolment.id)
    )
    return [Due(*row) for row in session.execute(query)]


def _same(place: Any, id: Any, other_place: Any, other_id: Any) -> ColumnElement[bool]:
    return and_(place == other_place, id == other_id)


def hold(session: Session, scope: Scope, enrolments: Collection[UUID]) -> Sequence[UUID]:
    """Those of the enrolments that nobody else is writing to, held to the end of the transaction."""
    query = select(Enrolment.id).where(scope.covers(Enrolment), Enrolment.id.in_(enrolments))
    return session.scalars(query.with_for_update(skip_locked=True)).all()
