"""marks can be changed, and none is lost

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ANSWER = ["institution_id", "attempt_id", "question_id"]
SQLITE = """
CREATE TRIGGER marks_keep_{verb} BEFORE {verb} ON marks
BEGIN SELECT RAISE(ABORT, 'marks is append-only'); END
"""
FUNCTION = """
CREATE FUNCTION marks_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'marks is append-only'; END $$
"""
POSTGRESQL = """
CREATE TRIGGER marks_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON marks
FOR EACH STATEMENT EXECUTE FUNCTION marks_keep()
"""
ONLY_THE_LAST = """
DELETE FROM marks WHERE EXISTS (
    SELECT 1 FROM marks AS later
    WHERE later.institution_id = marks.institution_id AND later.attempt_id = marks.attempt_id
      AND later.question_id = marks.question_id AND later.number > marks.number)
"""


def upgrade() -> None:
    """Let an answer have several marks, of which the last one holds, and let the database refuse to change one."""
    with op.batch_alter_table("marks", schema=None) as batch_op:
        batch_op.add_column(sa.Column("number", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("reason", sa.String(length=1000), server_default="", nullable=False))
        batch_op.drop_constraint("pk_marks", type_="primary")
        batch_op.create_primary_key("pk_marks", [*ANSWER, "number"])
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(SQLITE.format(verb=verb))
    else:
        op.execute(FUNCTION)
        op.execute(POSTGRESQL)


def downgrade() -> None:
    """Take the database back to the revision before, with the last mark of each answer."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(f"DROP TRIGGER marks_keep_{verb}")
    else:
        op.execute("DROP TRIGGER marks_keep ON marks")
        op.execute("DROP FUNCTION marks_keep")
    op.execute(ONLY_THE_LAST)
    with op.batch_alter_table("marks", schema=None) as batch_op:
        batch_op.drop_constraint("pk_marks", type_="primary")
        batch_op.create_primary_key("pk_marks", ANSWER)
        batch_op.drop_column("reason")
        batch_op.drop_column("number")
