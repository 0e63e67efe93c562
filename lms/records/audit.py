"""The audit log: every look and every change at personal data. Rows are added and never touched again; the database
itself refuses to change or delete one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, select, tuple_
from sqlalchemy.orm import Mapped, Session, mapped_column

from lms.db import APPEND_ONLY, Base, new_id
from lms.records.scope import Scope


class AuditEvent(Base):
    """Who did what to whose data, and when. `actor_id` is None for the system itself and for somebody unknown;
    `institution_id` and `person_id` tell whose data it was, where it was one institution's or one person's."""

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_time", "at", "id"),
        Index("ix_audit_events_person", "institution_id", "person_id", "at"),
        Index("ix_audit_events_actor", "actor_id", "at"),
        Index("ix_audit_events_action", "action", "at"),
        {"info": APPEND_ONLY},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None]
    action: Mapped[str] = mapped_column(String(40))
    institution_id: Mapped[int | None]
    person_id: Mapped[UUID | None]
    details: Mapped[dict[str, Any]]
    request_id: Mapped[str] = mapped_column(String(32), default="")


def note(
    session: Session,
    at: datetime,
    actor_id: UUID | None,
    action: str,
    institution_id: int | None = None,
    person_id: UUID | None = None,
    **details: Any,
) -> None:
    """Write down, in the caller's transaction, that `actor_id` did `action` at this moment."""
    request_id = str(session.info.get("request_id", ""))
    session.add(
        AuditEvent(
            at=at,
            actor_id=actor_id,
            action=action,
            institution_id=institution_id,
            person_id=person_id,
            details=details,
            request_id=request_id,
        )
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events to list: about this person's data, done by this actor, this action, from a moment on and before
    another. What is None or "" does not matter."""

    person: tuple[int, UUID] | None = None
    actor_id: UUID | None = None
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None


def listing(
    session: Session, scope: Scope, wanted: Wanted, older_than: tuple[datetime, UUID] | None, count: int
) -> Sequence[AuditEvent]:
    """The newest `count` events, newest first; `older_than` (moment and id of an event) goes on after that one.

    The log only grows, so a page is found by where the last one ended: counting all that was passed over would take
    the longer, the further back one reads.
    """
    query = select(AuditEvent).where(scope.covers(AuditEvent))
    if wanted.person:
        institution_id, person_id = wanted.person
        query = query.where(AuditEvent.institution_id == institution_id, AuditEvent.person_id == person_id)
    if wanted.actor_id:
        query = query.where(AuditEvent.actor_id == wanted.actor_id)
    if wanted.action:
        query = query.where(AuditEvent.action == wanted.action)
    if wanted.since:
        query = query.where(AuditEvent.at >= wanted.since)
    if wanted.until:
        query = query.where(AuditEvent.at < wanted.until)
    if older_than:
        query = query.where(tuple_(AuditEvent.at, AuditEvent.id) < tuple_(*older_than))
    return session.scalars(query.order_by(AuditEvent.at.desc(), AuditEvent.id.desc()).limit(count)).all()
