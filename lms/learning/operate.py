"""What the operator of the machine may do from the command line, where nobody is signed in."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _

from lms.days import NOWHERE
from lms.db import transaction
from lms.learning import accounts, passwords
from lms.learning.refusal import Refused
from lms.records import administration, audit
from lms.records.accounts import Account, Actor, account, end_sign_ins
from lms.records.institutions import Institution
from lms.records.people import Grant, Person, Role


def operator() -> Actor:
    """Somebody with an administrator's rights who is nobody: the audit log names no actor for what they do."""
    nowhere = Institution(name="", country="", path="/", time_zone=NOWHERE)
    return Actor(Person(name="operator"), nowhere, nowhere, ((Grant(role=Role.ADMINISTRATOR), None),))


def set_password(email: str, new: str, at: datetime) -> None:
    """Set somebody's password and end all their sign-ins."""
    with transaction() as session:
        found = account(session, email)
        if found is None:
            raise Refused(_("There is no account with the address %(email)s.", email=email))
        whose = accounts.whose(found)
    passwords.check(new, whose)  # outside of the transaction, as is hashing: both take their time
    hashed = passwords.hashed(new)
    with transaction() as session:
        found = session.get_one(Account, found.email)
        found.password_hash = hashed
        administration.end_password_links(session, found.email)
        end_sign_ins(session, found.person_id)
        audit.note(session, at, None, "password-set", found.institution_id, found.person_id)
