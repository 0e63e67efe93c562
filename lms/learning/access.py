"""Scopes: whose data somebody may touch, for what they came to do. Only here are they made."""

from __future__ import annotations

import hashlib

from lms.records.accounts import Actor
from lms.records.attempts import Attempt
from lms.records.people import Role
from lms.records.scope import Scope


def token_hash(token: str) -> str:
    """What is stored of a secret token: its SHA-256. The tokens are 256 random bits, so that no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def own(actor: Actor) -> Scope:
    """A trainee's own data."""
    return Scope.own(actor.person.institution_id, actor.person.id)


def managed(actor: Actor) -> Scope:
    """The people of the institutions and units that the actor manages; of nobody, if the actor is no manager."""
    return Scope.subtree(*actor.managed)


def deciding(actor: Actor) -> Scope:
    """The people whose requests for places the actor may decide: an administrator may where nobody manages, too."""
    return administered(actor) if Role.ADMINISTRATOR in actor.roles else managed(actor)


def region(actor: Actor) -> Scope:
    """Everyone, to be counted and not named: for coordinators, and for trainers who look at their items."""
    return Scope.counts() if actor.roles & {Role.COORDINATOR, Role.TRAINER} else Scope.subtree()


def taught(actor: Actor) -> Scope:
    """What was done in the courses whose trainer the actor is, without the people who did it."""
    return Scope.courses(*actor.owned_courses)


def administered(actor: Actor) -> Scope:
    """Everyone, for administrators."""
    return Scope.everyone() if Role.ADMINISTRATOR in actor.roles else Scope.subtree()


def of_attempt(attempt: Attempt) -> Scope:
    """The data of the person whose attempt this is, which the caller has already been allowed to touch."""
    return Scope.own(attempt.institution_id, attempt.person_id)
