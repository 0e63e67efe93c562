"""What all files have in common on their way to a unit."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from courses.artefact import canonical
from courses.facts import Fact, Unit
from courses.layout import MADE, is_slug
from courses.markdown.reader import Reader
from courses.problems import Problem, has_errors
from courses.text import Text


def begin(source: Text, kind: str, id: str) -> Unit:
    """The unit of a file whose name is its id."""
    unit = Unit(source.file, defines=[Fact(kind, id, 1, 1)])
    if not is_slug(id):
        message = f"The file's name is an id, and `{id}` is none."
        hint = "Use lower-case words (a-z, 0-9) joined by single hyphens."
        unit.problems.append(Problem(source.file, 1, 1, "error", "bad-file-name", message, hint))
    return unit


def names(facts: list[Fact], *kinds: str) -> list[str]:
    """The names of the facts of these kinds, each once, in the order of their first appearance."""
    return list(dict.fromkeys(fact.name for fact in facts if fact.kind in kinds))


def take(unit: Unit, reader: Reader) -> None:
    """Add to the unit what the reader found in its texts."""
    unit.problems += reader.problems
    unit.defines += reader.defines
    unit.uses += reader.uses
    unit.needs |= reader.needs


def attach(unit: Unit, value: object, anyway: bool = False) -> None:
    """Give the unit what it compiles to: an object, unless something is wrong with the file (or `anyway`)."""
    unit.body = canonical(value)
    if anyway or not has_errors(unit.problems):
        unit.object = sha256(unit.body).hexdigest()


def spell(unit: Unit, language: str, value: Any, convert: Callable[[Any], Any]) -> None:
    """Give the unit, if it has an object, the same in the other script of its language, which `convert` makes."""
    if language in MADE and unit.object:
        body = canonical(convert(value))
        name = sha256(body).hexdigest()
        unit.variants[MADE[language]] = name
        unit.bodies[name] = body
