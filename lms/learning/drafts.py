"""Texts of courses as they stand: compiled by the worker, read by the trainers' pages.

To compile a course takes as long as hundreds of pages, so no request does it. The worker looks at the texts of the
courses that have a trainer, compiles those that changed into a store of its own beside the released ones, and leaves
there what the compiler said. All of that can be deleted at any time: the next round writes it again.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from courses.artefact import Store
from courses.build import Session, build
from courses.problems import Problem

SECONDS = 2.0
"""How long one round compiles, so that other duties have their turn; the rest is done in the next."""
_MOST = 200
"""Revisions of texts that are kept: after that, all but what is compiled next are deleted."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The text of a course as the worker compiled it last: when that was, what the compiler said, and the revision in
    `store` (None: the text has errors)."""

    read_at: datetime
    problems: tuple[Problem, ...]
    revision: str | None


def store(artefacts: Path) -> Store:
    """The store that texts are compiled into."""
    return Store(artefacts / "cache" / "drafts")


def find(content: Path, artefacts: Path, course_id: str) -> Draft | None:
    """The draft of the course; None as long as the worker has not read its text."""
    try:
        kept = json.loads(_file(artefacts, course_id).read_bytes())
    except (OSError, ValueError):
        return None
    if kept["content"] != str(content.resolve()):
        return None
    problems = tuple(Problem(**problem) for problem in kept["problems"])
    return Draft(datetime.fromisoformat(kept["read_at"]), problems, kept["revision"])


class Reader:
    """What the worker holds of the texts from one round to the next."""

    def __init__(self, content: Path, artefacts: Path) -> None:
        self._content, self._artefacts = content, artefacts
        self._sessions: dict[str, Session] = {}
        self._known: dict[str, list[str]] = {}

    def look(self, course_ids: Sequence[str], at: datetime) -> int:
        """Compile those of the courses whose texts changed: how many there were."""
        until, done = time.monotonic() + SECONDS, 0
        for id in sorted(course_ids, key=lambda id: id in self._known):
            if (self._content / id).is_dir() and time.monotonic() < until:
                done += self._read(id, at)
        return done

    def _read(self, id: str, at: datetime) -> bool:
        session = self._sessions.setdefault(id, Session(self._content, [id], draft=False))
        result = session.refresh()
        units = [*session.units(id).values(), *session.units().values()]
        state = [f"{unit.file} {unit.hash}" for unit in units]
        state += [str(problem) for problem in result.all_problems()]
        if self._known.get(id) == state and _file(self._artefacts, id).exists():
            return False
        self._make_room()
        (built,) = build(self._content, store(self._artefacts), [id], jobs=1).courses
        kept = {
            "content": str(self._content.resolve()),
            "read_at": at.isoformat(),
            "problems": [problem.as_json() for problem in result.all_problems()],
            "revision": built.revision,
        }
        path = _file(self._artefacts, id)
        aside = path.with_suffix(".new")
        aside.write_text(json.dumps(kept, ensure_ascii=False), "utf-8")
        aside.replace(path)
        self._known[id] = state
        return True

    def _make_room(self) -> None:
        root = store(self._artefacts).root
        if len(list(root.glob("revisions/*/*"))) > _MOST:
            shutil.rmtree(root)
            self._known.clear()
        root.mkdir(parents=True, exist_ok=True)


def _file(artefacts: Path, course_id: str) -> Path:
    return artefacts / "cache" / "drafts" / f"{course_id}.json"
