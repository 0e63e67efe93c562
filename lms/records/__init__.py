"""Nouns: the tables, and the queries over them.

Nothing here decides who may do what, nothing knows of a request. A query of people's data takes a `Scope` first.
Importing this package makes all tables known to the database.
"""

from lms.records import (
    accounts,
    attempts,
    audit,
    certificates,
    duties,
    enrolments,
    institutions,
    jobs,
    limits,
    people,
    refreshers,
)

__all__ = [
    "accounts",
    "attempts",
    "audit",
    "certificates",
    "duties",
    "enrolments",
    "institutions",
    "jobs",
    "limits",
    "people",
    "refreshers",
]
