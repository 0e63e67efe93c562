"""The store and the build: the same bytes everywhere, nothing done twice, nothing half done."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

from courses.artefact import ArtefactError, Store, canonical, digest
from courses.build import BuildResult, CourseResult, Session, build
from courses.facts import Fact, Unit
from courses.layout import course_ids, role
from courses.model import Course, Lesson
from courses.problems import has_errors

from .books import BASE, NAMES, edit, lay

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


def copied(source: Path, place: Path, random: Random) -> None:
    """Copy the files one by one in a shuffled order: file systems list a folder in an order that depends on it."""
    files = sorted(path for path in source.rglob("*") if path.is_file())
    random.shuffle(files)
    for path in files:
        (place / path.relative_to(source)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place / path.relative_to(source))


BUILD = """
import os, sys
from pathlib import Path
from courses.artefact import Store
from courses.build import build
os.umask(int(sys.argv[4], 8))
build(Path(sys.argv[1]), Store(Path(sys.argv[2])), jobs=int(sys.argv[3]))
"""


def test_the_same_sources_give_the_same_bytes_wherever_they_are_built(tmp_path: Path) -> None:
    """Another time zone, seed of hashes, language, umask, order of files, number of processes, folder and moment."""
    stores = []
    for number, zone in enumerate(("UTC", "Asia/Tokyo", "America/St_Johns")):
        place = tmp_path / f"somewhere-{number}"
        copied(ROOT / "content", place / "content", Random(number))
        environment = os.environ | {
            "TZ": zone,
            "PYTHONHASHSEED": str(number),
            "PYTHONPATH": str(ROOT),
            "LC_ALL": ("C", "C.UTF-8", "POSIX")[number],
        }
        jobs, umask = str((1, 2, 5)[number]), ("022", "077", "002")[number]
        command = [sys.executable, "-c", BUILD, str(place / "content"), str(place / "out"), jobs, umask]
        subprocess.run(command, check=True, env=environment, cwd=tmp_path)
        stores.append(everything(Store(place / "out")))
    assert stores[0] == stores[1] == stores[2]
    built = [name for name in stores[0] if name.startswith("revisions/")]
    assert len(built) == len(course_ids(ROOT / "content"))


def test_the_number_of_processes_changes_no_problem_and_not_their_order(tmp_path: Path) -> None:
    script = (
        "import json, sys; from pathlib import Path; from courses.build import check;"
        "print(json.dumps([p.as_json() for p in check(Path(sys.argv[1]), jobs=int(sys.argv[2]))]))"
    )
    content = tmp_path / "content"
    copied(ROOT / "content", content, Random(1))
    for number, path in enumerate(sorted([*content.glob("*/lessons/*"), *content.glob("*/questions/*")])):
        path.write_bytes(path.read_bytes().replace(b"e", b"<e>", number))
    told = []
    for jobs in (1, 2, 3):
        command = [sys.executable, "-c", script, str(content), str(jobs)]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        told.append(json.loads(subprocess.run(command, check=True, capture_output=True, env=environment).stdout))
    assert told[0] == told[1] == told[2]
    assert len(told[0]) > 20


def test_every_byte_of_every_lesson_counts_for_its_course_alone(content: Path, store: Store) -> None:
    """Whatever letter is changed of what a lesson says, the course has another revision, and no other course has."""
    shutil.copytree(content / "paths", content / "roads")
    edit(content / "roads/course.yaml", "id: paths", "id: roads")
    before = {course.id: course.revision for course in build(content, store).courses}
    random = Random(2026)
    for lesson in sorted((content / "paths/lessons").glob("*.md")):
        whole = lesson.read_bytes()
        letters = [match.start() for match in re.finditer(rb"(?<= )[a-z](?=[a-z]+[ .])", whole)]
        for at in random.sample(letters, min(6, len(letters))):
            lesson.write_bytes(whole[:at] + whole[at : at + 1].swapcase() + whole[at + 1 :])
            after = {course.id: course.revision for course in build(content, store).courses}
            assert after["roads"] == before["roads"]
            assert after["paths"] != before["paths"], whole[at - 20 : at + 20]
        lesson.write_bytes(whole)
    assert {course.id: course.revision for course in build(content, store).courses} == before


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


# ── plain values and models ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("source", [BASE, ROOT / "content"], ids=["base", "content"])
def test_what_is_put_together_from_plain_values_is_what_the_models_say(source: Path, store: Store) -> None:
    for course in build(source, store).courses:
        path = store.root / "revisions" / course.id / f"{course.revision}.json"
        built = Course.model_validate_json(path.read_bytes())
        assert canonical(built.model_dump(mode="json")) == path.read_bytes()
        for entry in built.lessons:
            lesson = store.lesson(built, entry.id)
            assert digest(canonical(lesson.model_dump(mode="json"))) == entry.object


# ── drafts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


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
                too_large = any(problem.code == "file-too-large" for problem in unit.problems)
                if where and where.kind == "lesson" and not where.locale and not too_large:
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


def test_names_that_cannot_be_written_down_are_told(content: Path, store: Store) -> None:
    for name in (b"paths/lessons/a\xff.md", b"paths/lessons/a\nb.md", b"a\xff.yaml"):
        Path(os.fsdecode(os.fsencode(content) + b"/" + name)).write_text("x")
    problems = build(content, store).all_problems()
    assert {problem.code for problem in problems} == {"bad-file-name"}
    files = [problem.file for problem in problems]
    assert files == ["a\\udcff.yaml", "paths/lessons/a\\u000ab.md", "paths/lessons/a\\udcff.md"]


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


def test_what_is_built_says_nothing_of_lines(content: Path, store: Store) -> None:
    _, course = built(content, store)
    assert "data-line" not in store.lesson(course, "first").model_dump_json()


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
