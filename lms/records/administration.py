"""What administrators list: people with their accounts and roles, and who still holds the keys."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, func, select
from sqlalchemy.orm import Session

from lms.records.accounts import Account, PasswordReset
from lms.records.institutions import Institution
from lms.records.people import Grant, Person, Role, fold
from lms.records.scope import Scope

_ACCOUNT = and_(Account.institution_id == Person.institution_id, Account.person_id == Person.id)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which people to list: those whose name or address holds all of these words, who work at `node` or below it, who
    hold the role, whose account is open or closed (None: either)."""

    words: str = ""
    node: Institution | None = None
    role: Role | None = None
    closed: bool | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A person, and how their account stands. `waiting` says that they have not chosen a password yet."""

    person: Person
    closed_at: datetime | None
    waiting: bool


def _conditions(scope: Scope, wanted: Wanted) -> list[ColumnElement[bool]]:
    found = [scope.covers(Person)]
    found += [Person.search.contains(word, autoescape=True) for word in fold(wanted.words).split()[:8]]
    if wanted.node:
        found.append(Scope.subtree(wanted.node).covers(Person))
    if wanted.role:
        mine = and_(Grant.institution_id == Person.institution_id, Grant.person_id == Person.id)
        found.append(exists().where(mine, Grant.role == wanted.role))
    if wanted.closed is not None:
        shut = Account.closed_at.is_not(None) if wanted.closed else Account.closed_at.is_(None)
        found.append(exists().where(_ACCOUNT, shut))
    return found


def count(session: Session, scope: Scope, wanted: Wanted) -> int:
    """How many people there are to list."""
    return session.scalar(select(func.count()).select_from(Person).where(*_conditions(scope, wanted))) or 0


def people(session: Session, scope: Scope, wanted: Wanted, first: int, count: int) -> Sequence[Listed]:
    """`count` of the people to list, from the place `first` (counted from 0) on, by name as `fold` spells it."""
    rows = session.execute(
        select(Person, Account.closed_at, Account.password_hash == "")
        .outerjoin(Account, _ACCOUNT)
        .where(*_conditions(scope, wanted))
        .order_by(Person.search, Person.id)
        .limit(count)
        .offset(first)
    )
    return [Listed(person, closed_at, bool(waiting)) for person, closed_at, waiting in rows]


def person(session: Session, scope: Scope, person_id: UUID) -> Listed | None:
    """The person and how their account stands, if the scope covers them."""
    row = session.execute(
        select(Person, Account.closed_at, Account.password_hash == "")
        .outerjoin(Account, _ACCOUNT)
        .where(scope.covers(Person), Person.id == person_id)
    ).first()
    return Listed(row[0], row[1], bool(row[2])) if row else None


def account_of(session: Session, scope: Scope, person_id: UUID) -> tuple[Person, Account] | None:
    """The person and their account, to be changed, if the scope covers them."""
    row = session.execute(
        select(Person, Account).join(Account, _ACCOUNT).where(scope.covers(Person), Person.id == person_id)
    ).first()
    return (row[0], row[1]) if row else None


def grants(session: Session, scope: Scope, people: Collection[UUID]) -> dict[UUID, list[Grant]]:
    """The roles that these people hold, by person."""
    found: dict[UUID, list[Grant]] = {id: [] for id in people}
    rows = session.scalars(
        select(Grant).where(scope.covers(Grant), Grant.person_id.in_(people)).order_by(Grant.role, Grant.id)
    )
    for row in rows:
        found[row.person_id].append(row)
    return found


def grant(session: Session, scope: Scope, grant_id: UUID) -> Grant | None:
    """The role that somebody holds, if the scope covers them."""
    return session.scalar(select(Grant).where(scope.covers(Grant), Grant.id == grant_id))


def managers(session: Session, scope: Scope, node: Institution) -> Sequence[Person]:
    """The people who manage this institution or unit itself, by name."""
    return session.scalars(
        select(Person)
        .join(Grant, and_(Grant.institution_id == Person.institution_id, Grant.person_id == Person.id))
        .where(scope.covers(Person), Grant.role == Role.MANAGER, Grant.node_id == node.id)
        .order_by(Person.search)
    ).all()


def lock_administrators(session: Session) -> set[UUID]:
    """Who can administer now: the people with that role and an open account.

    The rows stay locked to the end of the transaction: of two administrators who remove each other at the same moment,
    the second waits, and then finds out that nobody else is left. (SQLite has one writer at a time anyway.)
    """
    rows = session.execute(
        select(Grant, Account)
        .join(Account, and_(Account.institution_id == Grant.institution_id, Account.person_id == Grant.person_id))
        .where(Grant.role == Role.ADMINISTRATOR, Account.closed_at.is_(None))
        .order_by(Grant.id)
        .with_for_update()
    )
    return {grant.person_id for grant, _account in rows}


def people_by_unit(session: Session, scope: Scope) -> dict[int, int]:
    """How many people work at each institution or unit itself, by its id."""
    rows = session.execute(
        select(Person.unit_id, func.count()).where(scope.covers(Person, counting=True)).group_by(Person.unit_id)
    )
    return {unit: number for unit, number in rows}


def end_password_links(session: Session, email: str) -> None:
    """Take back the links to choose a password that were mailed to this address."""
    session.execute(delete(PasswordReset).where(PasswordReset.email == email))
