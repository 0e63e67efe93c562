"""Draining the outbox: select what is due, act, mark, commit. Doing it again does nothing twice that was marked."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from lms import mail
from lms.config import Settings
from lms.db import transaction
from lms.learning import attempts
from lms.library import Library
from lms.records import jobs

TRIES = 8


def _mail(settings: Settings, payload: dict[str, Any]) -> None:
    mail.send(settings.mail, mail.compose(settings.mail_from, payload["to"], payload["subject"], payload["body"]))


DOERS: dict[str, Callable[[Settings, dict[str, Any]], None]] = {"mail": _mail}


def drain(settings: Settings, library: Library, at: datetime) -> tuple[int, int]:
    """Do what is due at this moment: how many jobs were done, how many failed.

    A job that fails is tried again after 1, 2, 4 … minutes, eight times in all; then it stays with its error, for
    the operator to see. Attempts whose time ran out are submitted as well.
    """
    done = attempts.close_overdue(library, at)
    failed = 0
    while True:
        with transaction() as session:
            due = jobs.due(session, at, limit=1)
            if not due:
                return done, failed
            job = due[0]
            try:
                DOERS[job.kind](settings, job.payload)
            except (OSError, smtplib.SMTPException, ValueError, KeyError) as error:
                failed += 1
                job.tries += 1
                job.error = f"{type(error).__name__}: {error}"
                later = timedelta(minutes=2 ** (job.tries - 1)) if job.tries < TRIES else timedelta(days=36500)
                job.due_at = at + later
            else:
                done += 1
                job.done_at, job.error, job.payload = at, "", {}  # a mail holds a secret link; it is not kept
