"""Files of keys → units: a bank of questions, a quiz, course.yaml, and the files that courses share.

Each function takes the text of a file and its id, looks at no other file, and raises nothing for what an author may
have written.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, partial
from typing import Any

from courses import schema
from courses.facts import Fact, Shelf, Unit
from courses.glossary import equivalents
from courses.markdown.reader import Reader
from courses.model import Frozen, NeedsAssessment, Quiz
from courses.problems import Problem, has_errors
from courses.released import type_fact
from courses.source import Document, Text, Where
from courses.translate.entries import entries
from courses.translate.spelling import latin_bank
from courses.units import attach, begin, names, spell, take


def bank(source: Text, id: str, shelf: Shelf) -> Unit:
    """A bank. `data`: the ids of its questions, how many of them are not graded, and the sources they cite."""
    unit = begin(source, "bank", id)
    document = Document(source)
    unit.texts = _texts("bank", document)
    reader = Reader(source.file, shelf)
    compiled, graded = [], []
    for at, question in schema.questions(document):
        _use(unit, document, "objective", question.objective, (*at, "objective"))
        graded.append(question.graded)
        compiled.append(rendered(question, reader, document, at))
    unit.problems += document.problems
    written = document.data if isinstance(document.data, list) else []
    for place, fields in enumerate(written):
        if isinstance(fields, dict) and isinstance(fields.get("id"), str):
            unit.defines.append(Fact("question", fields["id"], *document.place((place, "id"))))
            if isinstance(fields.get("type"), str) and isinstance(fields.get("stem"), str):
                unit.defines.append(type_fact(fields, *document.place((place, "type"))))
    take(unit, reader)
    if not document.broken and all(isinstance(fields, dict) and fields.get("id") for fields in written):
        unit.data = {
            "questions": [fact.name for fact in unit.defines if fact.kind == "question"],
            "ungraded": graded.count(False),
            "sources": names(reader.uses, "source"),
        }
    attach(unit, compiled)
    unit.needs["language"] = shelf.get("language")
    spell(unit, shelf.get("language") or "", compiled, partial(latin_bank, {question["id"] for question in compiled}))
    return unit


def quiz(source: Text, id: str) -> Unit:
    """A quiz. `data`: the keys of model.Quiz."""
    unit = begin(source, "quiz", id)
    document = Document(source)
    unit.texts = _texts("quiz", document)
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
    unit.texts = _texts("course", document)
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
        for place, skill in enumerate(found.skills):
            unit.defines.append(Fact("skill", skill.id, *document.place(("skills", place, "id"))))
            _use_all(unit, document, "country", skill.first_in, ("skills", place, "first_in"))
            _use_all(unit, document, "course", skill.courses, ("skills", place, "courses"))
        for place, path in enumerate(found.paths):
            _use(unit, document, "audience", path.audience, ("paths", place, "audience"))
            _use_all(unit, document, "course", path.courses, ("paths", place, "courses"))
        unit.data = found.model_dump(mode="json")
    unit.problems += document.problems
    return unit


def needs_assessment(source: Text) -> Unit:
    """needs-assessment.yaml. `data`: the keys of model.NeedsAssessment."""
    unit = Unit(source.file)
    document = Document(source)
    found = schema.validate(document, NeedsAssessment)
    if found:
        for kind, key in (("topic", "topics"), ("skill", "skills")):
            for place, need in enumerate(getattr(found, key)):
                _use(unit, document, kind, need.id, (key, place, "id"))
        unit.data = found.model_dump(mode="json")
    unit.problems += document.problems
    return unit


def glossary(source: Text) -> Unit:
    """glossary.yaml. `data`: each right term by its id, as model.Term has it."""
    unit = Unit(source.file)
    document = Document(source)
    right = {}
    for at, found in schema.terms(document):
        key, _, locator = found.source.partition(",")
        right[found.id] = {
            "id": found.id,
            "term": found.term,
            "definition": found.definition,
            "source": key.strip(),
            "locator": locator.strip(),
            "lang": "",
            "equivalents": equivalents(found.equivalents.items()),
        }
        if key:
            _use(unit, document, "source", key.strip(), (*at, "source"))
    for place, fields in enumerate(document.data if isinstance(document.data, list) else ()):
        if isinstance(fields, dict) and isinstance(fields.get("id"), str):
            unit.defines.append(Fact("term", fields["id"], *document.place((place, "id"))))
    unit.data = None if document.broken else right
    unit.problems += document.problems
    return unit


# ── parts ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _texts(kind: str, document: Document) -> int:
    """How many texts there are to translate in a file of this kind."""
    return sum(len(entry.leaves) for entry in entries(kind, document.data))


def _use(unit: Unit, document: Document, kind: str, name: str, at: Where) -> None:
    unit.uses.append(Fact(kind, name, *document.place(at)))


def _use_all(unit: Unit, document: Document, kind: str, names: Iterable[str], at: Where) -> None:
    for place, name in enumerate(names):
        _use(unit, document, kind, name, (*at, place))


def rendered(item: Frozen, reader: Reader, document: Document, at: Where) -> dict[str, Any]:
    """The item as JSON, with all its texts in Markdown, and those of its parts, rendered."""
    made = item.model_dump(mode="json")
    _render(item, made, reader, document, at)
    return made


def _render(item: Frozen, made: dict[str, Any], reader: Reader, document: Document, at: Where) -> None:
    for name, metadata in _fields(type(item)):
        value, path = getattr(item, name), (*at, name)
        if "markdown" in metadata and value:
            read = reader.passage if "blocks" in metadata else reader.inline
            made[name] = read(value, partial(document.inside, path))
        elif isinstance(value, Frozen) and value.model_fields_set:
            _render(value, made[name], reader, document, path)
        elif isinstance(value, tuple) and value and isinstance(value[0], Frozen):
            for place, part in enumerate(value):
                _render(part, made[name][place], reader, document, (*path, place))


@cache
def _fields(kind: type[Frozen]) -> list[tuple[str, list[Any]]]:
    """The fields of the kind that are texts in Markdown, or may hold parts with some, and what is said of them."""
    return [
        (name, field.metadata)
        for name, field in kind.model_fields.items()
        if "markdown" in field.metadata or field.annotation not in (str, bool, int, float)
    ]
