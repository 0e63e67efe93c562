"""Administering: institutions, people and their accounts, roles.

Every verb asks `access.administered` for its scope, which covers nothing unless the actor is an administrator, and
leaves its note in the audit log. The notes name what changed, not the names and addresses themselves: a log that is
never changed must hold no more about a person than it needs.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from courses.model import Programme
from lms.days import zones_known
from lms.db import new_id, transaction
from lms.learning import access, accounts
from lms.learning.refusal import Refused
from lms.names import fold, is_part, searched, sorted_by
from lms.records import administration, audit, institutions
from lms.records.accounts import Account, Actor, account, end_sign_ins
from lms.records.institutions import Institution
from lms.records.people import Grant, Person, Role

LONGEST_NAME = 200
LONGEST_PATH = 180


class Wrong(Refused):
    """One field of a form can't be accepted: `field` is its name."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


# ── what may be written into a field ───────────────────────────────────────────────────────────────────────────────


def clean_name(name: str, field: str = "name") -> str:
    """A name as it is kept: composed characters, single spaces. Raises Wrong for one that can't be a name."""
    cleaned = " ".join(unicodedata.normalize("NFC", name).split())
    if not cleaned:
        raise Wrong(field, _("Enter a name."))
    if len(cleaned) > LONGEST_NAME:
        raise Wrong(field, _("A name may have at most %(count)s characters.", count=LONGEST_NAME))
    if not any(character.isalpha() for character in cleaned) or not cleaned.isprintable():
        raise Wrong(field, _("“%(name)s” is not a name: it needs letters, and no control characters.", name=name[:50]))
    return cleaned


def clean_family_name(family_name: str, name: str) -> str:
    """The family name within a name, as it is kept; "" where it is not known. Raises Wrong for one that the name does
    not hold: the two must not drift apart."""
    if not family_name.strip():
        return ""
    cleaned = clean_name(family_name, "family_name")
    if not is_part(cleaned, name):
        message = _("“%(family)s” is not part of the name “%(name)s”.", family=cleaned[:50], name=name[:80])
        raise Wrong("family_name", message)
    return cleaned


def clean_email(email: str) -> str:
    """An address as it is kept: in lower case. Raises Wrong for one that no mail can be sent to."""
    if not email.strip():
        raise Wrong("email", _("Enter an e-mail address."))
    try:
        return validate_email(email.strip(), check_deliverability=False, allow_smtputf8=False).normalized.lower()
    except EmailNotValidError as error:
        message = _(
            "“%(email)s” is not an e-mail address. One looks like ana.jovic@institution.example.", email=email[:80]
        )
        raise Wrong("email", message) from error


# ── institutions ───────────────────────────────────────────────────────────────────────────────────────────────────


def _node(session: Session, actor: Actor, node_id: int | None) -> Institution:
    node = institutions.get(session, node_id) if node_id is not None else None
    if node is None or not access.administered(actor).covers_path(node.path):
        raise Wrong("unit", _("Choose an institution or unit from the list."))
    return node


def _free_name(session: Session, name: str, parent_id: int | None, but: int | None = None) -> str:
    name = clean_name(name)
    if any(fold(row.name) == fold(name) and row.id != but for row in institutions.below(session, parent_id)):
        raise Wrong("name", _("“%(name)s” already exists here.", name=name))
    return name


def add_institution(actor: Actor, programme: Programme, name: str, country: str, at: datetime) -> Institution:
    """A new institution in a country of the programme."""
    with transaction() as session:
        if not access.administered(actor).covers_path("/"):
            raise Refused(_("Only an administrator can do this."))
        name = _free_name(session, name, None)
        if country not in {known.id for known in programme.countries}:
            raise Wrong("country", _("Choose a country from the list."))
        row = institutions.add(session, name, country)
        audit.note(session, at, actor.person.id, "institution-added", row.id, name=row.name, country=country)
        return row


def add_unit(actor: Actor, parent_id: int, name: str, at: datetime) -> Institution:
    """A new unit under an institution or under another unit."""
    with transaction() as session:
        parent = _node(session, actor, parent_id)
        if len(parent.path) > LONGEST_PATH:
            raise Refused(_("Units can’t be nested any deeper."))
        row = institutions.add(session, _free_name(session, name, parent.id), parent.country, parent)
        audit.note(session, at, actor.person.id, "unit-added", row.root_id, unit=row.id, name=row.name)
        return row


