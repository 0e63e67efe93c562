"""Who has completed what, and who is late: one row an enrolment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, func, select, text
from sqlalchemy.orm import Session

from lms.records.accounts import is_open
from lms.records.attempts import Attempt
from lms.records.enrolments import Enrolment, State, state_on
from lms.records.people import Person
from lms.records.refreshers import Ask, open_since
from lms.records.scope import Scope
from lms.reports.table import Column, Filters, Row, Units, as_day, fetched, in_order, named_like, ranked
from lms.shares import whole

SAME_PERSON = and_(Person.institution_id == Enrolment.institution_id, Person.id == Enrolment.person_id)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many enrolments are in each state, and in how many of those completed a refresher is open."""

    states: Mapping[State, int]
    refreshers: int

    @property
    def all(self) -> int:
        """How many enrolments there are."""
        return sum(self.states.values())


@dataclass(frozen=True)
class Completion:
    """The enrolments within `scope` that `filters` ask for, as they stand on `today`; `zone` is the time zone that
    moments become days in. `courses`: titles by id; `asks`: what releases ask those who completed a course to look at
    again."""

    scope: Scope
    filters: Filters
    units: Units
    courses: Mapping[str, str]
    today: date
    zone: str
    asks: tuple[Ask, ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the page and of the files."""
        return (
            Column("name", _("Name"), sorts=True),
            Column("email", _("E-mail address")),
            Column("unit", _("Unit"), sorts=True),
            Column("course", _("Course"), sorts=True),
            Column("state", _("State"), "state", sorts=True),
            Column("refresher", _("Refresher open since"), "day"),
            Column("progress", _("Progress"), "percent", sorts=True),
            Column("due", _("Due"), "day", sorts=True),
            Column("completed", _("Completed on"), "day", sorts=True),
            Column("score", _("Best score"), "percent"),
            *([Column("account", _("Account"))] if self.filters.closed else ()),
        )

    def counts(self, session: Session) -> Counts:
        """How many enrolments are in each state, whichever state the filter asks for: one statement."""
        state = state_on(self.today).label("state")  # grouped by its name: bound twice, PostgreSQL sees two of them
        query = (
            select(state, func.count(), func.count(open_since(self.asks, Enrolment)))
            .select_from(Enrolment)
            .group_by(text("state"))
        )
        if self.filters.unit or self.filters.search:
            query = query.join(Person, SAME_PERSON).where(self.scope.covers(Person), *self._conditions())
        else:  # the index on enrolments alone answers this, where no release asks for a refresher
            query = query.where(self.scope.covers(Enrolment), *self._conditions())
        rows = session.execute(query).all()
        found: dict[str, int] = {state: number for state, number, _open in rows}
        return Counts({state: found.get(state.value, 0) for state in State}, sum(row[2] for row in rows))

    def total(self, counts: Counts) -> int:
        """How many rows the table has, from `counts()`."""
        wanted = self.filters.state
        return counts.states[State(wanted)] if wanted else counts.all

    def rows(self, session: Session, limit: int | None = None, offset: int = 0) -> Iterator[Row]:
        """The rows, in the order asked for, as they are taken: one statement."""
        closed = (_("closed"),) if self.filters.closed else ()
        return (self._row(closed, *found) for found in fetched(session, self._query(limit, offset)))

    def _row(
        self,
        closed: tuple[str, ...],
        person_id: UUID,
        name: str,
        email: str,
        unit_id: int,
        course_id: str,
        state: str,
        progress: int,
        due_on: date | None,
        completed_at: datetime | None,
        asked_at: datetime | None,
        score: float | None,
    ) -> Row:
        unit, course = self.units.labels.get(unit_id, ""), self.courses.get(course_id, course_id)
        done, since = as_day(completed_at, self.zone), as_day(asked_at, self.zone)
        return Row(
            (
                name,
                email,
                unit,
                course,
                state,
                since,
                progress / 100,
                due_on,
                done,
                None if score is None else whole(score),
                *closed,
            ),
            person_id,
        )

    def _query(self, limit: int | None, offset: int) -> Select[Any]:
        """The stretch of enrolments first, and only for them the best score and the refresher: a far page would else
        score all before."""
        state = state_on(self.today)
        order = self._order()
        keys = [key.label(f"key_{place}") for place, (key, _down) in enumerate(order)]
        stretch = (
            select(
                Enrolment.institution_id,
                Enrolment.id,
                Enrolment.person_id,
                Person.name,
                Person.email,
                Person.unit_id,
                Enrolment.course_id,
                state.label("state"),
                Enrolment.progress,
                Enrolment.due_on,
                Enrolment.completed_at,
                *keys,
            )
            .join_from(Person, Enrolment, SAME_PERSON)
            .where(self.scope.covers(Person), *self._conditions(), *self._in_state(state))
            .order_by(*in_order(order))
            .limit(limit)
            .offset(offset or None)
            .subquery()
        )
        shown = stretch.c
        best = (
            select(func.max(Attempt.score))
            .where(Attempt.institution_id == shown.institution_id, Attempt.enrolment_id == shown.id)
            .scalar_subquery()
        )
        outer_order = in_order([(shown[key.name], down) for key, (_key, down) in zip(keys, order, strict=True)])
        return select(
            shown.person_id,
            shown.name,
            shown.email,
            shown.unit_id,
            shown.course_id,
            shown.state,
            shown.progress,
            shown.due_on,
            shown.completed_at,
            open_since(self.asks, shown),
            best,
        ).order_by(*outer_order)

    def _in_state(self, state: ColumnElement[str]) -> list[ColumnElement[bool]]:
        return [state == self.filters.state] if self.filters.state else []

    def _conditions(self) -> list[ColumnElement[bool]]:
        conditions = [~is_open(Enrolment) if self.filters.closed else is_open(Enrolment)]
        if self.filters.unit:
            conditions.append(Person.unit_id.in_(self.units.below(self.filters.unit) or []))
        if self.filters.search:
            conditions.append(named_like(self.filters.search))
        if self.filters.course:
            conditions.append(Enrolment.course_id == self.filters.course)
        if self.filters.refresher:
            conditions.append(open_since(self.asks, Enrolment).is_not(None))
        return conditions

    def _order(self) -> list[tuple[ColumnElement[Any], bool]]:
        """What orders the rows: expressions, and whether each goes down. What has no day stands last either way; the
        last expressions make the order complete."""
        titles = sorted(self.courses, key=lambda id: self.courses[id])
        down = self.filters.down
        keys: dict[str, list[tuple[ColumnElement[Any], bool]]] = {
            "unit": [(self.units.order(Person.unit_id), down)],
            "course": [(ranked({id: place for place, id in enumerate(titles)}, Enrolment.course_id), down)],
            "state": [(ranked({each.value: place for place, each in enumerate(State)}, state_on(self.today)), down)],
            "progress": [(Enrolment.progress.expression, down)],
            "due": [(Enrolment.due_on.is_(None), False), (Enrolment.due_on.expression, down)],
            "completed": [(Enrolment.completed_at.is_(None), False), (Enrolment.completed_at.expression, down)],
        }
        by_name = down and self.filters.sort not in keys
        return [
            *keys.get(self.filters.sort, []),
            (Person.sort_key.expression, by_name),
            (Person.id.expression, by_name),
            (Enrolment.course_id.expression, False),
            (Enrolment.round.expression, False),
        ]
