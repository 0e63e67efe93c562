"""sign-ins know when they were last used and confirmed, and in which browser

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

LONG_AGO = sa.text("'1970-01-01 00:00:00.000000'")


def upgrade() -> None:
    """Add the columns; who is signed in was last seen when they signed in."""
    with op.batch_alter_table("sign_ins") as table:
        table.add_column(sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, server_default=LONG_AGO))
        table.add_column(sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False, server_default=LONG_AGO))
        table.add_column(sa.Column("browser", sa.String(length=60), nullable=False, server_default=""))
    op.execute("UPDATE sign_ins SET seen_at = created_at, confirmed_at = created_at")


def downgrade() -> None:
    """Drop the columns."""
    with op.batch_alter_table("sign_ins") as table:
        for name in ("browser", "confirmed_at", "seen_at"):
            table.drop_column(name)
