"""The store and the build: the same bytes everywhere, nothing done twice, nothing half done."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from courses.artefact import ArtefactError, Store
from courses.build import BuildResult, CourseResult, build
from courses.facts import Fact, Unit
from courses.model import Course

from .books import BASE, edit, lay

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return lay(BASE.name, tmp_path / "content")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "artefacts")


def built(content: Path, store: Store) -> tuple[CourseResult, Course]:
    """The one course, built."""
    result = build(content, store)
    assert result.all_problems() == []
    (course,) = result.courses
    assert course.revision
    return course, store.course(course.id, course.revision)


def everything(store: Store) -> dict[str, bytes]:
    """All of the store but what is remembered for the next build."""
    files = (path for path in store.root.rglob("*") if path.is_file())
    found = {str(path.relative_to(store.root)): path.read_bytes() for path in files}
    return {name: data for name, data in found.items() if not name.startswith("cache/")}


def test_what_is_written_is_what_is_read(content: Path, store: Store) -> None:
    result, course = built(content, store)
    assert (result.lessons, result.questions) == (2, 6)
    assert [lesson.id for lesson in course.lessons] == ["first", "second"]
    assert course.completion.quizzes == {"final": 0.8}
    assert course.completion.lessons == ("first", "second")
    assert course.certificate_months == 24
    assert [source.short for source in course.sources] == ["Refugee Convention", "Smuggling Protocol"]
    lesson = store.lesson(course, "first")
    assert [block.kind for block in lesson.blocks] == ["html", "case", "countries", "check", "html"]
    assert [block.country for block in lesson.blocks[2].blocks] == ["RS", "ME"]
    assert '<a href="second#where-it-ends">' in lesson.blocks[0].html
    assert '<a href="#source-protocol">Smuggling Protocol</a>, art. 3(a); ' in lesson.blocks[0].html
    assert lesson.checks == ("begin",)
    assert lesson.sources == ("protocol", "convention")
    picture = lesson.blocks[-1].html
    (name,) = course.media
    assert f'src="../media/{name}"' in picture
    assert 'width="120" height="40" loading="lazy"' in picture
    assert store.media(name).read_bytes() == (content / "paths/media/route.svg").read_bytes()
    question = store.question(course, "begin")
    assert question.stem == "Where does a path <em>begin</em>?"
    assert (
        question.grade("here").parts[0].why == 'As <span class="citation">[Smuggling Protocol, art. 1]</span> has it.'
    )
    assert store.programme().topics[0].id == "smuggling"


def test_every_object_says_the_same_after_a_round_trip(content: Path, store: Store) -> None:
    _, course = built(content, store)
    for bank in course.banks:
        assert tuple(question.id for question in store.bank(course, bank.id)) == bank.questions
    for entry in course.lessons:
        assert store.lesson(course, entry.id).title == entry.title


def test_two_builds_in_two_places_give_the_same_bytes(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from courses.artefact import Store; from courses.build import build;"
        "build(Path(sys.argv[1]), Store(Path(sys.argv[2])))"
    )
    stores = []
    for number, zone in enumerate(("UTC", "Asia/Tokyo")):
        place = tmp_path / f"somewhere-{number}"
        files = sorted((path for path in BASE.rglob("*") if path.is_file()), reverse=bool(number))
        for path in files:  # in another order, so that directories list them in another
            (place / path.relative_to(BASE)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place / path.relative_to(BASE))
        environment = os.environ | {"TZ": zone, "PYTHONHASHSEED": str(number), "PYTHONPATH": str(ROOT), "LC_ALL": "C"}
        command = [sys.executable, "-c", script, str(place), str(place / "out")]
        subprocess.run(command, check=True, env=environment, cwd=tmp_path)
        stores.append(everything(Store(place / "out")))
    assert stores[0] == stores[1]
    assert stores[0]


def test_one_byte_changes_the_revision_of_its_course_and_no_other(content: Path, store: Store) -> None:
    shutil.copytree(content / "paths", content / "roads")
    edit(content / "roads/course.yaml", "id: paths", "id: roads")
    before = {course.id: course.revision for course in build(content, store).courses}
    edit(content / "paths/lessons/first.md", "In Serbia.", "In Serbia!")
    after = {course.id: course.revision for course in build(content, store).courses}
    assert before["roads"] == after["roads"]
    assert before["paths"] != after["paths"]


def test_comments_and_layout_of_yaml_change_nothing(content: Path, store: Store) -> None:
    first, _ = built(content, store)
    path = content / "paths/course.yaml"
    path.write_text("# a comment\n" + path.read_text("utf-8").replace("\n", "\r\n"), "utf-8")
    second, _ = built(content, store)
    assert first.revision == second.revision


def test_moving_choices_and_lessons_moves_no_grade(content: Path, store: Store) -> None:
    _, before = built(content, store)
    edit(content / "paths/course.yaml", "[first, second]", "[second, first]")
    bank = content / "paths/questions/checks.yaml"
    lines = bank.read_text("utf-8").splitlines(keepends=True)
    here = next(number for number, line in enumerate(lines) if "id: here" in line)
    lines[here], lines[here + 1] = lines[here + 1], lines[here]
    bank.write_text("".join(lines), "utf-8")
    _, after = built(content, store)
    assert [lesson.id for lesson in after.lessons] == ["second", "first"]
    for answer in ("here", "there", "nowhere"):
        grades = [store.question(course, "begin").grade(answer) for course in (before, after)]
        assert grades[0].score == grades[1].score
    for course in (before, after):
        ends = store.question(course, "ends").payload()
        assert len({option.id for option in ends.slots[0].options}) == 3


# ── incremental ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were compiled, noted as it happens."""
    from courses import compile

    seen: list[str] = []
    really = compile.compile_file

    def note(content: Path, path: str, *rest: Any) -> Unit:
        seen.append(path)
        return really(content, path, *rest)

    monkeypatch.setattr(compile, "compile_file", note)
    return seen


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


