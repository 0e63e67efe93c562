"""What administrators need of people's accounts and roles, and who still holds the keys."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import and_, delete, func, select
from sqlalchemy.orm import Session

from lms.records.accounts import Account, PasswordReset, is_open
from lms.records.institutions import Institution
from lms.records.people import Grant, Person, Role
from lms.records.scope import Scope


def account_of(session: Session, scope: Scope, person_id: UUID) -> tuple[Person, Account] | None:
    """The person and their account, if the scope covers them."""
    row = session.execute(
        select(Person, Account)
        .join(Account, and_(Account.institution_id == Person.institution_id, Account.person_id == Person.id))
        .where(scope.covers(Person), Person.id == person_id)
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
        .order_by(Person.sort_key, Person.id)
    ).all()


def managers_over(session: Session, person: Person, unit: Institution) -> Sequence[Person]:
    """Who can decide for this person: the managers of their unit (`unit`) and of all above it, but for themselves and
    those who left."""
    above = [int(id) for id in unit.path.strip("/").split("/")]
    return session.scalars(
        select(Person)
        .join(Grant, and_(Grant.institution_id == Person.institution_id, Grant.person_id == Person.id))
        .where(Grant.role == Role.MANAGER, Grant.node_id.in_(above), Person.id != person.id, is_open(Person))
        .order_by(Person.sort_key, Person.id)
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


def newest_link(session: Session, email: str) -> int:
    """Which link to choose a password was mailed to this address last: the milliseconds at which it ends; 0 where there
    is none."""
    ends = session.scalar(select(func.max(PasswordReset.expires_at)).where(PasswordReset.email == email))
    return round(ends.timestamp() * 1000) if ends else 0


def end_password_links(session: Session, email: str) -> None:
    """Take back the links to choose a password that were mailed to this address."""
    session.execute(delete(PasswordReset).where(PasswordReset.email == email))
