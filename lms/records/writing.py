"""Whether the database can be written: a row is, now and then, for /healthz."""

from __future__ import annotations

import time

from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from lms.db import BUSY
from lms.db import trouble as trouble_of
from lms.records.limits import DatabaseStorage

EVERY = 10.0
"""Seconds for which a process believes what it found."""


def trouble() -> str:
    """Why nothing can be written, as `lms.db.trouble` says it; "" where something can. A busy database counts as one
    that can be: whoever holds its lock is writing."""
    known: tuple[float, str] = current_app.extensions.get("staza_writing", (float("-inf"), ""))
    if time.monotonic() < known[0] + EVERY:
        return known[1]
    found = ""
    try:
        DatabaseStorage("staza://").incr("healthz", 60)
    except SQLAlchemyError as error:
        found = trouble_of(error)
    found = "" if found == BUSY else found
    current_app.extensions["staza_writing"] = (time.monotonic(), found)
    return found
