"""a day is the institution's

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ZONES = {
    "RS": "Europe/Belgrade",
    "BA": "Europe/Sarajevo",
    "ME": "Europe/Podgorica",
    "MK": "Europe/Skopje",
    "AL": "Europe/Tirane",
    "SE": "Europe/Stockholm",
    "AT": "Europe/Vienna",
    "GR": "Europe/Athens",
    "GB": "Europe/London",
}


def upgrade() -> None:
    """Give institutions the time zone of their country, and certificates the day that they were issued on: until now it
    was that of UTC, which they say on paper."""
    op.add_column("institutions", sa.Column("time_zone", sa.String(length=64), server_default="UTC", nullable=False))
    op.add_column("certificates", sa.Column("issued_on", sa.Date(), server_default="1970-01-01", nullable=False))
    institutions = sa.table("institutions", sa.column("country"), sa.column("time_zone"))
    for country, zone in ZONES.items():
        op.execute(institutions.update().where(institutions.c.country == country).values(time_zone=zone))
    in_utc = "issued_at AT TIME ZONE 'UTC'" if op.get_bind().dialect.name == "postgresql" else "issued_at"
    op.execute(f"UPDATE certificates SET issued_on = DATE({in_utc})")  # noqa: S608 -- one of two texts of this file


def downgrade() -> None:
    """Take the database back to the revision before."""
    op.drop_column("certificates", "issued_on")
    op.drop_column("institutions", "time_zone")
