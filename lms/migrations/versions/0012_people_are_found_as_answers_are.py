"""people are found by the folding that typed answers have

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lms.names import searched

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None
BATCH = 500


def upgrade() -> None:
    """Compute what people are searched by from their names and addresses."""
    people = sa.table(
        "people",
        sa.column("institution_id"),
        sa.column("id", sa.Uuid()),
        sa.column("name"),
        sa.column("email"),
        sa.column("search"),
    )
    connection = op.get_bind()
    rows = connection.execute(sa.select(people.c.institution_id, people.c.id, people.c.name, people.c.email)).all()
    change = (
        people.update()
        .where(people.c.institution_id == sa.bindparam("of"), people.c.id == sa.bindparam("who", type_=sa.Uuid()))
        .values(search=sa.bindparam("found_by"))
    )
    for start in range(0, len(rows), BATCH):
        connection.execute(
            change,
            [
                {"of": row.institution_id, "who": row.id, "found_by": searched(row.name, row.email)}
                for row in rows[start : start + BATCH]
            ],
        )


def downgrade() -> None:
    """Nothing to take back: what people are searched by is computed from the rest of their rows."""
