"""A report as a table: columns with a kind, rows of plain values. A page draws the same values that a file holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, Protocol
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, case, literal, true
from sqlalchemy.orm import Session

from lms.days import day_of
from lms.names import fold
from lms.records.institutions import Institution
from lms.records.people import Person

Kind = Literal["text", "state", "number", "percent", "day"]
Value = str | int | float | date | None
PER_PAGE = 50
BATCH = 500
"""Rows that are fetched from the database at a time."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `kind` says what its values are: text; state (the value of a State); number; percent (0..1); day.
    `sorts` whether the rows can be put in its order."""

    key: str
    label: str
    kind: Kind = "text"
    sorts: bool = False

    @property
    def numeric(self) -> bool:
        """Whether its values stand at the right."""
        return self.kind in ("number", "percent")


@dataclass(frozen=True, slots=True)
class Row:
    """A row: the values in the order of the columns, and the person it is about (None: nobody)."""

    values: tuple[Value, ...]
    person_id: UUID | None = None


class Report(Protocol):
    """What a page, a CSV and an XLSX are made from."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns, in their order."""

    def rows(self, session: Session, limit: int | None = None, offset: int = 0) -> Iterator[Row]:
        """The rows in the order asked for: all of them, or a stretch. They come from the database as they are taken, so
        that however many there are, memory holds few; nothing else may be done with the session meanwhile."""


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of `PER_PAGE` rows out of `total`; `number` counts from 1 and is brought into range."""

    wanted: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are: one at least."""
        return max(1, -(-self.total // PER_PAGE))

    @property
    def number(self) -> int:
        """The number of this page."""
        return min(max(1, self.wanted), self.pages)

    @property
    def offset(self) -> int:
        """How many rows stand before it."""
        return (self.number - 1) * PER_PAGE

    @property
    def first(self) -> int:
        """The number of its first row, from 1."""
        return self.offset + 1

    @property
    def last(self) -> int:
        """The number of its last row."""
        return min(self.total, self.offset + PER_PAGE)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the reader asks for, as it stands in the address: a unit's id (0: all), a course's id, a state's value, a
    name or an address; the column that orders the rows, and whether from its end; whether only what has a refresher
    open; whether the people who left (their account is closed) instead of the others."""

    unit: int = 0
    course: str = ""
    state: str = ""
    search: str = ""
    sort: str = "name"
    down: bool = False
    refresher: bool = False
    closed: bool = False


class Units:
    """The institutions and units that a reader may see, parents before children (`records.directory.units`)."""

    def __init__(self, rows: Sequence[Institution]) -> None:
        self.rows = rows
        self._names = {row.id: row.name for row in rows}
        roots = {row.root_id for row in rows}
        self.labels = {row.id: self._label(row, single=len(roots) == 1) for row in rows}

    def _label(self, row: Institution, single: bool) -> str:
        """The names from the top down; of a single institution, everybody knows the name."""
        names = [self._names[id] for id in map(int, row.path.strip("/").split("/")) if id in self._names]
        return " › ".join(names[1:] if single and row.parent_id and len(names) > 1 else names)

    @property
    def choices(self) -> list[tuple[int, str]]:
        """The units to choose from: ids and labels."""
        return list(self.labels.items())

    def below(self, unit_id: int) -> list[int] | None:
        """The ids of this unit and all below it; None if it is not among those that may be seen."""
        top = next((row for row in self.rows if row.id == unit_id), None)
        return [row.id for row in self.rows if row.path.startswith(top.path)] if top else None

    def order(self, unit_id: Any) -> ColumnElement[int]:
        """The place among all units of the one in this column, to order by."""
        return ranked({row.id: place for place, row in enumerate(self.rows)}, unit_id)


def fetched(session: Session, query: Select[Any]) -> Iterator[Any]:
    """What a query finds, fetched `BATCH` by `BATCH` from a cursor that the database keeps."""
    yield from session.execute(query, execution_options={"yield_per": BATCH})


def ranked(places: Mapping[Any, int], column: Any) -> ColumnElement[int]:
    """A column that is the place of `column`'s value; values without one stand last."""
    return case(dict(places), value=column, else_=len(places)) if places else literal(0)


def in_order(keys: Iterable[tuple[ColumnElement[Any], bool]]) -> list[ColumnElement[Any]]:
    """Order by these expressions, those marked from the end."""
    return [key.desc() if down else key.asc() for key, down in keys]


def named_like(search: str) -> ColumnElement[bool]:
    """The condition that a person's name or address holds every word of `search`, whatever the script or accents."""
    return and_(true(), *(Person.search.contains(word, autoescape=True) for word in fold(search).split()))


def as_day(moment: datetime | None, zone: str) -> date | None:
    """The day of a moment in a time zone."""
    return day_of(moment, zone) if moment else None


def state_label(state: str) -> str:
    """The name of a state of an enrolment."""
    labels: dict[str, str] = {
        "not_started": _("Not started"),
        "in_progress": _("In progress"),
        "overdue": _("Overdue"),
        "completed": _("Completed"),
    }
    return labels[state]
