"""A translator's slip holds up no release: what has it counts as missing, and stays an error of `check`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from courses.artefact import Store
from courses.build import build, check
from courses.problems import has_errors
from courses.translate.sheets import Row, sheet, sheets
from lms.cli import main

from .books import NAMES, edit, expected, lay
from .test_translate import built, texts
from .translator import FIRST, fill, in_serbian, lesson_words

SLIPS = [name for name in NAMES if name.startswith("translation-")]
LESSON = "paths/sr/lessons/first.md"


@pytest.mark.parametrize("name", SLIPS)
def test_no_slip_of_a_translator_holds_up_the_course(name: str, tmp_path: Path) -> None:
    content, store = lay(name, tmp_path / "content"), Store(tmp_path / "artefacts")
    result = build(content, store)
    assert [course.revision is not None for course in result.courses if course.id == "paths"] == [True]
    errors = [one for one in result.all_problems() if one.severity == "error"]
    assert has_errors(check(content)) is bool(errors)
    assert bool(errors) is any(one["severity"] == "error" for one in expected(name)["problems"])


def test_a_block_with_a_mistake_is_shown_in_the_language_of_the_source(content: Path, store: Store) -> None:
    fill(content, FIRST, lesson_words)
    edit(content / LESSON, "У Србији.", "У <b>Србији</b>.")
    course = built(content, store).in_language("sr")
    shown = {text: lang for text, lang, _stale in texts(store.lesson(course, "first").blocks)}
    assert shown["<p>In Serbia.</p>\n"] == "en"
    assert shown["<p>У Црној Гори.</p>\n"] == ""
    assert [problem.code for problem in check(content) if problem.severity == "error"] == ["raw-html"]


def test_a_question_with_a_mistake_is_asked_in_the_language_of_the_source(content: Path, store: Store) -> None:
    fill(content, "paths/questions/bank.yaml", in_serbian)
    path = content / "paths/sr/questions/bank.yaml"
    path.write_text(path.read_text("utf-8").replace("Српски stem", "'Српски $x}$'", 1), "utf-8")
    course = built(content, store)
    assert course.translations["sr"].untranslated == ("kinds",)
    serbian = store.question(course.in_language("sr"), "kinds")
    assert serbian is not None
    assert serbian.stem == "Which are paths?"
    other = store.question(course.in_language("sr"), "straight")
    assert other is not None
    assert other.stem.startswith("Српски")


@pytest.mark.parametrize("text", ["[", "\x00\x01", "- id: kinds\n  from: x\n", "<<<<<<< ours\n"])
def test_a_file_that_cannot_be_read_counts_as_missing(content: Path, store: Store, text: str) -> None:
    fill(content, FIRST, lesson_words)
    (content / "paths/sr/questions").mkdir()
    (content / "paths/sr/questions/bank.yaml").write_text(text, "utf-8")
    course = built(content, store)
    assert course.translations["sr"].banks == {}
    assert course.in_language("sr").lesson("first")
    assert has_errors(check(content))


def test_bytes_of_no_text_count_as_missing(content: Path, store: Store) -> None:
    fill(content, FIRST, lesson_words)
    path = content / LESSON
    path.write_bytes(path.read_bytes().replace("Црној".encode(), b"\xff\xfe"))
    course = built(content, store).in_language("sr")
    shown = {text: lang for text, lang, _stale in texts(store.lesson(course, "first").blocks)}
    assert shown["<p>In Montenegro.</p>\n"] == "en"
    assert shown["<p>У Србији.</p>\n"] == ""


def test_the_commands_say_so(content: Path, tmp_path: Path) -> None:
    fill(content, FIRST, lesson_words)
    edit(content / LESSON, "У Србији.", "У <b>Србији</b>.")
    place = ["--content", str(content), "--artefacts", str(tmp_path / "artefacts")]
    runner = CliRunner()
    assert runner.invoke(main, ["check", *place]).exit_code == 1
    for command in (["build"], ["publish", "--yes"]):
        done = runner.invoke(main, [*command, *place])
        assert done.exit_code == 0, done.output
        assert f"{content / LESSON}:" in done.output
        assert (
            "Serbian: 1 mistake in translations. What has a mistake is shown in the language of the course"
            in done.output
        )
    edit(content / "paths/lessons/first.md", "In Serbia.", "In <b>Serbia</b>.")
    assert runner.invoke(main, ["build", *place]).exit_code == 1


def test_a_stale_block_with_a_mistake_is_not_shown_either(content: Path, store: Store) -> None:
    def words(row: Row) -> str:
        return lesson_words(row).replace("У Србији.", "У <b>Србији</b>.")

    fill(content, FIRST, words)
    edit(content / "paths/lessons/first.md", "In Serbia.", "In Serbia, today.")
    course = built(content, store).in_language("sr")
    shown = {text: (lang, stale) for text, lang, stale in texts(store.lesson(course, "first").blocks)}
    assert shown["<p>In Serbia, today.</p>\n"] == ("en", False)


TABLE = "\n| Route | Days |\n|---|---|\n| road | 3 |\n| rail | 4 |\n"


@pytest.mark.parametrize(
    ("begins", "target", "told"),
    [
        ("- one", "- један", "The source has 2 list items here; this has 1."),
        ("| Route", "| Пут | Дани |\n|---|---|\n| цеста | 3 |", "The source has 3 table rows here; this has 2."),
        ("| Route", "| Пут |\n|---|\n| цеста |\n| пруга |", "The source has 6 table cells here; this has 3."),
    ],
)
def test_a_list_or_table_that_lost_something_is_told_and_not_counted(
    content: Path, store: Store, begins: str, target: str, told: str
) -> None:
    edit(content / FIRST, "In Serbia.\n", f"In Serbia.\n{TABLE}")
    whole = {"- one": "- један\n- два", "| Route": "| Пут | Дани |\n|---|---|\n| цеста | 3 |\n| пруга | 4 |"}

    def words(row: Row) -> str:
        return next((text for start, text in whole.items() if row.source.startswith(start)), lesson_words(row))

    fill(content, FIRST, words)
    assert check(content) == []
    counted = sheet(content, FIRST, "sr").counts()
    assert counted[0] == counted[1]
    whole[begins] = target
    fill(content, FIRST, words)
    assert [(one.code, one.message) for one in check(content)] == [("translation-form", told)]
    found = sheet(content, FIRST, "sr")
    assert found.counts() == (counted[1] - 1, counted[1])
    assert [row.state for row in found.rows if row.source.startswith(begins)] == ["missing"]
    course = built(content, store).in_language("sr")
    shown = {text: lang for text, lang, _stale in texts(store.lesson(course, "first").blocks)}
    assert [lang for text, lang in shown.items() if "rail" in text or "<li>one</li>" in text] == ["en"]
    edit(content / FIRST, "- two", "- two\n- three" if begins == "- one" else "- two")
    stale = {row.source: row.state for row in sheet(content, FIRST, "sr").rows}
    assert begins != "- one" or stale["- one\n- two\n- three"] == "stale"


def test_a_question_whose_table_lost_a_row_is_asked_in_the_language_of_the_source(content: Path, store: Store) -> None:
    bank = content / "paths/questions/bank.yaml"
    table = "".join(f"    {line}\n" for line in TABLE.split("\n"))
    edit(bank, "  stem: Which are paths?\n", f"  stem: |\n    Which are paths?\n{table}")

    def words(row: Row) -> str:
        return "Шта је пут?\n\n| Пут | Дани |\n|---|---|\n| цеста | 3 |" if "| rail" in row.source else in_serbian(row)

    fill(content, "paths/questions/bank.yaml", words)
    told = [problem for problem in check(content) if problem.severity == "error"]
    assert [(one.code, one.message) for one in told] == [
        ("translation-form", "The source has 3 table rows here; this has 2.")
    ]
    assert built(content, store).translations["sr"].untranslated == ("kinds",)
    assert sheet(content, "paths/questions/bank.yaml", "sr").counts()[0] > 0


def test_the_status_is_that_of_the_texts(content: Path, store: Store) -> None:
    """A lesson of many minutes does not outweigh the questions that nobody translated."""
    for one in sheets(content, "paths", "sr"):
        if one.kind == "lesson":
            fill(content, one.source, lambda row: row.source)
    place = ["--content", str(content), "--format", "json"]
    row = json.loads(CliRunner().invoke(main, ["translate", "status", "paths", "sr", *place]).output)[0]
    assert row["translated"] + row["missing"] == row["texts"]
    assert row["share"] == round(row["translated"] / row["texts"], 4) < 0.5
    assert built(content, store).translations["sr"].share == row["share"]
