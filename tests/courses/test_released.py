"""Ids held against those that were released: a renamed one loses what is stored under it."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from courses import released
from courses.artefact import Store
from courses.build import build, check

from .books import edit


@pytest.fixture
def store(content: Path, tmp_path: Path) -> Store:
    store = Store(tmp_path / "artefacts")
    publish(content, store)
    return store


def publish(content: Path, store: Store) -> None:
    (course,) = build(content, store).courses
    assert course.revision, course.problems
    store.publish("paths", course.revision, "", "2026-11-21T00:00:00+00:00")


def said(content: Path, store: Store) -> list[tuple[str, str, str]]:
    return [(each.file, each.code, each.hint) for each in check(content, released=store)]


def test_nothing_is_said_of_what_was_released(content: Path, store: Store) -> None:
    assert said(content, store) == []


def test_without_a_release_nothing_is_said(content: Path, tmp_path: Path) -> None:
    assert said(content, Store(tmp_path / "none")) == []
    assert not (tmp_path / "none").exists()


def test_a_type_that_changed_keeps_the_course_from_being_built(content: Path, store: Store) -> None:
    bank = content / "paths/questions/bank.yaml"
    edit(bank, "  type: true-false\n", "  type: short-text\n")
    edit(
        bank, "  answer: false\n  why: {true: Look again., false: It bends.}\n", "  accept: ['no']\n  why: It bends.\n"
    )
    hint = "Give the new question another id, or write `type: true-false`."
    assert said(content, store) == [("paths/questions/bank.yaml", "type-changed", hint)]
    assert build(content, store).courses[0].revision is None
    edit(bank, "- id: straight\n", "- id: bends\n")
    assert [code for _, code, _ in said(content, store)] == ["id-gone"]
    assert build(content, store).courses[0].revision


@pytest.mark.parametrize(
    ("file", "old", "new", "at"),
    [
        ("questions/bank.yaml", "id: straight", "id: bends", "questions/bank.yaml"),
        ("course.yaml", "id: walk", "id: stroll", "course.yaml"),
    ],
)
def test_a_renamed_id_is_recognised_by_its_words(
    file: str, old: str, new: str, at: str, content: Path, store: Store
) -> None:
    edit(content / "paths" / file, old, new)
    if file == "course.yaml":
        for other in ("lessons/second.md", "questions/bank.yaml", "questions/checks.yaml"):
            path = content / "paths" / other
            path.write_text(path.read_text().replace(": walk", ": stroll").replace("[walk]", "[stroll]"))
    was, now = old.removeprefix("id: "), new.removeprefix("id: ")
    hint = f"Was it renamed? `{now}` has the same words: give it back the id `{was}`."
    assert said(content, store) == [(f"paths/{at}", "id-gone", hint)]


def test_a_renamed_lesson(content: Path, store: Store) -> None:
    (content / "paths/lessons/second.md").rename(content / "paths/lessons/last.md")
    edit(content / "paths/course.yaml", "[first, second]", "[first, last]")
    edit(content / "paths/lessons/first.md", "lesson:second", "lesson:last")
    hint = "Was it renamed? `last` has the same words: give it back the id `second`."
    assert said(content, store) == [("paths/course.yaml", "id-gone", hint)]


def test_a_question_that_is_gone_for_good_is_allowed_and_forgotten_with_the_next_release(
    content: Path, store: Store
) -> None:
    bank = content / "paths/questions/bank.yaml"
    text = bank.read_text("utf-8")
    start, end = text.index("- id: straight"), text.index("- id: ends")
    bank.write_text("# allow id-gone: nobody understood it\n" + text[:start] + text[end:], "utf-8")
    assert said(content, store) == []
    publish(content, store)
    assert [code for _, code, _ in said(content, store)] == ["allow-unused"]


def test_a_file_that_cannot_be_read_does_not_make_its_ids_go(content: Path, store: Store) -> None:
    (content / "paths/questions/bank.yaml").write_text("- id: [\n", "utf-8")
    assert "id-gone" not in {code for _, code, _ in said(content, store)}


def test_a_release_is_read_once(content: Path, store: Store) -> None:
    first = released.released(store, "paths")
    assert first["question"]["straight"].type == "true-false"
    for path in (store.root / "revisions").rglob("*.json"):
        path.unlink()
    assert released.released(store, "paths") == first


def test_a_damaged_store_is_for_others_to_tell(content: Path, store: Store) -> None:
    (store.root / "releases.json").write_text("[", "utf-8")
    assert said(content, store) == []


@pytest.mark.parametrize(("markdown", "html"), [("A *path* & “more”", "A <em>path</em> &amp; “more”"), ("a  B", "A b")])
def test_markdown_and_its_html_have_the_same_words(markdown: str, html: str) -> None:
    assert released.fingerprint(markdown) == released.fingerprint(html)


def test_a_prerequisite_that_is_withdrawn(content: Path, store: Store) -> None:
    """Nobody new could ever begin a course that asks for one."""
    copytree(content / "paths", content / "roads")
    edit(content / "roads" / "course.yaml", "id: paths", "id: roads")
    edit(content / "roads" / "course.yaml", "title: A course about paths", "title: A course about roads")
    edit(content / "roads" / "course.yaml", "prerequisites: []", "prerequisites: [paths]")
    assert check(content, released=store) == []
    store.withdraw("paths", True, "2026-11-22T00:00:00+00:00", "", "")
    (problem,) = check(content, released=store)
    assert (problem.file, problem.line, problem.column) == ("roads/course.yaml", 8, 17)
    assert (problem.severity, problem.code) == ("advice", "course-gone")
