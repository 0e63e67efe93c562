"""The units of a course → the course itself: the file that names all its objects.

The result is model.Course as canonical JSON, put together from plain values, since whoever rebuilds one lesson should
not wait for pydantic. A test holds the two against each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from courses.artefact import canonical
from courses.facts import Unit
from courses.layout import KEPT, LOCALES, MADE, role, translated
from courses.script import latin
from courses.translate.share import share


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


# ── translations ───────────────────────────────────────────────────────────────────────────────────────────────────


def shared_objects(shared: dict[str, Unit]) -> dict[str, Any]:
    """What the store keeps of the files that courses share: model.Programme and, if there is one,
    model.NeedsAssessment, each in every language, by the names of their files."""
    found: dict[str, Any] = {}
    for name in KEPT:
        source = shared.get(f"{name}.yaml")
        if source and source.data:
            found[f"{name}.json"] = source.data
        for locale in LOCALES:
            unit = shared.get(f"{locale}/{name}.yaml")
            if unit and unit.data and unit.data.get("whole"):
                found[f"{name}.{locale}.json"] = unit.data["whole"]
                if locale in MADE:
                    found[f"{name}.{MADE[locale]}.json"] = _latin(unit.data["whole"])
    return found


def _latin(value: Any) -> Any:
    """The value with all its texts in Latin letters; ids have no others."""
    if isinstance(value, dict):
        return {key: _latin(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_latin(inner) for inner in value]
    return latin(value) if isinstance(value, str) else value


def _translations(units: list[Unit]) -> dict[str, Any]:
    """model.Translation by locale: of those that people write into, and of those made from them. A language that
    nothing is translated into yet is left out."""
    found: dict[str, Any] = {}
    main = next(unit for unit in units if (where := role(unit.file)) and where.kind == "course" and not where.locale)
    own = (main.data or {})["language"]
    if own in MADE:
        found[MADE[own]] = _respelt(units, latin, MADE[own])
    parts = {locale: _of_locale(units, locale) for locale in LOCALES}
    for locale, files in parts.items():
        done = _share(units, files)
        if any(unit.object or (unit.data and unit.data["texts"]) for unit in files.values()):
            found[locale] = _translation(files, done, str, "")
            if locale in MADE:
                found[MADE[locale]] = _translation(files, done, latin, MADE[locale])
    return found


def _of_locale(units: list[Unit], locale: str) -> dict[str, Unit]:
    """The units of a language, by the paths of the files that they translate."""
    return {translated(unit.file): unit for unit in units if (where := role(unit.file)) and where.locale == locale}


def _share(units: list[Unit], files: dict[str, Unit]) -> float:
    """How much of the course is translated and up to date."""
    found = []
    for unit in units:
        where = role(unit.file)
        if where is None or where.locale or where.kind == "medium":
            continue
        made = files.get(unit.file)
        found.append((made.data["translated"] if made and made.data else 0, unit.texts))
    return share(found)


def _respelt(units: list[Unit], convert: Callable[[str], str], variant: str) -> dict[str, Any]:
    """model.Translation of a course that is itself written in a language of two scripts, into the other one."""
    made: dict[str, Any] = {"share": 1.0, "untranslated": []}
    made |= {"titles": {}, "quizzes": {}, "lessons": {}, "banks": {}}
    for unit in units:
        where, data = role(unit.file), unit.data or {}
        if where is None or where.locale:
            continue
        if where.kind == "course":
            made |= {"title": convert(data["title"]), "summary": convert(data["summary"])}
            made["objectives"] = {one["id"]: convert(one["text"]) for one in data["objectives"]}
        elif where.kind == "quiz":
            made["quizzes"][where.id] = convert(data["title"])
        elif where.kind == "bank":
            made["banks"][where.id] = unit.variants[variant]
        elif where.kind == "lesson":
            made["lessons"][where.id] = unit.variants[variant]
            made["titles"][where.id] = convert(data["title"])
    return made


def _translation(files: dict[str, Unit], done: float, convert: Callable[[str], str], variant: str) -> dict[str, Any]:
    """model.Translation of a language's units; of `variant`, if it names one, which `convert` makes the texts of."""
    made: dict[str, Any] = {"title": "", "summary": "", "share": done, "untranslated": []}
    made |= {"objectives": {}, "titles": {}, "quizzes": {}, "lessons": {}, "banks": {}}
    for unit in files.values():
        where = role(unit.file)
        if where is None or unit.data is None:
            continue
        texts = unit.data["texts"]
        own = {key: convert(text) for key, text in texts.get("", {}).items()}
        if where.kind == "course":
            made |= own
            made["objectives"] = {id.partition("/")[2]: convert(one["text"]) for id, one in texts.items() if id}
        elif where.kind == "quiz" and own:
            made["quizzes"][where.id] = own["title"]
        elif where.kind in ("lesson", "bank") and unit.object:
            made["lessons" if where.kind == "lesson" else "banks"][where.id] = (
                unit.variants[variant] if variant else unit.object
            )
            if own:
                made["titles"][where.id] = own["title"]
            made["untranslated"] += unit.data.get("untranslated", [])
    return made
