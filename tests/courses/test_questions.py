"""Every question type: what grading promises, and what the browser may know."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import asdict
from fractions import Fraction
from itertools import pairwise, permutations
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.questions import TYPES, parse
from courses.questions.base import Grade, Question
from courses.questions.categorise import Categorise
from courses.questions.folding import EVERYTHING, fold
from courses.questions.matching import Matching
from courses.questions.number import readings
from courses.questions.open import Open
from courses.questions.scenario import LONGEST

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
    rekeyed,
    reworded,
    score,
    walks,
)

randoms = st.randoms(use_true_random=False)
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


def sent(question: Question, *asked: Any) -> str:
    return json.dumps(asdict(question.payload(*asked)))


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


# ── one type at a time ─────────────────────────────────────────────────────────────────────────────────────────────


def question_of(kind: str, **own: Any) -> Question:
    return made({"id": "q", "type": kind, "objective": "o", "stem": "s"} | own)


def simple(kind: str, names: str, cut: int) -> Question:
    return question_of(kind, **MAKERS[kind](list(names), cut, Random(1)))


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
        1, 1, 0, 0,
    ]  # fmt: skip
    share = question_of("number", answer="-200", tolerance="5 %")
    assert [share.grade(text).score for text in ("-190", "-210", "-189.9", "210")] == [1, 1, 0, 0]


def test_a_number_has_one_key_however_it_is_written() -> None:
    written = (("12", "5%"), ("+12.00", "5.0 %"))
    keys = [question_of("number", answer=text, tolerance=off).key() for text, off in written]
    assert keys[0] == keys[1]
    assert question_of("number", answer="100").key()["answer"] == "100"


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


# ── scenarios ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _case() -> Question:
    return question_of("scenario", start="bus", states=[
        {"id": "bus", "text": "A bus.", "choices": [
            {"id": "ask", "text": "Ask", "to": "talk", "then": "They answer.", "why": "Always ask."},
            {"id": "wait", "text": "Wait", "to": "bus", "then": "Nothing."},
            {"id": "leave", "text": "Leave", "to": "gone"},
        ]},
        {"id": "talk", "text": "A talk.", "choices": [
            {"id": "refer", "text": "Refer", "to": "safe", "then": "They are safe."},
            {"id": "note", "text": "Note", "to": "late"},
        ]},
        {"id": "safe", "text": "Safe.", "ending": {"score": "100%", "text": "Well done."}},
        {"id": "late", "text": "Late.", "ending": {"score": "60%"}},
        {"id": "gone", "text": "Gone.", "ending": {"score": "0%"}},
    ])  # fmt: skip


def test_a_case_by_hand() -> None:
    case = _case()
    assert [case.grade(way).score for way in (["ask", "refer"], ["ask", "note"], ["leave"], ["ask"], [])] == [
        1, 0.6, 0, 0, 0,
    ]  # fmt: skip
    parts = case.grade(["wait", "ask", "note"]).parts
    assert [(part.id, part.right, part.expected) for part in parts] == [
        ("wait", True, ""), ("ask", True, ""), ("note", False, "Refer"),
    ]  # fmt: skip
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
