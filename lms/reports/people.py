"""The people of an institution, with where they stand: one row a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from lms.records.accounts import is_open
from lms.records.enrolments import Enrolment, State, state_on
from lms.records.people import Person
from lms.records.scope import Scope
from lms.reports.table import Column, Filters, Row, Units, fetched, named_like

STATES = (State.COMPLETED, State.IN_PROGRESS, State.NOT_STARTED, State.OVERDUE)


@dataclass(frozen=True)
class People:
    """The people within `scope` that `filters` (unit, search, order) ask for, on `today`."""

    scope: Scope
    filters: Filters
    units: Units
    today: date

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the page and of the files."""
        return (
            Column("name", _("Name"), sorts=True),
            Column("email", _("E-mail address")),
            Column("unit", _("Unit"), sorts=True),
            Column("courses", _("Courses"), "number"),
            Column("completed", _("Completed"), "number"),
            Column("in_progress", _("In progress"), "number"),
            Column("not_started", _("Not started"), "number"),
            Column("overdue", _("Overdue"), "number"),
            *([Column("account", _("Account"))] if self.filters.closed else ()),
        )

    def total(self, session: Session) -> int:
        """How many people there are: one statement."""
        return session.scalar(select(func.count()).select_from(Person).where(*self._conditions())) or 0

    def rows(self, session: Session, limit: int | None = None, offset: int = 0) -> Iterator[Row]:
        """The rows, in the order asked for, as they are taken: one statement."""
        closed = [_("closed")] if self.filters.closed else []
        for person_id, name, email, unit_id, *counts in fetched(session, self._query(limit, offset)):
            yield Row((name, email, self.units.labels.get(unit_id, ""), *counts, *closed), person_id)

    def _query(self, limit: int | None, offset: int) -> Select[Any]:
        """The stretch of people first, and only for them the counting of their enrolments."""
        people = (
            select(Person.institution_id, Person.id, Person.name, Person.email, Person.unit_id, Person.sort_key)
            .where(*self._conditions())
            .order_by(*self._order(Person.sort_key, Person.id, Person.unit_id))
            .limit(limit)
            .offset(offset or None)
            .subquery()
        )
        shown, state = people.c, state_on(self.today)
        return (
            select(
                shown.id,
                shown.name,
                shown.email,
                shown.unit_id,
                func.count(Enrolment.id),
                *(func.count().filter(state == each.value, Enrolment.id.is_not(None)) for each in STATES),
            )
            .select_from(people)
            .outerjoin(
                Enrolment, and_(Enrolment.institution_id == shown.institution_id, Enrolment.person_id == shown.id)
            )
            .group_by(shown.id, shown.name, shown.email, shown.unit_id, shown.sort_key)
            .order_by(*self._order(shown.sort_key, shown.id, shown.unit_id))
        )

    def _conditions(self) -> list[ColumnElement[bool]]:
        conditions = [self.scope.covers(Person), ~is_open(Person) if self.filters.closed else is_open(Person)]
        if self.filters.unit:
            conditions.append(Person.unit_id.in_(self.units.below(self.filters.unit) or []))
        if self.filters.search:
            conditions.append(named_like(self.filters.search))
        return conditions

    def _order(self, name: Any, id: Any, unit_id: Any) -> list[ColumnElement[Any]]:
        down = self.filters.down
        if self.filters.sort == "unit":
            key = self.units.order(unit_id)
            return [key.desc() if down else key.asc(), name.asc(), id.asc()]
        return [name.desc(), id.desc()] if down else [name.asc(), id.asc()]
