"""What an author reads: every mistake at its true place, all of them in one run, and nothing else."""

from __future__ import annotations

import ast
import json
import shutil
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

from courses.build import check

from .books import BASE, BOOKS, NAMES, expected, lay, release, spoilt

COURSES = Path(__file__).parent.parent.parent / "courses"


def test_the_base_is_right(tmp_path: Path) -> None:
    assert check(lay(BASE.name, tmp_path / "content")) == []


@pytest.mark.parametrize("name", NAMES)
def test_book(name: str, tmp_path: Path) -> None:
    content = lay(name, tmp_path / "content")
    problems = check(content, released=release(name, tmp_path))
    assert [problem.as_json() for problem in problems] == expected(name)["problems"]
    for problem in problems:
        path = content / problem.file
        if not path.is_file():
            continue
        lines = path.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
        assert problem.column <= len(lines[problem.line - 1]) + 1
        assert problem.message.endswith("."), "one plain sentence"


def test_all_mistakes_of_all_files_in_one_run(tmp_path: Path) -> None:
    """Each file of a course is spoilt in the way of another book; all of it is told at once."""
    content = lay("course-hours", tmp_path / "content")
    files = {
        "lesson-html": "paths/lessons/first.md",
        "question-flag": "paths/questions/bank.yaml",
        "quiz-time": "paths/quizzes/final.yaml",
        "source-date": "sources.yaml",
        "programme-origin": "programme.yaml",
    }
    for name, file in files.items():
        (content / file).write_bytes((BOOKS / name / file).read_bytes())
    found = {problem.code for problem in check(content)}
    wanted = {problem["code"] for name in (*files, "course-hours") for problem in expected(name)["problems"]}
    assert found == wanted


def _beside(name: str, content: Path) -> list[dict[str, Any]]:
    """Put the course of a book into the folder `content` under the book's name; the problems it then has."""
    alone = lay(name, content.parent / "alone")
    course = alone / "paths/course.yaml"
    if course.exists():
        data = course.read_bytes().replace(b"id: paths\n", f"id: {name}\n".encode())
        course.write_bytes(data.replace(b"[paths]", f"[{name}]".encode()))
    shutil.move(alone / "paths", content / name)
    shutil.rmtree(alone)
    told = json.loads(json.dumps(expected(name)["problems"]).replace("paths/", f"{name}/"))
    return [problem | {"message": problem["message"].replace("`paths`", f"`{name}`")} for problem in told]


def test_all_books_in_one_run(tmp_path: Path) -> None:
    """Two hundred broken courses side by side: each is told of its own mistakes, and of no other's."""
    content = lay(BASE.name, tmp_path / "content")
    courses = [name for name in NAMES if all(file.startswith("paths/") for file in spoilt(name))]
    wanted = [problem for name in courses for problem in _beside(name, content)]
    assert len(courses) > 150
    found = [problem.as_json() for problem in check(content)]
    place = itemgetter("file", "line", "column", "code", "message")
    assert sorted(found, key=place) == sorted(wanted, key=place)


# ── every code has a book ──────────────────────────────────────────────────────────────────────────────────────────

# where, in the call of each of these, the code stands
_CALLS = {
    "Problem": 4,
    "Mistake": 1,
    "PydanticCustomError": 0,
    "problem": 1,
    "_problem": 1,
    "_flaw": 2,
    "Flaw": 2,
    "Slip": 0,
    "_add": 2,
    "_error": 2,
    "_advice": 1,
    "_tell": 2,
    "_note": 1,
    "written": 1,
}
_TABLES = {"_MISSING": 0, "_EXPLANATIONS": 1}


def _codes(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        found: list[ast.expr] = []
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            # a place is passed as one starred argument or as line and column
            starred = any(isinstance(argument, ast.Starred) for argument in node.args)
            at = _CALLS.get(name, len(node.args)) - (starred and name == "Problem")
            found = node.args[at : at + 1]
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            rows = node.value.values if isinstance(node.value, ast.Dict) else getattr(node.value, "elts", [])
            if getattr(target, "id", "") in _TABLES:
                found = [row.elts[_TABLES[target.id]] for row in rows]  # type: ignore[union-attr]
            elif isinstance(target, ast.Tuple) and getattr(target.elts[0], "id", "") == "code":
                found = rows[:1]
        elif isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
            found = [part for part in node.value.elts[:2] if isinstance(part, ast.Constant)]
        yield from (part.value for part in found if isinstance(part, ast.Constant) and isinstance(part.value, str))


def codes() -> set[str]:
    """Every problem code in the compiler's source."""
    return {code for path in COURSES.rglob("*.py") for code in _codes(ast.parse(path.read_text("utf-8"))) if code}


def test_every_code_has_a_book() -> None:
    told = {problem["code"] for name in NAMES for problem in expected(name)["problems"]}
    assert len(codes()) > 60
    assert codes() - told == set()
    assert told - codes() == set()
