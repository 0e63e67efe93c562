"""Whatever bytes a file holds, the answer is a build or problems whose places are inside the file.

STAZA_FUZZ says how many mutations of real courses to try; a few hundred if it says nothing. `make fuzz` tries 20,000,
and some thousands of made-up files.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from courses import compile, keyed, lint
from courses.build import Session
from courses.facts import Shelf, Unit
from courses.problems import Problem
from courses.questions import parse
from courses.source import Text, decode

from .books import BASE
from .question_makers import KINDS, Fields, fields, randoms

ROOT = Path(__file__).parent.parent.parent
MUTATIONS = int(os.environ.get("STAZA_FUZZ", "300"))
SHARDS = 2
"""One for each process; a shard begins by building all courses."""
IN_A_ROW = 10
"""Mutations of one file before another's turn: putting a file back costs as much as a mutation."""

PIECES = [
    *b"]{}'\"*|>#\\%@`~\n\t\r\0\xff?0",
    *(b":::", b"::::note", b"[@", b"[[", b"]]", b"- ", b": ", b"&a", b"---\n", b"<b>", b"<!--", b"```", b"    "),
    *(b"](lesson:x#y)", b"](term:x)", b"![](media/", b"!x ", b"9" * 25, "ш".encode(), b"\xe2\x80\xa8", b"[x]{lang=sr}"),
]


def mutated(data: bytes, random: Random) -> bytes:
    for _ in range(random.choice((1, 1, 2, 4))):
        at = random.randrange(len(data) + 1)
        match random.randrange(5):
            case 0:
                piece = random.choice(PIECES)
                data = data[:at] + (bytes([piece]) if isinstance(piece, int) else piece) + data[at:]
            case 1:
                data = data[:at] + data[at + random.randrange(1, 30) :]
            case 2:
                data = data[:at] + bytes([random.randrange(256)]) + data[at + 1 :]
            case 3:
                data = data[:at]
            case 4:
                other = random.randrange(len(data) + 1)
                data = data[:at] + data[other : other + 60] + data[at:]
    return data


def inside(problem: Problem, data: bytes) -> None:
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    assert 1 <= problem.line <= len(lines), problem
    assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1, problem


# ── real courses ───────────────────────────────────────────────────────────────────────────────────────────────────


def _every_question_type() -> str:
    """The banks of the guide's example, which has every type, as one."""
    banks = sorted((ROOT / "docs" / "example" / "bus-station" / "questions").glob("*.yaml"))
    return re.sub(r"objective: \S+", "objective: know", "\n".join(bank.read_text("utf-8") for bank in banks))


def contents(folder: Path) -> Iterator[Path]:
    """The courses of this repository, each content folder copied into `folder`."""
    for place, original in enumerate((ROOT / "content", ROOT / "tests" / "content", BASE)):
        yield Path(shutil.copytree(original, folder / str(place)))
    bank = folder / "2" / "paths" / "questions" / "every.yaml"
    bank.write_text(_every_question_type(), "utf-8")


