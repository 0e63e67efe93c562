"""`staza jobs`: doing what waits in the outbox."""

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
from lms.learning.jobs import drain
from lms.library import library

PAUSE = 5.0
"""Seconds between two looks into the outbox."""
GATHERS_EVERY = 3600.0
"""Seconds between two gatherings of the database's statistics."""


@click.command()
@click.option("--watch", is_flag=True, help="Go on until stopped, looking every few seconds.")
@click.option("--parent", type=int, hidden=True, help="Stop when the process with this id, which started us, is gone.")
def jobs(watch: bool, parent: int | None) -> None:
    """Send the mails and do the other work that waits in the outbox.

    `staza serve` runs this by itself. Several may run at once, on several machines.

    \b
    For example, once, from a timer of the system:
        staza jobs
    """
    stop = Event()
    with opened() as app:
        if not watch:
            _look(app, aloud=True)
            return
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        gather_at = 0.0
        while not stop.is_set() and (parent is None or os.getppid() == parent):
            try:
                if time.monotonic() >= gather_at:
                    gather_statistics()
                    gather_at = time.monotonic() + GATHERS_EVERY
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
