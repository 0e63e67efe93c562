"""One source file → one `Unit`: what is known of it, and the object it compiles to.

Each function takes the text of a file and its id (the file's name without its ending), looks at no other file, and
raises nothing for what an author may have written.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import partial
from hashlib import sha256
from typing import Any, TypeVar

from courses import schema
from courses.artefact import canonical
from courses.facts import Fact, Shelf, Unit
from courses.markdown import Reader
from courses.media import measure
from courses.model import (
    SLUG,
    BankEntry,
    Completion,
    Course,
    Frozen,
    Lesson,
    LessonEntry,
    Objective,
    Quiz,
    Review,
    Source,
)
from courses.problems import Problem, has_errors
from courses.source import Document, Text, Where, front_matter

FrozenT = TypeVar("FrozenT", bound=Frozen)


def lesson(source: Text, id: str, shelf: Shelf) -> Unit:
    """A lesson. `data`: title, objectives, minutes, checks, sources."""
    unit = _unit(source, "lesson", id)
    document, start, problems = front_matter(source)
    front = None
    if document:
        front = schema.validate(document, schema.FrontMatter)
        for place, objective in enumerate(front.objectives if front else ()):
            _use(unit, document, "objective", objective, ("objectives", place))
    unit.problems += document.problems if document else problems
    reader = Reader(source.file, shelf, id)
    blocks = reader.block(source, start)
    _take(unit, reader)
    if front and not has_errors(unit.problems):
        compiled = Lesson(
            id=id,
            title=front.title,
            objectives=front.objectives,
            minutes=front.minutes,
            words=reader.words,
            blocks=blocks,
            checks=_names(reader.uses, "question"),
            sources=_names(reader.uses, "source"),
        )
        unit.data = compiled.model_dump(mode="json", include={"title", "objectives", "minutes", "checks", "sources"})
        _attach(unit, compiled.model_dump(mode="json"))
    return unit


def bank(source: Text, id: str, shelf: Shelf) -> Unit:
    """A bank. `data`: the ids of its questions, and the sources they cite."""
    unit = _unit(source, "bank", id)
    document = Document(source)
    reader = Reader(source.file, shelf)
    compiled = []
    for at, question in schema.questions(document):
        _use(unit, document, "objective", question.objective, (*at, "objective"))
        compiled.append(_rendered(question, reader, document, at))
    unit.problems += document.problems
    entries = document.data if isinstance(document.data, list) else []
    for place, fields in enumerate(entries):
        if isinstance(fields, dict) and isinstance(fields.get("id"), str):
            unit.defines.append(Fact("question", fields["id"], *document.place((place, "id"))))
    _take(unit, reader)
    if not document.broken and all(isinstance(fields, dict) and fields.get("id") for fields in entries):
        unit.data = {
            "questions": [fact.name for fact in unit.defines if fact.kind == "question"],
            "sources": _names(reader.uses, "source"),
        }
    _attach(unit, [question.model_dump(mode="json") for question in compiled])
    return unit


def quiz(source: Text, id: str) -> Unit:
    """A quiz. `data`: the keys of model.Quiz."""
    unit = _unit(source, "quiz", id)
    document = Document(source)
    keys = schema.validate(document, schema.QuizFile)
    if keys:
        for place, draw in enumerate(keys.draw):
            written = document.at(("draw", place))
            offset = written.rfind(draw.bank)
            unit.uses.append(Fact("bank", draw.bank, *document.inside(("draw", place), offset)))
    unit.problems += document.problems
    if keys and not has_errors(unit.problems):
        unit.data = Quiz(id=id, **dict(keys)).model_dump(mode="json")
    return unit


def course(source: Text, id: str) -> Unit:
    """course.yaml. `data`: its keys, as schema.CourseFile has them."""
    unit = Unit(source.file)
    document = Document(source)
    keys = schema.validate(document, schema.CourseFile)
    if keys:
        if keys.id != id:
            message = f"The course's id is `{keys.id}`, but its folder is `{id}`."
            hint = "Make them the same; an id never changes once the course is released."
            problem = Problem(source.file, *document.place(("id",)), "error", "id-not-folder", message, hint)
            document.problems.append(problem)
        _use(unit, document, "topic", keys.topic, ("topic",))
        for kind, key in (("audience", "audience"), ("course", "prerequisites"), ("lesson", "lessons")):
            for place, name in enumerate(getattr(keys, key)):
                _use(unit, document, kind, name, (key, place))
        for place, objective in enumerate(keys.objectives):
            at = document.place(("objectives", place, "id"))
            unit.defines.append(Fact("objective", objective.id, *at))
        for place, name in enumerate(keys.completion.lessons or ()):
            _use(unit, document, "listed", name, ("completion", "lessons", place))
        for name in keys.completion.quizzes:
            at = document.key_place(("completion", "quizzes", name))
            unit.uses.append(Fact("quiz", name, *at))
        unit.data = keys.model_dump(mode="json")
    unit.problems += document.problems
    return unit


def sources(source: Text) -> Unit:
    """sources.yaml. `data`: each right source by its key."""
    unit = Unit(source.file)
    document = Document(source)
    right = {found.id: found.model_dump(mode="json") for found in schema.sources(document)}
    for key in document.data if isinstance(document.data, dict) else ():
        unit.defines.append(Fact("source", key, *document.key_place((key,))))
    unit.data = None if document.broken else right
    unit.problems += document.problems
    return unit


def programme(source: Text) -> Unit:
    """programme.yaml. `data`: the keys of model.Programme."""
    unit = Unit(source.file)
    document = Document(source)
    found = schema.programme(document)
    if found:
        for kind, key in (("topic", "topics"), ("country", "countries"), ("audience", "audiences")):
            for place, named in enumerate(getattr(found, key)):
                unit.defines.append(Fact(kind, named.id, *document.place((key, place, "id"))))
        unit.data = found.model_dump(mode="json")
    unit.problems += document.problems
    return unit


def medium(file: str, path: str, data: bytes) -> Unit:
    """A media file; `path` is that from the course's folder. `data`: the medium."""
    unit = Unit(file)
    found = measure(file, data)
    if isinstance(found, Problem):
        unit.problems.append(found)
    else:
        unit.data, unit.body = {"medium": list(found)}, data
    unit.defines.append(Fact("media", path, 1, 1))
    return unit


