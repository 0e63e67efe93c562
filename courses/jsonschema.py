"""JSON Schemas (draft 2020-12) of the files that authors write in YAML, for the completion and hover of editors.

They are made from the models by which `check` judges, and their descriptions are the docstrings under the fields. An
editor reads YAML by the core schema of YAML 1.2, where `3` is a number and `true` a truth value, while Staza takes all
values for text and asks the model what they are. So a text may be a number here, a number must not be in quotes, and
what is written in words, such as `80%`, is matched by its pattern. What needs a second look at the same file (two
choices with one id) or at another (an unknown topic) is left to `check`.
"""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from courses import schema
from courses.layout import SLUG
from courses.model import NeedsAssessment, Programme
from courses.questions import TYPES
from courses.questions.base import SAID, Question, Written
from courses.translate import entries

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TEXT = {"type": ["string", "number", "boolean", "null"]}
_ID = {"type": ["string", "integer"], "description": "The id of what this translates."}
_FROM = {
    "type": ["string", "number"],
    "description": "The hash of the texts that this was translated from, and `stale` if they have changed since.",
    "pattern": "^[0-9a-f]{8,64}( +stale)?$",
}
_NOT_ZERO = r"(?!0+(?:\.0+)?(?![.0-9]))"


class File(NamedTuple):
    """A kind of file: the title of its schema, what the schema holds, and which files of a content folder it is for
    (a pattern of paths; "": none by itself)."""

    title: str
    body: dict[str, Any]
    files: str


class _Editors(GenerateJsonSchema):
    """The schema of a model as an editor has to see it."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - titles made of keys say nothing new
        return False

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        """A text that looks like a number or a truth value is one to an editor."""
        made = super().str_schema(schema)
        pattern = made.get("pattern")
        if pattern == SLUG:
            made["type"] = ["string", "integer"]
        elif pattern is None:
            made["type"] = ["string", "number", "boolean"]
        return made

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        """What is written in words is a text of a pattern, whatever is made of it."""
        function = schema["function"]["function"]
        if not isinstance(function, Written):
            return super().function_before_schema(schema)
        number = function.pattern.fullmatch("12") is not None
        example = function.example.replace("`", "").split(" or ")[-1]
        return {
            "type": ["string", "number"] if number else "string",
            "pattern": function.pattern.pattern,
            "examples": [example],
        }

    def function_after_schema(self, schema: core_schema.AfterValidatorFunctionSchema) -> JsonSchemaValue:
        """A text that may not be made of spaces alone has something else in it."""
        made = super().function_after_schema(schema)
        return made | {"pattern": r"\S"} if schema["function"]["function"] is SAID.func else made

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Without the default: it is the value in the model, not as it is written."""
        return self.generate_inner(schema["schema"])

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        made = super().model_schema(schema)
        made.pop("title", None)
        made.pop("description", None)
        for model in reversed(schema["cls"].__mro__):
            if issubclass(model, BaseModel) and model is not BaseModel:
                for name, text in _field_docs(model):
                    if name in made.get("properties", {}):
                        made["properties"][name]["description"] = text
        return made


def _anchored(made: Any) -> Any:
    """The schema with each pattern meant for the whole text, and with what bounds of the number in it refuse: 0 where
    it must be more, and more than 100%."""
    if isinstance(made, list):
        return [_anchored(each) for each in made]
    if not isinstance(made, dict):
        return made
    made = {key: _anchored(value) for key, value in made.items()}
    if "examples" in made:
        pattern = made["pattern"]
        if made.pop("le", None) == 1:
            pattern = pattern.replace(r"[0-9]{1,3}(?:\.[0-9]+)?", r"100(?:\.0+)?|[0-9]{1,2}(?:\.[0-9]+)?")
        positive = made.pop("gt", None) == 0 or made.pop("ge", None) == 1
        made["pattern"] = f"^{_NOT_ZERO if positive else ''}(?:{pattern})$"
    return made


