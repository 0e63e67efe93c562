"""Rows on their way into the database, many at a time."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from lms.db import Base, new_id
from lms.records.accounts import Account
from lms.records.attempts import Answer, Attempt
from lms.records.audit import AuditEvent
from lms.records.certificates import Certificate
from lms.records.enrolments import CheckAnswer, Enrolment, LessonDone, Request
from lms.records.people import Grant, Person

ORDER: tuple[type[Base], ...] = (
    Person,
    Account,
    Grant,
    Enrolment,
    Request,
    LessonDone,
    CheckAnswer,
    Attempt,
    Answer,
    Certificate,
    AuditEvent,
)
"""Tables in an order in which each row finds those it refers to."""
BATCH = 20_000


class Rows:
    """Collects rows and inserts them; see `flush`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rows: dict[type[Base], list[dict[str, Any]]] = {table: [] for table in ORDER}

    def add(self, table: type[Base], **columns: Any) -> None:
        """A row; every column that has no default must be given."""
        self._rows[table].append(columns)

    def note(
        self, at: datetime, actor_id: UUID | None, action: str, institution_id: int, person_id: UUID, **details: Any
    ) -> None:
        """An event of the audit log."""
        self.add(
            AuditEvent,
            id=new_id(),
            at=at,
            actor_id=actor_id,
            action=action,
            institution_id=institution_id,
            person_id=person_id,
            details=details,
            request_id="",
        )

    def flush(self, all: bool = True) -> None:
        """Insert what was collected; with `all=False` only if there is much of it."""
        if not all and sum(map(len, self._rows.values())) < BATCH:
            return
        for table, rows in self._rows.items():
            if rows:
                # the table, not the class: the mapper would cut the list wherever a column is empty
                self._session.execute(insert(cast(Table, table.__table__)), rows)
                rows.clear()
