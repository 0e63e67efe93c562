"""Institutions: a tree. The roots are the institutions themselves, what stands under them are their units."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from lms.days import NOWHERE, day_of, zone_of_country
from lms.db import Base

LARGEST_ID = 2**31 - 1
"""What a column of integers holds in PostgreSQL."""


class Institution(Base):
    """An institution (no parent) or a unit of one.

    `path` is made of the ids from the root down (`/1/4/`), so that a subtree is the rows whose path starts with it.
    `root_id` is the institution that people's rows carry. `time_zone` (an IANA name) says when a day begins and ends; a
    unit has that of its institution.
    """

    __tablename__ = "institutions"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("institutions.id"), index=True)
    root_id: Mapped[int | None] = mapped_column(ForeignKey("institutions.id"), index=True)
    path: Mapped[str] = mapped_column(String(200), index=True)
    name: Mapped[str] = mapped_column(String(200))
    country: Mapped[str] = mapped_column(String(2))
    time_zone: Mapped[str] = mapped_column(String(64), server_default=NOWHERE)

    def today(self, at: datetime) -> date:
        """The day that it is here at this moment."""
        return day_of(at, self.time_zone)


def get(session: Session, institution_id: int) -> Institution | None:
    """The institution or unit with this id, which may come from an address and be no id at all."""
    return session.get(Institution, institution_id) if 0 < institution_id <= LARGEST_ID else None


def tree(session: Session, prefix: str = "/") -> Sequence[Institution]:
    """All institutions and units whose path starts with `prefix`, parents before their children, by name."""
    rows = session.scalars(select(Institution).where(Institution.path.startswith(prefix, autoescape=True))).all()
    names = {row.id: row.name for row in rows}
    return sorted(rows, key=lambda row: [names.get(int(part), "") for part in row.path.strip("/").split("/")])


def below(session: Session, parent_id: int | None) -> Sequence[Institution]:
    """The units right below an institution or unit; the institutions themselves for None."""
    return session.scalars(select(Institution).where(Institution.parent_id == parent_id)).all()


def add(session: Session, name: str, country: str, parent: Institution | None = None) -> Institution:
    """A new institution, in the time zone of its country, or a new unit under `parent` (whose country and time zone it
    takes)."""
    row = Institution(name=name, country=country, time_zone=zone_of_country(country), path="")
    if parent:
        row.country, row.time_zone = parent.country, parent.time_zone
        row.parent_id, row.root_id = parent.id, parent.root_id
    session.add(row)
    session.flush()
    row.root_id = row.root_id or row.id
    row.path = f"{parent.path if parent else '/'}{row.id}/"
    session.flush()
    return row
