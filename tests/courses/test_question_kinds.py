"""Each type of question by hand: what earns a share, and how a case is played."""

from __future__ import annotations

import math
from itertools import pairwise, permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.questions import TYPES
from courses.questions.base import Question
from courses.questions.open import Open
from courses.questions.scenario import LONGEST

from .question_makers import (
    KINDS,
    key,
    question_of,
    questions,
    randoms,
    sent,
    simple,
    walks,
)


@given(questions("ordering"), st.integers())
def test_ordering_is_never_shown_in_order(question: Question, seed: int) -> None:
    assert list(question.order(Random(seed))) != key(question)
    assert [option.id for option in question.payload().options] != key(question)


@given(questions("multiple-choice"))
def test_ticking_everything_or_nothing_earns_nothing(question: Question) -> None:
    everything = [option.id for option in question.payload().options]
    assert question.grade(everything).score == 0
    assert question.grade([]).score == 0
    assert question.grade([*key(question), key(question)[0]]).score == 0, "ticked twice"
    assert question.grade([*key(question), "unheard-of"]).score == 0


def test_multiple_choice_by_hand() -> None:
    question = simple("multiple-choice", "abcd", 1)
    assert question.grade(["a"]).score == pytest.approx(1 / 2)
    assert question.grade(["a", "b", "c"]).score == pytest.approx(1 / 2)
    assert question.grade(["a", "c"]).score == 0


def test_ordering_by_hand() -> None:
    question = simple("ordering", "abcd", 0)
    assert question.grade(["b", "a", "c", "d"]).score == pytest.approx(4 / 6)
    assert question.grade(["d", "a", "b", "c"]).score == 0, "three of six pairs are right"
    assert question.grade(["d", "c", "b", "a"]).score == 0
    assert [part.given for part in question.grade(["b", "a"]).parts] == ["2", "1", "", ""]
    scores = [question.grade(list(order)).score for order in permutations("abcd")]
    assert scores.count(1.0) == 1


@pytest.mark.parametrize("kind", ["matching", "categorise"])
def test_what_is_matched_earns_its_share(kind: str) -> None:
    @given(questions(kind))
    def holds(question: Question) -> None:
        right = key(question)
        first = next(iter(right))
        grade = question.grade({first: right[first]})
        assert grade.score == pytest.approx(1 / len(right))
        assert [part.chosen for part in grade.parts].count(True) == 1

    holds()


def test_marking_an_open_answer() -> None:
    criteria = [{"id": "facts", "text": "Facts", "points": "3"}, {"id": "law", "text": "Law", "points": "1"}]
    question = question_of("open", criteria=criteria)
    assert isinstance(question, Open)
    assert question.grade("Some words").pending
    assert not question.grade(" \n").pending
    assert question.mark({"facts": 1.5, "law": 1}) == pytest.approx(2.5 / 4)
    assert question.mark({}) == 0
    for wrong in ({"fact": 1}, {"facts": 3.5}, {"facts": -1}, {"facts": math.nan}, {"facts": math.inf}):
        with pytest.raises(ValueError, match=r"criterion .*\."):
            question.mark(wrong)


def test_a_rating_counts_for_nothing() -> None:
    assert [kind for kind in KINDS if not TYPES[kind].graded] == ["rating"]


def _case() -> Question:
    return question_of(
        "scenario",
        start="bus",
        states=[
            {
                "id": "bus",
                "text": "A bus.",
                "choices": [
                    {"id": "ask", "text": "Ask", "to": "talk", "then": "They answer.", "why": "Always ask."},
                    {"id": "wait", "text": "Wait", "to": "bus", "then": "Nothing."},
                    {"id": "leave", "text": "Leave", "to": "gone"},
                ],
            },
            {
                "id": "talk",
                "text": "A talk.",
                "choices": [
                    {"id": "refer", "text": "Refer", "to": "safe", "then": "They are safe."},
                    {"id": "note", "text": "Note", "to": "late"},
                ],
            },
            {"id": "safe", "text": "Safe.", "ending": {"score": "100%", "text": "Well done."}},
            {"id": "late", "text": "Late.", "ending": {"score": "60%"}},
            {"id": "gone", "text": "Gone.", "ending": {"score": "0%"}},
        ],
    )


def test_a_case_by_hand() -> None:
    case = _case()
    assert [case.grade(way).score for way in (["ask", "refer"], ["ask", "note"], ["leave"], ["ask"], [])] == [
        1,
        0.6,
        0,
        0,
        0,
    ]
    parts = case.grade(["wait", "ask", "note"]).parts
    assert [(part.id, part.right, part.expected) for part in parts] == [
        ("wait", True, ""),
        ("ask", True, ""),
        ("note", False, "Refer"),
    ]
    assert parts[1].why == "They answer. Always ask."
    assert case.grade(["ask", "refer"]).parts[-1].why == "They are safe. Well done."
    payload = case.payload((), ["ask"])
    assert payload.text == ("A talk.",)
    assert [(step.situation, step.chosen, step.consequence) for step in payload.trail] == [
        ("A bus.", "Ask", "They answer.")
    ]
    assert "Well done." not in sent(case, (), ["ask", "refer"]), "what is said of the ending is said after it"


def test_a_case_that_goes_round_is_closed() -> None:
    case = _case()
    way = ["wait"] * LONGEST
    assert case.payload((), way[:-1]).options
    assert not case.finished(way[:-1])
    assert case.payload((), way).options == ()
    assert case.finished(way)
    assert case.grade(way).score == 0
    assert not case.follows(way, [*way, "ask"])
    assert case.grade([*way[:-2], "ask", "refer"]).score == 1


@given(questions("scenario"), randoms)
def test_what_was_done_in_a_case_is_not_undone(case: Question, random: Random) -> None:
    ways = list(walks(case, random))
    for before, after in pairwise(ways):
        assert case.follows(before, after)
        assert case.follows(before, before), "a second sending of the same"
        assert not case.follows(after, before)
        assert not case.finished(before)
        assert case.payload((), after).trail[:-1] == case.payload((), before).trail
    assert case.follows(None, [])
    assert not case.follows([], [*ways[-1], "unheard-of"])
    if case.finished(ways[-1]):
        assert case.payload((), ways[-1]).options == ()
