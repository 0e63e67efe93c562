"""The audit log: every look and every change at personal data. Rows are added and never touched again; the database
itself refuses to change or delete one."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from lms.db import Base, new_id


class AuditEvent(Base):
    """Who did what to whose data, and when. `actor_id` is None for the system itself and for somebody unknown;
    `institution_id` and `person_id` tell whose data it was, where it was one institution's or one person's."""

    __tablename__ = "audit_events"
    __table_args__ = (Index("ix_audit_events_person", "institution_id", "person_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(index=True)
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
            at=at, actor_id=actor_id, action=action, institution_id=institution_id, person_id=person_id,
            details=details, request_id=request_id,
        )
    )  # fmt: skip
