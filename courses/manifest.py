"""The units of a course → the course itself: the file that names all its objects.

The result is model.Course as canonical JSON, put together from plain values, since whoever rebuilds one lesson should
not wait for pydantic. A test holds the two against each other.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from courses.artefact import canonical
from courses.facts import Unit
from courses.layout import role


def manifest(units: list[Unit], known_sources: dict[str, Any]) -> bytes:
    """The canonical model.Course of a course's files, of which none has an error. `known_sources`: each source's
    fields by its key. What no learner can come to see, such as a lesson that is not listed, is left out, so that
    editing it makes no new revision."""
    by_kind: dict[str, dict[str, Unit]] = defaultdict(dict)
    for unit in units:
        where = role(unit.file)
        if where and not where.locale:
            name = unit.defines[0].name if where.kind == "medium" else where.id
            by_kind[where.kind][name] = unit
    (main,) = by_kind["course"].values()
    keys = dict(main.data or {})
    lessons = [by_kind["lesson"][name] for name in keys["lessons"]]
    banks = [unit for _, unit in sorted(by_kind["bank"].items())]
    cited = {source for unit in lessons + banks for source in (unit.data or {})["sources"]}
    shown = {fact.name for unit in lessons + banks for fact in unit.uses if fact.kind == "media"}
    completion, certificate = keys.pop("completion"), keys.pop("certificate")
    every_lesson = completion["lessons"] is None
    built = keys | {
        "lessons": [_lesson_entry(unit) for unit in lessons],
        "banks": [_bank_entry(unit) for unit in banks],
        "quizzes": [unit.data for _, unit in sorted(by_kind["quiz"].items())],
        "completion": completion | {"lessons": keys["lessons"] if every_lesson else completion["lessons"]},
        "certificate_months": certificate["valid_for"] if certificate else None,
        "sources": [known_sources[key] for key in sorted(cited)],
        "media": sorted((by_kind["medium"][path].data or {})["medium"][0] for path in shown),
        "translations": _translations(units),
    }
    return canonical(built)


def _lesson_entry(unit: Unit) -> dict[str, Any]:
    data = {key: value for key, value in (unit.data or {}).items() if key != "sources"}
    return data | {"id": unit.defines[0].name, "object": unit.object}


def _bank_entry(unit: Unit) -> dict[str, Any]:
    return {"id": unit.defines[0].name, "questions": (unit.data or {})["questions"], "object": unit.object}


def _translations(_units: list[Unit]) -> dict[str, Any]:
    """model.Translation by locale, of the units whose role has one."""
    return {}
