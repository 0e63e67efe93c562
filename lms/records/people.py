"""People, and what they may do. Keyed by institution first, so that the tables can be spread by it."""

from __future__ import annotations

import enum
from datetime import datetime
from uuid import UUID

from sqlalchemy import Enum, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint, select
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, Session, mapped_column

from lms.db import Base, new_id
from lms.names import sorted_by


class Role(enum.Enum):
    """What somebody may be besides a trainee, which everybody is."""

    TRAINER = "trainer"
    MANAGER = "manager"
    COORDINATOR = "coordinator"
    ADMINISTRATOR = "administrator"


def _sort_key(context: DefaultExecutionContext) -> str:
    """What a new person is sorted by, unless it is given."""
    row = context.get_current_parameters()  # type: ignore[no-untyped-call]  # as SQLAlchemy has it
    return sorted_by(row["name"], row.get("family_name", ""))


class Person(Base):
    """Somebody who works at an institution. `family_name` is "" where it is not known. `search` is the name and
    address as `lms.names.searched` gives them, `sort_key` what `lms.names.sorted_by` makes of the names; `locale` and
    `theme` are what they chose, "" for no choice."""

    __tablename__ = "people"
    __table_args__ = (
        Index("ix_people_listing", "institution_id", "sort_key", "id"),
        Index("ix_people_id", "id"),
        Index("ix_people_sorted", "sort_key", "id"),
    )

    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    unit_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254))
    search: Mapped[str] = mapped_column(String(500))
    family_name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    sort_key: Mapped[str] = mapped_column(
        String(500).with_variant(String(500, collation="C"), "postgresql"), default=_sort_key, server_default=""
    )
    locale: Mapped[str] = mapped_column(String(10), default="")
    theme: Mapped[str] = mapped_column(String(5), default="")
    created_at: Mapped[datetime]


class Grant(Base):
    """A role somebody holds: a manager over an institution or unit (`node_id`), a trainer over a course."""

    __tablename__ = "grants"
    __table_args__ = (
        ForeignKeyConstraint(["institution_id", "person_id"], ["people.institution_id", "people.id"]),
        UniqueConstraint("institution_id", "person_id", "role", "node_id", "course_id"),
    )

    institution_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID]
    role: Mapped[Role] = mapped_column(
        Enum(Role, native_enum=False, length=20, values_callable=lambda roles: [role.value for role in roles])
    )
    node_id: Mapped[int | None] = mapped_column(ForeignKey("institutions.id"))
    course_id: Mapped[str] = mapped_column(String(64), default="")


def taught_courses(session: Session) -> list[str]:
    """The ids of the courses that have a trainer."""
    return list(
        session.scalars(select(Grant.course_id).where(Grant.role == Role.TRAINER, Grant.course_id != "").distinct())
    )
