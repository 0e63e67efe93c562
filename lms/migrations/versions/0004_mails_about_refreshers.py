"""mails about refreshers

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add who was mailed about a refresher."""
    op.create_table(
        "refresher_mails",
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["institution_id", "enrolment_id"],
            ["enrolments.institution_id", "enrolments.id"],
            name=op.f("fk_refresher_mails_institution_id_enrolment_id_enrolments"),
        ),
        sa.PrimaryKeyConstraint("institution_id", "enrolment_id", name=op.f("pk_refresher_mails")),
    )


def downgrade() -> None:
    """Take the database back to the revision before."""
    op.drop_table("refresher_mails")
