"""What is done by time. Each duty is on its own, and so is each thing within it: whatever fails is written down, tried
again later and given up in the end, and everything else goes on."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from lms.db import db, transaction
from lms.records import duties, jobs
from lms.records.accounts import Actor
from lms.records.audit import note

TRIES = 8
LATE = timedelta(minutes=3)
"""How long after its last run the worker counts as late. It writes down at least once a minute that it runs."""

log = logging.getLogger("lms.duties")


class Outcome(NamedTuple):
    """How many things were done, and how many failed."""

    done: int = 0
    failed: int = 0


def next_try(tries: int, at: datetime) -> datetime | None:
    """When to try again what failed so often: after 1, 2, 4 … minutes; None once it is given up."""
    return at + timedelta(minutes=2 ** (tries - 1)) if tries < TRIES else None


def reason(error: Exception) -> str:
    """Why something failed, as it is kept for the administrator."""
    return f"{type(error).__name__}: {error}"[:1000]


def tell(duty: str, subject: str, error: Exception, tries: int, given_up: bool) -> None:
    """Write a failure to the log, in one line. The text of the error may name a person, so its kind and place do."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    fields = {"duty": duty, "subject": subject, "error": type(error).__name__, "where": where}
    log.error("a duty failed", extra={"fields": fields | {"tries": tries, "given_up": given_up}})


def each(duty: str, subjects: Iterable[str], do: Callable[[str], bool], at: datetime) -> Outcome:
    """Do something for each subject, but for those that rest after a failure. `do` has a transaction of its own, and
    says whether there was something to do. A database that is gone ends this, as the failure can't be kept either."""
    done = failed = 0
    with transaction() as session:
        resting = duties.resting(session, duty, at)
    for subject in subjects:
        if subject in resting:
            continue
        try:
            done += do(subject)
        except Exception as error:  # whatever it is, it concerns this one alone
            db.session.rollback()
            failed += 1
            _failed(duty, subject, error, at)
        else:
            _succeeded(duty, subject)
    return Outcome(done, failed)


def _failed(duty: str, subject: str, error: Exception, at: datetime) -> None:
    with transaction() as session:
        known = duties.failure(session, duty, subject) or duties.Failure(duty=duty, subject=subject, tries=0)
        known.tries, known.error, known.failed_at = known.tries + 1, reason(error), at
        known.next_at = next_try(known.tries, at)
        session.add(known)
    tell(duty, subject, error, known.tries, known.next_at is None)


def _succeeded(duty: str, subject: str) -> None:
    if duties.failure(db.session(), duty, subject):
        with transaction() as session:
            duties.forget(session, duty, subject)


def run(name: str, do: Callable[[], Outcome]) -> tuple[Outcome, str]:
    """Run a duty: what it did, and why it stopped, "" if it did not. Nothing is raised."""
    try:
        return do(), ""
    except Exception as error:
        db.session.rollback()
        tell(name, "", error, 1, False)
        return Outcome(), reason(error)


def keep(name: str, at: datetime, outcome: Outcome, error: str) -> None:
    """Write down how a run of a duty went."""
    with transaction() as session:
        duties.ran(session, name, at, outcome.done, outcome.failed, error)


def worker_state(at: datetime) -> dict[str, Any]:
    """When the worker last ran, and whether that is too long ago."""
    last = duties.last_run(db.session())
    late = last is None or at - last > LATE
    return {"worker": "late" if late else "ok", "worker_ran_at": last.isoformat() if last else None}


class GivenUp(NamedTuple):
    """Something that is not tried any more, and why."""

    duty: str
    what: str
    subject: str
    failed_at: datetime | None
    error: str


def given_up(session: Session) -> list[GivenUp]:
    """What the worker has given up."""
    waiting = [GivenUp("jobs", job.kind, str(job.id), None, job.error) for job in jobs.given_up(session, TRIES)]
    others = duties.given_up(session)
    return waiting + [GivenUp(one.duty, one.subject, one.subject, one.failed_at, one.error) for one in others]


def try_again(actor: Actor, duty: str, subject: str, at: datetime) -> None:
    """Let the worker try once more what was given up; `duty` is "jobs" for what stands in the outbox."""
    with transaction() as session:
        if duty == "jobs":
            jobs.again(session, subject, at)
        else:
            duties.forget(session, duty, subject)
        note(session, at, actor.person.id, "tried-again", duty=duty, subject=subject)
