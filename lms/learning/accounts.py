"""Signing in and out, and passwords."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from urllib.parse import urljoin

from flask_babel import force_locale, get_locale
from flask_babel import gettext as _

from lms.config import SIGN_IN_LASTS
from lms.db import db, transaction
from lms.learning import passwords
from lms.learning.access import token_hash
from lms.learning.passwords import Whose
from lms.learning.refusal import Refused
from lms.records import administration, audit, jobs
from lms.records.accounts import Account, Actor, PasswordReset, SignIn, account, end_sign_ins, forget_ended
from lms.records.institutions import Institution
from lms.records.people import Person

RESET_LASTS = timedelta(hours=2)
INVITATION_LASTS = timedelta(days=14)
LONGEST_ADDRESS = 254


def sign_in(email: str, password: str, at: datetime, browser: str = "", instead_of: str = "") -> str | None:
    """The token of a new sign-in, or None if address and password do not belong together.

    `browser` is what it roughly is; `instead_of` the token of a sign-in that it had, which ends.

    An unknown address costs the same time as a wrong password, so that nobody learns who has an account. The hash is
    checked, and made anew where its cost is not today's, outside the transaction, which would otherwise hold up every
    other writer.
    """
    found = account(db.session(), email)
    open_hash = found.password_hash if found and found.password_hash and found.closed_at is None else ""
    db.session.commit()
    right = passwords.verify(open_hash, password)
    anew = passwords.hashed(password) if right and passwords.has_other_cost(open_hash) else ""
    with transaction() as session:
        if not (right and found):
            person = (found.institution_id, found.person_id) if found else (None, None)
            audit.note(session, at, None, "sign-in-refused", *person)
            return None
        if anew and (row := session.get_one(Account, found.email)).password_hash == open_hash:
            row.password_hash = anew
        token = secrets.token_urlsafe(32)
        if instead_of and (before := session.get(SignIn, token_hash(instead_of))):
            session.delete(before)
        forget_ended(session, found.person_id, at)
        session.add(
            SignIn(
                token_hash=token_hash(token),
                institution_id=found.institution_id,
                person_id=found.person_id,
                created_at=at,
                expires_at=at + SIGN_IN_LASTS,
                browser=browser,
            )
        )
        audit.note(session, at, found.person_id, "signed-in", found.institution_id, found.person_id)
    return token


def sign_out(actor: Actor, at: datetime) -> None:
    """End this sign-in."""
    with transaction() as session:
        row = session.get(SignIn, actor.token_hash)
        if row:
            session.delete(row)
            audit.note(session, at, actor.person.id, "signed-out", actor.person.institution_id, actor.person.id)


def confirm(actor: Actor, password: str, at: datetime) -> None:
    """Note that whoever is signed in knows the password at this moment. Refuses a wrong one."""
    found = account(db.session(), actor.person.email)
    db.session.commit()
    right = passwords.verify(found.password_hash if found else "", password)
    with transaction() as session:
        if right:
            session.get_one(SignIn, actor.token_hash).confirmed_at = at
        else:
            audit.note(
                session, at, actor.person.id, "confirmation-refused", actor.person.institution_id, actor.person.id
            )
    if not right:
        raise Refused(_("That is not your current password."))


def end_other_sign_ins(actor: Actor, at: datetime) -> None:
    """Sign the actor out in all browsers but this one."""
    with transaction() as session:
        end_sign_ins(session, actor.person.id, but=actor.token_hash)
        audit.note(session, at, actor.person.id, "other-sign-ins-ended", actor.person.institution_id, actor.person.id)


def change_password(actor: Actor, old: str, new: str, at: datetime) -> None:
    """Change the password of somebody who knows the current one; end all other sign-ins."""
    found = account(db.session(), actor.person.email)
    db.session.commit()
    if found is None or not passwords.verify(found.password_hash, old):
        raise Refused(_("That is not your current password."))
    passwords.check(new, Whose.of(actor.person, actor.institution, actor.unit))
    hashed = passwords.hashed(new)
    with transaction() as session:
        session.get_one(Account, found.email).password_hash = hashed
        administration.end_password_links(session, found.email)
        end_sign_ins(session, actor.person.id, but=actor.token_hash)
        audit.note(session, at, actor.person.id, "password-changed", actor.person.institution_id, actor.person.id)


def ask_for_reset(email: str, url: str, at: datetime) -> None:
    """Have a link to choose a new password mailed, if there is such an account; say nothing either way.

    Whether there is one is looked up later, by `mail_reset`: the time that the answer takes tells nobody.
    """
    with transaction() as session:
        jobs.add(
            session,
            "password-reset",
            at,
            email=email[:LONGEST_ADDRESS],
            url=url,
            at=at.isoformat(),
            locale=str(get_locale() or "en"),
        )


def mail_reset(email: str, url: str, at: str, locale: str) -> None:
    """Do what `ask_for_reset` put into the outbox at the moment `at`."""
    with force_locale(locale):
        _mail_reset(email, url, datetime.fromisoformat(at))


def _mail_reset(email: str, url: str, at: datetime) -> None:
    with transaction() as session:
        found = account(session, email)
        if found is None or found.closed_at is not None:
            return
        person = session.get_one(Person, (found.institution_id, found.person_id))
        link = _new_link(found, url, at, RESET_LASTS)
        jobs.add(
            session,
            "mail",
            at,
            to=found.email,
            subject=_("Choose a new password for Staza"),
            body=_(
                "Hello %(name)s,\n\nsomebody, probably you, asked for a new password for Staza. Choose one here "
                "within two hours:\n\n%(link)s\n\nIf it was not you, you can ignore this mail: nothing has changed.\n",
                name=person.name,
                link=link,
            ),
        )
        audit.note(session, at, None, "password-reset-asked", found.institution_id, found.person_id)


def invite(found: Account, person: Person, url: str, at: datetime) -> None:
    """Mail a link to choose the first password, in the caller's transaction."""
    link = _new_link(found, url, at, INVITATION_LASTS)
    jobs.add(
        db.session(),
        "mail",
        at,
        to=found.email,
        subject=_("Your account for Staza"),
        body=_(
            "Hello %(name)s,\n\nyour institution has made an account for you on Staza, where you take your "
            "training courses. Choose a password here within 14 days:\n\n%(link)s\n",
            name=person.name,
            link=link,
        ),
    )


