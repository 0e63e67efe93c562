"""A translated file of keys → its unit: a bank of questions, or the texts of a course, a quiz and the shared files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import partial
from typing import Any

from courses import schema
from courses.facts import Fact, Place, Shelf, Unit
from courses.keyed import rendered
from courses.layout import KEPT, Role
from courses.markdown.reader import Reader
from courses.model import Frozen, NeedsAssessment, Programme
from courses.problems import Problem, has_errors
from courses.questions import TYPES
from courses.questions.gaps import GAP
from courses.source import Document, Text, Where
from courses.translate import letters
from courses.translate.entries import Leaf, Translated, Woven, entries, lists_of, translated
from courses.translate.lesson import WHOLE, difference, give
from courses.translate.segments import differs
from courses.translate.slips import alike
from courses.translate.spelling import latin_bank
from courses.translate.weave import REFERENCES

_SCHEMAS: dict[str, type[Frozen]] = {
    "course": schema.CourseFile,
    "quiz": schema.QuizFile,
    "programme": Programme,
    "needs-assessment": NeedsAssessment,
}


def keyed_translation(unit: Unit, source: Text, where: Role, original: Text, made: Unit, shelf: Shelf) -> None:
    """Add to the unit what the translated file comes to. `original` is the text of the file that it translates, and
    `made` its unit."""
    document, old = Document(source), Document(original)
    parts = entries(where.kind, old.data)
    sound = not has_errors(made.problems)
    found = translated(parts, where.kind, document, sound)
    leaves = [leaf for one in found for leaf in one.leaves.values() if isinstance(leaf.value, str)]
    document.problems += letters.told(
        source.file, where.locale, ((leaf.text, partial(_inside, document, leaf)) for leaf in leaves)
    )
    for one in found:
        for key, leaf in one.leaves.items() if not one.stale else ():
            if isinstance(leaf.value, str) and (read := one.entry.leaves.get(key)):
                at = partial(_inside, document, leaf)
                document.problems += alike(source.file, where.locale, read.text, leaf.value, at)
    document.problems += unit.problems  # those of characters
    unit.problems = document.problems
    whole = _right([one for one in found if one.whole], document, where.kind, document.problems)
    data: dict[str, Any] = {"texts": {}, "translated": 0}
    unit.data = data
    right = sound and made.data is not None
    if where.kind == "bank":
        fresh = [one for one in whole if not one.stale]
        if right:
            fresh = _bank(unit, document, old, fresh, where, made, shelf)
        data["translated"] = sum(len(one.entry.leaves) for one in fresh)
        return
    if right and where.kind in _SCHEMAS:
        woven = Woven(old, document, whole)
        made_of_it = schema.validate(woven, _SCHEMAS[where.kind])
        if made_of_it is None:
            document.problems += woven.problems
            whole = _right(whole, document, where.kind, woven.problems)
            made_of_it = schema.validate(Woven(old, document, whole), _SCHEMAS[where.kind])
        if made_of_it and whole and where.kind in KEPT:
            data["whole"] = made_of_it.model_dump(mode="json")
    data["translated"] = sum(len(one.entry.leaves) for one in whole if not one.stale)
    data["texts"] = {one.entry.id: {key[-1]: leaf.text for key, leaf in one.leaves.items()} for one in whole}


def _right(found: list[Translated], document: Document, kind: str, problems: Iterable[Problem]) -> list[Translated]:
    """The entries without those that have a mistake in one of their lines: such an entry counts as missing."""
    wrong = {problem.line for problem in problems if problem.severity == "error"}
    if not wrong:
        return found
    lists = {line for name in lists_of(kind) for line in _lines(document, (name,))}
    return [
        one
        for one in found
        if one.at is not None and wrong.isdisjoint(set(_lines(document, one.at)) - (set() if one.at else lists))
    ]


def _lines(document: Document, at: Where) -> range:
    """The lines in which the value at the path stands."""
    try:
        document.at(at)
    except (KeyError, IndexError, TypeError):
        return range(0)
    spot = document.spot(at)
    return range(document.source.place(spot.start).line, document.source.place(max(spot.start, spot.end - 1)).line + 1)


def _inside(document: Document, leaf: Leaf, offset: int) -> Place:
    return document.inside(leaf.at, offset) if offset else document.place(leaf.at)


# ── a bank ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _bank(
    unit: Unit, document: Document, old: Document, found: list[Translated], where: Role, made: Unit, shelf: Shelf
) -> list[Translated]:
    """Put each question that is translated as a whole, and is not stale, in the place of the source's, and say which
    those are; in the unit's data also the ids of the others."""
    found = [one for one in found if _same_gaps(document, one) and _same_parts(document, one)]
    woven = Woven(old, document, found)
    by_place = {one.entry.at: one for one in found}
    source = {question["id"]: question for question in json.loads(made.body or b"[]")}
    questions = dict(source)
    kept: list[Translated] = []
    for at, question in schema.questions(woven):
        one = by_place.get(at)
        if one is None:
            continue
        reader, before = Reader(document.source.file, shelf), Reader(document.source.file, shelf)
        value = rendered(question, reader, woven, at)
        rendered(TYPES[question.type].model_validate(old.at(at)), before, old, at)
        have, want = _references(reader.uses), _references(before.uses)
        if have != want:
            place = document.place((*(one.at or ()), "id"))
            reader.problems.append(difference(document.source.file, *place, have, want))
        document.problems += reader.problems
        if has_errors(reader.problems):
            continue
        unit.uses += reader.uses
        unit.needs |= reader.needs
        questions[question.id] = value
        kept.append(one)
    document.problems += woven.problems
    ids = [one.entry.id for one in kept]
    if kept:
        give(unit, where.locale, list(questions.values()), partial(latin_bank, set(ids)))
    if unit.data is not None:
        unit.data["untranslated"] = [id for id in source if id not in ids]
    return kept


def _references(facts: Iterable[Fact]) -> set[tuple[str, str]]:
    return {(fact.kind, fact.name) for fact in facts if fact.kind in REFERENCES}


def _same_parts(document: Document, one: Translated) -> bool:
    """Whether each text has as many items, rows and the like as the source's; if not, that is told."""
    right = True
    for key, leaf in one.leaves.items():
        source = one.entry.leaves[key]
        if isinstance(source.value, str) and "\n" in source.text.strip() and (lost := differs(source.text, leaf.text)):
            right = False
            place = document.place(leaf.at)
            problem = Problem(document.source.file, *place, "error", "translation-form", lost, WHOLE)
            document.problems.append(problem)
    return right


def _same_gaps(document: Document, one: Translated) -> bool:
    """Whether each text has the gaps that the source's has; if not, that is told."""
    right = True
    for key, leaf in one.leaves.items():
        want, have = GAP.findall(one.entry.leaves[key].text), GAP.findall(leaf.text)
        if sorted(want) == sorted(have):
            continue
        right = False
        missing = next((id for id in want if want.count(id) > have.count(id)), None)
        message = f"The gap `[[{missing}]]` of the source is missing in the translation."
        if missing is None:
            extra = next(id for id in have if have.count(id) > want.count(id))
            message = f"The gap `[[{extra}]]` is here once more than in the source."
        hint = "Keep each gap, with its id, where it belongs in the translated sentence."
        place = document.place(leaf.at)
        document.problems.append(Problem(document.source.file, *place, "error", "translation-gaps", message, hint))
    return right
