"""Nothing is done twice: what a build remembers, and what that never costs but time."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from courses.artefact import Store
from courses.build import build, check
from courses.facts import Fact, Unit

from .books import built, edit


def test_only_what_changed_is_compiled_again(content: Path, store: Store, compiled: list[str]) -> None:
    first, _ = built(content, store)
    compiled.clear()
    assert built(content, store)[0].revision == first.revision
    assert compiled == []
    edit(content / "paths/lessons/first.md", "In Serbia.", "In Serbia!")
    built(content, store)
    assert compiled == ["paths/lessons/first.md"]
    compiled.clear()
    edit(content / "sources.yaml", "short: Refugee Convention", "short: Geneva Convention")
    _, course = built(content, store)
    assert compiled == ["sources.yaml", "paths/lessons/first.md"], "the one that cites it"
    assert "Geneva Convention" in store.lesson(course, "first").blocks[0].html
    compiled.clear()
    edit(content / "paths/media/route.svg", "120 40", "240 80")
    _, course = built(content, store)
    assert compiled == ["paths/media/route.svg", "paths/lessons/first.md"], "the one that shows it"
    assert 'width="240"' in store.lesson(course, "first").blocks[-1].html


def test_what_is_remembered_is_what_would_be_found(content: Path, store: Store, tmp_path: Path) -> None:
    built(content, store)
    edit(content / "paths/lessons/second.md", "## Where it ends", "## Where it stops")
    (content / "paths/lessons/extra.md").write_text("---\ntitle: x\n---\n", "utf-8")
    warm, cold = build(content, store), build(content, Store(tmp_path / "other"))
    assert warm.all_problems() == cold.all_problems() == build(content, store).all_problems()
    assert [problem.code for problem in cold.all_problems()] == ["missing-key", "unknown-anchor"]


def test_a_missing_or_damaged_cache_costs_only_time(content: Path, store: Store) -> None:
    first, _ = built(content, store)
    (store.root / "cache/courses/paths.json").write_text("{", "utf-8")
    assert built(content, store)[0].revision == first.revision
    shutil.rmtree(store.root / "cache")
    assert built(content, store)[0].revision == first.revision


def test_a_lost_object_is_made_again(content: Path, store: Store) -> None:
    _, course = built(content, store)
    shutil.rmtree(store.root / "objects")
    shutil.rmtree(store.root / "revisions")
    built(content, store)
    assert store.lesson(course, "first").id == "first"


def test_a_unit_survives_the_cache() -> None:
    unit = Unit("a/b.md", {"x": [1]}, "abc", [], [Fact("lesson", "b", 1, 1)], [Fact("source", "s", 2, 3)], {"k": None})
    assert Unit.from_json(json.loads(json.dumps(unit.as_json()))) == unit


def test_what_a_system_lays_into_folders_by_itself_is_passed_over(content: Path, store: Store) -> None:
    before = build(content, store)
    for folder, name in (("media", "Thumbs.db"), ("media", ".DS_Store"), ("lessons", "desktop.ini"), ("", "Thumbs.db")):
        (content / "paths" / folder / name).write_bytes(b"\0\xff")
    after = build(content, store)
    assert not [problem for problem in after.all_problems() if problem.severity == "error" or "db" in problem.file]
    assert [course.revision for course in after.courses] == [course.revision for course in before.courses]
    assert not [problem for problem in check(content) if problem.file.endswith((".db", ".ini", "_Store"))]
