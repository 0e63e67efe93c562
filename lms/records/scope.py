"""`Scope`: whose data a query may touch. Every query of people's data takes one; there is no way to ask without.

A scope is made by `lms.learning.access` from who is signed in and what they came for; nothing else makes one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true

from lms.records.institutions import Institution
from lms.records.people import Person


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose data may be touched.

    kind     covers
    own      the rows of one person
    subtree  the people whose unit is one of `nodes` or below: (institution, path) pairs
    courses  what was done in these courses, whoever did it: rows that name people it refuses
    counts   everyone, but only to be counted: queries that name people refuse it
    all      everyone; only an administrator or the system itself
    """

    kind: Literal["own", "subtree", "courses", "counts", "all"]
    institution_id: int | None = None
    person_id: UUID | None = None
    nodes: tuple[tuple[int, str], ...] = ()
    course_ids: tuple[str, ...] = ()

    @classmethod
    def own(cls, institution_id: int, person_id: UUID) -> Scope:
        """One person's own data."""
        return cls("own", institution_id, person_id)

    @classmethod
    def subtree(cls, *nodes: Institution) -> Scope:
        """The people of these institutions or units and all below them; of nobody, if there are none."""
        return cls("subtree", nodes=tuple((node.root_id or node.id, node.path) for node in nodes))

    @classmethod
    def courses(cls, *ids: str) -> Scope:
        """What was done in these courses, by people who are not named; nothing, if there are none."""
        return cls("courses", course_ids=ids)

    @classmethod
    def counts(cls) -> Scope:
        """Everyone, to be counted and never named."""
        return cls("counts")

    @classmethod
    def everyone(cls) -> Scope:
        """Everyone, by name."""
        return cls("all")

    def covers(self, table: type[Any], counting: bool = False) -> ColumnElement[bool]:
        """The condition that a row of `table` (people, or one with `person_id`) lies in this scope.

        `counting` says that the query returns no row about a single person; a scope for counts allows nothing else.
        """
        person_id = Person.id if table is Person else table.person_id
        match self.kind:
            case "own":
                return and_(table.institution_id == self.institution_id, person_id == self.person_id)
            case "subtree":
                return or_(false(), *(self._below(table, *node) for node in self.nodes))
            case "courses":
                if table is Person:
                    raise PermissionError("This scope covers what was done in courses; it never names people.")
                return table.course_id.in_(self.course_ids)  # type: ignore[no-any-return]
            case "counts":
                if not counting:
                    raise PermissionError("This scope counts people; it never names them.")
                return true()
            case "all":
                return true()

    def _below(self, table: type[Any], institution_id: int, path: str) -> ColumnElement[bool]:
        here: ColumnElement[bool] = table.institution_id == institution_id
        if path.count("/") == 2:  # the institution itself: all of its people
            return here
        units = select(Institution.id).where(Institution.path.startswith(path, autoescape=True))
        if table is Person:
            return and_(here, Person.unit_id.in_(units))
        return and_(
            here,
            exists().where(
                Person.institution_id == table.institution_id, Person.id == table.person_id, Person.unit_id.in_(units)
            ),
        )

    def covers_path(self, path: str) -> bool:
        """Whether an institution or unit with this path lies in the scope."""
        match self.kind:
            case "subtree":
                return any(path.startswith(prefix) for _, prefix in self.nodes)
            case "counts" | "all":
                return True
            case "own" | "courses":
                return False
