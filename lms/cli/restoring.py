"""Putting a backup in the place of what is there: whole, or not at all.

Everything is read, verified and laid beside its place first (`.restore` in the instance folder and in that of the
courses). Then the database is loaded, in one transaction; that is the moment that decides. After it files are only
renamed. A process that is killed before that moment has changed nothing, one that is killed after it is finished by
the next command; `database.generation` tells the two apart.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from sqlalchemy.engine import make_url

from courses.artefact import Store
from lms.cli import archive, databases
from lms.config import Settings

_STAGE = ".restore"
_STATE = "state.json"


def bring_back(file: Path, settings: Settings) -> dict[str, Any]:
    """Replace database and courses by what the backup holds; what its list says of it."""
    url, stage, courses = make_url(settings.database_url), settings.instance / _STAGE, settings.artefacts / _STAGE
    with _alone(settings) as lock:
        if lock is None:
            raise click.ClickException("Another restore is running.")
        _finish(settings)
        try:
            stage.mkdir(mode=0o700)
            about = archive.read(file, stage)
            name = _judge(stage, about)
            if (name == databases.SQLITE) != databases.is_sqlite(url):
                raise click.ClickException(
                    "The backup comes from the other kind of database. Set DATABASE_URL to a database of that kind."
                )
            _lay_beside(stage / "artefacts", courses)
            before, lists = databases.generation(url), sorted(path.name for path in courses.glob("*.json"))
            _write_safely(stage / _STATE, json.dumps({"generation": before, "lists": lists}))
            databases.load(url, stage, name, before, lock)
        except BaseException:
            if not _is_loaded(settings):
                _forget(settings)
            raise
        _finish(settings)
    return about


def recover(settings: Settings) -> str:
    """Finish or undo a restore that was killed; a sentence about it, or "" where there was none."""
    if not (settings.instance / _STAGE).exists() and not (settings.artefacts / _STAGE).exists():
        return ""
    with _alone(settings) as lock:
        return "" if lock is None else _finish(settings)


def _finish(settings: Settings) -> str:
    stage, courses = settings.instance / _STAGE, settings.artefacts / _STAGE
    if not courses.exists() and not (stage.is_dir() and any(stage.iterdir())):
        _forget(settings)  # it had been cleared away but for the empty folder
        return ""
    loaded = _is_loaded(settings)
    if loaded and courses.is_dir():
        _put_in_place(courses, settings.artefacts, set(_state(settings)["lists"]))
    _forget(settings)
    return (
        "A restore had been interrupted. It is finished now."
        if loaded
        else "A restore had been interrupted before it changed anything. Nothing of it is left."
    )


def _state(settings: Settings) -> dict[str, Any]:
    """How far it has come; {} while nothing can have been changed."""
    path = settings.instance / _STAGE / _STATE
    return dict(json.loads(path.read_text())) if path.is_file() else {}


def _is_loaded(settings: Settings) -> bool:
    """Whether the database is the one of the restore that was begun."""
    state = _state(settings)
    return bool(state) and databases.generation(make_url(settings.database_url)) != state["generation"]


def _forget(settings: Settings) -> None:
    """Remove what was laid beside: last what tells how far it had come."""
    shutil.rmtree(settings.artefacts / _STAGE, ignore_errors=True)
    stage = settings.instance / _STAGE
    for path in sorted(stage.glob("*"), key=lambda path: path.name == _STATE):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.rmtree(stage, ignore_errors=True)


def damage(database: Path, store: Store) -> list[str]:
    """What is wrong with a copy of a database and with the released courses, a sentence each."""
    return [line.replace(str(store.root), "artefacts") for line in (*databases.damage(database), *store.damage())]


@contextmanager
def _alone(settings: Settings) -> Iterator[int | None]:
    """A lock that keeps other restores out for as long as this process, or one that was handed it, lives; None if
    another one has it."""
    handle = os.open(settings.instance, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        yield None
        return
    try:
        yield handle
    finally:
        os.close(handle)


def _judge(stage: Path, about: dict[str, Any]) -> str:
    """Refuse what does not fit together, though each file is as it was written; the name of the database's copy."""
    if about["database"] not in databases.NAMES:
        raise archive.Damaged("The backup holds no database that this version of Staza knows.")
    name = databases.readable(stage, about["database"])
    known = set(about.get("damage", ()))
    found = damage(stage / name, Store(stage / "artefacts"))
    if new := [line for line in found if line not in known]:
        raise archive.Damaged(" ".join(new[:3]) + " Nothing was changed.")
    return name


def _lay_beside(found: Path, courses: Path) -> None:
    """Move the courses onto the disk where their place is."""
    shutil.rmtree(courses, ignore_errors=True)
    courses.parent.mkdir(parents=True, exist_ok=True)
    if found.is_dir():
        shutil.move(found, courses)
    else:
        courses.mkdir()
    for folder, _, names in os.walk(courses):
        for name in [*names, "."]:
            handle = os.open(Path(folder) / name, os.O_RDONLY)
            os.fsync(handle)
            os.close(handle)


def _put_in_place(courses: Path, target: Path, lists: set[str]) -> None:
    """Objects first and the list of releases last, so that no reader finds a release without its course. Doing it again
    goes on where it was left. `lists`: the names of the files at the root, of which no others stay."""
    files = [path for path in courses.rglob("*") if path.is_file()]
    for path in sorted(files, key=lambda path: (path.parent == courses, path.name == "releases.json", path)):
        place = target / path.relative_to(courses)
        place.parent.mkdir(parents=True, exist_ok=True)
        path.replace(place)
    for path in target.glob("*.json"):
        if path.name not in lists:
            path.unlink()
    os.sync()


def _write_safely(path: Path, text: str) -> None:
    aside = path.with_name(f"{path.name}.new")
    with aside.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    handle = os.open(path.parent, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)