@pytest.mark.parametrize("shard", range(SHARDS))
def test_mutations(shard: int, tmp_path: Path) -> None:
    random = Random(f"2026/{shard}")
    courses = [(content, Session(content, draft=draft)) for content in contents(tmp_path) for draft in (False, True)]
    for _, session in courses:
        session.refresh()
    told: set[str] = set()
    for _ in range(0, MUTATIONS // SHARDS, IN_A_ROW):
        content, session = random.choice(courses)
        path = random.choice(sorted(path for path in content.rglob("*") if path.is_file()))
        before = path.read_bytes()
        for _ in range(IN_A_ROW):
            data = mutated(before, random)
            path.write_bytes(data)
            for problem in session.refresh().all_problems():
                told.add(problem.code)
                file = content / problem.file
                if file.exists():
                    inside(problem, file.read_bytes())
        path.write_bytes(before)
    assert len(told) > 5, "hardly anything was spoilt"


# ── made-up files ──────────────────────────────────────────────────────────────────────────────────────────────────

COMPILERS: dict[str, Callable[[Text], Unit]] = {
    "x/course.yaml": lambda text: keyed.course(text, "x"),
    "x/questions/b.yaml": lambda text: keyed.bank(text, "b", Shelf()),
    "x/quizzes/q.yaml": lambda text: keyed.quiz(text, "q"),
    "x/lessons/l.md": lambda text: compile.lesson(text, "l", Shelf()),
    "sources.yaml": keyed.sources,
    "programme.yaml": keyed.programme,
}
made_up = settings(max_examples=max(60, MUTATIONS // 20))

KEYS = sorted(set(re.findall(r"[a-z_]+(?=:)", _every_question_type() + (BASE / "paths" / "course.yaml").read_text())))
words = st.sampled_from(
    [
        "80%",
        "8 from law",
        "30 minutes",
        "24 months",
        "done 2026-11-20",
        "true",
        "yes",
        "12",
        "-0.5",
        "5%",
        "a",
        "b",
        "",
        "pending",
        "all",
        "[@a]",
        "[[a]]",
        "**b**",
        "~",
        "ш",
        "1e999",
        "nan",
        "9" * 30,
        "https://a",
        "2026-02-30",
        "case",
    ]
)
values = st.recursive(
    words | st.text(max_size=6) | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | words, inner, max_size=6),
    max_leaves=20,
)
lines = st.lists(
    st.sampled_from([piece.decode("utf-8", "replace") for piece in PIECES if isinstance(piece, bytes)])
    | st.sampled_from([":::case A\n", ":::\n", "::::\n", ":::check a\n", "\n\n", "# A\n", "| a | b |\n|---|\n", "1. "])
    | st.sampled_from(["[a](b)", "[@a, art. 1; @b]", "![a](media/b.svg)", "*a*", "<i>", "\\", "    a\n", "> ", "* *\n"])
    | st.text(max_size=10),
    max_size=30,
)


def compiled(file: str, data: bytes) -> Unit | None:
    source, problems = decode(file, data)
    unit = COMPILERS[file](source) if source else None
    if unit and source:
        lint.advise(unit, source)
    for problem in problems + (unit.problems if unit else []):
        inside(problem, data)
    return unit


@made_up
@given(st.sampled_from(sorted(COMPILERS)), values, st.booleans())
def test_any_values(file: str, value: Any, flow: bool) -> None:
    front = yaml.safe_dump(value, allow_unicode=True, default_flow_style=flow)
    compiled(file, (f"---\n{front}---\nText.\n" if file.endswith(".md") else front).encode())


@made_up
@given(st.sampled_from(sorted(COMPILERS)), lines)
def test_any_lines(file: str, pieces: list[str]) -> None:
    front = "---\ntitle: A\nminutes: 5\n---\n" if file.endswith(".md") else ""
    compiled(file, (front + "".join(pieces)).encode("utf-8", "surrogatepass"))


def _spoilt(value: Any, random: Random, draw: Callable[[], Any]) -> Any:
    """The value with one thing in it, somewhere, exchanged for what `draw` gives, deleted or doubled."""
    if isinstance(value, dict) and value and random.random() < 0.85:
        name = random.choice(list(value))
        return value | {name: _spoilt(value[name], random, draw)}
    if isinstance(value, list) and value and random.random() < 0.85:
        at = random.randrange(len(value))
        match random.randrange(4):
            case 0:
                return [*value[:at], *value[at + 1 :]]
            case 1:
                return [*value, value[at]]
        return [*value[:at], _spoilt(value[at], random, draw), *value[at + 1 :]]
    return draw()


@pytest.mark.parametrize("kind", KINDS)
def test_a_question_with_something_wrong_in_it(kind: str) -> None:
    @made_up
    @given(fields(kind), randoms, st.lists(values, min_size=3, max_size=3))
    def holds(written: Fields, random: Random, wrong: list[Any]) -> None:
        for value in wrong[: random.randint(1, 3)]:
            written = _spoilt(written, random, lambda value=value: value)
        unit = compiled("x/questions/b.yaml", yaml.safe_dump([written], allow_unicode=True).encode())
        if unit and unit.object:
            assert unit.body
            for stored in json.loads(unit.body):
                question = parse(stored)
                assert question.payload(question.order(random))
                assert 0 <= question.grade(random.choice(wrong)).score <= 1
                assert json.dumps(question.key())

    holds()
