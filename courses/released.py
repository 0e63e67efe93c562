"""The ids of a course held against those that were released, under which answers and progress are stored.

What a release holds is read once, and then remembered by its revision, which never changes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from html import unescape
from typing import Any, NamedTuple

from courses.artefact import ArtefactError, Store
from courses.facts import Fact, Unit
from courses.layout import role
from courses.problems import Problem

_TAG = re.compile(r"<[^<>]*>")
_WORD = re.compile(r"\w+")
_STORED = {"question": "answers", "lesson": "progress", "objective": "results"}


class Entry(NamedTuple):
    """What is remembered of a released question, lesson or objective: its question type (or ""), the bank that held it
    (or ""), and the fingerprint of its stem, title or text."""

    type: str
    bank: str
    words: str


Released = Mapping[str, Mapping[str, Entry]]
"""Kind (`question`, `lesson`, `objective`) → id → entry."""


def fingerprint(text: str) -> str:
    """A short hash of the words of a text: the same for Markdown and for the HTML that it becomes, as long as it links
    to and cites nothing."""
    words = _WORD.findall(unescape(_TAG.sub("", text)).lower())
    return sha256(" ".join(words).encode()).hexdigest()[:12]


def type_fact(fields: Mapping[str, Any], line: int, column: int) -> Fact:
    """What a bank says of the type and the words of a question that has both."""
    return Fact("type", f"{fields['id']} {fields['type']} {fingerprint(fields['stem'])}", line, column)


def released(store: Store, course_id: str) -> Released:
    """What is released of the course; {} if nothing is, or if the store can't be read, of which others will tell."""
    try:
        release = store.releases().get(course_id)
        if release is None:
            return {}
        path = store.root / "cache" / "released" / f"{release.revision}.json"
        if not path.is_file():
            found = _read(store, course_id, release.revision)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(found, ensure_ascii=False), "utf-8")
        kept = json.loads(path.read_bytes())
        return {kind: {id: Entry(*entry) for id, entry in entries.items()} for kind, entries in kept.items()}
    except (ArtefactError, OSError, ValueError):
        return {}


def _read(store: Store, course_id: str, revision: str) -> dict[str, dict[str, Entry]]:
    course = store.course(course_id, revision)
    return {
        "question": {
            question.id: Entry(question.type, bank.id, fingerprint(question.stem))
            for bank in course.banks
            for question in store.bank(course, bank.id)
        },
        "lesson": {lesson.id: Entry("", "", fingerprint(lesson.title)) for lesson in course.lessons},
        "objective": {objective.id: Entry("", "", fingerprint(objective.text)) for objective in course.objectives},
    }


def check_release(folder: str, units: Iterable[Unit], before: Released) -> list[Problem]:
    """An error for each question whose type is not the released one, and advice for each released id that is gone."""
    units = [unit for unit in units if (where := role(unit.file)) and not where.locale]
    main = next((unit for unit in units if unit.file == f"{folder}/course.yaml"), None)
    if not before or main is None or main.data is None:
        return []
    types = {fact.name.split(" ")[0]: (unit, fact) for unit in units for fact in unit.defines if fact.kind == "type"}
    now = {
        "question": {id: fact.name.split(" ")[2] for id, (_, fact) in types.items()},
        "lesson": {id: fingerprint(title) for id, title in _titles(units).items()},
        "objective": {entry["id"]: fingerprint(entry["text"]) for entry in main.data["objectives"]},
    }
    problems = list(_types(types, before.get("question", {})))
    if any(unit.data is None for unit in units):
        return problems  # what is gone may stand in a file that could not be read
    banks = {unit.defines[0].name: unit.file for unit in units if unit.defines and unit.defines[0].kind == "bank"}
    for kind, entries in before.items():
        for id in sorted(entries.keys() - now[kind].keys()):
            file = banks.get(entries[id].bank, main.file)
            renamed = [new for new, words in now[kind].items() if new not in entries and words == entries[id].words]
            problems.append(_gone(file, kind, id, renamed))
    return problems


def _titles(units: Iterable[Unit]) -> dict[str, str]:
    return {
        unit.defines[0].name: unit.data["title"]
        for unit in units
        if unit.data and unit.defines and unit.defines[0].kind == "lesson" and "title" in unit.data
    }


def _types(types: Mapping[str, tuple[Unit, Fact]], before: Mapping[str, Entry]) -> Iterator[Problem]:
    for id, (unit, fact) in types.items():
        kind = fact.name.split(" ")[1]
        if id in before and kind != before[id].type:
            was = before[id].type
            message = f"The question `{id}` was released as `{was}`, and answers to that are stored under its id."
            hint = f"Give the new question another id, or write `type: {was}`."
            yield Problem(unit.file, fact.line, fact.column, "error", "type-changed", message, hint)


def _gone(file: str, kind: str, id: str, renamed: list[str]) -> Problem:
    message = f"The {kind} `{id}` was released and is no longer here; {_STORED[kind]} are stored under its id."
    hint = "If it is gone for good, let this file begin with `# allow id-gone:` and the reason."
    if renamed:
        hint = f"Was it renamed? `{renamed[0]}` has the same words: give it back the id `{id}`."
    return Problem(file, 1, 1, "advice", "id-gone", message, hint)


def gone(store: Store, existing: Iterable[str]) -> list[str]:
    """The courses that are offered to people and have no folder in the content any more; [] if the list of releases
    can't be read, of which others will tell."""
    try:
        return sorted(set(store.releases()) - set(existing) - store.withdrawn())
    except ArtefactError:
        return []


def check_gone(store: Store, titles: Mapping[str, str]) -> list[Problem]:
    """Advice for each released course whose folder is gone. `titles`: of all the courses that are there, by id."""
    problems = []
    for id in gone(store, titles):
        message = f"The course `{id}` was released and its folder is gone. People still see the release."
        same = [new for new, title in titles.items() if fingerprint(title) == _title_of(store, id)]
        hint = f"Take it out of the catalogue with: staza withdraw {id}"
        if same:
            hint = f"Was it renamed? `{same[0]}` has the same title: give that folder back the name `{id}`."
        problems.append(Problem("programme.yaml", 1, 1, "advice", "course-gone", message, hint))
    return problems


def check_withdrawn(store: Store, prerequisites: Mapping[str, Iterable[Fact]]) -> list[Problem]:
    """Advice for each prerequisite that is withdrawn. `prerequisites`: what each course.yaml names, with places."""
    try:
        withdrawn = store.withdrawn()
    except ArtefactError:
        return []
    problems = []
    for course, facts in prerequisites.items():
        for fact in facts if course not in withdrawn else ():
            if fact.name in withdrawn:
                message = f"The course `{fact.name}` is withdrawn: who has not completed it can never begin this one."
                hint = "Take it out of `prerequisites`, or put another in its place."
                place = f"{course}/course.yaml", fact.line, fact.column
                problems.append(Problem(*place, "advice", "course-gone", message, hint))
    return problems


def _title_of(store: Store, id: str) -> str:
    try:
        return fingerprint(store.course(id, store.releases()[id].revision).title)
    except ArtefactError:
        return ""
