"""What mistakes in the files that courses share, and releases made since, do to courses that nobody touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from courses.artefact import Store
from courses.build import BuildResult, build

from .books import built, edit

PATH = "paths:\n  - {id: begin, title: Begin, summary: Begin here., audience: border-police, courses: [%s]}\n"
NEEDS = "title: Needs\nintroduction: What was asked.\nasks: []\ntopics: [{id: nowhere, answers: {}}]\n"


def codes(result: BuildResult) -> list[str]:
    return [problem.code for problem in result.all_problems() if problem.severity == "error"]


def test_a_programme_that_names_a_missing_course_stays_as_it_was_and_courses_are_built(
    content: Path, store: Store
) -> None:
    first, _ = built(content, store)
    programme = content / "programme.yaml"
    programme.write_text(programme.read_text("utf-8").replace("A programme", "A new one") + PATH % "paths, tracks")
    edit(content / "paths/lessons/first.md", "In Serbia.", "In Serbia!")
    result = build(content, store)
    assert codes(result) == ["unknown-course"]
    assert result.courses[0].revision not in (None, first.revision)
    assert store.programme().title == "A programme"
    assert build(content, store).courses[0].revision == result.courses[0].revision, "with nothing changed too"
    edit(programme, "paths, tracks", "paths")
    assert built(content, store)[0].revision == result.courses[0].revision
    assert store.programme().title == "A new one"
    assert [path.id for path in store.programme().paths] == ["begin"]


@pytest.mark.parametrize(
    ("file", "text"), [("needs-assessment.yaml", NEEDS), ("sr/programme.yaml", "title: Програм\n"), ("sr/x", "")]
)
def test_files_that_no_course_is_made_of_hold_none(file: str, text: str, content: Path, store: Store) -> None:
    (content / file).parent.mkdir(exist_ok=True)
    (content / file).write_text(text, "utf-8")
    result = build(content, store)
    assert bool(codes(result)) is (file != "sr/x")
    assert result.courses[0].revision
    assert store.has("programme.json") is (file != "needs-assessment.yaml"), "a translator holds up nothing"


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("programme.yaml", "id: RS", "id: [RS]"),
        ("sources.yaml", "kind: ", "kin: "),
        ("programme.yaml", "topics", "topic"),
    ],
)
def test_files_that_courses_are_made_of_hold_all(file: str, old: str, new: str, content: Path, store: Store) -> None:
    built(content, store)
    path = content / file
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    result = build(content, store)
    assert codes(result)
    assert [course.revision for course in result.courses] == [None]
    assert store.programme().title == "A programme"


def test_an_unchanged_course_is_held_against_a_release_made_since(content: Path, store: Store, tmp_path: Path) -> None:
    bank = content / "paths/questions/bank.yaml"
    text = bank.read_text("utf-8")
    edit(bank, "  type: true-false\n", "  type: short-text\n")
    edit(
        bank, "  answer: false\n  why: {true: Look again., false: It bends.}\n", "  accept: ['no']\n  why: It bends.\n"
    )
    other, _ = built(content, store)
    bank.write_text(text, "utf-8")
    assert built(content, store)[0].revision not in (None, other.revision)
    store.publish("paths", str(other.revision), "", "2026-11-21T00:00:00+00:00")
    result = build(content, store)
    assert codes(result) == ["type-changed"]
    assert result.courses[0].revision is None
