"""Questions of every type, drawn by hypothesis: valid ones, their keys, and what can be done to them.

The fields are those that an author writes, so that whoever edits them edits a course.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import asdict
from random import Random
from typing import Any

from hypothesis import strategies as st

from courses.questions import TYPES, parse
from courses.questions.base import Question
from courses.questions.categorise import Categorise
from courses.questions.matching import Matching
from courses.questions.open import Open

Fields = dict[str, Any]
KINDS = sorted(TYPES)
SECRET = "secret"
"""Stands in everything that no browser may get before the answer is in."""

WORDS = ["a", "b", "c", "d", "x", "y", "z", "ab", "ba", "id", "key", "abcd", "true"]
ids = st.sampled_from([f"{word}{number}" for number in ("", "1", "2", "07", "42") for word in WORDS])
"""Ids as authors write them. Chosen from a list, as words of an expression take longer to draw than to test."""

randoms = st.randoms(use_true_random=True)
"""A seed is drawn, and by the seed all else."""


def _choices(names: list[str], right: set[str]) -> list[Fields]:
    return [{"id": n, "text": f"T {n}", "correct": n in right, "why": f"{SECRET} {n}"} for n in names]


def _single(names: list[str], cut: int, _random: Random) -> Fields:
    return {"choices": _choices(names, {names[cut]})}


def _multiple(names: list[str], cut: int, _random: Random) -> Fields:
    return {"choices": _choices(names, set(names[: cut + 1]))}


def _true_false(_names: list[str], cut: int, _random: Random) -> Fields:
    return {"answer": cut == 0, "why": {"true": f"{SECRET} 1", "false": f"{SECRET} 2"}}


def _matching(names: list[str], cut: int, _random: Random) -> Fields:
    pairs = [{"id": n, "left": f"L {n}", "right": f"R {n}", "why": f"{SECRET} {n}"} for n in names[: cut + 2]]
    distractors = [{"id": n, "text": f"D {n}", "why": f"{SECRET} {n}"} for n in names[cut + 2 :]]
    return {"pairs": pairs, "distractors": distractors}


def _ordering(names: list[str], _cut: int, _random: Random) -> Fields:
    return {"steps": [{"id": n, "text": f"T {n}", "why": f"{SECRET} {n}"} for n in names]}


def _gaps(names: list[str], cut: int, _random: Random) -> Fields:
    typed = [{"id": n, "accept": [f"{SECRET} word {n}"], "why": f"{SECRET} {n}"} for n in names[: cut + 1]]
    menus = [{"id": n, "choices": _choices(names, {names[cut]})} for n in names[cut + 1 :]]
    return {"text": "".join(f"before [[{n}]] after " for n in names), "gaps": typed + menus}


def _short_text(names: list[str], cut: int, random: Random) -> Fields:
    forgiven = ["case", "spacing", "diacritics", "script"]
    return {
        "accept": [f"Šifra {SECRET} {n}" for n in names[: cut + 1]],
        "forgive": random.sample(forgiven, random.randint(0, 4)),
        "wrong": [{"text": f"Šifra {SECRET} {n}", "why": f"{SECRET} {n}"} for n in names[cut + 1 :]],
        "why": SECRET,
    }


def _number(_names: list[str], cut: int, random: Random) -> Fields:
    answer = f"{random.choice(['', '-'])}{random.randint(1, 9_999)}{random.choice(['', '.5', '.125', '.0'])}"
    tolerance = random.choice(["0", "0.5", "5%", "12.5 %"])
    wrong = [{"value": f"{77_000 + cut}", "why": SECRET}]
    return {"answer": answer, "tolerance": tolerance, "unit": "hours", "wrong": wrong, "why": SECRET}


def _categorise(names: list[str], cut: int, random: Random) -> Fields:
    categories = [{"id": n, "text": f"C {n}"} for n in names[: cut + 2]]
    items = [
        {"id": n, "text": f"I {n}", "category": random.choice(categories)["id"], "why": f"{SECRET} {n}"} for n in names
    ]
    return {"categories": categories, "items": items}


def _open(names: list[str], cut: int, random: Random) -> Fields:
    criteria = [{"id": n, "text": f"{SECRET} {n}", "points": str(random.randint(1, 5))} for n in names[: cut + 1]]
    return {"criteria": criteria, "model": SECRET, "limit": "500", "why": SECRET}


def _scenario(names: list[str], cut: int, random: Random) -> Fields:
    """The first `cut + 1` states go on, each to a later one at least, the others end; some ways lead back."""
    going, ends = names[: cut + 1], names[cut + 1 :]
    leads: list[tuple[str, str]] = []
    for place, name in enumerate(names[1:], start=1):
        leads.append((random.choice(going[:place]), name))
    for place, name in enumerate(going):
        leads.append((name, random.choice(names[place + 1 :])))
    leads += [(random.choice(going), random.choice(names)) for _ in range(random.randint(0, 3))]
    random.shuffle(leads)
    states: list[Fields] = []
    for name in going:
        ways = [
            {"id": f"go-{number}", "text": f"W {number}", "to": to, "then": f"then {number}", "why": f"{SECRET} {to}"}
            for number, (of, to) in enumerate(leads)
            if of == name
        ]
        states.append({"id": name, "text": f"S {name}", "choices": ways})
    for place, name in enumerate(ends):
        score = "100%" if place == 0 else random.choice(["0%", "40%", "62.5%", "100%"])
        states.append({"id": name, "text": f"S {name}", "ending": {"score": score, "text": f"{SECRET} {name}"}})
    return {"start": names[0], "states": states}


def _rating(names: list[str], _cut: int, _random: Random) -> Fields:
    return {"scale": [{"id": n, "text": f"T {n}"} for n in names]}


MAKERS: dict[str, Callable[[list[str], int, Random], Fields]] = {
    "single-choice": _single,
    "multiple-choice": _multiple,
    "true-false": _true_false,
    "matching": _matching,
    "ordering": _ordering,
    "gaps": _gaps,
    "short-text": _short_text,
    "number": _number,
    "categorise": _categorise,
    "open": _open,
    "scenario": _scenario,
    "rating": _rating,
}


@st.composite
def fields(draw: st.DrawFn, kind: str, most: int = 6) -> Fields:
    """The fields of a valid question of the type, of `most` parts at most."""
    names = draw(st.lists(ids, min_size=3, max_size=most, unique=True))
    cut = draw(st.integers(0, len(names) - 2))
    made = MAKERS[kind](names, cut, draw(randoms))
    return {"id": "q", "type": kind, "objective": "o", "stem": "Stem"} | made


def questions(kind: str, most: int = 6) -> st.SearchStrategy[Question]:
    """Valid questions of the type, of `most` parts at most."""
    return fields(kind, most).map(made)


def made(fields: Fields) -> Question:
    """The question of these fields, which must be right."""
    question = parse(fields)
    assert [*question.mistakes_in(fields), *question.mistakes()] == []
    return question


def question_of(kind: str, **own: Any) -> Question:
    """A question of the type with these fields of its own."""
    return made({"id": "q", "type": kind, "objective": "o", "stem": "s"} | own)


def simple(kind: str, names: str, cut: int) -> Question:
    """One whose parts have names of a letter each."""
    return question_of(kind, **MAKERS[kind](list(names), cut, Random(1)))


def sent(question: Question, *asked: Any) -> str:
    """All that the browser gets of the question."""
    return json.dumps(asdict(question.payload(*asked)))


# ── answers ────────────────────────────────────────────────────────────────────────────────────────────────────────


def key(question: Question) -> Any:
    """An answer that is right in all its parts."""
    fields = question.model_dump()
    if isinstance(question, Matching):
        return {question.slot_id(pair.id): question.option_id(pair.id) for pair in question.pairs}
    if isinstance(question, Categorise):
        return {question.slot_id(item.id): question.option_id(item.category) for item in question.items}
    match question.type:
        case "single-choice":
            return next(choice["id"] for choice in fields["choices"] if choice["correct"])
        case "multiple-choice":
            return [choice["id"] for choice in fields["choices"] if choice["correct"]]
        case "true-false":
            return "true" if fields["answer"] else "false"
        case "ordering":
            return [step["id"] for step in fields["steps"]]
        case "short-text":
            return fields["accept"][-1]
        case "number":
            return fields["answer"]
        case "open":
            return "An answer."
        case "scenario":
            return _best_way(fields)
        case "rating":
            return fields["scale"][-1]["id"]
    return {
        gap["id"]: gap["accept"][0] if gap["accept"] else next(c["id"] for c in gap["choices"] if c["correct"])
        for gap in fields["gaps"]
    }


def _best_way(fields: Fields) -> list[str]:
    states = {state["id"]: state for state in fields["states"]}
    ways: list[tuple[str, list[str]]] = [(fields["start"], [])]
    seen = {fields["start"]}
    for here, way in ways:  # which grows
        state = states[here]
        if state["ending"] and state["ending"]["score"] == 1:
            return way
        for choice in state["choices"]:
            if choice["to"] not in seen:
                seen.add(choice["to"])
                ways.append((choice["to"], [*way, choice["id"]]))
    raise AssertionError("no way to a full score")


def score(question: Question, answer: Any) -> float:
    """The score of the answer; of one that a trainer marks, with all the points."""
    grade = question.grade(answer)
    if not grade.pending:
        return grade.score
    assert isinstance(question, Open)
    assert grade.score == 0
    return question.mark({criterion.id: criterion.points for criterion in question.criteria})


def answers(question: Question, random: Random) -> Iterator[Any]:
    """Answers of the kind that the page sends, right and wrong and incomplete."""
    payload = question.payload(question.order(random))
    options = [option.id for option in payload.options]
    match payload.shape:
        case "id":
            yield from options
        case "ids" | "places":
            yield from (random.sample(options, count) for count in range(len(options) + 1))
        case "slots":
            right = key(question)
            for _ in range(5):
                yield {
                    slot.id: random.choice([*(option.id for option in slot.options), right[slot.id], "", "typed"])
                    for slot in payload.slots
                    if random.random() < 0.9
                }
        case "text":
            right = key(question)
            yield from (
                right,
                right.upper(),
                f" {right}  ",
                f"{right}0",
                right.replace("Š", "S"),
                "77 000",
                "typed",
                "",
            )
        case "path":
            yield from walks(question, random)


def walks(question: Question, random: Random) -> Iterator[list[str]]:
    """The answers on a way through a scenario, from none to where it ends or one tires of it."""
    way: list[str] = []
    for _ in range(12):
        yield list(way)
        options = question.payload((), way).options
        if not options:
            return
        way.append(random.choice(options).id)


# ── edits ──────────────────────────────────────────────────────────────────────────────────────────────────────────

TEXTS = ("stem", "text", "why", "left", "right", "then", "model", "true", "false")


def reworded(fields: Fields, random: Random) -> Fields:
    """The same question in other words and another order, with the same ids and the same key."""

    def change(value: Any, name: str) -> Any:
        if isinstance(value, dict):
            return {inner: change(part, inner) for inner, part in value.items()}
        if isinstance(value, list) and value and isinstance(value[0], dict):
            parts = [change(part, name) for part in value]
            return parts if name == "steps" else random.sample(parts, len(parts))
        return f"Anew: {value}" if name in TEXTS and isinstance(value, str) else value

    level = {"level": random.choice(["recall", "judgement"]), "objective": "another"}
    return change(deepcopy(fields), "") | level  # type: ignore[no-any-return]


def rekeyed(fields: Fields, random: Random) -> Fields | None:
    """The same question with another key and nothing else changed; None where a type has no other."""
    found = deepcopy(fields)
    match found["type"]:
        case "single-choice":
            right = next(place for place, choice in enumerate(found["choices"]) if choice["correct"])
            for place, choice in enumerate(found["choices"]):
                choice["correct"] = place == (right + 1) % len(found["choices"])
        case "multiple-choice":
            for choice in found["choices"]:
                choice["correct"] = not choice["correct"]
        case "true-false":
            found["answer"] = not found["answer"]
        case "ordering":
            found["steps"] = found["steps"][1:] + found["steps"][:1]
        case "gaps":
            found["gaps"][0]["accept"] = ["Another word"]
        case "short-text":
            found["accept"] = ["Another word"]
        case "number":
            found["answer"] = "123456"
        case "categorise":
            item, names = random.choice(found["items"]), [category["id"] for category in found["categories"]]
            item["category"] = random.choice([name for name in names if name != item["category"]])
        case "scenario":
            ending = next(state["ending"] for state in found["states"] if state.get("ending"))
            ending["score"] = "35%"
        case "open":
            found["criteria"][0]["points"] = "9"
        case _:
            return None
    return found
