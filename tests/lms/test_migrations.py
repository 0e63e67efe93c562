"""Migrations run on both databases, lead to the tables that the code knows, and can be taken back."""

from __future__ import annotations

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from lms.config import Settings
from lms.db import Base, db, transaction
from lms.records import audit
from lms.records.attempts import Answer, Attempt, Mark
from lms.records.audit import AuditEvent

from .conftest import START, World, enrol


def test_the_migrated_database_has_the_tables_of_the_code(app: Flask) -> None:
    with db.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_migrations_can_be_taken_back_and_run_again(app: Flask) -> None:
    db.session.remove()
    downgrade(revision="base")
    assert inspect(db.engine).get_table_names() == ["alembic_version"]
    upgrade()
    assert "people" in inspect(db.engine).get_table_names()


KEPT = sorted(table.name for table in Base.metadata.tables.values() if table.info.get("append_only"))
ANOTHER_KEY = {"audit_events": {"id": "'0' || substr(id, 2)"}, "marks": {"number": "number + 1"}}
"""Another value for a part of each key."""
ATTACKS = {
    "changed": "UPDATE {table} SET {column} = {column}",
    "deleted": "DELETE FROM {table}",
    "put in again": "INSERT INTO {table} SELECT * FROM {table} WHERE true"
    " ON CONFLICT ({key}) DO UPDATE SET {column} = excluded.{column}",
    "truncated": "TRUNCATE {table}",
    "replaced": "INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
    "replaced by its place": "INSERT OR REPLACE INTO {table} (rowid, {columns}) SELECT rowid, {others} FROM {table}",
    "changed to replace": "UPDATE OR REPLACE {table} SET {column} = {column}",
}
ONLY = {"truncated": "postgresql"} | dict.fromkeys(
    ["replaced", "replaced by its place", "changed to replace"], "sqlite"
)


def a_row_each(world: World) -> None:
    """A row in each table that is append-only."""
    session, person = db.session(), world.people["trainee"]
    enrolment = enrol(person, "basics")
    attempt = Attempt(
        institution_id=person.institution_id,
        person_id=person.id,
        enrolment_id=enrolment.id,
        course_id="basics",
        quiz_id="final",
        number=1,
        revision="f" * 64,
        commit="",
        locale="en",
        seed="",
        shown=[],
        started_at=START,
    )
    session.add(attempt)
    session.flush()
    key = {"institution_id": person.institution_id, "attempt_id": attempt.id, "question_id": "essay"}
    session.add(Answer(**key, answer="Text", saved_at=START))
    session.flush()
    session.add(Mark(**key, marked_by=person.id, marked_at=START, points={}, score=0.5))
    audit.note(session, START, None, "tried")
    session.commit()


@pytest.mark.parametrize("table", KEPT)
@pytest.mark.parametrize("attack", ATTACKS)
def test_no_row_of_an_append_only_table_is_touched(
    app: Flask, settings: Settings, world: World, table: str, attack: str
) -> None:
    if ONLY.get(attack, "") not in settings.database_url:
        pytest.skip(f"only {ONLY[attack]} has such a statement")
    a_row_each(world)
    columns = {column.name: column.name for column in Base.metadata.tables[table].columns}
    sql = ATTACKS[attack].format(
        table=table,
        column=list(columns)[-1],
        columns=", ".join(columns),
        key=", ".join(column.name for column in Base.metadata.tables[table].primary_key),
        others=", ".join((columns | ANOTHER_KEY[table]).values()),
    )

    def held() -> list[Any]:
        with db.engine.connect() as connection:
            return list(connection.execute(text(f"SELECT * FROM {table}")))

    before = held()
    assert before
    with pytest.raises(DBAPIError, match="append-only"), db.engine.begin() as connection:
        connection.execute(text(sql))
    assert held() == before


def test_rows_are_added_to_append_only_tables_in_any_number(app: Flask, world: World) -> None:
    a_row_each(world)
    for number in range(3):
        with transaction() as session:
            audit.note(session, START, None, f"again-{number}")
    assert db.session.query(AuditEvent).count() == 4


def test_what_people_are_searched_by_is_computed_again(app: Flask, world: World) -> None:
    address = world.email("trainee")
    with db.engine.begin() as connection:
        old = "UPDATE people SET name = 'Ќосевски', search = 'kjosevski' WHERE email = :email"
        connection.execute(text(old), {"email": address})
    db.session.remove()
    downgrade(revision="0011")
    upgrade()
    with db.engine.connect() as connection:
        found = connection.scalar(text("SELECT search FROM people WHERE name = 'Ќосевски'"))
    assert str(found).startswith("kosevski ")
