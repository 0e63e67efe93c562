"""The build: the same bytes everywhere, a change for its course alone, nothing half done."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random

from courses.artefact import Store
from courses.build import BuildResult, build
from courses.layout import course_ids

from .books import built, edit

ROOT = Path(__file__).parent.parent.parent


def everything(store: Store) -> dict[str, bytes]:
    """All of the store but what is remembered for the next build."""
    files = (path for path in store.root.rglob("*") if path.is_file())
    found = {str(path.relative_to(store.root)): path.read_bytes() for path in files}
    return {name: data for name, data in found.items() if not name.startswith("cache/")}


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


def test_names_that_cannot_be_written_down_are_told(content: Path, store: Store) -> None:
    for name in (b"paths/lessons/a\xff.md", b"paths/lessons/a\nb.md", b"a\xff.yaml"):
        Path(os.fsdecode(os.fsencode(content) + b"/" + name)).write_text("x")
    problems = build(content, store).all_problems()
    assert {problem.code for problem in problems} == {"bad-file-name"}
    files = [problem.file for problem in problems]
    assert files == ["a\\udcff.yaml", "paths/lessons/a\\u000ab.md", "paths/lessons/a\\udcff.md"]


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
