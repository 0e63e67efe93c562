"""Attempts at quizzes, and their answers.

An attempt is bound for ever to what it was given: the revision, the language, the questions and their order. It is
graded by that revision whatever the course has become since.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKeyConstraint, Index, String, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from lms.db import APPEND_ONLY, Base, new_id
from lms.records.enrolments import Enrolment
from lms.records.scope import Scope

_WITHOUT_RESULT: dict[str, Any] = {f"{dialect}_where": text("passed IS NULL") for dialect in ("sqlite", "postgresql")}
"""The few attempts that are open or await a mark, for an index of these alone."""


class Attempt(Base):
    """One go at a quiz.

    `commit` is the git commit of the revision, "" where it had none. `seed` drew `shown`: the list of
    `[question id, [ids in the order shown]]`. `deadline_at` is None without a time limit. `score` in 0..1 and
    `passed` are None until submission, and then until the last answer is marked that a trainer has to mark; where
    nothing of it is graded, `score` stays None.
    """

    __tablename__ = "attempts"
    __table_args__ = (
        ForeignKeyConstraint(["institution_id", "enrolment_id"], ["enrolments.institution_id", "enrolments.id"]),
        UniqueConstraint("institution_id", "enrolment_id", "quiz_id", "number"),
        Index("ix_attempts_person", "institution_id", "person_id"),
        Index("ix_attempts_without_result", "course_id", "submitted_at", **_WITHOUT_RESULT),
    )

    institution_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID]
    enrolment_id: Mapped[UUID]
    course_id: Mapped[str] = mapped_column(String(64))
    quiz_id: Mapped[str] = mapped_column(String(64))
    number: Mapped[int]
    revision: Mapped[str] = mapped_column(String(64))
    commit: Mapped[str] = mapped_column(String(64))
    locale: Mapped[str] = mapped_column(String(10))
    seed: Mapped[str] = mapped_column(String(64))
    shown: Mapped[list[Any]]
    started_at: Mapped[datetime]
    deadline_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    score: Mapped[float | None]
    passed: Mapped[bool | None]

    @property
    def questions(self) -> list[str]:
        """The ids of its questions, in the order shown."""
        return [question for question, _ in self.shown]


class Answer(Base):
    """The answer saved last for a question of an attempt. `score` (0..1) is None until submission, and then until it is
    marked if a trainer has to mark it. `graded_by` is the revision by whose key it was marked anew, "" while that of
    the attempt holds.

    `version` counts the changes of the answer, from 1. `tab` and `sequence`: which page of a browser gave it last, and
    as the how many-th of what it sent ("" and 0 without a script). While the attempt is open, an answer that was taken
    back stays as a row whose `answer` is None, so that its version goes on; submission removes it.
    """

    __tablename__ = "answers"
    __table_args__ = (
        ForeignKeyConstraint(["institution_id", "attempt_id"], ["attempts.institution_id", "attempts.id"]),
    )

    institution_id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[UUID] = mapped_column(primary_key=True)
    question_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    answer: Mapped[Any] = mapped_column(JSON)
    saved_at: Mapped[datetime]
    score: Mapped[float | None]
    graded_by: Mapped[str] = mapped_column(String(64), default="", server_default="")
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    tab: Mapped[str] = mapped_column(String(32), default="", server_default="")
    sequence: Mapped[int] = mapped_column(default=0, server_default="0")


class Mark(Base):
    """A trainer's mark for an open answer. `points` by the id of the criterion; `score` 0..1.

    `number` counts the marks of an answer from 1: the last one holds, and its `reason` says why it took the place of
    the one before ("" of the first). The database refuses to change or delete a row.
    """

    __tablename__ = "marks"
    __table_args__ = (
        ForeignKeyConstraint(
            ["institution_id", "attempt_id", "question_id"],
            ["answers.institution_id", "answers.attempt_id", "answers.question_id"],
        ),
        {"info": APPEND_ONLY},
    )

    institution_id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[UUID] = mapped_column(primary_key=True)
    question_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, default=1, server_default="1")
    marked_by: Mapped[UUID]
    marked_at: Mapped[datetime]
    points: Mapped[Any] = mapped_column(JSON)
    score: Mapped[float]
    comment: Mapped[str] = mapped_column(String(2000), default="")
    reason: Mapped[str] = mapped_column(String(1000), default="", server_default="")


def get(session: Session, scope: Scope, attempt_id: UUID) -> Attempt | None:
    """The attempt, if the scope covers it."""
    return session.scalar(select(Attempt).where(scope.covers(Attempt), Attempt.id == attempt_id))


def answers(session: Session, attempt: Attempt) -> dict[str, Answer]:
    """The answers of an attempt that the caller has already been allowed to see, by question."""
    return {id: row for id, row in answer_rows(session, attempt).items() if row.answer is not None}


def answer_rows(session: Session, attempt: Attempt) -> dict[str, Answer]:
    """The same, with the rows of answers that were taken back."""
    rows = session.scalars(
        select(Answer).where(Answer.institution_id == attempt.institution_id, Answer.attempt_id == attempt.id)
    )
    return {row.question_id: row for row in rows}


def marks(session: Session, attempt: Attempt) -> dict[str, list[Mark]]:
    """The marks given in an attempt that the caller has already been allowed to see, by question, oldest first."""
    rows = session.scalars(
        select(Mark)
        .where(Mark.institution_id == attempt.institution_id, Mark.attempt_id == attempt.id)
        .order_by(Mark.number)
    )
    found: dict[str, list[Mark]] = defaultdict(list)
    for row in rows:
        found[row.question_id].append(row)
    return dict(found)


def of_enrolment(session: Session, enrolment: Enrolment) -> Sequence[Attempt]:
    """The attempts within an enrolment that the caller has already been allowed to see, oldest first."""
    return session.scalars(
        select(Attempt)
        .where(Attempt.institution_id == enrolment.institution_id, Attempt.enrolment_id == enrolment.id)
        .order_by(Attempt.quiz_id, Attempt.number)
    ).all()


def past_deadline(session: Session, at: datetime) -> list[tuple[int, UUID]]:
    """The keys of all attempts whose time ran out before this moment and that nobody submitted. For the jobs, not for
    people."""
    query = select(Attempt.institution_id, Attempt.id).where(Attempt.submitted_at.is_(None), Attempt.deadline_at < at)
    return [(institution, id) for institution, id in session.execute(query)]


def last_locale(session: Session, enrolment: Enrolment) -> str:
    """The language of the last attempt in an enrolment that the caller holds; "" without one."""
    return (
        session.scalar(
            select(Attempt.locale)
            .where(Attempt.institution_id == enrolment.institution_id, Attempt.enrolment_id == enrolment.id)
            .order_by(Attempt.started_at.desc())
            .limit(1)
        )
        or ""
    )
