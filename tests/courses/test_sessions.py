"""Drafts while they are written: what changed is compiled, and what is wrong is shown at its place."""

from __future__ import annotations

import shutil
from pathlib import Path

from courses.artefact import Store
from courses.build import Session
from courses.layout import course_ids, role
from courses.model import Lesson
from courses.problems import has_errors

from .books import NAMES, lay


def test_a_session_compiles_what_changed_and_shows_what_is_wrong(content: Path, compiled: list[str]) -> None:
    session = Session(content)
    assert session.refresh().all_problems() == []
    compiled.clear()
    assert session.refresh().all_problems() == []
    assert compiled == []
    path = content / "paths/lessons/first.md"
    before = path.read_text("utf-8")
    path.write_text(before.replace("In Serbia.", "In <b>Serbia</b>."), "utf-8")
    result = session.refresh()
    assert compiled == ["paths/lessons/first.md"]
    assert [problem.code for problem in result.all_problems()] == ["raw-html"]
    unit = session.units("paths")["paths/lessons/first.md"]
    assert unit.object == "", "a draft is never built"
    lesson = Lesson.model_validate_json(unit.body or b"")
    line = before[: before.index("In Serbia.")].count("\n") + 1
    (serbia,) = [block for block in lesson.blocks[2].blocks if block.country == "RS"]
    assert f'<p data-line="{line}">In &lt;b&gt;Serbia' in serbia.blocks[0].html
    path.write_text(before, "utf-8")
    assert session.refresh().all_problems() == []


def test_a_draft_of_any_broken_book_can_be_shown(tmp_path: Path) -> None:
    shown = 0
    for name in NAMES:
        session = Session(lay(name, tmp_path / name))
        session.refresh()
        for id in course_ids(tmp_path / name):
            for file, unit in session.units(id).items():
                where = role(file)
                unread = {"file-too-large", "conflict", "not-text"} & {problem.code for problem in unit.problems}
                if where and where.kind == "lesson" and not where.locale and not unread:
                    Lesson.model_validate_json(unit.body or b"")
                    shown += has_errors(unit.problems)
    assert shown > 20


def test_a_file_and_a_course_that_go_away_are_gone(content: Path) -> None:
    session = Session(content)
    session.refresh()
    (content / "paths/lessons/second.md").unlink()
    assert {problem.code for problem in session.refresh().all_problems()} >= {"unknown-lesson"}
    assert "paths/lessons/second.md" not in session.units("paths")
    shutil.rmtree(content / "paths")
    assert session.refresh().courses == []


def test_a_session_of_a_course_that_goes_away_does_not_turn_to_the_others(content: Path) -> None:
    shutil.copytree(content / "paths", content / "roads")
    session = Session(content, ["paths"])
    assert [course.id for course in session.refresh().courses] == ["paths"]
    shutil.rmtree(content / "paths")
    assert session.refresh().courses == []


def test_the_compiler_reads_nothing_behind_a_link(content: Path, store: Store, tmp_path: Path) -> None:
    """Neither a translation's source, nor a whole course."""
    (content / "paths").rename(tmp_path / "elsewhere")
    (content / "roads").symlink_to(tmp_path / "elsewhere")
    assert course_ids(content) == []
    (tmp_path / "elsewhere").rename(content / "paths")
    (content / "roads").unlink()
    (content / "paths/lessons/first.md").rename(tmp_path / "secret.md")
    (content / "paths/lessons/first.md").symlink_to(tmp_path / "secret.md")
    (content / "paths/sr/lessons").mkdir(parents=True)
    (content / "paths/sr/lessons/first.md").write_text(":::block ad1f58f3\nПут.\n")
    session = Session(content)
    codes = {problem.code for problem in session.refresh().all_problems()}
    assert codes >= {"path-leaves-course", "translation-file"}
    assert b"begins" not in b"".join(unit.body or b"" for unit in session.units("paths").values())
