"""`staza new`: in what it writes `check` finds only what is to be replaced, what it adds to keeps its comments, and it
overwrites nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from courses import skeleton
from courses.build import check
from courses.problems import Problem
from courses.questions import TYPES
from courses.schema import SourceKeys
from lms.cli import authoring
from lms.cli.authoring import new

from .books import edit


def staza_new(content: Path, *arguments: str) -> Result:
    return CliRunner().invoke(new, [*arguments, "--content", str(content)])


def made(content: Path, *arguments: str) -> list[Problem]:
    """What `check` says after a command that has to go well."""
    result = staza_new(content, *arguments)
    assert result.exit_code == 0, result.output
    return check(content)


def codes(problems: list[Problem]) -> set[str]:
    return {problem.code for problem in problems}


def tree(content: Path) -> dict[str, bytes]:
    return {path.relative_to(content).as_posix(): path.read_bytes() for path in content.rglob("*") if path.is_file()}


# ── what it writes ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_folder_of_courses_from_nothing(tmp_path: Path) -> None:
    content = tmp_path / "training" / "content"
    assert codes(made(content, "programme", "--title", "First steps")) == {"placeholder"}
    assert codes(made(content, "course", "returns", "--title", "Returns", "--topic", "first-topic")) == {"placeholder"}
    assert codes(made(content, "source", "crc", "--kind", "treaty", "--title", "The Convention")) == {
        "placeholder",
        "unused-source",
    }
    before = tree(content)
    again = staza_new(content, "programme", "--title", "Other steps")
    assert again.exit_code == 1
    assert "exists already" in again.output
    assert tree(content) == before


def test_where_there_is_no_folder_it_says_how_to_begin_one(tmp_path: Path) -> None:
    result = staza_new(tmp_path / "nowhere", "course", "returns", "--title", "Returns", "--topic", "return")
    assert result.exit_code == 2
    assert "staza new programme" in result.output


def test_a_course(content: Path) -> None:
    title = 'Return: "home" & back #1'
    assert codes(made(content, "course", "returns", "--title", title, "--topic", "smuggling")) == {"placeholder"}
    assert "returns/lessons/introduction.md" in tree(content)


def test_a_lesson_is_listed_as_the_last(content: Path) -> None:
    assert codes(made(content, "lesson", "paths", "third", "--title", "The third step")) == {"placeholder"}
    text = (content / "paths/course.yaml").read_text("utf-8")
    assert "lessons: [first, second, third]\n" in text


@pytest.mark.parametrize("kind", TYPES)
def test_a_question_of_each_type(kind: str, content: Path) -> None:
    assert codes(made(content, "question", "paths", "checks", "another", "--type", kind, "--objective", "walk")) == {
        "placeholder"
    }
    assert (content / "paths/questions/checks.yaml").read_text("utf-8").count("\n- id:") == 2


def test_all_question_types_in_one_bank(content: Path) -> None:
    edit(content / "paths/quizzes/final.yaml", "3 from bank", "3 from other")
    edit(content / "paths/lessons/second.md", ":::check order-of-steps", ":::check order-of-steps\n\n:::check kinds")
    for kind in TYPES:
        result = staza_new(content, "question", "paths", "other", f"a-{kind}", "--type", kind)
        assert result.exit_code == 0, result.output
    assert codes(check(content)) == {"placeholder"}


def test_a_new_bank_waits_to_be_used(content: Path) -> None:
    problems = made(content, "question", "paths", "more", "another", "--type", "true-false")
    assert codes(problems) == {"placeholder", "unused-bank"}


def test_a_quiz_is_not_yet_required(content: Path) -> None:
    assert codes(made(content, "quiz", "paths", "middle", "--title", "Half-way", "--bank", "checks")) == {
        "optional-quiz"
    }


@pytest.mark.parametrize("kind", authoring._SOURCE_KINDS)
def test_a_source_waits_to_be_cited(kind: str, content: Path) -> None:
    assert codes(made(content, "source", "law-1", "--kind", kind, "--title", "A law")) == {
        "placeholder",
        "unused-source",
    }


def test_the_year_of_a_source_waits_to_be_replaced_too(content: Path) -> None:
    made(content, "source", "law-1", "--kind", "law", "--title", "A law")
    edit(content / "sources.yaml", "Write who published it", "United Nations")
    edit(content / "sources.yaml", "Write the number it is found by, or its address as `url`", "No. 7")
    (told,) = [problem for problem in check(content) if problem.code == "placeholder"]
    path = content / "sources.yaml"
    assert "year: 2000" in path.read_text("utf-8").split("\n")[told.line - 1]
    edit(path, "  # Write the year in which it was published or adopted", "")
    assert codes(check(content)) == {"unused-source"}


def test_the_types_and_kinds_it_offers_are_all_there_are() -> None:
    assert set(authoring._QUESTION_TYPES) == set(TYPES)
    assert set(authoring._SOURCE_KINDS) == set(SourceKeys.model_fields["kind"].annotation.__args__)  # type: ignore[union-attr]


# ── adding to lists ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("lessons: [a, b]  # in order\n", "lessons: [a, b, c]  # in order\n"),
        ("lessons: [a, 'b']\n", "lessons: [a, 'b', c]\n"),
        ("lessons: [\n  a,  # one\n  b  # two\n]\n", "lessons: [\n  a,  # one\n  b, c  # two\n]\n"),
        ("lessons:\n  - a  # one\n  - b  # two\nhours: 1\n", "lessons:\n  - a  # one\n  - b  # two\n  - c\nhours: 1\n"),
        ("lessons:\n- a\n- b", "lessons:\n- a\n- b\n- c\n"),
        ("lessons: [a, b,]\n", "lessons: [a, b, c,]\n"),
        ('lessons: [a, "\\x62"]\n', None),
        ("lessons: []\n", None),
        ("lessons: [a, b\n", None),
        ("- a\n", None),
    ],
)
def test_a_list_of_lessons_keeps_its_comments(before: str, after: str | None) -> None:
    assert skeleton.with_lesson(before, "c") == after


def test_a_bank_keeps_its_comments_and_its_indentation() -> None:
    before = "# The law\n  - id: one  # first\n    type: rating\n"
    after = skeleton.with_question(before, "- id: two\n  type: rating\n")
    assert after == before + "\n  - id: two\n    type: rating\n"


@pytest.mark.parametrize("before", ["[{id: one}]\n", "id: one\n", "- id: [\n", ""])
def test_a_bank_that_cannot_be_added_to_is_left_alone(before: str) -> None:
    assert skeleton.with_question(before, "- id: two\n") is None


def test_windows_line_ends_stay(content: Path) -> None:
    path = content / "paths/course.yaml"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert codes(made(content, "lesson", "paths", "third", "--title", "Third")) == {"placeholder"}
    data = path.read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n")


# ── refusals ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["course", "Returns!", "--title", "T", "--topic", "smuggling"], "'Returns!' is no id"),
        (["course", "sr", "--title", "T", "--topic", "smuggling"], "'sr' is the folder of a language"),
        (["course", "paths", "--title", "T", "--topic", "smuggling"], "exists already"),
        (["course", "returns", "--title", "T", "--topic", "smugling"], "Did you mean smuggling?"),
        (["course", "returns", "--title", "T", "--topic", "smuggling", "--audience", "x"], "there is no 'x'"),
        (["course", "returns", "--title", " ", "--topic", "smuggling"], "a title has between 1 and 300 letters"),
        (["lesson", "path", "third", "--title", "T"], "Did you mean paths?"),
        (["lesson", "paths", "first", "--title", "T"], "exists already"),
        (["lesson", "paths", "third", "--title", "T", "--objective", "fly"], "there is no 'fly'"),
        (["question", "paths", "bank", "kinds", "--type", "rating"], "has a question 'kinds' already"),
        (["question", "paths", "bank", "../x", "--type", "rating"], "is no id"),
        (["question", "paths", "../bank", "x", "--type", "rating"], "is no id"),
        (["question", "paths", "bank", "x", "--type", "single"], "is not one of"),
        (["quiz", "paths", "final", "--title", "T"], "exists already"),
        (["quiz", "paths", "other", "--title", "T", "--bank", "bnak"], "Did you mean bank?"),
        (["source", "protocol", "--kind", "law", "--title", "T"], "has a source 'protocol' already"),
    ],
)
def test_refuses_with_a_sentence_and_changes_nothing(arguments: list[str], said: str, content: Path) -> None:
    before = tree(content)
    result = staza_new(content, *arguments)
    assert result.exit_code != 0
    assert said in " ".join(result.output.split())
    assert tree(content) == before


def test_a_bank_that_is_broken_is_not_added_to(content: Path) -> None:
    (content / "paths/questions/bank.yaml").write_text("- id: [\n", "utf-8")
    before = tree(content)
    result = staza_new(content, "question", "paths", "bank", "x", "--type", "rating")
    assert "is not a list that can be added to" in result.output
    assert tree(content) == before


def test_a_list_that_cannot_be_edited_is_left_to_the_author(content: Path) -> None:
    edit(content / "paths/course.yaml", "[first, second]", '[first, "s\\x65cond"]')
    result = staza_new(content, "lesson", "paths", "third", "--title", "T")
    assert "Add `third` to `lessons`" in result.output
    assert (content / "paths/lessons/third.md").exists()


def test_a_file_that_is_not_utf8_is_not_rewritten(content: Path) -> None:
    path = content / "sources.yaml"
    path.write_bytes(path.read_bytes() + b"# \xe8\n")
    before = tree(content)
    assert "cannot be read" in staza_new(content, "source", "x", "--kind", "law", "--title", "T").output
    assert tree(content) == before


@pytest.mark.parametrize("command", ["programme", "course", "lesson", "question", "quiz", "source"])
def test_help_shows_an_example(command: str) -> None:
    assert f"Example: staza new {command}" in CliRunner().invoke(new, [command, "--help"]).output
