"""answers have versions

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Count the changes of each answer, and keep which page of a browser gave it last."""
    op.add_column("answers", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("answers", sa.Column("tab", sa.String(length=32), server_default="", nullable=False))
    op.add_column("answers", sa.Column("sequence", sa.Integer(), server_default="0", nullable=False))
    op.add_column("check_answers", sa.Column("version", sa.Integer(), server_default="1", nullable=False))


def downgrade() -> None:
    """Take the database back to the revision before. What was taken back in open attempts is forgotten for good."""
    op.execute("DELETE FROM answers WHERE CAST(answer AS TEXT) = 'null'")
    for column in ("sequence", "tab", "version"):
        op.drop_column("answers", column)
    op.drop_column("check_answers", "version")
