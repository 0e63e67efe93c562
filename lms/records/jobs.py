"""The outbox: work that a transaction causes and that is done after it, by `staza jobs`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from lms.db import Base, new_id


class Job(Base):
    """A thing to do: `kind` names the doer in `lms.learning.jobs`, `payload` is what it is given."""

    __tablename__ = "jobs"
    __table_args__ = (Index("ix_jobs_due", "done_at", "due_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]]
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(Text, default="")


def add(session: Session, kind: str, due_at: datetime, **payload: Any) -> None:
    """Put a job into the outbox, in the caller's transaction."""
    session.add(Job(kind=kind, payload=payload, due_at=due_at))


def due(session: Session, at: datetime, limit: int = 50) -> Sequence[Job]:
    """The jobs to do now, oldest first. On PostgreSQL they are locked, and those that another worker holds are passed
    over."""
    return session.scalars(
        select(Job)
        .where(Job.done_at.is_(None), Job.due_at <= at)
        .order_by(Job.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def given_up(session: Session, tries: int, limit: int = 200) -> Sequence[Job]:
    """The jobs that failed so often that they are not tried any more, the newest first."""
    query = select(Job).where(Job.done_at.is_(None), Job.tries >= tries)
    return session.scalars(query.order_by(Job.id.desc()).limit(limit)).all()


def again(session: Session, id: str, at: datetime) -> None:
    """Let a job be tried from the beginning."""
    try:
        job = session.get(Job, UUID(id))
    except ValueError:
        return
    if job and job.done_at is None:
        job.tries, job.due_at = 0, at