def rename(actor: Actor, node_id: int, name: str, at: datetime) -> Institution:
    """Another name for an institution or unit. Certificates keep the name they were issued with."""
    with transaction() as session:
        node = _node(session, actor, node_id)
        name = _free_name(session, name, node.parent_id, but=node.id)
        if name != node.name:
            audit.note(
                session, at, actor.person.id, "institution-renamed", node.root_id, unit=node.id, old=node.name, new=name
            )
            node.name = name
        return node


def set_time_zone(actor: Actor, node_id: int, zone: str, at: datetime) -> Institution:
    """Another time zone for an institution and all its units. Certificates keep the day they were issued on."""
    with transaction() as session:
        node = _node(session, actor, node_id)
        if node.parent_id is not None:
            raise Refused(_("A unit has the time zone of its institution."))
        if zone not in zones_known():
            raise Wrong("time_zone", _("Choose a time zone from the list."))
        if zone != node.time_zone:
            audit.note(session, at, actor.person.id, "time-zone-changed", node.id, old=node.time_zone, new=zone)
            for row in institutions.tree(session, node.path):
                row.time_zone = zone
        return node


# ── people and their accounts ──────────────────────────────────────────────────────────────────────────────────────


def _person(session: Session, actor: Actor, person_id: UUID) -> tuple[Person, Account]:
    found = administration.account_of(session, access.administered(actor), person_id)
    if found is None:
        raise Refused(_("This person doesn’t exist."))
    return found


def _free_email(session: Session, email: str, person_id: UUID | None = None) -> str:
    email = clean_email(email)
    present = account(session, email)
    if present and present.person_id != person_id:
        raise _taken(email)
    return email


def _taken(email: str) -> Wrong:
    return Wrong("email", _("An account with the address %(email)s already exists.", email=email))


def add_person(
    actor: Actor, name: str, email: str, unit_id: int | None, url: str, at: datetime, family_name: str = ""
) -> Person:
    """A new person with an account, and a mail that invites them to choose a password. `url` is the public address;
    the `family_name`, "" for not known, is the part of the name that they are sorted by."""
    try:
        with transaction() as session:
            name, email = clean_name(name), _free_email(session, email)
            family_name = clean_family_name(family_name, name)
            unit = _node(session, actor, unit_id)
            root = unit.root_id or unit.id
            person = Person(
                institution_id=root,
                id=new_id(),
                unit_id=unit.id,
                name=name,
                email=email,
                family_name=family_name,
                search=searched(name, email),
                sort_key=sorted_by(name, family_name),
                created_at=at,
            )
            session.add(person)
            session.flush()
            row = Account(email=email, institution_id=root, person_id=person.id)
            session.add(row)
            session.flush()
            accounts.invite(row, person, url, at)
            audit.note(session, at, actor.person.id, "person-added", root, person.id, unit=unit.id)
            return person
    except IntegrityError as error:  # the same address from two forms at the same moment
        raise _taken(email) from error


def change_person(
    actor: Actor,
    person_id: UUID,
    name: str,
    email: str,
    unit_id: int | None,
    url: str,
    at: datetime,
    family_name: str = "",
) -> Person:
    """Correct somebody's name or address, or move them to another unit of their institution.

    Links to choose a password that went to the old address end; who has not chosen one yet is invited anew.
    """
    try:
        with transaction() as session:
            person, row = _person(session, actor, person_id)
            name, email = clean_name(name), _free_email(session, email, person_id)
            family_name = clean_family_name(family_name, name)
            unit = _node(session, actor, unit_id)
            if (unit.root_id or unit.id) != person.institution_id:
                raise Wrong("unit", _("Choose a unit of this person’s institution."))
            new = {"name": name, "family_name": family_name, "email": email, "unit": unit.id}
            old = {
                "name": person.name,
                "family_name": person.family_name,
                "email": person.email,
                "unit": person.unit_id,
            }
            changed = sorted(field for field in new if new[field] != old[field])
            if not changed:
                return person
            person.name, person.family_name, person.unit_id = name, family_name, unit.id
            person.search, person.sort_key = searched(name, email), sorted_by(name, family_name)
            if "email" in changed:
                _move_account(session, person, row, email, url, at)
            audit.note(
                session,
                at,
                actor.person.id,
                "person-changed",
                person.institution_id,
                person.id,
                fields=changed,
                unit=unit.id,
            )
            return person
    except IntegrityError as error:
        raise _taken(email) from error


def _move_account(session: Session, person: Person, row: Account, email: str, url: str, at: datetime) -> None:
    administration.end_password_links(session, row.email)
    person.email = row.email = email
    session.flush()
    if not row.password_hash and row.closed_at is None:
        accounts.invite(row, person, url, at)


