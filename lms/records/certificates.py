"""Certificates: what was said when a course was completed, and stays said."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from urllib.parse import unquote
from uuid import UUID

from sqlalchemy import Date, ForeignKeyConstraint, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from lms.db import Base, new_id
from lms.records.scope import Scope

KEYS = str.maketrans("АБЦДЕФГХЈКМНПЉРСТВЊЏЅЗ", "ABCDEFGHJKMNPQRSTVWXYZ")
"""What stands on the same key of a Serbian or Macedonian keyboard as each letter of a code."""
SHAPES = str.maketrans("АВСЕНЈКМРЅТХУԚԜҮ", "ABCEHJKMPSTXYQWY")
"""The letter of a code that a Cyrillic letter looks like."""


class Certificate(Base):
    """Proof of one completion, with the words it was issued with. `code` is what its QR address ends with;
    `issued_on` the day that it was at its institution then, whatever time zone that has now."""

    __tablename__ = "certificates"
    __table_args__ = (
        ForeignKeyConstraint(["institution_id", "enrolment_id"], ["enrolments.institution_id", "enrolments.id"]),
    )

    institution_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(index=True)
    enrolment_id: Mapped[UUID]
    code: Mapped[str] = mapped_column(String(32), index=True)
    course_id: Mapped[str] = mapped_column(String(64))
    revision: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    institution: Mapped[str] = mapped_column(String(200))
    title: Mapped[str] = mapped_column(String(300))
    hours: Mapped[float]
    score: Mapped[float | None]
    locale: Mapped[str] = mapped_column(String(10))
    issued_at: Mapped[datetime]
    issued_on: Mapped[date] = mapped_column(Date, server_default="1970-01-01")
    valid_until: Mapped[date | None] = mapped_column(Date)
    revoked_at: Mapped[datetime | None]

    def state(self, today: date) -> Literal["valid", "expired", "revoked"]:
        """What the certificate is worth on this day."""
        if self.revoked_at:
            return "revoked"
        return "expired" if self.valid_until and self.valid_until < today else "valid"


def grouped(code: str) -> str:
    """A code as people read it: XXXX-XXXX-XXXX-XXXX."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def by_code(session: Session, code: str) -> Certificate | None:
    """The certificate with this code, for anyone who holds the code, as it was typed. Cyrillic letters are read by
    their keys, and by what they look like."""
    plain = typed(code)
    return session.scalar(
        select(Certificate).where(Certificate.code.in_({plain.translate(letters) for letters in (KEYS, SHAPES)}))
    )


def typed(text: str) -> str:
    """The letters and digits of a code. Capitals, dashes and spaces do not matter; of an address, its end is read."""
    text = unicodedata.normalize("NFKC", unquote(text))
    match = re.search(r"verify(?:/|\?code=)([^/?#&]+)", text)
    return "".join(letter for letter in (match[1] if match else text).upper() if letter.isalnum())[:40]


def get(session: Session, scope: Scope, certificate_id: UUID) -> Certificate | None:
    """The certificate, if the scope covers it."""
    return session.scalar(select(Certificate).where(scope.covers(Certificate), Certificate.id == certificate_id))


def of_enrolment(session: Session, scope: Scope, enrolment_id: UUID) -> Certificate | None:
    """The certificate of an enrolment, if the scope covers it."""
    return session.scalar(
        select(Certificate).where(scope.covers(Certificate), Certificate.enrolment_id == enrolment_id)
    )


def of_person(session: Session, scope: Scope, person_id: UUID) -> Sequence[Certificate]:
    """A person's certificates, newest first."""
    return session.scalars(
        select(Certificate)
        .where(scope.covers(Certificate), Certificate.person_id == person_id)
        .order_by(Certificate.issued_at.desc())
    ).all()
