"""Writing down a look at people's data, before it is shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from lms.db import transaction
from lms.records import audit
from lms.records.accounts import Actor


def looked(
    actor: Actor,
    action: str,
    at: datetime,
    institution_id: int | None = None,
    person_id: UUID | None = None,
    **details: Any,
) -> None:
    """Write down that the actor looks at (`action`, such as `looked-at-record`) this person's or institution's data."""
    with transaction() as session:
        audit.note(session, at, actor.person.id, action, institution_id, person_id, **details)


def verified(institution_id: int, person_id: UUID, course_id: str, at: datetime) -> None:
    """Write down that somebody unknown, who holds its code, verified a certificate of this person."""
    with transaction() as session:
        audit.note(session, at, None, "certificate-verified", institution_id, person_id, course=course_id)


def refused(actor: Actor, at: datetime, why: str, page: str, ids: dict[str, str]) -> None:
    """Write down that the actor was refused a page, or a record that is not theirs to see."""
    with transaction() as session:
        audit.note(session, at, actor.person.id, "refused", why=why, page=page, asked=ids)
