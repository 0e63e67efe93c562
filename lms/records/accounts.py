"""How people sign in. These tables are looked up before the institution is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Select, String, and_, bindparam, delete, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from lms.db import Base
from lms.records.institutions import Institution
from lms.records.people import Grant, Person, Role


class Account(Base):
    """What somebody signs in with. `password_hash` is "" until they chose one; `closed_at` bars the account."""

    __tablename__ = "accounts"
    __table_args__ = (ForeignKeyConstraint(["institution_id", "person_id"], ["people.institution_id", "people.id"]),)

    email: Mapped[str] = mapped_column(String(254), primary_key=True)
    institution_id: Mapped[int]
    person_id: Mapped[UUID] = mapped_column(index=True)
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    closed_at: Mapped[datetime | None]


class SignIn(Base):
    """A browser that is signed in. `token_hash` is the SHA-256 of what its cookie holds."""

    __tablename__ = "sign_ins"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    institution_id: Mapped[int]
    person_id: Mapped[UUID] = mapped_column(index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


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
def _signed_in() -> Select[Person, Institution, Institution, Grant, Institution]:
    root, unit, node = aliased(Institution), aliased(Institution), aliased(Institution)
    return (
        select(Person, root, unit, Grant, node)
        .select_from(SignIn)
        .join(Account, Account.person_id == SignIn.person_id)
        .join(Person, and_(Person.institution_id == SignIn.institution_id, Person.id == SignIn.person_id))
        .join(root, root.id == Person.institution_id)
        .join(unit, unit.id == Person.unit_id)
        .outerjoin(Grant, and_(Grant.institution_id == Person.institution_id, Grant.person_id == Person.id))
        .outerjoin(node, node.id == Grant.node_id)
        .where(
            SignIn.token_hash == bindparam("token_hash"), SignIn.expires_at > bindparam("at"),
            Account.closed_at.is_(None),
        )
    )  # fmt: skip


def actor_of(session: Session, token_hash: str, at: datetime) -> Actor | None:
    """Who is signed in with this token at this moment: one statement, whatever they may do."""
    rows = session.execute(_signed_in(), {"token_hash": token_hash, "at": at}).all()
    if not rows:
        return None
    person, institution, unit_row = rows[0][:3]
    grants = tuple((row[3], row[4]) for row in rows if row[3] is not None)
    return Actor(person, institution, unit_row, grants, token_hash)


def account(session: Session, email: str) -> Account | None:
    """The account with this address, which is compared in lower case. No address holds what can't be printed; of NUL,
    PostgreSQL would not even hear."""
    return session.get(Account, email.strip().lower()) if email.isprintable() else None


def end_sign_ins(session: Session, person_id: UUID, but: str = "") -> None:
    """Sign this person out everywhere, but for the sign-in with the token hash `but`."""
    session.execute(delete(SignIn).where(SignIn.person_id == person_id, SignIn.token_hash != but))
