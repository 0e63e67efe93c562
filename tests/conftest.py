"""Where the tests put their files."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")
ROOM = 4 * 1024**3
"""Bytes that must be free in memory; a run of all tests takes less than one in eight of them."""


def pytest_configure(config: pytest.Config) -> None:
    """Put databases and all else that tests write into memory, where the machine has room for it: every test has a
    database of its own, some three hundred files on PostgreSQL, for which a busy disk takes a second. Whoever sets
    TMPDIR has them where they say."""
    if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM:
        os.environ["TMPDIR"] = str(MEMORY)  # for this process, its workers, and the servers they start
        tempfile.tempdir = None
