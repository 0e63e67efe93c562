"""What the server loads in each of its worker processes."""

from __future__ import annotations

import multiprocessing
import os
import signal
from threading import Event, Thread
from wsgiref.types import WSGIApplication

from lms import create_app
from lms.cli.buffering import Buffered

THREADS = min(8, 2 * (os.cpu_count() or 1) + 1)
"""Requests that a worker process answers at a time: the pool of database connections is made for 8, and more threads
than twice the cores and one only get in each other's way."""
ENDS_WITHIN = 10.0
"""Seconds that a worker has to answer the requests it holds."""


def application() -> Buffered:
    """The application, from the environment."""
    return behind_buffers(create_app())


def behind_buffers(app: WSGIApplication) -> Buffered:
    """The application as the server runs it; benchmarks put another one there."""
    Thread(target=_end_with_parent, daemon=True).start()
    return Buffered(app, THREADS)


def _end_with_parent() -> None:
    """Stop when the server's main process is gone, killed perhaps: nobody looks after this worker any more, and it
    holds the port. A worker that was still starting may wait for its parent for ever, and is not asked twice."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
        Event().wait(ENDS_WITHIN)
        os.kill(os.getpid(), signal.SIGKILL)
