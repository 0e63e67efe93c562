"""Finding people within a scope."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.records import institutions
from lms.records.institutions import Institution
from lms.records.people import Person
from lms.records.scope import Scope


def get(session: Session, scope: Scope, person_id: UUID) -> Person | None:
    """The person, if the scope covers them."""
    return session.scalar(select(Person).where(scope.covers(Person), Person.id == person_id))


def by_ids(session: Session, scope: Scope, ids: Collection[UUID]) -> dict[UUID, Person]:
    """Those of the people with these ids whom the scope covers."""
    rows = session.scalars(select(Person).where(scope.covers(Person), Person.id.in_(ids)))
    return {row.id: row for row in rows}


def hold(session: Session, scope: Scope, ids: Collection[UUID]) -> dict[UUID, Person]:
    """The same, held to the end of the transaction, in one order so that no two wait for each other."""
    query = select(Person).where(scope.covers(Person), Person.id.in_(ids)).order_by(Person.id)
    return {row.id: row for row in session.scalars(query.with_for_update())}


def by_email(session: Session, scope: Scope, emails: Collection[str]) -> dict[str, Person]:
    """Those of the people with these addresses (lower case) whom the scope covers, by address."""
    rows = session.scalars(select(Person).where(scope.covers(Person), Person.email.in_(emails)))
    return {row.email: row for row in rows}


def units(session: Session, scope: Scope) -> Sequence[Institution]:
    """The institutions and units that the scope covers, parents before their children."""
    return [row for row in institutions.tree(session) if scope.covers_path(row.path)]
