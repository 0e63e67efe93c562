"""Answers that are typed, words and numbers: what is forgiven, how they are read, what is said to them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.questions.folding import EVERYTHING, fold
from courses.questions.number import readings

from .question_makers import (
    question_of,
    simple,
)


@pytest.mark.parametrize(
    ("typed", "accepted"),
    [
        ("  ŠID ", "Šid"),
        ("sid", "Šid"),
        ("Шид", "Šid"),
        ("border   crossing", "Border crossing"),
        ("non-refoulement", "non refoulement"),
        ("non – refoulement", "Non-refoulement"),
        ("bor\u00adder", "border"),
        ("Djordje", "Đorđe"),
        ("DJORDJE", "Đorđe"),
        ("Ђорђе", "Đorđe"),
        ("Dorde", "Đorđe"),
        ("Gjorgji", "Ѓорѓи"),
        ("ќерка", "kjerka"),
        ("njih", "њих"),
        ("ǋegoš", "Његош"),
    ],
)
def test_what_typing_forgives(typed: str, accepted: str) -> None:
    assert fold(typed) == fold(accepted)


@pytest.mark.parametrize(
    ("typed", "accepted", "needed"),
    [
        ("ŠID", "Šid", "case"),
        ("Sid", "Šid", "diacritics"),
        ("Djordje", "Đorđe", "diacritics"),
        ("Шид", "Šid", "script"),
        ("LJUBAV", "ЉУБАВ", "script"),
        ("push - back", "push back", "spacing"),
        ("push  back", "push back", "spacing"),
    ],
)
def test_each_forgives_one_thing(typed: str, accepted: str, needed: str) -> None:
    others = [thing for thing in EVERYTHING if thing != needed]
    assert fold(typed, [needed]) == fold(accepted, [needed])
    assert fold(typed, others) != fold(accepted, others)
    for forgive in ([], [needed]):
        question = question_of("short-text", accept=[accepted], forgive=forgive)
        assert question.grade(typed).score == float(forgive == [needed])
        assert question.grade(f" {accepted}\n").score == 1, "ends are never looked at"


@given(st.text())
def test_folding_leaves_single_spaces(text: str) -> None:
    folded = fold(text)
    assert folded == " ".join(folded.split())


def test_minus_is_no_hyphen() -> None:
    assert fold("-5") != fold("5")


def test_a_typed_answer_comes_back_escaped() -> None:
    part = simple("gaps", "abc", 0).grade({"a": "<script>"}).parts[0]
    assert part.given == "&lt;script&gt;"
    assert not part.right
    for kind in ("short-text", "number"):
        assert simple(kind, "abc", 0).grade("<script>").parts[0].given == "&lt;script&gt;"


def test_known_wrong_answers_have_their_reason() -> None:
    short = question_of("short-text", accept=["asylum"], wrong=[{"text": "Azil", "why": "In English."}], why="So.")
    assert [short.grade(text).parts[0].why for text in ("asylum", "АЗИЛ", "?")] == ["So.", "In English. So.", "So."]
    number = question_of("number", answer="72", wrong=[{"value": "24", "why": "A day."}], why="So.")
    assert [number.grade(text).parts[0].why for text in ("72", "24,0", "?")] == ["So.", "A day. So.", "So."]


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        ("12", [12]),
        ("+12.", [12]),
        ("\u221212,5", [-12.5]),
        ("0.125", [0.125]),
        ("1.000", [1, 1000]),
        ("1,000", [1, 1000]),
        ("0,125", [0.125]),
        ("1.000.000", [1_000_000]),
        ("1.234,5", [1234.5]),
        ("1,234.5", [1234.5]),
        ("1 234,5", [1234.5]),
        ("12 345", [12345]),
        ("1'000", [1000]),
        ("12 34", []),
        ("1,23,4", []),
        ("1.000.5", []),
        ("1,2.3.4", []),
        ("1e3", []),
        ("0x10", []),
        ("nan", []),
        ("inf", []),
        ("1_000", []),
        ("--1", []),
        ("½", []),
        ("", []),
        (".", []),
    ],
)
def test_what_a_typed_number_means(typed: str, means: list[float]) -> None:
    assert list(readings(typed)) == [Fraction(number) for number in means]


@pytest.mark.parametrize("unit", ["hours", "%", "km<sup>2</sup>", "R&amp;D", "сати", "km/h", "€"])
def test_the_unit_may_be_typed_too(unit: str) -> None:
    question = question_of("number", answer="-1500", unit=unit)
    typed = {"km<sup>2</sup>": "km2", "R&amp;D": "r&d", "сати": "Sati"}.get(unit, unit)
    for text in ("-1500", f"-1500 {typed}", f"\u22121.500{typed}", f"-1 500,0\u00a0{typed}", f"{typed} -1500"):
        assert question.grade(text).score == 1, text
    for text in (f"1500 {typed}", "-1500 days", f"-1500 {typed} {typed}", typed):
        assert question.grade(text).score == 0, text


def test_the_unit_may_be_abbreviated() -> None:
    question = question_of("number", answer="15", tolerance="5", unit="minutes")
    for text in ("12,5 min", "12.5 min.", "15m", "minutes 15", "15 Minute", "15 мин."):
        assert question.readable(text), text
        assert question.grade(text).score == 1, text
    for text in ("15 kg", "15 minutes and more", "15 inutes", "15 minutess", "fifteen", "min", ""):
        assert question.grade(text).score == 0, text
        assert not question.readable(text), text
    assert not question.readable(None)
    area = question_of("number", answer="2500", unit="km<sup>2</sup>")
    assert [area.grade(text).score for text in ("2500 km", "km2 500", "km 2 500")] == [1, 0, 0]


@pytest.mark.parametrize(
    ("answer", "tolerance", "unit", "expected"),
    [
        ("15", "5", "minutes", "15 minutes (10 \u2013 20)"),
        ("-200", "5%", "", "\u2212200 (\u2212210 \u2013 \u2212190)"),
        ("0.3", "0.1", "m", "0.3 m (0.2 \u2013 0.4)"),
        ("7", "5%", "", "7 (6.65 \u2013 7.35)"),
        ("100", "0", "km", "100 km"),
    ],
)
def test_feedback_says_what_is_accepted(answer: str, tolerance: str, unit: str, expected: str) -> None:
    question = question_of("number", answer=answer, tolerance=tolerance, unit=unit)
    assert question.grade("5000").parts[0].expected == expected


def test_tolerance_includes_its_bounds_exactly() -> None:
    tenth = question_of("number", answer="0.3", tolerance="0.1")
    assert [tenth.grade(text).score for text in ("0.2", "0.4", "0.1999999999999999999", "0.40000000000000000001")] == [
        1,
        1,
        0,
        0,
    ]
    share = question_of("number", answer="-200", tolerance="5 %")
    assert [share.grade(text).score for text in ("-190", "-210", "-189.9", "210")] == [1, 1, 0, 0]


def test_a_number_has_one_key_however_it_is_written() -> None:
    written = (("12", "5%"), ("+12.00", "5.0 %"))
    keys = [question_of("number", answer=text, tolerance=off).key() for text, off in written]
    assert keys[0] == keys[1]
    assert question_of("number", answer="100").key()["answer"] == "100"
