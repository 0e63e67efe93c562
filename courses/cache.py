"""What the last run found, so that this one need not find it again.

A file is the same if its size and time of change are; otherwise if its hash is. What was compiled from the same bytes,
by the same compiler, with the same things on the shelf, is taken over. The cache may be deleted at any time.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Container
from dataclasses import dataclass, field
from importlib.machinery import PathFinder
from os import DirEntry, scandir
from pathlib import Path
from typing import Any
from zlib import adler32, crc32

from courses.artefact import digest
from courses.facts import Unit
from courses.layout import DIAGRAMS, FOLDERS, LOCALES, MEDIA, ODD

_RACY = 50_000_000
"""Nanoseconds: a file changed this shortly before it was looked at may change again within the clock's grain, so its
time is not trusted."""
_SYSTEMS = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini"})
"""Files that a system lays into folders by itself, as it does those whose names begin with a dot: nobody's text."""
_PARSERS = ("markdown_it", "mdit_py_plugins", "yaml", "pydantic")


@dataclass(slots=True)
class Files:
    """The files of a folder: of each, by its path from the content folder, size, time of change and hash ("" where it
    has to be asked for with `hash`). A folder that nothing reads stands among them, with a slash at its end."""

    root: Path
    seen: dict[str, list[Any]] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    """Symbolic links, which are not followed: they may lead to any file of the machine that builds."""
    odd: list[str] = field(default_factory=list)
    """What has a name that cannot be shown, as it can be."""

    @classmethod
    def shared(cls, root: Path, known: dict[str, list[Any]]) -> Files:
        """The files at the top of the content folder and in its folders of locales. Hashes are taken over from
        `known` where size and time are the same."""
        files = cls(root)
        for locale in files._add("", known, None):
            if locale in LOCALES:
                files._add(locale, known)
        return files

    @classmethod
    def of_course(cls, root: Path, id: str, known: dict[str, list[Any]]) -> Files:
        """The files of a course, in the order of its folders and of their names."""
        files = cls(root)
        inner = files._add(id, known, (*FOLDERS, MEDIA, DIAGRAMS, *LOCALES))
        for folder in (*FOLDERS, MEDIA, DIAGRAMS):
            if folder in inner:
                files._add(f"{id}/{folder}", known)
        for locale in LOCALES:
            if locale in inner:
                below = files._add(f"{id}/{locale}", known, FOLDERS)
                for folder in FOLDERS:
                    if folder in below:
                        files._add(f"{id}/{locale}/{folder}", known)
        return files

    def _add(self, folder: str, known: dict[str, list[Any]], read: Container[str] | None = ()) -> set[str]:
        """Add the files of a folder; the names of those folders in it that are `read` (None: all)."""
        folders: set[str] = set()
        for entry in _entries(self.root / folder):
            path = f"{folder}/{entry.name}" if folder else entry.name
            if ODD.search(entry.name):
                self.odd.append(ODD.sub(lambda found: f"\\u{ord(found[0]):04x}", path))
            elif entry.is_symlink():
                self.links.append(path)
            elif entry.is_dir():
                if read is None or entry.name in read:
                    folders.add(entry.name)
                else:
                    self.seen[f"{path}/"] = [0, 0, "folder"]
            elif entry.is_file():
                stat = entry.stat()
                size, changed, hash = known.get(path, (None, None, ""))
                same = size == stat.st_size and changed == stat.st_mtime_ns
                self.seen[path] = [stat.st_size, stat.st_mtime_ns, hash if same else ""]
        return folders

    def hash(self, path: str) -> str:
        """The hash of the file, which is read if it has to be."""
        return str(self.seen[path][2]) or self.hashed(path, digest((self.root / path).read_bytes()))

    def hashed(self, path: str, hash: str) -> str:
        """Note the hash of the bytes that somebody read."""
        entry = self.seen[path]
        if entry[2] != hash:
            entry[2] = hash
            if time.time_ns() - entry[1] < _RACY:
                entry[1] = 0
        return hash


def _entries(folder: Path) -> list[DirEntry[str]]:
    try:
        with scandir(folder) as entries:
            own = (entry for entry in entries if entry.name[0] != "." and entry.name.lower() not in _SYSTEMS)
            return sorted(own, key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return []


class Memory:
    """What is remembered of each course, by its id, and of the shared files, under "".

    `state` says of each what is needed to see that nothing changed (the files, what else it depends on, the result);
    the units are loaded when something did. Without a folder all of it is kept in this object alone.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._version = compiler() if folder else ""
        self._units: dict[str, dict[str, Unit]] = {}
        self.state: dict[str, dict[str, Any]] = self._load("state.json")

    def units(self, name: str) -> dict[str, Unit]:
        """The units of the course, by the paths of their files."""
        if name not in self._units:
            kept = self._load(_file_of(name))
            self._units[name] = {path: Unit.from_json(unit) for path, unit in kept.items()}
        return self._units[name]

    def keep(self, name: str, units: dict[str, Unit]) -> None:
        """Remember these units of the course instead of those before."""
        self._units[name] = units
        if self._folder:
            self._save(_file_of(name), {path: unit.as_json() for path, unit in units.items()})

    def keep_state(self, state: dict[str, dict[str, Any]]) -> None:
        """Remember this of the courses named in it."""
        if any(self.state.get(name) != kept for name, kept in state.items()):
            self.state |= state
            self._save("state.json", self.state)

    def _load(self, file: str) -> dict[str, Any]:
        """What `_save` kept for this version of the compiler; {} if there is nothing or it is damaged."""
        if self._folder is None:
            return {}
        try:
            version, kept = json.loads((self._folder / file).read_bytes())
            return dict(kept) if version == self._version else {}
        except (OSError, ValueError, TypeError):
            return {}

    def _save(self, file: str, kept: dict[str, Any]) -> None:
        """A cache that cannot be written is only a slower next build."""
        if self._folder is None:
            return
        path = self._folder / file
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            aside = path.with_suffix(".new")
            aside.write_text(json.dumps([self._version, kept], ensure_ascii=False), "utf-8")
            aside.replace(path)
        except OSError:
            return


def _file_of(name: str) -> str:
    return f"courses/{name}.json" if name else "shared.json"


def compiler() -> str:
    """What tells one state of the compiler from another: its files and those that hold its parsers' versions, each
    with size and time of change, and Python's version. To read them all would take longer than a build of nothing."""
    found = [sys.version]
    parsers = (PathFinder.find_spec(name) for name in _PARSERS)
    homes = [Path(spec.origin).parent for spec in parsers if spec and spec.origin]
    files = [home / name for home in homes for name in ("__init__.py", "version.py") if (home / name).is_file()]
    for path in (*sorted(Path(__file__).parent.rglob("*.py")), *files):
        stat = path.stat()
        found.append(f"{path.name} {stat.st_size} {stat.st_mtime_ns}")
    return fingerprint(found)


def fingerprint(parts: list[str]) -> str:
    """What tells one list of texts from another, for the cache alone: two checksums and the length, of 64 bits and
    more together, without loading what makes real hashes."""
    joined = "\n".join(parts).encode()
    return f"{crc32(joined):08x}{adler32(joined):08x}-{len(joined)}"
