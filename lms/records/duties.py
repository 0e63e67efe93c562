"""What is done by time: when each duty last ran and how it went, and what it failed at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Index, String, Text, delete, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from lms.db import Base


class DutyRun(Base):
    """The last run of a duty. `done` and `failed` count what it did; `error` is why it stopped, "" if it did not."""

    __tablename__ = "duty_runs"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    ran_at: Mapped[datetime]
    done: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(Text, default="")


class Failure(Base):
    """One thing that a duty failed at: `subject` says which. `next_at` is when it is tried again, None once it was
    given up. The jobs of the outbox keep this themselves."""

    __tablename__ = "duty_failures"
    __table_args__ = (Index("ix_duty_failures_next", "next_at"),)

    duty: Mapped[str] = mapped_column(String(40), primary_key=True)
    subject: Mapped[str] = mapped_column(String(100), primary_key=True)
    tries: Mapped[int]
    error: Mapped[str] = mapped_column(Text)
    failed_at: Mapped[datetime]
    next_at: Mapped[datetime | None]


def ran(session: Session, name: str, at: datetime, done: int, failed: int, error: str) -> None:
    """Keep how a run of the duty went, in place of the one before."""
    session.merge(DutyRun(name=name, ran_at=at, done=done, failed=failed, error=error))


def runs(session: Session) -> Sequence[DutyRun]:
    """The last run of each duty."""
    return session.scalars(select(DutyRun).order_by(DutyRun.name)).all()


def last_run(session: Session) -> datetime | None:
    """When any duty last ran."""
    return session.scalar(select(DutyRun.ran_at).order_by(DutyRun.ran_at.desc()).limit(1))


def resting(session: Session, duty: str, at: datetime) -> set[str]:
    """What the duty is not to try at this moment: it failed, and its time has not come again or never will."""
    query = select(Failure.subject).where(Failure.duty == duty)
    return set(session.scalars(query.where(or_(Failure.next_at.is_(None), Failure.next_at > at))))


def failure(session: Session, duty: str, subject: str) -> Failure | None:
    """What is known of this failure."""
    return session.get(Failure, (duty, subject))


def given_up(session: Session, limit: int = 200) -> Sequence[Failure]:
    """What is not tried any more, the newest first."""
    query = select(Failure).where(Failure.next_at.is_(None)).order_by(Failure.failed_at.desc())
    return session.scalars(query.limit(limit)).all()


def forget(session: Session, duty: str, subject: str) -> None:
    """Forget a failure: what failed was done, or is to be tried again from the beginning."""
    session.execute(delete(Failure).where(Failure.duty == duty, Failure.subject == subject))
