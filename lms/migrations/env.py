"""How Alembic runs our migrations: within the application, on whichever database it has, one transaction each."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from flask import current_app
from sqlalchemy import JSON

import lms.records  # noqa: F401 -- makes all tables known
from lms.db import WRITES, Base, UtcDateTime, db


def render_item(kind: str, item: Any, _autogen_context: Any) -> str | Literal[False]:
    """Write our column types as the plain ones they are stored as: a migration must not change when the code does."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, JSON):
        return "sa.JSON()"
    return False


def run() -> None:
    """Run the migrations that the database lacks."""
    engine = db.engine
    # SQLite writes its schema only inside a write transaction, which the option asks for
    with engine.connect().execution_options(**{WRITES: True}) as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            render_item=render_item,
            compare_type=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    current_app.logger.debug("migrations ran")


run()
