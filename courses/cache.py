"""What the last build found, so that this one need not find it again.

A file is the same if its size and time of change are; otherwise if its hash is. What was compiled from the same file,
by the same compiler, with the same things on the shelf, is taken over. The cache may be deleted at any time.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.util import find_spec
from os import DirEntry, scandir
from pathlib import Path
from typing import Any

_RACY = 50_000_000
"""Nanoseconds: a file changed this shortly before it was looked at may change again within the clock's grain, so its
time is not trusted."""


@dataclass(slots=True)
class Files:
    """The files of a folder: of each, by its path from the content folder, size, time of change and hash ("" until
    `hash` is asked)."""

    root: Path
    seen: dict[str, list[Any]] = field(default_factory=dict)
    data: dict[str, bytes] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    """Symbolic links, which are not followed: they may lead to any file of the machine that builds."""

    @classmethod
    def under(cls, root: Path, folders: list[str], known: dict[str, list[Any]]) -> Files:
        """The files in these folders (paths from the content folder), in the order of their names. Hashes are taken
        over from `known` where size and time are the same."""
        files = cls(root)
        for folder in folders:
            for entry in sorted(_entries(root / folder), key=lambda entry: entry.name):
                path = f"{folder}/{entry.name}" if folder else entry.name
                if entry.is_symlink():
                    files.links.append(path)
                    continue
                stat = entry.stat()
                size, changed, hash = known.get(path, (None, None, ""))
                same = (size, changed) == (stat.st_size, stat.st_mtime_ns)
                files.seen[path] = [stat.st_size, stat.st_mtime_ns, hash if same else ""]
        return files

    def read(self, path: str) -> bytes:
        """The bytes of the file; read once."""
        if path not in self.data:
            self.data[path] = (self.root / path).read_bytes()
        return self.data[path]

    def hash(self, path: str) -> str:
        """The hash of the file."""
        entry = self.seen[path]
        if not entry[2]:
            entry[2] = sha256(self.read(path)).hexdigest()
            if time.time_ns() - entry[1] < _RACY:
                entry[1] = 0
        return str(entry[2])


def _entries(folder: Path) -> Iterator[DirEntry[str]]:
    try:
        with scandir(folder) as entries:
            yield from (
                entry for entry in entries
                if not entry.name.startswith(".") and (entry.is_symlink() or entry.is_file())
            )  # fmt: skip
    except (FileNotFoundError, NotADirectoryError):
        return


def compiler() -> str:
    """The hash of all that decides what a text compiles to: the compiler, its parsers' versions, and Python's."""
    found = sha256(sys.version.encode())
    here = Path(__file__).parent
    for path in sorted(here.rglob("*.py")):
        found.update(path.read_bytes())
    for package in ("markdown_it", "yaml"):
        spec = find_spec(package)
        if spec and spec.origin:
            found.update(Path(spec.origin).read_bytes())  # its __init__.py holds the version
    return found.hexdigest()


def load(path: Path, version: str) -> dict[str, Any]:
    """What `save` kept at the path for this version of the compiler; {} if there is nothing or it is damaged."""
    try:
        kept = json.loads(path.read_bytes())
        return dict(kept) if kept["version"] == version else {}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def save(path: Path, version: str, kept: dict[str, Any]) -> None:
    """Keep this. A cache that cannot be written is only a slower next build."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(".new")
        aside.write_text(json.dumps({"version": version} | kept, ensure_ascii=False), "utf-8")
        aside.replace(path)
    except OSError:
        return
