"""People with their accounts and roles, as an administrator lists them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session

from lms.records.accounts import Account
from lms.records.institutions import Institution
from lms.records.people import Grant, Person, Role
from lms.records.scope import Scope
from lms.reports.table import PER_PAGE, named_like

Standing = Literal["open", "waiting", "closed"]


@dataclass(frozen=True, slots=True)
class Listed:
    """A person, and how their account stands: open; waiting for them to choose a password; closed."""

    person: Person
    closed_at: datetime | None
    waiting: bool

    @property
    def standing(self) -> Standing:
        """How the account stands."""
        return "closed" if self.closed_at else "waiting" if self.waiting else "open"


@dataclass(frozen=True)
class Accounts:
    """The people within `scope` whose name or address holds every word of `search`, who work at `node` or below it,
    who hold `role`, whose account stands so; what is None or "" does not matter."""

    scope: Scope
    search: str = ""
    node: Institution | None = None
    role: Role | None = None
    standing: str = ""

    def total(self, session: Session) -> int:
        """How many they are: one statement."""
        return session.scalar(select(func.count()).select_from(Person).where(*self._conditions())) or 0

    def rows(self, session: Session, offset: int) -> Sequence[Listed]:
        """A page of them, by name: one statement."""
        rows = session.execute(
            select(Person, Account.closed_at, Account.password_hash == "")
            .outerjoin(Account, self._account())
            .where(*self._conditions())
            .order_by(Person.sort_key, Person.id)
            .limit(PER_PAGE)
            .offset(offset)
        )
        return [Listed(person, closed_at, bool(waiting)) for person, closed_at, waiting in rows]

    @staticmethod
    def _account() -> ColumnElement[bool]:
        return and_(Account.institution_id == Person.institution_id, Account.person_id == Person.id)

    def _conditions(self) -> list[ColumnElement[bool]]:
        found = [self.scope.covers(Person)]
        if self.search:
            found.append(named_like(self.search))
        if self.node:
            found.append(Scope.subtree(self.node).covers(Person))
        if self.role:
            mine = and_(Grant.institution_id == Person.institution_id, Grant.person_id == Person.id)
            found.append(exists().where(mine, Grant.role == self.role).correlate(Person))
        stands = {
            "open": Account.closed_at.is_(None) & (Account.password_hash != ""),
            "waiting": Account.closed_at.is_(None) & (Account.password_hash == ""),
            "closed": Account.closed_at.is_not(None),
        }
        if self.standing in stands:
            found.append(Person.id.in_(select(Account.person_id).where(stands[self.standing]).correlate(None)))
        return found


def people_by_unit(session: Session, scope: Scope) -> dict[int, int]:
    """How many people work at each institution or unit itself, by its id."""
    query = select(Person.unit_id, func.count()).where(scope.covers(Person, counting=True)).group_by(Person.unit_id)
    return {row[0]: row[1] for row in session.execute(query)}
