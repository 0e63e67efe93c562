"""Every question type: what grading promises, and what the browser may know."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from itertools import permutations
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.questions import TYPES, parse
from courses.questions.base import Grade, Question
from courses.questions.folding import fold
from courses.questions.matching import Matching

ids = st.from_regex(r"[a-z]{1,4}[0-9]{0,2}", fullmatch=True)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | ids,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4) | ids, inner, max_size=4),
    max_leaves=8,
)
SECRET = "why-secret"


def _choices(names: list[str], right: set[str]) -> list[dict[str, Any]]:
    return [{"id": n, "text": f"T {n}", "correct": n in right, "why": f"{SECRET} {n}"} for n in names]


def _single(names: list[str], cut: int) -> dict[str, Any]:
    return {"type": "single-choice", "choices": _choices(names, {names[cut]})}


def _multiple(names: list[str], cut: int) -> dict[str, Any]:
    return {"type": "multiple-choice", "choices": _choices(names, set(names[: cut + 1]))}


def _true_false(_names: list[str], cut: int) -> dict[str, Any]:
    return {"type": "true-false", "answer": cut == 0, "why": {"true": f"{SECRET} 1", "false": f"{SECRET} 2"}}


def _matching(names: list[str], cut: int) -> dict[str, Any]:
    pairs = [{"id": n, "left": f"L {n}", "right": f"R {n}", "why": f"{SECRET} {n}"} for n in names[: cut + 2]]
    distractors = [{"id": n, "text": f"D {n}", "why": f"{SECRET} {n}"} for n in names[cut + 2 :]]
    return {"type": "matching", "pairs": pairs, "distractors": distractors}


def _ordering(names: list[str], _cut: int) -> dict[str, Any]:
    return {"type": "ordering", "steps": [{"id": n, "text": f"T {n}", "why": f"{SECRET} {n}"} for n in names]}


def _gaps(names: list[str], cut: int) -> dict[str, Any]:
    typed = [{"id": n, "accept": [f"Key-{n}"], "why": f"{SECRET} {n}"} for n in names[: cut + 1]]
    menus = [{"id": n, "choices": _choices(names, {names[cut]})} for n in names[cut + 1 :]]
    text = "".join(f"before [[{n}]] after " for n in names)
    return {"type": "gaps", "text": text, "gaps": typed + menus}


MAKERS: dict[str, Callable[[list[str], int], dict[str, Any]]] = {
    "single-choice": _single,
    "multiple-choice": _multiple,
    "true-false": _true_false,
    "matching": _matching,
    "ordering": _ordering,
    "gaps": _gaps,
}


@st.composite
def questions(draw: st.DrawFn, kind: str) -> Question:
    names = draw(st.lists(ids, min_size=3, max_size=6, unique=True))
    cut = draw(st.integers(0, len(names) - 2))
    fields = MAKERS[kind](names, cut)
    question = parse({"id": "q", "objective": "o", "stem": "Stem"} | fields)
    assert list(question.mistakes()) == []
    return question


def key(question: Question) -> Any:
    """The answer that is right in all its parts."""
    fields = question.model_dump()
    match question.type:
        case "single-choice":
            return next(choice["id"] for choice in fields["choices"] if choice["correct"])
        case "multiple-choice":
            return [choice["id"] for choice in fields["choices"] if choice["correct"]]
        case "true-false":
            return "true" if fields["answer"] else "false"
        case "matching":
            assert isinstance(question, Matching)
            return {question.slot_id(pair["id"]): question.option_id(pair["id"]) for pair in fields["pairs"]}
        case "ordering":
            return [step["id"] for step in fields["steps"]]
    return {
        gap["id"]: gap["accept"][0] if gap["accept"] else next(c["id"] for c in gap["choices"] if c["correct"])
        for gap in fields["gaps"]
    }


def each_type(test: Callable[[str], None]) -> Any:
    return pytest.mark.parametrize("kind", sorted(TYPES))(test)


def test_every_type_is_tested() -> None:
    assert MAKERS.keys() == TYPES.keys()


@each_type
def test_the_key_scores_one(kind: str) -> None:
    @given(questions(kind))
    def holds(question: Question) -> None:
        grade = question.grade(key(question))
        assert grade.score == 1
        assert all(part.right for part in grade.parts)

    holds()


@each_type
def test_nonsense_scores_nothing_and_never_raises(kind: str) -> None:
    @given(questions(kind), json_values)
    def holds(question: Question, answer: Any) -> None:
        grade = question.grade(answer)
        assert isinstance(grade, Grade)
        assert 0 <= grade.score <= 1
        given_ids = {part.id for part in grade.parts}
        if not isinstance(answer, str | list | dict) or (isinstance(answer, dict) and not set(answer) <= given_ids):
            assert grade.score == 0

    holds()


@each_type
def test_anything_the_page_can_send_scores_between_nothing_and_one(kind: str) -> None:
    @given(questions(kind), st.randoms(use_true_random=False))
    def holds(question: Question, random: Random) -> None:
        payload = question.payload(question.order(random))
        options = [option.id for option in payload.options]
        answers: list[Any] = [*options, random.sample(options, random.randint(0, len(options)))]
        answers.append(
            {slot.id: random.choice([option.id for option in slot.options] or ["typed"]) for slot in payload.slots}
        )
        for answer in answers:
            grade = question.grade(answer)
            assert 0 <= grade.score <= 1
            if grade.score == 1:
                right = key(question)
                same = set(answer) == set(right) if kind == "multiple-choice" else answer == right
                assert same, "only the key scores one"

    holds()


@each_type
def test_the_order_of_choices_moves_no_grade(kind: str) -> None:
    @given(questions(kind), st.randoms(use_true_random=False))
    def holds(question: Question, random: Random) -> None:
        fields = question.model_dump()
        for name in ("choices", "pairs", "distractors", "gaps"):
            if fields.get(name):
                fields[name] = random.sample(fields[name], len(fields[name]))
        moved = parse(fields)
        payload = question.payload()
        options = [option.id for option in payload.options]
        answer: Any = random.choice(options) if options else None
        if kind in ("multiple-choice", "ordering"):
            answer = random.sample(options, len(options) // 2 + 1)
        if payload.slots:
            answer = {s.id: random.choice([o.id for o in s.options] or ["Key-a", "x"]) for s in payload.slots}
        before, after = question.grade(answer), moved.grade(answer)
        assert before.score == after.score
        assert {part.id: part.right for part in before.parts} == {part.id: part.right for part in after.parts}
        assert question.grade(key(moved)).score == 1

    holds()


@each_type
def test_what_the_browser_gets_tells_nothing(kind: str) -> None:
    @given(questions(kind), st.randoms(use_true_random=False))
    def holds(question: Question, random: Random) -> None:
        order = question.order(random)
        sent = json.dumps(asdict(question.payload(order)))
        assert SECRET not in sent
        assert "correct" not in sent
        assert "Key-" not in sent, "words accepted for a gap"
        # whatever is the key, the page is the same but for the order: so it cannot tell it
        if isinstance(question, Matching):
            for payload in (question.payload(order), question.payload()):
                assert not {slot.id for slot in payload.slots} & {option.id for option in payload.slots[0].options}
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
        if kind == "gaps":
            shown = [f"{slot.id}/{option.id}" for slot in payload.slots for option in slot.options]
        elif payload.slots:
            shown = [option.id for option in payload.slots[0].options]
        if order:
            in_order = [id for id in order if id in shown]
            assert sorted(shown) == sorted(order)
            if kind != "gaps":
                assert shown == in_order
        assert question.payload(("gone", *order)) == payload, "ids that no longer exist are passed over"

    holds()


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
    question = parse({"id": "q", "objective": "o", "stem": "s"} | _multiple(["a", "b", "c", "d"], 1))
    assert question.grade(["a"]).score == pytest.approx(1 / 2)
    assert question.grade(["a", "b", "c"]).score == pytest.approx(1 / 2)
    assert question.grade(["a", "c"]).score == 0


def test_ordering_by_hand() -> None:
    question = parse({"id": "q", "objective": "o", "stem": "s"} | _ordering(["a", "b", "c", "d"], 0))
    assert question.grade(["b", "a", "c", "d"]).score == pytest.approx(4 / 6)
    assert question.grade(["d", "a", "b", "c"]).score == 0, "three of six pairs are right"
    assert question.grade(["d", "c", "b", "a"]).score == 0
    assert [part.given for part in question.grade(["b", "a"]).parts] == ["2", "1", "", ""]
    scores = [question.grade(list(order)).score for order in permutations("abcd")]
    assert scores.count(1.0) == 1


@given(questions("matching"))
def test_matching_earns_its_share(question: Question) -> None:
    right = key(question)
    first = next(iter(right))
    grade = question.grade({first: right[first]})
    assert grade.score == pytest.approx(1 / len(right))
    assert [part.chosen for part in grade.parts].count(True) == 1


@pytest.mark.parametrize(
    ("typed", "accepted"),
    [
        ("  ŠID ", "Šid"),
        ("sid", "Šid"),
        ("Шид", "Šid"),
        ("border   crossing", "Border crossing"),
        ("Djordje", "Đorđe"),
        ("Ђорђе", "Đorđe"),
        ("Dorde", "Đorđe"),
        ("Gjorgji", "Ѓорѓи"),
        ("ќерка", "kjerka"),
        ("njih", "њих"),
    ],
)
def test_what_typing_forgives(typed: str, accepted: str) -> None:
    assert fold(typed) == fold(accepted)


@given(st.text())
def test_folding_is_idempotent_on_what_it_folds(text: str) -> None:
    folded = fold(text)
    assert folded == " ".join(folded.split())


def test_a_typed_answer_comes_back_escaped() -> None:
    question = parse({"id": "q", "objective": "o", "stem": "s"} | _gaps(["a", "b", "c"], 0))
    part = question.grade({"a": "<script>"}).parts[0]
    assert part.given == "&lt;script&gt;"
    assert not part.right
