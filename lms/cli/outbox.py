"""`staza jobs`: doing what waits in the outbox, and what time brings about."""

from __future__ import annotations

import os
import signal
import time
from threading import Event

import click
from flask import Flask
from sqlalchemy.exc import OperationalError

from lms import clock
from lms.cli.failures import sentence
from lms.cli.opening import opened, settings_of
from lms.db import db, gather_statistics
from lms.learning import remind
from lms.learning.jobs import drain
from lms.learning.operate import operator
from lms.library import library

PAUSE = 5.0
"""Seconds between two looks into the outbox."""
AN_HOUR = 3600.0
"""Seconds between two gatherings of the database's statistics, and between two looks for whom to remind."""


@click.command()
@click.option("--watch", is_flag=True, help="Go on until stopped, looking every few seconds.")
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
        if not watch:
            remind.refreshers(operator(), library(), clock.now())
            _look(app, aloud=True)
            return
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        hour_over = 0.0
        while not stop.is_set() and (parent is None or os.getppid() == parent):
            try:
                if time.monotonic() >= hour_over:
                    gather_statistics()
                    remind.refreshers(operator(), library(), clock.now())
                    hour_over = time.monotonic() + AN_HOUR
                _look(app)
            except OperationalError as error:  # a database that is being restarted comes back
                click.echo(sentence(error), err=True)
            finally:
                db.session.remove()
            stop.wait(PAUSE)


def _look(app: Flask, aloud: bool = False) -> None:
    done, failed = drain(settings_of(app), library(), clock.now())
    if aloud or done or failed:
        click.echo(f"{done} jobs done, {failed} failed.")
