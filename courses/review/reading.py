"""A content folder → its courses, as far as figures are made of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from courses.build import Session
from courses.facts import Unit
from courses.layout import role
from courses.problems import Problem
from courses.questions import parse
from courses.questions.base import Question


@dataclass(frozen=True, slots=True)
class Item:
    """A question of a bank, compiled (its texts are inline HTML), and the file and line of its id. `final`: whether a
    quiz that completes the course may draw it."""

    question: Question
    bank: str
    file: str
    line: int
    final: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """A course: what course.yaml says, its lessons in their order (as `model.Lesson` has them, in plain values), all
    items in the order of their files, and the units of its files; those of translations are left out."""

    id: str
    main: dict[str, Any]
    lessons: tuple[dict[str, Any], ...]
    items: tuple[Item, ...]
    units: tuple[Unit, ...]

    def bank(self) -> list[Item]:
        """The items of the final's banks."""
        return [item for item in self.items if item.final]


@dataclass(frozen=True, slots=True)
class Shelf:
    """All courses asked for. `sources`: each source's fields by its key; `countries`: the codes of the programme's;
    `problems`: all that is wrong or advised."""

    courses: tuple[Reading, ...]
    sources: dict[str, dict[str, Any]]
    countries: tuple[str, ...]
    problems: tuple[Problem, ...]


def read(content: Path, only: Sequence[str] = ()) -> Shelf:
    """The courses in the folder `content` (all, or those in `only`), without what cannot be read of them. Raises
    `OSError` if the folder cannot be listed."""
    session = Session(content, only)
    result = session.refresh()
    found = [_course(course.id, list(session.units(course.id).values())) for course in result.courses]
    shared = session.units()
    sources, programme = (_data(shared.get(name)) for name in ("sources.yaml", "programme.yaml"))
    countries = tuple(country["id"] for country in programme.get("countries", ()))
    return Shelf(tuple(each for each in found if each), sources, countries, tuple(result.all_problems()))


def _data(unit: Unit | None) -> dict[str, Any]:
    return (unit.data or {}) if unit else {}


def _course(id: str, units: list[Unit]) -> Reading | None:
    """The course of the units; None if course.yaml cannot be read."""
    own = [unit for unit in units if (where := role(unit.file)) and not where.locale]
    main = next((unit.data for unit in own if unit.file == f"{id}/course.yaml"), None)
    if main is None:
        return None
    bodies = {unit.file: json.loads(unit.body) for unit in own if unit.body and unit.file.endswith((".md", ".yaml"))}
    listed = [f"{id}/lessons/{name}.md" for name in main["lessons"]]
    final = {
        draw["bank"]
        for name in main["completion"]["quizzes"]
        for unit in own
        if unit.file == f"{id}/quizzes/{name}.yaml" and unit.data
        for draw in unit.data["draw"]
    }
    items = (
        item
        for unit in sorted(own, key=lambda unit: unit.file)
        if (where := role(unit.file)) and where.kind == "bank"
        for item in _items(unit, where.id, where.id in final, bodies.get(unit.file, ()))
    )
    lessons = tuple(bodies[file] for file in listed if file in bodies)
    return Reading(id, main, lessons, tuple(items), tuple(own))


def _items(unit: Unit, bank: str, final: bool, body: Sequence[dict[str, Any]]) -> Iterator[Item]:
    lines = {fact.name: fact.line for fact in reversed(unit.defines) if fact.kind == "question"}
    for fields in body:
        try:
            question = parse(fields)
        except ValidationError:  # a draft whose texts rendered to nothing
            continue
        yield Item(question, bank, unit.file, lines.get(question.id, 1), final)