# ── errors ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_course_with_errors_is_not_built_and_the_others_are(content: Path, store: Store) -> None:
    shutil.copytree(content / "paths", content / "roads")
    edit(content / "roads/course.yaml", "id: paths", "id: roads")
    edit(content / "paths/course.yaml", "hours: 1.5", "hours: none")
    result: BuildResult = build(content, store)
    assert {course.id: bool(course.revision) for course in result.courses} == {"paths": False, "roads": True}
    only = build(content, store, ["roads"])
    assert [course.id for course in only.courses] == ["roads"]
    assert only.all_problems() == []


def test_nothing_half_written_is_left(content: Path, store: Store) -> None:
    built(content, store)
    edit(content / "paths/quizzes/final.yaml", "3 from bank", "3 from bnak")
    edit(content / "paths/lessons/first.md", "In Serbia.", "In Serbia!")
    build(content, store)
    assert [path for path in store.root.rglob(".*") if path.is_file() and path.name != ".lock"] == []


def test_the_store_says_what_is_missing(content: Path, store: Store) -> None:
    with pytest.raises(ArtefactError, match="nothing was built yet"):
        store.programme()
    assert store.releases() == {}
    result, course = built(content, store)
    for wrong in ("0" * 64, "../../x", ""):
        with pytest.raises(ArtefactError):
            store.course("paths", wrong)
    with pytest.raises(ArtefactError):
        store.course("../paths", str(result.revision))
    with pytest.raises(ArtefactError, match="no lesson 'third'"):
        store.lesson(course, "third")
    with pytest.raises(ArtefactError, match="no bank"):
        store.bank(course, "third")
    with pytest.raises(ArtefactError, match="no question"):
        store.question(course, "third")
    for wrong in ("../releases.json", f"{'0' * 64}.svg", f"{course.lessons[0].object}.json", ""):
        with pytest.raises(ArtefactError):
            store.media(wrong)
    with pytest.raises(ArtefactError, match="no revision"):
        store.publish("paths", "0" * 64, "", "2026-11-21T00:00:00+00:00")
    path = next((store.root / "objects").rglob(f"{course.lessons[0].object}.json"))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ArtefactError, match="damaged"):
        store.lesson(course, "first")


def test_a_release_is_kept_beside_others(content: Path, store: Store) -> None:
    result, _ = built(content, store)
    store.publish("paths", str(result.revision), "abc", "2026-11-21T00:00:00+00:00")
    edit(content / "paths/lessons/first.md", "In Serbia.", "In Serbia!")
    other, _ = built(content, store)
    assert store.releases()["paths"].revision == result.revision, "building publishes nothing"
    store.publish("paths", str(other.revision), "", "2026-11-22T00:00:00+00:00")
    assert store.releases()["paths"].revision == other.revision
    assert store.course("paths", str(result.revision)).id == "paths", "the older one stays"
