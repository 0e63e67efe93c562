"""Draining the outbox: select what is due, act, mark, commit. Doing it again does nothing twice that was marked."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from lms import mail
from lms.config import Settings
from lms.db import transaction
from lms.learning import accounts, attempts
from lms.library import Library
from lms.records import jobs
from lms.records.jobs import Job

TRIES = 8
CLAIM_LASTS = timedelta(minutes=10)
NEVER = timedelta(days=36500)


def _mail(settings: Settings, payload: dict[str, Any]) -> None:
    mail.send(settings.mail, mail.compose(settings.mail_from, payload["to"], payload["subject"], payload["body"]))


def _mail_reset(_settings: Settings, payload: dict[str, Any]) -> None:
    accounts.mail_reset(**payload)


DOERS: dict[str, Callable[[Settings, dict[str, Any]], None]] = {"mail": _mail, "password-reset": _mail_reset}


def drain(settings: Settings, library: Library, at: datetime) -> tuple[int, int]:
    """Do what is due at this moment: how many jobs were done, how many failed.

    A job is claimed, done, and marked, in that order, and nothing is locked while it is being done: a worker that dies
    leaves it to be done again a while later. One that fails is tried again after 1, 2, 4 … minutes, eight times in all;
    then it stays with its error, for the operator to see. Attempts whose time ran out are submitted as well.
    """
    done, failed = attempts.close_overdue(library, at), 0
    while job := _claim(at):
        try:
            DOERS[job.kind](settings, job.payload)
        except (OSError, smtplib.SMTPException, ValueError, KeyError) as error:
            failed += 1
            _postpone(job, f"{type(error).__name__}: {error}", at)
        else:
            done += 1
            with transaction() as session:
                row = session.get_one(Job, job.id)
                row.done_at, row.error, row.payload = at, "", {}  # a mail holds a secret link; it is not kept
    return done, failed


def _claim(at: datetime) -> Job | None:
    with transaction() as session:
        due = jobs.due(session, at, limit=1)
        if not due:
            return None
        due[0].due_at = at + CLAIM_LASTS
        return due[0]


def _postpone(job: Job, error: str, at: datetime) -> None:
    with transaction() as session:
        row = session.get_one(Job, job.id)
        row.tries += 1
        row.error = error
        row.due_at = at + (timedelta(minutes=2 ** (row.tries - 1)) if row.tries < TRIES else NEVER)
