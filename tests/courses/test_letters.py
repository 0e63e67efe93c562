"""Marks of git, letters that look alike, and floods of signs: what no book of one course can show."""

from __future__ import annotations

from time import process_time

import pytest

from courses.conflicts import conflicts
from courses.exports.po import PoError, read
from courses.facts import Shelf
from courses.letters import odd, plain
from courses.markdown.reader import Reader
from courses.text import Text, decode


@pytest.mark.parametrize(
    "text",
    [
        "Where it begins\n=======\n\nText.",
        "> Where it begins\n> is here\n\n   Where it ends\n   =======\n",
        "| a | b | c | d | e | f |\n|---|---|---|---|---|---|\n|||||||\n||||||| x | y |\n",
        "A shift of bits: `1 <<<<<<<< 2`, ======== and >>>>>>>> in a line <<<<<<< of text.",
        ">>>>>> six quotes",
        "========\n",
    ],
)
def test_no_false_alarm_of_a_conflict(text: str) -> None:
    assert conflicts(Text("paths/lessons/first.md", text)) == []


@pytest.mark.parametrize("before", ["", "  ", "- ", "> ", "> - ", "| ", "1. ", "\t", ">"])
@pytest.mark.parametrize("mark", ["<<<<<<< HEAD", "<<<<<<<", "||||||| 3f2a91c", ">>>>>>> theirs"])
def test_a_mark_of_git_is_told_wherever_it_was_moved(before: str, mark: str) -> None:
    if before == ">" and mark[0] == ">":
        return
    (found,) = conflicts(Text("paths/lessons/first.md", f"Text.\n{before}{mark}\n\nMore.\n"))
    assert (found.line, found.column, found.code) == (2, len(before) + 1, "conflict")


@pytest.mark.parametrize("above", ["", "- one", "| a | b |", "> quote", ":::case"])
def test_a_dividing_mark_left_alone_is_told_where_it_underlines_nothing(above: str) -> None:
    (found,) = conflicts(Text("paths/lessons/first.md", f"Text.\n\n{above}\n=======\nMore.\n"))
    assert found.line == 4


def test_a_catalogue_with_marks_of_git_is_refused() -> None:
    with pytest.raises(PoError, match=r"Line 2 .*`<<<<<<<`"):
        read(b'msgid ""\n<<<<<<< HEAD\nmsgstr ""\n', "course.po", [], "sr")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("benefit", ""),
        ("сврха", ""),
        ("\u0441ase", "The letter \u0441 in it is Cyrillic (U+0441), not the Latin c (U+0063)."),
        ("\u03bfrder", "The letter \u03bf in it is Greek (U+03BF), not the Latin o (U+006F)."),
        ("a\u2011b", "The sign \u2011 in it is a non-breaking hyphen (U+2011), not - (U+002D)."),
        ("a\u00adb", "It holds a soft hyphen (U+00AD), which cannot be seen."),
        ("a\u00a0b", "It holds a no-break space (U+00A0), which is no plain space."),
        ("e\u0301", "The letter é in it is written as two characters, of which the second is U+0301."),
        ("é", ""),
    ],
)
def test_an_odd_letter_is_named(name: str, said: str) -> None:
    assert odd(name) == said


def test_names_that_look_alike_are_the_same_in_plain_letters() -> None:
    assert plain("\u0441as\u0435\u2011\u200bone") == "case-one"
    assert plain("e\u0301") == "é"


def test_columns_are_those_of_the_file_where_characters_were_left_out() -> None:
    text, problems = decode("x", "a\u200bb\n\u2060c\u200bd<\n".encode())
    assert text is not None
    assert text.text == "ab\ncd<\n"
    assert [(problem.line, problem.column) for problem in problems] == [(1, 2), (2, 1), (2, 3)]
    assert text.place(text.text.index("<")) == (2, 5)
    assert text.place(text.text.index("b")) == (1, 3)


@pytest.mark.parametrize(
    "flood", ["[", "![", "[a][", "**a [", "[^", "*", "_", "`", "<", "|", "$", "$$", "> ", "&", "{"]
)
def test_a_flood_of_signs_is_read_in_the_time_of_a_lesson(flood: str) -> None:
    reader = Reader("paths/lessons/first.md", Shelf(), "first")
    begin = process_time()
    reader.block(Text("paths/lessons/first.md", (flood * 50_000)[:50_000] + "\n"), 0)
    assert process_time() - begin < 1.5


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("| a | b |\n|---|---|\n| 1 |\n", "table-cells"),
        ("| a | b |\n|---|---|\n| 1 | 2 |\nText below.\n", "table-cells"),
        ("·\tone\n·\ttwo\n", "list-marks"),
        ("1)first\n2)second\n", "list-marks"),
        ("| a | b |\n|---|---|\n| 1 | |\n", ""),
        ("1.5 million\n2.5 million\n", ""),
    ],
)
def test_rows_and_lists_that_are_none_are_told(text: str, code: str) -> None:
    reader = Reader("paths/lessons/first.md", Shelf(), "first")
    reader.block(Text("paths/lessons/first.md", text), 0)
    assert [problem.code for problem in reader.problems] == [code] * bool(code)
