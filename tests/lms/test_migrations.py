"""Migrations run on both databases, lead to the tables that the code knows, and can be taken back."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from lms.db import Base, db, transaction
from lms.records import audit
from lms.records.audit import AuditEvent

from .conftest import START


def test_the_migrated_database_has_the_tables_of_the_code(app: Flask) -> None:
    with db.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_migrations_can_be_taken_back_and_run_again(app: Flask) -> None:
    db.session.remove()
    downgrade(revision="base")
    assert inspect(db.engine).get_table_names() == ["alembic_version"]
    upgrade()
    assert "people" in inspect(db.engine).get_table_names()


@pytest.mark.parametrize("sql", ["UPDATE audit_events SET action = 'nothing'", "DELETE FROM audit_events"])
def test_the_audit_log_can_not_be_changed(app: Flask, sql: str) -> None:
    with transaction() as session:
        audit.note(session, START, None, "tried")
    with pytest.raises(DBAPIError, match="append-only"), db.engine.begin() as connection:
        connection.execute(text(sql))
    assert db.session.query(AuditEvent).filter_by(action="tried").count() == 1