def manifest(units: list[Unit], known_sources: dict[str, Any]) -> bytes:
    """The canonical model.Course of a course's files, of which none has an error. What no learner can come to see,
    such as a lesson that is not listed, is left out, so that editing it makes no new revision."""
    by_kind: dict[str, dict[str, Unit]] = defaultdict(dict)
    keys: dict[str, Any] = {}
    for unit in units:
        if unit.file.endswith("/course.yaml"):
            keys = dict(unit.data or {})
        elif unit.defines:
            by_kind[unit.defines[0].kind][unit.defines[0].name] = unit
    lessons = [by_kind["lesson"][name] for name in keys["lessons"]]
    banks = [bank for _, bank in sorted(by_kind["bank"].items())]
    cited = {source for unit in lessons + banks if unit.data for source in unit.data["sources"]}
    shown = {fact.name for unit in lessons + banks for fact in unit.uses if fact.kind == "media"}
    completion, certificate = keys.pop("completion"), keys.pop("certificate")
    built = Course(
        **(keys | {"objectives": tuple(Objective(**objective) for objective in keys["objectives"])})
        | {"lessons": tuple(_lesson_entry(unit) for unit in lessons), "review": Review(**keys["review"])},
        banks=tuple(
            BankEntry(id=unit.defines[0].name, questions=(unit.data or {})["questions"], object=unit.object)
            for unit in banks
        ),
        quizzes=tuple(Quiz(**(unit.data or {})) for _, unit in sorted(by_kind["quiz"].items())),
        completion=Completion(
            lessons=keys["lessons"] if completion["lessons"] is None else completion["lessons"],
            quizzes=completion["quizzes"],
        ),
        certificate_months=certificate["valid_for"] if certificate else None,
        sources=tuple(Source(**known_sources[key]) for key in sorted(cited)),
        media=tuple(sorted((by_kind["media"][path].data or {})["medium"][0] for path in shown)),
    )
    return canonical(built.model_dump(mode="json"))


def _lesson_entry(unit: Unit) -> LessonEntry:
    data = {key: value for key, value in (unit.data or {}).items() if key != "sources"}
    return LessonEntry(id=unit.defines[0].name, object=unit.object, **data)


# ── parts ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _unit(source: Text, kind: str, id: str) -> Unit:
    unit = Unit(source.file, defines=[Fact(kind, id, 1, 1)])
    if not re.fullmatch(SLUG, id) or len(id) > 64:
        message = f"The file's name is an id, and `{id}` is none."
        hint = "Use lower-case words (a-z, 0-9) joined by single hyphens."
        unit.problems.append(Problem(source.file, 1, 1, "error", "bad-file-name", message, hint))
    return unit


def _use(unit: Unit, document: Document, kind: str, name: str, at: Where) -> None:
    unit.uses.append(Fact(kind, name, *document.place(at)))


def _names(facts: list[Fact], kind: str) -> tuple[str, ...]:
    """The names of the facts of a kind, each once, in the order of their first appearance."""
    return tuple(dict.fromkeys(fact.name for fact in facts if fact.kind == kind))


def _take(unit: Unit, reader: Reader) -> None:
    unit.problems += reader.problems
    unit.defines += reader.defines
    unit.uses += reader.uses
    unit.needs |= reader.needs


def _attach(unit: Unit, value: object) -> None:
    """Give the unit the object that it compiles to, unless something is wrong with it."""
    if not has_errors(unit.problems):
        unit.body = canonical(value)
        unit.object = sha256(unit.body).hexdigest()


def _rendered(item: FrozenT, reader: Reader, document: Document, at: Where) -> FrozenT:
    """The item with all its texts in inline Markdown, and those of its parts, rendered."""
    changed: dict[str, object] = {}
    for name, field in type(item).model_fields.items():
        value, path = getattr(item, name), (*at, name)
        if "inline-markdown" in field.metadata and value:
            changed[name] = reader.inline(value, partial(document.inside, path))
        elif isinstance(value, Frozen) and value.model_fields_set:
            changed[name] = _rendered(value, reader, document, path)
        elif isinstance(value, tuple) and value and isinstance(value[0], Frozen):
            changed[name] = tuple(_rendered(part, reader, document, (*path, place)) for place, part in enumerate(value))
    return item.model_copy(update=changed)
