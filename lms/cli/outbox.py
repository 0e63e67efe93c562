"""`staza jobs`: doing what waits in the outbox, and what time brings about."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from threading import Event
from typing import NamedTuple

import click
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from lms import clock
from lms.cli.failures import sentence
from lms.cli.opening import opened, settings_of
from lms.db import db, gather_statistics
from lms.learning import drafts, duties, remind, rules
from lms.learning import jobs as work
from lms.learning.duties import Outcome
from lms.learning.operate import operator
from lms.library import library
from lms.records.people import taught_courses

PAUSE = 5.0
"""Seconds between two rounds."""
A_MINUTE = 60.0
"""Seconds between two looks for rules that changed."""
HALF_A_MINUTE = 30.0
"""Seconds between two looks at the texts of courses."""
AN_HOUR = 3600.0
KEPT = 60.0
"""Seconds after which it is written down that a duty ran, even where it found nothing to do."""


class Duty(NamedTuple):
    """Something to be done by time: at most so many seconds apart."""

    name: str
    every: float
    do: Callable[[Flask], Outcome]


def _attempts(_app: Flask) -> Outcome:
    return work.close_overdue(library(), clock.now())


def _jobs(app: Flask) -> Outcome:
    return work.send(settings_of(app), clock.now())


def _reminders(_app: Flask) -> Outcome:
    return Outcome(remind.refreshers(operator(), library(), clock.now()))


def _rules(_app: Flask) -> Outcome:
    return rules.apply(operator(), library(), clock.now())


@cache
def _reader(content: Path, artefacts: Path) -> drafts.Reader:
    return drafts.Reader(content, artefacts)


def _texts(app: Flask) -> Outcome:
    """Compile the texts that trainers changed, for their pages."""
    settings = settings_of(app)
    taught = taught_courses(db.session())
    db.session.rollback()  # nothing is held while it compiles
    _reader(settings.content, settings.artefacts).look(taught, clock.now())
    return Outcome()  # which is no job


def _statistics(_app: Flask) -> Outcome:
    gather_statistics()
    return Outcome()


DUTIES = (
    Duty("statistics", AN_HOUR, _statistics),
    Duty("rules", A_MINUTE, _rules),
    Duty("reminders", AN_HOUR, _reminders),
    Duty("attempts", PAUSE, _attempts),
    Duty("jobs", PAUSE, _jobs),
    Duty("texts", HALF_A_MINUTE, _texts),
)


class Round:
    """Which duties are due, and what was last written down of each."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._due: dict[str, float] = {}
        self._kept: dict[str, tuple[float, str]] = {}

    def go(self) -> Outcome:
        """Run every duty that is due, each on its own: what was done in all."""
        done = failed = 0
        for duty in DUTIES:
            if time.monotonic() < self._due.get(duty.name, 0.0):
                continue
            outcome, error = duties.run(duty.name, lambda duty=duty: duty.do(self.app))  # type: ignore[misc]
            # a duty that stopped is not left alone for an hour
            self._due[duty.name] = time.monotonic() + (min(duty.every, KEPT) if error else duty.every)
            self._keep(duty.name, outcome, error)
            done, failed = done + outcome.done, failed + outcome.failed + bool(error)
        return Outcome(done, failed)

    def _keep(self, name: str, outcome: Outcome, error: str) -> None:
        """Write down how a run went, unless it went as it did a moment ago."""
        kept_at, kept = self._kept.get(name, (float("-inf"), ""))
        if not any(outcome) and error == kept and time.monotonic() < kept_at + KEPT:
            return
        try:
            duties.keep(name, clock.now(), outcome, error)
        except SQLAlchemyError as failure:  # a database that is being restarted comes back
            db.session.rollback()
            click.echo(sentence(failure), err=True)
        else:
            self._kept[name] = (time.monotonic(), error)


@click.command()
@click.option("--watch", is_flag=True, help="Keep running, and look every few seconds.")
@click.option("--parent", type=int, hidden=True, help="Stop when the process with this id, which started us, is gone.")
def jobs(watch: bool, parent: int | None) -> None:
    """Send the mails and do the other work that waits in the outbox; remind of what is to be looked at again.

    `staza serve` runs this by itself. Several may run at once, on several machines.

    \b
    For example, once, from a timer of the system:
        staza jobs
    """
    stop = Event()
    with opened() as app:
        round = Round(app)
        if not watch:
            done, failed = round.go()
            click.echo(f"{done} jobs done, {failed} failed.")
            return
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        while not stop.is_set() and (parent is None or os.getppid() == parent):
            done, failed = round.go()
            db.session.remove()
            if done or failed:
                click.echo(f"{done} jobs done, {failed} failed.")
            stop.wait(PAUSE)
