"""How people sign in. These tables are looked up before the institution is known."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Select,
    String,
    and_,
    bindparam,
    delete,
    exists,
    select,
    update,
)
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from lms.db import WRITES, Base, db
from lms.records.institutions import Institution
from lms.records.people import Grant, Person, Role

IDLE = timedelta(hours=4)
"""How long a sign-in holds in which nothing is asked for: a trainee reads, is called away, and comes back to a quiz."""
IDLE_WITH_ROLES = timedelta(hours=1)
"""The same for those with roles, who see the data of others or what is right in a quiz (ASVS 5.0, 7.3.1)."""


class Account(Base):
    """What somebody signs in with. `password_hash` is "" until they chose one; `closed_at` bars the account."""

    __tablename__ = "accounts"
    __table_args__ = (ForeignKeyConstraint(["institution_id", "person_id"], ["people.institution_id", "people.id"]),)

    email: Mapped[str] = mapped_column(String(254), primary_key=True)
    institution_id: Mapped[int]
    person_id: Mapped[UUID] = mapped_column(index=True)
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    closed_at: Mapped[datetime | None]


def _as_created(context: DefaultExecutionContext) -> datetime:
    parameters: dict[str, Any] = context.get_current_parameters()  # type: ignore[no-untyped-call]  # as SQLAlchemy has it
    return cast(datetime, parameters["created_at"])


class SignIn(Base):
    """A browser that is signed in. `token_hash` is the SHA-256 of what its cookie holds, `browser` what it roughly is.

    `seen_at` is when it last asked for something, to a minute; `confirmed_at`, when the password was last given.
    """

    __tablename__ = "sign_ins"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    institution_id: Mapped[int]
    person_id: Mapped[UUID] = mapped_column(index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    seen_at: Mapped[datetime] = mapped_column(default=_as_created)
    confirmed_at: Mapped[datetime] = mapped_column(default=_as_created)
    browser: Mapped[str] = mapped_column(String(60), default="")

    def is_idle(self, at: datetime, roles: bool) -> bool:
        """Whether nothing was asked for so long that the sign-in has ended. `roles`: of somebody who holds any."""
        return at - self.seen_at > (IDLE_WITH_ROLES if roles else IDLE)


class PasswordReset(Base):
    """A link to choose a password, mailed to somebody and gone once they chose one. `token_hash` is the SHA-256 of what
    the link holds."""

    __tablename__ = "password_resets"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    email: Mapped[str] = mapped_column(ForeignKey("accounts.email"), index=True)
    expires_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person, the institution and unit they work at, and the roles they hold."""

    person: Person
    institution: Institution
    unit: Institution
    grants: tuple[tuple[Grant, Institution | None], ...] = ()
    token_hash: str = ""
    seen_at: datetime | None = None
    confirmed_at: datetime | None = None

    def today(self, at: datetime) -> date:
        """The day that it is for them at this moment: that of their institution."""
        return self.institution.today(at)

    @property
    def roles(self) -> frozenset[Role]:
        """The roles held anywhere."""
        return frozenset(grant.role for grant, _ in self.grants)

    @property
    def managed(self) -> tuple[Institution, ...]:
        """The institutions and units whose manager this is."""
        return tuple(node for grant, node in self.grants if grant.role is Role.MANAGER and node)

    @property
    def owned_courses(self) -> tuple[str, ...]:
        """The ids of the courses whose trainer this is."""
        return tuple(grant.course_id for grant, _ in self.grants if grant.role is Role.TRAINER and grant.course_id)


@cache  # every page asks, and to put this statement together takes longer than to send it
def _signed_in() -> Select[Person, Institution, Institution, SignIn, Grant, Institution]:
    root, unit, node = aliased(Institution), aliased(Institution), aliased(Institution)
    return (
        select(Person, root, unit, SignIn, Grant, node)
        .select_from(SignIn)
        .join(Account, Account.person_id == SignIn.person_id)
        .join(Person, and_(Person.institution_id == SignIn.institution_id, Person.id == SignIn.person_id))
        .join(root, root.id == Person.institution_id)
        .join(unit, unit.id == Person.unit_id)
        .outerjoin(Grant, and_(Grant.institution_id == Person.institution_id, Grant.person_id == Person.id))
        .outerjoin(node, node.id == Grant.node_id)
        .where(
            SignIn.token_hash == bindparam("token_hash"),
            SignIn.expires_at > bindparam("at"),
            Account.closed_at.is_(None),
        )
    )


def actor_of(session: Session, token_hash: str, at: datetime) -> Actor | None:
    """Who is signed in with this token at this moment: one statement, whatever they may do."""
    rows = session.execute(_signed_in(), {"token_hash": token_hash, "at": at}).all()
    if not rows:
        return None
    person, institution, unit_row, sign_in = rows[0][:4]
    grants = tuple((row[4], row[5]) for row in rows if row[4] is not None)
    if sign_in.is_idle(at, roles=bool(grants)):
        return None
    return Actor(person, institution, unit_row, grants, token_hash, sign_in.seen_at, sign_in.confirmed_at)


def note_seen(token_hash: str, at: datetime) -> None:
    """Keep that this browser asked for something, in a transaction of its own."""
    row = update(SignIn).where(SignIn.token_hash == token_hash, SignIn.seen_at < at).values(seen_at=at)
    with db.engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        connection.execute(row)


def sign_ins_of(session: Session, person_id: UUID, roles: bool, at: datetime) -> list[SignIn]:
    """The browsers in which this person is signed in, the one last used first."""
    rows = session.scalars(
        select(SignIn).where(SignIn.person_id == person_id, SignIn.expires_at > at).order_by(SignIn.seen_at.desc())
    )
    return [row for row in rows if not row.is_idle(at, roles)]


def is_open(table: type[Any]) -> ColumnElement[bool]:
    """The condition that the person whom a row of `table` (people, or one with `person_id`) is about has not left:
    their account is not closed."""
    person_id = Person.id if table is Person else table.person_id
    mine = and_(Account.institution_id == table.institution_id, Account.person_id == person_id)
    return ~exists().where(mine, Account.closed_at.is_not(None)).correlate(table)


def closed(session: Session, people: Collection[UUID]) -> set[UUID]:
    """Which of these people have left: their account is closed."""
    query = select(Account.person_id).where(Account.person_id.in_(people), Account.closed_at.is_not(None))
    return set(session.scalars(query))


def account(session: Session, email: str) -> Account | None:
    """The account with this address, which is compared in lower case. No address holds what can't be printed; of NUL,
    PostgreSQL would not even hear."""
    return session.get(Account, email.strip().lower()) if email.isprintable() else None


def forget_ended(session: Session, person_id: UUID, at: datetime) -> None:
    """Delete this person's sign-ins whose time is over: nothing is kept of them but the audit log."""
    session.execute(delete(SignIn).where(SignIn.person_id == person_id, SignIn.expires_at <= at))


def end_sign_ins(session: Session, person_id: UUID, but: str = "") -> None:
    """Sign this person out everywhere, but for the sign-in with the token hash `but`."""
    session.execute(delete(SignIn).where(SignIn.person_id == person_id, SignIn.token_hash != but))