def invite_again(actor: Actor, person_id: UUID, url: str, seen: int, at: datetime) -> bool:
    """Mail the invitation once more, to somebody who has not chosen a password yet. The links before it end.

    `seen` is the newest link that the actor knew of (`newest_link`): where there is a newer one, none is sent, and
    False comes back.
    """
    with transaction() as session:
        person, row = _person(session, actor, person_id)
        session.refresh(row, with_for_update=True)  # of two clicks the second waits
        if row.password_hash:
            raise Refused(_("This person has chosen a password. They can ask for a new one on the sign-in page."))
        if row.closed_at is not None:
            raise Refused(_("This account is closed. Reopen it first."))
        if administration.newest_link(session, row.email) != seen:
            return False
        administration.end_password_links(session, row.email)
        accounts.invite(row, person, url, at)
        audit.note(session, at, actor.person.id, "invited", person.institution_id, person.id)
        return True


def send_password_link(actor: Actor, person_id: UUID, url: str, seen: int, at: datetime) -> bool:
    """Mail a link to choose a new password to somebody who has lost theirs. The links before it end.

    `seen` is the newest link that the actor knew of: where there is a newer one, none is sent, and False comes back.
    """
    with transaction() as session:
        person, row = _person(session, actor, person_id)
        session.refresh(row, with_for_update=True)
        if row.closed_at is not None:
            raise Refused(_("This account is closed. Reopen it first."))
        if administration.newest_link(session, row.email) != seen:
            return False
        administration.end_password_links(session, row.email)
        accounts.mail_link(row, person, url, at)
        audit.note(session, at, actor.person.id, "password-link-sent", person.institution_id, person.id)
        return True


def close_account(actor: Actor, person_id: UUID, at: datetime) -> None:
    """Bar somebody from signing in, and sign them out everywhere at once. What they did stays on record."""
    with transaction() as session:
        person, row = _person(session, actor, person_id)
        if row.closed_at is not None:
            return
        _leave_an_administrator(session, person_id)
        row.closed_at = at
        end_sign_ins(session, person_id)
        administration.end_password_links(session, row.email)
        audit.note(session, at, actor.person.id, "account-closed", person.institution_id, person_id)


def open_account(actor: Actor, person_id: UUID, url: str, at: datetime) -> None:
    """Let somebody sign in again whose account was closed."""
    with transaction() as session:
        person, row = _person(session, actor, person_id)
        if row.closed_at is None:
            return
        row.closed_at = None
        end_sign_ins(session, person_id)  # a sign-in that was under way while the account was closed
        if not row.password_hash:
            accounts.invite(row, person, url, at)
        audit.note(session, at, actor.person.id, "account-opened", person.institution_id, person_id)


# ── roles ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _leave_an_administrator(session: Session, person_id: UUID) -> None:
    if administration.lock_administrators(session) == {person_id}:
        raise Refused(_("This is the last administrator. Appoint another administrator first."))


def grant(
    actor: Actor, person_id: UUID, role: Role, at: datetime, node_id: int | None = None, course_id: str = ""
) -> None:
    """Give somebody a role; a manager over a part of their own institution (`node_id`), a trainer of a course.

    Giving it twice gives it once.
    """
    with transaction() as session:
        person, _account = _person(session, actor, person_id)
        node = _node(session, actor, node_id) if role is Role.MANAGER else None
        if node and node.root_id != person.institution_id:
            raise Wrong("unit", _("Choose a unit of this person’s institution."))
        if role is Role.TRAINER and not course_id:
            raise Wrong("course", _("Choose a course from the list."))
        node_id, course_id = node.id if node else None, course_id if role is Role.TRAINER else ""
        held = administration.grants(session, access.administered(actor), {person_id})[person_id]
        if any((row.role, row.node_id, row.course_id) == (role, node_id, course_id) for row in held):
            return
        session.add(
            Grant(
                institution_id=person.institution_id,
                person_id=person_id,
                role=role,
                node_id=node_id,
                course_id=course_id,
            )
        )
        audit.note(
            session,
            at,
            actor.person.id,
            "role-granted",
            person.institution_id,
            person_id,
            role=role.value,
            unit=node_id,
            course=course_id,
        )


def revoke(actor: Actor, grant_id: UUID, at: datetime) -> None:
    """Take a role away; taking it away again changes nothing."""
    with transaction() as session:
        row = administration.grant(session, access.administered(actor), grant_id)
        if row is None:
            return
        if row.role is Role.ADMINISTRATOR:
            _leave_an_administrator(session, row.person_id)
        session.delete(row)
        audit.note(
            session,
            at,
            actor.person.id,
            "role-revoked",
            row.institution_id,
            row.person_id,
            role=row.role.value,
            unit=row.node_id,
            course=row.course_id,
        )
