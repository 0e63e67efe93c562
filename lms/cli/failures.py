"""What went wrong, in a sentence for the operator."""

from __future__ import annotations

import errno
import sqlite3

from sqlalchemy.exc import DBAPIError, OperationalError

from courses.artefact import ArtefactError
from lms.config import SettingError
from lms.learning.refusal import Refused


def sentence(error: Exception) -> str:
    """The failure in one sentence, and what to do about it."""
    match error:
        case SettingError() | ArtefactError() | Refused():
            return str(error)
        case OperationalError() if "no such table" in str(error.orig):
            return "The database has no tables yet. Run: staza db upgrade"
        case OperationalError() if "readonly" in str(error.orig) or "unable to open" in str(error.orig):
            return (
                "The database file can't be opened for writing. Make it and its folder writable for the user that "
                "runs Staza, or set DATABASE_URL."
            )
        case OperationalError():
            return f"The database does not answer ({_first_line(error.orig)}). Start it, or set DATABASE_URL."
        case DBAPIError():
            return f"The database refused: {_first_line(error.orig)}."
        case OSError() if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return "The disk is full. Make room and try again."
        case sqlite3.Error():
            return f"The database refused: {_first_line(error)}."
        case OSError() if error.filename:
            return f"{error.filename}: {error.strerror}."
        case _:
            return f"{type(error).__name__}: {_first_line(error)}. Set STAZA_DEBUG=1 to see where this comes from."


def _first_line(error: BaseException | None) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].strip().rstrip(".") if lines else type(error).__name__
