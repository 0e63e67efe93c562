"""people sort by family name where it is known

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lms.names import sorted_by

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None
BATCH = 500


def upgrade() -> None:
    """Of nobody the family name is known yet: it is not guessed. Until it is given they sort by the whole name."""
    key = sa.String(length=500).with_variant(sa.String(length=500, collation="C"), "postgresql")
    op.add_column("people", sa.Column("family_name", sa.String(length=200), server_default="", nullable=False))
    op.add_column("people", sa.Column("sort_key", key, server_default="", nullable=False))
    _sort()
    op.drop_index("ix_people_listing", "people")
    op.drop_index("ix_people_search", "people")
    op.create_index("ix_people_listing", "people", ["institution_id", "sort_key", "id"])
    op.create_index("ix_people_sorted", "people", ["sort_key", "id"])


def _sort() -> None:
    people = sa.table(
        "people", sa.column("institution_id"), sa.column("id", sa.Uuid()), sa.column("name"), sa.column("sort_key")
    )
    connection = op.get_bind()
    rows = connection.execute(sa.select(people.c.institution_id, people.c.id, people.c.name)).all()
    change = (
        people.update()
        .where(people.c.institution_id == sa.bindparam("of"), people.c.id == sa.bindparam("who", type_=sa.Uuid()))
        .values(sort_key=sa.bindparam("place"))
    )
    for start in range(0, len(rows), BATCH):
        connection.execute(
            change,
            [
                {"of": row.institution_id, "who": row.id, "place": sorted_by(row.name)}
                for row in rows[start : start + BATCH]
            ],
        )


def downgrade() -> None:
    """Take the database back to the revision before."""
    op.drop_index("ix_people_sorted", "people")
    op.drop_index("ix_people_listing", "people")
    op.create_index("ix_people_listing", "people", ["institution_id", "search", "id"])
    op.create_index("ix_people_search", "people", ["search", "id"])
    op.drop_column("people", "sort_key")
    op.drop_column("people", "family_name")
