"""Small broken courses as data: each folder of tests/books overlays `_base`, which is right, with what is wrong in it.

`expected.json` holds the problems that `check` must find, all of them and no other; `deleted` names files of the base
that the book lacks, `grown` the number of bytes that a file is filled up to; `released` says that the
base was released.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from courses.artefact import Store
from courses.build import CourseResult, build
from courses.model import Course

BOOKS = Path(__file__).parent.parent / "books"
BASE = BOOKS / "_base"
NAMES = sorted(path.name for path in BOOKS.iterdir() if path != BASE)
SCENARIO = """
- id: stop
  type: scenario
  objective: know
  stem: A van stops.
  start: road
  states:
    - id: road
      text: The driver runs.
      choices:
        - {id: follow, text: Follow him, to: alone, then: Nobody looks after the passengers., why: They come first.}
        - {id: stay, text: Stay with the passengers, to: safe, then: They are safe., why: They come first.}
    - {id: alone, text: A child is ill., ending: {score: 0%, text: You came too late.}}
    - {id: safe, text: All are well., ending: {score: 100%, text: Well done.}}
"""
"""A question that can be added to the bank of the base."""


def expected(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((BOOKS / name / "expected.json").read_text("utf-8"))
    return found


def lay(name: str, content: Path) -> Path:
    """Lay the book down in the folder `content`, which must not exist."""
    shutil.copytree(BASE, content)
    if name != BASE.name:
        said = expected(name)
        ignored = shutil.ignore_patterns("expected.json")
        shutil.copytree(BOOKS / name, content, symlinks=True, dirs_exist_ok=True, ignore=ignored)
        for file in said.get("deleted", ()):
            (content / file).unlink()
            for folder in (content / file).parents:  # git keeps no empty ones either
                if folder == content or any(folder.iterdir()):
                    break
                folder.rmdir()
        for file, size in said.get("grown", {}).items():
            data = (content / file).read_bytes()
            (content / file).write_bytes(data + b"\n" * (size - len(data)))
    return content


def spoilt(name: str) -> list[str]:
    """The files in which the book differs from the base; one that was released before differs in what is no file."""
    said = expected(name)
    own = [path.relative_to(BOOKS / name).as_posix() for path in (BOOKS / name).rglob("*") if not path.is_dir()]
    own = [path for path in own if path != "expected.json"]
    return [*own, *said.get("deleted", ()), *said.get("grown", {}), *["releases.json"] * bool(said.get("released"))]


def release(name: str, folder: Path) -> Store | None:
    """The store in which the base was released before it became this book, if it was."""
    if not expected(name).get("released"):
        return None
    store = Store(folder / "artefacts")
    (course,) = build(lay(BASE.name, folder / "before"), store).courses
    store.publish(course.id, str(course.revision), "", "2026-11-21T00:00:00+00:00")
    return store


def built(content: Path, store: Store) -> tuple[CourseResult, Course]:
    """The one course of the folder, built without a complaint."""
    result = build(content, store)
    assert result.all_problems() == []
    (course,) = result.courses
    assert course.revision
    return course, store.course(course.id, course.revision)


def edit(path: Path, old: str, new: str) -> None:
    """Replace in the file what must stand there once."""
    text = path.read_text("utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
    path.write_text(text.replace(old, new), "utf-8")
