"""What the server loads in each of its worker processes."""

from __future__ import annotations

import multiprocessing
import os
import signal
from threading import Event, Thread

from flask import Flask

from lms import create_app

ENDS_WITHIN = 10.0
"""Seconds that a worker has to answer the requests it holds."""


def application() -> Flask:
    """The application, from the environment."""
    Thread(target=_end_with_parent, daemon=True).start()
    return create_app()


def _end_with_parent() -> None:
    """Stop when the server's main process is gone, killed perhaps: nobody looks after this worker any more, and it
    holds the port. A worker that was still starting may wait for its parent for ever, and is not asked twice."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
        Event().wait(ENDS_WITHIN)
        os.kill(os.getpid(), signal.SIGKILL)
