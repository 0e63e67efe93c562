"""Enrolments, and what trainees did in lessons."""

from __future__ import annotations

import enum
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    ColumnElement,
    Date,
    ForeignKeyConstraint,
    Index,
    Select,
    String,
    UniqueConstraint,
    case,
    literal,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from lms.days import NOWHERE, day_of
from lms.db import Base, new_id
from lms.records.accounts import is_open
from lms.records.institutions import Institution
from lms.records.scope import Scope


class State(enum.Enum):
    """Where an enrolment stands on a day."""

    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    OVERDUE = "overdue"
    COMPLETED = "completed"


class Enrolment(Base):
    """A person's place in a course.

    `extra_attempts` is how many attempts at each quiz a manager allowed beyond its limit. `round` counts from 1;
    whoever takes the whole course anew is in the next round. `progress` is the percentage of the course's steps done,
    as the last fact left it. `completion` says why the course counts as completed, and under which revision.
    `rules` names the rules by which `progress` was worked out.
    """

    __tablename__ = "enrolments"
    __table_args__ = (
        ForeignKeyConstraint(["institution_id", "person_id"], ["people.institution_id", "people.id"]),
        UniqueConstraint("institution_id", "person_id", "course_id", "round"),
        Index("ix_enrolments_reports", "institution_id", "course_id", "completed_at", "due_on", "started_at"),
    )

    institution_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID]
    course_id: Mapped[str] = mapped_column(String(64))
    round: Mapped[int] = mapped_column(default=1)
    enrolled_at: Mapped[datetime]
    enrolled_by: Mapped[UUID]
    due_on: Mapped[date | None] = mapped_column(Date)
    started_at: Mapped[datetime | None]
    progress: Mapped[int] = mapped_column(default=0)
    completed_at: Mapped[datetime | None]
    completion: Mapped[dict[str, Any] | None]
    extra_attempts: Mapped[int] = mapped_column(default=0)
    rules: Mapped[str] = mapped_column(String(64), default="", server_default="")

    def state(self, today: date) -> State:
        """Where the enrolment stands on this day. `state_on` says the same in SQL."""
        if self.completed_at:
            return State.COMPLETED
        if self.due_on and self.due_on < today:
            return State.OVERDUE
        return State.IN_PROGRESS if self.started_at else State.NOT_STARTED


def today_of(institutions: Sequence[Institution], at: datetime) -> date | ColumnElement[date]:
    """The day that it is at this moment where an enrolment belongs, to be held against its due day: one day, or, where
    the institutions (the roots) do not share one, a column."""
    days = {row.id: row.today(at) for row in institutions}
    if len(set(days.values())) == 1:
        return next(iter(days.values()))
    known = [(Enrolment.institution_id == id, literal(day, Date)) for id, day in days.items()]
    return case(*known, else_=literal(day_of(at, NOWHERE), Date)) if known else day_of(at, NOWHERE)


def state_on(today: date | ColumnElement[date]) -> ColumnElement[str]:
    """The value of `Enrolment.state(today)`, as a column."""
    return case(
        (Enrolment.completed_at.is_not(None), literal(State.COMPLETED.value)),
        (Enrolment.due_on < today, literal(State.OVERDUE.value)),
        (Enrolment.started_at.is_not(None), literal(State.IN_PROGRESS.value)),
        else_=literal(State.NOT_STARTED.value),
    )


class Request(Base):
    """A trainee's wish to take a course that is not open to all, for a manager to decide."""

    __tablename__ = "enrolment_requests"
    __table_args__ = (ForeignKeyConstraint(["institution_id", "person_id"], ["people.institution_id", "people.id"]),)

    institution_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID]
    course_id: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(1000))
    requested_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    granted: Mapped[bool | None]


class LessonDone(Base):
    """A lesson that a trainee finished, and when and under which revision: anew, where a release asked for that."""

    __tablename__ = "lessons_done"
    __table_args__ = (
        ForeignKeyConstraint(["institution_id", "enrolment_id"], ["enrolments.institution_id", "enrolments.id"]),
    )

    institution_id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[UUID] = mapped_column(primary_key=True)
    lesson_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    revision: Mapped[str] = mapped_column(String(64))
    done_at: Mapped[datetime]


