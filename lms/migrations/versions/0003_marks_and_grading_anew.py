"""marks and grading anew

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what an open answer is marked with, and by which revision an answer was marked anew."""
    op.create_table(
        "marks",
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.String(length=64), nullable=False),
        sa.Column("marked_by", sa.Uuid(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("points", sa.JSON(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("comment", sa.String(length=2000), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id", "attempt_id", "question_id"],
            ["answers.institution_id", "answers.attempt_id", "answers.question_id"],
            name=op.f("fk_marks_institution_id_attempt_id_question_id_answers"),
        ),
        sa.PrimaryKeyConstraint("institution_id", "attempt_id", "question_id", name=op.f("pk_marks")),
    )
    with op.batch_alter_table("answers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("graded_by", sa.String(length=64), server_default="", nullable=False))

    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_attempts_without_result"),
            ["course_id", "submitted_at"],
            unique=False,
            sqlite_where=sa.text("passed IS NULL"),
            postgresql_where=sa.text("passed IS NULL"),
        )

    with op.batch_alter_table("check_answers", schema=None) as batch_op:
        batch_op.alter_column("score", existing_type=sa.DOUBLE(), nullable=True)


def downgrade() -> None:
    """Take the database back to the revision before."""
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attempts_without_result"))

    with op.batch_alter_table("check_answers", schema=None) as batch_op:
        batch_op.alter_column("score", existing_type=sa.DOUBLE(), nullable=False)

    with op.batch_alter_table("answers", schema=None) as batch_op:
        batch_op.drop_column("graded_by")

    op.drop_table("marks")
