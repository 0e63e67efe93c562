"""What an instance holds is for the user that runs Staza alone: folders 0700, files 0600, and nothing of it for git."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

_OWN = ("secret.key", "staza.db*", "mail", "artefacts", ".restore")
"""What Staza lays into the folder: nobody else's files are touched there."""


def keep(instance: Path) -> None:
    """Make the folder, mend what others can read in it, and let what this process writes from now on be private.

    Raises OSError if the folder cannot be made.
    """
    os.umask(0o077)
    instance.mkdir(parents=True, exist_ok=True)
    if instance.stat().st_mode & stat.S_ISVTX:  # a folder that all users share, such as /tmp: others need it as it is
        return
    _close(instance, 0o700)
    for path in _inside(instance):
        _close(path, 0o700 if path.is_dir() else 0o600)
    ignored = instance / ".gitignore"
    if not ignored.exists() and os.access(instance, os.W_OK):
        ignored.write_text("# Data of an installation: it belongs into a backup, not into git.\n*\n")


def _inside(instance: Path) -> Iterator[Path]:
    for pattern in _OWN:
        for path in instance.glob(pattern):
            if path.is_symlink():  # whoever laid it decides what it leads to
                continue
            yield path
            if path.is_dir():
                yield from (below for below in path.rglob("*") if not below.is_symlink())


def _close(path: Path, mode: int) -> None:
    """Take the rights of others away, where we may."""
    try:
        found = path.stat()
        if stat.S_IMODE(found.st_mode) & 0o077 and found.st_uid == os.geteuid():
            path.chmod(mode)
    except FileNotFoundError:
        return  # it went away meanwhile, as files do that are written aside