class CheckAnswer(Base):
    """The last answer to a check in a lesson, and the revision that graded it. `score` is None while the answer is not
    whole, and then it does not count as one: a scenario that has not ended. `version` counts its changes, from 1."""

    __tablename__ = "check_answers"
    __table_args__ = (
        ForeignKeyConstraint(["institution_id", "enrolment_id"], ["enrolments.institution_id", "enrolments.id"]),
    )

    institution_id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[UUID] = mapped_column(primary_key=True)
    question_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    revision: Mapped[str] = mapped_column(String(64))
    answer: Mapped[Any] = mapped_column(JSON)
    score: Mapped[float | None]
    answered_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1, server_default="1")


def get(session: Session, scope: Scope, enrolment_id: UUID, lock: bool = False) -> Enrolment | None:
    """The enrolment, if the scope covers it. Verbs that add to what was done in it lock it first, so that two requests
    of one person wait for each other (SQLite has one writer at a time anyway)."""
    query = select(Enrolment).where(scope.covers(Enrolment), Enrolment.id == enrolment_id)
    return session.scalar(_locked(query) if lock else query)


def _locked(query: Select[Enrolment]) -> Select[Enrolment]:
    return query.with_for_update().execution_options(populate_existing=True)


def latest(session: Session, scope: Scope, course_id: str, lock: bool = False) -> Enrolment | None:
    """The newest enrolment of the one person the scope covers in this course; `lock` as for `get`."""
    query = (
        select(Enrolment)
        .where(scope.covers(Enrolment), Enrolment.course_id == course_id)
        .order_by(Enrolment.round.desc())
        .limit(1)
    )
    return session.scalar(_locked(query) if lock else query)


def halfway(session: Session, scope: Scope, course_id: str, but: str | None = None) -> Sequence[Enrolment]:
    """The enrolments of a course that are begun and not completed, of people whose account is open, to be counted or
    worked on and not shown; without those whose progress was worked out by the rules `but`."""
    conditions = [
        scope.covers(Enrolment, counting=True),
        Enrolment.course_id == course_id,
        Enrolment.started_at.is_not(None),
        Enrolment.completed_at.is_(None),
        is_open(Enrolment),
    ]
    if but is not None:
        conditions.append(Enrolment.rules != but)
    return session.scalars(select(Enrolment).where(*conditions).order_by(Enrolment.id)).all()


def hold(session: Session, scope: Scope, ids: Collection[UUID]) -> Sequence[Enrolment]:
    """Those of the enrolments that are not completed and that nobody else is writing to, held to the end of the
    transaction."""
    query = (
        select(Enrolment)
        .where(scope.covers(Enrolment), Enrolment.id.in_(ids), Enrolment.completed_at.is_(None))
        .with_for_update(skip_locked=True)
    )
    return session.scalars(query.execution_options(populate_existing=True)).all()


def of_person(session: Session, scope: Scope, person_id: UUID) -> Sequence[Enrolment]:
    """All enrolments of a person, newest first."""
    return session.scalars(
        select(Enrolment)
        .where(scope.covers(Enrolment), Enrolment.person_id == person_id)
        .order_by(Enrolment.enrolled_at.desc(), Enrolment.id)
    ).all()


def held(session: Session, scope: Scope, people: Collection[UUID]) -> set[tuple[UUID, str]]:
    """Which of these people have which courses: (person, course) pairs."""
    rows = session.execute(
        select(Enrolment.person_id, Enrolment.course_id).where(scope.covers(Enrolment), Enrolment.person_id.in_(people))
    )
    return {(person_id, course_id) for person_id, course_id in rows}


def check_answers(session: Session, enrolment: Enrolment) -> dict[str, CheckAnswer]:
    """The answers to checks in an enrolment that the caller has already been allowed to see, by question."""
    rows = session.scalars(
        select(CheckAnswer).where(
            CheckAnswer.institution_id == enrolment.institution_id, CheckAnswer.enrolment_id == enrolment.id
        )
    )
    return {row.question_id: row for row in rows}


def open_requests(session: Session, scope: Scope, people: Collection[UUID] | None = None) -> Sequence[Request]:
    """The requests that nobody has decided yet, oldest first; those of these people alone, if any are named."""
    query = select(Request).where(scope.covers(Request), Request.decided_at.is_(None)).order_by(Request.requested_at)
    if people is not None:
        query = query.where(Request.person_id.in_(people))
    return session.scalars(query).all()


def request(session: Session, scope: Scope, request_id: UUID) -> Request | None:
    """The request, if the scope covers it."""
    return session.scalar(select(Request).where(scope.covers(Request), Request.id == request_id))
