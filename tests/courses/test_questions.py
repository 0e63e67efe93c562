"""Every question type: what grading promises, and what the browser may know."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.questions import TYPES, parse
from courses.questions.base import Grade, Question
from courses.questions.categorise import Categorise
from courses.questions.matching import Matching

from .question_makers import (
    KINDS,
    MAKERS,
    SECRET,
    Fields,
    answers,
    fields,
    ids,
    key,
    made,
    questions,
    randoms,
    rekeyed,
    reworded,
    score,
    sent,
)

huge = st.sampled_from(["9" * 100_000, "a" * 1_000_000, "š -" * 50_000, "\ud800", "1," * 5_000, "(" * 20_000, "1e400"])
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | ids | huge
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4) | ids, inner, max_size=4),
    max_leaves=8,
)
# nothing here is an id or a word that any question knows
nonsense = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8).map("§{}".format) | huge,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)


def each_type(test: Callable[[str], None]) -> Any:
    return pytest.mark.parametrize("kind", KINDS)(test)


def test_every_type_is_tested() -> None:
    assert MAKERS.keys() == TYPES.keys()


@each_type
def test_the_key_scores_one(kind: str) -> None:
    @given(questions(kind))
    def holds(question: Question) -> None:
        answer = key(question)
        assert score(question, answer) == 1
        assert question.finished(answer)
        assert all(part.right for part in question.grade(answer).parts) or kind == "open"

    holds()


@each_type
def test_nonsense_scores_nothing(kind: str) -> None:
    @given(questions(kind), nonsense)
    def holds(question: Question, answer: Any) -> None:
        assert question.grade(answer).score == 0

    holds()


@each_type
def test_whatever_is_answered_nothing_raises(kind: str) -> None:
    @given(questions(kind), json_values, json_values)
    def holds(question: Question, answer: Any, before: Any) -> None:
        grade = question.grade(answer)
        assert isinstance(grade, Grade)
        assert 0 <= grade.score <= 1
        assert isinstance(question.finished(answer), bool)
        assert isinstance(question.follows(before, answer), bool)
        assert sent(question, (), answer)
        assert sum(map(len, map(str, map(asdict, grade.parts)))) < 30_000, "a flood does not come back"

    holds()


@each_type
def test_anything_the_page_can_send_scores_between_nothing_and_one(kind: str) -> None:
    @given(questions(kind), randoms)
    def holds(question: Question, random: Random) -> None:
        for answer in answers(question, random):
            earned = question.grade(answer).score
            assert 0 <= earned <= 1
            if earned == 1 and question.payload().shape in ("id", "ids", "places") and question.graded:
                right = key(question)
                same = set(answer) == set(right) if kind == "multiple-choice" else answer == right
                assert same, "only the key scores one"

    holds()


@each_type
def test_other_words_and_another_order_move_no_grade(kind: str) -> None:
    @given(fields(kind), randoms)
    def holds(written: Fields, random: Random) -> None:
        question, changed = made(written), made(reworded(written, random))
        assert changed.key() == question.key()
        for answer in [*answers(question, random), key(question)]:
            before, after = question.grade(answer), changed.grade(answer)
            assert (before.score, before.pending) == (after.score, after.pending)
            assert {part.id: part.right for part in before.parts} == {part.id: part.right for part in after.parts}
        assert score(question, key(changed)) == 1

    holds()


@each_type
def test_another_key_is_another_key_and_the_browser_gets_the_same(kind: str) -> None:
    @given(fields(kind), randoms)
    def holds(written: Fields, random: Random) -> None:
        changed = rekeyed(written, random)
        if changed is None:
            return
        question, other = made(written), parse(changed)
        assert other.key() != question.key()
        order = question.order(random)
        assert sent(other, order) == sent(question, order)
        if kind != "ordering":  # which is never shown in the right order, even where none is asked for
            assert sent(other) == sent(question)

    holds()


@each_type
def test_what_the_browser_gets_tells_nothing(kind: str) -> None:
    @given(questions(kind), randoms)
    def holds(question: Question, random: Random) -> None:
        for answer in answers(question, random):
            told = sent(question, question.order(random), answer)
            assert SECRET not in told
            assert "correct" not in told
        if isinstance(question, Matching | Categorise):
            own = {item["id"] for items in question.model_dump().values() if isinstance(items, tuple) for item in items}
            for payload in (question.payload(question.order(random)), question.payload()):
                known = {slot.id for slot in payload.slots}, {option.id for option in payload.slots[0].options}
                assert not known[0] & known[1]
                assert not own & (known[0] | known[1]), "the author's ids say what belongs together"
                assert len({slot.options for slot in payload.slots}) == 1

    holds()


@each_type
def test_payload_and_order_say_the_same(kind: str) -> None:
    @given(questions(kind), st.integers())
    def holds(question: Question, seed: int) -> None:
        order = question.order(Random(seed))
        assert order == question.order(Random(seed)), "the seed decides"
        payload = question.payload(order)
        shown = [option.id for option in payload.options]
        if kind == "categorise":
            shown = [slot.id for slot in payload.slots]
        elif kind == "gaps":
            shown = [f"{slot.id}/{option.id}" for slot in payload.slots for option in slot.options]
        elif payload.slots:
            shown = [option.id for option in payload.slots[0].options]
        if order and kind != "scenario":
            assert sorted(shown) == sorted(order)
        if kind != "gaps":
            assert shown == [id for id in order if id in shown] or not order
        assert question.payload(("gone", *order)) == payload, "ids that no longer exist are passed over"

    holds()


@each_type
def test_what_is_stored_is_read_back(kind: str) -> None:
    @given(questions(kind))
    def holds(question: Question) -> None:
        assert parse(json.loads(json.dumps(question.model_dump(mode="json")))) == question
        assert json.loads(json.dumps(question.key())) == question.key()

    holds()
