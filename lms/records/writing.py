"""Whether the database can be written: a row is, for /healthz."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError

from lms.db import BUSY
from lms.db import trouble as trouble_of
from lms.records.limits import DatabaseStorage


def trouble() -> str:
    """Why nothing can be written, as `lms.db.trouble` says it; "" where something can. A busy database counts as one
    that can be: whoever holds its lock is writing."""
    try:
        DatabaseStorage("staza://").incr("healthz", 60)
    except SQLAlchemyError as error:
        found = trouble_of(error)
        return "" if found == BUSY else found
    return ""
