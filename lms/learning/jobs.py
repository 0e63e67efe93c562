"""Draining the outbox: select what is due, act, mark, commit. Doing it again does nothing twice that was marked."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from lms import mail
from lms.config import Settings
from lms.db import db, transaction
from lms.learning import accounts, attempts
from lms.learning.duties import Outcome, each, next_try, reason, tell
from lms.library import Library
from lms.records import jobs
from lms.records.accounts import account
from lms.records.jobs import Job

AT_MOST = 60.0
CLAIM_LASTS = timedelta(minutes=10)
NEVER = timedelta(days=36500)


def _mail(settings: Settings, payload: dict[str, Any]) -> None:
    """Send a mail, unless its reader has left since it was written, or before: their address may be somebody else's."""
    reader = account(db.session(), payload["to"])
    left = reader is not None and reader.closed_at is not None
    db.session.rollback()  # nothing is held while it is sent
    if left:
        return
    mail.send(settings.mail, mail.compose(settings.mail_from, payload["to"], payload["subject"], payload["body"]))


def _mail_reset(_settings: Settings, payload: dict[str, Any]) -> None:
    accounts.mail_reset(**payload)


DOERS: dict[str, Callable[[Settings, dict[str, Any]], None]] = {"mail": _mail, "password-reset": _mail_reset}


def drain(settings: Settings, library: Library, at: datetime) -> Outcome:
    """Do what is due at this moment: attempts whose time ran out, then the outbox."""
    closed = close_overdue(library, at)
    sent = send(settings, at)
    return Outcome(closed.done + sent.done, closed.failed + sent.failed)


def close_overdue(library: Library, at: datetime) -> Outcome:
    """Submit the attempts whose time ran out, each in its own transaction."""
    return each("attempts", attempts.overdue(at), lambda which: attempts.close_overdue(library, which, at), at)


def send(settings: Settings, at: datetime) -> Outcome:
    """Do what waits in the outbox, for a minute at most, so that other duties have their turn.

    A job is claimed, done, and marked, in that order, and nothing is locked while it is being done: a worker that dies
    leaves it to be done again a while later. One that fails, in whatever way, is tried again after 1, 2, 4 … minutes,
    eight times in all; then it stays with its error, for the administrator to see.
    """
    done = failed = 0
    until = time.monotonic() + AT_MOST
    while time.monotonic() < until and (job := _claim(at)):
        try:
            DOERS[job.kind](settings, job.payload)
        except Exception as error:  # whatever it is, it concerns this job alone
            db.session.rollback()
            failed += 1
            _postpone(job, error, at)
        else:
            done += 1
            with transaction() as session:
                row = session.get_one(Job, job.id)
                row.done_at, row.error, row.payload = at, "", {}  # a mail holds a secret link; it is not kept
    return Outcome(done, failed)


def _claim(at: datetime) -> Job | None:
    with transaction() as session:
        due = jobs.due(session, at, limit=1)
        if not due:
            return None
        due[0].due_at = at + CLAIM_LASTS
        return due[0]


def _postpone(job: Job, error: Exception, at: datetime) -> None:
    with transaction() as session:
        row = session.get_one(Job, job.id)
        row.tries += 1
        row.error = reason(error)
        again = next_try(row.tries, at)
        row.due_at = again or at + NEVER
    tell("jobs", str(job.id), error, row.tries, again is None)
