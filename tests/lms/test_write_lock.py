"""No verb holds SQLite's one write lock for long: bulk work goes in batches, and can be taken up again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, event, func, select

from lms import clock
from lms.db import WRITES, db, transaction
from lms.learning import enrol, passwords
from lms.learning.access import managed
from lms.learning.accounts import sign_in
from lms.names import fold
from lms.records.accounts import Account
from lms.records.audit import AuditEvent
from lms.records.enrolments import Enrolment
from lms.records.people import Person

from .conftest import SHIPPED_HASHER, START, World, actor_for
from .visitor import PASSWORD

PEOPLE = 909
MOST_STATEMENTS = 20
LONGEST = 0.2


@dataclass
class Writes:
    """The transactions that held the write lock: statements and seconds of each."""

    statements: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    stop_after: int = 0


@contextmanager
def writing() -> Iterator[Writes]:
    """Watch the transactions of the block; `stop_after` so many the next one is interrupted."""
    seen, began = Writes(), [0.0]

    def before(connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        if statement == "BEGIN IMMEDIATE" or (statement == "BEGIN" and connection.dialect.name != "sqlite"):
            began[0] = time.perf_counter()
            seen.statements.append(0)
            if seen.stop_after and len(seen.statements) > seen.stop_after:
                raise KeyboardInterrupt
        elif seen.statements and connection.get_execution_options().get(WRITES):
            seen.statements[-1] += 1

    def after(connection: Connection) -> None:
        if connection.get_execution_options().get(WRITES):
            seen.seconds.append(time.perf_counter() - began[0])

    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "commit", after)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", before)
        event.remove(Engine, "commit", after)


@pytest.fixture
def crowd(app: Flask, world: World) -> list[Person]:
    """Many people of Ministry A."""
    office = world.people["office"]
    with transaction() as session:
        people = [
            Person(
                institution_id=office.institution_id,
                unit_id=office.unit_id,
                name=f"Person {number}",
                email=f"p{number}@example.org",
                search=fold(f"p{number}"),
                created_at=START,
            )
            for number in range(PEOPLE)
        ]
        session.add_all(people)
    return people


def enrolled() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Enrolment)) or 0


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_long_list_lets_others_write_in_between(app: Flask, world: World, crowd: list[Person]) -> None:
    manager = actor_for(db.session(), world.people["manager"])
    with writing() as seen:
        assert enrol.enrol_people(manager, [(one.id, "basics", None) for one in crowd], clock.now()) == PEOPLE
    assert len(seen.statements) == 5
    assert max(seen.statements) <= MOST_STATEMENTS
    assert sorted(seen.seconds)[len(seen.seconds) // 2] < LONGEST, seen.seconds
    assert enrolled() == PEOPLE


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_list_that_was_interrupted_is_finished_by_sending_it_again(
    app: Flask, world: World, crowd: list[Person]
) -> None:
    manager = actor_for(db.session(), world.people["manager"])
    rows = [(one.id, "basics", None) for one in crowd]
    with writing() as seen:
        seen.stop_after = 2
        with pytest.raises(KeyboardInterrupt):
            enrol.enrol_people(manager, rows, clock.now())
    db.session.remove()
    assert enrolled() == 400
    assert enrol.enrol_people(manager, rows, clock.now()) == PEOPLE - 400
    assert enrolled() == PEOPLE
    assert db.session.query(AuditEvent).filter_by(action="enrolled").count() == PEOPLE


def test_nobody_is_enrolled_where_one_is_not_the_managers(app: Flask, world: World, crowd: list[Person]) -> None:
    manager, stranger = actor_for(db.session(), world.people["manager"]), world.people["stranger"]
    assert managed(manager)
    with pytest.raises(enrol.Refused):
        enrol.enrol_people(manager, [(one.id, "basics", None) for one in (*crowd, stranger)], clock.now())
    assert enrolled() == 0


def test_no_password_is_hashed_while_others_wait(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the cost of a hash is not today's, it is made anew at the next sign-in."""
    monkeypatch.setattr(passwords, "_hasher", SHIPPED_HASHER)
    email = world.email("trainee")
    before = db.session.get_one(Account, email).password_hash
    db.session.rollback()

    def hashed(password: str) -> str:
        assert not db.session().in_transaction()
        return SHIPPED_HASHER.hash(password)

    monkeypatch.setattr(passwords, "hashed", hashed)
    assert sign_in(email, PASSWORD, clock.now())
    db.session.expire_all()
    after = db.session.get_one(Account, email).password_hash
    assert before != after
    assert not passwords.has_other_cost(after)