def _field_docs(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """Each field of the model that has a docstring under it, and that docstring."""
    body = next(node.body for node in ast.parse(inspect.getsource(model)).body if isinstance(node, ast.ClassDef))
    for field, below in pairwise(body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(name)), ast.Expr(ast.Constant(str(text))):
                yield name, " ".join(text.split())


# ── the files ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _of(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema(schema_generator=_Editors)


def _sources() -> dict[str, Any]:
    source = _of(schema.SourceKeys)
    source["anyOf"] = [{"required": ["number"]}, {"required": ["url"]}]
    return {
        "type": "object",
        "propertyNames": {"pattern": SLUG, "maxLength": 64},
        "additionalProperties": source,
    }


def _glossary() -> dict[str, Any]:
    return {"type": "array", "items": _of(schema.TermKeys)}


def _bank() -> dict[str, Any]:
    """A list of questions; the type of each decides what else it has."""
    models: list[Any] = [(model, "validation") for model in TYPES.values()]
    refs, defined = models_json_schema(models, schema_generator=_Editors)
    by_type = [
        {
            "if": {"required": ["type"], "properties": {"type": {"const": name}}},
            "then": refs[model, "validation"],
        }
        for name, model in TYPES.items()
    ]
    described = {"enum": list(TYPES), "description": dict(_field_docs(Question))["type"]}
    question = {"type": "object", "required": ["id", "type"], "properties": {"type": described}, "allOf": by_type}
    return {"type": "array", "items": question, **defined}


def _texts(specs: Iterable[entries.Spec], own: dict[str, Any]) -> dict[str, Any]:
    """An object that holds the texts of one of these specs, and what `own` describes besides."""
    found: dict[str, list[Any]] = {}
    for spec in specs:
        for name, inner in spec.items():
            found.setdefault(name, []).append(inner)
    properties = dict(own)
    for name, inners in found.items():
        inside = [inner for inner in inners if inner is not None]
        forms: list[dict[str, Any]] = []
        if None in inners:
            forms += [_TEXT, {"type": "array", "items": _TEXT}]
        if inside:
            keys = _texts(inside, {"id": _ID})
            forms += [keys, {"type": "array", "items": keys}]
        properties[name] = {"anyOf": forms}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _translated_entries(*specs: entries.Spec) -> dict[str, Any]:
    entry = _texts(specs, {"id": _ID, "from": _FROM})
    return {"type": "array", "items": {**entry, "required": ["id", "from"]}}


def _translation(kind: str) -> dict[str, Any]:
    """A file in the folder of a language: the same ids, only the texts, and the hash of what they were made from."""
    own, lists = entries.FILES[kind]
    made = _texts([own], {"from": _FROM})
    made["properties"] |= {name: _translated_entries(spec) for name, spec in lists.items()}
    return made


def files() -> dict[str, File]:
    """Each kind of file by its name."""
    return {
        "course": File("A course", _of(schema.CourseFile), "*/course.yaml"),
        "lesson": File("The top of a lesson", _of(schema.FrontMatter), ""),
        "bank": File("A bank of questions", _bank(), "*/questions/*.yaml"),
        "quiz": File("A quiz", _of(schema.QuizFile), "*/quizzes/*.yaml"),
        "sources": File("The sources that courses cite", _sources(), "sources.yaml"),
        "programme": File("The programme", _of(Programme), "programme.yaml"),
        "needs-assessment": File("The needs assessment", _of(NeedsAssessment), "needs-assessment.yaml"),
        "glossary": File("The glossary", _glossary(), "glossary.yaml"),
        "translated-course": File("The translation of a course", _translation("course"), "*/*/course.yaml"),
        "translated-bank": File(
            "The translation of a bank", _translated_entries(*entries.QUESTIONS.values()), "*/*/questions/*.yaml"
        ),
        "translated-quiz": File("The translation of a quiz", _translation("quiz"), "*/*/quizzes/*.yaml"),
        "translated-programme": File("The translation of the programme", _translation("programme"), "*/programme.yaml"),
        "translated-needs-assessment": File(
            "The translation of the needs assessment", _translation("needs-assessment"), "*/needs-assessment.yaml"
        ),
        "translated-glossary": File(
            "The translation of the glossary", _translated_entries(entries.GLOSSARY), "*/glossary.yaml"
        ),
    }


def schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schema of each kind of file."""
    return {name: {"$schema": DRAFT, "title": file.title, **_anchored(file.body)} for name, file in files().items()}


def text(value: dict[str, Any]) -> str:
    """The schema as it stands in a file."""
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def write(folder: Path) -> list[Path]:
    """Write each schema into the folder, as `<kind>.json`; the files that changed."""
    folder.mkdir(parents=True, exist_ok=True)
    changed = []
    for name, value in schemas().items():
        path = folder / f"{name}.json"
        if not path.is_file() or path.read_text("utf-8") != text(value):
            path.write_text(text(value), "utf-8")
            changed.append(path)
    return changed