def mail_link(found: Account, person: Person, url: str, at: datetime) -> None:
    """Mail a link to choose a new password that an administrator sends, in the caller's transaction."""
    link = _new_link(found, url, at, RESET_LASTS)
    jobs.add(
        db.session(),
        "mail",
        at,
        to=found.email,
        subject=_("Choose a new password for Staza"),
        body=_(
            "Hello %(name)s,\n\nan administrator of Staza has sent you this link. Choose a new password here within "
            "two hours:\n\n%(link)s\n\nUntil you do, your current password still works.\n",
            name=person.name,
            link=link,
        ),
    )


def _new_link(found: Account, url: str, at: datetime, lasts: timedelta) -> str:
    token = secrets.token_urlsafe(32)
    db.session.add(PasswordReset(token_hash=token_hash(token), email=found.email, expires_at=at + lasts))
    return urljoin(url, f"/password/{token}")


def reset_is_open(token: str, at: datetime) -> bool:
    """Whether the link can still be used."""
    reset = db.session.get(PasswordReset, token_hash(token))
    return reset is not None and reset.expires_at > at


def reset_password(token: str, new: str, at: datetime) -> None:
    """Set the password that somebody chose through a mailed link; end all their sign-ins, and this and all other links
    that were mailed to them."""
    _check_for_link(token, new, at)
    hashed = passwords.hashed(new)
    with transaction() as session:
        reset = session.get(PasswordReset, token_hash(token), with_for_update=True)
        if reset is None or reset.expires_at <= at:
            raise Refused(_link_is_over())
        found = session.get_one(Account, reset.email)
        found.password_hash = hashed
        administration.end_password_links(session, found.email)
        end_sign_ins(session, found.person_id)
        audit.note(session, at, found.person_id, "password-reset", found.institution_id, found.person_id)


def _link_is_over() -> str:
    return _("This link has been used or has expired. Ask for a new one.")


def _check_for_link(token: str, new: str, at: datetime) -> None:
    session = db.session()
    reset = session.get(PasswordReset, token_hash(token))
    if reset is None or reset.expires_at <= at:
        raise Refused(_link_is_over())
    passwords.check(new, whose(session.get_one(Account, reset.email)))
    session.commit()


def whose(found: Account) -> Whose:
    """Whose account this is, for `passwords.check`."""
    session = db.session()
    person = session.get_one(Person, (found.institution_id, found.person_id))
    places = (session.get_one(Institution, id) for id in (person.institution_id, person.unit_id))
    return Whose.of(person, *places)


def set_preferences(actor: Actor, locale: str | None = None, theme: str | None = None) -> None:
    """Keep the chosen language or theme with the person; None leaves it as it is."""
    with transaction() as session:
        person = session.get_one(Person, (actor.person.institution_id, actor.person.id))
        if locale is not None:
            person.locale = locale
        if theme is not None:
            person.theme = theme
