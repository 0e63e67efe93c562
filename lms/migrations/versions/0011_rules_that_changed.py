"""rules that changed

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep by which rules a progress was worked out. Of none it is known, so all are looked at anew."""
    op.add_column("enrolments", sa.Column("rules", sa.String(length=64), server_default="", nullable=False))


def downgrade() -> None:
    """Take the database back to the revision before."""
    op.drop_column("enrolments", "rules")
