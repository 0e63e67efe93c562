"""What makes an open page follow the files: a thread that watches the folder, and a stream of events to each page.

Editors save in several steps (empty the file, write it; or write another and rename it). Changes that come within
`STEP` of each other are taken together, so that no half-saved file is compiled; it is also most of what stands between
a save and the compiler.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from threading import Thread
from time import sleep

from watchfiles import watch

from lms.preview.desk import Desk

STEP = 15
"""Milliseconds without a further change after which what changed is compiled."""
AT_MOST = 150
"""Milliseconds after which it is compiled although more is changing, such as when git changes branches."""
ROUND = 2_000
"""Milliseconds after which the folder is looked at although nothing was heard: notices get lost on some file systems,
and none came before the watch began."""
PULSE = 10.0
"""Seconds between two signs of life, by which the server learns that a page was closed."""
RECONNECT = 400
"""Milliseconds after which a page whose stream broke tries again."""
BOOT = secrets.token_hex(4)
"""Tells the versions of this run from those of the one before it."""


def follow(desk: Desk) -> None:
    """Begin to watch the desk's folder, in a thread that ends with the process."""
    Thread(target=_follow, args=(desk,), name="watch", daemon=True).start()


def _follow(desk: Desk) -> None:
    while True:
        try:
            _watch(desk)
        except OSError:  # the folder itself is away, as while git changes branches
            sleep(0.2)


def _watch(desk: Desk) -> None:
    """Refresh the desk at each change, as long as the folder is the one that the watch began with."""
    folder = desk.content.stat().st_ino
    changes = watch(
        desk.content, step=STEP, debounce=AT_MOST, rust_timeout=ROUND, yield_on_timeout=True, raise_interrupt=False
    )
    for _change in changes:
        _refresh(desk)
        if desk.content.stat().st_ino != folder:
            return


def _refresh(desk: Desk) -> None:
    try:
        desk.refresh()
    except OSError:  # a file went away between being listed and being read
        sleep(0.02)
        desk.refresh()


def events(desk: Desk) -> Iterator[str]:
    """Server-sent events (HTML Living Standard, 9.2): the version now, and each that comes after it."""
    yield f"retry: {RECONNECT}\n\n"
    seen = -1
    while True:
        fresh = desk.wait(seen, PULSE)
        if fresh.version == seen:
            yield ": still here\n\n"
        else:
            seen = fresh.version
            yield f"data: {BOOT}.{seen}\n\n"
