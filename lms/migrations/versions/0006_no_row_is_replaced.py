"""no row of an append-only table is replaced

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEYS = {"audit_events": ["id"], "marks": ["institution_id", "attempt_id", "question_id", "number"]}
SQLITE = """
CREATE TRIGGER {table}_keep_INSERT BEFORE INSERT ON {table}
WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) OR EXISTS (SELECT 1 FROM {table} WHERE rowid = NEW.rowid)
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""


def upgrade() -> None:
    """Refuse a row whose key is taken: SQLite's INSERT OR REPLACE deletes the other one without asking the trigger that
    refuses to delete. PostgreSQL has no such statement; there the trigger that refuses to change is asked."""
    if op.get_bind().dialect.name == "sqlite":
        for table, columns in KEYS.items():
            same = " AND ".join(f"{column} = NEW.{column}" for column in columns)
            op.execute(SQLITE.format(table=table, same=same))


def downgrade() -> None:
    """Take the refusal away."""
    if op.get_bind().dialect.name == "sqlite":
        for table in KEYS:
            op.execute(f"DROP TRIGGER {table}_keep_INSERT")
